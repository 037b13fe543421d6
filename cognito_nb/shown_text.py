"""Text from elsewhere (a provider, AWS, a file, a folder's name), made fit to be shown."""

from __future__ import annotations

import re
from unicodedata import category

__all__ = ["cut", "printable", "public_text"]

_SECRET_LIKE = re.compile(r"[A-Za-z0-9_\-+/=.~%]{30,}")
_UNSHOWN = ("Cc", "Cf", "Cs", "Zl", "Zp")  # Unicode categories: controls, formats, surrogates, line ends


def public_text(text: object, *, limit: int = 200) -> str:
    """Make text that a provider sent fit to be shown.

    Control characters go, anything long enough to be a code, a key or a token becomes ``[…]`` (a provider
    may echo what it was sent), and the rest is cut to `limit` characters.

    Parameters
    ----------
    text : object
        What came from outside; anything but a string is shown as its type.
    limit : int
        Most characters to keep.
    """
    if not isinstance(text, str):
        return f"({type(text).__name__})"
    masked = _SECRET_LIKE.sub("[…]", text)  # before anything is cut, or the start of a token could be left over
    return printable(masked, limit=limit)


def printable(text: str, *, limit: int | None = None, line_ends: bool = False) -> str:
    """Make blanks of what could drive a terminal, turn the direction of writing, or add a line.

    Parameters
    ----------
    text : str
        What may be anybody's.
    limit : int or None
        Most characters to keep; None for all.
    line_ends : bool
        Whether line feeds may stay.
    """
    start = text if limit is None else text[: limit + 1]
    shown = "".join(" " if category(c) in _UNSHOWN and not (line_ends and c == "\n") else c for c in start)
    return shown if limit is None else cut(shown, limit)


def cut(text: str, limit: int) -> str:
    """Cut a text that is too long, and show that.

    Parameters
    ----------
    text : str
        Any.
    limit : int
        Most characters to keep, the ``…`` included.
    """
    return text if len(text) <= limit else text[: limit - 1] + "…"
