"""login, alogin, logout, alogout over a real Jupyter server and a local user pool."""

import asyncio
import logging
import os
import signal
import threading
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
from tokens.fakes import until

import cognito_nb as cn
from cognito_nb import flow, wire
from cognito_nb.errors import (
    AuthorizationResponseError,
    ConfigurationError,
    InteractionRequiredError,
    NetworkError,
    NotSignedInError,
    SignInError,
    SignInTimeoutError,
    TokenVerificationError,
)
from cognito_nb.local_pool import AppClient, LocalUserPool
from cognito_nb.sign_in import SignIn
from cognito_nb.tokens.access import take_server_access

from .conftest import Browser, config_of


def endpoints(pool):
    return [request.endpoint for request in pool.requests]


def test_login_returns_a_verified_session(login, config, browser):
    """After the browser's round trip the session knows who signed in, and is the current one."""
    session = login(config=config, open_url=browser.open, timeout=20)
    assert session.user.username == "ada"
    assert session.user.email == "ada@example.com"
    assert session.claims["token_use"] == "id"
    assert set(session.scopes) == {"openid", "email", "profile"}
    assert cn.current_session() is session
    with session.client(session.config.api_origins[0]) as api:
        assert api.get("/me").json()["username"] == "ada"


@pytest.mark.accepted("AR-12")
def test_login_opens_one_absolute_url_without_protocol_data(config, browser, jupyter):
    """`open_url` is called once, with the start page's address and nothing else."""
    cn.login(config=config, open_url=browser.open, timeout=20)
    (url,) = browser.opened
    assert url.startswith(f"{jupyter.environment[wire.ENV_SERVER_URL]}cognito/start/")
    assert "?" not in url


@pytest.mark.holds("AR-01")
def test_authorization_request_has_the_right_parameters(config, browser):
    """Each parameter once; code with S256; no secret of the kernel's in the URL (AR-01)."""
    cn.login(config=config, open_url=browser.open, timeout=20)
    query = parse_qs(urlsplit(browser.authorization_urls[0]).query)
    assert all(len(values) == 1 for values in query.values())
    assert set(query) == {
        *("response_type", "client_id", "redirect_uri", "scope", "state", "nonce"),
        *("code_challenge", "code_challenge_method"),
    }
    assert query["response_type"] == ["code"]
    assert query["code_challenge_method"] == ["S256"]


def test_one_round_trip_is_left_once_the_code_is_there(config, browser, pool):
    """Discovery and keys come before; after the user's sign-in only the token endpoint is asked."""

    def visit(url):
        callback = pool.sign_in(browser.start(url), "ada", browser.password)
        wait_for(lambda: "jwks" in endpoints(pool))
        pool.requests.clear()
        browser.come_back(callback)

    def open_url(url):
        thread = threading.Thread(target=visit, args=(url,))
        browser._threads.append(thread)
        thread.start()

    cn.login(config=config, open_url=open_url, timeout=20)
    assert [name for name in endpoints(pool) if name != "other"] == ["token"]


def test_login_is_a_no_op_when_signed_in(login, signed_in, config, browser, pool):
    """The same session comes back without any request or browser."""
    pool.requests.clear()
    assert login(config=config, open_url=browser.open) is signed_in
    assert len(browser.opened) == 1
    assert not pool.requests


def test_login_asks_again_for_a_scope_that_was_not_granted(signed_in, pool, browser):
    """A session serves a login only if it has at least the scopes."""
    config = config_of(pool, scopes=["openid", "phone"])
    session = cn.login(config=config, open_url=browser.open, timeout=20)
    assert session is not signed_in
    assert "phone" in session.scopes


def test_force_signs_in_anew_and_ends_the_old_session(signed_in, config, pool):
    """A forced sign-in may be another user; the old session's clients stop rather than mix two users up."""
    grace = Browser(pool, "grace")
    session = cn.login(config=config, open_url=grace.open, timeout=20, force=True)
    grace.close()
    assert session.user.username == "grace"
    with pytest.raises(NotSignedInError, match="newer sign-in"):
        _ = signed_in.user


