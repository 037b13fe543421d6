"""Each fault that Cognito tells on a page of its own, seeded in a local pool: the doctor names the very one."""

import logging

import pytest

from cognito_nb.local_pool import ResourceServer
from cognito_nb.local_pool.faults import Fault
from cognito_nb.local_pool.strictness import Switches

from .conftest import CALLBACK, by_id, examine, troubles


def test_sound_settings_have_no_trouble(start_pool):
    """Nothing is found where nothing is wrong."""
    findings = examine(start_pool(logout_urls=["http://localhost:8888/lab"]), logout_uri="http://localhost:8888/lab")
    assert troubles(findings) == []
    assert by_id(findings, "authorize:")[0].title.endswith("the login page answers")
    assert by_id(findings, "logout")[0].status == "ok"


FAULTS = {
    "client_not_enabled": {"oauth_enabled": False},
    "code_grant_not_allowed": {"flows": ("implicit",)},
    "no_identity_provider": {"identity_providers": ()},
    "redirect_mismatch": {"callback_urls": [f"{CALLBACK}/"]},
    "scope_not_enabled": {"scopes": ("openid", "email")},
}


@pytest.mark.parametrize("redirects", [True, False], ids=["redirect", "page at once"])
@pytest.mark.parametrize("code", FAULTS)
def test_fault_of_the_app_client_is_named(start_pool, code, redirects):
    """Exactly this cause, whether Cognito redirects to its error page or shows it at once."""
    pool = start_pool(switches=Switches(error_page_redirects=redirects), **FAULTS[code])
    assert troubles(examine(pool)) == [("failed", code)]


@pytest.mark.parametrize("redirects", [True, False], ids=["redirect", "page at once"])
def test_unknown_client_is_named(start_pool, redirects):
    """A client_id of another pool."""
    pool = start_pool(switches=Switches(error_page_redirects=redirects))
    assert troubles(examine(pool, client_id="6another0client0of0a0pool6")) == [("failed", "client_unknown")]


def test_login_page_without_style_is_named(start_pool):
    """The request is a good one, but nobody can sign in on the page that it leads to."""
    assert troubles(examine(start_pool(switches=Switches(login_page_branded=False)))) == [
        ("failed", "login_page_unbranded")
    ]


def test_other_urls_are_tried_though_the_first_has_another_fault(start_pool):
    """What is wrong with the app client is said once, what is wrong with a URL of each."""
    pool = start_pool(scopes=("openid",))
    uris = [CALLBACK, f"{CALLBACK}/", CALLBACK.replace("http:", "https:")]
    assert troubles(examine(pool, redirect_uris=uris, scopes=["openid", "email"])) == [
        ("failed", "scope_not_enabled"),
        ("failed", "redirect_mismatch"),
        ("failed", "redirect_mismatch"),
    ]


def test_fix_names_the_very_scope(start_pool):
    """Of many scopes, the one that is not enabled."""
    api = ResourceServer("my.api", ("read", "write"))
    pool = start_pool(pool={"resource_servers": [api]}, scopes=("openid", "email", "my.api/write"))
    finding = by_id(examine(pool, scopes=["openid", "email", "my.api/write", "my.api/read"]), "authorize:")[0]
    assert finding.cause == "scope_not_enabled: my.api/read is not enabled on the app client."
    assert finding.fix.startswith("Enable my.api/read on")


def test_scopes_that_need_a_refused_openid_are_not_blamed(start_pool):
    """Without openid, email is refused too, but is not at fault."""
    pool = start_pool(scopes=("email",))
    finding = by_id(examine(pool, scopes=["openid", "email"]), "authorize:")[0]
    assert finding.cause == "scope_not_enabled: openid is not enabled on the app client."


def test_option_that_cognito_refuses_is_named(start_pool):
    """A provider that the app client does not have: without it the request is a good one."""
    finding = by_id(examine(start_pool(), identity_provider="Gogle", lang="de"), "authorize:")[0]
    assert (finding.status, finding.code) == ("failed", "no_identity_provider")
    assert "identity_provider" in finding.cause


def test_option_without_which_all_is_well_is_named(start_pool):
    """Managed login takes one value of prompt with none, not two."""
    finding = by_id(examine(start_pool(), prompt="none login", lang="de"), "authorize:")[0]
    assert (
        finding.cause
        == "invalid_request: Cognito refuses the setting prompt: without it, the same request is a good one."
    )


