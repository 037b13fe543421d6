"""What the login cell keeps once a sign-in has ended: static HTML that makes sense without a kernel.

Rules of this file:

- No script and no widget; every value is escaped. JupyterLab's sanitizer, which rules untrusted notebooks, lets
  all of it pass: the look is in semantic tags and a few inline styles.
- Each ``…_html`` has a ``…_text`` beside it for `text/plain`.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..shown_text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

__all__ = [
    "SignedOut",
    "elsewhere_html",
    "elsewhere_text",
    "not_remembered_text",
    "not_signed_in_html",
    "not_signed_in_text",
    "pasting_html",
    "pasting_text",
    "signed_in_html",
    "signed_in_text",
    "signed_out_html",
    "signed_out_text",
    "valid_until_text",
    "waiting_html",
    "waiting_text",
]

_LONGEST = 200
_REVOKED = "Tokens revoked."
_NOTHING_TO_REVOKE = "There was no refresh token to revoke."
_STILL_ALIVE = "Until it expires, the refresh token may still be alive there."
_NOT_REVOKED = "The tokens are gone from this kernel, but Cognito did not confirm that it revoked them."
_AGAIN = "Sign out again once that is mended."
_BROWSER = "Your browser stays signed in at Cognito for up to an hour: other sites may get in without a password."
_NO_LINK = "The setting logout_uri brings a link here that ends that too."
_GOES_ON = "Opens in a new tab; the notebook goes on by itself."
_ELSEWHERE = "Another notebook is signing in. Finish there; this one goes on by itself."
_LINE = "border-left:3px solid {color};padding-left:10px"
_GOOD = _LINE.format(color="#388e3c")
_BAD = _LINE.format(color="#d32f2f")
_NEUTRAL = _LINE.format(color="#757575")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOut:
    """What a finished sign-out has ended, what it has not, and until when.

    Parameters
    ----------
    user_pool : str
        What the user calls the user pool.
    sign_out_url : str or None
        Where the browser ends its own session at Cognito; anything but http(s) is not shown.
    revoked, not_revoked : bool, str or None
        Whether Cognito confirmed that the refresh token is revoked, and why it did not; neither if there was none.
    not_forgotten : str or None
        Why the session is still remembered beyond its kernel.
    valid_until : datetime or None
        When the access token ends by itself, in the user's time zone; None if it has.
    by_browser : bool
        Whether a browser has signed in at Cognito, and may still be.
    """

    user_pool: str
    sign_out_url: str | None
    revoked: bool
    not_revoked: str | None = None
    not_forgotten: str | None = None
    valid_until: datetime | None = None
    by_browser: bool = True

    @property
    def link(self) -> str | None:
        """`sign_out_url` if it may be shown."""
        return self.sign_out_url if self.sign_out_url and _is_web(self.sign_out_url) else None


def signed_in_html(*, name: str | None, user_pool: str, at: datetime, not_remembered: str | None = None) -> str:
    """Return the line of a finished sign-in.

    Parameters
    ----------
    name : str or None
        Who is signed in; None where notebooks get published (`show_identity = false`).
    user_pool : str
        What the user calls the user pool.
    at : datetime
        When, in the user's time zone.
    not_remembered : str or None
        Why the session ends with its kernel, though the setting `remember` asks for more.
    """
    who = f"Signed in as <strong><bdi>{_html(name)}</bdi></strong>" if name else "<strong>Signed in</strong>"
    warning = f"<br>{_html(not_remembered_text(not_remembered))}" if not_remembered else ""
    return f'<div style="{_GOOD}">{who} · {_html(user_pool)} · {at:%H:%M}{warning}</div>'


def signed_in_text(*, name: str | None, user_pool: str, at: datetime, not_remembered: str | None = None) -> str:
    """Return the same as plain text."""
    who = f"Signed in as {_text(name)}" if name else "Signed in"
    warning = f"\n{not_remembered_text(not_remembered)}" if not_remembered else ""
    return f"{who} · {_text(user_pool)} · {at:%H:%M}{warning}"


def not_remembered_text(reason: str) -> str:
    """Return the sentence of a sign-in that ends with its kernel, against the user's setting."""
    return f"Signed in; not remembered: {_text(reason)}"


def elsewhere_html(*, user_pool: str) -> str:
    """Return the lines that are shown while another notebook is signing in."""
    return f'<div style="{_NEUTRAL}"><strong>Waiting</strong> · {_html(user_pool)}<br>{_ELSEWHERE}</div>'


