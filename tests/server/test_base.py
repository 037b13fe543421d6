"""Waiting without a clock, faults of our own, and a full server; the rest is shown by the routes."""

import asyncio
import logging
from types import SimpleNamespace

import pytest
from tornado.web import HTTPError

from cognito_nb.server.base import Handler, Waiters
from cognito_nb.server.handlers import CreateHandler
from cognito_nb.server.kept_sessions import TooManyError
from cognito_nb.server.session_handlers import LeaseHandler
from cognito_nb.sign_ins import FullError, RefusedError


def woken_by(waiters, *steps):
    """Let two wait for "a" and one for "b", and take the steps; returns who goes on."""

    async def main():
        tasks = {name: asyncio.ensure_future(waiters.wait(name[0], 60)) for name in ("a", "a again", "b")}
        await asyncio.sleep(0)
        for step in steps:
            step()
        for _ in range(10):  # turns of the loop
            await asyncio.sleep(0)
        woken = [name for name, task in tasks.items() if task.done()]
        for task in tasks.values():
            task.cancel()
        await asyncio.wait(tasks.values())
        return woken

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("step", "woken"),
    [
        (lambda waiters: waiters.wake("a"), ["a", "a again"]),
        (lambda waiters: waiters.wake("c"), []),
        (lambda waiters: waiters.wake_all(), ["a", "a again", "b"]),
    ],
    ids=["one", "nobody's", "all"],
)
def test_wake_reaches_who_waits_for_it(step, woken):
    """All who wait for what has changed, and nobody else; at the end of the server, everybody."""
    waiters = Waiters()
    assert woken_by(waiters, lambda: step(waiters)) == woken


def test_wait_ends_with_its_time():
    """Nobody comes: it returns after the seconds that it was ready to wait, and is forgotten."""
    waiters = Waiters()
    asyncio.run(waiters.wait("a", 0.001))
    assert waiters._futures == {}


def test_wake_twice_is_once():
    """Whoever was woken is not woken again before it has gone on."""
    waiters = Waiters()
    assert woken_by(waiters, lambda: waiters.wake("a"), lambda: waiters.wake("a")) == ["a", "a again"]


@pytest.mark.holds("SE-11")
@pytest.mark.parametrize(
    ("error", "logged"),
    [
        (KeyError("CANARY-code"), ["cognito_nb: SimpleNamespace failed with KeyError"]),
        (HTTPError(400, "CANARY-code"), []),
        (RefusedError("unknown"), []),
    ],
    ids=lambda value: type(value).__name__,
)
def test_fault_of_our_own_is_logged_by_its_type(caplog, error, logged):
    """Neither the request's address nor the exception's text is told; what was refused is no fault."""
    handler = SimpleNamespace(log=logging.getLogger("test"), request=SimpleNamespace(uri="/?code=CANARY-code"))
    Handler.log_exception(handler, type(error), error, None)
    assert caplog.messages == logged


def full(error):
    def refuse(*_, **__):
        raise error

    return refuse


@pytest.mark.refused("LF-09")
def test_full_server_answers_too_many_requests():
    """429: for one sign-in too many, and for one remembered session too many."""
    sign_in = SimpleNamespace(
        sign_ins=SimpleNamespace(create=full(FullError)), read=lambda *_: None, body_of_this_version=dict
    )
    session = SimpleNamespace(kept_sessions=SimpleNamespace(lease=full(TooManyError)))
    for ask in (lambda: CreateHandler.post(sign_in), lambda: LeaseHandler.lease(session, None)):
        with pytest.raises(HTTPError) as caught:
            ask()
        assert caught.value.status_code == 429
