"""What the pool signs: ID tokens and access tokens with Cognito's claims, and the keys for them.

One key signs ID tokens, the other access tokens. Header: ``kid`` and ``alg`` only.
Source: "Understanding the ID token" and "... the access token" in the Cognito developer guide.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .pool import UserPool
    from .users import User

__all__ = ["Authorization", "PoolKeys", "SigningKey", "attributes_in_scope", "new_refresh_token", "sign_tokens"]

_PROFILE = frozenset(
    {
        "birthdate",
        "family_name",
        "gender",
        "given_name",
        "locale",
        "middle_name",
        "name",
        "nickname",
        "picture",
        "preferred_username",
        "profile",
        "updated_at",
        "website",
        "zoneinfo",
    }
)
_ATTRIBUTES = {
    "email": frozenset({"email", "email_verified"}),
    "phone": frozenset({"phone_number", "phone_number_verified"}),
    "profile": _PROFILE,
}


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


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An RSA key pair and its ``kid``: standard base64 of 32 bytes, so it may contain ``+``, ``/`` and ``=``."""

    kid: str
    private_key: rsa.RSAPrivateKey = field(repr=False)

    @classmethod
    def generate(cls) -> SigningKey:
        """Make a key of 2,048 bits; takes some 60 ms."""
        kid = base64.b64encode(secrets.token_bytes(32)).decode()
        return cls(kid, rsa.generate_private_key(public_exponent=65537, key_size=2048))

    def jwk(self) -> dict[str, str]:
        """Return the public half as an entry of the key set (RFC 7517)."""
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.private_key.public_key()))
        return {"alg": "RS256", "e": public["e"], "kid": self.kid, "kty": "RSA", "n": public["n"], "use": "sig"}

    def sign(self, claims: Mapping[str, Any]) -> str:
        """Return the claims as a JWT (RFC 7519)."""
        # typ=None: PyJWT adds {"typ": "JWT"} otherwise, and Cognito's tokens have none
        return jwt.encode(dict(claims), self.private_key, algorithm="RS256", headers={"kid": self.kid, "typ": None})

    def verify(self, token: str, *, issuer: str, now: float) -> dict[str, Any] | None:
        """Return the claims of a JWT that this key signed for this issuer and that has not expired."""
        options: Any = {"verify_aud": False, "verify_exp": False, "verify_iat": False, "require": ["exp", "iss"]}
        try:
            claims: dict[str, Any] = jwt.decode(
                token, self.private_key.public_key(), algorithms=["RS256"], issuer=issuer, options=options
            )
        except jwt.InvalidTokenError:
            return None
        # By the pool's own clock, which PyJWT does not know
        return claims if claims["exp"] > now else None


@dataclass(frozen=True, slots=True)
class PoolKeys:
    """The two keys of a pool."""

    id_token: SigningKey
    access_token: SigningKey

    @classmethod
    def generate(cls) -> PoolKeys:
        """Make both keys."""
        return cls(SigningKey.generate(), SigningKey.generate())

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """Return the public key set."""
        return {"keys": [self.id_token.jwk(), self.access_token.jwk()]}


def sign_tokens(pool: UserPool, authorization: Authorization) -> dict[str, Any]:
    """Return the members of a token response that every grant has: access token, ID token, type, seconds."""
    now = int(pool.clock())
    access_token = pool.keys.access_token.sign(_access_claims(pool, authorization, now))
    tokens = {"access_token": access_token, "expires_in": pool.lifetimes.access_token, "token_type": "Bearer"}
    if "openid" in authorization.scopes:
        tokens["id_token"] = pool.keys.id_token.sign(_id_claims(pool, authorization, now, access_token))
    return tokens


def attributes_in_scope(user: User, scopes: Iterable[str]) -> dict[str, str]:
    """Return the attributes that the scopes open: all with ``openid`` alone, else those of the named scopes."""
    named = [scope for scope in scopes if scope in _ATTRIBUTES]
    if not named:
        return dict(user.attributes)
    allowed = frozenset().union(*(_ATTRIBUTES[scope] for scope in named))
    custom = "profile" in named
    return {
        name: value
        for name, value in user.attributes.items()
        if name in allowed or (custom and name.startswith("custom:"))
    }


def new_refresh_token() -> str:
    """Make an opaque token of the size and looks of Cognito's, which is an encrypted JWT."""
    header = _base64url(b'{"cty":"JWT","enc":"A256GCM","alg":"RSA-OAEP"}')
    return ".".join([header, *(secrets.token_urlsafe(size) for size in (256, 12, 720, 16))])


def _common_claims(pool: UserPool, authorization: Authorization, now: int, lifetime: int) -> dict[str, Any]:
    claims = {
        "sub": authorization.user.sub,
        "iss": pool.issuer,
        "origin_jti": authorization.origin_jti,
        "event_id": authorization.event_id,
        "auth_time": authorization.auth_time,
        "iat": now,
        "exp": now + lifetime,
        "jti": str(uuid.uuid4()),
    }
    if authorization.user.groups:
        claims["cognito:groups"] = list(authorization.user.groups)
    return claims


def _access_claims(pool: UserPool, authorization: Authorization, now: int) -> dict[str, Any]:
    claims = _common_claims(pool, authorization, now, pool.lifetimes.access_token) | {
        "token_use": "access",
        "version": 2,
        "client_id": authorization.client_id,
        "scope": " ".join(authorization.scopes),
        "username": authorization.user.username,
    }
    if authorization.resource is not None:
        claims["aud"] = authorization.resource
    return claims


def _id_claims(pool: UserPool, authorization: Authorization, now: int, access_token: str) -> dict[str, Any]:
    claims: dict[str, Any] = attributes_in_scope(authorization.user, authorization.scopes)
    for name in ("email_verified", "phone_number_verified"):
        if name in claims:
            claims[name] = claims[name] == "true"  # a string in userInfo, a boolean here
    claims |= _common_claims(pool, authorization, now, pool.lifetimes.id_token) | {
        "token_use": "id",
        "aud": authorization.client_id,
        "cognito:username": authorization.user.username,
        "at_hash": _base64url(hashlib.sha256(access_token.encode()).digest()[:16]),
    }
    if authorization.nonce is not None:
        claims["nonce"] = authorization.nonce
    return claims


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
