"""The client of AWS's API: what it needs, and what its errors become."""

import logging

import pytest
from aws_answers import answer_with
from aws_settings import use_test_keys
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoRegionError,
    ParamValidationError,
    SSLError,
    SSOTokenLoadError,
)
from botocore.stub import Stubber

from cognito_nb import aws_api
from cognito_nb.errors import ConfigurationError, NetworkError

POOL = "eu-west-1_AbC123"


@pytest.fixture(autouse=True)
def _keys(monkeypatch, tmp_path):
    use_test_keys(monkeypatch, tmp_path)


@pytest.fixture
def api():
    client = aws_api.user_pools_api(region="eu-west-1")
    yield client
    client.close()


@pytest.mark.parametrize(
    ("code", "status", "error", "said"),
    [
        ("ResourceNotFoundException", 400, aws_api.NotFoundError, "DescribeUserPool"),
        ("AccessDeniedException", 400, aws_api.ApiError, "cognito-idp:DescribeUserPool"),
        ("NotAuthorizedException", 400, aws_api.ApiError, "cognito-idp:DescribeUserPool"),
        ("ExpiredTokenException", 400, aws_api.ApiError, "Sign in to AWS again"),
        ("UnrecognizedClientException", 400, aws_api.ApiError, "Sign in to AWS again"),
        ("MissingAuthenticationTokenException", 400, aws_api.ApiError, "Sign in to AWS again"),
        ("FeatureUnavailableInTierException", 400, aws_api.ApiError, "plan lacks this feature"),
        ("ManagedLoginBrandingExistsException", 400, aws_api.ApiError, "(ManagedLoginBrandingExistsException)"),
        ("InvalidParameterException", 400, aws_api.ApiError, "(InvalidParameterException)"),
        ("TooManyRequestsException", 400, NetworkError, "Try again"),
        ("InternalErrorException", 500, NetworkError, "Try again"),
    ],
)
def test_refusal_becomes_an_error_of_ours(api, code, status, error, said):
    """Each says what to do; botocore's exception, whose frames hold keys, is left behind."""
    with Stubber(api) as stub:
        for _ in range(4):  # throttling and 5xx are tried again
            stub.add_client_error("describe_user_pool", code, "no", http_status_code=status)
        with pytest.raises(error) as refused:
            aws_api.call(api, "DescribeUserPool", UserPoolId=POOL)
    assert said in str(refused.value)
    assert type(refused.value) is error
    assert refused.value.__context__ is None


ADDRESS = "https://hub2.example.org/hub/user-redirect/cognito/callback"
SESSION_TOKEN = "IQoJb3JpZ2luX2VjEJr0wEaCXVzLWVhc3QtMSJHMEUCIQ"


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (f"CallbackURLs has {ADDRESS}", f"CallbackURLs has {ADDRESS}"),
        ("se\x1b[2Jcret\nNext step: \u202esh", "se [2Jcret Next step:  sh"),
        (f"x-amz-security-token:{SESSION_TOKEN}", "x-amz-security-token:[…]"),
        ("x" * 5000, "x" * 299 + "…"),
    ],
    ids=["address", "control characters", "key", "long"],
)
def test_words_of_aws_are_one_line_without_a_key(api, message, said):
    """What is wrong stays readable: an address is no key. What drives a terminal, or adds lines, goes."""
    with Stubber(api) as stub:
        stub.add_client_error("describe_user_pool", "InvalidParameterException", message)
        with pytest.raises(aws_api.ApiError) as refused:
            aws_api.call(api, "DescribeUserPool", UserPoolId=POOL)
    assert refused.value.message == f"AWS refused DescribeUserPool: {said} (InvalidParameterException)"


