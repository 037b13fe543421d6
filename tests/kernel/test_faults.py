"""Faults that a user pool is seeded with, one by one: the error that a sign-in ends with names each, and its fix.

What only Cognito's own page tells never comes back to a kernel: `tests/doctor` seeds those.
"""

import json
from urllib.parse import urlsplit

import pytest

import cognito_nb as cn
from cognito_nb.causes import CAUSES
from cognito_nb.errors import CognitoError
from cognito_nb.local_pool import AppClient, Fault, LocalUserPool, Switches
from cognito_nb.tokens.user_pool import UserPool
from cognito_nb.wire import ENV_SERVER_URL

from .conftest import Browser, config_of

SECRET = "s3cretOf24OrMoreCharactersX"


@pytest.fixture
def seeded(jupyter):
    """Make a user pool with a fault, whose app client has the callback URL of this Jupyter server."""
    pools = []

    def make(*, switches=None, **client):
        url = f"{jupyter.environment[ENV_SERVER_URL]}cognito/callback"
        pool = LocalUserPool(clients=[AppClient(callback_urls=[url], **client)], switches=switches or Switches())
        pools.append(pool)
        pool.start()
        return pool

    yield make
    for pool in pools:
        pool.stop()


def failure(pool, **settings):
    """Return what a sign-in of ada's ends with, and the page that her browser shows."""
    browser = Browser(pool)
    try:
        with pytest.raises(CognitoError) as caught:
            cn.login(config=config_of(pool, **settings), open_url=browser.open, timeout=20)
    finally:
        browser.close()
    return caught.value, browser


def outcome(browser):
    """Return what the browser's page says of the sign-in once it asks."""
    page = browser.pages[0].text
    path = page.partition('data-poll="')[2].partition('"')[0]
    server = browser.opened[0].split("/base/")[0]
    return json.loads(browser.get(f"{server}{path}").text)["title"]


AT_THE_CALLBACK = [
    ({"flows": ["implicit"]}, {}, "code_grant_not_allowed"),
    ({"scopes": ("openid",)}, {"scopes": ["openid", "email"]}, "scope_not_enabled"),
    ({}, {"prompt": "none"}, "login_required"),
    ({"client_secret": SECRET}, {}, "secret_missing"),
    ({"client_secret": SECRET}, {"client_secret": f"{SECRET}Y"}, "secret_not_wanted"),
    ({}, {"client_secret": SECRET}, "secret_not_wanted"),
    ({"read_attributes": ["name"]}, {}, "code_refused"),
]


@pytest.mark.parametrize(("client", "settings", "cause"), AT_THE_CALLBACK, ids=[case[2] for case in AT_THE_CALLBACK])
def test_fault_of_the_app_client_is_named(seeded, client, settings, cause):
    """By the error, in the cell, and on the browser's page; no secret is shown, and no console that is not there."""
    pool = seeded(**client)
    error, browser = failure(pool, **settings)
    assert (error.cause, error.hint) == (cause, CAUSES[cause].fix)
    assert outcome(browser) == CAUSES[cause].title
    cell = "\n".join(error._render_traceback_())
    assert pool.client_id in cell
    assert SECRET not in cell
    assert "AWS" not in cell


@pytest.mark.parametrize(
    ("error", "words", "cause"),
    [
        ("access_denied", "User cancelled", "access_denied"),
        ("invalid_request", "PreAuthentication failed with error not on Sundays.", "lambda_trigger_failed"),
        ("invalid_request", "Corp Error - 401 error getting token", "identity_provider_failed"),
        ("invalid_request", "attributes required: [email]", "attributes_required"),
        ("server_error", None, "server_error"),
    ],
)
@pytest.mark.shows_secrets("Cognito's words, which are parameters of the answer, are shown")
def test_fault_behind_cognito_is_told_by_its_words(seeded, error, words, cause):
    """A third party's no, a Lambda trigger's and an identity provider's are one word of OAuth's, and three causes."""
    pool = seeded()
    pool.fail("authorize", Fault(error=error, error_description=words))
    found, _ = failure(pool)
    assert (found.cause, found.error) == (cause, error)


@pytest.mark.parametrize(
    ("fault", "cause"),
    [(Fault(status=503), "server_error"), (Fault(status=429), "throttled"), (Fault(cut="reset"), "network")],
)
def test_fault_of_the_token_endpoint_is_named(seeded, fault, cause):
    """A passing one is not taken for a refusal."""
    pool = seeded()
    pool.fail("token", fault)
    assert failure(pool)[0].cause == cause


def test_fault_at_aws_is_shown_with_a_command_that_is_filled_in(seeded, monkeypatch):
    """User pool, app client and region are those of the settings."""
    names = {"user_pool_id": "eu-west-1_AbC123", "client_id": "abc", "region": "eu-west-1"}
    monkeypatch.setattr(cn.CognitoConfig, "at_aws", names)
    error, _ = failure(seeded(flows=["implicit"]))
    assert error._render_traceback_()[-1].startswith(
        "AWS CLI: aws cognito-idp describe-user-pool-client --region eu-west-1 --user-pool-id eu-west-1_AbC123"
    )


