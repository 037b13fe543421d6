"""All checks, in the order in which a sign-in would meet their faults."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from ..errors import ConfigurationError
from ..front_end import in_notebook
from ..profiles import load_config
from ..tokens.transport import Transport
from .app_client import check_app_client
from .callbacks import check_callbacks, check_receiver
from .case import Case
from .environments import check_from_kernel, check_from_terminal
from .finding import found, ok
from .probe import check_authorization, check_logout
from .reach import check_user_pool
from .settings import check_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..config import CognitoConfig
    from .finding import Finding

__all__ = ["all_checks"]


def all_checks(profile: str | None, config: CognitoConfig | None) -> Iterator[Finding]:
    """Yield the finding of each check as soon as it is done.

    Parameters
    ----------
    profile : str or None
        A profile of ``cognito.toml``; None for the default one.
    config : CognitoConfig or None
        Settings to examine instead.

    Raises
    ------
    ConfigurationError
        If there is no profile of that name.
    """
    try:
        config = config or load_config(profile)
    except ConfigurationError as error:
        if error.setting == "profile":
            raise
        return _without_settings(error)
    return _with_settings(config)


def _without_settings(error: ConfigurationError) -> Iterator[Finding]:
    """Look at the environments all the same: they need no settings."""
    yield found("settings", "Settings", "", detail=str(error).partition("\n")[0], fix=error.hint or "")
    with contextlib.closing(Transport()) as transport:
        yield from check_from_kernel(transport) if in_notebook() else check_from_terminal()


def _with_settings(config: CognitoConfig) -> Iterator[Finding]:
    yield from check_settings(config)
    with contextlib.closing(Transport()) as transport:
        case = Case(config, transport, in_kernel=in_notebook())
        yield from check_from_kernel(transport) if case.in_kernel else check_from_terminal()
        if config.is_for_client:
            yield ok("receiver", 'grant = "client_credentials": nobody signs in, so no browser comes back')
        else:
            yield from check_receiver(case)
            yield from check_callbacks(case)
        yield from check_user_pool(case)
        if case.metadata is not None and not config.is_for_client:
            yield from check_authorization(case)
            yield from check_logout(case)
        yield from check_app_client(case)
