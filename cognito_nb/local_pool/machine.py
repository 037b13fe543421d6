"""The endpoints that programs call: token, revoke, userInfo on the domain; discovery and key set below the issuer.

Sources: "Token endpoint", "Revoke endpoint", "UserInfo endpoint" in the Cognito developer guide; RFC 6749, RFC 7009.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .oauth import OAuthRequest
from .scopes import attributes_in_scope
from .web import JsonHandler

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .users import User

__all__ = ["DiscoveryHandler", "JwksHandler", "RevokeHandler", "TokenHandler", "UserInfoHandler"]

_FORM = "application/x-www-form-urlencoded"
_BAD_TOKEN = "Access token is expired, disabled, or deleted, or the user has globally signed out."


class _OAuthHandler(JsonHandler):
    def is_form(self) -> bool:
        """Tell whether the body is a form; anything else is answered like a wrong method."""
        media_type = self.request.headers.get("Content-Type", "").partition(";")[0]
        return media_type.strip().lower() == _FORM


class TokenHandler(_OAuthHandler):
    """``POST /oauth2/token``."""

    endpoint = "token"

    def get(self) -> None:
        """Refuse."""
        if self.pool.switches.token_get_is_invalid_request:
            self.write_json(400, {"error": "invalid_request"})
            return
        self.send_error(405)

    def post(self) -> None:
        """Answer a token request."""
        if not self.is_form():
            self.send_error(405)
            return
        status, body, _ = self.oauth.create_token_response(OAuthRequest.from_form(self.request))
        self.write_json(status, body)


class RevokeHandler(_OAuthHandler):
    """``POST /oauth2/revoke``."""

    endpoint = "revoke"

    def post(self) -> None:
        """Answer a revocation request."""
        if not self.is_form():
            self.send_error(405)
            return
        status, body, _ = self.oauth.create_endpoint_response("revocation", OAuthRequest.from_form(self.request))
        self.write_json(status, body)


class UserInfoHandler(JsonHandler):
    """``GET /oauth2/userInfo``."""

    endpoint = "userinfo"

    def get(self) -> None:
        """Answer with the attributes that the token's scopes open; every value is a string."""
        scheme, _, token = self.request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            self._refuse(400, "invalid_request", "Bad OAuth2 request at UserInfo Endpoint")
            return
        claims = self.pool.keys.access_token.verify(token, issuer=self.pool.issuer, now=self.pool.clock())
        user = self._user(claims) if claims else None
        if not claims or user is None:
            self._refuse(401, "invalid_token", _BAD_TOKEN)
            return
        scopes = claims["scope"].split()
        if "openid" not in scopes:
            self._refuse(401, "invalid_token", "Access token does not contain openid scope")
            return
        client = self.pool.clients.get(claims["client_id"])
        attributes = attributes_in_scope(user, scopes, client.read_attributes if client else ())
        self.write_json(200, {"sub": user.sub, **attributes, "username": user.username})

    def post(self) -> None:
        """Answer like GET, or refuse."""
        if self.pool.switches.userinfo_post:
            self.get()
            return
        self.send_error(405)

    def _user(self, claims: Mapping[str, Any]) -> User | None:
        """Return whose token it is, unless it was revoked, or is a client's own."""
        user = self.pool.user(claims.get("username", ""))
        if user is None or user.sub != claims["sub"] or self.pool.is_revoked(claims.get("origin_jti", "")):
            return None
        return user

    def _refuse(self, status: int, error: str, description: str) -> None:
        # Without a scheme name, as AWS documents it and against RFC 6750
        self.set_header("WWW-Authenticate", f'error="{error}", error_description="{description}"')
        body = {"error": error, "error_description": description}
        self.write_json(status, body if self.pool.switches.userinfo_error_body else None)


class DiscoveryHandler(JsonHandler):
    """``GET {issuer}/.well-known/openid-configuration``, with the few members that real pools have."""

    endpoint = "discovery"
    cross_origin = False

    def get(self) -> None:
        """Answer with the metadata."""
        domain, issuer = self.pool.domain, self.pool.issuer
        metadata = {
            "id_token_signing_alg_values_supported": ["RS256"],
            "issuer": issuer,
            "jwks_uri": f"{issuer}/.well-known/jwks.json",
            "response_types_supported": ["code", "token"],
            "scopes_supported": ["openid", "email", "phone", "profile"],
            "subject_types_supported": ["public"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        }
        if self.pool.switches.has_domain:
            metadata["authorization_endpoint"] = f"{domain}/oauth2/authorize"
            metadata["token_endpoint"] = f"{domain}/oauth2/token"
            metadata["userinfo_endpoint"] = f"{domain}/oauth2/userInfo"
            if self.pool.switches.discovery_names_all_endpoints:
                metadata["end_session_endpoint"] = f"{domain}/logout"
                metadata["revocation_endpoint"] = f"{domain}/oauth2/revoke"
        self.write_json(200, dict(sorted(metadata.items())))


class JwksHandler(JsonHandler):
    """``GET {issuer}/.well-known/jwks.json``."""

    endpoint = "jwks"
    cross_origin = False

    def get(self) -> None:
        """Answer with both public keys."""
        self.write_json(200, self.pool.keys.jwks())
