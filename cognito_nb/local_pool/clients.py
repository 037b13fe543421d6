"""App clients of the local user pool: who may ask for what, and where answers may go.

Source: "App clients" in the Cognito developer guide; ``CreateUserPoolClient`` in the API reference.
"""

from __future__ import annotations

import hmac
import re
import secrets
import string
from dataclasses import dataclass, field
from types import NoneType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from authlib.oauth2.rfc6749 import ClientMixin

from .checks import check, items
from .lifetimes import Lifetimes
from .providers import LOCAL_PROVIDER

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["DEFAULT_CALLBACK_URLS", "DEFAULT_CLIENT_ID", "AppClient", "check_urls"]

# The same in every run, so that a committed configuration file can name it
DEFAULT_CLIENT_ID = "1local0demo0client0nb20260"
DEFAULT_CALLBACK_URLS = ("http://localhost:8888/cognito/callback", "http://127.0.0.1:8888/cognito/callback")

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_LONGEST_GRACE = 60
_MOST_URLS = 100
_CLIENT_ID = re.compile(r"[\w+]{1,128}", re.ASCII)
_SECRET = re.compile(r"[\w+]{24,64}", re.ASCII)
_URL = re.compile(r"[!-~]{1,1024}")
_SCOPE = re.compile(r"[!#-\[\]-~]{1,256}")  # RFC 6749 section 3.3
_MOST_SCOPES = 50
_PROVIDER = re.compile(r"\S{1,32}")
_SCRIPTS = {"data", "javascript", "vbscript"}
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
        1 to 128 ASCII letters, digits, ``_`` and ``+``; by default 26 random lower-case letters and digits.
    client_secret
        24 to 64 of the same characters; ``None`` for a public client.
    callback_urls, logout_urls
        Up to 100 each; compared as strings, to the last slash.
    default_redirect_uri
        The callback URL for a request that names none; by default the only one.
    scopes
        What the client may ask for, and what it gets when it asks for nothing; up to 50. By default all of the pool.
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
    TypeError
        For a value of another type, with the name of the parameter.
    ValueError
        For what Cognito would not register, with the name of the parameter.
    """

    client_id: str = field(default_factory=_new_client_id)
    client_secret: str | None = field(default=None, repr=False)
    callback_urls: list[str] = field(default_factory=lambda: list(DEFAULT_CALLBACK_URLS))
    logout_urls: list[str] = field(default_factory=list)
    default_redirect_uri: str | None = None
    scopes: tuple[str, ...] | None = None
    flows: tuple[str, ...] = ("code",)
    identity_providers: tuple[str, ...] = (LOCAL_PROVIDER,)
    oauth_enabled: bool = True
    read_attributes: tuple[str, ...] | None = None
    token_revocation: bool = True
    rotation: bool = False
    rotation_grace: float = 0
    lifetimes: Lifetimes | None = None

    def __post_init__(self) -> None:
        self._check_types()
        if not _CLIENT_ID.fullmatch(self.client_id):
            raise ValueError("client_id takes 1 to 128 letters, digits, _ and +")
        if self.client_secret is not None and not _SECRET.fullmatch(self.client_secret):
            raise ValueError("client_secret takes 24 to 64 letters, digits, _ and +")
        check_urls("callback_urls", self.callback_urls)
        check_urls("logout_urls", self.logout_urls)
        scopes = self.scopes or ()
        if len(scopes) > _MOST_SCOPES or not all(map(_SCOPE.fullmatch, scopes)):
            raise ValueError(f"scopes takes up to {_MOST_SCOPES} names, without blanks")
        if not all(map(_PROVIDER.fullmatch, self.identity_providers)):
            raise ValueError("identity_providers takes names of 1 to 32 characters, without blanks")
        if self.default_redirect_uri not in {None, *self.callback_urls}:
            raise ValueError("default_redirect_uri must be one of callback_urls")
        if not 0 <= self.rotation_grace <= _LONGEST_GRACE:
            raise ValueError(f"rotation_grace must be 0 to {_LONGEST_GRACE} seconds")
        self._check_flows()

    def _check_types(self) -> None:
        check("client_id", self.client_id, str)
        check("client_secret", self.client_secret, str, NoneType)
        check("rotation_grace", self.rotation_grace, int, float)
        check("lifetimes", self.lifetimes, Lifetimes, NoneType)
        self.callback_urls = items("callback_urls", self.callback_urls, str)
        self.logout_urls = items("logout_urls", self.logout_urls, str)
        self.flows = tuple(items("flows", self.flows, str))
        self.identity_providers = tuple(items("identity_providers", self.identity_providers, str))
        if self.scopes is not None:
            self.scopes = tuple(items("scopes", self.scopes, str))
        if self.read_attributes is not None:
            self.read_attributes = tuple(items("read_attributes", self.read_attributes, str))

    def _check_flows(self) -> None:
        if not self.flows and self.oauth_enabled:
            raise ValueError("flows must name one, or oauth_enabled be false")
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


def check_urls(name: str, urls: Iterable[str]) -> None:
    """Refuse callback or sign-out URLs that Cognito would not register.

    Parameters
    ----------
    name
        What they are called in the message.
    urls
        All that a client has of this kind.

    Raises
    ------
    TypeError
        When they are no strings, or one string.
    ValueError
        When there are more than 100, or one is relative, has a fragment, is longer than 1024 characters, is not all
        printable ASCII, has a port that there is not, is a script, or is plain http to anything but this machine.
    """
    urls = items(name, urls, str)
    if len(urls) > _MOST_URLS:
        raise ValueError(f"{name} takes up to {_MOST_URLS} URLs")
    for url in urls:
        if fault := _fault_of_url(url):
            raise ValueError(f"{name}: {fault}: {url[:100]!r}")


def _fault_of_url(url: str) -> str:
    if not _URL.fullmatch(url):
        return "not 1 to 1024 printable ASCII characters without blanks"
    try:
        parts, _ = urlsplit(url), urlsplit(url).port
    except ValueError as error:  # a port above 65535, brackets around no address
        return str(error)
    reached = parts.hostname if parts.scheme in {"http", "https"} else parts.netloc or parts.path
    if not parts.scheme or not reached or "#" in url:
        return "not an absolute URL without a fragment"
    if parts.scheme in _SCRIPTS:
        return f"{parts.scheme}: is no place to go back to"
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        return "http:// is for localhost, 127.0.0.1 and [::1] only"
    return ""
