"""Authorization server metadata of a user pool (OpenID Connect Discovery 1.0 §4, RFC 8414).

Cognito serves the document on the issuer's host; the OAuth endpoints stand on the user pool's domain. What the
document leaves out (PKCE, public clients) Cognito supports all the same, so no capability is read from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError, ProtocolError
from ..shown_text import public_text
from ..urls import origin_of, url_fault
from .http import HttpRequest, HttpResponse, read_json, without_frames

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Metadata", "discovery_request", "metadata_of_domain", "process_discovery_response"]

_ENDPOINT = "discovery document"
_TOKEN_PATH = "/oauth2/token"  # noqa: S105 - a path


@dataclass(frozen=True, slots=True)
class Metadata:
    """Where a user pool's endpoints are.

    Attributes
    ----------
    issuer : str
        Value of ``iss`` in tokens.
    authorization_endpoint, token_endpoint, jwks_uri : str
        Absolute URLs.
    userinfo_endpoint, revocation_endpoint, end_session_endpoint : str or None
        Absolute URLs, if known; Cognito's end_session_endpoint is its ``/logout``.
    iss_in_response : bool
        Whether authorization responses carry ``iss`` (RFC 9207 §3).
    """

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    revocation_endpoint: str | None = None
    end_session_endpoint: str | None = None
    iss_in_response: bool = False


def discovery_request(issuer: str) -> HttpRequest:
    """Build the request for a user pool's discovery document."""
    url = f"{issuer}/.well-known/openid-configuration"
    return HttpRequest(_ENDPOINT, "GET", url, {"Accept": "application/json"})


@without_frames
def process_discovery_response(
    response: HttpResponse, *, issuer: str, endpoints: Mapping[str, str] | None = None
) -> Metadata:
    """Read a user pool's discovery document.

    Parameters
    ----------
    response : HttpResponse
        The answer to `discovery_request`.
    issuer : str
        The configured issuer; the document must name exactly this one (OpenID Connect Discovery §4.3).
    endpoints : mapping of str to str, optional
        Configured overrides by short name (``authorization``, ``token``, …).

    Raises
    ------
    ConfigurationError
        If the user pool does not exist, or has no domain and so no OAuth endpoints.
    ProtocolError
        If the document is not of the form that the standard demands.
    NetworkError
        For 429 and 5xx.
    """
    if response.status in (400, 404):
        raise ConfigurationError(
            f"There is no user pool at {issuer}.",
            setting="user_pool_id",
            cause="user_pool_unknown",
        )
    document = read_json(response, endpoint=_ENDPOINT)
    if document.get("issuer") != issuer:
        actual = public_text(document.get("issuer"))
        raise ProtocolError(
            f"The {_ENDPOINT} names another issuer, {actual}, than the configured {issuer}.", cause="issuer_differs"
        )
    found = _Endpoints(document, endpoints or {}, secure=issuer.startswith("https:"))
    authorization, token = found.get("authorization"), found.get("token")
    if authorization is None or token is None:
        raise ConfigurationError(
            f"The user pool {issuer} has no domain, and so no sign-in page.",
            setting="domain",
            cause="no_domain",
        )
    jwks_uri = found.get("jwks")
    if jwks_uri is None:
        raise ProtocolError(f"The {_ENDPOINT} names no jwks_uri.")
    base = token.removesuffix(_TOKEN_PATH) if token.endswith(_TOKEN_PATH) else None
    return Metadata(
        issuer=issuer,
        authorization_endpoint=authorization,
        token_endpoint=token,
        jwks_uri=jwks_uri,
        userinfo_endpoint=found.get("userinfo"),
        revocation_endpoint=found.get("revocation") or (base and f"{base}/oauth2/revoke"),
        end_session_endpoint=found.get("end_session") or (base and f"{base}/logout"),
        iss_in_response=document.get("authorization_response_iss_parameter_supported") is True,
    )


def metadata_of_domain(issuer: str, domain: str, *, endpoints: Mapping[str, str] | None = None) -> Metadata:
    """Return the metadata of a user pool whose domain is configured, without discovery.

    Parameters
    ----------
    issuer : str
        The issuer.
    domain : str
        Base URL of the user pool's domain, without a slash at the end.
    endpoints : mapping of str to str, optional
        Configured overrides by short name.
    """
    urls = {
        "authorization": f"{domain}/oauth2/authorize",
        "token": f"{domain}{_TOKEN_PATH}",
        "jwks": f"{issuer}/.well-known/jwks.json",
        "userinfo": f"{domain}/oauth2/userInfo",
        "revocation": f"{domain}/oauth2/revoke",
        "end_session": f"{domain}/logout",
        **(endpoints or {}),
    }
    return Metadata(
        issuer=issuer,
        authorization_endpoint=urls["authorization"],
        token_endpoint=urls["token"],
        jwks_uri=urls["jwks"],
        userinfo_endpoint=urls["userinfo"],
        revocation_endpoint=urls["revocation"],
        end_session_endpoint=urls["end_session"],
    )


@dataclass(frozen=True, slots=True)
class _Endpoints:
    """The document's endpoints under the configured overrides."""

    document: Mapping[str, Any]
    overrides: Mapping[str, str]
    secure: bool

    def get(self, name: str) -> str | None:
        if name in self.overrides:
            return self.overrides[name]
        member = "jwks_uri" if name == "jwks" else f"{name}_endpoint"
        value = self.document.get(member)
        if value is None:
            return None
        if not isinstance(value, str) or not self._allowed(value):
            raise ProtocolError(f"The {_ENDPOINT} has no usable URL as {member}.")
        if self.secure and name not in ("authorization", "jwks"):
            self._check_domain(value, member)
        return value

    def _check_domain(self, url: str, member: str) -> None:
        """Demand one domain for all: a code must not go elsewhere than where the user typed the password."""
        page = self.document.get("authorization_endpoint")
        if "authorization" not in self.overrides and isinstance(page, str) and origin_of(url) != origin_of(page):
            raise ProtocolError(f"The {_ENDPOINT} names a {member} on another host than the authorization_endpoint.")

    def _allowed(self, url: str) -> bool:
        """Allow what `url_fault` does, without a query, and plain http only where the issuer itself has it."""
        return url_fault(url) is None and "?" not in url and (url.startswith("https:") or not self.secure)
