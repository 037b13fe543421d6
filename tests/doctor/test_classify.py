"""What Cognito's first answer means: a table of answers."""

import pytest

from cognito_nb.causes import CAUSES
from cognito_nb.doctor.classify import classify

ASKED = "https://team.auth.eu-west-1.amazoncognito.com/oauth2/authorize?client_id=abc&redirect_uri=x"
CALLBACK = "https://hub.example.org/cognito/callback"


def classified(status=302, location="", body="", **changes):
    how = {"asked": ASKED, "redirect_uri": CALLBACK, **changes}
    return classify(status, location, body, **how)


REDIRECTS = {
    "/error?error=redirect_mismatch&client_id=abc": "redirect_mismatch",
    "https://team.auth.eu-west-1.amazoncognito.com/error?client_id=a&error=redirect_mismatch": "redirect_mismatch",
    "/error?error=Client+is+not+enabled+for+OAuth2.0+flows.": "client_not_enabled",
    "/error?error=Client+does+not+exist.": "client_unknown",
    "/error?error=User+pool+client+1h57kf5cpq17m0eml12EXAMPLE+does+not+exist.": "client_unknown",
    "/error?error=Login+option+is+not+available.+Please+try+another+one": "no_identity_provider",
    "/error?error=Required+String+parameter+%27redirect_uri%27+is+not+present": "parameter_missing",
    "/error?error=unauthorized_client": "code_grant_not_allowed",
    "/error?error=invalid_request": "invalid_request",
    "/error?error=who+knows": "invalid_request",
    "/error": "invalid_request",
    f"{CALLBACK}?error=unauthorized_client&state=s": "code_grant_not_allowed",
    f"{CALLBACK}?state=s&error=invalid_scope": "scope_not_enabled",
    f"{CALLBACK}?error=invalid_request": "invalid_request",
    f"{CALLBACK}?error=server_error": "server_error",
    f"{CALLBACK}?error=something_new": "invalid_request",
    f"{CALLBACK}?error=login_required": "",
    "javascript:alert(1)": "invalid_request",
    "https://[::1": "invalid_request",
    "https://idp.example.com:99999/": "invalid_request",
}


@pytest.mark.parametrize(("location", "code"), REDIRECTS.items())
def test_redirect_tells_the_cause(location, code):
    """A redirect to the error page or to the callback names what Cognito does not like."""
    assert classified(location=location).code == code


PAGES = {
    (400, "<p>An error was encountered with the requested page.</p><p>redirect_mismatch</p>"): "redirect_mismatch",
    (400, "<p>Client is not enabled for OAuth2.0 flows.</p>"): "client_not_enabled",
    (400, "<p>Client does not exist.</p>"): "client_unknown",
    (400, "<p>Login option is not available.</p>"): "no_identity_provider",
    (400, "<p>Required String parameter &#x27;response_type&#x27; is not present</p>"): "parameter_missing",
    (400, ""): "invalid_request",
    (404, ""): "no_domain",
    (429, ""): "throttled",
    (400, '{"__type":"TooManyRequestsException"}'): "throttled",
    (503, "<html>"): "server_error",
    (200, "<p>Sign in</p>"): "",
}


@pytest.mark.parametrize(("answer", "code"), PAGES.items())
def test_page_at_once_tells_the_cause(answer, code):
    """The error page may come without a redirect: then its words do."""
    assert classified(answer[0], body=answer[1]).code == code


@pytest.mark.parametrize("status", [200, 400, 403, 404])
def test_login_page_without_style_is_known_by_its_words(status):
    """Which HTTP status that page has is not known, so none is relied on."""
    body = "<p>Login pages unavailable. Please contact an administrator.</p>"
    assert classified(status, body=body, is_page=True).code == "login_page_unbranded"


def test_login_page_that_is_refused_counts_as_unbranded():
    """A login page without known words and with a client error is no page to sign in on."""
    assert classified(404, is_page=True).code == "login_page_unbranded"


def test_sign_in_page_that_mentions_an_error_is_a_good_one():
    """A page with status 200 may hold these words in a script."""
    assert classified(200, body="<script>'redirect_mismatch'</script>", is_page=True).code == ""


def test_good_request_goes_on_to_the_login_page():
    """The redirect to /login is one to look at."""
    outcome = classified(location="/login?client_id=abc")
    assert outcome.code == ""
    assert outcome.next_url == "https://team.auth.eu-west-1.amazoncognito.com/login?client_id=abc"


def test_good_request_may_go_on_to_a_provider():
    """With identity_provider the browser goes elsewhere at once: nothing more is asked there."""
    outcome = classified(location="https://idp.example.com/saml?SAMLRequest=x")
    assert (outcome.code, outcome.host, outcome.next_url) == ("", "idp.example.com", "")


@pytest.mark.parametrize(
    ("location", "host"),
    [
        ("https://accounts.google.com@evil.example:8443/x", "evil.example:8443"),
        (f"https://idp.example.com.{'a' * 40}.example/", "idp.example.com.[…].example"),
        (f"https://{'a.' * 30_000}example/", f"{'a.' * 39}a…"),
        ("https://my-company-login.eu-central-1.auth0.com/", "my-company-login.eu-central-1.auth0.com"),
    ],
    ids=["user name", "like a secret", "long", "a usual one"],
)
def test_host_of_a_redirect_is_made_fit_to_be_shown(location, host):
    """Where it really goes, in a few characters, on one line."""
    assert classified(location=location).host == host


def test_refusal_by_a_firewall_says_nothing_of_the_settings():
    """Cognito refuses with 400; AWS WAF answers 403 in its place, to programs perhaps only."""
    for is_page in (False, True):
        outcome = classified(403, body="<h1>403 Forbidden</h1>", is_page=is_page)
        assert (outcome.code, outcome.blocked, outcome.is_good) == ("", True, False)


def test_downgrade_to_plain_http_is_not_followed():
    """The host is the same, but anybody could answer there."""
    outcome = classified(location="http://team.auth.eu-west-1.amazoncognito.com/login?client_id=abc")
    assert outcome.next_url == ""


def test_callback_without_a_path_comes_back_with_a_slash():
    """Cognito sends https://localhost back as https://localhost/."""
    outcome = classified(location="https://localhost/?error=unauthorized_client", redirect_uri="https://localhost")
    assert outcome.code == "code_grant_not_allowed"


def test_callback_with_a_slash_comes_back_without_a_path():
    """https://localhost/ and https://localhost are one place."""
    outcome = classified(location="https://localhost?error=unauthorized_client", redirect_uri="https://localhost/")
    assert outcome.code == "code_grant_not_allowed"


def test_callback_that_merely_begins_alike_is_another_host():
    """https://hub.example.org.evil.com is not the callback, whatever error it names."""
    outcome = classified(location="https://hub.example.org.evil.com/cognito/callback?error=invalid_scope")
    assert (outcome.code, outcome.host) == ("", "hub.example.org.evil.com")


def test_words_of_cognito_are_made_fit_to_be_shown():
    """What comes back may hold what was sent."""
    outcome = classified(location=f"{CALLBACK}?error=invalid_request&error_description={'a' * 60}")
    assert outcome.words == "invalid_request ([…])"


def test_every_code_has_a_row():
    """No outcome falls back to words that say nothing."""
    assert {*REDIRECTS.values(), *PAGES.values()} - {""} <= CAUSES.keys()
