"""Lines to be copied: a shell makes of them the very words that were meant."""

import subprocess

import pytest

from cognito_nb.doctor.shell import line_to_copy

WORDS = ["printf", "%s|", "x; touch y #", "http://localhost/?a=1&b=$(id)", "it's", "/my env/python"]


def test_line_is_read_by_a_shell_as_the_same_words():
    """Nothing of a word is run."""
    output = subprocess.run(["/bin/sh", "-c", line_to_copy(WORDS, platform="posix")], capture_output=True, check=True)
    assert output.stdout.decode() == "".join(f"{word}|" for word in WORDS[2:])


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ([r"C:\env\python.exe", "-m", "pip"], r"C:\env\python.exe -m pip"),
        ([r"C:\Program Files\python.exe", "-m"], r'"C:\Program Files\python.exe" -m'),
        (["setup", "x & calc"], ""),
        (["setup", "$(calc)"], ""),
        (["setup", "%PATH%"], ""),
        (["setup", 'a" & calc'], ""),
    ],
)
def test_line_for_windows_holds_nothing_that_its_shells_read_otherwise(words, line):
    """Quotes mean different things in cmd.exe and PowerShell, so some words have none that hold in both."""
    assert line_to_copy(words, platform="nt") == line
