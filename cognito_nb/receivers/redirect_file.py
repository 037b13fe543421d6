"""A file that leads a browser to an address which nobody else on this machine may know.

A browser gets what it shall open as an argument, and every user of a machine can list the arguments of all programs.
So the argument names a file that only this user can read, as Jupyter's own does.
"""

from __future__ import annotations

import os
import tempfile
from html import escape
from pathlib import Path

__all__ = ["RedirectFile"]

_HTML = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url={url}">
<title>Sign in from Jupyter</title>
</head>
<body><a href="{url}">Go on to the sign-in</a></body>
</html>
"""


class RedirectFile:
    """A page in a temporary folder of its own; it goes with `remove`, at the latest when the program ends.

    Parameters
    ----------
    url : str
        Where it leads.

    Raises
    ------
    OSError
        If it cannot be written.
    """

    def __init__(self, url: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="cognito_nb-", ignore_cleanup_errors=True)  # of mode 0700
        handle, path = tempfile.mkstemp(suffix=".html", dir=self._folder.name)  # of mode 0600
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(_HTML.format(url=escape(url)))
        self._path = Path(path)

    @property
    def url(self) -> str:
        """What the browser opens."""
        return self._path.as_uri()

    def remove(self) -> None:
        """Leave nothing behind; a second call does nothing."""
        self._folder.cleanup()
