"""What became of a sign-out: two facts that do not follow from each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import CognitoError

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from .tokens.memory import Memory
    from .tokens.source import Tokens
    from .tokens.user_pool import UserPool

__all__ = ["SignOut", "end_everywhere", "failure_of"]


@dataclass(frozen=True, slots=True)
class SignOut:
    """What became of a sign-out.

    Attributes
    ----------
    revoked : bool
        Whether Cognito confirmed that the refresh token is revoked.
    not_revoked : CognitoError or None
        Why it did not; None also if there was no refresh token.
    not_forgotten : CognitoError or None
        Why the session is still remembered beyond its kernel.
    valid_until : float
        When the access token ends by itself, in seconds since the epoch: until then an API that does not ask Cognito
        takes it, revoked or not.
    """

    revoked: bool
    not_revoked: CognitoError | None = None
    not_forgotten: CognitoError | None = None
    valid_until: float = 0.0

    def check(self) -> None:
        """Raise what did not work; the token that is still alive at Cognito comes first."""
        failure = self.not_revoked or self.not_forgotten
        if failure is not None:
            raise failure


async def end_everywhere(memory: Memory, user_pool: UserPool, tokens: Tokens) -> SignOut:
    """Forget a session wherever it is remembered, and revoke the refresh token that is the current one there."""
    not_forgotten, refresh_token, valid_until = None, tokens.refresh_token, float(tokens.access.claims["exp"])
    try:
        kept = await memory.forget()
    except CognitoError as error:
        not_forgotten = error
    else:
        refresh_token = (kept.refresh_token if kept else None) or refresh_token
    if refresh_token is None:
        return SignOut(revoked=False, not_forgotten=not_forgotten, valid_until=valid_until)
    failure = await failure_of(user_pool.revoke(refresh_token))
    return SignOut(failure is None, not_revoked=failure, not_forgotten=not_forgotten, valid_until=valid_until)


async def failure_of(step: Awaitable[object]) -> CognitoError | None:
    """Return how a step failed; None if it did not."""
    try:
        await step
    except CognitoError as error:
        return error.with_traceback(None)  # its frames hold the token
    return None
