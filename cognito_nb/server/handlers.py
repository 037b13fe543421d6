"""The HTTP face of the sign-ins; `routes` lists everything that the extension serves.

Three ways in. ``cognito/api`` takes the capability in place of Jupyter's login and XSRF check. The start page wants
Jupyter's login. The callback wants neither: without a login cookie jupyter_server would answer 302
``/login?next=…code=…`` and log the code (measured); state and binding cookie stand in their place.
"""

from __future__ import annotations

import json
import math
import os
import time
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado import web

from .. import callback_pages, pages, wire
from ..causes import cause_of
from ..sign_ins import OK, FullError, RefusedError
from ..urls import with_redirect_uri
from .base import ApiHandler, Handler, OpenHandler
from .redirects import Place, choose, start_under_registered_name
from .session_handlers import session_routes

if TYPE_CHECKING:
    from ..secret import Secret
    from ..sign_ins import SignIn

__all__ = ["routes"]

_ID = "([A-Za-z0-9_-]{1,128})"
_PAGE_POLL_SECONDS = 10.0  # then the page says that the notebook has not come for the answer
_STATUS = {"unknown": 404, "wrong_browser": 403}  # other refusals: 410
_START_COOKIE = wire.COOKIE_PREFIX + "start_"


def routes() -> list[tuple[str, type[web.RequestHandler]]]:
    """Return every route of the extension, below the server's base_url."""
    return [
        (wire.SIGN_INS_PATH, CreateHandler),
        (f"{wire.SIGN_INS_PATH}/{_ID}", SignInHandler),
        (f"{wire.SIGN_INS_PATH}/{_ID}/outcome", OutcomeHandler),
        *session_routes(),
        (f"{wire.START_PATH}/{_ID}", StartHandler),
        (wire.CALLBACK_PATH, CallbackHandler),
        (f"{wire.CALLBACK_PATH}/{_ID}", CallbackOutcomeHandler),
        ("cognito(?:/.*)?", UnknownHandler),
    ]


class CreateHandler(ApiHandler):
    """``POST cognito/api/sign-ins``."""

    @allow_unauthenticated
    def post(self) -> None:
        request = self.read(wire.SignInRequest.from_json, self.body_of_this_version())
        try:
            sign_in = self.sign_ins.create(request, now=time.monotonic())
        except RefusedError:
            raise web.HTTPError(HTTPStatus.BAD_REQUEST, "bad field: state") from None
        except FullError:
            raise web.HTTPError(HTTPStatus.TOO_MANY_REQUESTS, "too many sign-ins are pending") from None
        start_path = f"{self.base_url}{wire.START_PATH}/{sign_in.id}"
        created = wire.SignInCreated(sign_in.id, start_path, request.expires_in)
        self.reply(created.to_json(), HTTPStatus.CREATED)


class SignInHandler(ApiHandler):
    """``GET`` (long poll) and ``DELETE cognito/api/sign-ins/ID``."""

    @allow_unauthenticated
    async def get(self, sign_in_id: str) -> None:
        seconds = self.seconds_to_wait()
        found = self.sign_ins.poll(sign_in_id, now=time.monotonic())
        if found is None and seconds:
            await self.waiters.wait(sign_in_id, seconds)
            found = self.sign_ins.poll(sign_in_id, now=time.monotonic())
        if self.sign_ins.find(sign_in_id, now=time.monotonic()).binding is not None:
            self.set_header(wire.STARTED_HEADER, "yes")
        if found is None:
            self.set_status(HTTPStatus.NO_CONTENT)
        else:
            self.reply(found.to_json())

    @allow_unauthenticated
    def delete(self, sign_in_id: str) -> None:
        self.sign_ins.finish(sign_in_id, "withdrawn", now=time.monotonic())
        self.set_status(HTTPStatus.NO_CONTENT)


class OutcomeHandler(ApiHandler):
    """``POST cognito/api/sign-ins/ID/outcome``."""

    @allow_unauthenticated
    def post(self, sign_in_id: str) -> None:
        match self.body():
            case {"ok": True}:
                cause = OK
            case {"ok": False, "cause": str(code)}:
                cause = cause_of(code).code
            case {"ok": False}:
                cause = cause_of(None).code
            case _:
                raise web.HTTPError(HTTPStatus.BAD_REQUEST, "bad field: ok")
        self.sign_ins.finish(sign_in_id, cause, now=time.monotonic())
        self.set_status(HTTPStatus.NO_CONTENT)


