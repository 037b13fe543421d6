"""How a `Fault` gets onto the wire: a connection that gives a handler's answer another form, or none.

Handlers know nothing of it. They write a whole answer, as all of this package do, to what stands in for their
connection; when it is finished, the fault is put in its place, or done to it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import struct
import zlib
from contextlib import suppress
from http.client import responses
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from tornado.httputil import HTTPConnection, HTTPHeaders, ResponseStartLine
from tornado.iostream import StreamClosedError

from .oauth import callback_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tornado.httputil import RequestStartLine
    from tornado.iostream import IOStream

    from .faults import Fault
    from .web import PoolHandler

__all__ = ["FaultyConnection"]

_log = logging.getLogger(__name__)

_PIECE = 65536
_HTML = "text/html;charset=UTF-8"
_JSON = "application/json;charset=UTF-8"
_JSON_ERRORS = frozenset({"token", "revoke"})
_REDIRECTED_ERRORS = frozenset({"authorize", "login"})
# struct linger, which is two shorts on Windows: on, 0 seconds. Closing then sends RST, not FIN
_NO_LINGER = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


class _Answer(NamedTuple):
    status: int
    headers: HTTPHeaders
    body: bytes


class FaultyConnection(HTTPConnection):
    """Stands between one handler and its connection."""

    def __init__(self, handler: PoolHandler, fault: Fault) -> None:
        self._connection: Any = handler.request.connection
        self._fault = fault
        self._has_body = handler.request.method != "HEAD"
        self._instead = _replacement(handler, fault) if fault.replaces_answer else None
        self._answer = _Answer(200, HTTPHeaders(), b"")
        self._delivery: asyncio.Task[None] | None = None
        _log.info("%s %s meets with a fault on request", handler.request.method, handler.request.path)

    def set_close_callback(self, callback: Any) -> None:  # noqa: ANN401 - not in tornado's interface, but used
        """Pass it on."""
        self._connection.set_close_callback(callback)

    def write_headers(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders, chunk: bytes | None = None
    ) -> asyncio.Future[None]:
        """Keep the answer."""
        status = start_line.code if isinstance(start_line, ResponseStartLine) else 200
        self._answer = _Answer(status, headers, chunk or b"")
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    def finish(self) -> None:
        """Let the fault strike."""
        self._delivery = asyncio.get_running_loop().create_task(self._deliver())

    async def _deliver(self) -> None:
        fault, answer = self._fault, self._answer
        if self._instead is not None:
            for name in ("Server", "Date"):
                self._instead.headers[name] = answer.headers[name]
            answer = self._instead
        if fault.after:
            await asyncio.sleep(fault.delay)
        with suppress(StreamClosedError):  # whoever asked has gone
            if fault.cut or fault.drip or fault.size or fault.gzip:
                await self._deliver_spoilt(answer)
                return
            line = ResponseStartLine("", answer.status, _phrase(answer.status))
            await self._connection.write_headers(line, answer.headers, answer.body if self._has_body else b"")
            self._connection.finish()

    async def _deliver_spoilt(self, answer: _Answer) -> None:
        """Write what tornado's connection would not let pass, and close."""
        fault, stream = self._fault, self._connection.detach()
        try:
            if fault.cut == "reset":
                stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            elif fault.cut != "close":
                await self._write_spoilt(stream, answer)
        finally:
            stream.close()

    async def _write_spoilt(self, stream: IOStream, answer: _Answer) -> None:
        fault, headers, body = self._fault, answer.headers.copy(), answer.body
        headers["Connection"] = "close"
        headers["Content-Length"] = str(max(len(body), fault.size, 1 if fault.cut == "short" else 0))
        if fault.gzip:
            headers["Content-Encoding"] = "gzip"
        if fault.gzip or fault.drip or fault.cut == "half":
            del headers["Content-Length"]  # then the body ends with the connection
        lines = [f"HTTP/1.1 {answer.status} {_phrase(answer.status)}", *(f"{n}: {v}" for n, v in headers.get_all())]
        await stream.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
        for piece in _pieces(body, fault) if self._has_body else ():
            await stream.write(piece)
            await asyncio.sleep(fault.drip)


