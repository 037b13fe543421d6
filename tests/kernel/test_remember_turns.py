"""`remember = "server"`: whose turn it is to sign in, among notebooks of a real Jupyter server."""

import asyncio
import threading
import time

import pytest
from lab import wait_for

import cognito_nb as cn
from cognito_nb import flow
from cognito_nb.errors import SignInTimeoutError
from cognito_nb.sign_in import SignIn
from cognito_nb.tokens import server_store

from .conftest import config_of
from .notebooks import call, expire, no_browser


@pytest.fixture
def config(pool):
    return config_of(pool, remember="server")


def test_forced_sign_in_does_not_hold_up_others(first, config, pool):
    """While a person is waited for, other notebooks renew the session that they live on."""
    pending = SignIn(config, timeout=20, receiver="auto", force=True)
    pending.background.run(pending.resumption.resume(wait=False))
    expire(first)
    assert call(first) == "ada"
    pending.background.run(pending.withdraw())
    pending.close()


class Silent:
    """A view that shows nothing."""

    def __getattr__(self, name):
        return lambda *_, **__: None


def test_button_that_nobody_clicks_does_not_hold_up_others(config, browser):
    """It may be looked at for an hour: another notebook signs in meanwhile."""
    future = flow.begin(SignIn(config, timeout=20, receiver="auto"), Silent())
    assert call(cn.login(config=config, open_url=browser.open, timeout=20)) == "ada"
    future.cancel()


def begin(config, **options):
    """Log in on a thread; returns what the result, or the error, is put into, and what waits for it."""
    ended = []

    def run():
        try:
            ended.append(cn.login(config=config, **options))
        except cn.errors.CognitoError as error:
            ended.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return ended, thread.join


def test_login_waits_for_another_notebooks_sign_in(config, browser):
    """One browser tab for both: the second login gets what the first one brings."""
    opened = []
    first, join_first = begin(config, open_url=opened.append, timeout=20)
    wait_for(lambda: opened, "the first login", 5)
    second, join_second = begin(config, open_url=no_browser, timeout=20)
    browser.open(opened[0])
    join_first(10)
    join_second(10)
    assert call(second[0]) == "ada"
    assert second[0] is not first[0]


def test_failed_sign_in_passes_the_turn_on(config, browser):
    """Whoever waited may try: at once, not after a lease has run out."""
    opened = []
    first, join_first = begin(config, open_url=opened.append, timeout=0.5)
    wait_for(lambda: opened, "the first login", 5)
    started = time.monotonic()
    session = cn.login(config=config, open_url=browser.open, timeout=20)
    join_first(10)
    assert isinstance(first[0], SignInTimeoutError)
    assert call(session) == "ada"
    assert time.monotonic() - started < server_store._LEASE


def test_wait_for_another_sign_in_ends_with_the_users_time(config):
    """The error says what was waited for."""
    opened = []
    _, join_first = begin(config, open_url=opened.append, timeout=2)
    wait_for(lambda: opened, "the first login", 5)
    with pytest.raises(SignInTimeoutError, match="Another notebook has been signing in"):
        cn.login(config=config, open_url=no_browser, timeout=0.2)
    join_first(10)


def test_cancelled_alogin_leaves_no_turn_behind(config, browser):
    """A task that is given up while it waits for others is out of the way."""
    opened = []
    _, join_first = begin(config, open_url=opened.append, timeout=1)
    wait_for(lambda: opened, "the first login", 5)

    async def give_up():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await cn.alogin(config=config, open_url=no_browser, timeout=20)

    asyncio.run(give_up())
    join_first(10)
    assert call(cn.login(config=config, open_url=browser.open, timeout=20)) == "ada"
