"""What a notebook shows of the findings: a table without a script, that makes sense without a kernel."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from ..front_end import say
from ..shown_text import printable
from .checks import all_checks
from .show import MARKS, details_of, lines_of, summary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .finding import Finding

__all__ = ["html_of", "show_table"]

_COLOURS = {  # Jupyter's own for light and dark, with a fallback where it has none
    "ok": "var(--jp-success-color1, #388e3c)",
    "warning": "var(--jp-warn-color1, #f57c00)",
    "failed": "var(--jp-error-color1, #d32f2f)",
}
_TABLE = "border-collapse:collapse;color:var(--jp-ui-font-color1, inherit);font-size:var(--jp-ui-font-size1, 13px)"
_CELL = "text-align:left;vertical-align:top;padding:3px 8px;border-bottom:1px solid var(--jp-border-color2, #bdbdbd)"
_QUIET = "color:var(--jp-ui-font-color2, #616161)"


def show_table(profile: str | None) -> None:
    """Run the checks and show the table, or text where there is no notebook.

    Parameters
    ----------
    profile : str or None
        A profile of ``cognito.toml``; None for the default one.

    Raises
    ------
    ConfigurationError
        If there is no profile of that name.
    """
    findings = list(all_checks(profile, None))
    text = "\n".join(line for finding in findings for line in lines_of(finding))
    say(html_of(findings), f"{text}\n\n{printable(summary(findings))}")


def html_of(findings: Sequence[Finding]) -> str:
    """Return the table; every value is escaped.

    Parameters
    ----------
    findings : sequence of Finding
        All of them.
    """
    rows = "".join(map(_row, findings))
    return (
        f'<table style="{_TABLE}"><caption style="text-align:left;caption-side:top;padding:6px 8px">'
        f"<strong>{_text(summary(findings))}</strong></caption><tbody>{rows}</tbody></table>"
    )


def _row(finding: Finding) -> str:
    details = "".join(
        f'<br><span style="{_QUIET}">{label.capitalize()}:</span> {_value(label, text)}'
        for label, text in details_of(finding)
    )
    mark = f'<strong style="color:{_COLOURS[finding.status]}">{MARKS[finding.status]}</strong>'
    label = f'<span title="{finding.status}" aria-label="{finding.status}">{mark}</span>'
    return f'<tr><td style="{_CELL}">{label}</td><td style="{_CELL}">{_text(finding.title)}{details}</td></tr>'


def _value(label: str, text: str) -> str:
    return f"<code>{_text(text)}</code>" if label == "command" else _text(text)


def _text(text: str) -> str:
    return escape(printable(text))
