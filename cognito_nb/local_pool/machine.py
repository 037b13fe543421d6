"""The endpoints that programs call: token, revoke, userInfo on the domain; discovery and key set below the issuer.

Sources: "Token endpoint", "Revoke endpoint", "UserInfo endpoint" in the Cognito developer guide; RFC 6749, RFC 7009.
"""

from __future__ import annotations

from .oauth import OAuthRequest
from .tokens import attributes_in_scope
from .web import JsonHandler

__all__ = ["DiscoveryHandler", "JwksHandler", "RevokeHandler", "TokenHandler", "UserInfoHandler"]

_FORM = "application/x-www-form-urlencoded"
_BAD_REQUEST = 'error="invalid_request", error_description="Bad OAuth2 request at UserInfo Endpoint"'
_BAD_TOKEN = (
    'error="invalid_token", error_description='
    '"Access token is expired, disabled, or deleted, or the user has globally signed out."'
)


class _OAuthHandler(JsonHandler):
    def is_form(self) -> bool:
        """Tell whether the body is a form; anything else is answered like a wrong method."""
        media_type = self.request.headers.get("Content-Type", "").partition(";")[0]
        return media_type.strip().lower() == _FORM


class TokenHandler(_OAuthHandler):
    """``POST /oauth2/token``."""

    endpoint = "token"

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
            self._refuse(400, _BAD_REQUEST)
            return
        claims = self.pool.keys.access_token.verify(token, issuer=self.pool.issuer, now=self.pool.clock())
        user = self.pool.user(claims["username"]) if claims else None
        if not claims or user is None or self.pool.is_revoked(claims["origin_jti"]):
            self._refuse(401, _BAD_TOKEN)
            return
        scopes = claims["scope"].split()
        if "openid" not in scopes:
            self._refuse(401, 'error="invalid_token", error_description="Access token does not contain openid scope"')
            return
        self.write_json(200, {"sub": user.sub, **attributes_in_scope(user, scopes), "username": user.username})

    def _refuse(self, status: int, challenge: str) -> None:
        # Without a scheme name, as AWS documents it and against RFC 6750
        self.set_header("WWW-Authenticate", challenge)
        self.write_json(status, None)


class DiscoveryHandler(JsonHandler):
    """``GET {issuer}/.well-known/openid-configuration``, with the few members that real pools have."""

    endpoint = "discovery"
    cross_origin = False

    def get(self) -> None:
        """Answer with the metadata."""
        domain, issuer = self.pool.domain, self.pool.issuer
        metadata = {
            "authorization_endpoint": f"{domain}/oauth2/authorize",
            "id_token_signing_alg_values_supported": ["RS256"],
            "issuer": issuer,
            "jwks_uri": f"{issuer}/.well-known/jwks.json",
            "response_types_supported": ["code", "token"],
            "scopes_supported": ["openid", "email", "phone", "profile"],
            "subject_types_supported": ["public"],
            "token_endpoint": f"{domain}/oauth2/token",
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "userinfo_endpoint": f"{domain}/oauth2/userInfo",
        }
        self.write_json(200, metadata)


class JwksHandler(JsonHandler):
    """``GET {issuer}/.well-known/jwks.json``."""

    endpoint = "jwks"
    cross_origin = False

    def get(self) -> None:
        """Answer with both public keys."""
        self.write_json(200, self.pool.keys.jwks())
