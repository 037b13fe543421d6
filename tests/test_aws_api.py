"""The client of AWS's API: what it needs, and what its errors become."""

import pytest
from aws_settings import use_test_keys
from botocore.exceptions import (
    BotoCoreError,
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


@pytest.mark.parametrize(
    ("raised", "error", "said"),
    [
        (EndpointConnectionError(endpoint_url="https://x"), NetworkError, "not reached"),
        (ConnectTimeoutError(endpoint_url="https://x"), NetworkError, "not reached"),
        (SSLError(endpoint_url="https://x", error="e"), NetworkError, "not reached"),
        (NoRegionError(), ConfigurationError, "no AWS region"),
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
        ({"region": "eu-west-1", "aws_profile": "missing"}, "no profile of that name"),
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
