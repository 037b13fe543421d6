"""``jupyter cognito …``: commands for the terminal. Each is loaded when it runs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from . import doctor, setup
from ._version import __version__
from .setup.options import add_arguments

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 fine, 1 failed or found something, 2 wrong usage."""
    parser = argparse.ArgumentParser(prog="jupyter cognito", description="Sign in to AWS Cognito from notebooks.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True)
    _add_demo(commands)
    add_arguments(commands.add_parser("setup", help="prepare a user pool for notebooks, and write cognito.toml"))
    _add_doctor(commands)
    _add_check(commands)
    options = parser.parse_args(arguments)
    if options.command == "check":
        from .notebook_check import check  # noqa: PLC0415 - the demo needs none of it

        return check(options.paths, fix=options.fix, as_json=options.json)
    if options.command == "setup":
        return setup.run(options)
    if options.command == "doctor":
        return doctor.run(options)
    from . import demo  # noqa: PLC0415 - the other commands need none of it

    return demo.run(options)


def _add_demo(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    demo = commands.add_parser("demo", help="try it without AWS: a local user pool, a demo API and JupyterLab")
    demo.add_argument("--notebook", action="store_true", help="open Jupyter Notebook 7 instead of JupyterLab")
    demo.add_argument("--port", type=int, default=0, help="Jupyter's port (default: a free one)")
    demo.add_argument("--no-browser", action="store_true", help="print the address instead of opening a browser")
    demo.add_argument("--folder", type=Path, default=Path("cognito-demo"), help="working folder (default: %(default)s)")
    demo.add_argument("jupyter", nargs="*", help="options for Jupyter itself, after --")


def _add_doctor(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    doctor = commands.add_parser(
        "doctor",
        help="say why signing in will not work, and how to mend it",
        description="Look, without signing in, for what keeps a sign-in from working: settings, Jupyter's and the"
        " kernels' environments, callback URLs, network, clock, user pool, and what Cognito's sign-in page answers."
        " With AWS credentials the app client is read, too. Nothing is changed.",
        epilog="Exit code: 0 fine, or warnings only; 1 something failed; 2 wrong usage, or no such profile.",
    )
    doctor.add_argument("profile", nargs="?", help="a profile of cognito.toml; default: the default one")
    doctor.add_argument("--json", action="store_true", help="print one JSON array, for programs")


def _add_check(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    check = commands.add_parser(
        "check",
        help="find tokens, codes and AWS keys in notebook files",
        description="Find tokens, authorization codes, client secrets and AWS keys in outputs, metadata, widget state"
        " and sources of notebooks. What is found is not shown.",
        epilog="Exit code: 0 nothing found; 1 something found, even if --fix has removed it, for somebody may have it"
        " by now (a second run gives 0); 2 wrong usage, or a file that could not be read or written.",
    )
    check.add_argument(
        "paths",
        metavar="NOTEBOOK",
        nargs="+",
        type=Path,
        help="a file, or a folder to search for *.ipynb; environments, links and most hidden folders are left out",
    )
    check.add_argument("--fix", action="store_true", help="remove them from all but the sources; nothing else changes")
    check.add_argument("--json", action="store_true", help="print one JSON object, for programs")
