"""The pages and redirects of a sign-in and a sign-out: authorize, login, logout, error, signed out.

Sources: "Authorize endpoint", "Login endpoint", "Logout endpoint" in the Cognito developer guide.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from authlib.oauth2 import OAuth2Error

from .page import SESSION_COOKIE, AuthorizationHandler, PageHandler
from .providers import LOCAL_PROVIDER
from .texts import LANGUAGES, TEMPLATES, texts_in
from .users import DEMO_PASSWORD

if TYPE_CHECKING:
    from .browser_sessions import BrowserSession
    from .texts import Texts
    from .users import User

__all__ = ["AuthorizeHandler", "ErrorHandler", "LoginHandler", "LogoutHandler", "SignedOutHandler", "StyleHandler"]

_CSRF_COOKIE = "XSRF-TOKEN"
_LANGUAGE_COOKIE = "lang"


class AuthorizeHandler(AuthorizationHandler):
    """``GET /oauth2/authorize``."""

    endpoint = "authorize"

    def get(self) -> None:
        """Go to the sign-in page, or straight back if this browser has signed in within the hour."""
        grant = self.check_request()
        if grant is None:
            return
        prompts = (self.parameter("prompt") or "").split()
        session = self._session(grant)
        if session is not None and "login" not in prompts:
            self.answer(grant, session)
        elif "none" in prompts:
            self.refuse(OAuth2Error(error="login_required", redirect_uri=grant.redirect_uri))
        else:
            self.redirect(f"{self.pool.domain}/login?{self.request.query}")

    def _session(self, grant: Any) -> BrowserSession | None:  # noqa: ANN401 - an Authlib grant
        """Return this browser's session if it suits the request: the client, and the provider if one is named."""
        client = grant.request.client
        lifetime = self.pool.lifetimes_of(client.client_id).browser_session
        session = self.pool.session(self.get_cookie(SESSION_COOKIE), lifetime)
        user = self.pool.current_user(session.user) if session else None
        if session is None or user is None:
            return None
        provider = user.provider or LOCAL_PROVIDER
        if grant.provider not in {None, provider} or provider not in client.identity_providers:
            return None
        return replace(session, user=user)


class LoginHandler(AuthorizationHandler):
    """``/login``: the sign-in page; its query is the authorization request's.

    When that names an external provider, the page is a stand-in for the provider's own: who signs in there is chosen
    from the users whom the pool has from it.
    """

    endpoint = "login"

    @property
    def texts(self) -> Texts:
        """The words in the language of the request, or of an earlier one."""
        return texts_in(self._language() or self.get_cookie(_LANGUAGE_COOKIE))

    def _language(self) -> str | None:
        wanted = self.parameter("lang")
        return wanted if wanted in LANGUAGES else None

    def get(self) -> None:
        """Show the page."""
        grant = self.check_request()
        if grant is None:
            return
        if language := self._language():
            self.remember(_LANGUAGE_COOKIE, language, expires_days=365)
        # The cookie stays for the other tabs of this browser
        browser = self.get_cookie(_CSRF_COOKIE) or str(uuid.uuid4())
        self.remember(_CSRF_COOKIE, browser)
        page_id = self.pool.open_sign_in_page(browser)
        self._show(grant, page_id, username=self.parameter("login_hint") or "")

    def post(self) -> None:
        """Sign in, or cancel."""
        grant = self.check_request()
        if grant is None:
            return
        page_id = self.get_body_argument("_csrf", "")
        if not self.pool.is_open_sign_in_page(page_id, self.get_cookie(_CSRF_COOKIE)):
            self.set_status(self.pool.switches.expired_page_status)
            self.render("error.html", message="Something went wrong. Please start the sign-in again.")
            return
        if self.get_body_argument("cancel", "") and self._can_cancel(grant):
            self.answer(grant, None)
            return
        username = self.get_body_argument("username", "")
        user = self._user(grant, username)
        if user is None:
            self._show(grant, page_id, username=username, message=self.texts["wrong_password"])
            return
        self.pool.close_sign_in_page(page_id)
        cookie, session = self.pool.open_session(user)
        max_age = int(self.pool.lifetimes_of(grant.request.client.client_id).browser_session)
        self.remember(SESSION_COOKIE, cookie, max_age=max_age)
        self.answer(grant, session)

    def _can_cancel(self, grant: Any) -> bool:  # noqa: ANN401 - an Authlib grant
        return grant.provider not in {None, LOCAL_PROVIDER} or self.pool.switches.sign_in_page_can_cancel

    def _user(self, grant: Any, username: str) -> User | None:  # noqa: ANN401 - an Authlib grant
        if grant.provider not in {None, LOCAL_PROVIDER}:
            user = self.pool.user(username)
            return user if user is not None and user.provider == grant.provider else None
        if LOCAL_PROVIDER not in grant.request.client.identity_providers:
            return None
        return self.pool.authenticate(username, self.get_body_argument("password", "", strip=False))

    def _show(self, grant: Any, page_id: str, *, username: str, message: str = "") -> None:  # noqa: ANN401 - the same
        page = {"csrf": page_id, "username": username, "message": message}
        if grant.provider not in {None, LOCAL_PROVIDER}:
            users = [user for user in self.pool.users if user.provider == grant.provider]
            self.render("provider.html", provider=grant.provider, users=users, **page)
            return
        providers = grant.request.client.identity_providers if grant.provider is None else (LOCAL_PROVIDER,)
        self.render(
            "login.html",
            by_password=LOCAL_PROVIDER in providers,
            can_cancel=self._can_cancel(grant),
            links={
                name: f"/login?{self.request.query}&{urlencode({'identity_provider': name})}"
                for name in providers
                if name != LOCAL_PROVIDER
            },
            demo_users=[user.username for user in self.pool.users if user.password == DEMO_PASSWORD],
            demo_password=DEMO_PASSWORD,
            **page,
        )


