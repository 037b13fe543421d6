"""LoginButton: the button alone, for dashboards; a card takes its place once somebody is signed in.

A Jupyter server keeps no sign-in for longer than an hour, and a dashboard is looked at for longer. So a timer replaces
the link by a fresh one while enough of its life is left for whoever has just clicked it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from threading import Timer
from typing import TYPE_CHECKING, Any

import ipywidgets

from .errors import CognitoError, SignInTimeoutError
from .flow import begin, resume
from .profiles import load_config
from .sign_in import MAX_TIMEOUT, SignIn
from .status import session_card
from .views import failure_facts, waiting_facts
from .widget.button import SignInButton, with_fallback
from .wire import LIFE_MARGIN

if TYPE_CHECKING:
    import concurrent.futures
    from collections.abc import Callable

    from .config import CognitoConfig
    from .session import Session

__all__ = ["LoginButton"]

_LEFT_AT_LEAST = 600.0  # seconds that whoever clicks has for the sign-in
_RENEW_AFTER = MAX_TIMEOUT - _LEFT_AT_LEAST
_PAUSE = 60.0  # seconds after a renewal that failed
_TOTAL = 24 * 3600.0  # seconds: each renewal looks like activity, and an idle kernel should be culled some day


class LoginButton(ipywidgets.VBox):  # type: ignore[misc] # ipywidgets has no types
    """A button that signs in without blocking a cell; then the session is the profile's current one.

    While it is shown and nobody has signed in, its link is renewed in the background, for a day; after that, a click
    on "Try again" brings a fresh one. A link that somebody has opened is left alone until its sign-in has ended.

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
        self._button = SignInButton()
        self._button.on_retry, self._button.on_cancel = self._offer, self._cancel
        self._starting = threading.Lock()
        self._newest: _Offer | None = None
        self._timer: Timer | None = None
        self._seconds_left = 0.0
        self.comm.on_close(lambda _: self._stop())  # by the front end, with its output
        self._offer()

    def close(self) -> None:
        """Take the button away, and withdraw the sign-in that waits behind it."""
        self._stop()
        self._button.show_ended()
        for child in (self._button, *self.children):
            child.close()
        super().close()

    def __repr__(self) -> str:
        """Say what front ends without widgets show."""
        return "\n".join(repr(child) for child in self.children)

    def _repr_mimebundle_(self, **_: object) -> Any:  # noqa: ANN401 - as IPython wants it
        html = self._button.html if self._button in self.children else None
        return with_fallback(super()._repr_mimebundle_(), text=repr(self), html=html)

    def _offer(self) -> None:
        """Offer a link, and keep it fresh for a day."""
        self._seconds_left = _TOTAL
        self._start()

    def _start(self) -> None:
        with self._starting:
            self._disarm()
            session = resume(self._config, quiet=True)  # somebody may have signed in elsewhere in this kernel
            if session is not None:
                self._show_session(session)
                return
            sign_in = SignIn(self._config, timeout=MAX_TIMEOUT, receiver="auto")
            offer = _Offer(sign_in, self._show_link, self._show_session, self._ended)
            former, self._newest = self._newest, offer  # before it begins, which supersedes the former one
            try:
                offer.pending = begin(offer.sign_in, offer)
            except BaseException:
                self._newest = former
                raise
            if self.comm is None:  # it was closed meanwhile
                self._stop()
            elif not offer.has_ended:
                self._arm(_RENEW_AFTER)

    def _renew(self) -> None:
        """Replace the link by a fresh one, unless somebody is at Cognito's page with it: its end renews it then."""
        offer = self._newest
        try:
            if offer is None or offer.is_in_use():
                return
            self._start()
        except CognitoError as error:
            if offer is None or offer.has_ended:
                self._show_failure(error)
            self._arm(_PAUSE)

    def _arm(self, seconds: float) -> bool:
        """Renew the link after so many seconds; False if it has been renewed for long enough."""
        self._disarm()
        self._seconds_left -= seconds
        if self._seconds_left < 0:
            return False
        self._timer = timer = Timer(seconds, self._renew)
        timer.daemon = True
        timer.start()
        return True

    def _disarm(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def _stop(self) -> None:
        self._disarm()
        offer, self._newest = self._newest, None
        if offer is not None:
            offer.cancel()

    def _cancel(self) -> None:
        self._disarm()
        if self._newest is not None:
            self._newest.cancel()

    def _show_link(self, sign_in: SignIn) -> None:
        facts = {**waiting_facts(sign_in), "expires_in": sign_in.timeout + LIFE_MARGIN}  # renewed before it looks dead
        self._button.show_waiting(**facts, blocking=False)
        self.children = (self._button,)

    def _show_session(self, session: Session) -> None:
        self._stop()
        self.children = (session_card(session, on_sign_in=self._offer),)

    def _ended(self, offer: _Offer, error: BaseException) -> None:
        """Offer a fresh link in place of one that nobody has followed to the end; say what else went wrong."""
        if offer is not self._newest:  # another has taken its place
            return
        if isinstance(error, SignInTimeoutError) and self._arm(0.0):
            return
        self._disarm()
        self._show_failure(error)

    def _show_failure(self, error: BaseException) -> None:
        if isinstance(error, SignInTimeoutError):
            facts = {"title": "This link has expired.", "next_step": "Try again brings a fresh one."}
            self._button.show_error(cause="", **facts)
        else:
            facts = failure_facts(error)
            self._button.show_error(title="Not signed in", cause=facts["title"], next_step=facts["next_step"])


@dataclass(slots=True)
class _Offer:
    """One sign-in of a button, and what to call as it goes on (a `views.View`)."""

    sign_in: SignIn
    show_link: Callable[[SignIn], None]
    show_session: Callable[[Session], None]
    on_failure: Callable[[_Offer, BaseException], None]
    pending: concurrent.futures.Future[Session] | None = None

    @property
    def has_ended(self) -> bool:
        return self.pending is not None and self.pending.done()

    def is_in_use(self) -> bool:
        """Tell whether a browser has gone on to Cognito with it."""
        return not self.has_ended and self.sign_in.background.run(self.sign_in.is_started())

    def cancel(self) -> None:
        if self.pending is not None:
            self.pending.cancel()

    def require_person(self) -> None:
        """Ask for nobody: a dashboard is looked at."""

    def elsewhere(self, sign_in: SignIn) -> None:
        """Say nothing: the button is offered anyway."""

    def waiting(self, sign_in: SignIn, *, blocking: bool) -> None:  # noqa: ARG002 - of the protocol
        self.show_link(sign_in)

    def signed_in(self, session: Session) -> None:
        self.show_session(session)

    def failed(self, error: BaseException) -> None:
        self.on_failure(self, error)