def test_cancel_at_the_hosted_ui_is_an_authorization_response_error(login, config, browser, pool):
    """The provider's error comes back with its code and the next step, not with what was sent; nothing is kept."""

    def open_url(url):
        query = parse_qs(urlsplit(browser.start(url)).query)
        browser.come_back(f"{query['redirect_uri'][0]}?error=access_denied&state={query['state'][0]}")

    with pytest.raises(AuthorizationResponseError) as caught:
        login(config=config, open_url=in_thread(open_url, browser), timeout=20)
    assert caught.value.error == "access_denied"
    assert caught.value.sent == {}  # nothing was wrong with it
    assert "%cognito_login" in str(caught.value)
    assert "token" not in endpoints(pool)
    with pytest.raises(NotSignedInError):
        cn.current_session()


@pytest.mark.refused("CB-32")
@pytest.mark.refused("CF-07")
def test_timeout_ends_login_and_withdraws(login, config, browser):
    """Nobody comes back, from Cognito's own error page say: the error names what to compare; the start page is dead."""
    opened = []
    with pytest.raises(SignInTimeoutError) as caught:
        login(config=config, open_url=opened.append, timeout=0.3)
    assert isinstance(caught.value, TimeoutError)
    for told in ("error page of its own", config.client_id, "redirect_uris", *config.redirect_uris, *config.scopes):
        assert told in str(caught.value)
    assert browser.get(opened[0]).status != 303


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.refused("CB-32")
def test_interrupt_ends_login_and_withdraws(config, browser):
    """Ctrl-C, or the kernel's interrupt, is raised again after the pending sign-in was withdrawn."""
    opened = []

    def open_url(url):
        opened.append(url)
        threading.Timer(0.2, signal.raise_signal, [signal.SIGINT]).start()

    with pytest.raises(KeyboardInterrupt):
        cn.login(config=config, open_url=open_url, timeout=30)
    assert browser.get(opened[0]).status != 303


