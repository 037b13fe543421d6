"""What the pool signs: ID tokens and access tokens with Cognito's claims.

Sources: "Understanding the ID token" and "... the access token", "Role-based access control" in the developer guide.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .scopes import attributes_in_scope
from .users import preferred_role

if TYPE_CHECKING:
    from .clients import AppClient
    from .pool import UserPool
    from .users import User

__all__ = ["Authorization", "new_refresh_token", "sign_client_token", "sign_tokens"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """What one user allowed one client by one sign-in; every token of that sign-in carries it, refreshed or not."""

    user: User
    client_id: str
    scopes: tuple[str, ...]
    auth_time: int
    nonce: str | None = None
    resource: str | None = None
    origin_jti: str = field(default_factory=lambda: str(uuid.uuid4()))
    event_id: str = field(default_factory=lambda: str(uuid.uuid4()))


def sign_tokens(pool: UserPool, authorization: Authorization, *, refreshed: bool = False) -> dict[str, Any]:
    """Return the members of a token response that every user's grant has: access token, ID token, type, seconds."""
    now = int(pool.clock())
    lifetime = pool.lifetimes_of(authorization.client_id).access_token
    access_token = pool.keys.access_token.sign(_access_claims(pool, authorization, now, lifetime))
    tokens = {"access_token": access_token, "expires_in": lifetime, "token_type": "Bearer"}
    if "openid" in authorization.scopes or (refreshed and pool.switches.id_token_without_openid_on_refresh):
        claims = _id_claims(pool, authorization, now)
        if not refreshed or pool.switches.at_hash_on_refresh:
            claims["at_hash"] = _base64url(hashlib.sha256(access_token.encode()).digest()[:16])
        if refreshed and not pool.switches.nonce_on_refresh:
            claims.pop("nonce", None)
        tokens["id_token"] = pool.keys.id_token.sign(claims)
    return tokens


def sign_client_token(pool: UserPool, client: AppClient, scopes: tuple[str, ...]) -> dict[str, Any]:
    """Return the token response to a client that acts for itself: an access token whose subject is the client."""
    now, lifetime = int(pool.clock()), pool.lifetimes_of(client.client_id).access_token
    claims = {
        "sub": client.client_id,
        "token_use": "access",
        "scope": " ".join(scopes),
        "auth_time": now,
        "iss": pool.issuer,
        "exp": now + lifetime,
        "iat": now,
        "version": 2,
        "jti": str(uuid.uuid4()),
        "client_id": client.client_id,
    }
    return {"access_token": pool.keys.access_token.sign(claims), "expires_in": lifetime, "token_type": "Bearer"}


def new_refresh_token() -> str:
    """Make an opaque token of the size and looks of Cognito's, which is an encrypted JWT."""
    header = _base64url(b'{"cty":"JWT","enc":"A256GCM","alg":"RSA-OAEP"}')
    return ".".join([header, *(secrets.token_urlsafe(size) for size in (256, 12, 720, 16))])


def _common_claims(pool: UserPool, authorization: Authorization, now: int, lifetime: int) -> dict[str, Any]:
    claims: dict[str, Any] = {
        "sub": authorization.user.sub,
        "iss": pool.issuer,
        "event_id": authorization.event_id,
        "auth_time": authorization.auth_time,
        "iat": now,
        "exp": now + lifetime,
    }
    client = pool.clients[authorization.client_id]
    if client.token_revocation or client.rotation:
        claims |= {"origin_jti": authorization.origin_jti, "jti": str(uuid.uuid4())}
    if authorization.user.groups:
        claims["cognito:groups"] = list(authorization.user.groups)
    return claims


def _access_claims(pool: UserPool, authorization: Authorization, now: int, lifetime: int) -> dict[str, Any]:
    claims = _common_claims(pool, authorization, now, lifetime) | {
        "token_use": "access",
        "version": 2,
        "client_id": authorization.client_id,
        "scope": " ".join(authorization.scopes),
        "username": authorization.user.username,
    }
    if authorization.resource is not None:
        claims["aud"] = authorization.resource
    return claims


def _id_claims(pool: UserPool, authorization: Authorization, now: int) -> dict[str, Any]:
    user = authorization.user
    readable = pool.clients[authorization.client_id].read_attributes
    claims: dict[str, Any] = dict(attributes_in_scope(user, authorization.scopes, readable))
    for name in ("email_verified", "phone_number_verified"):
        if name in claims:
            claims[name] = claims[name] == "true"  # a string in userInfo, a boolean here
    lifetime = pool.lifetimes_of(authorization.client_id).id_token
    claims |= _common_claims(pool, authorization, now, lifetime) | {
        "token_use": "id",
        "aud": authorization.client_id,
        "cognito:username": user.username,
    }
    return claims | _role_claims(pool, user) | _provider_claims(pool, authorization)


def _role_claims(pool: UserPool, user: User) -> dict[str, Any]:
    groups = pool.groups_of(user)
    roles = list(dict.fromkeys(group.role_arn for group in groups if group.role_arn))
    claims: dict[str, Any] = {"cognito:roles": roles} if roles else {}
    if role := preferred_role(groups):
        claims["cognito:preferred_role"] = role
    return claims


def _provider_claims(pool: UserPool, authorization: Authorization) -> dict[str, Any]:
    """Return the nonce and, for a federated user, ``identities``."""
    user = authorization.user
    claims: dict[str, Any] = {} if authorization.nonce is None else {"nonce": authorization.nonce}
    if user.provider:
        identity = {
            "userId": user.provider_user_id,
            "providerName": user.provider,
            "providerType": pool.identity_provider(user.provider).kind,
            "issuer": None,
            "primary": "true",
            "dateCreated": str(int(user.created_at * 1000)),
        }
        claims["identities"] = [identity]
    return claims


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
