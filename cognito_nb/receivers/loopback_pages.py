"""What a browser gets on the loopback port: the start page, the callback, and the outcome; as on the Jupyter server."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import secrets
import time
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .. import callback_pages, pages
from ..secret import Secret
from ..sign_ins import RefusedError, SignIns
from ..urls import with_redirect_uri
from ..wire import COOKIE_PREFIX
from .listener import Answer

if TYPE_CHECKING:
    from ..wire import SignInRequest
    from .listener import Request

__all__ = ["PAGE_SECONDS", "LoopbackPages", "too_large"]

PAGE_SECONDS = 2.0  # for the browser's page to come for the outcome, before the port closes
_START_COOKIE = COOKIE_PREFIX + "start_"
_OPENED = "opened="  # the start page's query, from a redirect file
_LOOK_AHEAD = ("sec-purpose", "purpose", "x-moz", "x-purpose")  # by which a browser tells that it only looks ahead


class LoopbackPages:
    """The pages of one sign-in; used on one event loop.

    Browsers send the callback's cookie to every port of this host, where other users may listen. So it tells neither
    the start page's path nor the cookie that opens this page again.

    Parameters
    ----------
    request : SignInRequest
        The sign-in.

    Attributes
    ----------
    sign_ins, sign_in : SignIns, SignIn
        What has become of it.
    redirect_uri : str
        Where the browser comes back to; set it before the port is open.
    changed : asyncio.Event
        Set when there may be news of the sign-in.
    asks, told : bool, asyncio.Event
        Whether a browser's page waits for the outcome; set once it has got it.
    """

    def __init__(self, request: SignInRequest) -> None:
        self.changed = asyncio.Event()
        self.told = asyncio.Event()
        self.asks = False
        self.redirect_uri = ""
        self.sign_ins = SignIns(on_change=lambda _: self.changed.set())
        self.sign_in = self.sign_ins.create(request, now=time.monotonic())
        self._start_name = secrets.token_urlsafe(16)
        self._start_secret = Secret(secrets.token_urlsafe(32))
        self._opening: Secret | None = Secret(_OPENED + secrets.token_urlsafe(32))  # until it was used

    @property
    def start_url(self) -> str:
        """The page that binds the sign-in to the browser and goes on to Cognito; it holds no protocol data."""
        parts = urlsplit(self.redirect_uri)
        return f"{parts.scheme}://{parts.netloc}{self._start_path}"

    @property
    def opening_url(self) -> str:
        """The same for a file of ours: to a browser this is another site, so the address shows once that it is not."""
        return f"{self.start_url}?{self._opening.reveal()}" if self._opening else self.start_url

    async def wait(self) -> None:
        """Wait for news, but not for long."""
        self.changed.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PAGE_SECONDS):
                await self.changed.wait()

    async def serve(self, request: Request) -> Answer:
        """Answer a browser, or whatever else comes by; only the two right paths have an effect."""
        if request.method != "GET":
            harmless = {"HEAD": HTTPStatus.OK, "OPTIONS": HTTPStatus.NO_CONTENT}  # a mail scanner, a link preview
            status = harmless.get(request.method, HTTPStatus.METHOD_NOT_ALLOWED)
            return Answer(status, headers={**pages.headers(), "Allow": "GET, HEAD, OPTIONS"})
        if request.path == self._outcome_path:
            return await self._outcome(request)
        serve = {self._callback_path: self._take, self._start_path: self._begin}.get(request.path)
        if serve is None:
            return _page(callback_pages.refusal("unknown"), HTTPStatus.NOT_FOUND)
        if any(word in request.headers.get(name, "") for name in _LOOK_AHEAD for word in ("prefetch", "preview")):
            return _page(callback_pages.refusal("unknown"), HTTPStatus.SERVICE_UNAVAILABLE)  # asks again in earnest
        try:
            return serve(request)
        except RefusedError as refused:
            return _page(callback_pages.refusal(refused.cause), HTTPStatus.BAD_REQUEST)

    def _begin(self, request: Request) -> Answer:
        """Bind the sign-in to the first browser that comes, and send it to Cognito."""
        now, sign_in = time.monotonic(), self.sign_in
        self.sign_ins.find_live(sign_in.id, now=now)
        if request.headers.get("sec-fetch-dest", "document") != "document":
            raise RefusedError("unknown")
        by_file = self._opens(request.query)
        if request.headers.get("sec-fetch-site") == "cross-site" and not by_file:
            return _page(callback_pages.confirmation(self._start_path), HTTPStatus.OK)
        again = self._start_secret == Secret(request.cookies.get(self._start_cookie, ""))
        own = sign_in.binding.reveal() if again and sign_in.binding else None
        binding, url = self.sign_ins.start(sign_in.id, own, self.redirect_uri, now=now)
        rest = f"Max-Age={math.ceil(sign_in.expires_at - now)}; HttpOnly; SameSite=Lax"
        cookies = (
            f"{COOKIE_PREFIX}{sign_in.id}={binding.reveal()}; Path={self._callback_path}; {rest}",
            f"{self._start_cookie}={self._start_secret.reveal()}; Path={self._start_path}; {rest}",
        )
        location = {"Location": with_redirect_uri(url.reveal(), self.redirect_uri)}
        return Answer(HTTPStatus.SEE_OTHER, headers={**pages.headers(), **location}, cookies=cookies)

    def _opens(self, query: str) -> bool:
        """Tell whether our file has led here; one use."""
        if self._opening is None or self._opening != Secret(query):
            return False
        self._opening = None
        return True

    def _take(self, request: Request) -> Answer:
        """Take the authorization response; one use."""
        now = time.monotonic()
        try:
            params = pages.parse_callback_query(request.query)
            self.sign_ins.answer(params, request.cookies, now=now)
        except pages.QueryError as error:
            self.sign_ins.spoil(error.states, request.cookies, now=now)
            raise RefusedError("malformed") from None
        if ("code" in params) == ("error" in params):
            raise RefusedError("malformed")  # the kernel refuses it too, in its own words
        self.asks = True
        return _page(callback_pages.answer_received(self._outcome_path), HTTPStatus.OK)

    async def _outcome(self, request: Request) -> Answer:
        """Tell the browser that owns the sign-in what became of it."""
        headers = {**pages.headers(), "Content-Type": "application/json"}
        if not self.sign_in.owned_by(request.cookies.get(COOKIE_PREFIX + self.sign_in.id)):
            return Answer(HTTPStatus.NOT_FOUND, "{}", headers)
        if self.sign_in.ended is None:
            await self.wait()
        if self.sign_in.ended is not None:
            asyncio.get_running_loop().call_later(0.1, self.told.set)  # once it is on its way
        return Answer(HTTPStatus.OK, json.dumps(callback_pages.outcome(self.sign_in)), headers)

    @property
    def _callback_path(self) -> str:
        return urlsplit(self.redirect_uri).path or "/"

    @property
    def _outcome_path(self) -> str:
        return f"{self._callback_path.rstrip('/')}/{self.sign_in.id}"

    @property
    def _start_path(self) -> str:
        return f"/cognito/start/{self._start_name}"

    @property
    def _start_cookie(self) -> str:
        return _START_COOKIE + self._start_name


def too_large() -> Answer:
    """Return the answer to more header fields than are read."""
    return _page(callback_pages.too_many_cookies(), HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)


def _page(page: pages.Page, status: int) -> Answer:
    return Answer(status, pages.render(page), pages.headers())
