"""What a session does with its store: take turns, keep each renewal, follow what other kernels do.

Without a store (``remember = "kernel"``) all of it does nothing. Once a session is there, a store that gives no answer
does not end it: the session goes on from the kernel's own memory.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from ..errors import CognitoError, ConfigurationError
from .store import Kept

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from ..config import CognitoConfig
    from ..secret import Secret
    from .source import Tokens
    from .store import Store, Turn

__all__ = ["Memory", "SessionTurn"]

_PAUSE = 5.0  # seconds before a store that gave no answer is asked again
_PATIENCE = 12.0  # seconds for another kernel's refresh to end; what takes longer is a sign-in
_LOOK = 2.0  # seconds for a look at what is remembered, where there is no turn to be had

_log = logging.getLogger(__name__)


class SessionTurn:
    """The turn of one session, or a stand-in where there is no store to ask.

    Attributes
    ----------
    kept : Kept or None
        What was remembered when it began.
    is_real : bool
        Whether the store knows, or has known, the session: then nothing kept means that another kernel has signed out.
    """

    def __init__(self, memory: Memory, turn: Turn | None) -> None:
        self._memory = memory
        self._turn = turn
        self.kept = turn.kept if turn else None
        memory.was_kept |= self.kept is not None
        self.is_real = turn is not None and memory.was_kept

    async def keep(self, tokens: Tokens) -> None:
        """Remember these tokens."""
        if self._memory.has_store:
            await self._write(self._memory.kept_of(tokens))

    async def keep_rotated(self, refresh_token: Secret) -> None:
        """Remember a new refresh token at once: the old one may be dead by now."""
        if self.kept is not None:
            await self._write(replace(self.kept, refresh_token=refresh_token))

    async def end(self) -> None:
        """Remember who it was, and no token: the session is over, but nobody else takes its place unnoticed."""
        if self.kept is not None:
            await self._write(self.kept.identity())

    async def release(self) -> None:
        """Let the next kernel have its turn."""
        if self._turn is not None:
            with contextlib.suppress(CognitoError):
                await self._turn.release()

    async def _write(self, kept: Kept) -> None:
        before, self.kept = self.kept, kept
        if self._turn is None:
            if before is None or before.renewable() != kept.renewable():
                self._memory.failure = self._memory.failure or "Another notebook is signing in."
            return
        with self._memory.contained("not remembered"):
            await self._turn.keep(kept)
            self._memory.was_kept, self._memory.failure = True, None


class Memory:
    """The store of one session, if it has one; used on the session's own loop.

    Parameters
    ----------
    store : Store or None
        Where the session is remembered.
    config : CognitoConfig
        Its settings.

    Attributes
    ----------
    scopes : tuple of str
        What its sign-in asked for.
    was_kept : bool
        Whether the store has taken it once.
    failure : str or None
        Why the store does not have it as it is now; None if it has, or was not asked yet.
    """

    def __init__(self, store: Store | None, config: CognitoConfig) -> None:
        self.scopes = tuple(config.scopes)
        self.was_kept = False
        self.failure: str | None = None
        self._store = store
        self._config = config

    @property
    def has_store(self) -> bool:
        """Whether the session outlives its kernel."""
        return self._store is not None

    @property
    def store_name(self) -> str:
        """What the store is called; empty where there is none."""
        return self._store.name if self._store is not None else ""

    @property
    def where(self) -> str | None:
        """Where the setting `remember` has the session remembered, beyond its kernel; None if nowhere."""
        return self._store.name if self._store is not None and self._config.injected is None else None

    def kept_of(self, tokens: Tokens) -> Kept:
        """Return what there is to remember of tokens."""
        return Kept.of(tokens, self._config, self.scopes)

    async def take_turn(self, *, wait: bool) -> SessionTurn | None:
        """Return the turn to sign in; None if another kernel has it and `wait` is false.

        Raises
        ------
        ConfigurationError, NetworkError
            If the store cannot be used: the user asked for it, so a sign-in does not start without it.
        """
        if self._store is None:
            return SessionTurn(self, None)
        turn = await self._store.take_turn(wait=wait)
        return SessionTurn(self, turn) if turn else None

    async def turn_if_possible(self, *, patience: float | None = None) -> SessionTurn:
        """Return the turn; a store that gives no answer, or not within `patience` (seconds), is left out."""
        with contextlib.suppress(TimeoutError):
            return await self._turn_within(patience)
        return SessionTurn(self, None)

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[SessionTurn]:
        """Hold the turn to refresh, if possible; not while a person signs in elsewhere, for as long as they like."""
        try:
            turn = await self._turn_within(_PATIENCE)
        except TimeoutError:
            turn = await self._look()
        try:
            yield turn
        finally:
            await turn.release()

    async def forget(self) -> Kept | None:
        """Remember nothing any more, and return what it was.

        Raises
        ------
        ConfigurationError, NetworkError
            If it must be taken as still remembered.
        """
        return await self._store.forget() if self._store else None

    async def follow(self, hear: Callable[[Kept | None], Awaitable[None]]) -> None:
        """Tell what other kernels do with the session, until it is forgotten or the store is gone."""
        if self._store is None or not self._store.tells_changes:
            return
        while True:
            try:
                kept = await self._store.changed()
            except ConfigurationError as error:  # the server was started anew: it knows nothing of us
                self.failure = error.message
                return
            except CognitoError as error:
                _log.debug("store not followed just now: %s", type(error).__name__)
                await asyncio.sleep(_PAUSE)
                continue
            await hear(kept)
            if kept is None:
                return

    async def aclose(self) -> None:
        """Close the store's connections."""
        if self._store is not None:
            await self._store.aclose()

    @contextlib.contextmanager
    def contained(self, what: str) -> Iterator[None]:
        """Go on in spite of a store that fails, and note why."""
        try:
            yield
        except CognitoError as error:
            self.failure = error.message
            _log.debug("%s: %s", what, type(error).__name__)

    async def _turn_within(self, patience: float | None) -> SessionTurn:
        with self.contained("going on without a turn"):
            async with asyncio.timeout(patience):
                turn = await self.take_turn(wait=True)
                if turn is not None:
                    return turn
        return SessionTurn(self, None)

    async def _look(self) -> SessionTurn:
        """Return a stand-in that knows what is remembered: a sign-out elsewhere counts without a turn too."""
        turn = SessionTurn(self, None)
        if self._store is not None:
            with contextlib.suppress(TimeoutError), self.contained("not read"):
                async with asyncio.timeout(_LOOK):
                    turn.kept = await self._store.read()
                    turn.is_real = turn.kept is not None or self.was_kept
        return turn
