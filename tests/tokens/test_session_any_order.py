"""LF-17: sessions in any order of sign-ins, refreshes that fail in any way, sign-outs, restarts and jumps of the clock.

``COGNITO_NB_FUZZ=50`` runs fifty times as many examples.
"""

import asyncio
import concurrent.futures
import logging
import os
import threading
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tokens.fakes import new_tokens, nothing

from cognito_nb import registry
from cognito_nb.config import CognitoConfig
from cognito_nb.errors import (
    CognitoError,
    NetworkError,
    NotSignedInError,
    ProtocolError,
    SessionExpiredError,
    TokenResponseError,
    TokenVerificationError,
)
from cognito_nb.secret import Secret
from cognito_nb.session import Session
from cognito_nb.tokens.background import Background
from cognito_nb.tokens.memory import Memory

CONFIG = CognitoConfig(client_id="client", issuer="https://idp.example/pool")
LIFE = 300.0
FAILURES = {
    "network": lambda: NetworkError("HTTP status 503"),
    "asks for time": lambda: NetworkError("HTTP status 429", status_code=429, retry_after=7.0),
    "asks for an hour": lambda: NetworkError("HTTP status 429", status_code=429, retry_after=3600.0),
    "captive portal": lambda: ProtocolError("HTML"),
    "client": lambda: TokenResponseError("invalid_client", error="invalid_client"),
    "clock": lambda: TokenVerificationError("ID token refused: iat", claim="iat"),
    "dead": lambda: SessionExpiredError("invalid_grant", error="invalid_grant"),
    "another user": lambda: TokenVerificationError("ID token refused: sub", claim="sub"),
}
FATAL = {"dead", "another user"}


class Clock:
    """Wall and monotonic time, moved by the test and by the engine's pauses."""

    def __init__(self):
        self.wall = self.monotonic = 0.0

    def read(self):
        return time.time() + self.wall, time.monotonic() + self.monotonic

    def issue(self, subject, refresh_token):
        wall, monotonic = self.read()
        tokens = new_tokens(life=LIFE, refresh_token=refresh_token, subject=subject)
        return replace(tokens, expires_at=wall + LIFE, deadline=monotonic + LIFE)

    async def pause(self, seconds):
        self.wall += seconds
        self.monotonic += seconds


class Pool:
    """The user pool of one session: knows which refresh token is good, and answers as it is told."""

    def __init__(self, clock, subject):
        self.clock, self.subject = clock, subject
        self.good, self.generation = f"refresh-token-{id(self):x}-0", 0
        self.plan, self.is_over, self.under_way, self.revoked = [], False, 0, []
        self.gate = threading.Event()
        self.gate.set()
        background = Background(nothing)
        self.transport = SimpleNamespace(background=background, close=background.stop)

    async def refresh(self, tokens, *, keep):
        assert not self.is_over, "a dead refresh token is sent again"
        assert tokens.refresh_token.reveal() == self.good, "an old refresh token is sent"
        self.under_way += 1
        assert self.under_way == 1, "two refreshes at once"
        try:
            while not self.gate.is_set():  # noqa: ASYNC110 - it is set by another thread
                await asyncio.sleep(0.0005)
            outcome, rotates = self.plan.pop(0) if self.plan else ("ok", False)
            failure = FAILURES[outcome]() if outcome != "ok" else None
            if outcome in FATAL:
                self.is_over = True
                raise failure
            if rotates:
                self.generation += 1
                self.good = f"refresh-token-{id(self):x}-{self.generation}"
                await keep(Secret(self.good))
            if failure is not None:
                raise failure
            return self.clock.issue(self.subject, self.good)
        finally:
            self.under_way -= 1

    async def revoke(self, refresh_token):
        """Take so long that an answer which was held back comes in the meantime."""
        self.revoked.append(refresh_token.reveal())
        self.gate.set()
        for _ in range(20):
            await asyncio.sleep(0.0005 if self.under_way else 0)

    revoke_quietly = revoke


