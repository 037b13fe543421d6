"""The grants at the token endpoint: authorization code, refresh token, client credentials; and revocation.

Authlib judges; these classes say where Cognito judges otherwise. RFC 6749, RFC 7009.
Sources: "Token endpoint", "Revoke endpoint", "Refresh tokens" in the Cognito developer guide.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import (
    InvalidGrantError,
    InvalidRequestError,
    InvalidScopeError,
    UnauthorizedClientError,
    UnsupportedTokenTypeError,
    grants,
)
from authlib.oauth2.rfc7009 import RevocationEndpoint

from .authorize import AuthorizationGrant
from .oauth import PoolAuthorizationServer
from .pkce import S256Challenge
from .scopes import can_read
from .tokens import new_refresh_token, sign_client_token, sign_tokens

if TYPE_CHECKING:
    from .clients import AppClient
    from .issued import AuthorizationCode, RefreshToken
    from .oauth import OAuthRequest
    from .pool import UserPool
    from .tokens import Authorization
    from .users import User

__all__ = ["ClientGrant", "CodeGrant", "RefreshGrant", "Revocation", "authorization_server"]


def authorization_server(pool: UserPool) -> PoolAuthorizationServer:
    """Return the OAuth server of a pool, with its grants."""
    server = PoolAuthorizationServer(pool)
    server.register_grant(AuthorizationGrant, [S256Challenge(required=False)])
    server.register_grant(CodeGrant, [S256Challenge(required=False)])
    server.register_grant(RefreshGrant)
    server.register_grant(ClientGrant)
    server.register_endpoint(Revocation)
    return server


class TokenResponse(dict[str, Any]):
    """The members of a token response. Authlib logs them with ``%r`` at level DEBUG, hence the masked repr."""

    def __repr__(self) -> str:
        return "<token response>"


class CodeGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc]  # Authlib is untyped
    """RFC 6749 section 4.1.3."""

    @classmethod
    def check_authorization_endpoint(cls, _request: OAuthRequest) -> bool:
        """Take no authorization request."""
        return False

    def query_authorization_code(self, code: str, client: AppClient) -> AuthorizationCode | None:
        """Find an unused code of this client, for this redirect URI."""
        pool: UserPool = self.server.pool
        redirect_uri = self.request.payload.redirect_uri
        if not redirect_uri or not code:
            raise InvalidRequestError
        found = pool.code(code)
        if found is None:
            return None
        if found.authorization.client_id != client.client_id:
            raise OAuth2Error(error=pool.switches.foreign_code_error)
        if found.redirect_uri != redirect_uri:
            if pool.switches.wrong_redirect_uses_code:
                pool.use_code(code)
            raise UnauthorizedClientError("invalid_redirect")
        _check_client(client, found.authorization.scopes)
        return found

    def authenticate_user(self, authorization_code: AuthorizationCode) -> User:
        """Return who signed in, as the pool knows this user now."""
        return _current_user(self.server.pool, authorization_code.authorization)

    def delete_authorization_code(self, authorization_code: AuthorizationCode) -> None:
        """Use the code up."""
        self.server.pool.use_code(authorization_code.code)

    def generate_token(self, **_options: object) -> TokenResponse:
        """Make the tokens."""
        authorization = replace(self.request.authorization_code.authorization, user=self.request.user)
        pool: UserPool = self.server.pool
        refresh_token = new_refresh_token()
        expires_at = pool.clock() + pool.lifetimes_of(authorization.client_id).refresh_token
        pool.save_refresh_token(refresh_token, authorization, expires_at)
        return TokenResponse(sign_tokens(pool, authorization), refresh_token=refresh_token)


class RefreshGrant(grants.RefreshTokenGrant):  # type: ignore[misc]  # Authlib is untyped
    """RFC 6749 section 6, with Cognito's optional rotation."""

    def _validate_request_token(self, client: AppClient) -> RefreshToken:
        token = self.request.form.get("refresh_token")
        if not token:
            raise InvalidRequestError
        pool: UserPool = self.server.pool
        found = pool.refresh_token(token)
        if found is None:
            raise InvalidGrantError
        if found.authorization.client_id != client.client_id:
            raise OAuth2Error(error=pool.switches.foreign_refresh_token_error)
        _check_client(client, found.authorization.scopes)
        if not pool.is_usable(found):
            if pool.switches.reuse_revokes_family:
                pool.revoke(found)
            raise InvalidGrantError
        return found

    def _validate_token_scope(self, token: RefreshToken) -> None:
        """Ignore ``scope``: Cognito documents no narrowing."""

    def authenticate_user(self, refresh_token: RefreshToken) -> User:
        """Return who signed in, as the pool knows this user now."""
        return _current_user(self.server.pool, refresh_token.authorization)

    def issue_token(self, user: User, refresh_token: RefreshToken) -> TokenResponse:
        """Make the new tokens, with a new refresh token only if the client rotates."""
        pool: UserPool = self.server.pool
        authorization, expires_at = replace(refresh_token.authorization, user=user), refresh_token.expires_at
        tokens = TokenResponse(sign_tokens(pool, authorization, refreshed=True))
        pool.use_token_session(authorization, expires_at)
        again = not refresh_token.rotated_out or pool.switches.grace_gives_refresh_token
        if self.request.client.rotation and again:
            tokens["refresh_token"] = new_refresh_token()
            pool.save_refresh_token(tokens["refresh_token"], authorization, expires_at)
        return tokens

    def revoke_old_credential(self, refresh_token: RefreshToken) -> None:
        """Retire the old refresh token if the client rotates."""
        if self.request.client.rotation:
            self.server.pool.retire_refresh_token(refresh_token, self.request.client.rotation_grace)


