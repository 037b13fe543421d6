"""The output of a login cell: the button while the sign-in is pending, static HTML once it has ended.

The HTML takes the widget's place (same display id), since a saved widget shows "model not found" when the notebook is
opened again.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from IPython.display import display

from .button import SignInButton
from .outcome import (
    elsewhere_html,
    elsewhere_text,
    not_signed_in_html,
    not_signed_in_text,
    pasting_html,
    pasting_text,
    signed_in_html,
    signed_in_text,
)

__all__ = ["LoginCell"]


class LoginCell:
    """The output of one login cell; it may be updated while the cell is busy, and from any thread."""

    def __init__(self) -> None:
        self._button = SignInButton()
        self._handle: Any = None

    def waiting(self, **facts: Any) -> None:  # noqa: ANN401 - those of SignInButton.show_waiting
        """Show the button; the facts are those of `SignInButton.show_waiting`."""
        self._button.show_waiting(**facts)
        self._show(self._button)

    def pasting(self, *, url: str, host: str, user_pool: str, how: str) -> None:
        """Offer the link of a sign-in whose answer is pasted; the cell is rid of it once that has ended."""
        html = pasting_html(url=url, host=host, user_pool=user_pool, how=how)
        self._show({"text/html": html, "text/plain": pasting_text(url=url, how=how)})

    def elsewhere(self, *, user_pool: str) -> None:
        """Say that another notebook is signing in."""
        self._show(
            {"text/html": elsewhere_html(user_pool=user_pool), "text/plain": elsewhere_text(user_pool=user_pool)}
        )

    def signed_in(self, *, name: str | None, user_pool: str, not_remembered: str | None = None) -> None:
        """Say who is signed in, by name only, or not even that, and why it will not be remembered."""
        facts: dict[str, Any] = {"name": name, "user_pool": user_pool, "not_remembered": not_remembered}
        facts["at"] = datetime.now().astimezone()
        self._end(signed_in_html(**facts), signed_in_text(**facts))

    def failed(self, **facts: Any) -> None:  # noqa: ANN401 - those of outcome.not_signed_in_html
        """Say that the sign-in did not finish, and what to do; the facts are those of `not_signed_in_html`."""
        self._end(not_signed_in_html(**facts), not_signed_in_text(**facts))

    def _end(self, html: str, text: str) -> None:
        self._show({"text/html": html, "text/plain": text})
        self._button.show_ended()
        self._button.close()

    def _show(self, what: SignInButton | dict[str, str]) -> None:
        raw = isinstance(what, dict)
        if self._handle is None:
            self._handle = display(what, raw=raw, display_id=True)
        else:
            self._handle.update(what, raw=raw)
