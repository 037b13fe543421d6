"""The user pool's signing keys (RFC 7517): parse a set, pick by ``kid``, decide when to fetch again.

Cognito has two RSA keys, one for ID and one for access tokens, and may rotate them without notice; a ``kid`` is
standard base64 and compared as an opaque string.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError, ProtocolError
from .http import HttpRequest, HttpResponse, read_json, without_frames

try:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from jwt import InvalidKeyError
    from jwt.algorithms import RSAAlgorithm
except ImportError as missing:  # PyJWT works without cryptography, but knows no RS256 then
    raise ConfigurationError(
        f"Tokens cannot be verified: {missing.msg}.", hint='Run: pip install "pyjwt[crypto]", then restart the kernel.'
    ) from None

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "KEY_SET_LIFE",
    "UNKNOWN_KID_PENALTY",
    "KeySet",
    "fetch_is_due",
    "is_signed_by",
    "jwks_request",
    "process_jwks_response",
]

KEY_SET_LIFE = 3600.0  # seconds; after them the keys are fetched anew, and a withdrawn one is gone
UNKNOWN_KID_PENALTY = 10.0  # seconds for which an unknown kid causes no further fetch
_ENDPOINT = "key set (JWKS)"
_LEAST_BITS, _MOST_BITS = 2048, 8192  # below weak (RFC 7518 §3.3), above slow
_LEAST_EXPONENT = 65537  # FIPS 186-5 appendix A.1.1
_FETCHES_IN_VAIN = 2  # for unknown kids, within one penalty
_MAX_KEYS = 100
_RS256 = RSAAlgorithm(RSAAlgorithm.SHA256)


@dataclass(frozen=True, slots=True)
class KeySet:
    """The usable keys of a user pool, by ``kid``; `at` is when they were fetched, in seconds."""

    keys: tuple[tuple[str | None, RSAPublicKey], ...] = field(repr=False)
    at: float

    def find(self, kid: str | None) -> RSAPublicKey | None:
        """Return the key for a header's ``kid``; a header without one means the only key, of several none."""
        if kid is None and len(self.keys) > 1:
            return None
        return next((key for name, key in self.keys if kid in (None, name)), None)


def is_signed_by(key: RSAPublicKey, signed: bytes, signature: bytes) -> bool:
    """Tell whether an RS256 signature (RFC 7518 §3.3) is this key's."""
    return bool(_RS256.verify(signed, key, signature))


def jwks_request(jwks_uri: str) -> HttpRequest:
    """Build the request for the key set."""
    return HttpRequest(_ENDPOINT, "GET", jwks_uri, {"Accept": "application/json"})


@without_frames
def process_jwks_response(response: HttpResponse, *, now: float) -> KeySet:
    """Read a key set; keys that are not RSA, not for RS256 signatures, weak or broken are left out.

    Raises
    ------
    ProtocolError
        If it is no key set, or holds no usable key.
    NetworkError
        For 429 and 5xx.
    """
    entries = read_json(response, endpoint=_ENDPOINT).get("keys")
    if not isinstance(entries, list) or len(entries) > _MAX_KEYS:
        raise ProtocolError(f"The {_ENDPOINT} has no usable list of keys.")
    keys = tuple((entry.get("kid"), key) for entry in entries if (key := _usable_key(entry)) is not None)
    if not keys:
        raise ProtocolError(f"The {_ENDPOINT} holds no RS256 key of {_LEAST_BITS} to {_MOST_BITS} bits.")
    return KeySet(keys, now)


def fetch_is_due(key_set: KeySet | None, kid: str | None, penalties: Mapping[str | None, float], *, now: float) -> bool:
    """Tell whether the key set must be fetched before a token with this ``kid`` can be judged.

    An unknown ``kid`` causes a fetch at once (the pool may have rotated its keys a moment ago), and then none
    for `UNKNOWN_KID_PENALTY` seconds; `penalties` holds the times, by ``kid``, of fetches that did not help. Two
    of those in that time hold back every unknown ``kid``, or invented ones would cause a fetch each. A clock that
    went back makes the set old and ends the penalties. Without a ``kid`` no fetch tells which key is meant.
    """
    if key_set is None or not 0 <= now - key_set.at < KEY_SET_LIFE:
        return True
    if kid is None or key_set.find(kid) is not None:
        return False
    held_back = {name for name, at in penalties.items() if 0 <= now - at < UNKNOWN_KID_PENALTY}
    return kid not in held_back and len(held_back) < _FETCHES_IN_VAIN


def _usable_key(entry: Any) -> RSAPublicKey | None:  # noqa: ANN401 - whatever JSON held
    if not isinstance(entry, dict) or entry.get("kty") != "RSA" or "d" in entry:
        return None
    if entry.get("use", "sig") != "sig" or entry.get("alg", "RS256") != "RS256":
        return None
    if entry.get("key_ops", ["verify"]) != ["verify"] or not isinstance(entry.get("kid", ""), str):
        return None
    try:
        key = RSAAlgorithm.from_jwk({name: entry.get(name) for name in ("kty", "n", "e")})
    except (InvalidKeyError, ValueError, TypeError, AttributeError):
        return None
    if not isinstance(key, RSAPublicKey) or not _LEAST_BITS <= key.key_size <= _MOST_BITS:
        return None
    return key if key.public_numbers().e >= _LEAST_EXPONENT else None
