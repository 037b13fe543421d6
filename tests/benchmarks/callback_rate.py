"""How many callbacks a second one connection gets through, beside a handler that returns a constant.

Both are served by one Jupyter server, in turn; the requests are bytes that are made beforehand, so that the client
takes next to no part in the measurement.
"""

import contextlib
import secrets
import socket
import statistics
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode

from server import harness

from cognito_nb import wire

__all__ = ["callback_rate"]

ROUNDS, REQUESTS = 15, 30
SERVE = Path(__file__).with_name("serve_constant.py")


def callback_rate():
    """Yield the rows: an unknown state, which is what an attack looks like, and a good answer."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        stack.enter_context(_served_by(SERVE))
        server = stack.enter_context(
            contextlib.contextmanager(harness.run_server)(Path(folder), "--Application.log_level=30")
        )
        rates = _rates(server)
    constant = statistics.median(rates["constant"])
    yield "a constant from a JupyterHandler, one connection", f"{constant:.0f}/s", ""
    for name in ("unknown state", "good answer"):
        ratios = [rate / beside for rate, beside in zip(rates[name], rates["constant"], strict=True)]
        yield f"callback, {name}, over it", f"{statistics.median(ratios):.2f} ×", "0.80 ×"


@contextlib.contextmanager
def _served_by(script):
    before, harness.SERVE = harness.SERVE, script
    try:
        yield
    finally:
        harness.SERVE = before


def _rates(server):
    rates = {"constant": [], "unknown state": [], "good answer": []}
    callback = f"{server.base_url}{wire.CALLBACK_PATH}"
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        for _ in range(ROUNDS):
            unknown = [
                f"{callback}?{urlencode({'code': secrets.token_hex(18), 'state': secrets.token_urlsafe(32)})}"
                for _ in range(REQUESTS)
            ]
            started = [server.started() for _ in range(REQUESTS)]
            good = [
                (f"{callback}?{urlencode({'code': secrets.token_hex(18), 'state': state})}", cookies)
                for state, _, cookies in started
            ]
            batches = {
                "constant": [_request(server, f"{server.base_url}constant")] * REQUESTS,
                "unknown state": [_request(server, path) for path in unknown],
                "good answer": [_request(server, path, cookies) for path, cookies in good],
            }
            for name, batch in batches.items():
                status = b"400" if name == "unknown state" else b"200"
                rates[name].append(REQUESTS / _seconds(connection, batch, status))
            for _, sign_in_id, _ in started:
                server.api("DELETE", f"/{sign_in_id}")
    return rates


def _request(server, path, cookies=None):
    cookie = "; ".join(f"{name}={value}" for name, value in (cookies or {}).items())
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{server.port}", f"Cookie: {cookie}", "", ""]
    return "\r\n".join(lines).encode()


def _seconds(connection, batch, status):
    """Send requests one after the other; returns how long all answers took."""
    started = time.perf_counter()
    for request in batch:
        connection.sendall(request)
        head, _, body = connection.recv(65536).partition(b"\r\n\r\n")
        assert head.split(b" ", 2)[1] == status, head
        missing = int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0]) - len(body)
        while missing:
            missing -= len(connection.recv(missing))
    return time.perf_counter() - started
