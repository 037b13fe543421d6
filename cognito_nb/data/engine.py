"""What carries many requests at once: aiohttp where it can, httpx elsewhere. In and out go httpx's types.

httpx's own pool looks through all its connections for each request, so the more are under way the slower it gets; what
was measured stands in `tests/benchmarks/fetch.py`. aiohttp takes no part where the environment names a proxy: httpx
reads those settings as the rest of the package does.
"""

from __future__ import annotations

import asyncio
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol
from urllib.request import getproxies

import httpx

from ..tokens.transport import DIRECT, tls_context
from ..urls import is_loopback

if TYPE_CHECKING:
    from collections.abc import Awaitable

__all__ = ["KEEPALIVE", "Carrier", "Engine"]

KEEPALIVE = 60.0  # seconds that an idle connection is kept
_NO_AUTH = httpx.Auth()  # with None, a user name in the URL would take the token's place


class Carrier(Protocol):
    """Sends requests, on one event loop; follows no redirect, keeps no cookie."""

    def send(self, request: httpx.Request) -> Awaitable[httpx.Response]:
        """Send a request, whose body is at hand, and read the answer whole.

        Raises
        ------
        httpx.RequestError
            If no answer came, or one that cannot be decoded.
        """
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...


class Engine:
    """The carrier that picks one for each request.

    Parameters
    ----------
    timeout : float
        Seconds without a sign of life after which a request fails.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._has_aiohttp = find_spec("aiohttp") is not None
        self._has_proxy = bool({"http", "https", "all"} & getproxies().keys())
        self._fast: Carrier | None = None
        self._small_pools = _SmallPools(timeout)

    def send(self, request: httpx.Request) -> Awaitable[httpx.Response]:
        """Send a request; see `Carrier`."""
        if not self._has_aiohttp or (self._has_proxy and not is_loopback(request.url.host)):
            return self._small_pools.send(request)
        if self._fast is None:
            from .aiohttp_carrier import AiohttpCarrier  # noqa: PLC0415 - the extra `data` brings aiohttp

            self._fast = AiohttpCarrier(self._timeout)
        return self._fast.send(request)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._small_pools.aclose()
        if self._fast is not None:
            await self._fast.aclose()


class _SmallPools:
    """As many httpx clients of one connection each as there are requests under way."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._all: list[httpx.AsyncClient] = []
        self._idle: list[httpx.AsyncClient] = []

    async def send(self, request: httpx.Request) -> httpx.Response:
        client = self._idle.pop() if self._idle else self._new()
        try:
            return await client.send(request, auth=_NO_AUTH)
        finally:
            self._idle.append(client)

    async def aclose(self) -> None:
        await asyncio.gather(*(client.aclose() for client in self._all))

    def _new(self) -> httpx.AsyncClient:
        client = httpx.AsyncClient(
            verify=tls_context(),
            timeout=self._timeout,
            limits=httpx.Limits(max_connections=1, keepalive_expiry=KEEPALIVE),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            mounts=DIRECT,
        )
        self._all.append(client)
        return client