@pytest.mark.parametrize(
    ("asked", "code"), [("AssumeRole", "AccessDenied"), ("GetRoleCredentials", "ResourceNotFoundException")]
)
def test_role_that_cannot_be_taken_on_is_told_as_that(asked, code):
    """A role's credentials are asked for on the way; that refusal is no missing permission of the operation."""

    class Failing:
        def describe_user_pool(self, **_):
            raise ClientError({"Error": {"Code": code, "Message": "no"}}, asked)

    with pytest.raises(aws_api.ApiError, match=f"role of the AWS profile cannot be taken on.*{asked}") as refused:
        aws_api.call(Failing(), "DescribeUserPool", UserPoolId=POOL)
    assert type(refused.value) is aws_api.ApiError
    assert "--aws-profile" in refused.value.hint


BROKEN = {
    "no object": (b"null", 200),
    "a list": (b"[1]", 200),
    "no JSON but bytes": (b"\xff\xfe\x00", 200),
    "nested without end": (b"[" * 200_000, 200),
    "a text for a structure": (b'{"UserPool": "x"}', 200),
    "a number for a text": (b'{"UserPool": {"Name": 7}}', 200),
    "a text for a number": (b'{"UserPool": {"EstimatedNumberOfUsers": "5"}}', 200),
    "a number in a list of texts": (b'{"UserPool": {"AutoVerifiedAttributes": [1]}}', 200),
    "a number in a map of texts": (b'{"UserPool": {"UserPoolTags": {"a": 1}}}', 200),
    "no date": (b'{"UserPool": {"CreationDate": "zzz"}}', 200),
    "no date of this world": (b'{"UserPool": {"CreationDate": 1e300}}', 200),
    "an error that is a list": (b'{"__type": ["x"], "message": {"a": 1}}', 400),
    "an error of bytes": (b"\xff\xfe", 400),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_answer_is_a_network_error(api, kind):
    """Whatever stands in AWS's place and answers something else ends the command with one line."""
    answer_with(api, *BROKEN[kind])
    with pytest.raises(NetworkError) as refused:
        aws_api.call(api, "DescribeUserPool", UserPoolId=POOL)
    assert refused.value.message == "AWS's API gave an unusable answer to DescribeUserPool."
    assert refused.value.__context__ is None


def test_broken_error_code_is_not_shown(api):
    """An error code is a word."""
    answer_with(api, b'{"__type": "Foo\\u001b[2J", "message": "no"}', 400)
    with pytest.raises(aws_api.ApiError) as refused:
        aws_api.call(api, "DescribeUserPool", UserPoolId=POOL)
    assert refused.value.message == "AWS refused DescribeUserPool: no (no usable error code)"


@pytest.mark.parametrize(
    ("raised", "error", "said"),
    [
        (EndpointConnectionError(endpoint_url="https://x"), NetworkError, "not reached"),
        (ConnectTimeoutError(endpoint_url="https://x"), NetworkError, "not reached"),
        (SSLError(endpoint_url="https://x", error="e"), NetworkError, "not reached"),
        (NoRegionError(), ConfigurationError, "--region"),
        (ParamValidationError(report="Missing"), ConfigurationError, "Missing"),
        (SSOTokenLoadError(error_msg="gone"), ConfigurationError, "SSOTokenLoadError"),
        (BotoCoreError(), ConfigurationError, "BotoCoreError"),
    ],
)
def test_failure_before_an_answer_becomes_an_error_of_ours(raised, error, said):
    """Network, settings and credentials are told apart."""

    class Failing:
        def describe_user_pool(self, **_):
            raise raised

    with pytest.raises(error, match=said):
        aws_api.call(Failing(), "DescribeUserPool", UserPoolId=POOL)


def test_answer_is_given_without_botocores_own(api):
    """What comes back is what the operation answers."""
    with Stubber(api) as stub:
        stub.add_response("describe_user_pool_domain", {"DomainDescription": {"Domain": "a"}}, {"Domain": "a"})
        answer = aws_api.call(api, "DescribeUserPoolDomain", Domain="a")
    assert answer == {"DomainDescription": {"Domain": "a"}}


def test_secrets_of_an_answer_are_not_logged(monkeypatch, caplog):
    """At level DEBUG botocore writes down bodies and what it signs with."""
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session-token-of-the-tests")
    with_token = aws_api.user_pools_api(region="eu-west-1")
    answer_with(with_token, b'{"UserPoolClient": {"ClientSecret": "secret-of-the-client"}}')
    logging.getLogger("botocore.parsers").setLevel(logging.DEBUG)
    with caplog.at_level(logging.DEBUG, "botocore"):
        aws_api.call(with_token, "DescribeUserPoolClient", UserPoolId=POOL, ClientId="abc")
    logging.getLogger("botocore.parsers").setLevel(logging.NOTSET)
    with_token.close()
    assert "secret-of-the-client" not in caplog.text
    assert "session-token-of-the-tests" not in caplog.text


def test_identity_token_that_is_missing_becomes_an_error_of_ours(monkeypatch):
    """Botocore opens its file when it signs, and lets the operating system's error through."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "/nonexistent/token")
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/notebooks")
    api = aws_api.user_pools_api(region="eu-west-1")
    with pytest.raises(ConfigurationError, match="not usable"):
        aws_api.call(api, "DescribeUserPool", UserPoolId=POOL)
    api.close()


ROLE = "role_arn = arn:aws:iam::123456789012:role/notebooks\nsource_profile = "
MFA = "mfa_serial = arn:aws:iam::123456789012:mfa/ada"
KEYS = "aws_access_key_id = AKIDOFTHETESTS\naws_secret_access_key = key"
PROFILES = {
    "keys": KEYS,
    "role": f"{ROLE}keys",
    "mfa": f"{ROLE}keys\n{MFA}",
    "chain": f"{ROLE}mfa",
    "circle": f"{ROLE}circle\n{KEYS}",
    "unused": f"{KEYS}\n{MFA}",
}


@pytest.mark.parametrize(
    ("profile", "has"),
    [("keys", True), ("role", True), ("mfa", False), ("chain", False), ("circle", True), ("unused", True)],
)
def test_role_that_asks_for_a_code_does_not_count(monkeypatch, tmp_path, profile, has):
    """Botocore would wait for an MFA code in the terminal; keys that merely name a device need none."""
    settings = "\n".join(f"[profile {name}]\n{lines}" for name, lines in PROFILES.items())
    (tmp_path / "config").write_text(settings)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    assert aws_api.has_credentials(profile) is has


@pytest.mark.parametrize(("brief", "attempts", "seconds"), [(True, 1, 10), (False, 4, 25)])
def test_brief_question_is_asked_once(brief, attempts, seconds):
    """The doctor can do without the answer, setup cannot."""
    api = aws_api.user_pools_api(region="eu-west-1", brief=brief)
    config = api.meta.config
    api.close()
    assert config.retries["total_max_attempts"] == attempts
    assert config.connect_timeout + config.read_timeout == seconds


def test_credentials_are_found_without_a_request(monkeypatch):
    """Keys in the environment count, and so does a container's role that is only named."""
    assert aws_api.has_credentials()
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_EC2_METADATA_DISABLED")
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("a request was sent"))
    assert not aws_api.has_credentials()
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/role")
    assert aws_api.has_credentials()


def test_no_credentials_for_a_profile_that_is_not_there():
    """A misspelt profile has none."""
    assert not aws_api.has_credentials("missing")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"region": None}, "There is no AWS region."),
        ({"region": "no region"}, "not usable|no usable value"),
        ({"region": "eu-west-1", "endpoint_url": "nowhere"}, "no usable value"),
        ({"region": "eu-west-1", "aws_profile": "missing"}, "no profile of that name(.|\n)*--aws-profile"),
    ],
)
def test_unusable_settings_are_refused(options, said):
    """Region, address and profile are checked before anything is asked."""
    with pytest.raises(ConfigurationError, match=said):
        aws_api.user_pools_api(**options)


def test_without_boto3_it_says_what_to_install(monkeypatch):
    """The extra is named; nothing counts as credentials."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ConfigurationError) as refused:
        aws_api.user_pools_api(region="eu-west-1")
    assert "cognito_nb[aws]" in refused.value.hint
    assert not aws_api.has_credentials()
