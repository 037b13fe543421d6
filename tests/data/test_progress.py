"""The progress bar: in a terminal, in a notebook, and nowhere else."""

import io
import sys

import pytest

from cognito_nb.data import progress
from cognito_nb.data.progress import progress_bar


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def show_in(monkeypatch):
    """Let a bar appear somewhere; not before the test's body, as pytest sets stderr itself."""

    def show_in(place, *, ipykernel=False):
        monkeypatch.setattr(sys, "stderr", place)
        monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
        if ipykernel:
            monkeypatch.setitem(sys.modules, "ipykernel", sys)
        return place

    return show_in


def test_progress_is_shown_in_a_terminal(api, show_in):
    """How many of how many."""
    terminal = show_in(Terminal())
    assert len(api.get(["/a", "/b", "/c"], progress=True)) == 3
    assert "3/3" in terminal.getvalue()


def test_progress_counts_without_a_known_number(api, show_in):
    """A generator has no length."""
    terminal = show_in(Terminal())
    api.get((path for path in ("/a", "/b")), progress=True)
    assert "2 answers" in terminal.getvalue()


def test_progress_is_not_shown_if_nobody_wants_it(api, show_in):
    """Nothing is written."""
    terminal = show_in(Terminal())
    api.get(["/a"], progress=False)
    assert terminal.getvalue() == ""


def test_progress_is_not_shown_in_a_file(api, show_in):
    """As in the log of a job."""
    log = show_in(io.StringIO())
    api.get(["/a"], progress=True)
    assert log.getvalue() == ""


def test_progress_is_shown_in_a_notebook(show_in):
    """Its stderr is no terminal."""
    output = show_in(io.StringIO(), ipykernel=True)
    progress_bar(3).close()
    assert "0/3" in output.getvalue()


def test_progress_needs_no_tqdm(monkeypatch):
    """Without it there is no bar and no error."""
    monkeypatch.setattr(progress, "find_spec", lambda _: None)
    assert progress_bar(3) is None