def elsewhere_text(*, user_pool: str) -> str:
    """Return the same as plain text."""
    return f"Waiting · {_text(user_pool)}\n{_ELSEWHERE}"


def not_signed_in_html(*, title: str, next_step: str, details: Sequence[tuple[str, str]] = ()) -> str:
    """Return the lines of a sign-in that did not finish.

    Parameters
    ----------
    title : str
        What happened, in a few words.
    next_step : str
        What the user can do; empty where an error message below says it.
    details : sequence of (str, str)
        What ends the search, as headings and texts.
    """
    # Not cut, as the rest is: a command is of use as a whole only, and the words are the table's own
    lines = [_html(next_step), *(f"{escape(heading)}: {escape(text)}" for heading, text in details)]
    more = "".join(f"<br>{line}" for line in lines if line)
    return f'<div style="{_BAD}"><strong>Not signed in</strong> · {_html(title)}{more}</div>'


def not_signed_in_text(*, title: str, next_step: str, details: Sequence[tuple[str, str]] = ()) -> str:
    """Return the same as plain text."""
    lines = [_text(next_step), *(f"{heading}: {text}" for heading, text in details)]
    return "\n".join([f"Not signed in · {_text(title)}", *filter(None, lines)])


def waiting_html(*, url: str, host: str, user_pool: str, how: str, what_next: str) -> str:
    """Return the link of a sign-in for front ends that show no widgets, and for a notebook that was saved meanwhile."""
    link = (
        f'<a href="{escape(url)}" target="_blank" rel="noopener">Sign in at {_html(host)}</a>' if _is_web(url) else ""
    )
    lines = [f"<strong>Sign in to {_html(user_pool)}</strong>", link, escape(f"{_GOES_ON} {how}".rstrip()), what_next]
    return f'<div style="{_NEUTRAL}">{"<br>".join(filter(None, lines))}</div>'


def waiting_text(*, url: str, how: str) -> str:
    """Return the link as plain text."""
    return f"Sign in: open {url} in your browser\n{how}".rstrip()


def pasting_html(*, url: str, host: str, user_pool: str, how: str) -> str:
    """Return the link of a sign-in whose answer the user pastes, and how that goes."""
    link = f'<a href="{escape(url)}" target="_blank" rel="noopener">Open the sign-in page of {_html(host)}</a>'
    return f'<div style="{_NEUTRAL}"><strong>Sign in to {_html(user_pool)}</strong><br>{link}<br>{escape(how)}</div>'


def pasting_text(*, url: str, how: str) -> str:
    """Return the same as plain text."""
    return f"Sign in: open {url}\n{how}"


def signed_out_html(ended: SignedOut) -> str:
    """Return the lines of a finished sign-out."""
    lines = [f"<strong>Signed out</strong> · {_html(ended.user_pool)}", *map(escape, _facts_of(ended))]
    if ended.link:
        href = escape(ended.link, quote=True)
        lines.append(f'<a href="{href}" target="_blank" rel="noopener noreferrer">End the browser session too</a>')
    return f'<div style="{_NEUTRAL}">{"<br>".join(lines)}</div>'


def signed_out_text(ended: SignedOut) -> str:
    """Return the same as plain text."""
    lines = [f"Signed out · {_text(ended.user_pool)}", *_facts_of(ended)]
    if ended.link:
        lines.append(f"To end the browser session too, open {ended.link}")
    return "\n".join(lines)


def valid_until_text(until: datetime) -> str:
    """Return the sentence about what no sign-out can end."""
    return f"An API that does not ask Cognito takes the old access token until {until:%H:%M}; this kernel has no copy."


def _facts_of(ended: SignedOut) -> list[str]:
    facts = [_REVOKED if ended.revoked else _NOTHING_TO_REVOKE]
    if ended.not_revoked:
        facts = [_NOT_REVOKED, f"{_text(ended.not_revoked)} {_STILL_ALIVE}"]
    if ended.not_forgotten:
        facts.append(f"Still remembered: {_text(ended.not_forgotten)} {_AGAIN}")
    if ended.valid_until is not None:
        facts.append(valid_until_text(ended.valid_until))
    if ended.by_browser:
        facts.append(_BROWSER if ended.link else f"{_BROWSER} {_NO_LINK}")
    return facts


def _html(value: str) -> str:
    return escape(_text(value), quote=True)


def _text(value: str) -> str:
    return printable(value, limit=_LONGEST)  # a name comes from outside


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return url.isprintable() and " " not in url and parts.scheme in {"http", "https"} and bool(parts.netloc)
