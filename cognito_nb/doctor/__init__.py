"""``jupyter cognito doctor``: looks for what will keep a sign-in from working, before anybody signs in.

The checks run in the order in which a sign-in would meet their faults, and each says at once what it has found. Nothing
is changed, but that Jupyter removes the files of its servers that are gone when it is asked for those that run. No
check needs a session or AWS credentials. What a fault means stands in `causes`.

This module is loaded with every command line, so it loads nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from ..config import CognitoConfig
    from .finding import Finding

__all__ = ["diagnose", "run", "show_in_notebook"]


def diagnose(profile: str | None = None, *, config: CognitoConfig | None = None) -> Iterator[Finding]:
    """Run all checks, one after the other; each is done when its finding is asked for.

    Parameters
    ----------
    profile : str, optional
        A profile of ``cognito.toml``; default as for ``%cognito_login``.
    config : CognitoConfig, optional
        Settings to examine instead.

    Raises
    ------
    ConfigurationError
        If there is no profile of that name.
    """
    from .checks import all_checks  # noqa: PLC0415 - loads the whole client

    return all_checks(profile, config)


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit code: 0 fine or warnings, 1 something failed, 2 no such profile.

    Parameters
    ----------
    options : argparse.Namespace
        With ``profile``, a name or None, and ``json``, whether scripts read the answer.
    """
    from .show import print_findings  # noqa: PLC0415 - loads the whole client

    return print_findings(options.profile, as_json=options.json)


def show_in_notebook(profile: str | None = None) -> None:
    """Show the findings below the cell, as a table.

    Parameters
    ----------
    profile : str, optional
        A profile of ``cognito.toml``; default as for ``%cognito_login``.

    Raises
    ------
    ConfigurationError
        If there is no profile of that name.
    """
    from .table import show_table  # noqa: PLC0415 - loads the whole client

    show_table(profile)
