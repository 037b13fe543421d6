"""The listener, and all that may come by on a port: half requests, scanners, floods, other hosts' names."""

import contextlib
import errno
import gc
import logging
import os
import socket
import subprocess
import sys
import time

import pytest
from receivers.raw import connect, is_open, read, request, send
from sockets import free_ports
from tokens.fakes import nothing

from cognito_nb.receivers import listener
from cognito_nb.receivers.listener import Answer, Listener, PortTakenError
from cognito_nb.tokens.background import Background

ADDRESSES = ["127.0.0.1", "::1"]
BIND = "import socket, sys; s = socket.socket(socket.{family}); s.setsockopt(socket.SOL_SOCKET, socket.{option}, 1); s.bind(('{address}', {port})); s.listen()"  # noqa: E501


class Port:
    """A listener on a loop of its own, and what it was asked."""

    def __init__(self, host="localhost"):
        (self.number,) = free_ports(1)
        self.requests = []
        self._background = Background(nothing)
        self.listener = Listener(f"{host}:{self.number}", self.handle, too_large=Answer(431, "clear"))

    async def handle(self, asked):
        self.requests.append(asked)
        if asked.path == "/fail":
            raise ValueError(asked.query)
        return Answer(200, "hello", {"X-Page": "yes"}, ("a=1; Path=/", "b=2"))

    def open(self):
        self._background.run(self.listener.open(self.number))
        return self

    def close(self):
        self._background.run(self.listener.aclose())

    def stop(self):
        self.close()
        self._background.stop()


@pytest.fixture
def port():
    port = Port()
    yield port.open()
    port.stop()


def test_request_is_handed_over_and_answered(port):
    """Method, path, query and header fields as they came; status, fields, cookies and body as they go."""
    status, head, body = request(port.number, "/a?b=%20&c", fields=["X-Some: thing ", "Cookie: a=1; b=x=y"])
    (asked,) = port.requests
    assert (asked.method, asked.path, asked.query, asked.headers["x-some"]) == ("GET", "/a", "b=%20&c", "thing")
    assert asked.cookies == {"a": "1", "b": "x=y"}
    assert (status, body) == (200, "hello")
    assert {"X-Page: yes", "Set-Cookie: a=1; Path=/", "Set-Cookie: b=2", "Content-Length: 5"} <= {*head.split("\r\n")}


def test_head_is_answered_without_a_body(port):
    """The fields are those of the page."""
    status, head, body = request(port.number, method="HEAD")
    assert (status, body) == (200, "")
    assert "Content-Length: 5" in head