class ClientGrant(grants.ClientCredentialsGrant):  # type: ignore[misc]  # Authlib is untyped
    """RFC 6749 section 4.4, for custom scopes only."""

    _scopes: tuple[str, ...] = ()

    def validate_requested_scope(self) -> None:
        """Choose the scopes: all custom ones of the client unless it names some."""
        client, pool = self.request.client, self.server.pool
        _check_client(client)
        scopes = pool.granted_scopes(client, self.request.payload.scope, custom_only=True)
        if not scopes:
            raise InvalidScopeError
        self._scopes = scopes

    def generate_token(self, **_options: object) -> TokenResponse:
        """Make the access token."""
        return TokenResponse(sign_client_token(self.server.pool, self.request.client, self._scopes))


class Revocation(RevocationEndpoint):  # type: ignore[misc]  # Authlib is untyped
    """RFC 7009, for refresh tokens only."""

    def authenticate_token(self, request: OAuthRequest, client: AppClient) -> RefreshToken | None:
        """Find the refresh token; one that is unknown or another client's is none, and that is no error."""
        token = request.form.get("token")
        if not token or not client.token_revocation:
            raise InvalidRequestError
        pool: UserPool = self.server.pool
        for key in (pool.keys.access_token, pool.keys.id_token):
            if key.verify(token, issuer=pool.issuer, now=0) is not None:
                raise UnsupportedTokenTypeError
        found = pool.refresh_token(token)
        if found is None or found.authorization.client_id != client.client_id:
            return None
        return found if pool.is_usable(found) or pool.switches.revoking_rotated_out_ends_family else None

    def revoke_token(self, token: RefreshToken, _request: OAuthRequest) -> None:
        """Revoke the token, and the other tokens of the same sign-in."""
        self.server.pool.revoke(token)


def _check_client(client: AppClient, scopes: tuple[str, ...] = ()) -> None:
    """Refuse a client that was switched off, or that may not read what its scopes open."""
    if not client.oauth_enabled or not can_read(scopes, client.read_attributes):
        raise InvalidGrantError


def _current_user(pool: UserPool, authorization: Authorization) -> User:
    """Return who signed in, unless this user is gone."""
    user = pool.current_user(authorization.user)
    if user is None:
        raise InvalidGrantError
    return user
