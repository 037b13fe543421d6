"""The grants of the pool: authorization code with PKCE (S256 only), refresh token; and revocation.

Authlib judges; these classes say where Cognito judges otherwise. An authorization error without a ``redirect_uri``
never reaches the callback. RFC 6749, RFC 7636, RFC 7009; deviations are those of the Cognito developer guide.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid
from typing import TYPE_CHECKING, Any

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import (
    AccessDeniedError,
    InvalidGrantError,
    InvalidRequestError,
    InvalidScopeError,
    UnauthorizedClientError,
    UnsupportedTokenTypeError,
    grants,
)
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge

from .oauth import Answer, OAuthRequest, PoolAuthorizationServer, callback_url
from .pool import AuthorizationCode, BrowserSession, RefreshToken, UserPool
from .tokens import Authorization, new_refresh_token, sign_tokens

if TYPE_CHECKING:
    from .clients import AppClient
    from .users import User

__all__ = ["CodeGrant", "RefreshGrant", "Revocation", "S256Challenge", "authorization_server"]

_REQUEST_PARAMETERS = frozenset(
    {
        "client_id",
        "code_challenge",
        "code_challenge_method",
        "nonce",
        "prompt",
        "redirect_uri",
        "resource",
        "response_type",
        "scope",
        "state",
    }
)


def authorization_server(pool: UserPool) -> PoolAuthorizationServer:
    """Return the OAuth server of a pool, with its grants."""
    server = PoolAuthorizationServer(pool)
    server.register_grant(CodeGrant, [S256Challenge(required=False)])
    server.register_grant(RefreshGrant)
    # No client here may use it; but it is known, so the answer is unauthorized_client, not unsupported_grant_type
    server.register_grant(grants.ClientCredentialsGrant)
    server.register_endpoint(Revocation)
    return server


class TokenResponse(dict[str, Any]):
    """The members of a token response. Authlib logs them with ``%r`` at level DEBUG, hence the masked repr."""

    def __repr__(self) -> str:
        return "<token response>"


class CodeGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc]  # Authlib is untyped
    """RFC 6749 section 4.1."""

    @classmethod
    def check_authorization_endpoint(cls, _request: OAuthRequest) -> bool:
        """Take every authorization request: which response type is acceptable depends on the client."""
        return True

    # /oauth2/authorize

    @staticmethod
    def validate_no_multiple_request_parameter(request: OAuthRequest) -> None:
        """Do nothing yet: where the error goes depends on the client and its redirect."""

    def validate_authorization_request(self) -> str:
        """Check a request and return the redirect URI: first what must not be redirected, then the rest."""
        payload = self.request.payload
        repeated = {name for name in _REQUEST_PARAMETERS if len(payload.datalist.get(name, ())) > 1}
        redirect_uri = self._validate_redirect(repeated)
        if repeated or payload.response_type not in {"code", "token"}:
            raise InvalidRequestError(redirect_uri=redirect_uri)
        if "none" in (prompts := payload.data.get("prompt", "").split()) and len(prompts) > 1:
            raise InvalidRequestError(redirect_uri=redirect_uri)
        super().validate_authorization_request()
        return redirect_uri

    def _validate_redirect(self, repeated: set[str]) -> str:
        payload = self.request.payload
        if repeated & {"client_id", "redirect_uri"}:
            raise OAuth2Error(error="invalid_request")
        if not payload.client_id:
            raise OAuth2Error(error="Required String parameter 'client_id' is not present")
        client = self.server.query_client(payload.client_id)
        if client is None:
            raise OAuth2Error(error="Client does not exist.")
        redirect_uri: str | None = payload.redirect_uri or client.get_default_redirect_uri()
        if redirect_uri is None:
            raise OAuth2Error(error="Required String parameter 'redirect_uri' is not present")
        if not client.check_redirect_uri(redirect_uri):
            raise OAuth2Error(error="redirect_mismatch")
        return redirect_uri

    def validate_requested_scope(self) -> None:
        """Refuse a scope that the client does not have, and one that makes no sense without ``openid``."""
        client = self.server.query_client(self.request.payload.client_id)
        if client.granted_scopes(self.request.payload.scope) is None:
            raise InvalidScopeError

    def create_authorization_response(self, redirect_uri: str, grant_user: BrowserSession | None) -> Answer:
        """Answer with a code, or with ``access_denied`` when nobody agreed."""
        if grant_user is None:
            raise AccessDeniedError(redirect_uri=redirect_uri)
        payload = self.request.payload
        scopes = self.request.client.granted_scopes(payload.scope)
        authorization = Authorization(
            user=grant_user.user,
            client_id=payload.client_id,
            scopes=scopes,
            auth_time=int(grant_user.signed_in_at),
            nonce=payload.data.get("nonce"),
            resource=payload.data.get("resource"),
        )
        pool = self.server.pool
        expires_at = pool.clock() + pool.lifetimes.code
        challenge = payload.data.get("code_challenge") or None
        code = AuthorizationCode(str(uuid.uuid4()), authorization, redirect_uri, challenge, expires_at)
        pool.save_code(code)
        location = callback_url(redirect_uri, {"code": code.code, "state": payload.state})
        return 302, "", [("Location", location)]

    # /oauth2/token

    def query_authorization_code(self, code: str, client: AppClient) -> AuthorizationCode | None:
        """Find an unused code of this client, for this redirect URI."""
        redirect_uri = self.request.payload.redirect_uri
        if not redirect_uri:
            raise InvalidRequestError
        found: AuthorizationCode | None = self.server.pool.code(code, client.client_id)
        if found is not None and found.redirect_uri != redirect_uri:
            raise UnauthorizedClientError("invalid_redirect")
        return found

    def authenticate_user(self, authorization_code: AuthorizationCode) -> User:
        """Return who signed in."""
        return authorization_code.authorization.user

    def delete_authorization_code(self, authorization_code: AuthorizationCode) -> None:
        """Use the code up."""
        self.server.pool.use_code(authorization_code)

    def generate_token(self, **_options: object) -> TokenResponse:
        """Make the tokens."""
        authorization = self.request.authorization_code.authorization
        pool = self.server.pool
        refresh_token = new_refresh_token()
        pool.save_refresh_token(refresh_token, authorization, expires_at=None)
        return TokenResponse(sign_tokens(pool, authorization), refresh_token=refresh_token)


class S256Challenge(CodeChallenge):  # type: ignore[misc]  # Authlib is untyped
    """RFC 7636 as Cognito does it: never required, never ``plain``."""

    def validate_code_challenge(self, grant: CodeGrant, redirect_uri: str) -> None:
        """Check the challenge of an authorization request."""
        data = grant.request.payload.data
        asks_for_pkce = "code_challenge" in data or "code_challenge_method" in data
        # Authlib takes a challenge without a method for `plain`
        if asks_for_pkce and data.get("code_challenge_method") != "S256":
            raise InvalidRequestError
        super().validate_code_challenge(grant, redirect_uri)

    def validate_code_verifier(self, grant: CodeGrant, _result: object) -> None:
        """Check the verifier of a token request; a wrong one uses the code up."""
        code: AuthorizationCode = grant.request.authorization_code
        if code.code_challenge is None:
            return
        verifier = grant.request.form.get("code_verifier", "")
        digest = hashlib.sha256(verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=")
        if not hmac.compare_digest(challenge, code.code_challenge.encode()):
            grant.server.pool.use_code(code)
            raise InvalidGrantError


class RefreshGrant(grants.RefreshTokenGrant):  # type: ignore[misc]  # Authlib is untyped
    """RFC 6749 section 6, with Cognito's optional rotation."""

    def _validate_request_token(self, client: AppClient) -> RefreshToken:
        token = self.request.form.get("refresh_token")
        if not token:
            raise InvalidRequestError
        found: RefreshToken | None = self.server.pool.refresh_token(token, client.client_id)
        if found is None:
            raise InvalidGrantError
        return found

    def _validate_token_scope(self, token: RefreshToken) -> None:
        """Ignore ``scope``: Cognito documents no narrowing."""

    def authenticate_user(self, refresh_token: RefreshToken) -> User:
        """Return who signed in."""
        return refresh_token.authorization.user

    def issue_token(self, _user: User, refresh_token: RefreshToken) -> TokenResponse:
        """Make the new tokens, with a new refresh token only if the client rotates."""
        pool = self.server.pool
        tokens = TokenResponse(sign_tokens(pool, refresh_token.authorization))
        if self.request.client.rotation:
            tokens["refresh_token"] = new_refresh_token()
            pool.save_refresh_token(
                tokens["refresh_token"], refresh_token.authorization, expires_at=refresh_token.expires_at
            )
        return tokens

    def revoke_old_credential(self, refresh_token: RefreshToken) -> None:
        """Retire the old refresh token if the client rotates."""
        if self.request.client.rotation:
            self.server.pool.retire_refresh_token(refresh_token, self.request.client.rotation_grace)


class Revocation(RevocationEndpoint):  # type: ignore[misc]  # Authlib is untyped
    """RFC 7009, for refresh tokens only."""

    def authenticate_token(self, request: OAuthRequest, client: AppClient) -> RefreshToken | None:
        """Find the refresh token; one that is unknown or another client's is none, and that is no error."""
        token = request.form.get("token")
        if not token:
            raise InvalidRequestError
        pool = self.server.pool
        for key in (pool.keys.access_token, pool.keys.id_token):
            if key.verify(token, issuer=pool.issuer, now=0) is not None:
                error = UnsupportedTokenTypeError()
                error.status_code = 400  # Authlib's default is 401
                raise error
        found: RefreshToken | None = pool.refresh_token(token, client.client_id)
        return found

    def revoke_token(self, token: RefreshToken, _request: OAuthRequest) -> None:
        """Revoke the token, and the other tokens of the same sign-in."""
        self.server.pool.revoke(token)
