"""Each fault that Cognito tells on a page of its own, seeded in a local pool: the doctor names the very one."""

import logging

import pytest

from cognito_nb.doctor.probe import check_authorization
from cognito_nb.local_pool.faults import Fault
from cognito_nb.local_pool.strictness import Switches

from .conftest import CALLBACK, asked, by_id, examine, found_pool, troubles


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
    """Where nobody signs in, no sign-in page is asked for, though callback URLs are set."""
    secret = "the0secret0of0the0client0of0tests"
    pool = start_pool(flows=("client_credentials",), client_secret=secret)
    examine(pool, grant="client_credentials", client_secret=secret, scopes=["demo-api/reports.read"], redirect_uris=[])
    assert asked(pool, "authorize") == 0
    assert asked(pool, "token") == 1


def test_firewall_is_a_warning(start_pool):
    """It may stop programs only, so nothing is known; it is said once for all URLs."""
    pool = start_pool(logout_urls=["http://localhost:8888/lab"])
    for endpoint in ("authorize", "logout"):
        pool.fail(endpoint, Fault(status=403, body="html"), times=None)
    other = CALLBACK.replace("8888", "8889")
    findings = examine(pool, redirect_uris=[CALLBACK, other], logout_uri="http://localhost:8888/lab")
    assert troubles(findings) == [("warning", ""), ("warning", "")]
    assert "AWS WAF" in by_id(findings, "authorize:")[0].fix


def test_firewall_before_the_login_page_is_no_missing_style(start_pool):
    """The style of the page would be made anew in vain."""
    pool = start_pool()
    pool.fail("login", Fault(status=403, body="html"), times=None)
    assert troubles(examine(pool)) == [("warning", "")]


def test_domain_that_is_gone_is_named(start_pool):
    """What the setting domain names answers, but is no user pool's."""
    pool = start_pool()
    pool.fail("authorize", Fault(status=404, body="html"), times=None)
    finding = by_id(examine(pool, domain=pool.domain), "authorize:")[0]
    assert finding.code == "no_domain"
    assert finding.fix.startswith("Correct the setting domain")


def test_other_host_without_a_provider_is_a_warning(start_pool):
    """A captive portal sends every browser to its own page."""
    pool = start_pool()
    pool.fail("authorize", Fault(location="https://portal.example.com/welcome"), times=None)
    findings = examine(pool)
    assert troubles(findings) == [("warning", "")]
    assert "portal.example.com" in by_id(findings, "authorize:")[0].cause


@pytest.mark.parametrize("setting", ["identity_provider", "idp_identifier"])
def test_provider_that_is_named_may_be_elsewhere(start_pool, setting):
    """The browser goes there without a page of Cognito's."""
    pool = start_pool()
    pool.fail("authorize", Fault(location="https://idp.example.com/saml"), times=None)
    findings = examine(pool, **{setting: "Corp"})
    assert troubles(findings) == []
    assert by_id(findings, "authorize:")[0].title.endswith("goes on to idp.example.com")


@pytest.mark.parametrize(
    ("options", "words"),
    [({}, "Compare the app client's"), ({"lang": "de", "prompt": "login"}, "Leave out lang, prompt.")],
)
def test_advice_names_settings_that_are_set(start_pool, options, words):
    """Nobody can leave out what is not there."""
    pool = start_pool()
    pool.fail("authorize", Fault(error="invalid_request", error_description="who knows"), times=None)
    assert by_id(examine(pool, **options), "authorize:")[0].fix.startswith(words)


@pytest.mark.parametrize(("client", "code"), [({}, ""), ({"oauth_enabled": False}, "client_not_enabled")])
def test_without_a_url_the_app_client_is_looked_at(start_pool, transport, client, code):
    """On a Hub only the browser knows the host: the rest is told all the same."""
    case = found_pool(start_pool(**client), transport)
    (finding,) = check_authorization(case)
    assert finding.code == code
    assert ("no callback URL is tried" in finding.title) is (code == "")


def test_slow_answers_end_the_probe(start_pool, transport):
    """What is left is counted, and nothing more is asked."""
    pool = start_pool()
    case = found_pool(pool, transport)
    case.callbacks, case.deadline = (CALLBACK, f"{CALLBACK}/"), 0.0
    (finding,) = check_authorization(case)
    assert (finding.status, finding.title) == ("ok", "2 callback URLs not tried: the answers are slow")
    assert asked(pool, "authorize") == 0


def test_log_shows_nothing_of_a_look(start_pool, caplog):
    """Not even where the answer does not repeat the state."""
    pool = start_pool()
    pool.fail("authorize", Fault(location="/login?state=in-other-letters"), times=None)
    with caplog.at_level(logging.DEBUG):
        examine(pool)
    logged = [record.getMessage() for record in caplog.records if record.name.startswith(("httpx", "httpcore"))]
    assert logged
    assert not [message for message in logged if "in-other-letters" in message or "authorize" in message]


def test_log_shows_no_authorization_request(start_pool, caplog):
    """The HTTP library would print the whole address, as if it were a sign-in's."""
    with caplog.at_level(logging.DEBUG):
        examine(start_pool())
    assert "code_challenge" not in caplog.text
    assert "discovery" in caplog.text or "openid-configuration" in caplog.text
