"""The app client as AWS has it, beside the settings: answers are checked by Amazon's own stub."""

import pytest
from aws_answers import answer_with
from aws_settings import use_test_keys
from botocore.stub import Stubber

from cognito_nb import aws_api
from cognito_nb.doctor import app_client, case
from cognito_nb.local_pool.faults import Fault

from .conftest import CALLBACK, by_id, examine, troubles

POOL_ID = "eu-west-1_AbC123"
SECRET = "the0secret0of0the0client0of0tests"
SOUND = {
    "ClientName": "notebooks",
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthFlows": ["code"],
    "AllowedOAuthScopes": ["openid", "email", "profile"],
    "CallbackURLs": [CALLBACK],
    "LogoutURLs": ["http://localhost:8888/"],
    "SupportedIdentityProviders": ["COGNITO"],
    "EnableTokenRevocation": True,
}


@pytest.fixture
def aws(monkeypatch, tmp_path, start_pool):
    """Examine a local pool, beside an AWS that shows this app client or gives this error."""
    use_test_keys(monkeypatch, tmp_path)
    monkeypatch.setenv("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "http://127.0.0.1:9")
    api = aws_api.user_pools_api(region="eu-west-1")
    monkeypatch.setattr(app_client, "has_credentials", lambda: True)
    monkeypatch.setattr(app_client, "user_pools_api", lambda **_: api)

    def run(error=None, *, client=None, settings=None, authorize=None, **shown):
        pool = start_pool(pool={"pool_id": POOL_ID}, **(client or {}))
        if authorize:
            pool.fail("authorize", authorize, times=None)
        asked = {"UserPoolId": POOL_ID, "ClientId": pool.client_id}
        with Stubber(api) as stub:
            if error:
                stub.add_client_error("describe_user_pool_client", error, "no")
            else:
                answer = {**SOUND, "ClientId": pool.client_id, **shown}
                stub.add_response("describe_user_pool_client", {"UserPoolClient": answer}, asked)
            findings = examine(pool, **(settings or {}))
            stub.assert_no_pending_responses()
        return findings

    yield run
    api.close()


def test_app_client_that_agrees_is_one_line(aws):
    """Nothing differs."""
    findings = aws()
    assert troubles(findings) == []
    assert by_id(findings, "aws")[0].title.endswith("agrees with the settings")


FAULTS = {
    "client_not_enabled": ({"AllowedOAuthFlowsUserPoolClient": False}, {}),
    "code_grant_not_allowed": ({"AllowedOAuthFlows": ["implicit"]}, {}),
    "redirect_mismatch": ({"CallbackURLs": [f"{CALLBACK}/"]}, {}),
    "scope_not_enabled": ({"AllowedOAuthScopes": ["openid", "email"]}, {}),
    "secret_missing": ({"ClientSecret": SECRET}, {}),
    "secret_not_wanted": ({}, {"client_secret": SECRET}),
    "no_identity_provider": ({"SupportedIdentityProviders": []}, {}),
    "attribute_not_readable": ({"ReadAttributes": ["email", "name"]}, {}),
}


@pytest.mark.parametrize("code", FAULTS)
def test_difference_is_named(aws, code):
    """What the probe cannot see, or Cognito does not yet show."""
    shown, settings = FAULTS[code]
    assert troubles(aws(settings=settings, **shown)) == [("failed", code)]


def test_switched_off_revocation_is_a_warning(aws):
    """Sign-in works without; sign-out does less."""
    assert troubles(aws(EnableTokenRevocation=False)) == [("warning", "revocation_off")]


def test_provider_that_the_client_does_not_have_is_named(aws):
    """The setting names one, the app client others."""
    client = {"identity_providers": ("COGNITO", "Okta")}
    findings = aws(client=client, settings={"identity_provider": "Okta"})
    assert troubles(findings) == [("failed", "no_identity_provider")]
    assert "identity_provider is Okta; the app client has COGNITO" in by_id(findings, "aws:providers")[0].cause


@pytest.mark.parametrize(("providers", "status"), [(["Okta"], "ok"), (["COGNITO"], "warning"), (["A", "B"], "warning")])
def test_only_provider_may_be_elsewhere(aws, providers, status):
    """Cognito leaves out its own page where there is nothing to choose; else somebody answers in its place."""
    elsewhere = Fault(location="https://idp.example.com/saml")
    findings = aws(authorize=elsewhere, SupportedIdentityProviders=providers)
    assert by_id(findings, "authorize:")[0].status == status


def test_sign_out_url_is_compared(aws):
    """The probe says that it is not registered, and AWS in what it differs; it is said once."""
    findings = aws(settings={"logout_uri": "http://localhost:8888"})
    assert troubles(findings) == [("failed", "logout_uri_not_registered")]
    assert "the nearest is http://localhost:8888/ (with a slash at the end)" in by_id(findings, "logout")[0].cause


def test_probe_names_the_difference_and_it_is_said_once(aws):
    """The app client's own list tells what differs."""
    findings = aws(client={"callback_urls": [f"{CALLBACK}/"]}, CallbackURLs=[f"{CALLBACK}/"])
    assert troubles(findings) == [("failed", "redirect_mismatch")]
    assert f"the nearest is {CALLBACK}/ (with a slash at the end)" in by_id(findings, "authorize:")[0].cause


def test_name_of_the_app_client_cannot_drive_a_terminal(aws):
    """Whoever may change the app client has chosen it."""
    assert by_id(aws(ClientName="notes\x1b[2J"), "aws")[0].title.startswith("App client notes [2J (")


def test_url_of_a_hub_is_shown_whole(aws):
    """A long address is no secret, and half of it helps nobody."""
    hub = "https://hub.example.org/hub/user-redirect/cognito/callback"
    client = {"callback_urls": [f"{hub}/"]}
    findings = aws(client=client, settings={"redirect_uris": [hub]}, CallbackURLs=[f"{hub}/"])
    assert f"the nearest is {hub}/ (with a slash at the end)" in by_id(findings, "authorize:")[0].cause


def test_client_credentials_need_their_own_flow(aws):
    """The code grant is of no use to them."""
    client = {"flows": ("client_credentials",), "client_secret": SECRET, "scopes": ("demo-api/reports.read",)}
    settings = {"grant": "client_credentials", "client_secret": SECRET, "redirect_uris": []}
    findings = aws(client=client, settings=settings, ClientSecret=SECRET)
    assert troubles(findings) == [("failed", "client_credentials_not_allowed")]


def test_grant_that_the_token_endpoint_has_refused_is_not_said_again(aws):
    """One fault, one finding, for an app client that signs in for itself, too."""
    settings = {"grant": "client_credentials", "client_secret": SECRET, "redirect_uris": []}
    settings["scopes"] = ["demo-api/reports.read"]
    client = {"client_secret": SECRET}
    findings = aws(client=client, settings=settings, ClientSecret=SECRET, AllowedOAuthScopes=settings["scopes"])
    assert troubles(findings) == [("failed", "client_credentials_not_allowed")]


@pytest.mark.parametrize(
    "code",
    ["client_not_enabled", "code_grant_not_allowed", "no_identity_provider", "scope_not_enabled", "secret_missing"],
)
def test_what_the_probe_has_said_is_not_said_again(aws, code):
    """One fault, one finding."""
    clients = {
        "client_not_enabled": {"oauth_enabled": False},
        "code_grant_not_allowed": {"flows": ("implicit",)},
        "no_identity_provider": {"identity_providers": ()},
        "scope_not_enabled": {"scopes": ("openid", "email")},
        "secret_missing": {"client_secret": SECRET},
    }
    assert troubles(aws(client=clients[code], **FAULTS[code][0])) == [("failed", code)]


def test_command_is_filled_in(aws):
    """Where AWS is asked, the reading CLI line can be copied."""
    finding = by_id(aws(CallbackURLs=[]), "aws:callback")[0]
    assert f"--region eu-west-1 --user-pool-id {POOL_ID} --client-id " in finding.command
    assert finding.console


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("AccessDeniedException", "cognito-idp:DescribeUserPoolClient"),
        ("ExpiredTokenException", "does not accept these credentials"),
    ],
)
def test_aws_that_shows_nothing_is_no_fault(aws, error, said):
    """The credentials are not needed to sign in, so a refusal hinders nothing."""
    findings = aws(error)
    assert troubles(findings) == []
    assert said in by_id(findings, "aws")[0].title


