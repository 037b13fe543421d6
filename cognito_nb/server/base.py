"""What the handlers share: quiet logs, headers of their own, the Host check, the capability, and waiting.

No handler logs a query, a header or an exception's text: tornado prints the whole URL of whatever is raised, and
jupyter_server's access line scrubs literal parameter names only (measured).
"""

from __future__ import annotations

import asyncio
import hmac
import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal, cast

from jupyter_server.base.handlers import JupyterHandler
from tornado import web

from .. import pages, wire
from ..causes import cause_of
from .sign_ins import RefusedError

if TYPE_CHECKING:
    from ..secret import Secret
    from .sign_ins import SignIns

__all__ = ["ApiHandler", "Handler", "OpenHandler", "Waiters"]


class Waiters:
    """Who waits for a change of a sign-in: they are woken by it, nobody looks at a clock."""

    def __init__(self) -> None:
        self._futures: dict[str, set[asyncio.Future[None]]] = {}

    def wake(self, sign_in_id: str) -> None:
        """Wake all who wait for this sign-in."""
        for future in self._futures.pop(sign_in_id, ()):
            if not future.done():
                future.set_result(None)

    def wake_all(self) -> None:
        """Wake everybody: the server stops."""
        for sign_in_id in [*self._futures]:
            self.wake(sign_in_id)

    async def wait(self, sign_in_id: str, seconds: float) -> None:
        """Return at the next change, or after `seconds`."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._futures.setdefault(sign_in_id, set()).add(future)
        await asyncio.wait([future], timeout=seconds)
        waiting = self._futures.get(sign_in_id, set())
        waiting.discard(future)
        if not waiting:
            self._futures.pop(sign_in_id, None)


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
        row = cause_of(cause)
        likely = pages.Section("Likely causes", row.likely)
        tone: Literal["wait", "bad"] = "wait" if cause == "unknown" else "bad"  # most often a harmless reload
        self.show(pages.Page(row.title, row.fix, tone=tone, sections=(likely,)), status)

    def write_error(self, status_code: int, **_: object) -> None:
        """Answer what was raised with a constant page."""
        self.show(pages.Page(HTTPStatus(status_code).phrase, "Go back to the notebook."), status_code)

    def log_exception(self, typ: type[BaseException] | None, *_: object) -> None:
        """Log what kind of fault it was, and nothing of the request."""
        if typ is not None and not issubclass(typ, (web.HTTPError, RefusedError)):
            self.log.error("cognito_nb: %s failed with %s", type(self).__name__, typ.__name__)

    def _log(self) -> None:
        self.log.debug("cognito_nb: %s %s %d", self.request.method, self.request.path, self.get_status())


class OpenHandler(Handler):
    """One that asks for no Jupyter login: it does not even look for one, nor for an XSRF token."""

    async def prepare(self, *, _redirect_to_login: bool = False) -> None:
        """Check the Host header: DNS rebinding is no way in."""
        self.current_user = None
        if not self.check_host():
            raise web.HTTPError(HTTPStatus.FORBIDDEN)


class ApiHandler(OpenHandler):
    """One for kernels: JSON, behind the capability."""

    def set_default_headers(self) -> None:
        """Set the headers of JSON that nobody displays."""
        super().set_default_headers()
        self.set_header("Content-Type", "application/json")
        self.set_header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")

    async def prepare(self, *, _redirect_to_login: bool = False) -> None:
        """Check the capability, in constant time."""
        await super().prepare()
        given = self.request.headers.get(wire.CAPABILITY_HEADER, "")
        capability = cast("Secret", self.settings["cognito_nb_capability"]).reveal()
        if not hmac.compare_digest(given.encode(), capability.encode()):
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
        if len(self.request.body) > wire.MAX_BODY_BYTES:
            raise web.HTTPError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the body is too large")
        try:
            return json.loads(self.request.body)
        except (ValueError, RecursionError):  # deep nesting is no ValueError
            raise web.HTTPError(HTTPStatus.BAD_REQUEST, "the body is not JSON") from None
