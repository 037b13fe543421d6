"""What the command says, to readers who go away and terminals that lack a letter."""

import io
import os
import sys
from pathlib import Path

import pytest

from cognito_nb.setup.output import say, show_any_letter, tell


def test_answer_and_words_for_a_person_are_apart(capsys):
    """A pipe gets the answer only."""
    say("answer")
    tell("word")
    assert capsys.readouterr() == ("answer\n", "word\n")


def test_letter_that_the_terminal_lacks_is_shown_by_its_number(monkeypatch):
    """A name from AWS is no reason to stop."""
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", terminal)
    show_any_letter()
    say("Zürich")
    assert terminal.buffer.getvalue() == b"Z\\xfcrich\n"


def _without_a_reader():
    ours, theirs = os.pipe()
    os.close(ours)
    return os.fdopen(theirs, "w")


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_reader_that_goes_away_stops_nothing(monkeypatch, stream):
    """As with `| head -1`: what comes after is said to nobody, and the end of the process is a quiet one."""
    with _without_a_reader() as pipe:
        monkeypatch.setattr(sys, stream, pipe)
        for _ in range(2):
            say("answer")
            tell("word")
        pipe.flush()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has it")
def test_full_disk_stops_nothing(monkeypatch):
    """The log of a run is lost, not the run."""
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        say("answer")
