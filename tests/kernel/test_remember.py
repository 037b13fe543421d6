"""`remember = "server"`: this process is one notebook after the other, of a real Jupyter server."""

import dataclasses
import time

import pytest
from lab import wait_for
from server.harness import run_server

import cognito_nb as cn
from cognito_nb import registry
from cognito_nb.errors import SessionExpiredError, SignInTimeoutError, StateMismatchError
from cognito_nb.tokens.access import take_server_access
from cognito_nb.wire import ENV_SERVER_URL

from .conftest import Browser, config_of
from .notebooks import asked, call, expire, no_browser, why_ended, write_settings


@pytest.fixture
def config(pool):
    return config_of(pool, remember="server")


def test_login_takes_up_a_session_without_a_browser(login, first, config, pool):
    """Another notebook gets the same tokens, verified anew: neither authorize nor token endpoint is asked."""
    pool.requests.clear()
    session = login(config=config, open_url=no_browser)
    assert session is not first
    assert (session.user, call(session)) == (first.user, "ada")
    assert asked(pool, "authorize") + asked(pool, "token") == 0


def test_login_renews_an_expired_session_that_it_takes_up(first, config, pool):
    """The refresh token is all it needs; whoever has the session too goes on with the new tokens."""

    async def keep_expired():
        async with first._memory.turn() as turn:
            await turn.keep(dataclasses.replace(first.token_source.tokens, expires_at=time.time()))

    first._background.run(keep_expired())
    expire(first)
    session = cn.login(config=config, open_url=no_browser)
    assert (call(session), call(first), asked(pool, "token")) == ("ada", "ada", 2)


def test_login_button_takes_up_a_session(first, config):
    """A dashboard shows who is signed in rather than a button."""
    card = cn.LoginButton(config=config)
    assert [type(child).__name__ for child in card.children] == ["SessionCard"]
    card.close()


def test_sessions_of_other_settings_are_not_taken_up(first, pool, browser):
    """Another profile signs in for itself, and so does one that wants more scopes."""
    browser.opened.clear()
    cn.login(config=config_of(pool, remember="server", profile="other"), open_url=browser.open, timeout=20)
    cn.login(config=config_of(pool, remember="server", scopes=["openid", "phone"]), open_url=browser.open, timeout=20)
    assert len(browser.opened) == 2


def test_more_scopes_reach_every_notebook(first, pool, browser):
    """The same user's new tokens take the place of the old ones there too, which are revoked."""
    config = config_of(pool, remember="server", scopes=["openid", "email", "profile", "phone"])
    old = first.token_source.tokens
    session = cn.login(config=config, open_url=browser.open, timeout=20)
    wait_for(lambda: "phone" in first.scopes, "the new tokens", 5)
    assert (call(first), call(session)) == ("ada", "ada")
    assert pool.is_revoked(old.access.claims["origin_jti"])


def test_sign_out_ends_the_session_in_every_notebook(logout, first, config, pool):
    """The others are told where it happened; the tokens are revoked, and nothing is left to take up."""
    logout(session=cn.login(config=config, open_url=no_browser))
    assert why_ended(first) == "You signed out in another notebook."
    assert asked(pool, "revoke") == 1
    with pytest.raises(SignInTimeoutError):
        cn.login(config=config, open_url=lambda _: None, timeout=0.2)


def test_sign_out_ends_a_session_that_was_not_taken_up(logout, first, pool, tmp_path, monkeypatch, capsys):
    """A restarted kernel signs out without having signed in: what is remembered is ended and revoked."""
    write_settings(tmp_path, pool)
    monkeypatch.chdir(tmp_path)
    second = cn.login(config=cn.CognitoConfig(**_settings(pool)), open_url=Browser(pool).open, timeout=20)
    registry._current.clear()
    logout()
    assert why_ended(second) == "You signed out in another notebook."
    assert asked(pool, "revoke") == 1
    assert "Signed out" in capsys.readouterr().out
    logout()
    assert "Nobody is signed in." in capsys.readouterr().out
    second.close()


