"""What the pages of a sign-in say, on the Jupyter server's callback and on the loopback one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from .causes import cause_of
from .pages import Link, Page, Section
from .sign_ins import OK

if TYPE_CHECKING:
    from .sign_ins import SignIn

__all__ = ["answer_received", "confirmation", "outcome", "refusal", "too_many_cookies"]

_HARMLESS = {"unknown", "used", "expired", "superseded"}  # most often a reload, or a link that has been renewed


def confirmation(path: str) -> Page:
    """Return the page that asks before it goes on: another site has led here."""
    text = "You came here from another site. Go on only if you have just asked for this sign-in in your notebook."
    return Page("Sign in from Jupyter?", text, tone="wait", links=(Link("Go on to the sign-in", path),))


def answer_received(poll: str) -> Page:
    """Return the page that waits for the outcome, at the path `poll`."""
    text = "The notebook finishes the sign-in now. You can go back to it and close this tab."
    return Page("Answer received", text, tone="wait", poll=poll)


def refusal(cause: str) -> Page:
    """Return the page of a cause."""
    row = cause_of(cause)
    told = {"Likely causes": row.likely, "How to tell": (row.tell,) if row.tell else ()}
    looks = cause != "used"  # then nobody needs to
    sections = tuple(Section(heading, lines) for heading, lines in told.items() if lines and looks)
    tone: Literal["wait", "bad"] = "wait" if cause in _HARMLESS else "bad"
    return Page(row.title, row.fix, tone=tone, sections=sections)


def too_many_cookies() -> Page:
    """Return the page for a browser that sends more than the loopback port reads."""
    likely = "Cookies know no ports: the browser sends those of every program that has run on localhost."
    text = "Clear the cookies of localhost in your browser's settings, then open the sign-in's link again."
    return Page("The browser sends too many cookies", text, sections=(Section("Likely causes", (likely,)),))


def outcome(sign_in: SignIn) -> dict[str, str]:
    """Return what the page that waits shows next."""
    if sign_in.ended is None:
        hint = "The notebook has not come for it yet. If its kernel was restarted, run %cognito_login again."
        text = hint if sign_in.fetched_at is None else "The notebook is still at work. You can go back to it."
        return {"status": "waiting", "title": "Answer received", "text": text}
    if sign_in.ended == OK:
        return {"status": "ok", "title": "Signed in", "text": "You can close this tab."}
    row = cause_of(sign_in.ended)
    return {"status": "failed", "title": row.title, "text": f"Likely cause: {row.likely[0]}\n{row.fix}"}
