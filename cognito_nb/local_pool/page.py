"""What all pages for the browser have in common: header fields, words, and what becomes of a refused request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AccessDeniedError

from .oauth import OAuthRequest, callback_url
from .providers import LOCAL_PROVIDER
from .texts import ENGLISH, TEMPLATES
from .web import OAuthErrorHandler, PoolHandler

if TYPE_CHECKING:
    from .browser_sessions import BrowserSession
    from .faults import Fault
    from .texts import Texts

__all__ = ["SESSION_COOKIE", "AuthorizationHandler", "PageHandler"]

SESSION_COOKIE = "cognito"
# No form-action: Chromium applies it to the redirect that answers the form too, and that leads to the client's
# callback, whose host a policy cannot always name (http://[::1]:8888)
_POLICY = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'"
_UNBRANDED = "Login pages unavailable. Please contact an administrator."


class PageHandler(PoolHandler):
    """Base of the handlers that a browser meets."""

    def set_default_headers(self) -> None:
        """Add what keeps a page to itself."""
        super().set_default_headers()
        self.set_header("Content-Security-Policy", _POLICY)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("X-Frame-Options", "DENY")
        self.set_header("Referrer-Policy", "strict-origin-when-cross-origin")

    @property
    def texts(self) -> Texts:
        """The words of the page."""
        return ENGLISH

    def get_template_path(self) -> str:
        """Return where the pages are."""
        return str(TEMPLATES)

    def get_template_namespace(self) -> dict[str, Any]:
        """Let every page use the words."""
        return super().get_template_namespace() | {"texts": self.texts}

    def show_error_page(self, error: str, client_id: str | None) -> None:
        """Send the browser to the pool's own error page; the callback is not called."""
        if self.pool.switches.error_page_redirects:
            self.redirect(f"{self.pool.domain}/error?" + urlencode({"error": error, "client_id": client_id or ""}))
            return
        self.set_status(400)
        self.render("error.html", message=error)

    def remember(self, name: str, value: str, **options: Any) -> None:  # noqa: ANN401 - of a cookie
        """Set a cookie that no script sees, and that travels by https only if the pool speaks it."""
        secure = self.pool.domain.startswith("https:")
        self.set_cookie(name, value, httponly=True, samesite="Lax", secure=secure, **options)

    def parameter(self, name: str) -> str | None:
        """Return a parameter of the query, not stripped as tornado's own method does it."""
        values = self.request.query_arguments.get(name)
        return values[0].decode(errors="replace") if values else None


class AuthorizationHandler(PageHandler, OAuthErrorHandler):
    """Base of the pages whose query is an authorization request."""

    def write_oauth_error(self, error: str, description: str | None = None, *, with_state: bool = True) -> None:
        """Send the browser with an error to the callback if the request's redirect is sound, else to the error page."""
        try:
            redirect_uri = self.oauth.get_consent_grant(OAuthRequest.from_query(self.request)).redirect_uri
        except OAuth2Error as found:
            redirect_uri = found.redirect_uri
        self._send_away(redirect_uri, error, description, with_state=with_state)

    def write_fault(self, fault: Fault) -> None:
        """Finish with what a fault puts in place of the answer; its error may come without ``state``."""
        if fault.error is None:
            super().write_fault(fault)
            return
        self.write_oauth_error(fault.error, fault.error_description, with_state=fault.with_state)

    def refuse(self, error: OAuth2Error) -> None:
        """Answer a refused authorization request."""
        # Authlib has a description for each error; Cognito documents none
        description = error.description if isinstance(error, AccessDeniedError) else None
        self._send_away(error.redirect_uri, error.error, description)

    def _send_away(
        self, redirect_uri: str | None, error: str, description: str | None, *, with_state: bool = True
    ) -> None:
        if not redirect_uri:
            self.show_error_page(error, self.parameter("client_id"))
            return
        switches = self.pool.switches
        state = self.parameter("state") if with_state and switches.state_on_errors else None
        parameters = {"error": error, "error_description": description, "state": state}
        fragment = self.parameter("response_type") == "token"
        self.redirect(
            callback_url(redirect_uri, parameters, keep_query=switches.callback_query_kept, fragment=fragment)
        )

    def check_request(self) -> Any:  # noqa: ANN401 - an Authlib grant, untyped
        """Return the grant for the authorization request in the query, or answer it and return ``None``."""
        if self.pool.switches.json_state_refused and (self.parameter("state") or "").lstrip().startswith("{"):
            self.send_error(400)
            return None
        try:
            grant = self.oauth.get_consent_grant(OAuthRequest.from_query(self.request))
        except OAuth2Error as error:
            self.refuse(error)
            return None
        of_pool = self.endpoint == "login" and grant.provider in {None, LOCAL_PROVIDER}
        if of_pool and not self.pool.switches.login_page_branded:
            self.set_status(403)
            self.render("error.html", message=_UNBRANDED)
            return None
        return grant

    def answer(self, grant: Any, session: BrowserSession | None) -> None:  # noqa: ANN401 - an Authlib grant
        """Send the browser to the callback: with a code or tokens, or with ``access_denied`` for no session."""
        try:
            _, _, headers = grant.create_authorization_response(grant.redirect_uri, session)
        except OAuth2Error as error:
            self.refuse(error)
            return
        self.redirect(dict(headers)["Location"])
