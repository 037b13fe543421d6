"""The session card: `widget.card` wired to a session."""

from __future__ import annotations

import logging
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .errors import CognitoError, SessionExpiredError
from .front_end import in_notebook, say
from .registry import current_session, current_sessions, why_ended
from .shown_text import public_text
from .views import failure_facts, valid_until
from .widget.card import SessionCard
from .widget.outcome import valid_until_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from .session import Session
    from .sign_out import SignOut

__all__ = ["session_card", "show_status"]

_log = logging.getLogger(__name__)


def session_card(session: Session, *, on_sign_in: Callable[[], None] | None = None) -> SessionCard:
    """Return a card that shows a session, follows what becomes of it, and can renew and end it.

    Parameters
    ----------
    session : Session
        The session.
    on_sign_in : callable, optional
        Called when the user wants to sign in again; without it the signed-out card offers no button.
    """
    card = SessionCard()

    def follow() -> None:
        try:
            if card.comm is None:  # closed with its output
                session.token_source.watchers.remove(follow)
            else:
                card.show(_facts(session))
        except Exception as error:  # noqa: BLE001 - the edge of a view: a front end that is gone ends no session
            _log.debug("card not shown: %s", type(error).__name__)

    def renew() -> None:
        try:
            session.refresh()
        except SessionExpiredError as error:
            card.show({**_about(session), "state": "expired", "message": error.message})
        except CognitoError as error:
            card.show({**_facts(session), **_message(error)})
        else:
            card.show({**_facts(session), "message": "Renewed just now."})

    def sign_out() -> None:
        ended = session.sign_out()
        if ended is not None:
            card.show({**_facts(session), "message": f"Signed out here. {_remains(ended)}".rstrip()})

    card.on_refresh, card.on_sign_out, card.on_sign_in = renew, sign_out, on_sign_in
    session.token_source.watchers.append(follow)
    card.show(_facts(session))
    return card


def show_status(profile: str | None = None) -> None:
    """Show who is signed in: a card for each session in a notebook, a line elsewhere.

    Raises
    ------
    NotSignedInError
        If the named profile has no session.
    """
    sessions = current_sessions() if profile is None else [current_session(profile)]
    if not sessions:
        text = " ".join([*(why_ended() or ["Nobody is signed in."]), "Run %cognito_login."])
        say(escape(text), text)
    for session in sessions:
        if in_notebook():
            from IPython.display import display  # noqa: PLC0415 - only where it is loaded already

            display(session_card(session))
        else:
            say("", "\n".join([repr(session), *_notes(session)]))


def _about(session: Session) -> dict[str, Any]:
    config = session.config
    return {
        "user_pool": config.label,
        "issuer_host": urlsplit(config.issuer).netloc,
        "sources": dict(config.sources),
    }


def _facts(session: Session) -> dict[str, Any]:
    if session.token_source.ended_by_itself:
        return {**_about(session), "state": "expired", "message": session.token_source.reason}
    if not session.is_alive:
        return {**_about(session), "state": "signed-out", "sign_out_url": session.logout_url}
    user = session.user
    return {
        **_about(session),
        "state": "signed-in",
        "name": user.name,
        "username": user.username,
        "email": user.email,
        "groups": list(user.groups),
        "scopes": list(session.scopes),
        "missing_scopes": list(session.missing_scopes),
        "expires_at": session.expires_at.timestamp(),
        "can_refresh": session.can_refresh,
        "source": session.source,
        "remembered": _remembered(session),
        **_warning(session),
    }


def _notes(session: Session) -> list[str]:
    """Return what a terminal shows of a session beside who it is for."""
    source = f"from: {session.source}"
    missing = f"not granted: {' '.join(session.missing_scopes)}" if session.missing_scopes else None
    lasting = None if session.can_refresh else "not renewed: there is no refresh token"
    return [note for note in (source, missing, _warning(session).get("message"), lasting, _remembered(session)) if note]


def _warning(session: Session) -> dict[str, str]:
    """Return what is odd about the scopes, for the card; RFC 6749 §3.3 has the client notice."""
    unasked = public_text(" ".join(session.unasked_scopes))
    return {"message": f"Granted without having been asked for: {unasked}."} if unasked else {}


def _remembered(session: Session) -> str | None:
    if session.not_remembered is not None:
        return f"not remembered: {session.not_remembered}"
    return f"remembered by: {session.remembered_by}" if session.remembered_by is not None else None


def _remains(ended: SignOut) -> str:
    """Return what a sign-out could not end."""
    revoked = f"Cognito did not confirm it: {ended.not_revoked.message}" if ended.not_revoked else ""
    forgotten = f"Still remembered: {ended.not_forgotten.message}" if ended.not_forgotten else ""
    until = valid_until(ended)
    return " ".join(filter(None, [revoked, forgotten, valid_until_text(until) if until else ""]))


def _message(error: CognitoError) -> dict[str, str]:
    facts = failure_facts(error)
    return {"message": f"{facts['title']} {facts['next_step']}"}
