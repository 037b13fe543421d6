"""An answer of the token endpoint, verified whole: both tokens, whom they belong to, how long they live."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import TokenVerificationError
from ..protocol.claims import LEEWAY, verify_access_token, verify_id_token

if TYPE_CHECKING:
    from ..protocol.claims import VerifiedToken
    from ..protocol.jwks import KeySet
    from ..protocol.token import TokenSet
    from ..secret import Secret

__all__ = ["PASSING_CLAIMS", "Known", "life_of", "verify_answer", "with_clocks"]

_TIMES = frozenset({"iat", "exp", "nbf"})
PASSING_CLAIMS = _TIMES | {"kid"}  # they fail for a clock or a key set that is behind, too


@dataclass(frozen=True, slots=True)
class Known:
    """Whom the answer to a refresh must belong to.

    Attributes
    ----------
    subject : str
        ``sub`` of the sign-in; empty where only the answer will tell.
    auth_time : object
        Its ``auth_time``, None if it had none.
    id_token : VerifiedToken or None
        The ID token that stays where the answer brings none.
    refresh_token : Secret or None
        What is sent.
    """

    subject: str
    auth_time: object
    id_token: VerifiedToken | None
    refresh_token: Secret | None


def verify_answer(
    answer: TokenSet,
    keys: KeySet,
    *,
    issuer: str,
    client_id: str,
    resource: str | None,
    nonce: Secret | None,
    known: Known | None,
    now: float,
) -> tuple[VerifiedToken | None, VerifiedToken]:
    """Return the ID token, if there is one, and the access token.

    Parameters
    ----------
    answer : TokenSet
        What came.
    keys : KeySet
        The user pool's keys.
    issuer, client_id, resource : str
        Whose tokens they must be.
    nonce : Secret or None
        What the sign-in sent.
    known : Known or None
        Whom a refresh must belong to; None at sign-in, where the nonce is required.
    now : float
        Seconds since the epoch.

    Raises
    ------
    TokenVerificationError
        Naming the claim that failed.
    """
    id_token = known.id_token if known else None
    if answer.id_token is not None:
        id_token = verify_id_token(
            answer.id_token,
            keys,
            issuer=issuer,
            client_id=client_id,
            nonce=nonce,
            nonce_required=known is None,
            access_token=answer.access_token,
            now=now,
        )
    subject = (known.subject if known else None) or (id_token.subject if id_token else None)
    if id_token is not None and id_token.subject != subject:
        raise TokenVerificationError("ID token refused: sub belongs to another user", claim="sub")
    access = verify_access_token(
        answer.access_token, keys, issuer=issuer, client_id=client_id, resource=resource, subject=subject, now=now
    )
    if known is not None and answer.id_token is not None:
        _check_continuity(known, id_token)
    return id_token, access


def life_of(answer: TokenSet, access: VerifiedToken, id_token: VerifiedToken | None, *, now: float) -> float:
    """Return the seconds for which an answer's tokens live, whatever this machine's clock says.

    They may have been issued a while ago: the endpoint's own clock tells, or else this one, within the leeway.
    """
    at = answer.server_time
    if at is None or abs(at - now) > LEEWAY:
        at = now - LEEWAY
    lives = [token.expires_at - max(at, int(token.claims["iat"])) for token in (access, id_token) if token]
    return min(*lives, answer.expires_in) if answer.expires_in else min(lives)


def with_clocks(error: TokenVerificationError, *, now: float, server_time: float | None) -> TokenVerificationError:
    """Name both clocks in an error about a time, where they differ."""
    ahead = 0.0 if server_time is None else now - server_time
    if error.claim not in _TIMES or abs(ahead) <= LEEWAY:
        return error
    which = "ahead of" if ahead > 0 else "behind"
    return TokenVerificationError(
        f"{error.message}. This machine's clock is {abs(ahead):,.0f} s {which} the token endpoint's.",
        claim=error.claim,
        expected=error.expected,
        actual=error.actual,
        cause="clock_wrong",
    )


def _check_continuity(known: Known, id_token: VerifiedToken | None) -> None:
    """Refuse a refreshed ID token of another sign-in (OpenID Connect Core §12.2)."""
    if known.auth_time is not None and id_token is not None and id_token.claims.get("auth_time") != known.auth_time:
        raise TokenVerificationError("ID token refused: auth_time belongs to another sign-in", claim="auth_time")