def test_code_that_was_used_is_named(seeded, monkeypatch):
    """Two exchanges of one code."""
    exchange = UserPool.exchange

    async def twice(user_pool, code, **facts):
        await exchange(user_pool, code, **facts)
        return await exchange(user_pool, code, **facts)

    monkeypatch.setattr(UserPool, "exchange", twice)
    error, _ = failure(seeded())
    assert error.cause == "code_refused"
    assert dict(error.details)["Likely"].startswith("The code was used already")


def test_page_that_was_left_open_is_named(seeded, monkeypatch):
    """The code is refused, and the sign-in began more than five minutes ago."""
    pool = seeded()
    pool.fail("token", Fault(error="invalid_grant"))
    exchange = UserPool.exchange
    monkeypatch.setattr(
        UserPool, "exchange", lambda user_pool, code, waited: exchange(user_pool, code, waited=waited + 301)
    )
    assert failure(pool)[0].cause == "code_too_old"


def test_redirect_that_was_changed_on_its_way_is_named(seeded):
    """A proxy's slash: the token request repeats what the notebook knows."""
    pool = seeded()
    pool.fail("token", Fault(error="unauthorized_client"))
    error, browser = failure(pool)
    assert error.cause == "redirect_differs"
    assert outcome(browser) == CAUSES["redirect_differs"].title


def test_wrong_clock_is_named(seeded):
    """An hour behind the user pool's."""
    pool = seeded()
    pool.advance(3600)
    error, _ = failure(pool)
    assert (error.cause, error.claim) == ("clock_wrong", "iat")


@pytest.mark.parametrize(
    ("issuer", "cause"),
    [
        ("{issuer}x", "user_pool_unknown"),
        ("http://127.0.0.1:9/eu-west-1_Ab", "network"),
        ("http://localhost:{port}/{user_pool_id}", "issuer_differs"),
    ],
)
def test_fault_of_the_issuer_is_named_before_a_browser_opens(seeded, issuer, cause):
    """Discovery tells."""
    pool = seeded()
    port = urlsplit(pool.issuer).port
    issuer = issuer.format(issuer=pool.issuer, port=port, user_pool_id=pool.user_pool_id)
    error, browser = failure(pool, issuer=issuer)
    assert (error.cause, browser.opened) == (cause, [])


def test_scope_that_needs_openid_is_named(seeded):
    """By the settings themselves."""
    with pytest.raises(CognitoError) as caught:
        config_of(seeded(), scopes=["email"])
    assert caught.value.cause == "scope_without_openid"


def test_user_pool_without_a_domain_is_named(seeded):
    """It has no sign-in page."""
    error, browser = failure(seeded(switches=Switches(has_domain=False)))
    assert (error.cause, browser.opened) == ("no_domain", [])


def test_session_that_twenty_newer_ones_ended_is_named(seeded):
    """Cognito keeps twenty of a user's sessions at most."""
    pool = seeded()
    browser = Browser(pool)
    session = cn.login(config=config_of(pool), open_url=browser.open, timeout=20)
    browser.close()
    for _ in range(20):
        pool.tokens("ada")
    with pytest.raises(CognitoError) as caught:
        session.refresh()
    assert caught.value.cause == "refresh_refused"
    assert any("20-session limit" in text for _, text in caught.value.details)


def test_scope_openid_that_is_missing_is_named(seeded):
    """Cognito's userInfo wants it."""
    pool = seeded()
    browser = Browser(pool)
    config = config_of(pool, scopes=["aws.cognito.signin.user.admin"])
    session = cn.login(config=config, open_url=browser.open, timeout=20)
    browser.close()
    with pytest.raises(CognitoError) as caught:
        session.userinfo()
    assert caught.value.cause == "openid_missing"


def test_revocation_that_is_switched_off_is_named(seeded):
    """Signing out says so; the session is gone all the same."""
    pool = seeded(token_revocation=False)
    browser = Browser(pool)
    session = cn.login(config=config_of(pool), open_url=browser.open, timeout=20)
    browser.close()
    tokens = session.token_source.tokens
    with pytest.raises(CognitoError) as caught:
        session._background.run(session._user_pool.revoke(tokens.refresh_token))
    assert caught.value.cause == "revocation_off"


def test_time_that_is_over_is_named(seeded):
    """Nobody came: the page may have been Cognito's own error page."""
    pool = seeded()
    with pytest.raises(CognitoError) as caught:
        cn.login(config=config_of(pool), open_url=lambda _: None, timeout=0.3)
    assert caught.value.cause == "timeout"
    assert "doctor" in caught.value.hint
