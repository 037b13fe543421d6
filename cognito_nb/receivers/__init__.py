"""Receivers: how the authorization response reaches the kernel, and which of them works where it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ..causes import cause_of
from ..errors import ConfigurationError, SignInError, SignInTimeoutError
from ..tokens.access import take_server_access
from .surroundings import sign_of_elsewhere

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..config import CognitoConfig
    from ..protocol.authorize import AuthorizationRequest
    from ..tokens.access import ServerAccess
    from ..wire import Answered, Ended

__all__ = ["RECEIVERS", "Receiver", "Way", "no_answer", "ways"]

RECEIVERS = ("auto", "jupyter", "loopback", "paste")


class Receiver(Protocol):
    """Waits for one authorization response; its coroutines run on one event loop."""

    @property
    def name(self) -> str:
        """One of `RECEIVERS`."""

    @property
    def start_path(self) -> str:
        """Absolute path of the start page on the Jupyter server, without protocol data; else empty."""

    @property
    def start_url(self) -> str:
        """What the user's browser must open."""

    @property
    def redirect_uri(self) -> str:
        """Where the browser comes back to; empty if that is known only once it has come."""

    async def start(self, request: AuthorizationRequest, config: CognitoConfig, *, timeout: float) -> None:  # noqa: ASYNC109 - the sign-in's
        """Make ready for the answer, before the browser opens."""

    async def answer(self) -> Answered:
        """Wait for the response, for as long as it takes."""

    async def is_started(self) -> bool:
        """Tell whether a browser has gone on to Cognito; may raise NetworkError."""

    async def report(self, *, ok: bool, cause: str | None) -> None:
        """Tell the browser's page how it ended; that this fails hurts nobody."""

    async def withdraw(self) -> None:
        """Leave no pending sign-in behind, and close; a second call does nothing."""

    async def aclose(self) -> None:
        """Close what is open; nothing is left to withdraw then."""


@dataclass(frozen=True, slots=True)
class Way:
    """A receiver that may work here.

    Attributes
    ----------
    make : callable
        Makes it.
    reason : str
        Why it was chosen, as the end of a sentence.
    """

    make: Callable[[], Receiver]
    reason: str


def ways(name: str, config: CognitoConfig, *, by_program: bool) -> tuple[Way, ...]:
    """Return the receivers that may work where this kernel runs, the best first.

    Parameters
    ----------
    name : str
        One of `RECEIVERS`.
    config : CognitoConfig
        Says which callback URLs are registered.
    by_program : bool
        Whether a program opens the browser: one on this machine, where nobody can paste.

    Raises
    ------
    ConfigurationError
        If there is none, with what to install.
    """
    if name not in RECEIVERS:
        raise ConfigurationError(
            f"There is no receiver {name!r}", setting="receiver", hint=f"Use one of {', '.join(RECEIVERS)}."
        )
    access = take_server_access()
    if name == "jupyter" and access is None:
        raise ConfigurationError(
            "This kernel was not started by a Jupyter server that has the cognito_nb extension.",
            setting="receiver",
            cause="extension_missing",
        )
    asked = "you asked for it"
    if name == "jupyter" and access is not None:
        return (_jupyter(access, asked),)
    if name == "loopback":
        return (_loopback(asked),)
    if name == "paste":
        return (_paste(asked),)
    return _by_facts(config, access, by_program=by_program)


def no_answer(ended: Ended) -> SignInError:
    """Return the error of a sign-in that gets no answer any more."""
    cause = cause_of("malformed" if ended.status == "error" else ended.status)
    error = SignInTimeoutError if ended.status == "expired" else SignInError
    return error(f"{cause.title}. Likely: {' '.join(cause.likely)}", cause=cause.code)


def _by_facts(config: CognitoConfig, access: ServerAccess | None, *, by_program: bool) -> tuple[Way, ...]:
    from .loopback import loopback_uris  # noqa: PLC0415 - not where a Jupyter server answers

    elsewhere = None if by_program else sign_of_elsewhere()
    if elsewhere is not None:
        other = _paste(f"the browser cannot reach a port of this kernel: it runs in {elsewhere.place}")
    elif loopback_uris(config) or by_program:
        other = _loopback("kernel and browser are on this machine, and no Jupyter server with the extension answers")
    else:
        other = _paste("no redirect_uris lead to a port of this machine")
    return (other,) if access is None else (_jupyter(access, "this kernel's Jupyter server has the extension"), other)


def _jupyter(access: ServerAccess, reason: str) -> Way:
    from .jupyter import JupyterReceiver  # noqa: PLC0415 - it brings httpx

    return Way(lambda: JupyterReceiver(access), reason)


def _loopback(reason: str) -> Way:
    from .loopback import LoopbackReceiver  # noqa: PLC0415 - not where a Jupyter server answers

    return Way(LoopbackReceiver, reason)


def _paste(reason: str) -> Way:
    from .paste import PasteReceiver  # noqa: PLC0415 - not where a Jupyter server answers

    return Way(PasteReceiver, reason)
