"""What the handlers share: quiet logs, headers of their own, the Host check, the capability, and waiting.

No handler logs a query, a header or an exception's text: tornado prints the whole URL of whatever is raised, and
jupyter_server's access line scrubs literal parameter names only (measured).
"""

from __future__ import annotations

import asyncio
import json
import math
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar, cast

from jupyter_server.base.handlers import JupyterHandler
from tornado import web

from .. import callback_pages, pages, wire
from ..secret import Secret
from ..sign_ins import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tornado.http1connection import HTTP1Connection

    from ..sign_ins import SignIns

__all__ = ["ApiHandler", "Handler", "OpenHandler", "Waiters"]

T = TypeVar("T")


class Waiters:
    """Who waits for a change of a sign-in or of a session: they are woken by it, nobody looks at a clock."""

    def __init__(self) -> None:
        self._futures: dict[str, set[asyncio.Future[None]]] = {}

    def wake(self, name: str) -> None:
        """Wake all who wait for this one."""
        for future in self._futures.pop(name, ()):
            if not future.done():
                future.set_result(None)

    def wake_all(self) -> None:
        """Wake everybody: the server stops."""
        for name in [*self._futures]:
            self.wake(name)

    async def wait(self, name: str, seconds: float) -> None:
        """Return at the next change, or after `seconds`."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._futures.setdefault(name, set()).add(future)
        await asyncio.wait([future], timeout=seconds)
        waiting = self._futures.get(name, set())
        waiting.discard(future)
        if not waiting:
            self._futures.pop(name, None)


class Handler(JupyterHandler):
    """What all have in common: quiet logs, headers of our own, the Host check, and no CORS."""

    @property
    def sign_ins(self) -> SignIns:
        """The sign-ins of this server."""
        return cast("SignIns", self.settings["cognito_nb_sign_ins"])

    @property
    def waiters(self) -> Waiters:
        """Who waits for them."""
        return cast("Waiters", self.settings["cognito_nb_waiters"])

    def set_default_headers(self) -> None:
        """Set our headers, not JupyterHandler's: those allow framing, and a user's own could undo ours."""
        for name, value in pages.headers().items():
            self.set_header(name, value)

    def set_cors_headers(self) -> None:
        """Allow no other origin to read anything here, whatever ``allow_origin`` says for the rest of Jupyter."""

    def compute_etag(self) -> str | None:
        """Send none: it would be a hash of the code."""

    def show(self, page: pages.Page, status: int = HTTPStatus.OK) -> None:
        """Answer with a page."""
        self.set_status(status)
        self.finish(pages.render(page))

    def refuse(self, cause: str, status: int) -> None:
        """Answer with the page of a cause."""
        self.show(callback_pages.refusal(cause), status)

    def write_error(self, status_code: int, **_: object) -> None:
        """Answer what was raised with a constant page."""
        self.show(pages.Page(HTTPStatus(status_code).phrase, "Go back to the notebook."), status_code)

    def log_exception(self, typ: type[BaseException] | None, *_: object) -> None:
        """Log what kind of fault it was, and nothing of the request."""
        if typ is not None and not issubclass(typ, (web.HTTPError, RefusedError)):
            self.log.error("cognito_nb: %s failed with %s", type(self).__name__, typ.__name__)

    def _log(self) -> None:
        self.log.debug("cognito_nb: %s %s %d", self.request.method, self.request.path, self.get_status())


@web.stream_request_body  # or tornado would read a stranger's 500 MB before it asks `prepare`
class OpenHandler(Handler):
    """One that asks for no Jupyter login: it does not even look for one, nor for an XSRF token."""

    def initialize(self) -> None:
        """Start with no body."""
        self.received = bytearray()

    async def prepare(self, *, _redirect_to_login: bool = False) -> None:
        """Check the Host header: DNS rebinding is no way in."""
        self.current_user = None
        if not self.check_host():
            raise web.HTTPError(HTTPStatus.FORBIDDEN)
        cast("HTTP1Connection", self.request.connection).set_max_body_size(wire.MAX_BODY_BYTES)

    def data_received(self, chunk: bytes) -> None:
        """Take what has passed `prepare`; tornado answers 400 to what is larger."""
        self.received += chunk


class ApiHandler(OpenHandler):
    """One for kernels: JSON, behind the capability."""

    def set_default_headers(self) -> None:
        """Set the headers of JSON that nobody displays."""
        super().set_default_headers()
        self.set_header("Content-Type", "application/json")
        self.set_header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")

    async def prepare(self, *, _redirect_to_login: bool = False) -> None:
        """Check the capability, in the constant time of a `Secret`."""
        await super().prepare()
        if Secret(self.request.headers.get(wire.CAPABILITY_HEADER, "")) != self.settings["cognito_nb_capability"]:
            raise web.HTTPError(HTTPStatus.FORBIDDEN, "the capability is missing or wrong")

    def reply(self, body: dict[str, Any], status: int = HTTPStatus.OK) -> None:
        """Answer with JSON."""
        self.set_status(status)
        self.finish(json.dumps(body))

    def write_error(self, status_code: int, **kwargs: Any) -> None:  # noqa: ANN401 - tornado's own signature
        """Answer what was raised with JSON."""
        error = kwargs.get("exc_info", (None, None))[1]
        if isinstance(error, RefusedError):
            status_code, message = HTTPStatus.NOT_FOUND, "this sign-in is unknown or over"
        else:
            message = getattr(error, "log_message", None) or HTTPStatus(status_code).phrase
        self.reply({"message": message}, status_code)

    def body(self) -> Any:  # noqa: ANN401 - whatever JSON it is; `wire` reads it
        """Return the JSON of the body."""
        try:
            return json.loads(self.received)
        except (ValueError, RecursionError):  # deep nesting is no ValueError
            raise web.HTTPError(HTTPStatus.BAD_REQUEST, "the body is not JSON") from None

    def body_of_this_version(self) -> Any:  # noqa: ANN401 - as for `body`
        """Return the JSON of the body; a kernel that speaks another version is told both: one was updated alone."""
        body = self.body()
        version = self.read(wire.wire_version, body)
        if version is None:
            raise web.HTTPError(HTTPStatus.BAD_REQUEST, "bad field: wire")
        if version != wire.WIRE_VERSION:
            message = f"the server's cognito_nb speaks version {wire.WIRE_VERSION}, the kernel's {version}"
            self.reply({"message": message, "server": wire.WIRE_VERSION, "kernel": version}, HTTPStatus.CONFLICT)
            raise web.Finish
        return body

    def read(self, reader: Callable[[object], T], body: object) -> T:
        """Read a message of the wire; the answer to a bad one names the field."""
        try:
            return reader(body)
        except wire.WireError as error:
            field = error.args[0]
        raise web.HTTPError(HTTPStatus.BAD_REQUEST, f"bad field: {field}")

    def seconds_to_wait(self) -> float:
        """Return for how long a long poll may be held."""
        try:
            seconds = float(self.get_query_argument("wait", "0"))
        except ValueError:
            seconds = math.nan
        if not seconds >= 0:
            raise web.HTTPError(HTTPStatus.BAD_REQUEST, "bad field: wait")
        return min(seconds, wire.LONG_POLL_SECONDS)