def test_client_that_aws_does_not_find_is_a_warning(aws):
    """Either the settings are wrong, or the credentials are another account's."""
    findings = aws("ResourceNotFoundException")
    assert troubles(findings) == [("warning", "client_unknown")]
    assert "another account" in by_id(findings, "aws")[0].fix


@pytest.mark.parametrize("content", [b"{}", b"<html>", b'{"UserPoolClient": {"ClientSecret": "c2VjcmV0"}}'])
def test_answer_that_is_none_is_no_fault(monkeypatch, tmp_path, start_pool, content):
    """A proxy may answer in AWS's place: that is said, and nothing is compared."""
    use_test_keys(monkeypatch, tmp_path)
    monkeypatch.setenv("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "http://127.0.0.1:9")
    api = aws_api.user_pools_api(region="eu-west-1", brief=True)
    answer_with(api, content)
    monkeypatch.setattr(app_client, "has_credentials", lambda: True)
    monkeypatch.setattr(app_client, "user_pools_api", lambda **_: api)
    findings = examine(start_pool(pool={"pool_id": POOL_ID}))
    api.close()
    assert troubles(findings) == []
    assert "unusable answer" in by_id(findings, "aws")[0].title


def test_aws_is_asked_briefly(monkeypatch, start_pool):
    """Its answer is of use, but nobody waits a minute for it."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", "http://127.0.0.1:9")
    asked = []
    monkeypatch.setattr(app_client, "has_credentials", lambda: True)
    monkeypatch.setattr(app_client, "user_pools_api", lambda **how: asked.append(how) or object())
    monkeypatch.setattr(app_client, "call", lambda *_, **__: {})
    examine(start_pool(pool={"pool_id": POOL_ID}))
    assert asked == [{"region": "eu-west-1", "brief": True}]


def test_secret_of_the_app_client_is_dropped(aws, monkeypatch):
    """AWS shows it; no finding does, and nothing keeps it."""
    shown, read = [], case.read_app_client
    monkeypatch.setattr(case, "read_app_client", lambda config: shown.append(read(config)) or shown[-1])
    settings = {"client_secret": SECRET}
    findings = aws(ClientSecret=SECRET, client={"client_secret": SECRET}, settings=settings)
    assert troubles(findings) == []
    assert shown[0]["HasSecret"] is True
    assert SECRET not in f"{findings} {shown}"


def test_local_pool_is_not_looked_for_at_aws(start_pool, monkeypatch):
    """Whatever credentials there are."""
    monkeypatch.setattr(app_client, "has_credentials", lambda: True)
    assert by_id(examine(start_pool(pool={"pool_id": POOL_ID})), "aws") == []
