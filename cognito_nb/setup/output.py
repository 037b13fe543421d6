"""What the command says. Whoever reads it may go away, or have no letters for a name: the command goes on."""

from __future__ import annotations

import io
import os
import sys
from typing import TextIO

__all__ = ["say", "show_any_letter", "tell"]


def say(text: str) -> None:
    """Print a part of the command's answer.

    Parameters
    ----------
    text : str
        One line or more.
    """
    _print(text, sys.stdout)


def tell(text: str) -> None:
    """Print what is for a person, and not for the program that reads the answer.

    Parameters
    ----------
    text : str
        One line or more.
    """
    _print(text, sys.stderr)


def show_any_letter() -> None:
    """Have letters that the terminal's encoding lacks shown by their number, as stderr does already."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _print(text: str, stream: TextIO) -> None:
    try:
        print(text, file=stream, flush=True)
    except OSError:  # its reader has gone, or the disk is full; AWS and the file must not part because of that
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
