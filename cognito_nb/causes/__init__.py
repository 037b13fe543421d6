"""Failure → likely causes, how to tell, and fix: one table for errors, pages, widget and doctor.

A row is found by its code. Only codes travel between kernel, server and browser, so nobody else's words reach a page.
The rows stand by where the failure shows: `before` a browser opens, on Cognito's own `page`, in the `answer` to the
callback, at the token endpoint and with `tokens`, and in the life of `sign_ins`.

Sources: the Cognito developer guide, pages "Authorize endpoint", "Token endpoint", "Logout endpoint" and "Managed
login"; reports in the issue trackers of Amplify, AWS's SDKs and oauthenticator.
"""

from __future__ import annotations

from . import answer, before, page, sign_ins, tokens
from .row import Cause

__all__ = ["CAUSES", "UNKNOWN", "Cause", "cause_of"]

UNKNOWN = Cause(
    code="error",
    title="The sign-in failed",
    likely=("The notebook's cell says why.",),
    fix="Look at the cell, then sign in again.",
)

CAUSES: dict[str, Cause] = {row.code: row for part in (before, page, answer, tokens, sign_ins) for row in part.ROWS}


def cause_of(code: str | None) -> Cause:
    """Return the row of a code, or `UNKNOWN`."""
    return CAUSES.get(code or "", UNKNOWN)
