"""``jupyter cognito setup``: by AWS's API, what people do by hand in the Cognito console, and the plan before it acts.

`plan`, `client` and `domain` are pure: from what is there (`read`) and what is wanted (`wish`) to the calls that bridge
them. `show` and `template` print them, `command` carries them out, `file` writes the team's ``cognito.toml``.

This module is loaded with every command line, so it loads nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

__all__ = ["run"]


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit code: 0 done or nothing to do, 1 failed, 2 nobody there to ask.

    Parameters
    ----------
    options : argparse.Namespace
        From `options.add_arguments`.
    """
    from .command import run_command  # noqa: PLC0415 - loads the settings and boto3

    return run_command(options)
