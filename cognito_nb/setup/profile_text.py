"""A profile in the text of a ``cognito.toml``: it is added or changed, and every other byte stays. Pure.

The text is changed, not written anew from what it says, so that comments survive. What comes out is parsed and
compared with what was meant; a form of TOML that this does not know how to change is refused.
"""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["table_text", "with_profile"]

_HEAD = "# Settings of cognito_nb. Nothing here is secret: commit this file with the notebooks.\n"
_STRING = r"\"[^\"\n#]*\"|'[^'\n#]*'"
_VALUE = rf"(?:{_STRING}|\[(?:\s|,|{_STRING})*\])"  # a comment inside would be lost: no match
_HEADER = r"^[ \t]*\[[ \t]*profiles[ \t]*\.[ \t]*[\"']?{}[\"']?[ \t]*\][^\n]*\n?"
_KEY = rf"(?:[\w-]+|{_STRING})"
_NEXT_HEADER = rf"^[ \t]*\[{{1,2}}[ \t]*{_KEY}(?:[ \t]*\.[ \t]*{_KEY})*[ \t]*\]{{1,2}}[ \t]*(?:#[^\n]*)?\r?$"
_WIDTH = 100  # characters of a list in one line


def table_text(profile: str, values: Mapping[str, Any]) -> str:
    """Return a profile as it stands in a file.

    Parameters
    ----------
    profile : str
        Its name: letters, digits, ``-`` and ``_``.
    values : mapping of str to Any
        Its settings; one that is None is not known yet, and left out.
    """
    lines = [f"{name} = {_value(value)}\n" for name, value in values.items() if value is not None]
    return f"[profiles.{profile}]\n" + "".join(lines)


def with_profile(text: str, profile: str, values: Mapping[str, Any], source: str) -> str:
    """Return a file's text with a profile that has these values.

    Parameters
    ----------
    text : str
        The file's text; empty if it is new.
    profile : str
        The profile's name: letters, digits, ``-`` and ``_``.
    values : mapping of str to Any
        All that it has to say; None holds the place of a text that is not known yet.
    source : str
        The file, for the error.

    Raises
    ------
    ConfigurationError
        If the text is written in a way that cannot be changed.
    """
    before = tomllib.loads(text)
    profiles, values = before.get("profiles", {}), {name: "" if v is None else v for name, v in values.items()}
    if profiles.get(profile) == values:
        return text
    newline = "\r\n" if "\r\n" in text else "\n"
    default = {} if profile in profiles else _needed_default(before, profile)
    if profile in profiles:
        after = _changed(text, profile, profiles[profile], values, newline)
    else:
        head = "".join(f"{name} = {_value(value)}\n\n" for name, value in default.items())
        gap = "\n" if text.endswith("\n") else "\n\n" * bool(text)
        added = (gap + table_text(profile, values)).replace("\n", newline)
        after = ("" if text else _HEAD) + head.replace("\n", newline) + text + added
    if _parsed(after) == {**before, **default, "profiles": {**profiles, profile: values}}:
        return after
    raise ConfigurationError(
        f"{source} is written in a form that is left alone.",
        hint=f"Write the profile as [profiles.{profile}], one setting a line, and run this again; or name another"
        " --file.",
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
        if name in table and table[name] == value:
            continue
        written = _value(value).replace("\n", newline)
        if name not in table:
            added += f"{name} = {written}{newline}"
        elif found := re.search(rf"^[ \t]*{re.escape(name)}[ \t]*=[ \t]*({_VALUE})", body, re.MULTILINE):
            body = body[: found.start(1)] + written + body[found.end(1) :]
    place = _end_of_settings(body) if rest else len(body)
    above = head + body[:place]
    gap = newline if added and not above.endswith("\n") else ""
    return above + gap + added + body[place:] + rest


def _end_of_settings(body: str) -> int:
    """Return where the blank lines and comments above the next header begin: they are its own."""
    place = len(body)
    while place:
        start = body.rfind("\n", 0, place - 1) + 1
        line = body[start:place].strip()
        if line and not line.startswith("#"):
            break
        place = start
    return place


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _value(value: Any) -> str:  # noqa: ANN401 - whatever a setting holds
    """Write a value; TOML's basic strings and its truth values are JSON's."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_value(name)} = {_value(item)}" for name, item in value.items()) + "}"
    if not isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    items = [_value(item) for item in value]
    inline = f"[{', '.join(items)}]"
    return inline if len(inline) <= _WIDTH else "[\n" + "".join(f"  {item},\n" for item in items) + "]"
