"""The HTTP server of the loopback receiver: as much of RFC 9112 as a browser's redirect needs, on loopback only.

It outlives whatever connects to it: port scanners, prefetches, browsers that ask for an icon, half a request. Each
connection carries one request without a body, and is closed after the answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import functools
import logging
import os
import socket
import sys
import weakref
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

__all__ = ["Answer", "Listener", "PortTakenError", "Request"]

_MOST_HEAD = 256 * 1024  # bytes of a request line with its header fields: the cookies of all ports of localhost add up
_MOST_CONNECTIONS = 100
_PATIENCE = 10.0  # seconds for a request to arrive, and for its answer to be read
_TURNS = 5  # of the loop, from an accepted socket to a closed connection
_NO_IPV6 = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}

_log = logging.getLogger(__name__)


class PortTakenError(OSError):
    """Somebody else listens on the port already, or nobody may."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a browser asks.

    Attributes
    ----------
    method, path, query : str
        Of the request line; the query as it stands there, its bytes as Latin-1.
    headers : Mapping of str to str
        By lower-case name.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]

    @property
    def cookies(self) -> dict[str, str]:
        """The browser's cookies."""
        pairs = (pair.partition("=") for pair in self.headers.get("cookie", "").split(";"))
        return {name.strip(): value.strip() for name, _, value in pairs}


@dataclass(frozen=True, slots=True)
class Answer:
    """What it gets."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()


class Listener:
    """Listens on one port of the loopback interface, IPv4 and IPv6.

    Parameters
    ----------
    host : str
        The only host and port, as in ``localhost:8888``, that a request may be addressed to: DNS rebinding is no way
        in.
    handle : callable
        Answers a request.
    too_large : Answer
        The answer to more header fields than are read.
    """

    def __init__(self, host: str, handle: Callable[[Request], Awaitable[Answer]], *, too_large: Answer) -> None:
        self._host = _plain(host)
        self._handle = handle
        self._too_large = too_large
        self._is_closing = False
        self._held: list[socket.socket] = []
        self._servers: list[asyncio.Server] = []
        self._connections: dict[asyncio.StreamWriter, asyncio.Task[None]] = {}  # the oldest first

    async def open(self, port: int) -> None:
        """Hold both addresses, so that no other process can take the callback.

        Raises
        ------
        PortTakenError
            If one of them is not to be had.
        """
        self._is_closing = False
        try:
            self._held.append(_bound(socket.AF_INET, "127.0.0.1", port))
            with contextlib.suppress(_NoSuchAddressError):
                self._held.append(_bound(socket.AF_INET6, "::1", port))
            for each in self._held:
                self._servers.append(await asyncio.start_server(self._accept, sock=each, limit=_MOST_HEAD))
        except OSError as error:
            self.close()
            reason = error.strerror or "in use"
        except asyncio.CancelledError:
            self.close()
            raise
        else:
            return
        raise PortTakenError(reason)

    async def aclose(self) -> None:
        """Do what `close` does, once what was just accepted is a connection that can be ended.

        A server of asyncio that is closed meanwhile loses such a socket, and leaves it open (measured).
        """
        loop = asyncio.get_running_loop()
        self._is_closing = True
        for each in self._held:
            with contextlib.suppress(NotImplementedError):  # Windows' loop
                loop.remove_reader(each)
        try:
            for _ in range(_TURNS):
                await asyncio.sleep(0)
        finally:
            self.close()

    def close(self) -> None:
        """Give the port back, and end the connections; what was answered still arrives."""
        for each in self._held:
            with contextlib.suppress(OSError):  # macOS knows no such thing
                each.shutdown(socket.SHUT_RDWR)  # or a child that was forked meanwhile would go on listening
        for server in self._servers:
            server.close()
        for each in self._held:
            each.close()
        self._held, self._servers = [], []
        for connection in [*self._connections]:
            self._end(connection)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a connection in a task; no coroutine, which might be cancelled before it could close anything."""
        if self._is_closing:
            writer.close()
            return
        if len(self._connections) >= _MOST_CONNECTIONS:
            self._end(next(iter(self._connections)))  # the oldest: whoever holds them all keeps no browser out
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._connections[writer] = task
        task.add_done_callback(lambda _: self._end(writer))

    def _end(self, writer: asyncio.StreamWriter) -> None:
        self._connections.pop(writer, None)
        writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head_only = False
        try:
            try:
                async with asyncio.timeout(_PATIENCE):
                    request = _parsed(await reader.readuntil(b"\r\n\r\n"))
            except asyncio.LimitOverrunError:
                answer = self._too_large
            else:
                head_only = request is not None and request.method == "HEAD"
                answer = await self._answer(request)
            async with asyncio.timeout(_PATIENCE):
                writer.write(_rendered(answer, head_only=head_only))
                await writer.drain()
                if answer is self._too_large:  # what is left unread would reset the connection, and the page be lost
                    writer.write_eof()
                    while await reader.read(_MOST_HEAD):
                        pass
        except (OSError, EOFError):
            pass  # it is gone or too slow; TimeoutError is an OSError

    async def _answer(self, request: Request | None) -> Answer:
        if request is None:
            return Answer(HTTPStatus.BAD_REQUEST)
        if _plain(request.headers.get("host", "")) != self._host:
            return Answer(HTTPStatus.FORBIDDEN)
        try:
            return await self._handle(request)
        except Exception as error:  # noqa: BLE001 - an edge: asyncio would log it, with whatever it says
            _log.warning("a request failed: %s", type(error).__name__)
            return Answer(HTTPStatus.INTERNAL_SERVER_ERROR)


