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

from ..errors import CognitoError, NetworkError
from .store import Kept

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from ..config import CognitoConfig
    from ..secret import Secret
    from .source import Tokens
    from .store import Store, Turn

__all__ = ["Memory", "SessionTurn"]

_PAUSE = 5.0  # seconds before a store that gave no answer is asked again

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
        self.is_real = turn is not None and (turn.kept is not None or memory.was_kept)

    async def keep(self, tokens: Tokens) -> None:
        """Remember these tokens."""
        if self._turn is not None:
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
            with _contained("turn not released"):
                await self._turn.release()

    async def _write(self, kept: Kept) -> None:
        self.kept = kept
        if self._turn is not None:
            with _contained("not remembered"):
                await self._turn.keep(kept)
                self._memory.was_kept = True


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
    """

    def __init__(self, store: Store | None, config: CognitoConfig) -> None:
        self.scopes = tuple(config.scopes)
        self.was_kept = False
        self._store = store
        self._config = config

    @property
    def has_store(self) -> bool:
        """Whether the session outlives its kernel."""
        return self._store is not None

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
        with contextlib.suppress(TimeoutError), _contained("going on without a turn"):
            async with asyncio.timeout(patience):
                turn = await self.take_turn(wait=True)
                if turn is not None:
                    return turn
        return SessionTurn(self, None)

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[SessionTurn]:
        """Hold the turn to refresh, if possible."""
        turn = await self.turn_if_possible()
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
            except NetworkError:
                await asyncio.sleep(_PAUSE)
                continue
            except CognitoError as error:  # the server was started anew: it knows nothing of us
                _log.debug("store not followed: %s", type(error).__name__)
                return
            await hear(kept)
            if kept is None:
                return

    async def aclose(self) -> None:
        """Close the store's connections."""
        if self._store is not None:
            await self._store.aclose()


@contextlib.contextmanager
def _contained(what: str) -> Iterator[None]:
    try:
        yield
    except CognitoError as error:
        _log.debug("%s: %s", what, type(error).__name__)
