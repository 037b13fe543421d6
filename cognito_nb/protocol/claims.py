"""ID token and access token verification (OpenID Connect Core §3.1.3.7, RFC 8725, Cognito "Verifying a JWT").

PyJWT checks the RS256 signature and nothing else: its claim rules accept a missing ``exp``, ``exp`` as a string,
several audiences, and duplicate JSON keys (measured). The rules here name the claim and never show the token.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ..errors import ProtocolError, TokenVerificationError
from ..secret import Secret
from ..shown_text import public_text
from .http import parse_json_object, without_frames
from .jwks import is_signed_by

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .jwks import KeySet

__all__ = ["LEEWAY", "VerifiedToken", "unverified_kid", "verify_access_token", "verify_id_token"]

LEEWAY = 60  # seconds of clock skew that are forgiven
_MAX_LIFE = 24 * 3600  # Cognito's longest ID and access token, seconds
_MAX_TOKEN = 64 * 1024
_MAX_KID = 200


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """A JWT that passed every check.

    Attributes
    ----------
    token : Secret
        The JWT.
    claims : Mapping of str to Any
        Its claims, read only; hidden from `repr`, they hold the nonce and the user's attributes.
    """

    token: Secret
    claims: Mapping[str, Any] = field(repr=False)

    @property
    def subject(self) -> str:
        """``sub``, the user's stable id."""
        return str(self.claims["sub"])

    @property
    def expires_at(self) -> int:
        """``exp`` in seconds since the epoch."""
        return int(self.claims["exp"])


@without_frames
def verify_id_token(
    token: Secret,
    keys: KeySet,
    *,
    issuer: str,
    client_id: str,
    nonce: Secret | None,
    nonce_required: bool,
    access_token: Secret | None,
    now: float,
) -> VerifiedToken:
    """Verify an ID token.

    Parameters
    ----------
    token : Secret
        The ID token.
    keys : KeySet
        The user pool's keys.
    issuer, client_id : str
        Expected ``iss`` and ``aud``.
    nonce : Secret or None
        What the authorization request sent; None only for tokens that this kernel did not ask for.
    nonce_required : bool
        Whether the token must carry it: at sign-in yes, and no `nonce` then refuses every token; after a refresh it
        may be absent (§12.2).
    access_token : Secret or None
        What came with it, for ``at_hash``; None only where the ID token came alone.
    now : float
        Seconds since the epoch.

    Raises
    ------
    TokenVerificationError
        Naming the claim that failed.
    """
    claims = _verify_signed(token, keys, kind="ID token", types=(None, "JWT"))
    check = _Checks("ID token", claims)
    check.common(issuer=issuer, token_use="id", now=now)  # noqa: S106 - a claim's value
    audience = claims.get("aud")
    if isinstance(audience, list) and len(audience) == 1:
        audience = audience[0]
    check.equal("aud", client_id, audience)
    if "azp" in claims:
        check.equal("azp", client_id, claims["azp"])
    if nonce_required or (nonce is not None and "nonce" in claims):
        check.require("nonce", isinstance(claims.get("nonce"), str) and Secret(claims["nonce"]) == nonce)
    if access_token is not None and "at_hash" in claims:
        check.require("at_hash", claims["at_hash"] == _half_hash(access_token))
    return VerifiedToken(token, MappingProxyType(claims))


@without_frames
def verify_access_token(
    token: Secret, keys: KeySet, *, issuer: str, client_id: str, resource: str | None, subject: str | None, now: float
) -> VerifiedToken:
    """Verify an access token.

    Parameters
    ----------
    token : Secret
        The access token.
    keys : KeySet
        The user pool's keys.
    issuer, client_id : str
        Expected ``iss`` and ``client_id``; Cognito's access tokens have no ``aud`` without `resource`.
    resource : str or None
        Expected ``aud`` (RFC 8707); None where no resource was asked for, and then ``aud`` must be absent.
    subject : str or None
        ``sub`` of the ID token that came with it; None only where there is none.
    now : float
        Seconds since the epoch.

    Raises
    ------
    TokenVerificationError
        Naming the claim that failed.
    """
    claims = _verify_signed(token, keys, kind="access token", types=(None, "JWT", "at+jwt"))
    check = _Checks("access token", claims)
    check.common(issuer=issuer, token_use="access", now=now)  # noqa: S106 - a claim's value
    check.equal("client_id", client_id, claims.get("client_id"))
    check.equal("aud", resource, claims.get("aud"))
    if subject is not None:
        check.equal("sub", subject, claims["sub"])
    check.require("scope", isinstance(claims.get("scope", ""), str))
    return VerifiedToken(token, MappingProxyType(claims))


@without_frames
def unverified_kid(token: Secret, *, kind: str = "token") -> str | None:
    """Return the ``kid`` that a JWT's header names, to fetch keys by; nothing is verified.

    Parameters
    ----------
    token : Secret
        The JWT.
    kind : str, optional
        ``"ID token"`` or ``"access token"``, for the error's text.

    Raises
    ------
    TokenVerificationError
        If the token is malformed, or its header is one that no key makes good.
    """
    return _kid(_decode(token, kind=kind).header, kind=kind)


