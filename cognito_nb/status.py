"""The session card: `widget.card` wired to a session."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .errors import CognitoError, SessionExpiredError
from .registry import current_session, current_sessions
from .views import failure_facts, in_notebook, say
from .widget.card import SessionCard

if TYPE_CHECKING:
    from collections.abc import Callable

    from .session import Session

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
        try:
            session.revoke()
        except CognitoError as error:
            message = f"Signed out here; Cognito did not confirm it: {error.message}"
            card.show({**_facts(session), "message": message})

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
        say("Nobody is signed in. Run <code>%cognito_login</code>.", "Nobody is signed in. Run %cognito_login.")
    for session in sessions:
        if in_notebook():
            from IPython.display import display  # noqa: PLC0415 - only where it is loaded already

            display(session_card(session))
        else:
            say("", repr(session))


def _about(session: Session) -> dict[str, Any]:
    config = session.config
    return {
        "user_pool": config.label,
        "issuer_host": urlsplit(config.issuer).netloc,
        "sources": dict(config.sources),
    }


def _facts(session: Session) -> dict[str, Any]:
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
    }


def _message(error: CognitoError) -> dict[str, str]:
    facts = failure_facts(error)
    return {"message": f"{facts['title']} {facts['next_step']}"}
