"""The only HTTP towards Cognito.

No redirect is followed (httpx would post code and verifier to another host on 307), no cookie kept, no compressed
body read, a body is capped, and one deadline covers the whole exchange: httpx's own time-outs restart with each byte
(measured). It uses the system's CA store and proxies, but no proxy for loopback.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import ssl
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import truststore

from .._version import __version__
from ..errors import CognitoError, NetworkError, ProtocolError
from ..protocol.http import MAX_BODY_BYTES, HttpRequest, HttpResponse
from .background import Background

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Transport", "tls_context"]

_DEADLINE = 10.0  # seconds for a whole exchange
_CONNECT = 5.0  # seconds for one connection
_KEEPALIVE = 60.0  # seconds that an idle connection is kept; httpx drops it after 5
_RENEW = 20.0  # seconds between two uses of a connection that is kept warm
_PAUSES = (0.2, 0.6)  # seconds before a retry
_DIRECT = ("all://localhost", "all://127.0.0.1", "all://[::1]")

_log = logging.getLogger(__name__)


@functools.cache
def tls_context() -> ssl.SSLContext:
    """Return the one TLS context: making one takes 20 ms, and it trusts what the operating system trusts."""
    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Transport:
    """Sends requests to one user pool; its coroutines run on its `background`."""

    def __init__(self) -> None:
        self.background = Background(self._aclose)
        self._client: httpx.AsyncClient | None = None

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send a request and read the answer whole.

        Raises
        ------
        NetworkError
            If no usable answer came in time. A POST that may have reached the endpoint is not sent again.
        ProtocolError
            If the answer is compressed.
        """
        try:
            async with asyncio.timeout(_DEADLINE):
                return await self._send_with_retries(request)
        except TimeoutError:
            reason = f"did not answer within {_DEADLINE:.0f} seconds"
        raise _no_answer(request, reason)

    async def keep_warm(self, urls: Iterable[str]) -> None:
        """Keep a connection open to each URL's origin, until cancelled: the next request there needs no handshake."""
        origins = sorted({"{0.scheme}://{0.netloc}/".format(urlsplit(url)) for url in urls})
        while True:
            for origin in origins:
                try:
                    await self.send(HttpRequest("host", "HEAD", origin))
                except CognitoError as error:
                    _log.debug("no warm connection: %s", type(error).__name__)
            await asyncio.sleep(_RENEW)

    def close(self) -> None:
        """End the thread and close the connections."""
        self.background.stop()

    async def _aclose(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def _send_with_retries(self, request: HttpRequest) -> HttpResponse:
        pauses = iter(_PAUSES)
        while True:
            try:
                return await self._exchange(request)
            except httpx.HTTPError as error:
                pause = next(pauses, None) if _may_retry(request, error) else None
                reason = _reason(error)
            if pause is None:
                raise _no_answer(request, reason)
            await asyncio.sleep(pause)

    async def _exchange(self, request: HttpRequest) -> HttpResponse:
        client = self._client = self._client or _new_client()
        sent = client.stream(request.method, request.url, headers=dict(request.headers), content=request.content)
        async with sent as response:
            if response.headers.get("content-encoding", "identity").lower() != "identity":
                raise ProtocolError(f"The {request.endpoint} answered with a compressed body, which was not asked for.")
            body = bytearray()
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    raise NetworkError(f"The {request.endpoint}'s answer is larger than {MAX_BODY_BYTES} bytes.")
            return HttpResponse(response.status_code, dict(response.headers.items()), bytes(body))


def _new_client() -> httpx.AsyncClient:
    jar = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    return httpx.AsyncClient(
        verify=tls_context(),
        timeout=httpx.Timeout(None, connect=_CONNECT),
        limits=httpx.Limits(keepalive_expiry=_KEEPALIVE),
        follow_redirects=False,
        cookies=jar,
        headers={"User-Agent": f"cognito_nb/{__version__}", "Accept-Encoding": "identity"},
        mounts=dict.fromkeys(_DIRECT),
    )


def _may_retry(request: HttpRequest, error: httpx.HTTPError) -> bool:
    """Allow what is safe: a code is used once, so its request goes out again only if no answer can have begun."""
    if request.method != "POST" or isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout):
        return True
    return isinstance(error, httpx.RemoteProtocolError) and "without sending a response" in str(error)


def _reason(error: httpx.HTTPError) -> str:
    text = str(error)
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return "has a TLS certificate that this machine does not trust"
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return "cannot be reached"
    return f"broke off the exchange ({type(error).__name__})"


def _no_answer(request: HttpRequest, reason: str) -> NetworkError:
    return NetworkError(
        f"The {request.endpoint} at {urlsplit(request.url).netloc} {reason}.",
        hint="Check the network, HTTPS_PROXY and the setting's host name, then try again.",
    )
