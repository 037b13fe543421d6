"""What a terminal, a script and a notebook get to see."""

import argparse
import io
import json
import os

import pytest

from cognito_nb.doctor import checks, run, show, show_in_notebook, table
from cognito_nb.doctor.finding import Finding, found, ok
from cognito_nb.errors import ConfigurationError

AWS = {"user_pool_id": "eu-west-1_AbC123", "client_id": "abc", "region": "eu-west-1"}
FINE = ok("discovery", "User pool")
WARNING = found("clock", "Clock", "clock_wrong", status="warning", detail="20 s behind.")
FAILED = found("authorize:x", "Authorization request", "redirect_mismatch", aws=AWS)


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


class Console(io.TextIOWrapper):
    def __init__(self):
        super().__init__(io.BytesIO(), encoding="ascii")


def options(profile=None, *, as_json=False):
    return argparse.Namespace(profile=profile, json=as_json)


@pytest.fixture
def finds(monkeypatch):
    """Have the checks find this."""

    def find(*findings):
        for module in (show, table):
            monkeypatch.setattr(module, "all_checks", lambda *_: iter(findings))

    return find


@pytest.mark.parametrize(("findings", "code"), [((FINE,), 0), ((FINE, WARNING), 0), ((WARNING, FAILED, FINE), 1)])
def test_exit_code_is_that_of_the_worst(finds, findings, code):
    """Warnings are no failure."""
    finds(*findings)
    assert run(options()) == run(options(as_json=True)) == code


def test_unknown_profile_is_wrong_usage(tmp_path, capsys):
    """Nothing is examined, and scripts get no array."""
    (tmp_path / "cognito.toml").write_text('[profiles.dev]\nuser_pool_id = "eu-west-1_AbC123"\nclient_id = "abc"\n')
    assert run(options("prod", as_json=True)) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert "no profile 'prod'" in output.err


def test_interrupt_ends_it_cleanly(monkeypatch, capsys):
    """As a shell has it for Ctrl-C, without a traceback."""

    def interrupted(profile, config):
        yield FINE
        raise KeyboardInterrupt

    monkeypatch.setattr(show, "all_checks", interrupted)
    assert run(options()) == 130
    assert "Interrupted" in capsys.readouterr().err


def test_json_has_exactly_these_members(finds, capsys):
    """Scripts rely on them."""
    finds(FINE, FAILED)
    run(options(as_json=True))
    assert json.loads(capsys.readouterr().out) == [
        {"id": "discovery", "status": "ok", "cause": "", "fix": ""},
        {"id": "authorize:x", "status": "failed", "cause": FAILED.cause, "fix": FAILED.fix},
    ]


def test_each_finding_is_shown_as_soon_as_it_is_made(monkeypatch, capsys):
    """Who waits sees how far it is."""
    seen = []

    def slow(profile, config):
        yield FINE
        seen.append(capsys.readouterr().out)

    monkeypatch.setattr(show, "all_checks", slow)
    run(options())
    assert seen == ["✓ User pool\n"]


def test_fine_finding_takes_one_line():
    """Nothing but what was looked at."""
    assert show.lines_of(FINE, stream=io.StringIO()) == ["✓ User pool"]


def test_failure_shows_cause_fix_console_and_command():
    """All that ends the search; the command is on one line, to be copied."""
    text = "\n".join(show.lines_of(FAILED, stream=io.StringIO()))
    assert text.startswith("✗ Authorization request\n  cause    redirect_mismatch: ")
    assert "\n  fix      " in text
    assert "\n  console  " in text
    assert "\n  command  aws cognito-idp describe-user-pool-client --region eu-west-1 " in text
    assert "--user-pool-id eu-west-1_AbC123 --client-id abc" in text


def test_command_is_for_aws_only():
    """There is no console of a local pool."""
    finding = found("authorize:x", "Authorization request", "redirect_mismatch")
    assert (finding.console, finding.command) == ("", "")


def test_colours_are_for_terminals(monkeypatch):
    """A file or a pipe gets none, and NO_COLOR is heeded."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert show.lines_of(FINE, stream=Terminal()) == ["\x1b[32m✓\x1b[0m User pool"]
    monkeypatch.setenv("NO_COLOR", "1")
    assert show.lines_of(FINE, stream=Terminal()) == ["✓ User pool"]


def test_console_without_these_letters_gets_others():
    """Windows' older consoles know no ✓ and would end the program."""
    finding = Finding(id="a", status="failed", title="Größe → ✓", cause="ü", fix="→")
    lines = show.lines_of(finding, stream=Console())
    assert lines[0] == "XX Gr??e ? ?"
    assert "\n".join(lines).isascii()


def test_control_characters_do_not_reach_the_terminal():
    """A setting of somebody else's cognito.toml could otherwise hide what stands above it."""
    finding = Finding(id="a", status="ok", title="setting\x1b[2Jvalue")
    assert show.lines_of(finding, stream=io.StringIO()) == ["✓ setting [2Jvalue"]


