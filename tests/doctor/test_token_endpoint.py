"""The token endpoint: the secret that only it tells of, and the grant of an app client that signs in for itself."""

import pytest

from cognito_nb.doctor import token_endpoint
from cognito_nb.local_pool.faults import Fault

from .conftest import asked, by_id, examine, found_pool, troubles

SECRET = "the0secret0of0the0client0of0tests"
ITSELF = {"grant": "client_credentials", "scopes": ["demo-api/reports.read"], "redirect_uris": []}


def test_app_client_whose_secret_is_not_set_is_named(start_pool):
    """The sign-in page does not tell, and a person would have signed in in vain."""
    assert troubles(examine(start_pool(client_secret=SECRET))) == [("failed", "secret_missing")]


def test_app_client_without_a_secret_has_no_finding(start_pool):
    """A made-up code is refused, as it deserves."""
    pool = start_pool()
    assert by_id(examine(pool), "secret") == []
    assert asked(pool, "token") == 1


def test_secret_that_is_set_is_not_sent(start_pool):
    """With a made-up code it would prove nothing but itself."""
    pool = start_pool(client_secret=SECRET)
    assert troubles(examine(pool, client_secret=SECRET)) == []
    assert asked(pool, "token") == 0


def test_unknown_client_is_not_said_to_have_a_secret(start_pool):
    """The endpoint has one word for both."""
    assert troubles(examine(start_pool(), client_id="6another0client0of0a0pool6")) == [("failed", "client_unknown")]


@pytest.mark.parametrize("fault", [Fault(status=500, body="html"), Fault(cut="reset"), Fault(status=403, body="html")])
def test_token_endpoint_that_fails_says_nothing_of_a_secret(start_pool, fault):
    """Only invalid_client does."""
    pool = start_pool()
    pool.fail("token", fault, times=None)
    assert troubles(examine(pool)) == []


def test_slow_answers_leave_the_token_endpoint_out(start_pool, transport):
    """The doctor ends in time."""
    pool = start_pool(client_secret=SECRET)
    case = found_pool(pool, transport)
    case.deadline = 0.0
    assert list(token_endpoint.check_token_endpoint(case)) == []
    assert asked(pool, "token") == 0


def for_itself(start_pool, **client):
    return start_pool(**{"flows": ("client_credentials",), "client_secret": SECRET, **client})


def test_grant_of_the_client_itself_is_tried(start_pool):
    """Its token is verified as a session's is, and dropped."""
    findings = examine(for_itself(start_pool), **ITSELF, client_secret=SECRET)
    assert troubles(findings) == []
    assert by_id(findings, "grant")[0].title.endswith("issued and valid; it is dropped")


FAULTS = {
    "secret_not_wanted": ({}, {"client_secret": "another0secret0of0another0client0"}),
    "client_credentials_not_allowed": ({"flows": ("code",)}, {}),
    "custom_scope_needed": ({"scopes": ("openid",)}, {}),
    "client_switched_off": ({"oauth_enabled": False}, {}),
}


@pytest.mark.parametrize("code", FAULTS)
def test_fault_of_the_grant_is_named(start_pool, code):
    """Nobody has to sign in to see it."""
    client, settings = FAULTS[code]
    findings = examine(for_itself(start_pool, **client), **{**ITSELF, "client_secret": SECRET, **settings})
    assert troubles(findings) == [("failed", code)]
    assert SECRET not in str(findings)


def test_secret_in_the_keyring_stays_there(start_pool):
    """To look is to ask the person, on some systems; so the grant is not tried."""
    pool = for_itself(start_pool)
    findings = examine(pool, **ITSELF, client_secret="keyring")
    assert by_id(findings, "grant")[0].title.endswith("not tried, its secret stays in the keyring")
    assert asked(pool, "token") == 0


def test_made_up_code_is_another_each_time(start_pool, monkeypatch):
    """No fixed word that somebody could have registered as a code."""
    sent, build = [], token_endpoint.client_form_request
    monkeypatch.setattr(
        token_endpoint, "client_form_request", lambda *args, **kw: sent.append(args[2]) or build(*args, **kw)
    )
    pool = start_pool()
    examine(pool)
    examine(pool)
    assert sent[0]["code"] != sent[1]["code"]
