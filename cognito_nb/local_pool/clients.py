"""App clients of the local user pool: who may ask for what, and where answers may go.

Source: "App clients" in the Cognito developer guide; ``CreateUserPoolClient`` in the API reference.
"""

from __future__ import annotations

import hmac
import secrets
import string
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from authlib.oauth2.rfc6749 import ClientMixin

from .providers import LOCAL_PROVIDER
from .scopes import DEMO_RESOURCE_SERVERS, SYSTEM_SCOPES

if TYPE_CHECKING:
    from .lifetimes import Lifetimes

__all__ = ["DEFAULT_CALLBACK_URLS", "DEFAULT_CLIENT_ID", "AppClient", "check_redirect_url"]

# The same in every run, so that a committed configuration file can name it
DEFAULT_CLIENT_ID = "1local0demo0client0nb20260"
DEFAULT_CALLBACK_URLS = ("http://localhost:8888/cognito/callback", "http://127.0.0.1:8888/cognito/callback")

_SCOPES = (*SYSTEM_SCOPES, *(scope for server in DEMO_RESOURCE_SERVERS for scope in server.full_scopes))
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_LONGEST_GRACE = 60
_RESPONSE_TYPES = {"code": "code", "token": "implicit"}
_GRANT_TYPES = {"authorization_code": "code", "refresh_token": "code", "client_credentials": "client_credentials"}


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
    default_redirect_uri
        The callback URL for a request that names none; by default the only one.
    scopes
        What the client may ask for, and what it gets when it asks for nothing.
    flows
        Of ``code``, ``implicit`` and ``client_credentials``; the last one alone, and with a secret.
    identity_providers
        Names of the providers to sign in with; ``COGNITO`` is the pool itself.
    oauth_enabled
        ``AllowedOAuthFlowsUserPoolClient``: without it no flow works, whatever else is set.
    read_attributes
        Attributes that the client sees; ``None`` for all. A scope that opens others makes its code worthless.
    token_revocation
        Whether the revocation endpoint takes the client's refresh tokens.
    rotation
        Whether a refresh answers with a new refresh token and retires the old one.
    rotation_grace
        Seconds, 0 to 60, for which the old refresh token still works after a rotation.
    lifetimes
        Of the client's tokens, codes and use of a browser session; ``None`` for the pool's.

    Raises
    ------
    ValueError
        For what Cognito would not register: a URL, a combination of flows, a grace out of range.
    """

    client_id: str = field(default_factory=_new_client_id)
    client_secret: str | None = field(default=None, repr=False)
    callback_urls: list[str] = field(default_factory=lambda: list(DEFAULT_CALLBACK_URLS))
    logout_urls: list[str] = field(default_factory=list)
    default_redirect_uri: str | None = None
    scopes: tuple[str, ...] = _SCOPES
    flows: tuple[str, ...] = ("code",)
    identity_providers: tuple[str, ...] = (LOCAL_PROVIDER,)
    oauth_enabled: bool = True
    read_attributes: tuple[str, ...] | None = None
    token_revocation: bool = True
    rotation: bool = False
    rotation_grace: float = 0
    lifetimes: Lifetimes | None = None

    def __post_init__(self) -> None:
        for url in (*self.callback_urls, *self.logout_urls):
            check_redirect_url(url)
        if self.default_redirect_uri not in {None, *self.callback_urls}:
            raise ValueError("default_redirect_uri must be one of callback_urls")
        if not 0 <= self.rotation_grace <= _LONGEST_GRACE:
            raise ValueError(f"rotation_grace must be 0 to {_LONGEST_GRACE} seconds")
        if not set(self.flows) <= {"code", "implicit", "client_credentials"}:
            raise ValueError("flows are code, implicit and client_credentials")
        if "client_credentials" in self.flows and (len(self.flows) > 1 or self.client_secret is None):
            raise ValueError("client_credentials must be the only flow, of a client with a secret")

    # What Authlib asks of a client

    def get_client_id(self) -> str:
        """Return the client id."""
        return self.client_id

    def get_default_redirect_uri(self) -> str | None:
        """Return the callback URL for a request that names none, which only a client with one provider may do."""
        if len(self.identity_providers) != 1:
            return None
        return self.default_redirect_uri or (self.callback_urls[0] if len(self.callback_urls) == 1 else None)

    def get_allowed_scope(self, scope: str | None) -> str:
        """Return the requested scopes as they are: the pool judges, which knows the resource servers."""
        return scope or ""

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Tell whether this exact string is registered."""
        return redirect_uri in self.callback_urls

    def check_client_secret(self, client_secret: str | None) -> bool:
        """Tell whether the secret is right; a public client must send none."""
        if self.client_secret is None or client_secret is None:
            return self.client_secret is client_secret
        return hmac.compare_digest(self.client_secret.encode(), client_secret.encode())

    def check_response_type(self, response_type: str) -> bool:
        """Tell whether the flow of a response type is enabled."""
        return _RESPONSE_TYPES.get(response_type) in self.flows

    def check_grant_type(self, grant_type: str) -> bool:
        """Tell whether a grant is enabled at the token endpoint."""
        return _GRANT_TYPES.get(grant_type) in self.flows


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