LONG = found("a:b", f"Kernel {'in a folder ' * 20}", "", detail="x", fix=f"Run {'this and ' * 30}")


def test_long_lines_are_wrapped(finds, capsys, monkeypatch):
    """Titles, fixes and the last line are read in a window of any width."""
    monkeypatch.setenv("COLUMNS", "80")
    finds(LONG)
    run(options())
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[1].startswith("  in a folder")


def test_last_line_does_not_drive_the_terminal(finds, capsys, monkeypatch):
    """A fix may name a file of somebody else's folder."""
    shown = []
    monkeypatch.setattr(table, "say", lambda html, text: shown.extend((html, text)))
    finds(found("a", "A", "", detail="b", fix="c\x1b[2Jd"))
    run(options())
    show_in_notebook()
    assert not any("\x1b" in text for text in (capsys.readouterr().out, *shown))


def test_letters_that_the_output_lacks_do_not_end_it(finds, monkeypatch):
    """A folder may be named Zürich where the console knows ASCII only."""
    console = Console()
    monkeypatch.setattr(show.sys, "stdout", console)
    finds(found("a", "A", "", detail="b", fix="Zürich"))
    assert run(options()) == 1
    console.seek(0)
    assert "Do this first: Z?rich" in console.read()


def test_error_of_usage_does_not_drive_the_terminal(tmp_path, monkeypatch, capsys):
    """The names of the folder and of the file's profiles are in it."""
    folder = tmp_path / "a\x1b[2Jb"
    folder.mkdir()
    (folder / "cognito.toml").write_text(
        '[profiles."d\\u001b[2Jv"]\nuser_pool_id = "eu-west-1_AbC123"\nclient_id = "abc"\n'
    )
    monkeypatch.chdir(folder)
    assert run(options("prod")) == 2
    error = capsys.readouterr().err
    assert "no profile 'prod'" in error
    assert "\x1b" not in error


@pytest.mark.parametrize("as_json", [False, True])
def test_reader_that_goes_away_ends_nothing(finds, monkeypatch, as_json):
    """As head does, once it has its lines: no traceback, and the exit code is that of the findings."""
    reading, writing = os.pipe()
    os.close(reading)
    finds(FINE, FAILED)
    with os.fdopen(writing, "w", encoding="utf-8") as pipe:
        monkeypatch.setattr(show.sys, "stdout", pipe)
        assert run(options(as_json=as_json)) == 1


def test_closed_output_ends_nothing(finds, monkeypatch):
    """As by a shell's >&-: who wants the exit code only."""
    monkeypatch.setattr(show.sys, "stdout", None)
    finds(FINE, FAILED)
    assert run(options()) == 1


def test_summary_says_what_to_do_first():
    """The first failure in order comes before those that follow from it."""
    assert show.summary([FINE]) == "Nothing failed."
    assert show.summary([WARNING, FINE]) == "Nothing failed. 1 warning above."
    assert show.summary([WARNING, FAILED, FAILED]) == f"2 failed, 1 warning. Do this first: {FAILED.fix}"


def test_table_escapes_every_value():
    """What came from outside is no markup."""
    finding = Finding(id="a", status="failed", title="<a>", cause="<b>", fix="<c>", console="<d>", command="<e>")
    page = table.html_of([finding])
    assert not any(f"<{name}>" in page for name in ("a", "b", "c", "d", "e"))
    assert all(f"&lt;{name}&gt;" in page for name in "abcde")


def test_table_says_the_status_in_words():
    """A colour and a sign are not enough for who cannot see them."""
    page = table.html_of([FINE, WARNING, FAILED])
    assert all(f'aria-label="{status}"' in page for status in ("ok", "warning", "failed"))
    assert "--jp-error-color1" in page


def test_notebook_gets_html_and_text(finds, monkeypatch):
    """The same findings, for front ends with and without HTML."""
    shown = []
    monkeypatch.setattr(table, "say", lambda html, text: shown.append((html, text)))
    finds(FINE, FAILED)
    show_in_notebook()
    html, text = shown[0]
    assert html.startswith("<table")
    assert text.startswith("✓ User pool\n✗ Authorization request\n")
    assert text.endswith(show.summary([FAILED]))


def test_notebook_raises_for_an_unknown_profile(tmp_path):
    """As %cognito_login does, on one line."""
    (tmp_path / "cognito.toml").write_text('[profiles.dev]\nuser_pool_id = "eu-west-1_AbC123"\nclient_id = "abc"\n')
    with pytest.raises(ConfigurationError, match="no profile"):
        show_in_notebook("prod")


def test_examination_is_lazy(monkeypatch):
    """No check runs before its finding is asked for."""
    monkeypatch.setattr(checks, "_with_settings", lambda *_: iter([FINE]))
    monkeypatch.setattr(checks, "load_config", lambda *_: object())
    assert next(checks.all_checks(None, None)) is FINE
