"""A raw TCP server that misbehaves as it is told: what no HTTP library would do."""

import socket
import struct
import threading
from contextlib import suppress

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class RawServer:
    """Accepts connections on loopback, reads whole requests, and lets `behave` answer each.

    `behave(connection, request)` returns True to keep the connection; what arrived is in `requests`, and how many
    connections there were in `accepts`.
    """

    def __init__(self, behave, *, tls=None, unix=None):
        self.behave, self.requests, self.accepts = behave, [], 0
        self.stopping = threading.Event()
        self._tls, self._connections, self._threads = tls, [], []
        self._listener = socket.socket(socket.AF_UNIX) if unix else socket.socket()
        self._listener.bind(unix or ("127.0.0.1", 0))
        self._listener.listen(64)
        self.port = None if unix else self._listener.getsockname()[1]
        self._start(self._accept)

    @property
    def url(self):
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def stop(self):
        self.stopping.set()
        for sock in (self._listener, *self._connections):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        for sock in (self._listener, *self._connections):
            sock.close()

    def _start(self, target, *arguments):
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self):
        while not self.stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.accepts += 1
            self._connections.append(connection)
            self._start(self._converse, connection)

    def _converse(self, connection):
        with suppress(OSError):
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
                self._connections.append(connection)
            while (request := _read_request(connection)) is not None:
                self.requests.append(request)
                if not self.behave(connection, request):
                    break
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()


def _read_request(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            return None
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while len(body) < int(lengths[0] if lengths else 0):
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def answer(*parts, keep=False):
    """Behave: send these bytes."""

    def behave(connection, _request):
        connection.sendall(b"".join(parts))
        return keep

    return behave


def answers(*behaviours):
    """Behave one way after the other, by request; the last one stays."""
    left = list(behaviours)

    def behave(connection, request):
        return (left.pop(0) if len(left) > 1 else left[0])(connection, request)

    return behave


def reset(*parts):
    """Behave: send these bytes, then break the connection off with an RST."""

    def behave(connection, _request):
        connection.sendall(b"".join(parts))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    return behave


def flood(start, piece, count=None):
    """Behave: send a start, then a piece as often as possible, until the other side hangs up."""

    def behave(connection, _request):
        connection.sendall(start)
        while True:
            connection.sendall(piece)
            if count is not None:
                count.append(len(piece))

    return behave


def drip(start, piece):
    """Behave: send a start, then a piece now and then, until the other side hangs up."""

    def behave(connection, _request):
        connection.sendall(start)
        connection.settimeout(0.01)
        while True:
            with suppress(TimeoutError):
                if not connection.recv(1):
                    return
            connection.sendall(piece)

    return behave


def json_answer(body, status=200, *headers):
    """Behave: send JSON text."""
    content = body if isinstance(body, bytes) else body.encode()
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(content)}", "Content-Type: application/json", *headers]
    return answer("\r\n".join(lines).encode() + b"\r\n\r\n", content, keep=True)