@pytest.mark.parametrize(
    "stray",
    [
        b"",
        b"GET / HT",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"SSH-2.0-scanner\r\n",
        b"\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/2.0\r\n\r\n",
        b"GET http://localhost/ HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"\xff\xfe\x00\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_what_is_no_request_ends_nothing(port, stray):
    """Scanners, TLS, half a request or none: nobody hears of it, and the next request is answered."""
    with connect(port.number) as connection:
        connection.sendall(stray)
        connection.shutdown(socket.SHUT_WR)
        assert read(connection)[9:12] in {b"", b"400"}
    assert not port.requests
    assert request(port.number)[0] == 200


def test_slow_request_is_given_up(port, monkeypatch):
    """Whoever sends nothing for too long loses the connection; nothing of it is left."""
    monkeypatch.setattr(listener, "_PATIENCE", 0.1)
    with connect(port.number) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n")
        assert read(connection) == b""
    assert not port.listener._connections


def test_flood_of_silent_connections_keeps_no_browser_out(port):
    """Twice as many as it keeps: the oldest go, and the browser's request is answered."""
    with contextlib.ExitStack() as held:
        for _ in range(200):
            held.enter_context(connect(port.number))
        assert request(port.number)[0] == 200
        assert len(port.listener._connections) <= listener._MOST_CONNECTIONS


@pytest.mark.refused("CB-28")
def test_huge_head_is_refused(port):
    """More than a callback can hold is not even parsed, and at once."""
    began = time.monotonic()
    answer = send(port.number, b"GET /?" + b"c" * 4_000_000 + b" HTTP/1.1\r\n\r\n")
    assert answer[9:12] == b"431"
    assert answer.endswith(b"\r\n\r\nclear")
    assert time.monotonic() - began < 1
    assert not port.requests
    assert request(port.number)[0] == 200


def test_cookies_of_all_programs_on_localhost_are_read(port):
    """They know no ports, so a busy machine's add up; a browser keeps 180 of a host, of some hundred bytes each."""
    cookies = "; ".join(f"c{number}={'x' * 1000}" for number in range(180))
    assert request(port.number, fields=[f"Cookie: {cookies}"])[0] == 200
    assert len(port.requests[0].cookies) == 180


@pytest.mark.parametrize(
    ("hosts", "status"),
    [
        (["evil.example"], b"403"),
        (["evil.example:{port}"], b"403"),
        (["localhost"], b"403"),
        (["127.0.0.1:{port}"], b"403"),
        (["localhost:{port}@evil.example"], b"403"),
        ([], b"403"),
        (["localhost:{port}", "evil.example"], b"400"),
        (["localhost:{port}", "localhost:{port}"], b"400"),
        (["LOCALHOST:{port}"], b"200"),
    ],
)
def test_only_its_own_host_is_served(port, hosts, status):
    """A name that DNS points here, as in rebinding, reaches no handler."""
    fields = "".join(f"Host: {host.format(port=port.number)}\r\n" for host in hosts)
    assert send(port.number, f"GET / HTTP/1.1\r\n{fields}\r\n".encode())[9:12] == status
    assert bool(port.requests) == (status == b"200")


def test_host_of_port_80_is_written_without_it():
    """Browsers leave the default port out of the Host header."""
    hosts = {Listener(host, nothing, too_large=Answer(431))._host for host in ("localhost:80", "localhost")}
    assert hosts == {"localhost"}


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_both_addresses_answer(host, address):
    """`localhost` may be either, by the browser's choice."""
    port = Port(host).open()
    assert request(port.number, host=f"{host}:{port.number}", address=address)[0] == 200
    port.stop()


@pytest.mark.parametrize("option", ["SO_REUSEADDR", "SO_REUSEPORT"])
@pytest.mark.parametrize("address", [*ADDRESSES, "0.0.0.0", "::"])
def test_no_other_process_gets_the_port(port, address, option):
    """Neither by sharing an address nor by a wildcard: the callback comes here."""
    family = "AF_INET6" if ":" in address else "AF_INET"
    code = BIND.format(family=family, address=address, port=port.number, option=option)
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "Address already in use" in run.stderr


@pytest.mark.parametrize("address", ADDRESSES)
def test_port_that_is_held_on_one_address_is_taken(address):
    """Half of a port is none: `localhost` would reach the other process. Nothing stays open."""
    port = Port()
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as other:
        if ":" in address:
            other.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        other.bind((address, port.number))
        other.listen()
        with pytest.raises(PortTakenError, match="in use"):
            port.open()
    assert not is_open(port.number)
    port.stop()


@pytest.mark.parametrize("fails", ["socket", "bind"])
def test_machine_without_ipv6_listens_on_ipv4(monkeypatch, fails):
    """There is nobody then who could hold the other address."""

    class Socket(socket.socket):
        def __init__(self, family=-1, *arguments, **keywords):
            if family == socket.AF_INET6 and fails == "socket":
                raise OSError(errno.EAFNOSUPPORT, "not supported")
            super().__init__(family, *arguments, **keywords)

        def bind(self, address):
            if self.family == socket.AF_INET6:
                raise OSError(errno.EADDRNOTAVAIL, "not available")
            super().bind(address)

    port = Port()
    with monkeypatch.context() as patch:
        patch.setattr(listener.socket, "socket", Socket)
        port.open()
    assert request(port.number)[0] == 200
    port.stop()


def test_failure_that_is_not_about_ipv6_is_no_success(monkeypatch):
    """Out of file descriptors: nobody would listen."""

    def refuse(*_):
        raise OSError(errno.EMFILE, "Too many open files")

    port = Port()
    with monkeypatch.context() as patch:
        patch.setattr(listener, "_bound", refuse)
        with pytest.raises(PortTakenError, match="Too many open files"):
            port.open()
    port.stop()


def test_port_is_free_again_at_once(port):
    """Also with connections of a moment ago, and again and again."""
    for _ in range(3):
        with connect(port.number) as connection:
            request(port.number)
            port.close()
            assert read(connection) == b""
        assert not is_open(port.number)
        port.open()


def test_connection_of_the_last_moment_is_closed_too():
    """A scanner that comes while the port closes leaves nothing open, though the loop stops right after."""
    for _ in range(20):
        port = Port().open()
        is_open(port.number)
        port.stop()
    gc.collect()  # what was left open complains then, and fails this test


def test_port_is_given_back_though_a_forked_child_has_it(port):
    """A child that multiprocessing forked meanwhile has a copy of the socket; it must not go on listening."""
    with port.listener._held[0].dup():
        port.close()
        assert not is_open(port.number)
        port.open()
        assert request(port.number)[0] == 200


FORKS = """
import asyncio, os, sys
from cognito_nb.receivers.listener import Answer, Listener

async def handle(request):
    return Answer(200)

async def main():
    await Listener("localhost:{port}", handle, too_large=Answer(431)).open({port})
    if os.fork() == 0:
        print(os.getpid(), flush=True)
        os.read(0, 1)
        os._exit(0)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
def test_forked_child_holds_no_port():
    """The parent goes on listening; once it was killed, nobody does, though the child lives on."""
    (port,) = free_ports(1)
    code = FORKS.format(port=port)
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        child = int(parent.stdout.readline())
        assert request(port)[0] == 200
        parent.kill()
        parent.wait()
        assert not is_open(port)
        os.kill(child, 0)  # it is still there


def test_windows_is_asked_for_exclusive_use(monkeypatch):
    """There SO_REUSEADDR would let another process take over a port that is in use."""
    asked = []

    class Socket(socket.socket):
        def setsockopt(self, level, option, value):
            asked.append(option)

    monkeypatch.setattr(listener.sys, "platform", "win32")
    monkeypatch.setattr(socket, "SO_EXCLUSIVEADDRUSE", -5, raising=False)
    monkeypatch.setattr(listener.socket, "socket", Socket)
    listener._bound(socket.AF_INET, "127.0.0.1", 0).close()
    assert asked == [-5]


@pytest.mark.holds("CB-10", "SE-11")
def test_no_log_holds_a_query(port, caplog):
    """Not at DEBUG, not of what is refused, and not when the handler fails."""
    caplog.set_level(logging.DEBUG)
    for target in ("/?code=4f1d", "/fail?code=4f1d"):
        request(port.number, target)
        request(port.number, target, host="evil.example")
        send(port.number, f"GET {target}\r\n\r\n".encode())
    assert request(port.number, "/fail?code=4f1d")[0] == 500
    assert "a request failed: ValueError" in caplog.text
    assert "4f1d" not in caplog.text
