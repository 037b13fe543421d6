"""Sign in to AWS Cognito from a notebook and call your APIs with the session.

Importing the package loads nothing heavy: the Jupyter server and the kernel both import it, and a public
name is loaded when it is first used.
"""

from __future__ import annotations

import importlib

from ._version import __version__

TYPE_CHECKING = False  # not from typing, whose import takes longer than all the rest
if TYPE_CHECKING:
    from typing import Any

    from IPython.core.interactiveshell import InteractiveShell

    from . import errors
    from .config import CognitoConfig
    from .data.frames import to_frame
    from .flow import alogin, alogout, login, logout
    from .login_button import LoginButton
    from .registry import current_session
    from .session import Session
    from .user import User

__all__ = [
    "CognitoConfig",
    "LoginButton",
    "Session",
    "User",
    "__version__",
    "alogin",
    "alogout",
    "current_session",
    "errors",
    "login",
    "logout",
    "to_frame",
]

_HOMES = {
    "CognitoConfig": ".config",
    "LoginButton": ".login_button",
    "Session": ".session",
    "User": ".user",
    "alogin": ".flow",
    "alogout": ".flow",
    "current_session": ".registry",
    "errors": ".errors",
    "login": ".flow",
    "logout": ".flow",
    "to_frame": ".data.frames",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the public name is
    home = _HOMES.get(name)
    if home is None:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    module = importlib.import_module(home, __name__)
    value = module if name == "errors" else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)


def load_ipython_extension(ipython: InteractiveShell) -> None:
    """``%load_ext cognito_nb``: register the magics."""
    from .magics import load  # noqa: PLC0415 - the server process imports this package without IPython

    load(ipython)


def unload_ipython_extension(ipython: InteractiveShell) -> None:
    """``%unload_ext cognito_nb``: forget all sessions and remove the magics."""
    from .magics import unload  # noqa: PLC0415 - see load_ipython_extension

    unload(ipython)


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from .server.app import CognitoExtension  # noqa: PLC0415 - only the server process may load jupyter_server

    return [{"module": "cognito_nb.server.app", "app": CognitoExtension}]
