"""The session card: live facts about who is signed in, with Refresh and Sign out.

Rules of this file:

- Facts about a person travel as messages, never as synced traits: a saved notebook must not hold them.
- They are sent when they change and whenever a browser asks. A message that comes before the browser has loaded
  the card's script is kept there by the widget machinery, so nothing is sent twice to be safe.
"""

from __future__ import annotations

import pathlib
import time
from typing import TYPE_CHECKING, Any

import anywidget

from ..errors import CognitoError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["SessionCard"]

_HERE = pathlib.Path(__file__).parent


class SessionCard(anywidget.AnyWidget):
    """Live facts about the session.

    Attributes
    ----------
    on_refresh, on_sign_out, on_sign_in : callable or None
        Called on a click; a button without its callback is not shown. Each is expected to end in `show`.
    clock : callable
        Seconds since the epoch, by the same clock as the fact `expires_at`.
    """

    _esm = _HERE / "card.js"
    _css = _HERE / "widget.css"

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.on_refresh: Callable[[], None] | None = None
        self.on_sign_out: Callable[[], None] | None = None
        self.on_sign_in: Callable[[], None] | None = None
        self._facts: dict[str, Any] = {}
        super().__init__()
        self.on_msg(self._receive)

    def show(self, facts: Mapping[str, Any]) -> None:
        """Show these facts in place of the former ones.

        Parameters
        ----------
        facts : mapping
            All optional: `state` ("signed-in", "signed-out", "expired", "error"), `name`, `username`, `email`,
            `groups`, `user_pool`, `issuer_host`, `scopes`, `missing_scopes`, `expires_at` (seconds since the
            epoch), `can_refresh`, `source`, `remembered`, `sources` (setting → where it came from), `sign_out_url`,
            `message`.
        """
        self._facts = dict(facts)
        self._tell(answers="show")

    def __repr__(self) -> str:
        """Name nobody: a notebook keeps this text."""
        return "Session card (live view)"

    def _tell(self, *, answers: str) -> None:
        """Send the facts, and the time here: a browser with a wrong clock still counts down rightly."""
        callbacks = self._callbacks()
        actions = [action for action, callback in callbacks.items() if callback is not None]
        message = {"type": "facts", "facts": self._facts, "answers": answers, "actions": actions, "now": self.clock()}
        self.send(message)

    def _callbacks(self) -> dict[str, Callable[[], None] | None]:
        return {"refresh": self.on_refresh, "sign-out": self.on_sign_out, "sign-in": self.on_sign_in}

    def _receive(self, _widget: object, content: object, _buffers: object) -> None:
        """Hear a browser. An edge: every click gets an answer, whatever the callback does."""
        kind = str(content.get("type")) if isinstance(content, dict) else ""
        if kind == "hello":
            self._tell(answers=kind)
            return
        callback = self._callbacks().get(kind)
        if callback is None:
            return
        try:
            callback()
        except CognitoError as error:
            self._facts = {**self._facts, "message": str(error)}
        except Exception as error:  # noqa: BLE001
            self._facts = {**self._facts, "message": f"{type(error).__name__} in the kernel."}
        self._tell(answers=kind)