@dataclass(frozen=True, slots=True)
class _Checks:
    """The claim rules; every refusal names the token's kind and the claim."""

    kind: str
    claims: Mapping[str, Any]

    def require(self, claim: str, holds: bool, *, expected: str | None = None, actual: object = None) -> None:  # noqa: FBT001
        if holds:
            return
        shown = None if actual is None else public_text(actual, limit=100)
        facts = [f"{word} {fact}" for word, fact in (("expected", expected), ("got", shown)) if fact]
        raise TokenVerificationError(
            f"{self.kind} refused: {claim}" + (f": {', '.join(facts)}" if facts else ""),
            claim=claim,
            expected=expected,
            actual=shown,
        )

    def equal(self, claim: str, expected: str | None, actual: object) -> None:
        self.require(claim, actual == expected, expected=expected or "none", actual=actual)

    def common(self, *, issuer: str, token_use: str, now: float) -> None:
        self.equal("token_use", token_use, self.claims.get("token_use"))
        self.equal("iss", issuer, self.claims.get("iss"))
        subject = self.claims.get("sub")
        self.require("sub", isinstance(subject, str) and bool(subject))
        issued, expires = self._time("iat"), self._time("exp")
        self.require("iat", issued <= now + LEEWAY, expected=_clock(now), actual=_ahead(issued - now))
        self.require("iat", now - issued <= _MAX_LIFE + LEEWAY, expected="at most a day ago")
        self.require("exp", now - LEEWAY < expires <= issued + _MAX_LIFE + LEEWAY, expected=_clock(now))
        if "nbf" in self.claims:
            self.require("nbf", self._time("nbf") <= now + LEEWAY, expected=_clock(now))
        if "auth_time" in self.claims:
            self._time("auth_time")
        groups = self.claims.get("cognito:groups", [])
        self.require("cognito:groups", isinstance(groups, list) and all(isinstance(group, str) for group in groups))

    def _time(self, claim: str) -> int:
        value = self.claims.get(claim)
        self.require(claim, type(value) is int and 0 < value < 1 << 40, expected="whole seconds since 1970")
        return int(value)  # type: ignore[arg-type] # the line above holds


@dataclass(frozen=True, slots=True)
class _Decoded:
    header: dict[str, Any]
    claims: bytes
    signed: bytes
    signature: bytes


def _decode(token: Secret, *, kind: str) -> _Decoded:
    """Take a compact JWS apart (RFC 7515 §7.1): three segments, URL-safe alphabet, no padding."""
    text = token.reveal()
    if len(text) > _MAX_TOKEN:
        raise TokenVerificationError(f"{kind} refused: too large", claim="size", expected=f"{_MAX_TOKEN} characters")
    try:
        header, claims, signature = (_base64url_decode(segment) for segment in text.split("."))
        return _Decoded(
            parse_json_object(header, what=f"The {kind}'s header"),
            claims,
            text.rpartition(".")[0].encode("ascii"),
            signature,
        )
    except (ValueError, ProtocolError):
        pass
    raise TokenVerificationError(f"{kind} refused: malformed", claim="format")


def _verify_signed(token: Secret, keys: KeySet, *, kind: str, types: tuple[str | None, ...]) -> dict[str, Any]:
    """Check header and signature, and return the claims; a key that the header itself brings is never used."""
    decoded = _decode(token, kind=kind)
    kid, check = _kid(decoded.header, kind=kind), _Checks(kind, {})
    check.require("typ", decoded.header.get("typ") in types)
    key = keys.find(kid)
    if key is None:
        check.require("kid", holds=False, expected="a known key of the user pool", actual=kid or "none")
    elif not is_signed_by(key, decoded.signed, decoded.signature):
        check.require("signature", holds=False)
    try:
        return parse_json_object(decoded.claims, what=f"The {kind}")
    except ProtocolError:
        pass
    raise TokenVerificationError(f"{kind} refused: malformed", claim="format")


def _kid(header: Mapping[str, Any], *, kind: str) -> str | None:
    """Return the header's ``kid``, if the header is one of a token that we would judge by a key."""
    check, kid = _Checks(kind, {}), header.get("kid")
    check.equal("alg", "RS256", header.get("alg"))
    check.require("crit", "crit" not in header)
    check.require("kid", "kid" not in header or (isinstance(kid, str) and len(kid) <= _MAX_KID))
    return kid


def _half_hash(access_token: Secret) -> str:
    """Return ``at_hash``: the left half of the token's SHA-256 (OpenID Connect Core §3.1.3.6)."""
    return _base64url(hashlib.sha256(access_token.reveal().encode("utf-8", "surrogatepass")).digest()[:16])


def _base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


def _base64url_decode(segment: str) -> bytes:
    """Decode the one canonical form: Python ignores blanks, padding and the last bits, and would take many."""
    octets = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    if _base64url(octets) != segment:
        raise ValueError
    return octets


def _clock(now: float) -> str:
    return f"this kernel's clock, {now:.0f}"


def _ahead(seconds: float) -> str:
    return f"a time {seconds:.0f} s ahead of it; compare the clocks"
