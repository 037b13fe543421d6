"""Receivers: how the authorization response reaches the kernel."""

from __future__ import annotations

from ..errors import ConfigurationError
from ..tokens.access import take_server_access
from .jupyter import JupyterReceiver

__all__ = ["RECEIVERS", "JupyterReceiver", "choose_receiver"]

RECEIVERS = ("auto", "jupyter")


def choose_receiver(name: str) -> JupyterReceiver:
    """Return the receiver that works where this kernel runs.

    Parameters
    ----------
    name : str
        One of `RECEIVERS`.

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
    if access is None:
        raise ConfigurationError(
            "This kernel was not started by a Jupyter server that has the cognito_nb extension.",
            setting="receiver",
            hint="Install cognito_nb in the Jupyter server's environment too, restart Jupyter, and check "
            "`jupyter server extension list`.",
        )
    return JupyterReceiver(access)
