"""The refresh engine: renews the tokens when due, once for all callers.

Every refresh runs on the session's own loop, where there is at most one at a time: threads, asyncio tasks of
several loops and their mixture all wait for the same one. A transient failure never ends the session; a refused
refresh token, or an answer for somebody else, does.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ..errors import (
    NetworkError,
    NotSignedInError,
    ProtocolError,
    SessionExpiredError,
    TokenResponseError,
    TokenVerificationError,
)
from .user_pool import PASSING_CLAIMS

if TYPE_CHECKING:
    from .source import Tokens, TokenSource
    from .user_pool import UserPool

__all__ = ["RefreshEngine"]

_EARLY = 60.0  # seconds before the end at which a token is renewed …
_EARLY_SHARE = 0.1  # … but not before the last tenth of a short life
_PATIENCE = 30.0  # seconds for which a 401 against tokens that a 401 has just renewed is the API's last word


class RefreshEngine:
    """Renews the tokens of one `TokenSource`."""

    def __init__(self, source: TokenSource, user_pool: UserPool) -> None:
        self._source = source
        self._user_pool = user_pool
        self._background = user_pool.transport.background
        self._flight: asyncio.Task[Tokens] | None = None
        self._refused: tuple[Tokens | None, float] = (None, 0.0)  # what a 401 has renewed last, and when

    def current(self) -> Tokens:
        """Return tokens that are good for a call, renewed first if due.

        Raises
        ------
        NotSignedInError, SessionExpiredError, TokenVerificationError, TokenResponseError, ProtocolError, NetworkError
            If there are none to be had.
        """
        tokens = self._source.tokens
        return tokens if self._is_good(tokens) else self._background.run(self._renewed(tokens))

    async def acurrent(self) -> Tokens:
        """Return the same without blocking the caller's event loop."""
        tokens = self._source.tokens
        return tokens if self._is_good(tokens) else await self._background.arun(self._renewed(tokens))

    def renew(self, stale: Tokens) -> Tokens:
        """Replace tokens that the user wants renewed; if somebody did so already, return theirs."""
        return self._background.run(self._join(stale))

    async def arenew(self, stale: Tokens) -> Tokens:
        """Do the same without blocking the caller's event loop."""
        return await self._background.arun(self._join(stale))

    def may_renew(self, tokens: Tokens) -> bool:
        """Tell whether renewing tokens that an API refused can help; for ever refused, one refresh has to do."""
        last, at = self._refused
        return tokens.refresh_token is not None and (tokens is not last or self._source.monotonic() - at > _PATIENCE)

    def renew_refused(self, stale: Tokens) -> Tokens:
        """Replace tokens that an API has refused with a 401 (`may_renew`)."""
        return self._background.run(self._replace_refused(stale))

    async def arenew_refused(self, stale: Tokens) -> Tokens:
        """Do the same without blocking the caller's event loop."""
        return await self._background.arun(self._replace_refused(stale))

    async def _replace_refused(self, stale: Tokens) -> Tokens:
        renewed = await self._join(stale)
        if self._refused[0] is not renewed:
            self._refused = (renewed, self._source.monotonic())
        return renewed

    def _is_good(self, tokens: Tokens) -> bool:
        life = tokens.access.expires_at - int(tokens.access.claims["iat"])
        return self._source.seconds_left(tokens) > min(_EARLY, _EARLY_SHARE * life)

    async def _renewed(self, tokens: Tokens) -> Tokens:
        """Renew tokens that are due; while they are not dead yet, a failure to renew them goes unseen."""
        if tokens.refresh_token is None and self._source.seconds_left(tokens) > 0:
            return tokens
        try:
            return await self._join(tokens)
        except SessionExpiredError:
            raise
        except TokenVerificationError as error:
            if error.claim not in PASSING_CLAIMS or self._source.seconds_left(tokens) <= 0:
                raise
        except (NetworkError, ProtocolError, TokenResponseError):
            if self._source.seconds_left(tokens) <= 0:
                raise
        return self._source.tokens  # not `tokens`: the user may have signed out meanwhile

    async def _join(self, stale: Tokens) -> Tokens:
        """Join the refresh that is under way, or start one; a caller that gives up does not end it for others."""
        if self._flight is None:
            current = self._source.tokens
            if current is not stale:
                return current
            self._flight = asyncio.get_running_loop().create_task(self._refresh(current))
            self._flight.add_done_callback(self._landed)
        return await asyncio.shield(self._flight)

    def _landed(self, flight: asyncio.Task[Tokens]) -> None:
        self._flight = None
        if not flight.cancelled():
            flight.exception()  # every waiter may have given up

    async def _refresh(self, tokens: Tokens) -> Tokens:
        try:
            renewed = await self._user_pool.refresh(tokens)
        except (SessionExpiredError, TokenVerificationError) as error:
            passes = getattr(error, "claim", None) in PASSING_CLAIMS
            if not passes and (tokens.refresh_token is not None or self._source.seconds_left(tokens) <= 0):
                self._source.wipe("The session has ended.", only=tokens)
            raise
        if not self._source.replace(tokens, renewed):
            raise NotSignedInError("You signed out while the session was being renewed.", hint="Run %cognito_login.")
        return renewed
