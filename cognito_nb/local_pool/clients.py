"""App clients of the local user pool: who may ask for what, and where answers may go.

Source: "App clients" in the Cognito developer guide; ``CreateUserPoolClient`` in the API reference.
"""

from __future__ import annotations

import hmac
import secrets
import string
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from authlib.oauth2.rfc6749 import ClientMixin

__all__ = ["DEFAULT_CALLBACK_URLS", "DEFAULT_CLIENT_ID", "AppClient", "check_redirect_url"]

# The same in every run, so that a committed configuration file can name it
DEFAULT_CLIENT_ID = "1local0demo0client0nb20260"
DEFAULT_CALLBACK_URLS = ("http://localhost:8888/cognito/callback", "http://127.0.0.1:8888/cognito/callback")

_SCOPES = ("aws.cognito.signin.user.admin", "phone", "openid", "profile", "email")
_NEED_OPENID = {"email", "phone", "profile"}
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_LONGEST_GRACE = 60


def _new_client_id() -> str:
    """Make a client id of Cognito's looks: 26 lower-case letters and digits."""
    return "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(26))


@dataclass(slots=True, kw_only=True)
class AppClient(ClientMixin):  # type: ignore[misc]  # Authlib is untyped
    """One app client; public unless it has a secret.

    Parameters
    ----------
    client_id
        Up to 128 word characters; by default 26 random lower-case letters and digits.
    client_secret
        ``None`` for a public client.
    callback_urls, logout_urls
        Compared as strings, to the last slash.
    scopes
        What the client may ask for, and what it gets when it asks for nothing.
    rotation
        Whether a refresh answers with a new refresh token and retires the old one.
    rotation_grace
        Seconds, 0 to 60, for which the old refresh token still works after a rotation.

    Raises
    ------
    ValueError
        For a URL that Cognito would not register, or a grace out of range.
    """

    client_id: str = field(default_factory=_new_client_id)
    client_secret: str | None = field(default=None, repr=False)
    callback_urls: list[str] = field(default_factory=lambda: list(DEFAULT_CALLBACK_URLS))
    logout_urls: list[str] = field(default_factory=list)
    scopes: tuple[str, ...] = _SCOPES
    rotation: bool = False
    rotation_grace: float = 0

    def __post_init__(self) -> None:
        for url in (*self.callback_urls, *self.logout_urls):
            check_redirect_url(url)
        if not 0 <= self.rotation_grace <= _LONGEST_GRACE:
            raise ValueError(f"rotation_grace must be 0 to {_LONGEST_GRACE} seconds")

    def granted_scopes(self, requested: str | None) -> tuple[str, ...] | None:
        """Scopes to grant in the client's own order, or ``None`` when the request is not acceptable."""
        wanted = set((requested or "").split()) or set(self.scopes)
        if not wanted <= set(self.scopes) or (wanted & _NEED_OPENID and "openid" not in wanted):
            return None
        return tuple(scope for scope in self.scopes if scope in wanted)

    # What Authlib asks of a client

    def get_client_id(self) -> str:
        """Return the client id."""
        return self.client_id

    def get_default_redirect_uri(self) -> str | None:
        """Return the callback URL for a request that names none: there is one only if it is the only one."""
        return self.callback_urls[0] if len(self.callback_urls) == 1 else None

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """Return the scopes to grant as one string, or ``None``."""
        granted = self.granted_scopes(scope)
        return None if granted is None else " ".join(granted)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Tell whether this exact string is registered."""
        return redirect_uri in self.callback_urls

    def check_client_secret(self, client_secret: str | None) -> bool:
        """Tell whether the secret is right; a public client must send none."""
        if self.client_secret is None or client_secret is None:
            return self.client_secret is client_secret
        return hmac.compare_digest(self.client_secret.encode(), client_secret.encode())

    def check_response_type(self, response_type: str) -> bool:
        """Tell whether a flow is enabled: only the authorization code flow is."""
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        """Tell whether a grant is enabled at the token endpoint."""
        return grant_type in {"authorization_code", "refresh_token"}


def check_redirect_url(url: str) -> None:
    """Refuse a callback or logout URL that Cognito would not register.

    Raises
    ------
    ValueError
        When it is relative, has a fragment, or is plain http to anything but this machine.
    """
    parts = urlsplit(url)
    if not parts.scheme or not (parts.netloc or parts.path) or "#" in url:
        raise ValueError(f"not an absolute URL without a fragment: {url}")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise ValueError(f"http:// is for localhost, 127.0.0.1 and [::1] only: {url}")
