"""Profiles: CognitoConfig from ``cognito.toml`` and the environment.

The file is the one in the notebook's folder or its nearest parent, up to a repository's root or the home folder,
else in a Jupyter config folder. It is committed with the notebooks: what it may say stands in `shared_file`. The
environment comes before the file.
"""

from __future__ import annotations

import contextlib
import difflib
import json
import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import wire
from .config import SETTINGS, CognitoConfig
from .errors import ConfigurationError
from .protocol.http import without_frames
from .secret import Secret
from .shared_file import refuse_diversion, refuse_untrusted
from .shown_text import public_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Profiles", "find_file", "has_settings", "load_config", "profile_names", "read_profiles"]

_FILE = "cognito.toml"
_PREFIX = "COGNITO_NB_"
_NO_SETTINGS = {
    wire.ENV_SERVER_URL,
    wire.ENV_SERVER_TOKEN,
    wire.ENV_SERVER_CA,
    f"{_PREFIX}PROFILE",
    f"{_PREFIX}CONFIG",
    f"{_PREFIX}REQUIRE_BROWSER",  # the test suite's
}
_LISTS = ("scopes", "redirect_uris", "api_origins")
_MAX_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Profiles:
    """What there is of profiles; without a file there are none.

    Parameters
    ----------
    path : pathlib.Path or None
        The file.
    text : str
        All of it, with its own line ends.
    default : str or None
        The profile that counts where none is named: ``COGNITO_NB_PROFILE``, else the file's ``default``, else its only
        one.
    tables : mapping of str to mapping of str to Any
        What each profile says.
    """

    path: Path | None = None
    text: str = ""
    default: str | None = None
    tables: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@without_frames
def load_config(
    profile: str | None = None, *, environ: Mapping[str, str] | None = None, folder: Path | None = None
) -> CognitoConfig:
    """Return the settings of a profile.

    Parameters
    ----------
    profile : str, optional
        Its name; default ``COGNITO_NB_PROFILE``, else the file's ``default``, else its only profile.
    environ : mapping of str to str, optional
        The environment; default the process's.
    folder : pathlib.Path, optional
        Where to look for ``cognito.toml`` first; default the working folder, which in Jupyter is the notebook's.

    Raises
    ------
    ConfigurationError
        Naming the setting, its source and the fix.
    """
    environ = os.environ if environ is None else environ
    profiles = read_profiles(find_file(environ=environ, folder=folder), environ=environ)
    default = profiles.default or "default"
    name = profile or default
    values, sources = _from_file(profiles, name)
    for setting, (value, variable) in _from_environment(environ, name, is_default=name == default).items():
        values[setting], sources[setting] = value, f"environment variable {variable}"
    if not values and name not in profiles.tables:
        raise _unknown_profile(name, profiles)
    refuse_diversion(values, sources)
    return CognitoConfig(**values, profile=name, sources=sources)


def has_settings() -> bool:
    """Tell whether anything is configured at all, by a file or the environment.

    Raises
    ------
    ConfigurationError
        If the file that ``COGNITO_NB_CONFIG`` names is not there.
    """
    variables = (name for name in os.environ if name.startswith(_PREFIX) and name not in _NO_SETTINGS)
    return any(variables) or find_file() is not None


def find_file(*, environ: Mapping[str, str] | None = None, folder: Path | None = None) -> Path | None:
    """Return the ``cognito.toml`` that counts, or None if there is none.

    Parameters
    ----------
    environ : mapping of str to str, optional
        The environment; default the process's.
    folder : pathlib.Path, optional
        Where to look first; default the working folder.

    Raises
    ------
    ConfigurationError
        If the file that ``COGNITO_NB_CONFIG`` names is not there.
    """
    variable = f"{_PREFIX}CONFIG"
    if named := (os.environ if environ is None else environ).get(variable):
        path = Path(os.path.expanduser(named))  # noqa: PTH111 - Path's raises for an unknown user
        if not _is_file(path):
            source = f"environment variable {variable}"
            raise ConfigurationError(f"There is no file {path}.", setting=variable, source=source)
        return path
    return next((path for path in _candidates(folder) if _is_file(path) and _is_ours(path)), None)


def profile_names(*, environ: Mapping[str, str] | None = None, folder: Path | None = None) -> list[str]:
    """Return the names of the file's profiles, for TAB; an unreadable file has none."""
    try:
        return sorted(read_profiles(find_file(environ=environ, folder=folder)).tables)
    except ConfigurationError:
        return []


def read_profiles(path: Path | None, *, environ: Mapping[str, str] | None = None) -> Profiles:
    """Return what a file says.

    Parameters
    ----------
    path : pathlib.Path or None
        The file; None if there is none.
    environ : mapping of str to str, optional
        The environment; default the process's.

    Raises
    ------
    ConfigurationError
        If it cannot be read, is no TOML, or says something outside of its profiles.
    """
    named = (os.environ if environ is None else environ).get(f"{_PREFIX}PROFILE") or None
    if path is None:
        return Profiles(default=named)
    text, document = _parse_file(path)
    tables, default, source = document.get("profiles", {}), document.get("default"), str(path)
    if misplaced := next((name for name in document if name in SETTINGS), None):
        hint = "Put it under a heading such as [profiles.dev]."
        raise ConfigurationError(f"{misplaced} stands outside a profile.", setting=misplaced, source=source, hint=hint)
    _refuse_unknown(document, ("default", "profiles"), source)
    if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
        raise ConfigurationError("profiles must be tables, such as [profiles.dev].", setting="profiles", source=source)
    if not isinstance(default, str | None):
        raise ConfigurationError("default must be the name of a profile.", setting="default", source=source)
    if default is None and len(tables) == 1:
        default = next(iter(tables))
    return Profiles(path, text, named or default, tables)


