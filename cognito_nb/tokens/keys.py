"""The JWKS cache of one user pool, by the policy of `protocol.jwks`."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from ..errors import CognitoError
from ..protocol.jwks import KeySet, fetch_is_due, jwks_request, process_jwks_response

if TYPE_CHECKING:
    from collections.abc import Callable

    from .transport import Transport

__all__ = ["KeyCache"]

_MAX_PENALTIES = 100


class KeyCache:
    """The keys of one user pool; its coroutines run on the transport's loop."""

    def __init__(self, transport: Transport, jwks_uri: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._transport = transport
        self._jwks_uri = jwks_uri
        self._clock = clock
        self._lock = asyncio.Lock()
        self._key_set: KeySet | None = None
        self._penalties: dict[str | None, float] = {}

    async def prefetch(self) -> None:
        """Fetch the keys if there are none yet."""
        async with self._lock:
            if self._key_set is None:
                await self._fetch()

    async def key_set(self, *kids: str | None) -> KeySet:
        """Return the keys, fetched again if one of the ``kid`` values makes it due; one fetch serves all callers.

        Raises
        ------
        NetworkError, ProtocolError
            If they cannot be fetched and the ones at hand do not hold all of `kids`.
        """
        if self._key_set is not None and not any(map(self._is_due, kids)):
            return self._key_set  # without waiting for a fetch that somebody else's kid has caused
        async with self._lock:
            for kid in kids:
                if self._is_due(kid):
                    await self._fetch_for(kid)
            return self._key_set or await self._fetch()

    def _is_due(self, kid: str | None) -> bool:
        return fetch_is_due(self._key_set, kid, self._penalties, now=self._clock())

    async def _fetch_for(self, kid: str | None) -> None:
        had = self._key_set is not None and self._key_set.find(kid) is not None
        try:
            fetched = await self._fetch()
        except CognitoError:
            if not had:  # good keys outlive a failing fetch
                raise
            return
        if fetched.find(kid) is None:
            if len(self._penalties) >= _MAX_PENALTIES:
                self._penalties.pop(next(iter(self._penalties)))
            self._penalties[kid] = self._clock()

    async def _fetch(self) -> KeySet:
        response = await self._transport.send(jwks_request(self._jwks_uri))
        self._key_set = process_jwks_response(response, now=self._clock())
        return self._key_set
