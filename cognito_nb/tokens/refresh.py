"""The refresh engine: keeps tokens fresh, once for all callers.

A token is *fresh*, then *stale*, then *expired*. A call with a stale token uses it and a refresh starts in the
background; only an expired token makes a call wait. Every refresh runs on the session's own loop, where there is at
most one at a time: threads, asyncio tasks of several loops and their mixture all wait for the same one. A failure that
may pass is tried again and never ends the session; a refused refresh token, or an answer for somebody else, does.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import random
from typing import TYPE_CHECKING

from ..errors import (
    CognitoError,
    NetworkError,
    NotSignedInError,
    ProtocolError,
    SessionExpiredError,
    TokenVerificationError,
)
from .other_kernels import latest
from .verification import PASSING_CLAIMS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ..secret import Secret
    from .memory import Memory
    from .source import Tokens, TokenSource
    from .user_pool import UserPool

__all__ = ["RefreshEngine"]

_EXPIRED = 10.0  # seconds before its end at which a token is taken for expired: it must outlive its way to the API …
_EXPIRED_SHARE = 0.05  # … but not before the last twentieth of a short life
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 60.0  # seconds between two tries; doubled each time
_MOST_DOUBLINGS = 7
_LONGEST_ASKED = 300.0  # seconds of Retry-After that are respected: an hour without a session is no answer
_PATIENCE = 20.0  # seconds for which one refresh is tried again while callers may wait for it
_LAST_WORD = 30.0  # seconds for which a 401 against tokens that a 401 has just renewed is the API's last word

_log = logging.getLogger(__name__)


class RefreshEngine:
    """Renews the tokens of one `TokenSource`."""

    def __init__(self, source: TokenSource, user_pool: UserPool, memory: Memory) -> None:
        self.fresh = source.fresh  # on the path of every call, hence without a detour
        self._source = source
        self._user_pool = user_pool
        self._memory = memory
        self._background = user_pool.transport.background
        self._flight: asyncio.Task[Tokens] | None = None
        self._ahead = False  # a refresh that no caller waits for was started
        self._failures = 0  # refreshes in a row that failed
        self._not_before = 0.0  # monotonic seconds before which no background refresh starts
        self._closed: tuple[float, CognitoError | None] = (0.0, None)  # until when the endpoint asked to be left alone
        self._sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
        self._untold: CognitoError | None = None  # why a background refresh ended the session
        self._refused: tuple[Tokens | None, float] = (None, 0.0)  # what a 401 has renewed last, and when
        self._heir: RefreshEngine | None = None

    def hand_over(self, heir: RefreshEngine) -> None:
        """Let clients of a session that has ended go on with the tokens of a newer one, of the same user."""
        self._heir = heir
        self.fresh = lambda: heir.fresh()  # noqa: PLW0108 - looked up at each call: it may have an heir itself, one day

    def current(self) -> Tokens:
        """Return tokens that are good for a call; waits for a refresh only if they have expired.

        Raises
        ------
        NotSignedInError, SessionExpiredError, TokenVerificationError, TokenResponseError, ProtocolError, NetworkError
            If there are none to be had.
        """
        if self._heir is not None:
            return self._heir.current()
        tokens = self._source.fresh() or self._usable()
        return self._background.run(self._renewed()) if tokens is None else tokens

    async def acurrent(self) -> Tokens:
        """Return the same without blocking the caller's event loop."""
        if self._heir is not None:
            return await self._heir.acurrent()
        tokens = self._source.fresh() or self._usable()
        return await self._background.arun(self._renewed()) if tokens is None else tokens

    def renew(self, stale: Tokens) -> Tokens:
        """Replace tokens that the user wants renewed; if somebody did so already, return theirs."""
        return self._background.run(self._join(stale))

    async def arenew(self, stale: Tokens) -> Tokens:
        """Do the same without blocking the caller's event loop."""
        return await self._background.arun(self._join(stale))

    def may_renew(self, tokens: Tokens) -> bool:
        """Tell whether renewing tokens that an API refused can help; for ever refused, one refresh has to do."""
        if self._heir is not None:
            return self._heir.may_renew(tokens)
        last, at = self._refused
        return tokens.can_be_renewed and (tokens is not last or self._source.monotonic() - at > _LAST_WORD)

    def renew_refused(self, stale: Tokens) -> Tokens:
        """Replace tokens that an API has refused with a 401 (`may_renew`)."""
        if self._heir is not None:
            return self._heir.renew_refused(stale)
        return self._background.run(self._replace_refused(stale))

    async def arenew_refused(self, stale: Tokens) -> Tokens:
        """Do the same without blocking the caller's event loop."""
        if self._heir is not None:
            return await self._heir.arenew_refused(stale)
        return await self._background.arun(self._replace_refused(stale))

    async def _replace_refused(self, stale: Tokens) -> Tokens:
        renewed = await self._join(stale)
        if self._refused[0] is not renewed:
            self._refused = (renewed, self._source.monotonic())
        return renewed

    def _usable(self) -> Tokens | None:
        """Return tokens that have not expired, and see to it that they are renewed."""
        try:
            tokens = self._source.tokens
        except NotSignedInError:
            untold, self._untold = self._untold, None
            if untold is None:
                raise
            error = untold
        else:
            left = self._source.seconds_left(tokens)
            if left <= min(_EXPIRED, _EXPIRED_SHARE * tokens.life):
                return None
            if left <= tokens.early:  # they may be fresh by now
                self._renew_ahead(tokens)
            return tokens
        raise error

    def _renew_ahead(self, tokens: Tokens) -> None:
        """Start a refresh that nobody waits for, unless one is under way or the last one failed a moment ago."""
        if self._ahead or not tokens.can_be_renewed or self._source.monotonic() < self._not_before:
            return
        self._ahead = True  # two threads may both come here: they join the same flight
        try:
            self._background.submit(self._unattended(tokens))
        except NotSignedInError:  # closed meanwhile; the tokens were good when they were looked at
            self._ahead = False

    async def _unattended(self, tokens: Tokens) -> None:
        try:
            await self._join(tokens)
        except CognitoError as error:
            if not self._source.is_alive and not isinstance(error, NotSignedInError):
                self._untold = error.with_traceback(None)  # the next caller hears why
            _log.debug("refresh ahead of time: %s", type(error).__name__)
        finally:
            self._ahead = False

    async def _renewed(self) -> Tokens:
        """Renew expired tokens; in their last seconds they are better than an error, or than waiting for long."""
        usable = self._usable()
        if usable is not None:  # another caller was quicker
            return usable
        tokens = self._source.tokens
        left = self._source.seconds_left(tokens)
        if left > 0:
            if not tokens.can_be_renewed:
                return tokens
            try:
                async with asyncio.timeout(left / 2):
                    return await self._join(tokens)
            except TimeoutError:
                pass
            except CognitoError:
                if not self._source.is_alive:
                    raise
            tokens = self._source.tokens  # not what it was: the user may have signed out
            if self._source.seconds_left(tokens) > 0:
                return tokens
        return await self._join(tokens)

    async def _join(self, stale: Tokens) -> Tokens:
        """Join the refresh that is under way, or start one; a caller that gives up does not end it for others."""
        if self._flight is None:
            current = self._source.tokens
            if current.access is not stale.access:
                return current
            self._flight = asyncio.get_running_loop().create_task(self._refresh())
            self._flight.add_done_callback(self._landed)
        return await asyncio.shield(self._flight)

    def _landed(self, flight: asyncio.Task[Tokens]) -> None:
        self._flight = None
        if flight.cancelled():
            return
        if flight.exception() is None:  # every waiter may have given up, so this is looked at here
            self._failures, self._not_before, self._closed = 0, 0.0, (0.0, None)

    async def _refresh(self) -> Tokens:
        """Refresh, again and again while it may help and callers may be waiting."""
        give_up = self._source.monotonic() + _PATIENCE
        until, error = self._closed
        pause = until - self._source.monotonic()
        while True:
            if error is not None and pause > 0:
                if self._source.monotonic() + pause > give_up:
                    raise error
                await self._sleep(pause)
            try:
                return await self._try()
            except (NetworkError, ProtocolError) as failure:
                error, pause = failure.with_traceback(None), self._pause(failure)
            except CognitoError as failure:
                self._pause(failure)
                raise

    def _pause(self, error: CognitoError) -> float:
        """Return the seconds before the next try: capped, doubled and jittered, or what the endpoint asked for."""
        now, asked = self._source.monotonic(), error.retry_after if isinstance(error, NetworkError) else None
        pause = min(_FIRST_PAUSE * (1 << self._failures), _LONGEST_PAUSE) * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
        self._failures = min(self._failures + 1, _MOST_DOUBLINGS)
        if asked is not None:
            pause = max(pause, min(asked, _LONGEST_ASKED))
            self._closed = (now + pause, error)
        self._not_before = now + pause
        return pause

    async def _try(self) -> Tokens:
        """Send one refresh, unless another kernel has done so; a rotated refresh token is kept before all else."""
        stale = self._source.tokens  # before the turn: while it is waited for, another kernel may have renewed them
        async with self._memory.turn() as turn:
            tokens = await latest(self._source, self._user_pool, turn)
            if tokens.access is not stale.access:
                return tokens

            async def keep(rotated: Secret) -> None:
                nonlocal tokens
                tokens = self._replace(tokens, dataclasses.replace(tokens, refresh_token=rotated))
                await turn.keep_rotated(rotated)

            try:
                renewed = await self._user_pool.refresh(tokens, keep=keep)
            except (SessionExpiredError, TokenVerificationError) as error:
                passes = getattr(error, "claim", None) in PASSING_CLAIMS
                over = tokens.can_be_renewed or self._source.seconds_left(tokens) <= 0
                reason = f"The session has ended. {error.message}."
                if not passes and over and self._source.wipe(reason, only=tokens, by_itself=True) is not None:
                    await turn.end()
                    self._background.stop_later()
                raise
            self._replace(tokens, renewed)
            await turn.keep(renewed)
            return renewed

    def _replace(self, old: Tokens, new: Tokens) -> Tokens:
        if not self._source.replace(old, new):
            raise NotSignedInError("You signed out while the session was being renewed.", hint="Run %cognito_login.")
        return new
