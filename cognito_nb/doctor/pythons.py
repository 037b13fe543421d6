"""What other Pythons of this machine have of cognito_nb: the Jupyter server's and the kernels' are often two.

A program is started for that only if its path is absolute and its name is a Python's: a relative one would be sought in
the notebook's folder, which somebody else may have filled, and a shell would take the question for something else.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .._version import __version__
from ..wire import WIRE_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Installed", "ask", "extension_is_enabled", "here", "may_be_asked"]

_SECONDS = 15.0  # for all together; a cold import from a network drive takes some
_QUESTION = """
import json, sys
answer = {}
try:
    from cognito_nb import wire, _version
    answer = {"version": _version.__version__, "wire": wire.WIRE_VERSION}
    if "server" in sys.argv:
        from cognito_nb.doctor.pythons import extension_is_enabled
        answer["enabled"] = extension_is_enabled()
except ImportError:
    pass
print("\\n" + json.dumps(answer))
"""
_PYTHON = re.compile(r"(pythonw?|pypy)[0-9.]*t?(\.exe)?", re.IGNORECASE)
_VERSION = re.compile(r"[0-9A-Za-z.+!-]{1,40}")


@dataclass(frozen=True, slots=True)
class Installed:
    """What an environment has.

    Attributes
    ----------
    python : str
        Its interpreter.
    version : str or None
        Of cognito_nb; None if it is not there.
    wire : int or None
        The version in which kernel and server speak.
    enabled : bool or None
        Whether Jupyter's settings there switch the server extension on; None without jupyter_server.
    answered : bool
        Whether the interpreter could be asked at all.
    """

    python: str
    version: str | None = None
    wire: int | None = None
    enabled: bool | None = None
    answered: bool = True


def here() -> Installed:
    """Return what this very environment has."""
    return Installed(sys.executable, __version__, WIRE_VERSION, extension_is_enabled())


def extension_is_enabled() -> bool | None:
    """Tell whether Jupyter's settings switch the server extension on here; None without jupyter_server."""
    try:
        from jupyter_server.extension.config import ExtensionConfigManager  # noqa: PLC0415 - not in every kernel
    except ImportError:
        return None
    from jupyter_core.paths import jupyter_config_path  # noqa: PLC0415 - comes with it

    manager = ExtensionConfigManager(read_config_path=jupyter_config_path())
    return manager.get_jpserver_extensions().get("cognito_nb") is True


def may_be_asked(program: str) -> bool:
    """Tell whether a program is a Python that can be started from here: by its absolute path.

    Parameters
    ----------
    program : str
        The first word of a command.
    """
    return Path(program).is_absolute() and _PYTHON.fullmatch(Path(program).name) is not None


def ask(pythons: Iterable[tuple[str, Mapping[str, str]]], *, of_server: bool = False) -> list[Installed]:
    """Ask interpreters what they have, all at once.

    Parameters
    ----------
    pythons : iterable of (str, mapping of str to str)
        Each interpreter, and what its environment has beside this process's; those that `may_be_asked` are started.
    of_server : bool
        Whether to ask for the server extension, too, which takes a second.
    """
    asked = [(python, _start(python, more, "server" if of_server else "kernel")) for python, more in pythons]
    until = time.monotonic() + _SECONDS
    try:
        return [_read(python, process, until) for python, process in asked]
    finally:
        for _, process in asked:
            if process is not None and process.poll() is None:
                process.kill()
                process.wait()
            if process is not None and process.stdout is not None:
                process.stdout.close()


def _start(python: str, more: Mapping[str, str], what: str) -> subprocess.Popen[bytes] | None:
    if not may_be_asked(python):
        return None
    with contextlib.suppress(OSError, ValueError):
        return subprocess.Popen(  # noqa: S603 - the interpreter that Jupyter itself starts
            [python, "-c", _QUESTION, what],
            cwd=Path(python).parent,  # not the notebook's: a json.py there would be imported
            env={**os.environ, **more, "PYTHONSAFEPATH": "1"},  # Python 3.11 and later: no folder at all
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    return None


def _read(python: str, process: subprocess.Popen[bytes] | None, until: float) -> Installed:
    if process is None:
        return Installed(python, answered=False)
    try:
        output = process.communicate(timeout=max(0.1, until - time.monotonic()))[0]
        answer = json.loads(output.splitlines()[-1])
    except (subprocess.TimeoutExpired, ValueError, IndexError):
        return Installed(python, answered=False)
    if not isinstance(answer, dict):
        return Installed(python, answered=False)
    version, wire, enabled = (answer.get(name) for name in ("version", "wire", "enabled"))
    return Installed(
        python,
        version if isinstance(version, str) and _VERSION.fullmatch(version) else None,
        wire if isinstance(wire, int) else None,
        enabled if isinstance(enabled, bool) else None,
    )
