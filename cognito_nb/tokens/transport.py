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
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import truststore

from .._version import __version__
from ..errors import CognitoError, ConfigurationError, NetworkError, ProtocolError
from ..protocol.http import MAX_BODY_BYTES, HttpRequest, HttpResponse
from .background import Background

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

__all__ = ["DIRECT", "Transport", "new_tls_context", "tls_context"]

_DEADLINE = 10.0  # seconds for a whole exchange
_CONNECT = 5.0  # seconds for one connection
_KEEPALIVE = 60.0  # seconds that an idle connection is kept; httpx drops it after 5
_RENEW = 20.0  # seconds between two uses of a connection that is kept warm
_PAUSES = (0.2, 0.6)  # seconds before a retry
_FAILURES = (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError)  # TLS records and host names fail as the latter
DIRECT: Mapping[str, None] = dict.fromkeys(("all://localhost", "all://127.0.0.1", "all://[::1]"))  # without a proxy

_log = logging.getLogger(__name__)


@functools.cache
def tls_context() -> ssl.SSLContext:
    """Return the one TLS context: making one takes 20 ms, and it trusts what the operating system trusts."""
    return new_tls_context()


def new_tls_context() -> ssl.SSLContext:
    """Return a TLS context of its own, for whoever adds to it."""
    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Transport:
    """Sends requests to one user pool; its coroutines run on its `background`."""

    def __init__(self) -> None:
        self.background = Background(self._aclose)
        self.at_end: list[Callable[[], Awaitable[None]]] = []  # what else is to be closed with it, on its loop
        self._client: httpx.AsyncClient | None = None

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send a request and read the answer whole.

        Raises
        ------
        NetworkError
            If no usable answer came in time. A POST that may have reached the endpoint is not sent again.
        ProtocolError
            If the answer is compressed.
        ConfigurationError
            If the environment's proxy cannot be used.
        """
        try:
            async with asyncio.timeout(_DEADLINE):
                return await self._send_with_retries(request)
        except TimeoutError:
            reason = f"did not answer within {_DEADLINE:.0f} seconds"
        raise _no_answer(request, reason, "network")

    async def keep_warm(self, url: str) -> None:
        """Keep a connection open to a URL's origin, until cancelled: the next request there needs no handshake."""
        origin = "{0.scheme}://{0.netloc}/".format(urlsplit(url))
        while True:
            try:
                await self.send(HttpRequest("host", "HEAD", origin))
            except CognitoError as error:
                _log.debug("no warm connection: %s", type(error).__name__)
            await asyncio.sleep(_RENEW)

    def close(self) -> None:
        """End the thread and close the connections."""
        self.background.stop()

    async def _aclose(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()
        for close in self.at_end:
            await close()

    async def _send_with_retries(self, request: HttpRequest) -> HttpResponse:
        pauses = iter(_PAUSES)
        while True:
            connection = _Connection()
            try:
                response = await self._exchange(request, connection)
            except _FAILURES as error:
                pause = next(pauses, None) if _may_retry(request, error, connection) else None
                reason, cause = _reason(error)
                if pause is None:
                    break
            else:
                pause = next(pauses, None) if _may_pass(request, response) else None
                if pause is None:
                    return response
            await asyncio.sleep(pause)
        raise _no_answer(request, reason, cause)

    async def _exchange(self, request: HttpRequest, connection: _Connection) -> HttpResponse:
        client = self._client = self._client or _new_client()
        sent = client.stream(
            request.method,
            request.url,
            headers=dict(request.headers),
            content=request.content,
            extensions={"trace": connection.note},
        )
        async with sent as response:
            encoding = response.headers.get("content-encoding", "identity").lower()
            body = await _read_body(response) if encoding == "identity" else None
        if encoding != "identity":
            raise ProtocolError(f"The {request.endpoint} answered with a compressed body, which was not asked for.")
        if body is None:
            raise NetworkError(f"The {request.endpoint}'s answer is larger than {MAX_BODY_BYTES} bytes.")
        return HttpResponse(response.status_code, dict(response.headers.items()), body)


class _Connection:
    """Notes whether a request went out on a new connection or on one that had been idle."""

    is_new = False

    async def note(self, event: str, _: dict[str, Any]) -> None:
        """Hear httpcore's events."""
        self.is_new |= event == "connection.connect_tcp.started"


async def _read_body(response: httpx.Response) -> bytes | None:
    """Return the body, or None if it is too large: no frame that raises may hold it."""
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            return None
    return bytes(body)


def _new_client() -> httpx.AsyncClient:
    jar = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    try:
        return httpx.AsyncClient(
            verify=tls_context(),
            timeout=httpx.Timeout(None, connect=_CONNECT),
            limits=httpx.Limits(keepalive_expiry=_KEEPALIVE),
            follow_redirects=False,
            cookies=jar,
            headers={"User-Agent": f"cognito_nb/{__version__}", "Accept-Encoding": "identity"},
            mounts=DIRECT,
        )
    except (ImportError, ValueError, httpx.InvalidURL):  # SOCKS without its package, an unknown scheme, no URL
        pass
    raise ConfigurationError("The environment names a proxy that cannot be used.", cause="proxy_unusable")


def _may_retry(request: HttpRequest, error: Exception, connection: _Connection) -> bool:
    """Allow what is safe: a code is used once, so its request goes out again only if it cannot have been read.

    That is so without a connection, and on one that the endpoint closed while it was idle.
    """
    if isinstance(error, httpx.InvalidURL | UnicodeError | httpx.ConnectTimeout):
        return False  # nothing will change, or too much time is gone
    if request.method != "POST" or isinstance(error, httpx.ConnectError):
        return True
    closed = isinstance(error, httpx.RemoteProtocolError) and "without sending a response" in str(error)
    return closed and not connection.is_new


def _may_pass(request: HttpRequest, response: HttpResponse) -> bool:
    """Tell whether a document that could not be had may be there in a moment; when it will be, the caller is told."""
    failing = response.status == httpx.codes.TOO_MANY_REQUESTS or response.status >= httpx.codes.INTERNAL_SERVER_ERROR
    return request.method == "GET" and failing and "retry-after" not in response.headers


def _reason(error: Exception) -> tuple[str, str]:
    """Return what became of an exchange, in words and as the code of its cause."""
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return "has a TLS certificate that this machine does not trust", "tls_untrusted"
    if isinstance(error, httpx.ProxyError):
        return "cannot be reached through the proxy", "proxy_unusable"
    if isinstance(error, httpx.InvalidURL | UnicodeError):
        return "has no usable host name", "network"
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return "cannot be reached", "network"
    return f"broke off the exchange ({type(error).__name__})", "network"


def _no_answer(request: HttpRequest, reason: str, cause: str) -> NetworkError:
    return NetworkError(f"The {request.endpoint} at {urlsplit(request.url).netloc} {reason}.", cause=cause)
