"""Who may call the demo API: checks as a resource server would make them for Cognito.

It knows the issuer, the key set and its app clients. `AccessTokenHandler` is an API of one's own (RFC 6750; "Verifying
a JSON web token" in the Cognito developer guide). `IdTokenHandler` is an API behind API Gateway's Cognito authorizer
without scopes ("Control access to REST APIs using Amazon Cognito user pools as an authorizer").
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar

from tornado.web import HTTPError

from .web import JsonHandler, OAuthErrorHandler, bearer_status, challenge

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from .keys import SigningKey

__all__ = ["AccessTokenHandler", "ApiHandler", "BadParameterError", "IdTokenHandler"]


class BadParameterError(HTTPError):
    """A request that the API does not understand; the message names the parameter."""

    def __init__(self, message: str) -> None:
        super().__init__(400)
        self.message = message


class ApiHandler(JsonHandler):
    """Base of the API's routes: every error is JSON, and HEAD is GET without a body."""

    def head(self, *arguments: str) -> Awaitable[None] | None:
        """Answer like GET; tornado leaves the body out."""
        return self.get(*arguments)

    def write_encoded(self, body: bytes) -> None:
        """Finish with JSON that is encoded already, an array too."""
        self.write(body)
        self.finish()

    def write_error(self, status_code: int, **kwargs: Any) -> None:  # noqa: ANN401 - tornado's signature
        """Answer a refused parameter, a wrong method or a crash."""
        error = kwargs.get("exc_info", (None, None))[1]
        message = error.message if isinstance(error, BadParameterError) else HTTPStatus(status_code).phrase
        self.write_json(status_code, {"error": message})


class AccessTokenHandler(ApiHandler, OAuthErrorHandler):
    """A route that takes access tokens; ``scope`` and ``group`` are what a token must have besides."""

    scope: ClassVar[str | None] = None
    group: ClassVar[str | None] = None
    claims: dict[str, Any]

    async def prepare(self) -> None:
        """Refuse whoever may not call."""
        await super().prepare()
        scheme, _, token = self.request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            self.set_header("WWW-Authenticate", "Bearer")  # RFC 6750 section 3.1: no code without credentials
            self.write_json(401, {"error": "unauthorized"})
            return
        claims = self._verify(token)
        if claims is None:
            self.write_oauth_error("invalid_token")
            return
        if self.scope and self.scope not in claims["scope"].split():
            self.write_oauth_error("insufficient_scope")
            return
        if self.group and self.group not in claims.get("cognito:groups", []):
            self.write_json(403, {"error": f"only for members of the group {self.group}"})
            return
        self.claims = claims

    def _verify(self, token: str) -> dict[str, Any] | None:
        claims = _signed_claims(self, token, self.pool.keys.access_token)
        # The ID token's key differs, so token_use is a second lock: on a real pool the key set holds both
        if claims is None or claims.get("token_use") != "access" or claims.get("client_id") not in self.pool.clients:
            return None
        return claims if claims["exp"] > self.pool.clock() else None

    def write_oauth_error(self, error: str, description: str | None = None) -> None:
        """Finish with a challenge: RFC 6750 section 3."""
        scope = self.scope if error == "insufficient_scope" else None
        members = {"error": error, "error_description": description, "scope": scope}
        self.set_header("WWW-Authenticate", f"Bearer {challenge(members)}")
        self.write_json(bearer_status(error), {"error": error})


class IdTokenHandler(ApiHandler):
    """A route that takes ID tokens, bare or after ``Bearer``, as API Gateway does."""

    claims: dict[str, Any]

    async def prepare(self) -> None:
        """Refuse whoever may not call."""
        await super().prepare()
        token = self.request.headers.get("Authorization", "").removeprefix("Bearer ")
        claims = _signed_claims(self, token, self.pool.keys.id_token)
        if claims is None or claims.get("token_use") != "id" or claims.get("aud") not in self.pool.clients:
            self._refuse("Unauthorized")
            return
        if claims["exp"] <= self.pool.clock():
            self._refuse("The incoming token has expired")
            return
        self.claims = claims

    def _refuse(self, message: str) -> None:
        self.set_header("x-amzn-ErrorType", "UnauthorizedException")
        self.write_json(401, {"message": message})


def _signed_claims(handler: ApiHandler, token: str, key: SigningKey) -> dict[str, Any] | None:
    """Return the claims of a token of this pool, expired or not."""
    return key.verify(token, issuer=handler.pool.issuer, now=float("-inf"))