def test_second_interrupt_still_closes_and_says_so():
    """An impatient user who interrupts the tidying up leaves no thread, and no link that looks alive."""
    seen = []

    class Pending:
        prepare = finish = withdraw = staticmethod(lambda: None)
        resumption = SimpleNamespace(is_possible=False)

        def close(self):
            seen.append("closed")

    class View:
        require_person = staticmethod(lambda: None)

        def failed(self, error):
            seen.append(type(error).__name__)

    steps = flow._login_steps(Pending(), View())
    next(steps)
    steps.throw(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        steps.throw(KeyboardInterrupt())
    assert seen == ["closed", "KeyboardInterrupt"]


def test_cancelled_alogin_withdraws(config, browser):
    """Cancelling the task leaves no pending sign-in behind."""
    opened = []

    async def give_up():
        pending = asyncio.Event()

        def open_url(url):
            opened.append(url)
            pending.set()

        task = asyncio.ensure_future(cn.alogin(config=config, open_url=open_url, timeout=30))
        await pending.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(give_up())
    assert browser.get(opened[0]).status != 303


@pytest.mark.refused("TR-21")
def test_cancelled_when_the_session_is_ready_keeps_nothing(config, browser, pool, monkeypatch):
    """A caller that gives up at the very end has no session, and its refresh token is revoked (TR-21)."""
    begun, task = SignIn.finish, None

    async def run():
        nonlocal task
        loop = asyncio.get_running_loop()

        async def finish(self):
            session = await begun(self)
            loop.call_soon_threadsafe(task.cancel)  # the session is made, and the caller has gone
            await asyncio.sleep(0.2)
            return session

        monkeypatch.setattr(SignIn, "finish", finish)
        task = asyncio.ensure_future(cn.alogin(config=config, open_url=browser.open, timeout=20))
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    with pytest.raises(NotSignedInError):
        cn.current_session()
    assert "revoke" in endpoints(pool)


@pytest.mark.holds("LF-08")
def test_alogin_does_not_block_the_event_loop(config, browser):
    """Other tasks run on while somebody signs in."""

    async def run():
        ticks = 0
        task = asyncio.ensure_future(cn.alogin(config=config, open_url=browser.open, timeout=20))
        while not task.done():
            ticks += 1
            await asyncio.sleep(0.001)
        assert ticks > 10
        await task

    asyncio.run(run())


@pytest.mark.refused("AR-09")
def test_newer_login_supersedes_an_older_one(config, browser):
    """The same profile asked for twice: the first ends with an error, the second gets the answer (AR-09)."""
    errors = []
    opened = threading.Event()

    def first():
        with pytest.raises(SignInError) as caught:
            cn.login(config=config, open_url=lambda _: opened.set(), timeout=30)
        errors.append(caught.value)

    thread = threading.Thread(target=first)
    thread.start()
    assert opened.wait(10)
    session = cn.login(config=config, open_url=browser.open, timeout=20)
    thread.join(10)
    assert "newer sign-in" in str(errors[0])
    assert session.is_alive


@pytest.mark.accepted("AR-07")
def test_two_pools_at_once_never_mix(config, browser, jupyter):
    """Two profiles sign in at the same time: each code reaches its own pool, each session its own user."""
    with LocalUserPool(pool_id="local_Other") as other:
        other.register_callback(f"{jupyter.environment[wire.ENV_SERVER_URL]}cognito/callback")
        grace = Browser(other, "grace")
        found = {}

        def run(name, settings, visitor):
            found[name] = cn.login(config=settings, open_url=visitor.open, timeout=20)

        threads = [
            threading.Thread(target=run, args=("ada", config, browser)),
            threading.Thread(target=run, args=("grace", config_of(other, profile="other"), grace)),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        grace.close()
        assert {name: session.user.username for name, session in found.items()} == {"ada": "ada", "grace": "grace"}
        assert endpoints(other).count("token") == 1
        found["grace"].close()


def test_login_with_a_client_secret(pool, browser, jupyter):
    """A confidential app client authenticates by Basic, at sign-in and at refresh."""
    secret = "s3cr3t" * 6
    client = AppClient(client_id="2confidential0client0nb2026", client_secret=secret)
    with LocalUserPool(clients=[client]) as confidential:
        confidential.register_callback(f"{jupyter.environment[wire.ENV_SERVER_URL]}cognito/callback")
        visitor = Browser(confidential)
        session = cn.login(config=config_of(confidential, client_secret=secret), open_url=visitor.open, timeout=20)
        visitor.close()
        session.refresh()
        assert secret not in repr(session.config)
        session.close()


@pytest.mark.refused("TR-20")
def test_refused_token_leaves_nothing(login, config, browser, pool, monkeypatch):
    """An ID token that fails a check ends the sign-in: no session, and the refresh token is revoked (TR-20)."""
    monkeypatch.setattr("cognito_nb.tokens.user_pool.time.time", lambda: 4e9)
    with pytest.raises(TokenVerificationError, match="iat|exp"):
        login(config=config, open_url=browser.open, timeout=20)
    assert "revoke" in endpoints(pool)
    with pytest.raises(NotSignedInError):
        cn.current_session()


@pytest.mark.holds("SE-11", "SE-16")
def test_whole_session_leaks_nothing(canary, config, pool, browser, caplog, capsys, jupyter):
    """Logs at DEBUG, output, representations and the server's log hold no code, state, verifier or token."""
    caplog.set_level(logging.DEBUG)
    session = cn.login(config=config, open_url=browser.open, timeout=20)
    with session.client(session.config.api_origins[0]) as api:
        answer = api.get("/orders")
        shown = repr(
            [session, session.token_source, session.token_source.tokens, session.config, api, answer.request.headers]
        )
    session.refresh()
    session.userinfo()
    cn.logout()
    output = capsys.readouterr()
    canary.assert_silent(
        {
            "log": caplog.text,
            "output": output.out + output.err,
            "repr": shown,
            "server log": jupyter.log,
            "pages": "".join(f"{page.text}{page.headers}" for page in browser.pages),
        }
    )


@pytest.mark.refused("RV-06")
def test_logout_revokes_and_stops_clients(logout, signed_in, pool, capsys):
    """After sign-out the refresh token is dead at Cognito and no client sends a byte (RV-01, RV-06)."""
    api = signed_in.client(pool.api_url)
    logout()
    assert "revoke" in endpoints(pool)
    pool.requests.clear()
    with pytest.raises(NotSignedInError, match="signed out"):
        api.get("/me")
    api.close()
    assert not pool.requests
    assert "/logout?client_id=" in capsys.readouterr().out


def test_logout_ends_the_session_even_if_cognito_does_not_answer(signed_in, pool, capsys):
    """The tokens are forgotten whatever happens, and the text says what that means (RV-02)."""
    pool.stop()
    cn.logout()
    assert not signed_in.is_alive
    assert "did not confirm" in capsys.readouterr().out


def test_logout_without_a_session_says_so(logout, capsys):
    """To sign out twice is no fault."""
    logout()
    assert "Nobody is signed in" in capsys.readouterr().out


def test_logout_of_a_session_that_has_ended_is_no_alarm(logout, signed_in, capsys):
    """To sign out twice, by the session itself, says that nobody is signed in."""
    logout(session=signed_in)
    capsys.readouterr()
    logout(session=signed_in)
    assert capsys.readouterr().out == "Nobody is signed in.\n"


def test_logout_of_a_profile_that_does_not_exist_is_told(logout, pool, tmp_path, monkeypatch):
    """A slip must not look like a sign-out: the same error as for a login."""
    (tmp_path / "cognito.toml").write_text(
        f'[profiles.prod]\nissuer = "{pool.issuer}"\nuser_pool_id = "{pool.user_pool_id}"\n'
        f'client_id = "{pool.client_id}"\n'
    )
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match="Did you mean 'prod'"):
        logout("prdo")


def test_logout_by_config(logout, signed_in, config):
    """Settings in place of a profile, as for a login."""
    logout(config=config)
    assert not signed_in.is_alive


@pytest.mark.holds("LF-08")
def test_arevoke_does_not_block_the_event_loop(signed_in, monkeypatch):
    """The end of the session's thread is waited for elsewhere."""
    free, loops = threading.Event(), []
    close = signed_in.close

    def slow_close():
        loops.append(free.wait(10))
        close()

    monkeypatch.setattr(signed_in, "close", slow_close)

    async def end():
        task = asyncio.ensure_future(signed_in.arevoke())
        await until(lambda: signed_in.was_signed_out)
        asyncio.get_running_loop().call_later(0.05, free.set)  # which a blocked loop could not do
        await task

    asyncio.run(end())
    assert loops == [True]


def test_login_after_logout_asks_for_the_password_again(signed_in, config, browser):
    """Cognito's browser session outlives a sign-out by up to an hour, so the next sign-in asks for a new one."""
    cn.logout()
    cn.login(config=config, open_url=browser.open, timeout=20)
    first, second = (parse_qs(urlsplit(url).query) for url in browser.authorization_urls)
    assert "prompt" not in first
    assert second["prompt"] == ["login"]


@pytest.mark.refused("SE-17")
def test_kernel_without_the_extension_is_told_before_a_browser_opens(config, monkeypatch):
    """No capability in the environment: the error names what to install."""
    monkeypatch.delenv(wire.ENV_SERVER_URL)
    take_server_access.cache_clear()
    with pytest.raises(ConfigurationError, match="server extension list") as caught:
        cn.login(config=config, receiver="jupyter", open_url=pytest.fail)
    assert caught.value.setting == "receiver"


@pytest.mark.refused("SE-17")
def test_restarted_server_is_told(config, monkeypatch):
    """A capability that the server does not know: restart the kernel."""
    monkeypatch.setenv(wire.ENV_SERVER_TOKEN, "of-a-server-that-is-gone")
    take_server_access.cache_clear()
    with pytest.raises(ConfigurationError, match="restart the kernel"):
        cn.login(config=config, open_url=pytest.fail)


@pytest.mark.refused("SE-17")
def test_other_wire_version_is_told(config, monkeypatch):
    """Server and kernel of different versions: the error says to install the same one."""
    monkeypatch.setattr(wire, "WIRE_VERSION", 99)
    with pytest.raises(ConfigurationError, match="same version"):
        cn.login(config=config, open_url=pytest.fail)


def test_unreachable_user_pool_is_told(pool, config):
    """The pool's host does not answer: the error names it, before a browser opens."""
    pool.stop()
    with pytest.raises(NetworkError, match="127.0.0.1"):
        cn.login(config=config, open_url=pytest.fail)


def test_unknown_user_pool_is_told(pool):
    """A pool id that the host does not know."""
    with pytest.raises(ConfigurationError, match="no user pool") as caught:
        cn.login(config=config_of(pool, issuer=f"{pool.domain}/local_Nobody"), open_url=pytest.fail)
    assert caught.value.setting == "user_pool_id"


@pytest.mark.parametrize("timeout", [0, -1, 4000, float("nan")])
def test_timeout_out_of_range_is_refused(config, timeout):
    """The server keeps no sign-in longer than an hour."""
    with pytest.raises(ConfigurationError, match="timeout"):
        cn.login(config=config, open_url=pytest.fail, timeout=timeout)


def test_unknown_receiver_is_refused(config):
    """The error lists the receivers that there are."""
    with pytest.raises(ConfigurationError, match="auto, jupyter"):
        cn.login(config=config, open_url=pytest.fail, receiver="pigeon")


def test_login_without_a_person_raises_at_once(login, config, pool):
    """A script without a terminal does not wait for a browser that nobody sees."""
    pool.requests.clear()
    with pytest.raises(InteractionRequiredError, match="open_url"):
        login(config=config)
    assert not pool.requests


def test_login_without_a_person_names_the_ways_that_need_none(config):
    """A refresh token, or an app client of its own."""
    with pytest.raises(InteractionRequiredError) as caught:
        cn.login(config=config)
    assert ("COGNITO_NB_REFRESH_TOKEN" in caught.value.hint, "client_credentials" in caught.value.hint) == (True, True)


def wait_for(condition):
    """Wait for what another thread does."""
    for _ in range(500):
        if condition():
            return
        threading.Event().wait(0.01)
    pytest.fail("timed out")


def in_thread(function, browser):
    """Run a visit beside the waiting login."""

    def start(url):
        thread = threading.Thread(target=function, args=(url,))
        browser._threads.append(thread)
        thread.start()

    return start


def test_who_sees_that_they_are_signed_in_may_use_the_session_already(config, browser):
    """The next cell may be run as soon as the card is there: by then the variable is bound, and the session is kept."""
    order = []
    view = SimpleNamespace(
        require_person=lambda: None,
        waiting=lambda sign_in, **_: browser.open(sign_in.receiver.start_url),
        signed_in=lambda session: order.append(("shown", session, cn.current_session())),
        failed=order.append,
    )
    flow.begin(SignIn(config, timeout=20, receiver="auto"), view, then=lambda session: order.append(("bound", session)))
    wait_for(lambda: len(order) > 1)
    session = cn.current_session()
    assert order == [("bound", session), ("shown", session, session)]
