"""aiohttp behind httpx's types: some ten times as fast as httpx with many requests at once, by its parser in C."""

from __future__ import annotations

import time
from datetime import timedelta

import aiohttp
import httpx
import yarl
from aiohttp import hdrs

from ..tokens.transport import tls_context
from .engine import KEEPALIVE

__all__ = ["AiohttpCarrier"]

_LONGEST_FIELD = 65_536  # bytes of one header field of an answer; a Link header can be long
_FAILURES: dict[type[Exception], type[httpx.TransportError]] = {  # the narrower first
    aiohttp.ConnectionTimeoutError: httpx.ConnectTimeout,
    TimeoutError: httpx.ReadTimeout,
    aiohttp.ClientConnectorError: httpx.ConnectError,
    aiohttp.ServerDisconnectedError: httpx.RemoteProtocolError,
    aiohttp.ClientPayloadError: httpx.RemoteProtocolError,
    aiohttp.ClientResponseError: httpx.RemoteProtocolError,
    aiohttp.InvalidURL: httpx.UnsupportedProtocol,
    aiohttp.ClientError: httpx.ReadError,
    OSError: httpx.ReadError,
    ValueError: httpx.LocalProtocolError,  # header fields that cannot be sent; aiohttp raises it for a newline
}
_TOKEN = b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"  # RFC 9110 §5.6.2, in lower case
_FRAMING = frozenset({b"content-length", b"transfer-encoding"})


class AiohttpCarrier:
    """A `Carrier` over aiohttp."""

    def __init__(self, timeout: float) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=tls_context(), keepalive_timeout=KEEPALIVE),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=timeout, sock_read=timeout),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,  # httpx does it
            max_field_size=_LONGEST_FIELD,
        )

    async def send(self, request: httpx.Request) -> httpx.Response:
        """Send a request; see `Carrier`."""
        url = request.url
        path, _, query = url.raw_path.decode("ascii").partition("?")
        begun = time.perf_counter()
        try:
            answer = await self._session.request(
                request.method,
                # without a user name, which would take the token's place
                yarl.URL.build(
                    scheme=url.scheme, authority=url.netloc.decode("ascii"), path=path, query_string=query, encoded=True
                ),
                headers=_fields(request),
                data=request.content or None,
                allow_redirects=False,
            )
            body = await answer.read()  # gives the connection back, and if it fails closes it
        except tuple(_FAILURES) as error:
            name = next(name for cause, name in _FAILURES.items() if isinstance(error, cause))
            failure = name(_reason(error), request=request)
        else:
            response = _response(answer, body, request)
            response.elapsed = timedelta(seconds=time.perf_counter() - begun)
            return response
        raise failure

    async def aclose(self) -> None:
        """Close the connections."""
        await self._session.close()


def _fields(request: httpx.Request) -> list[tuple[str, str]]:
    """Return the header fields without those that frame the body: aiohttp adds its own, and none may stand beside it.

    Raises
    ------
    ValueError
        If they hold a second Host (RFC 9112 §3.2), of which aiohttp would send the last; a name that is none, in which
        a field of its own could hide; or bytes that are no UTF-8: aiohttp can send no others.
    """
    fields, hosts = [], 0
    for raw, value in request.headers.raw:
        known = raw.lower()
        hosts += known == b"host"
        if not known or known.translate(None, _TOKEN):
            raise ValueError("Illegal header name")
        if known not in _FRAMING:  # by hand: httpx would look for the encoding of all fields first
            fields.append((raw.decode("ascii"), value.decode()))
    if hosts > 1:
        raise ValueError("Found multiple Host: headers")
    return fields


def _response(answer: aiohttp.ClientResponse, body: bytes, request: httpx.Request) -> httpx.Response:
    response = httpx.Response(
        answer.status,
        headers=answer.raw_headers,
        stream=httpx.ByteStream(body),
        request=request,
        extensions={
            "http_version": b"HTTP/%d.%d" % (answer.version or aiohttp.HttpVersion11),
            "reason_phrase": (answer.reason or "").encode("ascii", "ignore"),
        },
    )
    if hdrs.CONTENT_ENCODING not in answer.headers:  # what is not encoded would go through four generators (10 µs) …
        response._content, response._num_bytes_downloaded = body, len(body)  # noqa: SLF001 - … and there is no other way
    response.read()  # makes up for it if a newer httpx does not know these
    response.is_stream_consumed = response.is_closed = True
    return response


def _reason(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorError):  # whose own text has "ssl:default" for plain http too
        cause = getattr(error, "certificate_error", None) or error.os_error
        return f"cannot connect to {error.host}:{error.port}: {cause}"
    return str(error) or type(error).__name__
