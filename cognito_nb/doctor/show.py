"""What a terminal shows of the findings: one line for what is well, and for the rest its cause and fix. Or JSON."""

from __future__ import annotations

import json
import os
import shutil
import sys
import textwrap
from typing import TYPE_CHECKING, TextIO

from ..errors import ConfigurationError
from .checks import all_checks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .finding import Finding

__all__ = ["lines_of", "print_findings", "summary"]

_FINE, _FAILED, _USAGE, _INTERRUPTED = 0, 1, 2, 130  # exit codes; the last is a shell's for Ctrl-C
_MARKS = {"ok": "✓", "warning": "!", "failed": "✗"}
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
                print("\n".join(lines_of(finding)), flush=True)  # noqa: T201 - what the user asked for
    except ConfigurationError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the command's error
        return _USAGE
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)  # noqa: T201 - the same
        return _INTERRUPTED
    end = json.dumps([each.to_json() for each in findings], indent=2) if as_json else f"\n{summary(findings)}"
    print(end)  # noqa: T201 - what the user asked for
    return _FAILED if any(finding.status == "failed" for finding in findings) else _FINE


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
    details = (
        ("cause", finding.cause),
        ("fix", finding.fix),
        ("console", finding.console),
        ("command", finding.command),
    )
    lines = [f"{_mark(finding.status, stream)} {_fit(finding.title, stream)}"]
    for label, text in details:
        if text:
            lines += _wrapped(label, _fit(text, stream), as_is=label == "command")
    return lines


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


def _mark(status: str, stream: TextIO) -> str:
    mark = _MARKS[status] if _knows(stream, "✓✗") else _PLAIN_MARKS[status]
    coloured = stream.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    return f"\x1b[{_COLOURS[status]}m{mark}\x1b[0m" if coloured else mark


def _wrapped(label: str, text: str, *, as_is: bool) -> list[str]:
    """Indent a text below its finding; what is to be copied stays on one line."""
    head, rest = " " * _INDENT + label.ljust(_LABEL), " " * (_INDENT + _LABEL)
    if as_is:
        return [head + text]
    width = max(40, min(shutil.get_terminal_size().columns, _WIDEST))
    return textwrap.wrap(
        text, width, initial_indent=head, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )


def _fit(text: str, stream: TextIO) -> str:
    """Return what the stream can show; a control character in somebody's setting must not drive the terminal."""
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    return text if _knows(stream, text) else text.encode("ascii", "replace").decode()


def _knows(stream: TextIO, text: str) -> bool:
    try:
        text.encode(stream.encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
