"""The team's ``cognito.toml``: a profile is added or changed, and every other byte stays. Pure, but for two functions.

The text is changed, not written anew from what it says, so that comments survive. What comes out is parsed and
compared with what was meant; a form of TOML that this does not know how to change is refused, with the text to paste.
"""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError, public_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["profile_in", "read_text", "table_text", "with_profile", "write_text"]

_HEAD = "# Settings of cognito_nb. Nothing here is secret: commit this file with the notebooks.\n"
_STRING = r"\"[^\"\n#]*\"|'[^'\n#]*'"
_VALUE = rf"(?:{_STRING}|\[(?:\s|,|{_STRING})*\])"  # a comment inside would be lost: no match
_HEADER = r"^[ \t]*\[[ \t]*profiles[ \t]*\.[ \t]*\"?{}\"?[ \t]*\][^\n]*\n?"
_NEXT_HEADER = r"^[ \t]*\[[^\n\"',]*\][ \t]*(?:#[^\n]*)?\r?$"
_BELOW = r"(?:^[ \t]*(?:#[^\n]*|\r)?\n)+\Z"  # blank lines and comments before the next header: they are its own
_WIDTH = 100  # characters of a list in one line


def read_text(path: Path) -> str:
    """Return a file's text, with its own line ends; of none, nothing.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Raises
    ------
    ConfigurationError
        If it cannot be read.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        reason = type(error).__name__
    raise ConfigurationError(f"{path} cannot be read: {reason}", hint="Mend it, or name another with --file.")


def write_text(path: Path, text: str) -> None:
    """Write a file, with the line ends that the text has.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    text : str
        All of it.

    Raises
    ------
    ConfigurationError
        If it cannot be written.
    """
    try:
        path.write_bytes(text.encode("utf-8"))
    except OSError as error:
        reason = error.strerror or type(error).__name__
    else:
        return
    raise ConfigurationError(f"{path} cannot be written: {reason}", hint="Name another with --file.")


def profile_in(text: str, profile: str, source: str) -> dict[str, Any]:
    """Return what a file says of a profile; nothing if it has none of that name.

    Parameters
    ----------
    text : str
        The file's text.
    profile : str
        The profile's name.
    source : str
        The file, for the error.

    Raises
    ------
    ConfigurationError
        If it is no TOML, or its profiles are no tables.
    """
    try:
        table = tomllib.loads(text).get("profiles", {})
        return dict(table.get(profile, {}))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        reason = public_text(str(error))
    except (AttributeError, TypeError, ValueError):
        reason = "profiles must be tables, such as [profiles.dev]"
    raise ConfigurationError(f"{source} cannot be read: {reason}", hint="Mend the file's TOML.")


def table_text(profile: str, values: Mapping[str, Any]) -> str:
    """Return a profile as it stands in a file.

    Parameters
    ----------
    profile : str
        Its name: letters, digits, ``-`` and ``_``.
    values : mapping of str to str or list of str
        Its settings.
    """
    return f"[profiles.{profile}]\n" + "".join(f"{name} = {_value(value)}\n" for name, value in values.items())


def with_profile(text: str, profile: str, values: Mapping[str, Any], source: str) -> str:
    """Return a file's text with a profile that has these values.

    Parameters
    ----------
    text : str
        The file's text; empty if it is new.
    profile : str
        The profile's name.
    values : mapping of str to str or list of str
        All that it has to say.
    source : str
        The file, for the error.

    Raises
    ------
    ConfigurationError
        If the text is written in a way that cannot be changed; it has the text to paste.
    """
    before = tomllib.loads(text)
    profiles = before.get("profiles", {})
    if profiles.get(profile) == values:
        return text
    newline = "\r\n" if "\r\n" in text else "\n"
    if profile in profiles:
        default = {}
        after = _changed(text, profile, profiles[profile], values, newline)
    else:
        default = _needed_default(before, profile)
        head = "".join(f"{name} = {json.dumps(value)}\n\n" for name, value in default.items())
        gap = "\n" if text.endswith("\n") else "\n\n" * bool(text)
        added = (gap + table_text(profile, values)).replace("\n", newline)
        after = ("" if text else _HEAD) + head.replace("\n", newline) + text + added
    if _parsed(after) == {**before, **default, "profiles": {**profiles, profile: dict(values)}}:
        return after
    raise ConfigurationError(
        f"{source} is written in a way that is left alone. Bring this into it yourself:\n\n"
        f"{table_text(profile, values)}",
        hint="Then run this again. Or name another file with --file.",
    )


def _needed_default(document: Mapping[str, Any], profile: str) -> dict[str, str]:
    """Return the line that keeps the only profile the default one: beside a second, it would not be any more."""
    profiles = list(document.get("profiles", {}))
    if "default" in document or len(profiles) > 1:
        return {}
    return {"default": profiles[0] if profiles else profile}


def _changed(text: str, profile: str, table: Mapping[str, Any], values: Mapping[str, Any], newline: str) -> str:
    """Change the values that differ, in place, and add new ones below the last."""
    header = re.search(_HEADER.format(re.escape(profile)), text, re.MULTILINE)
    if header is None:
        return text
    following = re.search(_NEXT_HEADER, text[header.end() :], re.MULTILINE)
    end = header.end() + following.start() if following else len(text)
    head, body, rest = text[: header.end()], text[header.end() : end], text[end:]
    added = ""
    for name, value in values.items():
        written = _value(value).replace("\n", newline)
        if name not in table:
            added += f"{name} = {written}{newline}"
        elif table[name] != value:
            found = re.search(rf"^[ \t]*{re.escape(name)}[ \t]*=[ \t]*({_VALUE})", body, re.MULTILINE)
            body = body[: found.start(1)] + written + body[found.end(1) :] if found else body
    place = len(body)
    if rest and (below := re.search(_BELOW, body, re.MULTILINE)):
        place = below.start()
    above = head + body[:place]
    gap = newline if added and not above.endswith("\n") else ""
    return above + gap + added + body[place:] + rest


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _value(value: str | list[str]) -> str:
    """Write a text or a list of texts; TOML's basic strings are JSON's."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    items = [json.dumps(item, ensure_ascii=False) for item in value]
    inline = f"[{', '.join(items)}]"
    return inline if len(inline) <= _WIDTH else "[\n" + "".join(f"  {item},\n" for item in items) + "]"
