"""The receiver by hand: for kernels that the user's browser cannot reach.

The browser comes back to a callback URL where nobody answers, and the user pastes the address of that page: its code
is of no use without the `code_verifier`, and its `state` shows that it belongs to this sign-in. A bare code shows
nothing, so it is refused: an attacker could have sent it (RFC 9700 §4.7).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..errors import SignInError
from ..pages import QueryError, parse_callback_query
from ..secret import Secret
from ..urls import is_loopback, with_redirect_uri
from ..wire import Answered
from .loopback import DEFAULT_REDIRECT_URIS

if TYPE_CHECKING:
    from ..config import CognitoConfig
    from ..protocol.authorize import AuthorizationRequest

__all__ = ["PasteReceiver"]

_WHOLE = "Paste the whole address of the page that the browser ended on, from http to the last character"


class PasteReceiver:
    """Waits for one authorization response; used on one event loop, but for `take`."""

    name = "paste"
    start_path = ""  # it is on no Jupyter server

    def __init__(self) -> None:
        self._answered: Answered | None = None
        self._redirect_uri = ""
        self._url = Secret("")
        self._deadline = 0.0

    async def start(self, request: AuthorizationRequest, config: CognitoConfig, *, timeout: float) -> None:  # noqa: ASYNC109 - of the protocol
        """Choose where the browser is to end: the loopback port that is the least likely to be in use."""
        uris = tuple(config.redirect_uris) or DEFAULT_REDIRECT_URIS
        local = [uri for uri in uris if is_loopback(urlsplit(uri).hostname)]
        named = [uri for uri in local if urlsplit(uri).hostname == "localhost"]  # which most people register
        self._redirect_uri = (named or local or list(uris))[-1]
        self._url = Secret(with_redirect_uri(request.url.reveal(), self._redirect_uri))
        self._deadline = time.monotonic() + timeout

    @property
    def start_url(self) -> str:
        """The authorization request itself: no page of ours can come before it."""
        return self._url.reveal()

    @property
    def redirect_uri(self) -> str:
        """How the address begins that the browser ends on."""
        return self._redirect_uri

    def take(self, address: str) -> str | None:
        """Take what the user has pasted; from any thread.

        Parameters
        ----------
        address : str
            The whole address.

        Returns
        -------
        str or None
            Why it is not taken, to be shown with another try; None if `answer` goes on with it.
        """
        if time.monotonic() >= self._deadline:  # a prompt cannot be timed out
            return None
        place, mark, query = address.strip().strip("\"'<>").partition("?")
        if not mark or not place:
            return f"{_WHOLE}: a code alone does not show that it belongs to this sign-in."
        if place.rstrip("/") != self._redirect_uri.partition("?")[0].rstrip("/"):
            return f"That is another address. {_WHOLE}; it begins with {self._redirect_uri}"
        try:
            params = parse_callback_query(query.partition("#")[0])
        except QueryError as error:
            return f"That address cannot be used: {error}. {_WHOLE}."
        if "error" not in params and not {"code", "state"} <= params.keys():  # Cognito names no state in some errors
            return f"That address is not complete. {_WHOLE}."
        self._answered = Answered({name: Secret(value) for name, value in params.items()}, self._redirect_uri)
        return None

    async def answer(self) -> Answered:
        """Return what was pasted.

        Raises
        ------
        SignInError
            If nothing was that could be used.
        TimeoutError
            If it came too late.
        """
        if self._answered is None and time.monotonic() >= self._deadline:
            raise TimeoutError
        if self._answered is None:
            raise SignInError("No usable address was pasted.", hint=f"Run %cognito_login again. {_WHOLE}.")
        return self._answered

    async def is_started(self) -> bool:
        """Tell that a browser may have: no page of ours comes before Cognito's."""
        return True

    async def report(self, *, ok: bool, cause: str | None) -> None:
        """Tell nobody: no page of ours is open."""

    async def withdraw(self) -> None:
        """Forget what was pasted."""
        self._answered = None

    async def aclose(self) -> None:
        """Do the same."""
        self._answered = None
