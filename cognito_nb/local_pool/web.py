"""What all handlers have in common: a recorded arrival, faults on request, the pool's time, logs without queries.

An authorization code travels in a query, so no log line, not even that of a crash, may hold one.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
import uuid
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from tornado.httputil import format_timestamp
from tornado.web import Finish, RequestHandler

from .delivery import FaultyConnection
from .grants import authorization_server
from .pool import RecordedRequest

if TYPE_CHECKING:
    from asyncio import Future
    from types import TracebackType

    from .oauth import PoolAuthorizationServer
    from .pool import UserPool

__all__ = ["JsonHandler", "NotFoundHandler", "PoolHandler", "endpoint_names", "log_request"]

_log = logging.getLogger(__name__)


class PoolHandler(RequestHandler):
    """Base of the handlers; ``endpoint`` is its name in requests, latencies and faults."""

    endpoint: ClassVar[str] = "other"
    pool: UserPool

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

    async def prepare(self) -> None:
        """Record the request, wait as long as the endpoint shall take, and let it fail if it shall."""
        method, path = self.request.method or "", self.request.path
        self.pool.requests.append(RecordedRequest(self.endpoint, method, path, self.pool.clock()))
        fault = self.pool.faults.take(self.endpoint)
        seconds = self.pool.latency.get(self.endpoint, 0.0)
        if fault is not None and not fault.after:
            seconds += fault.delay
        if seconds:
            await asyncio.sleep(seconds)
        if fault is None:
            return
        self.request.connection = FaultyConnection(self, fault)
        if not fault.lets_work:
            raise Finish

    def finish(self, chunk: str | bytes | dict[str, Any] | None = None) -> Future[None]:
        """Finish the answer, dated by the pool's clock."""
        self.set_header("Date", format_timestamp(self.pool.clock()))
        return super().finish(chunk)

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


class JsonHandler(PoolHandler):
    """Base of the endpoints that programs call."""

    cross_origin: ClassVar[bool] = True

    def set_default_headers(self) -> None:
        """Add what Cognito's machine endpoints send."""
        super().set_default_headers()
        self.set_header("x-amz-cognito-request-id", str(uuid.uuid4()))
        self.set_header("Content-Type", "application/json;charset=UTF-8")
        if self.cross_origin:
            self.set_header("Access-Control-Allow-Origin", "*")

    def write_json(self, status: int, body: Any) -> None:  # noqa: ANN401 - any JSON
        """Finish with a JSON object; an empty one is an empty body."""
        self.set_status(status)
        if body:
            self.write(body)
            self.set_header("Content-Type", "application/json;charset=UTF-8")  # write() sets its own
        else:
            self.clear_header("Content-Type")
        self.finish()


class NotFoundHandler(PoolHandler):
    """Any other path."""

    async def prepare(self) -> None:
        """Answer every method with 404."""
        await super().prepare()
        self.send_error(404)


def endpoint_names() -> list[str]:
    """Return the names of all endpoints, in alphabetical order."""
    handlers, names = [PoolHandler], set()
    while handlers:
        handler = handlers.pop()
        names.add(handler.endpoint)
        handlers += handler.__subclasses__()
    return sorted(names - {""})


def log_request(handler: RequestHandler) -> None:
    """Write the access line: method, path, status; no query."""
    _log.info("%s %s %d", handler.request.method, handler.request.path, handler.get_status())
