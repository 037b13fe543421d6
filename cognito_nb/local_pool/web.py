"""What all handlers have in common: a recorded arrival, faults on request, the pool's time, logs without queries.

An authorization code travels in a query, so no log line, not even that of a crash, may hold one.
"""

from __future__ import annotations

import asyncio
import json
import logging
import traceback
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from tornado.httputil import format_timestamp
from tornado.web import Finish, RequestHandler

from .delivery import FaultyConnection, at_once, write_fault
from .grants import authorization_server
from .pool import RecordedRequest

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Mapping
    from types import TracebackType

    from .faults import Fault
    from .oauth import PoolAuthorizationServer
    from .pool import UserPool

__all__ = [
    "JsonHandler",
    "NotFoundHandler",
    "OAuthErrorHandler",
    "PoolHandler",
    "bearer_status",
    "challenge",
    "log_request",
]

_log = logging.getLogger(__name__)

_THIS_MACHINE = frozenset({"127.0.0.1", "localhost", "[::1]"})


class PoolHandler(RequestHandler):
    """Base of the handlers; ``endpoint`` is its name in requests, latencies and faults."""

    endpoint: ClassVar[str] = "other"
    pool: UserPool
    _instead: Fault | None = None

    def initialize(self, pool: UserPool) -> None:
        """Take the pool."""
        self.pool = pool

    @cached_property
    def oauth(self) -> PoolAuthorizationServer:
        """The OAuth server, which keeps nothing from one request to the next."""
        return authorization_server(self.pool)

    def set_default_headers(self) -> None:
        """Name the look-alike, so that nobody takes it for AWS."""
        self.set_header("Server", "cognito_nb.local_pool")
        self.set_header("Cache-Control", "no-cache, no-store, max-age=0, must-revalidate")

    def check_host(self) -> None:
        """Refuse a request under a name that is not this machine's: a web page whose name was rebound to it."""
        if self.request.host_name not in _THIS_MACHINE:
            self.send_error(403)
            raise Finish

    async def prepare(self) -> None:
        """Record the request, wait as long as the endpoint shall take, and let it fail if it shall."""
        self.check_host()
        method, path = self.request.method or "", self.request.path
        self.pool.requests.append(RecordedRequest(self.endpoint, method, path, self.pool.clock()))
        # A browser's preflight is no attempt: the fault is for the request that follows
        fault = None if method == "OPTIONS" else self.pool.faults.take(self.endpoint)
        seconds = self.pool.latency.get(self.endpoint, 0.0)
        if fault is not None and not fault.after:
            seconds += fault.delay
        if seconds:
            await asyncio.sleep(seconds)
        if fault is None:
            return
        self.request.connection = FaultyConnection(self, fault)
        self._instead = fault if fault.replaces_answer else None
        if not fault.lets_work:
            raise Finish

    def finish(self, chunk: str | bytes | dict[str, Any] | None = None) -> Future[None]:
        """Finish the answer, dated by the pool's clock, or what a fault puts in its place."""
        fault, self._instead = self._instead, None
        if fault is not None:
            self.clear()
            self.write_fault(fault)  # which comes back here
            return at_once()
        with suppress(Exception):  # without an answer the connection would stay open; tornado has set the true date
            self.set_header("Date", format_timestamp(self.pool.clock()))
        return super().finish(chunk)

    def write_fault(self, fault: Fault) -> None:
        """Finish with what a fault puts in place of the answer; the header fields of every answer stay."""
        write_fault(self, fault)

    def compute_etag(self) -> None:
        """Send no ETag: nothing here is worth a conditional request."""

    def write_error(self, status_code: int, **_: Any) -> None:  # noqa: ANN401, ARG002 - tornado's signature
        """Answer a wrong method or a crash with an empty body."""
        self.finish()

    def log_exception(
        self, typ: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None
    ) -> None:
        """Log a crash; tornado's own version prints the URL with its query."""
        if status := getattr(value, "status_code", None):
            _log.info("%s %s refused with %s", self.request.method, self.request.path, status)
            return
        trace = "".join(traceback.format_tb(tb))
        _log.error(
            "%s %s failed with %s\n%s", self.request.method, self.request.path, getattr(typ, "__name__", typ), trace
        )


class OAuthErrorHandler(PoolHandler):
    """Base of the endpoints that refuse with an error code; a `Fault` has them do it unasked."""

    def write_oauth_error(self, error: str, description: str | None = None) -> None:
        """Finish with an error in the endpoint's own manner."""
        raise NotImplementedError

    def write_fault(self, fault: Fault) -> None:
        """Finish with the error of a fault, or with what else it puts in place of the answer."""
        if fault.error is None:
            super().write_fault(fault)
            return
        self.write_oauth_error(fault.error, fault.error_description)


class JsonHandler(PoolHandler):
    """Base of the endpoints that programs call."""

    media_type: ClassVar[str] = "application/json;charset=UTF-8"

    def set_default_headers(self) -> None:
        """Say what comes."""
        super().set_default_headers()
        self.set_header("Content-Type", self.media_type)

    def json_object(self) -> dict[str, Any] | None:
        """Return the JSON object that came as the body, or ``None`` for anything else."""
        try:
            value = json.loads(self.request.body)
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None

    def write_json(self, status: int, body: Any) -> None:  # noqa: ANN401 - any JSON
        """Finish with a JSON object, without blanks as AWS sends it; an empty one is an empty body."""
        self.set_status(status)
        if body:
            self.write(json.dumps(body, separators=(",", ":")))
        else:
            self.clear_header("Content-Type")
        self.finish()


class NotFoundHandler(PoolHandler):
    """Any other path."""

    async def prepare(self) -> None:
        """Answer every method with 404."""
        await super().prepare()
        self.send_error(404)


def bearer_status(error: str) -> int:
    """Return the status of a bearer token's error: RFC 6750 section 3.1."""
    return {"invalid_request": 400, "insufficient_scope": 403}.get(error, 401)


def challenge(members: Mapping[str, str | None]) -> str:
    """Return the parameters of a ``WWW-Authenticate`` field, without a scheme."""
    return ", ".join(f'{name}="{value}"' for name, value in members.items() if value is not None)


def log_request(handler: RequestHandler) -> None:
    """Write the access line: method, path, status; no query."""
    _log.info("%s %s %d", handler.request.method, handler.request.path, handler.get_status())
