"""A notebook's strings, their places, and edits that leave every other byte alone."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notebook_check.notebooks import cell, notebook, written

from cognito_nb.notebook_check import fields
from cognito_nb.notebook_check.fields import fields_of, with_edits

WORD = "needle"
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def places_of(document):
    return [(one.cell, one.place) for one in fields_of(json.dumps(document)) if WORD in one.text]


def output(**data):
    return {"output_type": "display_data", "data": data, "metadata": {}}


@pytest.mark.parametrize(
    ("document", "place"),
    [
        (notebook(cell(), cell(source=[WORD])), (2, "source")),
        (notebook(cell(source=WORD)), (1, "source")),
        (notebook(cell(attachments={"a.txt": {"text/plain": WORD}})), (1, "source")),
        (notebook(cell(metadata={"papermill": {"parameters": {"x": WORD}}})), (1, "metadata")),
        (notebook(cell(metadata={"tags": ["a", WORD]})), (1, "metadata")),
        (notebook(cell(), cell(), cell(outputs=[{"output_type": "stream", "text": [WORD]}])), (3, "output")),
        (notebook(cell(outputs=[output(**{"text/html": ["<p>", WORD]})])), (1, "output")),
        (notebook(cell(outputs=[output(**{"application/json": {"a": [{"b": WORD}]}})])), (1, "output")),
        (notebook(cell(outputs=[output(**{"application/json": {WORD: 1}})])), (1, "output")),
        (notebook(cell(outputs=[output(**{"image/svg+xml": WORD})])), (1, "output")),
        (notebook(cell(outputs=[{**output(), "metadata": {"a": WORD}}])), (1, "output")),
        (notebook(cell(outputs=[{"output_type": "error", "evalue": WORD, "traceback": []}])), (1, "output")),
        (notebook(cell(outputs=[{"output_type": "error", "traceback": ["a", WORD]}])), (1, "output")),
        (notebook(cell(), title=WORD), (None, "metadata")),
        (notebook(cell(), widgets={"state": {"1": {"state": {"value": WORD}}}}), (None, "widget state")),
        ({"worksheets": [{"cells": [cell(), cell(input=[WORD])]}], "nbformat": 3}, (2, "source")),
        ({"worksheets": [{"cells": [cell(outputs=[{"text": [WORD]}])]}], "nbformat": 3}, (1, "output")),
        ({"worksheets": [{"cells": [cell()]}, {"cells": [cell(input=WORD)]}], "nbformat": 3}, (2, "source")),
        ({"worksheets": [{"cells": [], "metadata": {"a": WORD}}], "nbformat": 3}, (None, "metadata")),
        ({**notebook(), "other": WORD}, (None, "metadata")),
    ],
)
def test_places_are_named(document, place):
    """Each place of nbformat 3 and 4, with the cell's number from 1."""
    assert places_of(document) == [place]


@pytest.mark.parametrize("mimetype", ["image/png", "image/jpeg", "image/gif"])
def test_images_are_left_out(mimetype):
    """Their base64 is megabytes of nothing to find; nbformat 3 has them beside the text."""
    assert places_of(notebook(cell(outputs=[output(**{mimetype: WORD})]))) == []
    assert places_of({"worksheets": [{"cells": [cell(outputs=[{"png": WORD}])]}]}) == []


def test_lines_are_joined_and_items_are_not():
    """A text goes on in the next line of its list; labels of a widget are values of their own."""
    assert places_of(notebook(cell(source=["nee", "dle"]))) == [(1, "source")]
    assert places_of(notebook(cell(), widgets={"labels": ["nee", "dle"]})) == []
    assert places_of(notebook(cell(outputs=[output(**{"application/json": ["nee", "dle"]})]))) == []


def test_both_of_a_doubled_key_are_seen():
    """A parser drops the first; the file still holds it."""
    document = '{"metadata": {"a": "needle", "a": "other"}, "cells": []}'
    assert [one.text for one in fields_of(document) if WORD in one.text] == ['"a": "needle']


@pytest.mark.parametrize(
    ("literal", "changed"),
    [
        (r"\u00e9\/ needle \ud83d\ude00\"", r"\u00e9\/ X \ud83d\ude00\""),
        (r"\ud800needle\udc00", r"\ud800X\udc00"),
        (r"\\needle\\", r"\\X\\"),
        (r"n\u0065edl\u0065", "X"),
        ("é😀needle😀", "é😀X😀"),
    ],
)
def test_edits_keep_the_escapes_around(literal, changed):
    """The rest of a string stays as it was written, however that was."""
    document = f'{{"cells": [\r\n\t{{"source" : ["{literal}"]}}], "x":1.50e+1}}'
    (edited,) = edits_of(document)
    assert edited == document.replace(literal, changed)


def edits_of(document, word=WORD):
    for one in fields_of(document):
        start = one.text.find(word)
        edits = one.replacing(start, start + len(word), "X") if start >= 0 else []
        if edits:
            yield with_edits(document, edits)


@given(ANY_JSON, st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_every_string_is_seen(value, ascii_only, indent):
    """Whatever the JSON and however it is written, its strings and keys are in the fields."""
    document = json.dumps({"metadata": {"a": value}}, ensure_ascii=ascii_only, indent=indent)
    seen = [piece.value for one in fields_of(document) for piece in one.pieces]
    assert sorted(seen) == sorted(["metadata", "a", *strings_in(value)])


@given(st.text(), st.text(), st.booleans(), st.integers(0, len(WORD)))
def test_an_edit_changes_its_part_alone(before, behind, ascii_only, cut):
    """In whatever text, in one line or over two, what stands around is kept."""
    lines = [before + WORD[:cut], WORD[cut:] + behind]
    document = json.dumps({"cells": [{"source": lines}]}, ensure_ascii=ascii_only)
    if WORD not in before:
        (edited,) = edits_of(document)
        assert "".join(json.loads(edited)["cells"][0]["source"]) == before + "X" + behind


def strings_in(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from strings_in(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from strings_in(item)


class Counted(tuple):
    """Literals that count how often one is taken."""

    __slots__ = ()
    taken = 0

    def __getitem__(self, at):
        Counted.taken += 1
        return super().__getitem__(at)


def test_an_edit_looks_at_few_of_many_lines():
    """A list with a secret in each line costs each line a search, not a walk through all."""
    (field,) = (one for one in fields_of(json.dumps({"cells": [{"source": [WORD] * 1000}]})) if WORD in one.text)
    field = field._replace(pieces=Counted(field.pieces))
    start = field.text.index(WORD)
    edits = [field.replacing(start + at * len(WORD), start + (at + 1) * len(WORD), "X") for at in range(1000)]
    assert [len(one) for one in edits] == [1] * 1000
    assert Counted.taken < 20_000


def test_the_escapes_of_a_line_are_read_once(monkeypatch):
    """However many secrets are in it."""
    read = []
    monkeypatch.setattr(fields, "_places", lambda literal, places=fields._places: read.append(1) or places(literal))
    (field,) = (one for one in fields_of(json.dumps({"source": f"{WORD}\n" * 100})) if WORD in one.text)
    start = field.text.index(WORD)
    for at in range(100):
        field.replacing(start + at * 7, start + at * 7 + 6, "X")
    assert len(read) == 1


def test_no_edit_is_no_change():
    """A document without edits is itself."""
    document = written(notebook(cell()))
    assert with_edits(document, []) == document
