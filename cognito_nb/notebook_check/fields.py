"""A notebook file's strings, each with its place in the notebook and in the file.

The file's own text is read, not what a parser makes of it: so a string can be changed while every other byte stays,
and of keys that stand twice, both are seen. The text must be a JSON object; that is the caller's to check.
nbformat 4, and 3 with its worksheets (nbformat's documentation, "The notebook file format").
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Edit", "Field", "fields_of", "with_edits"]

_TOKEN = re.compile(r'"([^"\\]*+(?:\\.[^"\\]*+)*+)"(\s*+:)?|[\[\]{}]', re.DOTALL)
_PAIR = r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # two escapes, one character
_ESCAPE = re.compile(rf"{_PAIR}|\\u....|\\.", re.DOTALL)


class Edit(NamedTuple):
    """What shall stand in the file's text from `start` to `end`."""

    start: int
    end: int
    text: str


class _Piece:
    """A string literal of the file, without its quotes, and where its value begins in the field's text."""

    def __init__(self, offset: int, value: str, start: int, literal: str) -> None:
        self.offset = offset
        self.value = value
        self.start = start
        self._literal = literal

    @cached_property
    def _places(self) -> list[tuple[int, int]]:
        return _places(self._literal)

    def edit(self, first: int, last: int, text: str) -> Edit:
        """Return the edit that replaces a part of the value."""
        return Edit(self.start + _raw(self._places, first), self.start + _raw(self._places, last), text)


class Field(NamedTuple):
    """Text that is searched as one: a value, a list of lines, or a key.

    Attributes
    ----------
    place : str
        ``source``, ``output``, ``metadata`` or ``widget state``.
    cell : int or None
        The cell's number from 1; None for what belongs to the whole notebook.
    text : str
        The key, as in JSON, and the value: a name tells what a value is.
    pieces : sequence
        The literals that it was made of.
    """

    place: str
    cell: int | None
    text: str
    pieces: Sequence[_Piece]

    def replacing(self, start: int, end: int, text: str) -> list[Edit]:
        """Return the edits that replace a part of the field's text; none if it lies in the key alone."""
        edits = []
        at = max(bisect_right(self.pieces, start, key=lambda piece: piece.offset) - 1, 0)
        while at < len(self.pieces) and (piece := self.pieces[at]).offset < end:
            at += 1
            first, last = max(start - piece.offset, 0), min(end - piece.offset, len(piece.value))
            if first < last:
                edits.append(piece.edit(first, last, text))
                text = ""
        return edits


class _Open:
    """An array or object that has not ended: its latest key, or its strings."""

    __slots__ = ("is_list", "key", "strings")

    def __init__(self, *, is_list: bool) -> None:
        self.is_list = is_list
        self.key = ""
        self.strings: list[tuple[int, str]] = []


def fields_of(document: str) -> Iterator[Field]:
    """Yield all fields of a notebook but its images.

    Parameters
    ----------
    document : str
        The file's text: a valid JSON object.
    """
    open_: list[_Open] = []
    cell = 0
    for token in _TOKEN.finditer(document):
        literal, colon = token.groups()
        if literal is None:
            mark = token[0]
            if mark in "]}":
                ended = open_.pop()
                if ended.strings:
                    yield from _field(open_, cell, ended.strings)
                continue
            cell += mark == "{" and _keys(open_) in (["cells"], ["worksheets", "cells"]) and open_[-1].is_list
            open_.append(_Open(is_list=mark == "["))
        elif colon:
            yield from _field(open_, cell, [(token.start(1), literal)], is_key=True)
            open_[-1].key = _value(literal)
        elif open_ and open_[-1].is_list:
            open_[-1].strings.append((token.start(1), literal))
        else:
            yield from _field(open_, cell, [(token.start(1), literal)])


def with_edits(document: str, edits: Sequence[Edit]) -> str:
    """Return the document with all edits made; they must not overlap."""
    parts, end = [], 0
    for edit in sorted(edits):
        parts += [document[end : edit.start], edit.text]
        end = edit.end
    return "".join([*parts, document[end:]])


def _field(
    open_: Sequence[_Open], cell: int, strings: Sequence[tuple[int, str]], *, is_key: bool = False
) -> Iterator[Field]:
    keys = _keys(open_[:-1] if is_key else open_)
    if not is_key and _is_image(keys):
        return
    place, in_cell = _place(keys)
    # Lines of one text go on where the last one ended; of other lists each item stands for itself.
    joint = "" if place in ("source", "output") and not any(_is_list_of_its_own(key) for key in keys) else "\n"
    parts, pieces = ["" if is_key else f'"{keys[-1]}": "'], []
    offset = len(parts[0])
    for start, literal in strings:
        value = _value(literal)
        pieces.append(_Piece(offset, value, start, literal))
        parts += [value, joint]
        offset += len(value) + len(joint)
    yield Field(place, cell if in_cell else None, "".join(parts[:-1]), pieces)


def _keys(open_: Sequence[_Open]) -> list[str]:
    return [one.key for one in open_ if not one.is_list]


def _place(keys: list[str]) -> tuple[str, bool]:
    """Return the place's name, and whether it is in a cell."""
    if keys[:2] == ["metadata", "widgets"]:
        return "widget state", False
    inside = keys[1:] if keys[:1] == ["cells"] else keys[2:] if keys[:2] == ["worksheets", "cells"] else []
    if not inside:
        return "metadata", False
    return {"outputs": "output", "metadata": "metadata"}.get(inside[0], "source"), True


def _is_image(keys: list[str]) -> bool:
    """Tell whether it is binary; an SVG is text."""
    return (keys[-1].startswith("image/") and "svg" not in keys[-1]) or keys[-2:] in (
        ["outputs", "png"],
        ["outputs", "jpeg"],
    )


def _is_list_of_its_own(key: str) -> bool:
    return key in ("traceback", "metadata") or key.endswith("json")


def _value(literal: str) -> str:
    return str(json.loads(f'"{literal}"')) if "\\" in literal else literal


def _places(literal: str) -> list[tuple[int, int]]:
    """Return, for the places in the value behind which it changes, how much longer the literal is up to there."""
    places, longer = [(0, 0)], 0
    for escape in _ESCAPE.finditer(literal):
        longer += len(escape[0]) - 1
        places.append((escape.end() - longer, longer))
    return places


def _raw(places: list[tuple[int, int]], position: int) -> int:
    return position + places[bisect_right(places, position, key=lambda place: place[0]) - 1][1]
