"""What a person sees of a sign-in: in a notebook cell, in a terminal, or through a function of the caller's."""

from __future__ import annotations

import contextlib
import threading
import webbrowser
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from .asking import how_it_comes_back
from .causes import cause_of
from .errors import CognitoError
from .front_end import in_notebook, require_person, say
from .receivers.loopback import LoopbackReceiver
from .receivers.paste import PasteReceiver
from .receivers.redirect_file import RedirectFile
from .receivers.surroundings import sign_of_elsewhere
from .widget.outcome import (
    SignedOut,
    not_remembered_text,
    signed_in_html,
    signed_in_text,
    signed_out_html,
    signed_out_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from .resumption import RememberedSession
    from .session import Session
    from .sign_in import SignIn
    from .sign_out import SignOut
    from .widget.login_cell import LoginCell

__all__ = [
    "View",
    "choose_view",
    "failure_facts",
    "show_signed_in",
    "show_signed_out",
    "valid_until",
    "waiting_facts",
]


class View(Protocol):
    """What a person sees of a sign-in; called from any thread."""

    def require_person(self) -> None:
        """Raise InteractionRequiredError where nobody can answer."""

    def elsewhere(self, sign_in: SignIn) -> None:
        """Say that another notebook is signing in, and that this one goes on once that is done."""

    def waiting(self, sign_in: SignIn, *, blocking: bool) -> None:
        """Offer the link."""

    def signed_in(self, session: Session) -> None:
        """Say that it worked."""

    def failed(self, error: BaseException) -> None:
        """Say that it did not."""


def choose_view(open_url: Callable[[str], None] | None) -> View:
    """Return the view for this place: `open_url` if given, else the cell or the terminal."""
    if open_url is not None:
        return _UrlView(open_url)
    return _CellView() if in_notebook() else _TerminalView()


def waiting_facts(sign_in: SignIn) -> dict[str, Any]:
    """Return what `SignInButton.show_waiting` shows."""
    return {
        "start_path": sign_in.receiver.start_path,
        "start_url": sign_in.receiver.start_url,
        "host": sign_in.host,
        "user_pool": sign_in.config.label,
        "expires_in": sign_in.timeout,
        "how": how_it_comes_back(sign_in),
    }


def failure_facts(error: BaseException) -> dict[str, str]:
    """Return title and next step of an error."""
    if isinstance(error, CognitoError):
        return {"title": error.message, "next_step": error.hint or "Run %cognito_login again."}
    if isinstance(error, Exception):
        return {"title": f"An internal error: {type(error).__name__}.", "next_step": "Please report it."}
    return {"title": "The sign-in was interrupted.", "next_step": "Run %cognito_login again when you are ready."}


def show_signed_out(session: Session | RememberedSession, ended: SignOut) -> None:
    """Say that the session has ended, and offer the link that ends the browser's session too."""
    outcome = SignedOut(
        user_pool=session.config.label,
        sign_out_url=session.logout_url,
        revoked=ended.revoked,
        not_revoked=ended.not_revoked.message if ended.not_revoked else None,
        not_forgotten=ended.not_forgotten.message if ended.not_forgotten else None,
        valid_until=valid_until(ended),
        by_browser=session.config.injected is None and session.config.grant == "authorization_code",
    )
    say(signed_out_html(outcome), signed_out_text(outcome))


def valid_until(ended: SignOut) -> datetime | None:
    """Return when the access token of an ended session ends by itself; None if it has."""
    until = datetime.fromtimestamp(ended.valid_until).astimezone()
    return until if until > datetime.now().astimezone() else None


def show_signed_in(session: Session) -> None:
    """Say in a notebook's cell who is signed in already, where a login had nothing to do."""
    if in_notebook():
        _say_signed_in(session)


class _UrlView:
    """Hands the URL to somebody else."""

    def __init__(self, open_url: Callable[[str], None]) -> None:
        self._open_url = open_url

    def require_person(self) -> None:
        """Ask for nobody: whoever gets the URL answers."""

    def elsewhere(self, sign_in: SignIn) -> None:
        """Say nothing: nothing is to be done."""

    def waiting(self, sign_in: SignIn, *, blocking: bool) -> None:  # noqa: ARG002 - of the protocol
        self._open_url(sign_in.receiver.start_url)

    def signed_in(self, session: Session) -> None:
        """Say nothing: the caller has the session."""

    def failed(self, error: BaseException) -> None:
        """Say nothing: the caller has the error."""


class _TerminalView(_UrlView):
    """Prints the URL, opens the browser where there is one, and says what a signed-in user has to know."""

    def __init__(self) -> None:
        super().__init__(_print_url)
        self._has_asked = False
        self._file: RedirectFile | None = None

    def require_person(self) -> None:
        require_person()

    def waiting(self, sign_in: SignIn, *, blocking: bool) -> None:
        super().waiting(sign_in, blocking=blocking)
        self._has_asked = True
        if how := how_it_comes_back(sign_in):
            say("", how)
        if isinstance(sign_in.receiver, LoopbackReceiver) and sign_of_elsewhere() is None:
            self._open_browser(sign_in.receiver)

    def signed_in(self, session: Session) -> None:
        self._remove_file()
        if self._has_asked:  # a script that goes on with a remembered session prints what it likes
            _say_signed_in(session)
        elif session.not_remembered is not None:
            say("", not_remembered_text(session.not_remembered))

    def failed(self, error: BaseException) -> None:  # noqa: ARG002 - of the protocol
        self._remove_file()

    def _open_browser(self, receiver: LoopbackReceiver) -> None:
        with contextlib.suppress(OSError):  # no place for a file: the link is printed all the same
            self._file = RedirectFile(receiver.opening_url)
            # A browser that is only started now may take a while to return
            threading.Thread(target=webbrowser.open, args=(self._file.url,), daemon=True).start()

    def _remove_file(self) -> None:
        if self._file is not None:
            self._file.remove()


class _CellView:
    """The login cell of a notebook; the widget is loaded when it is first shown."""

    def __init__(self) -> None:
        self._cell: LoginCell | None = None
        self._blocking = False

    def require_person(self) -> None:
        require_person()

    def elsewhere(self, sign_in: SignIn) -> None:
        self._blocking = True
        self._open().elsewhere(user_pool=sign_in.config.label)

    def waiting(self, sign_in: SignIn, *, blocking: bool) -> None:
        self._blocking = blocking
        if isinstance(sign_in.receiver, PasteReceiver):
            self._open().pasting(**_pasting_facts(sign_in))
        else:
            self._open().waiting(**waiting_facts(sign_in), blocking=blocking)

    def signed_in(self, session: Session) -> None:
        if self._cell is None:
            show_signed_in(session)
            return
        name = session.user.display_name if session.config.show_identity else None
        self._cell.signed_in(name=name, user_pool=session.config.label, not_remembered=session.not_remembered)

    def _open(self) -> LoginCell:
        from .widget.login_cell import LoginCell  # noqa: PLC0415 - anywidget takes 50 ms

        self._cell = self._cell or LoginCell()
        return self._cell

    def failed(self, error: BaseException) -> None:
        if self._cell is None:
            return
        if isinstance(error, KeyboardInterrupt):  # IPython shows this in place of the frames that waited
            error._render_traceback_ = lambda: ["KeyboardInterrupt: the sign-in was withdrawn."]  # type: ignore[attr-defined]
        if self._blocking:  # the error itself is shown below
            self._cell.failed(**_in_few_words(error))
        else:
            details = error.details if isinstance(error, CognitoError) else ()
            self._cell.failed(**failure_facts(error), details=details)


def _say_signed_in(session: Session) -> None:
    facts: dict[str, Any] = {
        "name": session.user.display_name if session.config.show_identity else None,
        "user_pool": session.config.label,
        "at": datetime.fromtimestamp(session.signed_in_at).astimezone(),
        "not_remembered": session.not_remembered,
    }
    say(signed_in_html(**facts), signed_in_text(**facts))


def _pasting_facts(sign_in: SignIn) -> dict[str, str]:
    return {
        "url": sign_in.receiver.start_url,
        "host": sign_in.host,
        "user_pool": sign_in.config.label,
        "how": how_it_comes_back(sign_in),
    }


def _in_few_words(error: BaseException) -> dict[str, str]:
    """Return title and likely cause as the browser's page says them."""
    if not isinstance(error, CognitoError):
        return {"title": type(error).__name__ if isinstance(error, Exception) else "interrupted", "next_step": ""}
    cause = cause_of(error.cause)
    told = error.cause is None or cause.likely[0] in error.message
    return {"title": cause.title, "next_step": "" if told else f"Likely cause: {cause.likely[0]}"}


def _print_url(url: str) -> None:
    print(f"Sign in: open {url}")  # noqa: T201 - a terminal's view
