"""What all pages for the browser have in common: header fields, words, and what becomes of a refused request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AccessDeniedError

from .oauth import OAuthRequest, callback_url
from .texts import ENGLISH, TEMPLATES
from .web import PoolHandler

if TYPE_CHECKING:
    from .browser_sessions import BrowserSession
    from .texts import Texts

__all__ = ["SESSION_COOKIE", "PageHandler"]

SESSION_COOKIE = "cognito"
# No form-action: Chromium applies it to the redirect that answers the form too, and that leads to the client's
# callback, whose host a policy cannot always name (http://[::1]:8888)
_POLICY = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'"


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

    def refuse(self, error: OAuth2Error) -> None:
        """Answer a refused authorization request: at the callback if its redirect was sound, else on the error page."""
        if not error.redirect_uri:
            self.show_error_page(error.error, self.parameter("client_id"))
            return
        switches = self.pool.switches
        parameters = {
            "error": error.error,
            # Authlib has a description for each error; Cognito documents none
            "error_description": error.description if isinstance(error, AccessDeniedError) else None,
            "state": self.parameter("state") if switches.state_on_errors else None,
        }
        fragment = self.parameter("response_type") == "token"
        self.redirect(
            callback_url(error.redirect_uri, parameters, keep_query=switches.callback_query_kept, fragment=fragment)
        )

    def parameter(self, name: str) -> str | None:
        """Return a parameter of the query, not stripped as tornado's own method does it."""
        values = self.request.query_arguments.get(name)
        return values[0].decode(errors="replace") if values else None

    def check_request(self) -> Any:  # noqa: ANN401 - an Authlib grant, untyped
        """Return the grant for the authorization request in the query, or answer it and return ``None``."""
        if self.pool.switches.json_state_refused and (self.parameter("state") or "").lstrip().startswith("{"):
            self.send_error(400)
            return None
        try:
            return self.oauth.get_consent_grant(OAuthRequest.from_query(self.request))
        except OAuth2Error as error:
            self.refuse(error)
            return None

    def answer(self, grant: Any, session: BrowserSession | None) -> None:  # noqa: ANN401 - an Authlib grant
        """Send the browser to the callback: with a code or tokens, or with ``access_denied`` for no session."""
        try:
            _, _, headers = grant.create_authorization_response(grant.redirect_uri, session)
        except OAuth2Error as error:
            self.refuse(error)
            return
        self.redirect(dict(headers)["Location"])
