"""How a `Fault` gets onto the wire: a connection that gives a handler's answer another form, or none.

Handlers know nothing of it. They write a whole answer, as all of this package do, to what stands in for their
connection; when it is finished, the fault is done to it. Where a fault has an answer of its own, the handler writes
that instead, with the header fields of all its answers.
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
from http import HTTPStatus
from http.client import responses
from typing import TYPE_CHECKING, Any, NamedTuple

from tornado.httputil import HTTPConnection, HTTPHeaders, ResponseStartLine
from tornado.iostream import StreamClosedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tornado.httputil import RequestStartLine
    from tornado.iostream import IOStream

    from .faults import Fault
    from .web import PoolHandler

__all__ = ["FaultyConnection", "at_once", "write_fault"]

_log = logging.getLogger(__name__)

_PIECE = 65536
_HTML = "text/html;charset=UTF-8"
_JSON = "application/json;charset=UTF-8"
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
        if self._fault.replaces_answer:
            status = self._fault.status or status
            headers.pop("Set-Cookie", None)  # of an endpoint that did its work; tornado adds it last
        if self._fault.retry_after is not None:
            headers["Retry-After"] = str(self._fault.retry_after)
        self._answer = _Answer(status, headers, chunk or b"")
        return at_once()

    def finish(self) -> None:
        """Let the fault strike."""
        self._delivery = asyncio.get_running_loop().create_task(self._deliver())

    async def _deliver(self) -> None:
        fault, answer = self._fault, self._answer
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


def at_once() -> asyncio.Future[None]:
    """Return what has happened already."""
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    done.set_result(None)
    return done


def write_fault(handler: PoolHandler, fault: Fault) -> None:
    """Finish a handler's answer with a fault's status and body, or with its redirect."""
    status = fault.status or (307 if fault.location else 500)
    handler.set_status(status)
    if fault.location is not None:
        handler.set_header("Location", fault.location)
    if fault.location is not None or fault.body == "empty" or status in {204, 304}:  # which have none
        handler.clear_header("Content-Type")
        handler.finish()
        return
    handler.set_header("Content-Type", _HTML if fault.body == "html" else _JSON)
    handler.finish(_body(status, fault))


def _body(status: int, fault: Fault) -> str:
    phrase = _phrase(status)
    if fault.body == "html":
        return f"<html><head><title>{status} {phrase}</title></head><body><h1>{status} {phrase}</h1></body></html>"
    if fault.body == "exception":
        return '{"__type":"TooManyRequestsException","message":"Rate exceeded"}'
    message = "Too many requests" if status == HTTPStatus.TOO_MANY_REQUESTS else phrase
    return json.dumps({"message": message}, separators=(",", ":"))


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


def _phrase(status: int) -> str:
    return responses.get(status, "Unknown")
