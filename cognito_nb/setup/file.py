"""The team's ``cognito.toml``: which file and profile it is, and what they say. It is written whole, or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError
from ..profiles import find_file, read_profiles
from ..shown_text import public_text
from .options import PROFILE_NAME
from .wish import refuse_unusable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["TeamFile", "read_team_file", "refuse_unwritable", "write_text"]

_NEW_PROFILE = "dev"  # if neither the user nor the file names one


@dataclass(frozen=True, slots=True)
class TeamFile:
    """The file as it is, and what its profile says.

    Parameters
    ----------
    path : pathlib.Path
        The file, which may be a new one.
    text : str
        All of it.
    profile : str
        The profile that the notebooks use.
    table : mapping of str to Any
        What that says; nothing if it is a new one.
    """

    path: Path
    text: str
    profile: str
    table: Mapping[str, Any]

    @property
    def place(self) -> str:
        """How it is shown: of a link that leads elsewhere, where."""
        path = Path(os.path.realpath(self.path))
        with contextlib.suppress(ValueError, OSError):
            return str(path.relative_to(Path.cwd()))
        return str(path)

    def client_id(self, user_pool_id: str | None) -> str | None:
        """Return the app client of the profile, if that is of this user pool."""
        return self.table.get("client_id") if self.table.get("user_pool_id") in (None, user_pool_id) else None


def read_team_file(path: Path | None, profile: str | None) -> TeamFile:
    """Return the file and the profile that count.

    Parameters
    ----------
    path : pathlib.Path or None
        The file; default the one that notebooks in this folder read, else a new one here.
    profile : str or None
        The profile; default the one that notebooks read, else ``dev``.

    Raises
    ------
    ConfigurationError
        If the file or the profile is not one that a notebook would take.
    """
    path = path or _found_file()
    profiles = read_profiles(path if os.path.exists(path) else None)  # noqa: PTH110 - False where one may not look
    name = profile or profiles.default or _NEW_PROFILE
    if not PROFILE_NAME.fullmatch(name):
        raise ConfigurationError(
            f"The profile's name {public_text(name, limit=60)!r} has more than letters, digits, - and _.",
            setting="profile",
            hint="Name another with --profile.",
        )
    table = profiles.tables.get(name, {})
    if table:  # its faults come first: what it says is used from here on
        refuse_unusable(table, name, str(path))
    return TeamFile(path, profiles.text, name, table)


def refuse_unwritable(path: Path, text: str) -> None:
    """Refuse a file that cannot be written, and leave it as it is.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    text : str
        What will be written, or the like of it.

    Raises
    ------
    ConfigurationError
        If its folder, its mode or the disk does not allow it.
    """
    with _errors_of(path), _new_version(Path(os.path.realpath(path)), text):
        pass


def write_text(path: Path, text: str) -> None:
    """Write a file, with the line ends that the text has; after a failure the old one is there, whole.

    Parameters
    ----------
    path : pathlib.Path
        The file; where it is a link, that stays.
    text : str
        All of it.

    Raises
    ------
    ConfigurationError
        If it cannot be written.
    """
    target = Path(os.path.realpath(path))
    with _errors_of(path), _new_version(target, text) as version:
        version.replace(target)


def _found_file() -> Path:
    """Return the file that notebooks read; one that they refuse is no place to read from or to write to."""
    found, here = find_file(), Path("cognito.toml")
    if found is None and os.path.lexists(here):
        raise ConfigurationError(
            "Notebooks do not read this folder's cognito.toml: it is another user's, a link to nothing, or no file.",
            hint="Remove it, or name another with --file.",
        )
    return found or here


@contextlib.contextmanager
def _new_version(target: Path, text: str) -> Iterator[Path]:
    """Write a text beside a file, in its mode; what is not renamed goes again."""
    path = target.with_name(f".cognito-{secrets.token_hex(4)}.toml")
    try:
        if target.exists() and not os.access(target, os.W_OK):  # a rename would not ask
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        with path.open("xb") as file:
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            _take_over(target, path)
        yield path
    finally:
        path.unlink(missing_ok=True)


def _take_over(old: Path, new: Path) -> None:
    with contextlib.suppress(AttributeError, OSError):  # Windows has no owners; others may not give theirs away
        os.chown(new, old.stat().st_uid, old.stat().st_gid)
    shutil.copymode(old, new)


@contextlib.contextmanager
def _errors_of(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
    else:
        return
    raise ConfigurationError(f"{path} cannot be written: {reason}", hint="Name another with --file.")
