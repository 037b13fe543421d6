"""How the answer of a sign-in comes back, in words; and the prompt, where the user has to bring it."""

from __future__ import annotations

import getpass
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .errors import ConfigurationError
from .front_end import require_person, say
from .receivers.loopback import LoopbackReceiver
from .receivers.paste import PasteReceiver

if TYPE_CHECKING:
    from .sign_in import SignIn

__all__ = ["ask_for_address", "how_it_comes_back", "refuse_to_paste"]

_PASTES = 3  # tries


def how_it_comes_back(sign_in: SignIn) -> str:
    """Return how the answer comes back and why, where that is not the usual way."""
    match sign_in.receiver:
        case LoopbackReceiver() as receiver:
            port = urlsplit(receiver.start_url).port
            return f"The answer comes back to port {port} of this machine: {sign_in.reason}."
        case PasteReceiver() as receiver:
            return (
                f"Sign in, then copy the whole address that the browser ends on, beginning with "
                f"{receiver.redirect_uri}?, and paste it here; it is fine if that page cannot be shown. "
                f"Why so: {sign_in.reason}."
            )
    return ""


def ask_for_address(sign_in: SignIn) -> None:
    """Have the user paste the address that the browser ended on, if that is how the answer comes back.

    By ``getpass``: ``input`` would write it into the notebook (measured). The prompt blocks its thread, in every form
    of login.

    Raises
    ------
    InteractionRequiredError
        Where nobody can.
    """
    receiver = sign_in.receiver
    if not isinstance(receiver, PasteReceiver):
        return
    for _ in range(_PASTES):
        require_person()
        try:
            refused = receiver.take(getpass.getpass("Paste the address here (it is not shown): "))
        except EOFError:
            return
        if refused is None:
            return
        say(f"<p>{escape(refused)}</p>", refused)


def refuse_to_paste(sign_in: SignIn) -> None:
    """Refuse a sign-in that would need a prompt, where none may block.

    Raises
    ------
    ConfigurationError
        Naming the way that works.
    """
    if isinstance(sign_in.receiver, PasteReceiver):
        raise ConfigurationError(
            f"The answer has to be pasted here ({sign_in.reason}), and a button cannot ask for it.",
            setting="receiver",
            hint="Run %cognito_login, without --no-wait, or cn.login() first; a dashboard then finds the session.",
        )
