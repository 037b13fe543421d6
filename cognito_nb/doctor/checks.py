"""All checks, in the order in which a sign-in would meet their faults."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from ..errors import CognitoError, ConfigurationError
from ..front_end import in_notebook
from ..profiles import load_config
from ..tokens.transport import Transport
from .app_client import check_app_client
from .callbacks import check_callbacks, check_receiver
from .case import Case
from .environments import check_from_kernel, check_from_terminal
from .finding import found, of_error, ok
from .probe import check_authorization, check_logout
from .reach import check_user_pool
from .settings import check_settings
from .token_endpoint import check_token_endpoint

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
        if error.setting == "profile" and profile is not None:
            raise
        return _without_settings(error)
    return _with_settings(config)


def _without_settings(error: ConfigurationError) -> Iterator[Finding]:
    """Look at the environments all the same: they need no settings."""
    fix = error.hint or ""
    if fix.startswith("Did you mean"):  # as the first thing to do, it must say where
        name = "the default profile's name" if error.setting == "profile" else error.setting
        fix = f"Correct {name} ({error.source}). {fix}"
    yield found("settings", "Settings", "", detail=str(error).partition("\n")[0], fix=fix)
    with contextlib.closing(Transport()) as transport:
        yield from _unbroken("environments", _environments(transport, by_browser=True))


def _with_settings(config: CognitoConfig) -> Iterator[Finding]:
    yield from _unbroken("settings", check_settings(config))
    with contextlib.closing(Transport()) as transport:
        case = Case(config, transport, in_kernel=in_notebook())
        by_browser = not config.is_for_client and config.injected is None
        yield from _unbroken("environments", _environments(transport, by_browser=by_browser))
        case.start_questions()
        if not by_browser:
            why = 'grant = "client_credentials"' if config.is_for_client else "refresh_token is set"
            yield ok("receiver", f"{why}: nobody signs in, so no browser comes back")
        for about, check in _CHECKS.items():
            is_for_nothing = case.metadata is None and check in _AT_POOL
            if not is_for_nothing and (by_browser or check not in _BY_BROWSER):
                yield from _unbroken(about, check(case))


def _environments(transport: Transport, *, by_browser: bool) -> Iterator[Finding]:
    if in_notebook():
        return check_from_kernel(transport, by_browser=by_browser)
    return check_from_terminal(by_browser=by_browser)


def _unbroken(about: str, findings: Iterator[Finding]) -> Iterator[Finding]:
    """Go on to the next check where one breaks: it was given what nobody has thought of."""
    title = f"Check of {about}"
    try:
        yield from findings
    except CognitoError as error:
        yield of_error(about, title, error)
    except Exception as error:  # noqa: BLE001 - its text may hold anything: only its type is shown
        detail = f"This check could not be done ({type(error).__name__})."
        fix = "The checks below stand for themselves; please report this one to the project."
        yield found(about, title, "", status="warning", detail=detail, fix=fix)


_CHECKS = {
    "receiver": check_receiver,
    "callback URLs": check_callbacks,
    "user pool": check_user_pool,
    "authorization request": check_authorization,
    "sign-out": check_logout,
    "token endpoint": check_token_endpoint,
    "app client": check_app_client,
}
_AT_POOL = (check_authorization, check_logout, check_token_endpoint)
_BY_BROWSER = (check_receiver, check_callbacks, check_authorization, check_logout)
