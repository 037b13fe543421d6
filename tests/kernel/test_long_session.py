"""A working day: expiries with and without rotation, twenty callers at once, a 503. No library measured survives it."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

import cognito_nb as cn
from cognito_nb.errors import NotSignedInError, SessionExpiredError
from cognito_nb.local_pool import AppClient, Fault, Lifetimes, LocalUserPool
from cognito_nb.status import show_status
from cognito_nb.tokens import background
from cognito_nb.tokens import user_pool as user_pool_module
from cognito_nb.wire import ENV_SERVER_URL

from .conftest import Browser, config_of


class Day:
    """A signed-in user of a pool, and one clock for both sides that a test moves on."""

    def __init__(self, pool, monkeypatch):
        self.pool, self.passed = pool, 0.0
        browser = Browser(pool)
        self.session = cn.login(config=config_of(pool), open_url=browser.open, timeout=20)
        browser.close()
        pool.clock = clock = lambda: time.time() + self.passed
        monotonic = lambda: time.monotonic() + self.passed  # noqa: E731 - one of a pair
        self.session.token_source.clock, self.session.token_source.monotonic = clock, monotonic
        monkeypatch.setattr(user_pool_module, "time", SimpleNamespace(time=clock, monotonic=monotonic))
        pool.requests.clear()

    @property
    def refreshes(self):
        return sum(request.endpoint == "token" for request in self.pool.requests)

    def expire(self):
        self.passed += 3601

    def statuses(self, mode, count=20):
        """Call the API from `count` callers at once: threads, tasks of an event loop, or half and half."""
        halves = {"sync": (count, 0), "async": (0, count), "mixed": (count // 2, count - count // 2)}
        threads, tasks = halves[mode]
        barrier = threading.Barrier(threads + (1 if tasks else 0))

        def in_thread(client):
            barrier.wait(10)
            return client.get("/me").status_code

        async def in_tasks():
            barrier.wait(10)
            async with self.session.async_client(self.pool.api_url) as client:
                answers = await asyncio.gather(*(client.get("/me") for _ in range(tasks)))
            return [answer.status_code for answer in answers]

        with self.session.client(self.pool.api_url) as client, ThreadPoolExecutor(threads + 1) as executor:
            futures = [executor.submit(in_thread, client) for _ in range(threads)]
            loop = executor.submit(asyncio.run, in_tasks()) if tasks else None
            return [future.result(30) for future in futures] + (loop.result(30) if loop else [])


@pytest.fixture
def day(jupyter, monkeypatch):
    """Make days, each in a pool of its own kind; a session that has ended leaves its thread soon."""
    monkeypatch.setattr(background, "_CLEAN_UP", 0.3)
    pools = []

    def make(**client_options):
        callback = f"{jupyter.environment[ENV_SERVER_URL]}cognito/callback"
        pool = LocalUserPool(clients=[AppClient(callback_urls=[callback], **client_options)]).start()
        pools.append(pool)
        return Day(pool, monkeypatch)

    yield make
    for pool in pools:
        pool.stop()


@pytest.mark.parametrize("mode", ["sync", "async", "mixed"])
@pytest.mark.parametrize("rotation", [False, True], ids=["reusable", "rotating"])
def test_three_expiries_twenty_callers_and_a_503(day, rotation, mode):
    """Nobody sees an error, and each expiry costs one refresh, two where the first is answered with 503."""
    today = day(rotation=rotation)
    for expiry in range(3):
        today.expire()
        if expiry == 1:
            today.pool.fail("token", Fault(status=503))
        assert set(today.statuses(mode)) == {200}
    assert today.refreshes == 4


def test_eight_hours_with_a_call_every_minute(day):
    """A working day costs a refresh per fifty minutes, each ahead of time: no call ever waits for one."""
    today = day(rotation=True)
    engine = today.session._engine
    waited = []
    engine._renewed, renewed = lambda: waited.append(True) or renewed(), engine._renewed
    with today.session.client(today.pool.api_url) as client:
        for _ in range(8 * 60):
            today.passed += 60
            assert client.get("/me").status_code == 200
            _landed(engine)
    assert (waited, 8 <= today.refreshes <= 9) == ([], True)


def _landed(engine):
    deadline = time.monotonic() + 10
    while engine._ahead or engine._flight is not None:
        assert time.monotonic() < deadline
        threading.Event().wait(0.001)


@pytest.mark.holds("RF-15")
def test_a_night_in_the_lid(day):
    """The laptop slept for nine hours: the first call renews, and goes out."""
    today = day(rotation=True)
    today.passed += 9 * 3600
    with today.session.client(today.pool.api_url) as client:
        assert client.get("/me").status_code == 200
    assert today.refreshes == 1


@pytest.mark.accepted("RF-13")
def test_an_answer_that_is_lost_on_its_way(day):
    """The pool has rotated, the kernel never heard: within the grace period nobody notices."""
    today = day(rotation=True, rotation_grace=60)
    today.expire()
    today.pool.fail("token", Fault(cut="reset", after=True))
    assert today.statuses("sync", 3) == [200, 200, 200]


@pytest.mark.refused("RF-13")
def test_an_answer_that_is_lost_without_grace_ends_the_session_once(day):
    """One clear error; after that, one is told to sign in."""
    today = day(rotation=True)
    today.expire()
    today.pool.fail("token", Fault(cut="reset", after=True))
    with today.session.client(today.pool.api_url) as client:
        with pytest.raises(SessionExpiredError):
            client.get("/me")
        with pytest.raises(NotSignedInError):
            client.get("/me")


def test_keys_that_cannot_be_fetched_after_a_rotation_cost_no_session(day):
    """The new refresh token is kept before the answer is verified."""
    today = day(rotation=True)
    today.expire()
    today.pool.rotate_keys()
    today.pool.fail("jwks", Fault(status=503), times=3)
    assert today.statuses("sync", 3) == [200, 200, 200]


@pytest.mark.accepted("RF-03")
@pytest.mark.parametrize("rotation", [False, True], ids=["reusable", "rotating"])
def test_a_hundred_callers_at_expiry_are_one_refresh(day, rotation):
    """Fifty threads and fifty tasks find the token dead, and the token endpoint takes its time."""
    today = day(rotation=rotation)
    today.expire()
    today.pool.latency["token"] = 0.2
    assert today.statuses("mixed", 100) == [200] * 100
    assert today.refreshes == 1


@pytest.fixture
def over(day):
    """A day on which the refresh token has died, noticed by a client that is kept."""
    today = day(rotation=True)
    today.pool.sign_out_everywhere(today.session.claims["sub"])
    today.expire()
    with today.session.client(today.pool.api_url) as client:
        with pytest.raises(SessionExpiredError):
            client.get("/me")
        yield today, client


@pytest.mark.accepted("RF-17")
def test_a_client_goes_on_after_another_sign_in_of_its_user(over):
    """A long job catches the one error, signs in again and goes on with what it has."""
    today, client = over
    browser = Browser(today.pool)
    session = cn.login(config=config_of(today.pool), open_url=browser.open, timeout=20)
    browser.close()
    assert (client.get("/me").json()["username"], session is today.session) == ("ada", False)
    session.sign_out()
    with pytest.raises(NotSignedInError, match="You are signed out"):
        client.get("/me")


@pytest.mark.refused("RF-17")
@pytest.mark.parametrize(("username", "changes"), [("grace", {}), ("ada", {"api_origins": []})])
def test_a_client_does_not_go_on_with_other_power(over, username, changes):
    """Another user's tokens, or a narrower choice of where they may go, are not the old client's."""
    today, client = over
    browser = Browser(today.pool, username)
    cn.login(config=config_of(today.pool, **changes), open_url=browser.open, timeout=20)
    browser.close()
    with pytest.raises(NotSignedInError, match="The session has ended"):
        client.get("/me")


@pytest.mark.holds("RF-16")
def test_short_lives_cause_no_storm(jupyter, monkeypatch):
    """Tokens of five seconds, a call every half second: one refresh per token."""
    callback = f"{jupyter.environment[ENV_SERVER_URL]}cognito/callback"
    clients = [AppClient(callback_urls=[callback], rotation=True)]
    with LocalUserPool(clients=clients, lifetimes=Lifetimes(access_token=5, id_token=5)) as pool:
        today = Day(pool, monkeypatch)
        with today.session.client(pool.api_url) as client:
            for _ in range(60):
                today.passed += 0.5
                assert client.get("/me").status_code == 200
                _landed(today.session._engine)
        assert 6 <= today.refreshes <= 11


def test_status_says_why_a_session_ended_by_itself(day, capsys):
    """Not "Nobody is signed in", as if the user had signed out."""
    today = day(rotation=True)
    today.pool.sign_out_everywhere(today.session.claims["sub"])
    today.expire()
    with pytest.raises(SessionExpiredError):
        today.session.refresh()
    show_status()
    assert "The session has ended" in capsys.readouterr().out
