"""The pool's two RSA keys: one signs ID tokens, the other access tokens. RFC 7515, RFC 7517.

Source: "Verifying JSON web tokens" in the Cognito developer guide. The header of a token is ``kid`` and ``alg`` only.
"""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PoolKeys", "SigningKey"]


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An RSA key pair and its ``kid``: standard base64 of 32 bytes, so it may contain ``+``, ``/`` and ``=``.

    ``previous`` is the key that it took the place of, if that is still in the key set.
    """

    kid: str
    private_key: rsa.RSAPrivateKey = field(repr=False)
    previous: SigningKey | None = None

    @classmethod
    def generate(cls, previous: SigningKey | None = None) -> SigningKey:
        """Make a key of 2,048 bits; takes some 60 ms."""
        kid = base64.b64encode(secrets.token_bytes(32)).decode()
        return cls(kid, rsa.generate_private_key(public_exponent=65537, key_size=2048), previous)

    def jwks(self) -> list[dict[str, str]]:
        """Return the public halves of the key and of those before it, the newest first."""
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.private_key.public_key()))
        jwk = {"alg": "RS256", "e": public["e"], "kid": self.kid, "kty": "RSA", "n": public["n"], "use": "sig"}
        return [jwk, *(self.previous.jwks() if self.previous else [])]

    def sign(self, claims: Mapping[str, Any]) -> str:
        """Return the claims as a JWT (RFC 7519)."""
        # typ=None: PyJWT adds {"typ": "JWT"} otherwise, and Cognito's tokens have none
        return jwt.encode(dict(claims), self.private_key, algorithm="RS256", headers={"kid": self.kid, "typ": None})

    def verify(self, token: str, *, issuer: str, now: float) -> dict[str, Any] | None:
        """Return the claims of an unexpired JWT that this key, or one before it, signed for this issuer."""
        options: Any = {"verify_aud": False, "verify_exp": False, "verify_iat": False, "require": ["exp", "iss"]}
        try:
            claims: dict[str, Any] = jwt.decode(
                token, self.private_key.public_key(), algorithms=["RS256"], issuer=issuer, options=options
            )
        except jwt.InvalidTokenError:
            return self.previous.verify(token, issuer=issuer, now=now) if self.previous else None
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

    def rotated(self, *, keep_old: bool) -> PoolKeys:
        """Return new keys, which take the place of these."""
        before = (self.id_token, self.access_token) if keep_old else (None, None)
        return PoolKeys(*(SigningKey.generate(previous) for previous in before))

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """Return the public key set."""
        return {"keys": self.id_token.jwks() + self.access_token.jwks()}
