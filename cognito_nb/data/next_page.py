"""Where the next page is: what APIs say in the ``Link`` header or in the body."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .records import Json, at, records_of

if TYPE_CHECKING:
    import httpx

__all__ = ["next_page"]

_LINKS = (
    *("next", "next_url", "nextUrl", "next_page_url", "nextPageUrl", "nextLink", "next_link"),
    *("links.next", "_links.next", "paging.next", "pagination.next", "meta.next", "info.next"),
)
_DOTTED_LINKS = ("@odata.nextLink", "odata.nextLink")  # keys with a dot of their own
_CURSORS = {  # where a page has it → the parameter that wants it back
    "next_cursor": "cursor",
    "nextCursor": "cursor",
    "meta.next_cursor": "cursor",
    "pagination.next_cursor": "cursor",
    "response_metadata.next_cursor": "cursor",
    "cursor": "cursor",
    "nextToken": "nextToken",
    "NextToken": "NextToken",
    "next_token": "next_token",
    "nextPageToken": "pageToken",
    "next_page_token": "page_token",
    "continuationToken": "continuationToken",
    "continuation_token": "continuation_token",
    "paging.cursors.after": "after",
    "after": "after",
}
_MORE = ("has_more", "hasMore", "has_next", "hasNext")
_PAGES = ("total_pages", "totalPages", "pages", "last_page", "pageCount")
_TOTALS = ("total", "total_count", "totalCount", "totalResults", "total_results")
_OFFSETS = ("offset", "skip", "start", "startAt", "$skip")
_LIKE_A_URL = re.compile(r"https?://|[/?.]|[^\s?]*\?[^\s?]*=", re.IGNORECASE)


def next_page(page: httpx.Response, records: str | None) -> str | None:
    """Return the next page's URL, perhaps a relative one; None at the end.

    Looked for in this order: the ``Link`` header (RFC 8288), a link in the body, a cursor or token, a page number with
    the number of pages, an offset with the total.

    Raises
    ------
    ValueError
        If the API says that there is more, and not in a way that is known here.
    """
    for rel, link in page.links.items():
        if rel is not None and "next" in rel.lower().split():
            return link.get("url")
    try:
        body = page.json()
    except ValueError:
        return None
    if not isinstance(body, dict) or any(body.get(name) is False for name in _MORE):
        return None
    found = _link(body) or _cursor(page.url, body) or _number(page.url, body) or _offset(page.url, body, records)
    if found is None and (body.get("next") or any(body.get(name) for name in _MORE)):
        raise ValueError(
            "the API has a further page, but not where it is: tell that with next_url=lambda response: ..."
        )
    return found


def _link(body: Json) -> str | None:
    listed = body.get("links")
    if isinstance(listed, list):  # as in STAC
        return next((link.get("href") for link in listed if isinstance(link, dict) and link.get("rel") == "next"), None)
    for value in (*(body.get(name) for name in _DOTTED_LINKS), *(at(body, path) for path in _LINKS)):
        link = value.get("href", value.get("url")) if isinstance(value, dict) else value
        if isinstance(link, str) and _LIKE_A_URL.match(link):
            return link
    return None


def _cursor(url: httpx.URL, body: Json) -> str | None:
    for path, parameter in _CURSORS.items():
        cursor = at(body, path)
        if isinstance(cursor, str | int) and not isinstance(cursor, bool) and cursor != "":
            return str(url.copy_set_param(parameter, cursor))
    return None


def _number(url: httpx.URL, body: Json) -> str | None:
    number, last = _whole(body, ("page",)), _whole(body, _PAGES)
    if number is None or last is None or number >= last:
        return None
    return str(url.copy_set_param("page", number + 1))


def _offset(url: httpx.URL, body: Json, records: str | None) -> str | None:
    total = _whole(body, _TOTALS)
    if total is None:
        return None
    parameter = next((name for name in _OFFSETS if name in url.params), "offset")
    given = url.params.get(parameter, "0")
    start = int(given) if re.fullmatch("[0-9]{1,15}", given) else 0
    count = len(records_of(body, records))
    if not count or start + count >= total:
        return None
    return str(url.copy_set_param(parameter, start + count))


def _whole(body: Json, names: tuple[str, ...]) -> int | None:
    return next((body[name] for name in names if type(body.get(name)) is int), None)