def _settings(pool):
    return {
        "issuer": pool.issuer,
        "user_pool_id": pool.user_pool_id,
        "client_id": pool.client_id,
        "api_origins": [pool.api_url],
        "remember": "server",
        "profile": "demo",
    }


def test_sign_out_of_an_ended_session_ends_no_other(first, config, pool):
    """Who was replaced by another user cannot sign that one out."""
    grace = Browser(pool, "grace")
    session = cn.login(config=config, open_url=grace.open, timeout=20, force=True)
    grace.close()
    why_ended(first)
    first.revoke()
    assert call(session) == "grace"


def test_force_changes_the_user_everywhere(first, config, pool):
    """The other notebooks' sessions of the first user end, with the reason, and are revoked; the second is kept."""
    origin = first.token_source.tokens.access.claims["origin_jti"]
    grace = Browser(pool, "grace")
    session = cn.login(config=config, open_url=grace.open, timeout=20, force=True)
    grace.close()
    assert why_ended(first) == "Another user has signed in with this profile."
    assert pool.is_revoked(origin)
    registry._current.clear()
    again = cn.login(config=config, open_url=no_browser)
    assert (again.user.username, call(session)) == ("grace", "grace")
    session.close()


def test_force_in_one_notebook_leaves_its_new_tokens_alive(config, browser, pool):
    """The session that is replaced has taken over the new tokens by then: it must not revoke them."""
    cn.login(config=config, open_url=browser.open, timeout=20)
    session = cn.login(config=config, open_url=browser.open, timeout=20, force=True)
    session.refresh()
    assert (call(session), asked(pool, "revoke")) == ("ada", 1)


def test_another_user_does_not_replace_an_expired_one_unnoticed(first, config, pool):
    """The answer is refused and revoked; who it was stays remembered, until the user asks for the change."""
    pool.sign_out_everywhere(first.user.sub)
    with pytest.raises(SessionExpiredError):
        first.refresh()
    grace = Browser(pool, "grace")
    with pytest.raises(StateMismatchError, match=r"the remembered one \(ada\)[^$]*%cognito_login --force"):
        cn.login(config=config, open_url=grace.open, timeout=20)
    assert asked(pool, "revoke") == 1
    assert cn.login(config=config, open_url=grace.open, timeout=20, force=True).user.username == "grace"
    grace.close()


def test_same_user_signs_in_again_after_expiry(first, config, browser, pool):
    """The usual case: nothing to explain, nothing to force."""
    pool.sign_out_everywhere(first.user.sub)
    with pytest.raises(SessionExpiredError):
        first.refresh()
    assert call(cn.login(config=config, open_url=browser.open, timeout=20)) == "ada"


def test_sessions_outlive_the_jupyter_server(pool, tmp_path, monkeypatch):
    """With the server all is gone that it remembered; living kernels go on from their own memory."""
    running = run_server(tmp_path, "--ServerApp.port=0")
    server = next(running)
    pool.register_callback(f"{server.environment[ENV_SERVER_URL]}cognito/callback")
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    take_server_access.cache_clear()
    browser = Browser(pool)
    session = cn.login(config=config_of(pool, remember="server"), open_url=browser.open, timeout=20)
    browser.close()
    assert list(running) == []
    expire(session)
    assert (call(session), asked(pool, "token")) == ("ada", 2)


def test_remembered_session_leaks_nothing(canary, config, browser, jupyter, notebook, pool):
    """Neither the server's log at DEBUG, nor a repr of what remembers, holds a token."""
    first = cn.login(config=config, open_url=browser.open, timeout=20)
    notebook()
    second = cn.login(config=config, open_url=no_browser)
    expire(second)
    call(second)
    memory = second._memory
    shown = repr([first, second, memory, memory._store, vars(memory._store), vars(memory._store._record)])
    cn.logout(session=second)
    assert "cognito/api/sessions/" in jupyter.log
    canary.assert_silent({"server log": jupyter.log, "repr": shown})