class AnyOrder(RuleBasedStateMachine):
    """Whatever happens: no tokens after a sign-out, one refresh at a time, no user's tokens for another, no hang."""

    def __init__(self):
        super().__init__()
        self.clock, self.said = Clock(), []
        self.sessions, self.signed_out = [], set()
        self.waiting = []
        self.threads = concurrent.futures.ThreadPoolExecutor(8)
        self.log = logging.Handler()
        self.log.emit = lambda record: self.said.append(record.getMessage())
        logging.getLogger("cognito_nb").addHandler(self.log)
        registry._current.clear()
        registry._ended.clear()

    @property
    def session(self):
        return self.sessions[-1]

    @property
    def pool(self):
        return self.session._user_pool

    @rule(subject=st.sampled_from(["ada", "grace"]))
    def sign_in(self, subject):
        """Sign in, whoever was signed in before."""
        self.release()
        pool = Pool(self.clock, subject)
        session = Session(CONFIG, pool, self.clock.issue(subject, pool.good), Memory(None, CONFIG), source="a test")
        session.token_source.clock = lambda: self.clock.read()[0]
        session.token_source.monotonic = lambda: self.clock.read()[1]
        session._engine._sleep = self.clock.pause
        registry.keep_session(session, "default")
        self.sessions.append(session)

    @precondition(lambda self: self.sessions)
    @rule(outcomes=st.lists(st.tuples(st.sampled_from(["ok", *FAILURES]), st.booleans()), max_size=3))
    def plan(self, outcomes):
        """Say what the next answers of the token endpoint will be."""
        self.pool.plan = outcomes

    @precondition(lambda self: self.sessions)
    @rule(wall=st.sampled_from([0, 60, 250, 295, 7200, -7200]), monotonic=st.sampled_from([0, 60, 250, 295, 7200]))
    def jump(self, wall, monotonic):
        """Let time pass, or a clock be set."""
        self.clock.wall += wall
        self.clock.monotonic += monotonic

    @precondition(lambda self: self.sessions and not self.waiting)
    @rule(index=st.integers(0, 5), is_async=st.booleans())
    def call(self, index, is_async):
        """Ask for tokens with the engine of any session that there was: an old client."""
        session = self.sessions[index % len(self.sessions)]
        engine = session._engine
        get = (lambda: asyncio.run(engine.acurrent())) if is_async else engine.current
        tokens = self.outcome(self.threads.submit(get))
        if tokens is not None:
            alive = next(each for each in self.sessions if each.token_source._tokens is tokens or each is self.session)
            assert tokens.access.subject == session.reach.subject
            assert alive.token_source.seconds_left(tokens) > 0
        self.settle()

    @precondition(lambda self: self.sessions and self.session.is_alive)
    @rule(number=st.integers(1, 3))
    def ask_at_once(self, number):
        """Hold the token endpoint's answer back while several callers want new tokens."""
        self.pool.gate.clear()
        tokens = self.session.token_source.tokens
        self.waiting += [self.threads.submit(self.session._engine.renew, tokens) for _ in range(number)]

    @precondition(lambda self: self.waiting)
    @rule()
    def release(self):
        """Let the answer that was held back come, and hear what became of all who waited."""
        if self.sessions:
            self.pool.gate.set()
        self.hear()
        self.settle()

    @precondition(lambda self: self.sessions)
    @rule()
    def sign_out(self):
        """Sign out, also while a refresh is under way: its answer is dropped."""
        was_alive = self.session.is_alive
        ended = self.session.sign_out()
        assert (ended is not None) == was_alive
        self.signed_out.add(self.session)
        assert self.hear() <= {None}

    @precondition(lambda self: self.sessions)
    @rule()
    def restart(self):
        """Start the kernel anew: all is gone, and nobody is told."""
        for session in self.sessions:
            session.close()
            self.signed_out.add(session)
        assert self.hear() <= {None}
        self.sessions = []
        registry._current.clear()
        registry._ended.clear()

    @invariant()
    def dead_is_dead(self):
        """Who signed out, or was refused for good, has no tokens; who has some has those of the right user."""
        for session in self.sessions:
            over = session in self.signed_out or session is not self.session or session._user_pool.is_over
            if over and not self.waiting:
                assert (session.is_alive, session.token_source.fresh()) == (False, None)

    @invariant()
    def nothing_is_said(self):
        """Neither log, nor error, nor repr holds a token."""
        text = "\n".join([*self.said, *map(repr, self.sessions)])
        assert not [name for name in ("refresh-token-", "access-token-", "id-token-") if name in text]

    def hear(self):
        """Return what those who waited have got."""
        waiting, self.waiting = self.waiting, []
        return {None if (tokens := self.outcome(future)) is None else tokens.access.subject for future in waiting}

    def outcome(self, future):
        """Return what a call gave; None after an error of ours, whose words are kept."""
        try:
            return future.result(5)
        except CognitoError as error:
            self.said.append(f"{error}{error!r}{vars(error)}")
            return None

    def settle(self):
        deadline = time.monotonic() + 5
        for engine in [session._engine for session in self.sessions if session.is_alive]:
            while engine._ahead or engine._flight is not None:
                assert time.monotonic() < deadline, "a refresh that does not end"
                time.sleep(0.0005)

    def teardown(self):
        self.restart()
        self.threads.shutdown()
        logging.getLogger("cognito_nb").removeHandler(self.log)


AnyOrder.TestCase.settings = settings(
    max_examples=100 * int(os.environ.get("COGNITO_NB_FUZZ", "1")), stateful_step_count=40, deadline=None
)
TestAnyOrder = pytest.mark.holds("LF-17")(AnyOrder.TestCase)


def test_a_held_answer_after_sign_out_reaches_nobody():
    """The machine can hold and release: what waits is told, and the session stays over."""
    machine = AnyOrder()
    machine.sign_in("ada")
    machine.ask_at_once(3)
    machine.sign_out()
    assert not machine.session.is_alive
    with pytest.raises(NotSignedInError):
        machine.session._engine.current()
    machine.teardown()