class _NoSuchAddressError(OSError):
    """There is no IPv6 on this machine."""


def _bound(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    """Return a socket that listens at once: until then another one could be bound beside it."""
    bound: socket.socket | None = None
    try:
        bound = socket.socket(family, socket.SOCK_STREAM)
        if sys.platform == "win32":  # there SO_REUSEADDR would let another process take the port over
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a sign-in a minute ago keeps nobody out
        if family is socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.bind((address, port))
        bound.listen()
    except OSError as error:
        if bound is not None:
            bound.close()
        if family is socket.AF_INET6 and error.errno in _NO_IPV6:
            raise _NoSuchAddressError from error
        raise
    bound.setblocking(False)  # noqa: FBT003 - the standard library's
    _bound_sockets().add(bound)
    return bound


@functools.cache
def _bound_sockets() -> weakref.WeakSet[socket.socket]:
    """Return the sockets of this process that hold a port."""
    return weakref.WeakSet()


def _close_in_child() -> None:
    """Close a forked child's copies, which would hold the ports for longer than we do.

    Without a shutdown, and without a word to the event loop: both would reach the parent's own.
    """
    for each in [*_bound_sockets()]:
        each.close()


if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(after_in_child=_close_in_child)


def _plain(host: str) -> str:
    """Return a Host in the form in which two are compared: browsers leave port 80 out."""
    return host.lower().removesuffix(":80")


def _parsed(head: bytes) -> Request | None:
    """Read a request's head; None if it is none, or ambiguous about its host."""
    line, *fields = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    match line.split(" "):
        case [method, target, "HTTP/1.0" | "HTTP/1.1"] if target.startswith("/"):
            path, _, query = target.partition("?")
        case _:
            return None
    headers: dict[str, str] = {}
    for name, colon, value in (each.partition(":") for each in fields):
        if not colon or (name.lower() == "host" and "host" in headers):
            return None
        headers[name.lower()] = value.strip()
    return Request(method, path, query, headers)


def _rendered(answer: Answer, *, head_only: bool) -> bytes:
    body = answer.body.encode()
    fields = {**answer.headers, "Connection": "close"}
    if answer.status != HTTPStatus.NO_CONTENT:  # RFC 9110 §8.6
        fields["Content-Length"] = str(len(body))
    lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in fields.items()]
    lines += [f"Set-Cookie: {cookie}" for cookie in answer.cookies]
    head = "\r\n".join(lines) + "\r\n\r\n"
    return head.encode("latin-1") + (b"" if head_only else body)
