"""``jupyter cognito setup``: by AWS's API, what people do by hand in the Cognito console, and the plan before it acts.

`plan`, `client` and `domain` are pure: from what is there (`read`) and what is wanted (`wish`) to the calls that bridge
them. `show` and `template` print them, `carry_out` makes them, `file` writes the team's ``cognito.toml``, in which
`profile_text` changes one profile.

This module is loaded with every command line, so it loads nothing.
"""

from __future__ import annotations

import sys
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
    try:
        from .command import run_command  # noqa: PLC0415 - loads the settings and boto3

        return run_command(options)
    except KeyboardInterrupt:  # here, for loading takes a while
        print("\nStopped. Only what is marked as done was changed.", file=sys.stderr)  # noqa: T201 - for a person
    return 1
