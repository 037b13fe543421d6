"""What the pool knows of browsers: sign-in pages that are open, and sessions behind the ``cognito`` cookie.

A page must be finished within five minutes, in the browser that opened it. A session lasts an hour from the
interactive sign-in, not from the last use. Source: "Managed login" in the Cognito developer guide.
"""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .lifetimes import drop_ended

if TYPE_CHECKING:
    from collections.abc import Callable

    from .lifetimes import Lifetimes
    from .users import User

__all__ = ["BrowserSession", "BrowserSessions", "SignInPage"]

_MOST_PAGES = 1000


@dataclass(frozen=True, slots=True)
class SignInPage:
    """A sign-in page that was shown, and to which browser."""

    browser: str
    usable_until: float


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """What the ``cognito`` cookie stands for: who signed in with this browser, and when."""

    user: User
    signed_in_at: float


class BrowserSessions:
    """The part of a pool that looks after browsers."""

    clock: Callable[[], float]
    lifetimes: Lifetimes

    def __init__(self) -> None:
        self._sign_in_pages: dict[str, SignInPage] = {}
        self._sessions: dict[str, BrowserSession] = {}

    @property
    def longest_browser_session(self) -> float:
        """Seconds after which nobody takes a browser session any more."""
        return self.lifetimes.browser_session

    def open_session(self, user: User) -> tuple[str, BrowserSession]:
        """Start a browser session, and forget those that have ended; return the value of its cookie too."""
        now = self.clock()
        drop_ended(self._sessions, lambda each: each.signed_in_at + self.longest_browser_session <= now)
        session = BrowserSession(user, now)
        cookie = secrets.token_urlsafe(32)
        self._sessions[cookie] = session
        return cookie, session

    def session(self, cookie: str | None, lifetime: float | None = None) -> BrowserSession | None:
        """Return the live session behind a cookie; lifetime in seconds, the pool's unless a client has its own."""
        session = self._sessions.get(cookie or "")
        lifetime = self.lifetimes.browser_session if lifetime is None else lifetime
        return session if session and session.signed_in_at + lifetime > self.clock() else None

    def end_session(self, cookie: str | None) -> None:
        """End a browser session; tokens are untouched."""
        self._sessions.pop(cookie or "", None)

    def open_sign_in_page(self, browser: str) -> str:
        """Note that a browser was shown the page; return its id.

        Pages that nobody can finish any more are forgotten, and above 1000 the oldest: any web page can open them.
        """
        page_id, now, pages = str(uuid.uuid4()), self.clock(), self._sign_in_pages
        drop_ended(pages, lambda page: page.usable_until <= now or len(pages) >= _MOST_PAGES)
        pages[page_id] = SignInPage(browser, now + self.lifetimes.sign_in_page)
        return page_id

    def is_open_sign_in_page(self, page_id: str, browser: str | None) -> bool:
        """Tell whether this browser may still finish this page."""
        page = self._sign_in_pages.get(page_id)
        return page is not None and page.browser == browser and page.usable_until > self.clock()

    def close_sign_in_page(self, page_id: str) -> None:
        """Forget a page that did its work."""
        self._sign_in_pages.pop(page_id, None)
