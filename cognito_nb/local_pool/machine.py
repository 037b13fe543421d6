"""The endpoints that programs call: token, revoke, userInfo on the domain; discovery and key set below the issuer.

Sources: "Token endpoint", "Revoke endpoint", "UserInfo endpoint" in the Cognito developer guide; RFC 6749, RFC 7009.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, ClassVar

from .oauth import OAuthRequest
from .scopes import attributes_in_scope
from .web import JsonHandler, OAuthErrorHandler, bearer_status, challenge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .oauth import Answer
    from .users import User

__all__ = ["DiscoveryHandler", "JwksHandler", "RevokeHandler", "TokenHandler", "UserInfoHandler"]

_FORM = "application/x-www-form-urlencoded"
_BAD_TOKEN = "Access token is expired, disabled, or deleted, or the user has globally signed out."


class _DomainHandler(JsonHandler, OAuthErrorHandler):
    """Base of what scripts of any web page may call, too."""

    method: ClassVar[str]

    def set_default_headers(self) -> None:
        super().set_default_headers()
        self.set_header("x-amz-cognito-request-id", str(uuid.uuid4()))
        self.set_header("Access-Control-Allow-Origin", "*")

    def options(self) -> None:
        """Answer a browser's preflight; ``X-Amz-User-Agent`` is what Amplify sends."""
        self.set_header("Access-Control-Allow-Methods", self.method)
        self.set_header("Access-Control-Allow-Headers", "Authorization, Content-Type, X-Amz-User-Agent")
        self.set_status(204)


class _FormHandler(_DomainHandler):
    method = "POST"
    bad_client_status: ClassVar[int] = 400

    def post(self) -> None:
        """Answer a form; any other body is answered like a wrong method."""
        media_type = self.request.headers.get("Content-Type", "").partition(";")[0]
        if media_type.strip().lower() != _FORM:
            self.send_error(405)
            return
        request = OAuthRequest.from_form(self.request)
        if request.repeats_a_parameter:
            self.write_oauth_error("invalid_request")
            return
        status, body, _ = self.answer(request)
        if status == 200:  # noqa: PLR2004 - HTTP's OK
            self.write_json(status, body)
            return
        self.write_oauth_error(body["error"], body.get("error_description"))

    def answer(self, request: OAuthRequest) -> Answer:
        """Ask the OAuth server."""
        raise NotImplementedError

    def write_oauth_error(self, error: str, description: str | None = None) -> None:
        """Finish with the JSON of RFC 6749 section 5.2; the status is Cognito's."""
        body = {"error": error, "error_description": description}
        status = self.bad_client_status if error == "invalid_client" else 400
        self.write_json(status, {name: value for name, value in body.items() if value is not None})


class TokenHandler(_FormHandler):
    """``POST /oauth2/token``."""

    endpoint = "token"

    def get(self) -> None:
        """Refuse."""
        if self.pool.switches.token_get_is_invalid_request:
            self.write_oauth_error("invalid_request")
            return
        self.send_error(405)

    def answer(self, request: OAuthRequest) -> Answer:
        """Answer a token request."""
        return self.oauth.create_token_response(request)


class RevokeHandler(_FormHandler):
    """``POST /oauth2/revoke``."""

    endpoint = "revoke"
    bad_client_status = 401

    def answer(self, request: OAuthRequest) -> Answer:
        """Answer a revocation request."""
        answer: Answer = self.oauth.create_endpoint_response("revocation", request)
        return answer


class UserInfoHandler(_DomainHandler):
    """``GET /oauth2/userInfo``."""

    endpoint = "userinfo"
    method = "GET"

    def get(self) -> None:
        """Answer with the attributes that the token's scopes open; every value is a string."""
        scheme, _, token = self.request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            self.write_oauth_error("invalid_request", "Bad OAuth2 request at UserInfo Endpoint")
            return
        claims = self.pool.keys.access_token.verify(token, issuer=self.pool.issuer, now=self.pool.clock())
        user = self._user(claims) if claims else None
        if not claims or user is None:
            self.write_oauth_error("invalid_token", _BAD_TOKEN)
            return
        scopes = claims["scope"].split()
        if "openid" not in scopes:
            self.write_oauth_error("invalid_token", "Access token does not contain openid scope")
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

    def write_oauth_error(self, error: str, description: str | None = None) -> None:
        """Finish with a challenge that has no scheme, as AWS documents it and against RFC 6750."""
        body = {"error": error} | ({} if description is None else {"error_description": description})
        self.set_header("WWW-Authenticate", challenge(body))
        self.write_json(bearer_status(error), body if self.pool.switches.userinfo_error_body else None)


class DiscoveryHandler(JsonHandler):
    """``GET {issuer}/.well-known/openid-configuration``, with the few members that real pools have."""

    endpoint = "discovery"

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

    def get(self) -> None:
        """Answer with both public keys."""
        self.write_json(200, self.pool.keys.jwks())