class StartHandler(Handler):
    """``GET cognito/start/ID``: binds the sign-in to this browser and sends it to Cognito."""

    @web.authenticated
    def get(self, sign_in_id: str) -> None:
        now = time.monotonic()
        try:
            if _is_speculative(self) or self.request.headers.get("Sec-Fetch-Dest", "document") != "document":
                return self.refuse("unknown", HTTPStatus.SERVICE_UNAVAILABLE)
            sign_in = self.sign_ins.find_live(sign_in_id, now=now)
            place = Place.of(self.request.host, self.request.protocol, self.base_url, os.environ)
            redirect_uri = choose(sign_in.redirect_uris, place)
            if redirect_uri is None:
                return self.show_not_registered(sign_in, place)
            if self.request.headers.get("Sec-Fetch-Site") == "cross-site":
                return self.show(callback_pages.confirmation(self.request.path))
            cookie = self.get_cookie(_START_COOKIE + sign_in.id)
            binding, url = self.sign_ins.start(sign_in.id, cookie, redirect_uri, now=now)
        except RefusedError as refused:
            return self.refuse(refused.cause, _STATUS.get(refused.cause, HTTPStatus.GONE))
        except ValueError:
            raise web.HTTPError(HTTPStatus.BAD_REQUEST) from None  # the Host header is none
        self.bind(sign_in, binding, math.ceil(sign_in.expires_at - now))
        return self.redirect(with_redirect_uri(url.reveal(), redirect_uri), status=HTTPStatus.SEE_OTHER)

    def bind(self, sign_in: SignIn, binding: Secret, max_age: int) -> None:
        """Set the binding cookie, and its twin: the callback's path keeps the first one from this page."""
        callback, start = self.base_url + wire.CALLBACK_PATH, self.request.path
        for name, path in ((wire.COOKIE_PREFIX, callback), (_START_COOKIE, start)):
            self.set_cookie(
                name + sign_in.id,
                binding.reveal(),
                path=path,
                max_age=max_age,
                httponly=True,
                samesite="Lax",
                secure=sign_in.redirect_uri.startswith("https:"),
            )

    def show_not_registered(self, sign_in: SignIn, place: Place) -> None:
        """Show what to register beside what is configured; nothing has been started."""
        row = cause_of("redirect_not_registered")
        configured = pages.Section("Configured redirect_uris", sign_in.redirect_uris, code=True)
        sections = (pages.Section("The URL to register", (place.default,), code=True), configured)
        url = start_under_registered_name(sign_in.redirect_uris, place, sign_in.id)
        links: tuple[pages.Link, ...] = ()
        text = row.fix
        if url is not None:
            name = urlsplit(url).netloc
            links = (pages.Link(f"Sign in at {name} instead", url),)
            text = f"{row.fix}\nOr open Jupyter itself at {name}: under another name it may ask for its token again."
        self.show(pages.Page(row.title, text, sections=sections, links=links), HTTPStatus.BAD_REQUEST)


class CallbackHandler(OpenHandler):
    """``GET cognito/callback``: takes the authorization response; it never raises."""

    @allow_unauthenticated
    def get(self) -> None:
        if _is_speculative(self):
            return self.refuse("unknown", HTTPStatus.SERVICE_UNAVAILABLE)  # a browser drops it and asks again
        now, cookies = time.monotonic(), {name: morsel.value for name, morsel in self.cookies.items()}
        try:
            params = pages.parse_callback_query(self.request.query)
            sign_in = self.sign_ins.answer(params, cookies, now=now)
        except pages.QueryError as error:
            self.sign_ins.spoil(error.states, cookies, now=now)
            return self.refuse("malformed", HTTPStatus.BAD_REQUEST)
        except RefusedError as refused:
            return self.refuse(refused.cause, HTTPStatus.BAD_REQUEST)
        if ("code" in params) == ("error" in params):  # the kernel refuses it too, in its own words
            return self.refuse("malformed", HTTPStatus.BAD_REQUEST)
        return self.show(callback_pages.answer_received(f"{self.base_url}{wire.CALLBACK_PATH}/{sign_in.id}"))

    @allow_unauthenticated
    def head(self) -> None:
        """Answer a mail scanner or a link preview; nothing is used up."""

    @allow_unauthenticated
    def options(self) -> None:
        """Answer likewise."""
        self.set_header("Allow", "GET, HEAD, OPTIONS")
        self.set_status(HTTPStatus.NO_CONTENT)


class CallbackOutcomeHandler(OpenHandler):
    """``GET cognito/callback/ID``: the outcome, for the page of the browser that owns the sign-in."""

    @allow_unauthenticated
    async def get(self, sign_in_id: str) -> None:
        self.set_header("Content-Type", "application/json")
        try:
            sign_in = self.sign_ins.find(sign_in_id, now=time.monotonic())
            owned = sign_in.owned_by(self.get_cookie(wire.COOKIE_PREFIX + sign_in_id))
        except RefusedError:
            owned = False
        if not owned:
            self.set_status(HTTPStatus.NOT_FOUND)
            self.finish("{}")
            return
        if sign_in.ended is None:
            await self.waiters.wait(sign_in_id, _PAGE_POLL_SECONDS)
        self.finish(json.dumps(callback_pages.outcome(sign_in)))


class UnknownHandler(OpenHandler):
    """Anything else below ``cognito``: ours as well, or jupyter_server would log the query of a mistyped callback."""

    async def prepare(self, *, _redirect_to_login: bool = False) -> None:
        await super().prepare()
        raise web.HTTPError(HTTPStatus.NOT_FOUND)


def _is_speculative(handler: web.RequestHandler) -> bool:
    """Tell whether a browser only looks ahead: that must not use anything up."""
    names = ("Sec-Purpose", "Purpose", "X-Moz", "X-Purpose")
    return any(word in handler.request.headers.get(name, "") for name in names for word in ("prefetch", "preview"))
