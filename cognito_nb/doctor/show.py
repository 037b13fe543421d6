"""What a terminal shows of the findings: one line for what is well, and for the rest its cause and fix. Or JSON."""

from __future__ import annotations

import json
import os
import shutil
import sys
import textwrap
from typing import TYPE_CHECKING, TextIO

from ..errors import ConfigurationError
from ..shown_text import printable
from .checks import all_checks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .finding import Finding

__all__ = ["MARKS", "details_of", "lines_of", "print_findings", "summary"]

MARKS = {"ok": "✓", "warning": "!", "failed": "✗"}
_FINE, _FAILED, _USAGE, _INTERRUPTED = 0, 1, 2, 130  # exit codes; the last is a shell's for Ctrl-C
_PLAIN_MARKS = {"ok": "ok", "warning": "!!", "failed": "XX"}  # for a console that has no such letters
_COLOURS = {"ok": "32", "warning": "33", "failed": "31"}  # ANSI's green, yellow, red
_INDENT, _LABEL = 2, 9  # columns
_WIDEST = 110


def print_findings(profile: str | None, *, as_json: bool) -> int:
    """Run the checks, print what each finds as soon as it is found, and return the exit code.

    Parameters
    ----------
    profile : str or None
        A profile of ``cognito.toml``; None for the default one.
    as_json : bool
        Whether to print one JSON array at the end instead.
    """
    findings: list[Finding] = []
    try:
        for finding in all_checks(profile, None):
            findings.append(finding)
            if not as_json:
                _say("\n".join(lines_of(finding)))
    except ConfigurationError as error:
        lines = str(error).splitlines()
        print("\n".join(_fit(line, sys.stderr) for line in lines), file=sys.stderr)  # noqa: T201 - the command's error
        return _USAGE
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)  # noqa: T201 - the same
        return _INTERRUPTED
    if as_json:
        _say(json.dumps([each.to_json() for each in findings], indent=2))
    else:
        _say("\n" + "\n".join(_wrapped(_fit(summary(findings), sys.stdout))))
    return _FAILED if any(finding.status == "failed" for finding in findings) else _FINE


def details_of(finding: Finding) -> tuple[tuple[str, str], ...]:
    """Return what ends the search, as pairs of a label and a text, in the order of reading.

    Parameters
    ----------
    finding : Finding
        What a check has found.
    """
    pairs = (
        ("cause", finding.cause),
        ("fix", finding.fix),
        ("console", finding.console),
        ("command", finding.command),
    )
    return tuple((label, text) for label, text in pairs if text)


def lines_of(finding: Finding, *, stream: TextIO | None = None) -> list[str]:
    """Return how a terminal shows a finding.

    Parameters
    ----------
    finding : Finding
        What a check has found.
    stream : file, optional
        Where it goes: colours are for terminals, and not all of those know every letter. Default standard output.
    """
    stream = stream or sys.stdout
    rest = " " * _INDENT
    lines = _wrapped(_fit(finding.title, stream), f"{_mark(finding.status, stream)} ", rest)
    for label, text in details_of(finding):
        head = rest + label.ljust(_LABEL)
        if label == "command":  # what is to be copied stays on one line
            lines.append(head + _fit(text, stream))
        else:
            lines += _wrapped(_fit(text, stream), head, " " * len(head))
    return _coloured(lines, finding.status) if _has_colours(stream) else lines


def summary(findings: Iterable[Finding]) -> str:
    """Return the last line: how many failed, and what to do first.

    Parameters
    ----------
    findings : iterable of Finding
        All of them.
    """
    findings = tuple(findings)
    failed = [finding for finding in findings if finding.status == "failed"]
    warnings = [finding for finding in findings if finding.status == "warning"]
    if not failed:
        more = f" {len(warnings)} warning{'s' if len(warnings) > 1 else ''} above." if warnings else ""
        return f"Nothing failed.{more}"
    also = f", {len(warnings)} warning{'s' if len(warnings) > 1 else ''}" if warnings else ""
    return f"{len(failed)} failed{also}. Do this first: {failed[0].fix}"


def _say(text: str) -> None:
    """Print what the user asked for; a reader that goes away, such as ``head``, has seen what it wanted."""
    try:
        print(text, flush=True)  # noqa: T201 - what the user asked for
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _mark(status: str, stream: TextIO | None) -> str:
    return MARKS[status] if _knows(stream, "✓✗") else _PLAIN_MARKS[status]


def _has_colours(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def _coloured(lines: list[str], status: str) -> list[str]:
    mark, _, title = lines[0].partition(" ")
    return [f"\x1b[{_COLOURS[status]}m{mark}\x1b[0m {title}", *lines[1:]]


def _wrapped(text: str, head: str = "", rest: str = "") -> list[str]:
    width = max(40, min(shutil.get_terminal_size().columns, _WIDEST))
    return textwrap.wrap(
        text, width, initial_indent=head, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )


def _fit(text: str, stream: TextIO | None) -> str:
    """Return what the stream can show."""
    text = printable(text)
    return text if _knows(stream, text) else text.encode("ascii", "replace").decode()


def _knows(stream: TextIO | None, text: str) -> bool:
    try:
        text.encode(getattr(stream, "encoding", None) or "utf-8")  # None where the shell has closed it
    except (UnicodeEncodeError, LookupError):
        return False
    return True
