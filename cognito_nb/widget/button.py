"""The button of one sign-in: a link that the user's browser follows, and what becomes of it.

Rules of this file:

- `view` is the only synced trait of its own. A saved notebook may hold it, so it carries public facts only:
  no protocol data, no token, no name of a person.
- Beside the widget stands the same link as HTML and as text, for front ends without widgets and for saved notebooks.
- The kernel may be blocked for the whole sign-in. What it sets arrives in the browser all the same; what the
  browser sends does not arrive before the cell ends. So nothing here waits for a message.
"""

from __future__ import annotations

import pathlib
import time
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from ..errors import CognitoError
from .outcome import waiting_html, waiting_text

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["SignInButton", "with_fallback"]

_HERE = pathlib.Path(__file__).parent


class SignInButton(anywidget.AnyWidget):
    """The button of one sign-in.

    Attributes
    ----------
    view : dict
        What the browser shows; set it through the ``show_…`` methods.
    on_retry : callable or None
        Called when the user asks for another try; set it before a ``show_…``, which offers the button only then.
    on_cancel : callable or None
        Called when the user gives up; cannot be heard while a cell blocks the kernel.
    clock : callable
        Seconds since the epoch.
    """

    _esm = _HERE / "button.js"
    _css = _HERE / "widget.css"
    view = traitlets.Dict().tag(sync=True)

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.on_retry: Callable[[], None] | None = None
        self.on_cancel: Callable[[], None] | None = None
        super().__init__()
        self.on_msg(self._receive)

    def show_waiting(
        self,
        *,
        start_path: str,
        start_url: str,
        host: str,
        user_pool: str,
        expires_in: float,
        blocking: bool,
        how: str = "",
    ) -> None:
        """Offer the link.

        Parameters
        ----------
        start_path : str
            The link as an absolute path on the Jupyter server, base_url included; the browser completes it with
            the origin of its own page. Empty: only `start_url` leads there.
        start_url : str
            The same link as the kernel sees it, for pages that no Jupyter server delivered.
        host : str
            The host that asks for the password, for the user to compare.
        user_pool : str
            What the user calls the user pool.
        expires_in : float
            Seconds until the link is dead.
        blocking : bool
            Whether a cell waits: then interrupting the kernel cancels, and a Cancel button could not be heard.
        how : str
            How the answer comes back, and why, where that is not the usual way.
        """
        now = self.clock()
        self.view = {
            "state": "waiting",
            "start_path": start_path,
            "start_url": start_url,
            "host": host,
            "user_pool": user_pool,
            "blocking": blocking,
            "how": how,
            "can_retry": self.on_retry is not None,  # once the link is dead
            "now": now,  # a browser with a wrong clock compares it with its own
            "deadline": now + expires_in,  # absolute: a notebook opened tomorrow must not offer the link
        }

    def show_error(self, *, title: str, cause: str, next_step: str) -> None:
        """Say what went wrong and what to do, and offer another try if `on_retry` is set.

        Parameters
        ----------
        title, cause, next_step : str
            What happened, why, and what the user can do: one sentence each, fit to be shown.
        """
        self.view = {
            "state": "error",
            "title": title,
            "cause": cause,
            "next_step": next_step,
            "can_retry": self.on_retry is not None,
        }

    def show_ended(self) -> None:
        """Take the link away."""
        self.view = {"state": "ended"}

    @property
    def html(self) -> str | None:
        """The link as HTML; None if none is offered."""
        view: dict[str, Any] = self.view
        if not self._is_offered:
            return None
        return waiting_html(
            url=view["start_url"],
            host=view["host"],
            user_pool=view["user_pool"],
            how=view["how"],
            what_next=_INTERRUPT if view["blocking"] else _OUTDATED,
        )

    def __repr__(self) -> str:
        """Tell front ends without widgets, and terminals, what to do."""
        view: dict[str, Any] = self.view
        if self._is_offered:
            return waiting_text(url=view["start_url"], how=view["how"])
        match view.get("state"):
            case "error":
                return f"{view['title']}: {view['next_step']}"
            case None:
                return "The sign-in is being prepared."
            case _:
                return f"This sign-in has ended. {_AGAIN}"

    def _repr_mimebundle_(self, **_: object) -> Any:  # noqa: ANN401 - as IPython wants it
        return with_fallback(super()._repr_mimebundle_(), text=repr(self), html=self.html)

    @property
    def _is_offered(self) -> bool:
        return self.view.get("state") == "waiting" and self.clock() < self.view["deadline"]

    def _receive(self, _widget: object, content: object, _buffers: object) -> None:
        """Hear a click. An edge: what the callback raises is shown, not printed into a log nobody reads."""
        kind = content.get("type") if isinstance(content, dict) else None
        callback = {"retry": self.on_retry, "cancel": self.on_cancel}.get(str(kind))
        if callback is None:
            return
        try:
            callback()
        except CognitoError as error:
            self.show_error(title="The sign-in failed", cause=error.message, next_step=error.hint or _AGAIN)
        except Exception as error:  # noqa: BLE001
            self.show_error(title="The sign-in failed", cause=f"{type(error).__name__} in the kernel", next_step=_AGAIN)


def with_fallback(bundle: Any, *, text: str, html: str | None) -> Any:  # noqa: ANN401 - as IPython wants it
    """Return a widget's MIME bundle with what front ends without widgets show: whole, which ipywidgets cuts."""
    if bundle is None:  # a widget that is closed
        return None
    data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
    fallback = {"text/plain": text} | ({"text/html": html} if html else {})
    return {**data, **fallback}, metadata


_AGAIN = "Run %cognito_login again."
_INTERRUPT = "To cancel, interrupt the kernel."
_OUTDATED = "If this link has expired, run the cell again."