def _parse_file(path: Path) -> tuple[str, dict[str, Any]]:
    """Return a file's text, and what it says."""
    reason = "no regular file"  # a device or a pipe may have no end
    try:
        if path.is_file():
            with path.open("rb") as file:
                content = file.read(_MAX_BYTES + 1)
            if len(content) <= _MAX_BYTES:
                text = content.decode("utf-8")
                return text, tomllib.loads(text)
            reason = f"larger than {_MAX_BYTES} bytes"
    except (OSError, ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, tomllib.TOMLDecodeError) else type(error).__name__
    hint = "Mend the file, or name another."
    raise ConfigurationError(f"{path} cannot be read: {public_text(reason)}", source=str(path), hint=hint)


def _candidates(folder: Path | None) -> Iterable[Path]:
    folder, home = folder or _working_folder(), Path(os.path.expanduser("~"))  # noqa: PTH111 - the same, without a home
    for parent in (folder, *folder.parents):
        yield parent / _FILE
        if parent == home or (parent / ".git").exists():
            break
    from jupyter_core.paths import jupyter_config_path  # noqa: PLC0415 - only when the notebook's folders have none

    yield from (Path(entry) / _FILE for entry in jupyter_config_path())


def _working_folder() -> Path:
    try:
        return Path.cwd()
    except OSError:  # it was removed
        return Path("/")


def _is_file(path: Path) -> bool:
    with contextlib.suppress(OSError, ValueError):  # a folder that this user may not enter
        return path.is_file()
    return False


def _is_ours(path: Path) -> bool:
    """Tell whether the file belongs to the user or root: anybody can leave one in /tmp."""
    return not hasattr(os, "getuid") or path.stat().st_uid in (os.getuid(), 0)


def _from_file(profiles: Profiles, name: str) -> tuple[dict[str, Any], dict[str, str]]:
    table = profiles.tables.get(name)
    if table is None:
        return {}, {}
    source = f"profile {name!r} in {profiles.path}"
    _refuse_unknown(table, SETTINGS, source)
    refuse_untrusted(table, source)
    return dict(table), dict.fromkeys(table, source)


def _from_environment(environ: Mapping[str, str], name: str, *, is_default: bool) -> dict[str, tuple[Any, str]]:
    """Return the settings for a profile by name; the profile's own variables come before the general ones."""
    own = f"{_PREFIX}{name.upper().replace('-', '_')}__"
    found: dict[str, tuple[Any, str]] = {}
    general = (v for v in environ if v.startswith(_PREFIX) and "__" not in v and v not in _NO_SETTINGS)
    for variable in [*(sorted(general) if is_default else ()), *sorted(v for v in environ if v.startswith(own))]:
        setting = variable.removeprefix(own).removeprefix(_PREFIX).lower()
        _refuse_unknown({setting: None}, SETTINGS, f"environment variable {variable}")
        if environ[variable]:
            found[setting] = (_parse(setting, environ[variable], variable), variable)
    return found


def _parse(setting: str, text: str, variable: str) -> Any:  # noqa: ANN401 - whatever the setting holds
    """Read a value from the environment: lists are separated by spaces, tables are JSON."""
    if setting in _LISTS:
        return text.split()
    if setting == "show_identity":
        return {"true": True, "1": True, "false": False, "0": False}.get(text.lower(), text)
    if setting in ("client_secret", "refresh_token"):
        return Secret(text)
    if setting != "endpoints":
        return text
    with contextlib.suppress(ValueError, RecursionError):
        return json.loads(text)
    source = f"environment variable {variable}"
    raise ConfigurationError(f"The setting {setting} must be JSON", setting=setting, source=source)


def _refuse_unknown(table: Mapping[str, Any], known: Iterable[str], source: str) -> None:
    known = tuple(known)
    for name in table:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            raise ConfigurationError(
                f"There is no setting {public_text(name, limit=60)!r}",
                setting=name,
                source=source,
                hint=f"Did you mean {close[0]!r}?" if close else f"Known: {', '.join(known)}.",
            )


def _unknown_profile(name: str, profiles: Profiles) -> ConfigurationError:
    if profiles.path is not None and not profiles.tables:
        return ConfigurationError(
            f"{profiles.path} has no profiles.",
            setting="profiles",
            source=str(profiles.path),
            hint="Write one, such as [profiles.dev]; this file is the nearest, so none in a parent folder is read.",
        )
    if not profiles.tables:
        return ConfigurationError(
            "There are no settings for Cognito: no cognito.toml here or in a parent folder, no COGNITO_NB_ variables.",
            setting="user_pool_id",
            hint="Run jupyter cognito setup, or write a cognito.toml with user_pool_id and client_id, or set "
            "COGNITO_NB_USER_POOL_ID and COGNITO_NB_CLIENT_ID. To try without AWS: jupyter cognito demo",
        )
    close = difflib.get_close_matches(name, profiles.tables, n=1)
    known = public_text(", ".join(sorted(profiles.tables)))
    return ConfigurationError(
        f"There is no profile {public_text(name, limit=60)!r}",
        setting="profile",
        source=str(profiles.path),
        hint=f"Did you mean {close[0]!r}?" if close else f"Known profiles: {known}.",
    )