class LogoutHandler(PageHandler):
    """``GET /logout``: ends the browser session; tokens are untouched."""

    endpoint = "logout"

    def get(self) -> None:
        """Sign out and leave, or sign out and go to the sign-in page."""
        client_id = self.parameter("client_id")
        if not client_id:
            self.show_error_page("Required String parameter 'client_id' is not present", None)
            return
        client = self.pool.clients.get(client_id)
        if client is None:
            self.show_error_page("Client does not exist.", client_id)
            return
        logout_uri = self.parameter("logout_uri")
        if logout_uri in client.logout_urls:
            self._end_session()
            self.redirect(logout_uri)
            return
        # An unregistered logout_uri is ignored, hence the misleading message, which is Cognito's
        for name in ("redirect_uri", "response_type"):
            if not self.parameter(name):
                self.show_error_page(f"Required String parameter '{name}' is not present", client.client_id)
                return
        if not client.check_redirect_uri(self.parameter("redirect_uri") or ""):
            self.show_error_page("redirect_mismatch", client.client_id)
            return
        self._end_session()
        names = ("client_id", "redirect_uri", "response_type", "scope", "state", "nonce")
        query = {"scope": " ".join(client.scopes or ())} | {
            name: value for name in names if (value := self.parameter(name))
        }
        self.redirect(f"{self.pool.domain}/login?{urlencode(query)}")

    def _end_session(self) -> None:
        self.pool.end_session(self.get_cookie(SESSION_COOKIE))
        self.clear_cookie(SESSION_COOKIE)


class ErrorHandler(PageHandler):
    """``GET /error``: what went wrong before a callback could be trusted."""

    endpoint = "error"

    def get(self) -> None:
        """Show the page, with status 400."""
        self.set_status(400)
        self.render("error.html", message=self.parameter("error") or "")


class SignedOutHandler(PageHandler):
    """``GET /signed-out``: a page to come to after sign-out, for clients that have none of their own."""

    endpoint = "signed-out"

    def get(self) -> None:
        """Show the page."""
        self.render("signed_out.html")


class StyleHandler(PageHandler):
    """``GET /assets/style.css``: the looks of the pages."""

    endpoint = "style"

    def get(self) -> None:
        """Send the one file."""
        self.set_header("Content-Type", "text/css;charset=UTF-8")
        self.write((TEMPLATES / "style.css").read_bytes())
