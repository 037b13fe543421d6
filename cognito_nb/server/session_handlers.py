"""The HTTP face of the remembered sessions: for kernels alone, behind the capability."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado import web

from ..wire_sessions import LEASE_PATH, SESSIONS_PATH, KeepRequest, LeaseRequest
from .base import ApiHandler, Waiters
from .kept_sessions import KeptSessions, LostError, TooManyError

if TYPE_CHECKING:
    from ..wire_sessions import KeptSession

__all__ = ["session_routes", "session_settings"]

_KEY = "([0-9a-f]{64})"


def session_routes() -> list[tuple[str, type[web.RequestHandler]]]:
    """Return the routes of remembered sessions, below the server's base_url."""
    return [(LEASE_PATH, LeaseHandler), (f"{SESSIONS_PATH}/{_KEY}", SessionHandler)]


def session_settings() -> dict[str, object]:
    """Return what the handlers share, new for each server."""
    changed, free = Waiters(), Waiters()
    return {
        "cognito_nb_kept_sessions": KeptSessions(on_change=changed.wake, on_free=free.wake),
        "cognito_nb_session_waiters": changed,
        "cognito_nb_lease_waiters": free,
    }


class _Handler(ApiHandler):
    """What both have in common."""

    is_gone = False

    @property
    def kept_sessions(self) -> KeptSessions:
        """The sessions that this server remembers."""
        return cast("KeptSessions", self.settings["cognito_nb_kept_sessions"])

    def on_connection_close(self) -> None:
        """Note that nobody is there for an answer any more."""
        super().on_connection_close()
        self.is_gone = True


class LeaseHandler(_Handler):
    """``POST cognito/api/lease``."""

    @allow_unauthenticated
    async def post(self) -> None:
        request = self.read(LeaseRequest.from_json, self.body_of_this_version())
        if not request.seconds:
            self.kept_sessions.release(request.key, request.holder)
            self.set_status(HTTPStatus.NO_CONTENT)
            return
        until = time.monotonic() + self.seconds_to_wait()
        kept = self.lease(request)
        if kept is None and (seconds := until - time.monotonic()) > 0:
            held = self.kept_sessions.seconds_held(request.key, now=time.monotonic())
            await cast("Waiters", self.settings["cognito_nb_lease_waiters"]).wait(request.key, min(seconds, held))
            kept = None if self.is_gone else self.lease(request)  # nobody must get it who is not there to use it
        if kept is None:
            self.set_status(HTTPStatus.NO_CONTENT)
        else:
            self.reply(kept.to_json())

    def lease(self, request: LeaseRequest) -> KeptSession | None:
        """Give the lease if it is free."""
        try:
            return self.kept_sessions.lease(request, now=time.monotonic())
        except LostError:
            raise web.HTTPError(HTTPStatus.CONFLICT, "the lease is lost") from None
        except TooManyError:
            raise web.HTTPError(HTTPStatus.TOO_MANY_REQUESTS, "too many sessions are remembered") from None


class SessionHandler(_Handler):
    """``GET`` (long poll), ``PUT`` and ``DELETE cognito/api/sessions/KEY``."""

    @allow_unauthenticated
    async def get(self, key: str) -> None:
        since = self.get_query_argument("since", "")
        if not since.isdecimal():
            raise web.HTTPError(HTTPStatus.BAD_REQUEST, "bad field: since")
        seconds = self.seconds_to_wait()
        kept = self.kept_sessions.find(key)
        if str(kept.version) == since and seconds:
            await cast("Waiters", self.settings["cognito_nb_session_waiters"]).wait(key, seconds)
            kept = self.kept_sessions.find(key)
        if str(kept.version) == since:
            self.set_status(HTTPStatus.NO_CONTENT)
        else:
            self.reply(kept.to_json())

    @allow_unauthenticated
    def put(self, key: str) -> None:
        request = self.read(KeepRequest.from_json, self.body())
        try:
            version = self.kept_sessions.keep(key, request.holder, request.session)
        except LostError:
            raise web.HTTPError(HTTPStatus.CONFLICT, "the lease is lost") from None
        self.reply({"version": version})

    @allow_unauthenticated
    def delete(self, key: str) -> None:
        self.reply(self.kept_sessions.forget(key).to_json())
