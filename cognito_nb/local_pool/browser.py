"""The pages and redirects that the user's browser sees: authorize, login, logout, error, signed out.

Sources: "Authorize endpoint", "Login endpoint", "Logout endpoint" in the Cognito developer guide.
"""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AccessDeniedError

from .oauth import OAuthRequest, callback_url
from .web import PoolHandler

if TYPE_CHECKING:
    from .pool import BrowserSession

__all__ = ["TEMPLATES", "AuthorizeHandler", "ErrorHandler", "LoginHandler", "LogoutHandler", "SignedOutHandler"]

TEMPLATES = Path(__file__).parent / "templates"
_SESSION_COOKIE = "cognito"
_CSRF_COOKIE = "XSRF-TOKEN"
# No form-action: Chromium applies it to the redirect that answers the form too, and that leads to the client's
# callback, whose host a policy cannot always name (http://[::1]:8888)
_POLICY = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'"
_WRONG_PASSWORD = "Incorrect username or password."


class _PageHandler(PoolHandler):
    def set_default_headers(self) -> None:
        super().set_default_headers()
        self.set_header("Content-Security-Policy", _POLICY)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("X-Frame-Options", "DENY")
        self.set_header("Referrer-Policy", "strict-origin-when-cross-origin")

    def get_template_path(self) -> str:
        return str(TEMPLATES)

    def show_error_page(self, error: str, client_id: str | None) -> None:
        """Send the browser to the pool's own error page; the callback is not called."""
        self.redirect(f"{self.pool.domain}/error?" + urlencode({"error": error, "client_id": client_id or ""}))

    def refuse(self, error: OAuth2Error) -> None:
        """Answer a refused authorization request: at the callback if its redirect was sound, else on the error page."""
        if not error.redirect_uri:
            self.show_error_page(error.error, self.parameter("client_id"))
            return
        # Authlib has a description for each error; Cognito documents none
        description = error.description if isinstance(error, AccessDeniedError) else None
        parameters = {"error": error.error, "error_description": description, "state": self.parameter("state")}
        self.redirect(callback_url(error.redirect_uri, parameters))

    def parameter(self, name: str) -> str | None:
        """Return a parameter of the query, not stripped as tornado's own method does it."""
        values = self.request.query_arguments.get(name)
        return values[0].decode(errors="replace") if values else None

    def check_request(self) -> Any:  # noqa: ANN401 - an Authlib grant, untyped
        """Return the grant for the authorization request in the query, or answer it and return ``None``."""
        try:
            return self.oauth.get_consent_grant(OAuthRequest.from_query(self.request))
        except OAuth2Error as error:
            self.refuse(error)
            return None

    def answer(self, grant: Any, session: BrowserSession | None) -> None:  # noqa: ANN401 - an Authlib grant
        """Send the browser to the callback: with a code, or with ``access_denied`` for no session."""
        try:
            _, _, headers = grant.create_authorization_response(grant.redirect_uri, session)
        except OAuth2Error as error:
            self.refuse(error)
            return
        self.redirect(dict(headers)["Location"])


class AuthorizeHandler(_PageHandler):
    """``GET /oauth2/authorize``."""

    endpoint = "authorize"

    def get(self) -> None:
        """Go to the sign-in page, or straight back if this browser has signed in within the hour."""
        grant = self.check_request()
        if grant is None:
            return
        prompts = (self.parameter("prompt") or "").split()
        session = self.pool.session(self.get_cookie(_SESSION_COOKIE))
        if session is not None and "login" not in prompts:
            self.answer(grant, session)
        elif "none" in prompts:
            self.refuse(OAuth2Error(error="login_required", redirect_uri=grant.redirect_uri))
        else:
            self.redirect(f"{self.pool.domain}/login?{self.request.query}")


class LoginHandler(_PageHandler):
    """``/login``: the sign-in page; its query is the authorization request's."""

    endpoint = "login"

    def get(self) -> None:
        """Show the page."""
        if self.check_request() is None:
            return
        # The cookie stays for the other tabs of this browser
        browser = self.get_cookie(_CSRF_COOKIE) or str(uuid.uuid4())
        self.set_cookie(_CSRF_COOKIE, browser, httponly=True, samesite="Lax")
        page_id = self.pool.open_sign_in_page(browser)
        self._show(page_id, username=self.parameter("login_hint") or "", message="")

    def post(self) -> None:
        """Sign in, or cancel."""
        grant = self.check_request()
        if grant is None:
            return
        page_id = self.get_body_argument("_csrf", "")
        if not self.pool.is_open_sign_in_page(page_id, self.get_cookie(_CSRF_COOKIE)):
            self.set_status(400)
            self.render("error.html", message="Something went wrong. Please start the sign-in again.")
            return
        if self.get_body_argument("cancel", ""):
            self.answer(grant, None)
            return
        username = self.get_body_argument("username", "")
        user = self.pool.authenticate(username, self.get_body_argument("password", "", strip=False))
        if user is None:
            self._show(page_id, username=username, message=_WRONG_PASSWORD)
            return
        self.pool.close_sign_in_page(page_id)
        cookie, session = self.pool.open_session(user)
        max_age = int(self.pool.lifetimes.browser_session)
        self.set_cookie(_SESSION_COOKIE, cookie, httponly=True, samesite="Lax", max_age=max_age)
        self.answer(grant, session)

    def _show(self, page_id: str, *, username: str, message: str) -> None:
        self.render("login.html", csrf=page_id, username=username, message=message)


class LogoutHandler(_PageHandler):
    """``GET /logout``: ends the browser session; tokens are untouched."""

    endpoint = "logout"

    def get(self) -> None:
        """Sign out and leave, or sign out and go to the sign-in page."""
        client = self.oauth.query_client(self.parameter("client_id"))
        if client is None:
            self.show_error_page("Client does not exist.", self.parameter("client_id"))
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
        query = {"scope": " ".join(client.scopes)} | {name: value for name in names if (value := self.parameter(name))}
        self.redirect(f"{self.pool.domain}/login?{urlencode(query)}")

    def _end_session(self) -> None:
        self.pool.end_session(self.get_cookie(_SESSION_COOKIE))
        self.clear_cookie(_SESSION_COOKIE)


class ErrorHandler(_PageHandler):
    """``GET /error``: what went wrong before a callback could be trusted."""

    endpoint = "error"

    def get(self) -> None:
        """Show the page, with status 400."""
        self.set_status(400)
        self.render("error.html", message=self.parameter("error") or "")


class SignedOutHandler(_PageHandler):
    """``GET /signed-out``: a page to come to after sign-out, for clients that have none of their own."""

    endpoint = "signed-out"

    def get(self) -> None:
        """Show the page."""
        self.render("signed_out.html")
