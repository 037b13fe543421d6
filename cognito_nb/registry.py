"""The current sessions of this kernel, by profile."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from .errors import NotSignedInError

if TYPE_CHECKING:
    from .config import CognitoConfig
    from .session import Session

__all__ = [
    "ask_again",
    "current_session",
    "current_sessions",
    "find_session",
    "keep_session",
    "must_ask_again",
    "why_ended",
]

_current: dict[str, Session] = {}  # by profile, the most recent sign-in last
_ended: dict[str, Session] = {}  # the session of a profile that ended by itself
_ask_again: set[tuple[str, str | None]] = set()  # issuers and clients: the user signed out, or was another
_lock = threading.Lock()


def current_session(profile: str | None = None) -> Session:
    """Return the session of a profile, or the one signed in last.

    Parameters
    ----------
    profile : str, optional
        The profile's name.

    Raises
    ------
    NotSignedInError
        If there is none.
    """
    alive = current_sessions()
    found = _current.get(profile) if profile is not None else alive[-1] if alive else None
    if found is not None:
        return found
    whose = "" if profile is None else f" with the profile {profile!r}"
    raise NotSignedInError(f"You are not signed in{whose}.", hint=f"Run %cognito_login {profile or ''}".rstrip() + ".")


def current_sessions() -> list[Session]:
    """Return the sessions that are alive, in the order of their sign-ins."""
    with _lock:
        _drop_ended()
        return list(dict.fromkeys(_current.values()))


def keep_session(session: Session, profile: str) -> None:
    """Make a session the current one of a profile; the one that was is ended, so that no two users get mixed up."""
    with _lock:
        _drop_ended()
        replaced = _current.pop(profile, None)
        _current[profile] = session
        ended = _ended.pop(profile, None)
        _ask_again.discard((session.config.issuer, session.config.client_id))
        in_use = replaced in _current.values()
    if ended is not None:
        ended.hand_over(session)
    if replaced is not None and not in_use:
        replaced.retire("A newer sign-in has taken this session's place.")


def must_ask_again(config: CognitoConfig) -> bool:
    """Tell whether the next sign-in has to ask for user and password, whatever session the browser has at Cognito."""
    with _lock:
        _drop_ended()
        return (config.issuer, config.client_id) in _ask_again


def ask_again(config: CognitoConfig) -> None:
    """Have the next sign-in ask for user and password: the browser's session at Cognito is not the one wanted."""
    with _lock:
        _ask_again.add((config.issuer, config.client_id))


def why_ended() -> list[str]:
    """Return why sessions ended by themselves, until somebody signs in again with their profiles."""
    with _lock:
        _drop_ended()
        return [session.token_source.reason for session in _ended.values()]


def find_session(config: CognitoConfig) -> Session | None:
    """Return a session that serves a config: same issuer, client and resource, at least its scopes.

    The profile's own session counts, and another profile's only where that one has none, and had none of another user:
    two users stay two users. Whoever has signed out is asked again.
    """
    alive = current_sessions()
    with _lock:
        own, ended = _current.get(config.profile), _ended.get(config.profile)
        asks = (config.issuer, config.client_id) in _ask_again
    if own is not None:
        return own if own.serves(config) else None
    others = iter(() if asks else reversed(alive))
    if ended is not None:
        others = (session for session in others if session.reach.subject == ended.reach.subject)
    return next((session for session in others if session.serves(config)), None)


def _drop_ended() -> None:
    for profile, session in [(name, session) for name, session in _current.items() if not session.is_alive]:
        del _current[profile]
        if session.token_source.ended_by_itself:
            _ended[profile] = session
        if session.was_signed_out:
            _ask_again.add((session.config.issuer, session.config.client_id))
