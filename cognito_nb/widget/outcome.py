"""What the login cell keeps once a sign-in has ended: static HTML that makes sense without a kernel.

Rules of this file:

- No script and no widget; every value is escaped. JupyterLab's sanitizer, which rules untrusted notebooks, lets
  all of it pass: the look is in semantic tags and a few inline styles.
- Each ``…_html`` has a ``…_text`` beside it for `text/plain`.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from datetime import datetime

__all__ = [
    "elsewhere_html",
    "elsewhere_text",
    "not_remembered_text",
    "not_signed_in_html",
    "not_signed_in_text",
    "signed_in_html",
    "signed_in_text",
    "signed_out_html",
    "signed_out_text",
]

_LONGEST = 200
_REVOKED = "Tokens revoked."
_NOT_REVOKED = "The tokens are gone from this kernel, but Cognito did not confirm that it revoked them."
_AGAIN = "Sign out again once that is mended."
_ELSEWHERE = "Another notebook is signing in. Finish there; this one goes on by itself."
_LINE = "border-left:3px solid {color};padding-left:10px"
_GOOD = _LINE.format(color="#388e3c")
_BAD = _LINE.format(color="#d32f2f")
_NEUTRAL = _LINE.format(color="#757575")


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


def not_signed_in_html(*, title: str, next_step: str) -> str:
    """Return the lines of a sign-in that did not finish.

    Parameters
    ----------
    title : str
        What happened, in a few words.
    next_step : str
        What the user can do; empty where an error message below says it.
    """
    what_next = f"<br>{_html(next_step)}" if next_step else ""
    return f'<div style="{_BAD}"><strong>Not signed in</strong> · {_html(title)}{what_next}</div>'


def not_signed_in_text(*, title: str, next_step: str) -> str:
    """Return the same as plain text."""
    return f"Not signed in · {_text(title)}\n{_text(next_step)}".rstrip()


def signed_out_html(
    *, user_pool: str, sign_out_url: str | None, revoked: bool, not_forgotten: str | None = None
) -> str:
    """Return the lines of a finished sign-out.

    Parameters
    ----------
    user_pool : str
        What the user calls the user pool.
    sign_out_url : str or None
        Where the browser ends its own session at Cognito; anything but http(s) is not shown.
    revoked : bool
        Whether Cognito confirmed that the refresh token is revoked.
    not_forgotten : str or None
        Why the session is still remembered beyond its kernel.
    """
    facts = (_html(fact) for fact in _facts_of_sign_out(revoked=revoked, not_forgotten=not_forgotten))
    lines = [f"<strong>Signed out</strong> · {_html(user_pool)}", *facts]
    if sign_out_url and _is_web(sign_out_url):
        # A browser session that lives on would let the next sign-in pass without a password.
        href = escape(sign_out_url, quote=True)
        lines.append(f'<a href="{href}" target="_blank" rel="noopener noreferrer">End the browser session too</a>')
    return f'<div style="{_NEUTRAL}">{"<br>".join(lines)}</div>'


def signed_out_text(
    *, user_pool: str, sign_out_url: str | None, revoked: bool, not_forgotten: str | None = None
) -> str:
    """Return the same as plain text."""
    lines = [f"Signed out · {_text(user_pool)}", *_facts_of_sign_out(revoked=revoked, not_forgotten=not_forgotten)]
    if sign_out_url and _is_web(sign_out_url):
        lines.append(f"To end the browser session too, open {sign_out_url}")
    return "\n".join(lines)


def _facts_of_sign_out(*, revoked: bool, not_forgotten: str | None) -> list[str]:
    facts = [_REVOKED if revoked else _NOT_REVOKED]
    if not_forgotten:
        facts.append(f"Still remembered: {_text(not_forgotten)} {_AGAIN}")
    return facts


def _html(value: str) -> str:
    return escape(_text(value), quote=True)


def _text(value: str) -> str:
    """Cut what is too long, and drop what turns or breaks a line: a name comes from outside."""
    printable = "".join(c if c.isprintable() else " " for c in value[:_LONGEST])
    return printable + "…" if len(value) > _LONGEST else printable


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return url.isprintable() and " " not in url and parts.scheme in {"http", "https"} and bool(parts.netloc)
