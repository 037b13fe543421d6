"""One remembered session in many kernels: what another one has done with it holds here too."""

from __future__ import annotations

import dataclasses
import logging
from typing import TYPE_CHECKING

from ..errors import CognitoError, NotSignedInError

if TYPE_CHECKING:
    from typing import TypeGuard

    from .memory import SessionTurn
    from .source import Tokens, TokenSource
    from .store import Kept
    from .user_pool import UserPool

__all__ = ["hear", "latest"]

_log = logging.getLogger(__name__)


async def latest(source: TokenSource, user_pool: UserPool, turn: SessionTurn) -> Tokens:
    """Return the tokens to refresh: those that another kernel has left, if it has renewed them meanwhile.

    Raises
    ------
    NotSignedInError
        If it has signed out, or somebody else in.
    NetworkError, ProtocolError
        If what it left cannot be verified just now.
    """
    tokens, kept = source.tokens, turn.kept
    if not turn.is_real or not _is_ours(kept, tokens, source, user_pool):
        return source.tokens  # which raises, with the reason, if it is not ours any more
    if kept.access_token in (None, tokens.access.token) and kept.refresh_token == tokens.refresh_token:
        return tokens
    adopted = await user_pool.adopt(kept) or dataclasses.replace(tokens, refresh_token=kept.refresh_token)
    if not source.replace(tokens, adopted):
        raise NotSignedInError("You signed out while the session was being renewed.", hint="Run %cognito_login.")
    return adopted


async def hear(source: TokenSource, user_pool: UserPool, kept: Kept | None) -> None:
    """Take over what another kernel has left, at once; a verification that fails now is left to the next refresh."""
    try:
        tokens = source.tokens
        if _is_ours(kept, tokens, source, user_pool) and kept.access_token not in (None, tokens.access.token):
            adopted = await user_pool.adopt(kept)
            if adopted is not None:
                source.replace(tokens, adopted)
    except CognitoError as error:
        _log.debug("not taken over: %s", type(error).__name__)


def _is_ours(kept: Kept | None, tokens: Tokens, source: TokenSource, user_pool: UserPool) -> TypeGuard[Kept]:
    """Tell whether what is remembered is still this session; if it is not, end it here too."""
    by_itself = False
    if kept is None:
        reason = "You signed out in another notebook."
    elif kept.subject != tokens.access.subject:
        reason = "Another user has signed in with this profile."
    elif kept.refresh_token is None and tokens.refresh_token is not None:
        reason, by_itself = "The session has ended.", True
    else:
        return True
    if source.wipe(reason, only=tokens, by_itself=by_itself) is not None:
        user_pool.transport.background.stop_later()
    return False
