"""The session card: `widget.card` wired to a session."""

from __future__ import annotations

import logging
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .errors import CognitoError, SessionExpiredError
from .registry import current_session, current_sessions, why_ended
from .views import failure_facts, in_notebook, say
from .widget.card import SessionCard

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
                session.source.watchers.remove(follow)
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
        if ended is not None and (said := _failures(ended)):
            card.show({**_facts(session), "message": f"Signed out here. {said}"})

    card.on_refresh, card.on_sign_out, card.on_sign_in = renew, sign_out, on_sign_in
    session.source.watchers.append(follow)
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
            say("", "\n".join(filter(None, [repr(session), _remembered(session)])))


def _about(session: Session) -> dict[str, Any]:
    config = session.config
    return {
        "user_pool": config.label,
        "issuer_host": urlsplit(config.issuer).netloc,
        "sources": dict(config.sources),
    }


def _facts(session: Session) -> dict[str, Any]:
    if session.source.ended_by_itself:
        return {**_about(session), "state": "expired", "message": session.source.reason}
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
        "remembered": _remembered(session),
    }


def _remembered(session: Session) -> str | None:
    if session.not_remembered is not None:
        return f"not remembered: {session.not_remembered}"
    return f"remembered by: {session.remembered_by}" if session.remembered_by is not None else None


def _failures(ended: SignOut) -> str:
    revoked = f"Cognito did not confirm it: {ended.not_revoked.message}" if ended.not_revoked else ""
    forgotten = f"Still remembered: {ended.not_forgotten.message}" if ended.not_forgotten else ""
    return " ".join(filter(None, [revoked, forgotten]))


def _message(error: CognitoError) -> dict[str, str]:
    facts = failure_facts(error)
    return {"message": f"{facts['title']} {facts['next_step']}"}
