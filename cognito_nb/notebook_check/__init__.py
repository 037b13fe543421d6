"""``jupyter cognito check``: finds secrets in notebook files, and removes them from all but the sources.

No report holds a secret, nor a part of one. It loads nothing but the standard library: it runs before each commit.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import stat
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from .fields import fields_of, with_edits
from .patterns import find_secrets, may_hold_secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Finding", "check", "search"]

_MARKER = "[removed by jupyter cognito check]"
_JOINT = re.compile(r'",\s*+"')  # between two lines of a text
_ESCAPED_ASCII = re.compile(r"\\u00[2-7]")  # could hide what the quick look searches
_CHECKPOINTS = ".ipynb_checkpoints"  # hidden, but `git add .` takes them along
_NOT_ENTERED = ("node_modules", "__pycache__", "venv", "site-packages")
_UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"))


class Finding(NamedTuple):
    """A secret in a notebook: where it is and what it is, not the secret.

    Attributes
    ----------
    cell : int or None
        The cell's number from 1; None for what belongs to the whole notebook.
    place : str
        ``source``, ``output``, ``metadata`` or ``widget state``.
    what : str
        What it is, for people.
    length : int
        In characters.
    expires_at : float or None
        In seconds since the epoch, if it says so itself.
    """

    cell: int | None
    place: str
    what: str
    length: int
    expires_at: float | None


class _Result(NamedTuple):
    path: Path
    findings: list[Finding]
    fault: str | None = None
    is_fixed: bool = False

    def is_removed(self, finding: Finding) -> bool:
        return self.is_fixed and finding.place != "source"


def check(paths: Iterable[Path], *, fix: bool, as_json: bool) -> int:
    """Check notebooks and print what was found.

    Parameters
    ----------
    paths : iterable of Path
        Notebook files, and folders to search for ``*.ipynb``.
    fix : bool
        Whether to remove the secrets; those in sources are only reported.
    as_json : bool
        Whether to print one JSON object instead of lines.

    Returns
    -------
    int
        The exit code: 0 clean, 1 found (removed or not), 2 if a file could not be read or written.
    """
    results = [_check_file(path, fix=fix) for path in dict.fromkeys(_notebooks(paths))]
    (_print_json if as_json else _print_lines)(results)
    if any(result.fault for result in results):
        return 2
    return 1 if any(result.findings for result in results) else 0


def search(document: str) -> tuple[list[Finding], str]:
    """Return the secrets of a notebook, and its text without those that can be removed.

    Parameters
    ----------
    document : str
        The file's text.

    Raises
    ------
    ValueError
        If it is no JSON object.
    RecursionError
        If it is nested too deeply.
    """
    if not isinstance(json.loads(document), dict):
        raise ValueError("a notebook is a JSON object")  # noqa: TRY004 - the file's content, not the caller's type
    if not _ESCAPED_ASCII.search(document) and not may_hold_secret(_JOINT.sub("", document)):
        return [], document
    findings, edits = [], []
    for field in fields_of(document):
        for secret in find_secrets(field.text):
            removal = field.replacing(secret.start, secret.end, _MARKER)
            if removal:
                length = secret.end - secret.start
                findings.append(Finding(field.cell, field.place, secret.what, length, secret.expires_at))
                edits += removal if field.place != "source" else []
    return findings, with_edits(document, edits)


def _notebooks(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the files; links inside a folder are not followed, so nothing outside of it is read or changed."""
    closed: list[Path] = []
    for path in paths:
        if not os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises where a folder may not be entered
            yield path
            continue
        for folder, folders, files in os.walk(path, onerror=lambda error: closed.append(Path(error.filename))):
            folders[:] = sorted(filter(_is_entered, folders))
            found = (Path(folder, name) for name in sorted(files) if name.endswith(".ipynb"))
            yield from filter(_is_file, found)
    yield from closed  # reading them tells why


def _is_entered(folder: str) -> bool:
    return folder == _CHECKPOINTS or not (folder.startswith(".") or folder in _NOT_ENTERED)


def _is_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return True  # reading it tells why


def _check_file(path: Path, *, fix: bool) -> _Result:
    try:
        document = _content(path).decode()
        findings, fixed = search(document)
    except (OSError, ValueError, RecursionError) as error:
        return _Result(path, [], _fault(error))
    if not fix or fixed == document:
        return _Result(path, findings)
    try:
        _replace(path.resolve(), fixed.encode())
    except OSError as error:
        return _Result(path, findings, f"cannot be written: {error.strerror}")
    return _Result(path, findings, is_fixed=True)


def _content(path: Path) -> bytes:
    mode = path.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise OSError(errno.EINVAL, "not a regular file")  # a pipe could keep the reader waiting for ever
    return path.read_bytes()


def _fault(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"cannot be read: {error.strerror}"
    if isinstance(error, UnicodeDecodeError):
        return "is not UTF-8"
    if isinstance(error, RecursionError):
        return "is nested too deeply"
    return "is no notebook: not JSON" + (f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else "")


def _replace(path: Path, content: bytes) -> None:
    """Write a file anew, at once, with its owner and permissions."""
    before = path.stat()
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(handle, "wb") as file:  # noqa: PTH123 - an open handle
            file.write(content)
            file.flush()
            os.fsync(handle)
        with suppress(AttributeError, PermissionError):  # Windows; somebody else's file
            os.chown(name, before.st_uid, before.st_gid)
        shutil.copymode(path, name)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _print_lines(results: list[_Result]) -> None:
    now = time.time()
    for result in results:
        for finding in result.findings:
            where = f"cell {finding.cell}, {finding.place}" if finding.cell else finding.place
            what = f"{finding.what}, {finding.length} characters{_expiry(finding.expires_at, now)}"
            print(f"{_shown(result.path)}: {where}: {what}{' [removed]' if result.is_removed(finding) else ''}")  # noqa: T201 - the answer
        if result.fault:
            print(f"{_shown(result.path)} {result.fault}", file=sys.stderr)  # noqa: T201 - the command's error
    found = sum(len(result.findings) for result in results)
    files = f"{sum(bool(result.findings) for result in results)} of {_counted(len(results), 'notebook')}"
    left = sum(not result.is_removed(finding) for result in results for finding in result.findings)
    rest = f"; {found - left} removed, {left} left" if left < found else ""
    print(f"{_counted(found, 'secret')} in {files}{rest}", file=sys.stderr)  # noqa: T201 - the summary


def _print_json(results: list[_Result]) -> None:
    findings = [
        {"file": _encodable(result.path), **finding._asdict(), "removed": result.is_removed(finding)}
        for result in results
        for finding in result.findings
    ]
    faults = [{"file": _encodable(result.path), "fault": result.fault} for result in results if result.fault]
    print(json.dumps({"checked": len(results), "findings": findings, "faults": faults}, indent=1))  # noqa: T201 - the answer


def _shown(path: Path) -> str:
    """Return a path for a terminal, which would obey control characters and turn text around."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in str(path))


def _encodable(path: Path) -> str:
    return str(path).encode("utf-8", "backslashreplace").decode()


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _expiry(expires_at: float | None, now: float) -> str:
    if expires_at is None:
        return ""
    seconds = abs(expires_at - now)
    size, unit = next((known for known in _UNITS if seconds >= known[0]), (1, "second"))
    duration = _counted(int(seconds // size), unit)
    return f", expired {duration} ago" if expires_at <= now else f", still valid for {duration}"
