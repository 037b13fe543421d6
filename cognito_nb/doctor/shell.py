"""Lines for the user to copy into a shell. Their words may be those of a file that somebody else has written. Pure."""

from __future__ import annotations

import os
import re
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["line_to_copy"]

_PLAIN = re.compile(r"[A-Za-z0-9_@+=:,./\\-]+")  # nothing special in cmd.exe and in PowerShell
_QUOTABLE = re.compile(r"[A-Za-z0-9_@+=:,./\\ ()-]+")  # nothing special in either between double quotes


def line_to_copy(words: Sequence[str], *, platform: str = os.name) -> str:
    """Return a command as one line, of which a shell makes the same words again.

    Parameters
    ----------
    words : sequence of str
        The program and its arguments.
    platform : str
        As `os.name`. On Windows ("nt") the line is empty if there are no quotes that hold in both of its shells.
    """
    if platform != "nt":
        return shlex.join(words)
    if not all(map(_QUOTABLE.fullmatch, words)):
        return ""
    return " ".join(word if _PLAIN.fullmatch(word) else f'"{word}"' for word in words)