def test_words_of_cognito_are_passed_on(start_pool):
    """What only Cognito knows stands in the cause."""
    pool = start_pool()
    pool.fail("authorize", Fault(error="invalid_request", error_description="PreSignUp failed"), times=None)
    finding = by_id(examine(pool), "authorize:")[0]
    assert finding.cause == "invalid_request: Cognito answers: invalid_request (PreSignUp failed)."


def test_prompt_none_without_a_session_is_as_it_should_be(start_pool):
    """login_required is the answer that such a request asks for."""
    assert troubles(examine(start_pool(), prompt="none")) == []


def test_each_callback_url_is_tried(start_pool):
    """One that is registered says nothing of another."""
    other = "https://hub.example.org/hub/user-redirect/cognito/callback"
    findings = by_id(examine(start_pool(), redirect_uris=[CALLBACK, other]), "authorize:")
    assert [(finding.id, finding.status) for finding in findings] == [
        (f"authorize:{CALLBACK}", "ok"),
        (f"authorize:{other}", "failed"),
    ]
    assert other in findings[1].fix


def test_fault_that_no_url_is_to_blame_for_is_said_once(start_pool):
    """Every further URL would show the same."""
    uris = [CALLBACK, "http://127.0.0.1:8888/cognito/callback"]
    findings = examine(start_pool(callback_urls=uris, oauth_enabled=False), redirect_uris=uris)
    assert troubles(findings) == [("failed", "client_not_enabled")]


def test_other_loopback_name_is_a_warning(start_pool):
    """Nobody has asked for 127.0.0.1: sign-in works under the name that Jupyter opens."""
    assert troubles(examine(start_pool(), redirect_uris=[])) == [("warning", "redirect_mismatch")]


def test_sign_out_url_that_is_not_registered_is_named(start_pool):
    """Cognito's own message speaks of redirect_uri then."""
    findings = examine(start_pool(), logout_uri="http://localhost:8888/lab")
    assert troubles(findings) == [("failed", "logout_uri_not_registered")]


def test_sign_out_of_an_unknown_client_is_not_tried(start_pool):
    """It would be blamed for what is the client's fault."""
    findings = examine(start_pool(), client_id="6another0client0of0a0pool6", logout_uri="http://localhost:8888/lab")
    assert troubles(findings) == [("failed", "client_unknown")]


def test_sign_out_that_is_throttled_is_no_fault_of_its_url(start_pool):
    """Nothing is known of the URL then."""
    pool = start_pool(logout_urls=["http://localhost:8888/lab"])
    pool.fail("logout", Fault(status=429, body="exception"), times=None)
    assert troubles(examine(pool, logout_uri="http://localhost:8888/lab")) == [("failed", "throttled")]


def test_not_all_of_a_hundred_urls_are_tried(start_pool):
    """A team has a few; that the rest is left out is said."""
    uris = [f"http://localhost:{port}/cognito/callback" for port in range(9000, 9020)]
    findings = examine(start_pool(callback_urls=uris), redirect_uris=uris)
    assert troubles(findings) == []
    assert len(by_id(findings, "authorize:")) == 12
    assert by_id(findings, "authorize")[-1].title == "Only the first 12 of 20 callback URLs are tried"


def test_pool_that_is_gone_in_between_ends_the_probe(start_pool):
    """A connection that breaks is no verdict on the app client, and is not tried for every URL."""
    pool = start_pool()
    pool.fail("authorize", Fault(cut="reset"), times=None)
    findings = examine(pool, redirect_uris=[CALLBACK, "http://127.0.0.1:8888/cognito/callback"])
    assert troubles(findings) == [("failed", "network")]


def test_client_credentials_have_no_probe(start_pool):
    """Where nobody signs in there is no sign-in page to look at."""
    pool = start_pool(flows=("client_credentials",), client_secret="the0secret0of0the0client0of0tests")
    secret = "the0secret0of0the0client0of0tests"
    findings = examine(pool, grant="client_credentials", client_secret=secret, redirect_uris=[])
    assert troubles(findings) == []
    assert by_id(findings, "authorize:") == []


def test_log_shows_no_authorization_request(start_pool, caplog):
    """The HTTP library would print the whole address, as if it were a sign-in's."""
    with caplog.at_level(logging.DEBUG):
        examine(start_pool())
    assert "code_challenge" not in caplog.text
    assert "discovery" in caplog.text or "openid-configuration" in caplog.text