def _pieces(body: bytes, fault: Fault) -> Iterator[bytes]:
    if fault.cut:
        yield body[: len(body) // 2]
    elif fault.drip:
        yield from (body[index : index + 1] for index in range(len(body)))
        while True:
            yield b" "
    elif fault.gzip:
        yield from _compressed(_filled(body, fault.size))
    else:
        yield from _filled(body, fault.size)


def _filled(body: bytes, size: int) -> Iterator[bytes]:
    yield body
    for start in range(len(body), size, _PIECE):
        yield b" " * min(_PIECE, size - start)


def _compressed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    compressor = zlib.compressobj(wbits=31)  # the gzip form
    for piece in pieces:
        yield compressor.compress(piece)
    yield compressor.flush()


def _replacement(handler: PoolHandler, fault: Fault) -> _Answer:
    if fault.error is not None:
        return _oauth_error(handler, fault.error, fault)
    if fault.location is not None:
        return _answer(fault.status or 307, "", location=fault.location)
    status = fault.status or 500
    phrase = _phrase(status)
    if fault.body == "html":
        page = f"<html><head><title>{status} {phrase}</title></head><body><h1>{status} {phrase}</h1></body></html>"
        return _answer(status, page, _HTML, retry_after=fault.retry_after)
    if fault.body == "empty" or status in {204, 304}:  # which have none
        return _answer(status, "", retry_after=fault.retry_after)
    body = {"message": phrase}
    if fault.body == "exception":
        body = {"__type": "TooManyRequestsException", "message": "Rate exceeded"}
    return _answer(status, json.dumps(body), _JSON, retry_after=fault.retry_after)


def _oauth_error(handler: PoolHandler, error: str, fault: Fault) -> _Answer:
    members = {"error": error}
    if fault.error_description is not None:
        members["error_description"] = fault.error_description
    if handler.endpoint in _REDIRECTED_ERRORS:
        return _answer(fault.status or 302, "", location=_where_the_error_goes(handler, members, fault))
    if handler.endpoint in _JSON_ERRORS:
        return _answer(fault.status or 400, json.dumps(members), _JSON)
    challenge = ", ".join(f'{name}="{value}"' for name, value in members.items())
    if handler.endpoint != "userinfo":  # whose challenge has no scheme, as AWS documents it
        challenge = f"Bearer {challenge}"
    status = {"invalid_request": 400, "insufficient_scope": 403}.get(error, 401)  # RFC 6750 section 3.1
    return _answer(fault.status or status, "", www_authenticate=challenge)


def _where_the_error_goes(handler: PoolHandler, members: dict[str, str], fault: Fault) -> str:
    query = handler.request.query_arguments
    client_id, redirect_uri, state = (
        query[name][0].decode(errors="replace") if name in query else None
        for name in ("client_id", "redirect_uri", "state")
    )
    client = handler.pool.clients.get(client_id or "")
    if client is not None:
        redirect_uri = redirect_uri or client.get_default_redirect_uri()
        if redirect_uri is not None and client.check_redirect_uri(redirect_uri):
            return callback_url(redirect_uri, {**members, "state": state if fault.with_state else None})
    return f"{handler.pool.domain}/error?" + urlencode({"error": members["error"], "client_id": client_id or ""})


def _answer(status: int, body: str, media_type: str = "", **fields: float | str | None) -> _Answer:
    headers = HTTPHeaders({"Content-Length": str(len(body.encode()))})
    if media_type:
        headers["Content-Type"] = media_type
    for name, value in fields.items():
        if value is not None:
            headers[name.replace("_", "-")] = str(value)  # HTTPHeaders sets the capitals
    return _Answer(status, headers, body.encode())


def _phrase(status: int) -> str:
    return responses.get(status, "Unknown")
