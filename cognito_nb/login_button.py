"""LoginButton: the button alone, for dashboards; a card takes its place once somebody is signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets

from .flow import begin, resume
from .profiles import load_config
from .sign_in import MAX_TIMEOUT, SignIn
from .status import session_card
from .views import failure_facts, waiting_facts
from .widget.button import SignInButton

if TYPE_CHECKING:
    import concurrent.futures

    from .config import CognitoConfig
    from .session import Session

__all__ = ["LoginButton"]


class LoginButton(ipywidgets.VBox):  # type: ignore[misc] # ipywidgets has no types
    """A button that signs in without blocking a cell; then the session is the profile's current one.

    Parameters
    ----------
    profile : str, optional
        Name of a profile; default the configured one.
    config : CognitoConfig, optional
        Settings in place of a profile.

    Raises
    ------
    ConfigurationError, NetworkError, ProtocolError
        If a sign-in cannot start.
    """

    def __init__(self, profile: str | None = None, *, config: CognitoConfig | None = None) -> None:
        super().__init__()
        self._config = config or load_config(profile)
        self._button: SignInButton | None = None
        self._pending: concurrent.futures.Future[Session] | None = None
        session = resume(self._config, quiet=True)
        if session is None:
            self._offer()
        else:
            self.signed_in(session)

    def require_person(self) -> None:
        """Ask for nobody: a dashboard is looked at (a `views.View`)."""

    def elsewhere(self, sign_in: SignIn) -> None:
        """Say nothing: the button is offered anyway (a `views.View`)."""

    def waiting(self, sign_in: SignIn, *, blocking: bool) -> None:
        """Show the link (a `views.View`)."""
        self._button = button = SignInButton()
        button.on_retry, button.on_cancel = self._offer, self._cancel
        button.show_waiting(**waiting_facts(sign_in), blocking=blocking)
        self.children = (button,)

    def signed_in(self, session: Session) -> None:
        """Show the card (a `views.View`)."""
        self.children = (session_card(session, on_sign_in=self._offer),)

    def failed(self, error: BaseException) -> None:
        """Show what went wrong, and offer another try (a `views.View`)."""
        if self._button is not None:
            facts = failure_facts(error)
            self._button.show_error(title="Not signed in", cause=facts["title"], next_step=facts["next_step"])

    def _offer(self) -> None:
        self._pending = begin(SignIn(self._config, timeout=MAX_TIMEOUT, receiver="auto"), self)

    def _cancel(self) -> None:
        if self._pending is not None:
            self._pending.cancel()
