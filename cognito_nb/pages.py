"""The callback's query, and the HTML pages with their headers: for the server's callback and the loopback one.

Rules: a page shows text that we wrote, our own configuration, and nothing of the query; everything is escaped all the
same. One inline style and one inline script, allowed by their hashes, and nothing from elsewhere (RFC 9700 §4.2.4).
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Literal
from urllib.parse import unquote_to_bytes

__all__ = ["Link", "Page", "QueryError", "Section", "headers", "parse_callback_query", "render"]

MAX_QUERY = 32 * 1024  # characters
MAX_PARAMETERS = 50

_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_HTML = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title} · Jupyter</title>
<style>{style}</style>
</head>
<body>
<main class="card" data-tone="{tone}"{poll}>
<div role="status" aria-live="polite">
<h1>{title}</h1>
<p id="text">{text}</p>
</div>
{links}{sections}</main>
<script>{script}</script>
</body>
</html>
"""


class QueryError(ValueError):
    """The query is no authorization response; the text says why and shows nothing of it.

    Parameters
    ----------
    reason : str
        What is wrong.
    states : tuple of str, optional
        Every `state` that could be read: a good one among them is used up all the same.
    """

    def __init__(self, reason: str, states: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.states = states


@dataclass(frozen=True, slots=True)
class Section:
    """A headed list; with `code`, of values to compare character by character."""

    heading: str
    lines: tuple[str, ...]
    code: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A link to a page of this server."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Page:
    """What a page says.

    Attributes
    ----------
    title, text : str
        What happened, and the next step; line breaks in `text` stay.
    tone : str
        ``"wait"``, ``"ok"`` or ``"bad"``: the colour of its edge, never the only sign.
    links : tuple of Link
        Ways on.
    sections : tuple of Section
        What helps to find the cause.
    poll : str or None
        Path whose JSON ``{status, title, text}`` replaces title and text as soon as there is an outcome.
    """

    title: str
    text: str
    tone: Literal["wait", "ok", "bad"] = "bad"
    links: tuple[Link, ...] = ()
    sections: tuple[Section, ...] = ()
    poll: str | None = None


def parse_callback_query(raw: str) -> dict[str, str]:
    """Read the query of an authorization response, strictly: every parameter exactly once (RFC 6749 §3.1).

    tornado's ``get_argument`` returns the last duplicate, stripped of blanks, and decodes loosely (measured).

    Parameters
    ----------
    raw : str
        The query as it stands in the request line, without ``?``.

    Returns
    -------
    dict of str to str
        The parameters.

    Raises
    ------
    QueryError
        If it is too long, is not UTF-8 in percent-encoding, or repeats a parameter.
    """
    if len(raw) > MAX_QUERY:
        raise QueryError("the query is too long")
    fields = [field for field in raw.split("&") if field]
    if len(fields) > MAX_PARAMETERS:
        raise QueryError("there are too many parameters")
    pairs = [(_decode(name), _decode(value)) for name, _, value in (field.partition("=") for field in fields)]
    states = tuple(value for name, value in pairs if name == "state" and value is not None)
    params: dict[str, str] = {}
    for name, value in pairs:
        if name is None or value is None:
            raise QueryError("a parameter is badly encoded", states)
        if name in params:
            raise QueryError("a parameter is repeated", states)
        params[name] = value
    return params


def render(page: Page) -> str:
    """Return the HTML of a page; serve it with `headers`."""
    return _HTML.format(
        title=escape(page.title),
        text=escape(page.text),
        tone=page.tone,
        poll="" if page.poll is None else f' data-poll="{escape(page.poll)}"',
        sections="".join(map(_section, page.sections)),
        links="".join(f'<p><a href="{escape(link.url)}">{escape(link.text)}</a></p>\n' for link in page.links),
        style=_asset("pages.css"),
        script=_asset("pages.js"),
    )


@cache
def headers() -> dict[str, str]:
    """Return the headers of every page: it loads nothing, is framed, kept and referred to by nobody."""
    policy = {
        "default-src": "'none'",
        "style-src": _source(_asset("pages.css")),
        "script-src": _source(_asset("pages.js")),
        "connect-src": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return {
        "Content-Type": "text/html; charset=UTF-8",
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Opener-Policy": "same-origin",
        "X-Frame-Options": "DENY",
    }


def _decode(text: str) -> str | None:
    """Undo percent-encoding; None where it is broken, is not UTF-8 or hides a NUL."""
    if _BAD_ESCAPE.search(text):
        return None
    try:
        # latin-1: the request line's raw bytes, as tornado hands them over
        decoded = unquote_to_bytes(text.replace("+", " ").encode("latin-1")).decode("utf-8")
    except UnicodeError:
        return None
    return None if "\0" in decoded else decoded


def _section(section: Section) -> str:
    tag, end = ("<li><code>", "</code></li>") if section.code else ("<li>", "</li>")
    items = "".join(f"{tag}{escape(line)}{end}\n" for line in section.lines)
    return f"<h2>{escape(section.heading)}</h2>\n<ul>\n{items}</ul>\n"


@cache
def _asset(name: str) -> str:
    return Path(__file__).with_name(name).read_text("utf-8")


def _source(inline: str) -> str:
    digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
    return f"'sha256-{digest}'"
