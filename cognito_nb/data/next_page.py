"""Where the next page is: what APIs say in the ``Link`` header or in the body.

Half of the data looks like all of it, so the only silent end is where nothing says that there is more.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from .records import Json, at, records_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    import httpx

__all__ = ["Following", "next_page", "same_records"]

_PLACES = (  # besides the body itself, where APIs speak of the page; the outer before the inner
    *("meta", "paging", "pagination", "links", "_links", "info", "page", "pageInfo", "page_info", "response_metadata"),
    *("cursors", "cursor", "meta.page", "meta.cursor", "meta.pagination", "paging.next", "paging.cursors"),
    *("pagination.links", "meta.pagination.links"),
)
_LINKS = (
    *("next", "next_url", "nextUrl", "next_page_url", "nextPageUrl", "nextLink", "next_link", "next_page", "nextPage"),
    *("@odata.nextLink", "odata.nextLink", "nextRecordsUrl"),
)
_CURSORS = {  # what a page calls it → the parameter that wants it back
    "next_cursor": "cursor",
    "nextCursor": "cursor",
    "cursor": "cursor",
    "nextToken": "nextToken",
    "NextToken": "NextToken",
    "next_token": "next_token",
    "nextPageToken": "pageToken",
    "next_page_token": "page_token",
    "continuationToken": "continuationToken",
    "continuation_token": "continuation_token",
    "after": "after",
    "after_cursor": "page[after]",
    "endCursor": "after",
    "nextPageStart": "start",
    "next_offset": "offset",
    "nextOffset": "offset",
}
_NUMBERS = {  # likewise
    "page": "page",
    "current_page": "page",
    "currentPage": "page",
    "number": "page",
    "page_number": "page_number",
    "pageNumber": "pageNumber",
}
_NUMBERS_IN_URLS = ("page", "page[number]", "page_number", "pageNumber", "p")
_OFFSETS = ("offset", "skip", "start", "startAt", "$skip")
_MORE = ("has_more", "hasMore", "has_next", "hasNext", "hasNextPage", "has_next_page", "IsTruncated")
_LAST = ("last", "is_last", "isLast", "isLastPage", "is_last_page")
_KEYS = ("LastEvaluatedKey", "lastEvaluatedKey")
_PAGES = ("total_pages", "totalPages", "pages", "last_page", "lastPage", "pageCount", "page_count")
_SIZES = ("per_page", "perPage", "page_size", "pageSize", "limit", "size", "maxResults")
_TOTALS = ("total", "total_count", "totalCount", "totalResults", "total_results", "totalElements", "totalItems")
_ENDS: tuple[Json, ...] = (None, "", 0, "0", [])  # False too: it equals 0
_LIKE_A_URL = re.compile(r"https?://|[/?.]|[^\s?]*\?[^\s?]*=", re.IGNORECASE)


class Following(NamedTuple):
    """The next page."""

    url: str  # perhaps a relative one
    is_guess: bool  # made from a parameter that the API may not know


class _Counted(NamedTuple):
    parameter: str
    following: int
    has_more: bool | None  # None: the page does not tell


def next_page(page: httpx.Response, first: httpx.Response, records: str | None) -> Following | None:
    """Return where the next page is; None at the end.

    Looked for in this order: the ``Link`` header (RFC 8288), a link in the body, a cursor or token, a page number, an
    offset; the latter two only where the request or the page names them.

    Parameters
    ----------
    page : httpx.Response
        The last one.
    first : httpx.Response
        The one that it began with; its number tells whether they are counted from 0.
    records : str or None
        Where in a page the records are.

    Raises
    ------
    ValueError
        If the API says that there is more, and not in a way that is known here.
    """
    for rel, link in page.links.items():
        if rel is not None and "next" in rel.lower().split() and link.get("url"):
            return Following(link["url"], is_guess=False)
    body = _body(page)
    said = _Said(body)
    if any(said.get(name) is False for name in _MORE) or any(said.get(name) is True for name in _LAST):
        return None
    if link_in_body := _link(body, said):
        return Following(link_in_body, is_guess=False)
    if cursor := _cursor(said):
        return Following(str(page.url.copy_set_param(*cursor)), is_guess=True)
    counted = _by_number(page, first, records) or _by_offset(page, records)
    sign = _sign(said)
    if counted and (counted.has_more or sign):
        return Following(str(page.url.copy_set_param(counted.parameter, counted.following)), is_guess=True)
    if sign is None and (counted is None or counted.has_more is None):
        sign = _sign_in_numbers(body, said, records)
    if sign is not None:
        raise ValueError(
            f"the API has a further page, as its {sign!r} says, but not where it is: tell that with "
            "next_url=lambda response: ..., or name the parameter, as in params={'page': 1} or params={'offset': 0}"
        )
    return None


def same_records(page: httpx.Response, other: httpx.Response, records: str | None) -> bool:
    """Tell whether two pages have the same records; an empty one may follow another."""
    bodies = _body(page), _body(other)
    try:
        found, others = (records_of([body], records) for body in bodies)
    except ValueError:
        return bool(bodies[0] == bodies[1])
    return bool(found) and found == others


class _Said(dict[str, Json]):
    """What a page says of itself, wherever it does."""

    def __init__(self, body: Json) -> None:
        for place in (body, *(at(body, path.split(".")) for path in _PLACES)):
            if isinstance(place, dict):
                self.update({name: value for name, value in place.items() if self.get(name) is None})

    def names_no_next(self) -> bool:
        """Tell whether it is said where the next page would be, and there is nothing."""
        return any("next" in name.lower() and self[name] in _ENDS for name in (*_LINKS, *_CURSORS) if name in self)

    def whole(self, names: Iterable[str]) -> int | None:
        return next((number for name in names if (number := _whole(self.get(name))) is not None), None)


def _body(page: httpx.Response) -> Json:
    try:
        return page.json()
    except ValueError:
        return None


def _link(body: Json, said: _Said) -> str | None:
    listed = body.get("links") if isinstance(body, dict) else None
    if isinstance(listed, list):  # as in STAC
        return next((link.get("href") for link in listed if isinstance(link, dict) and link.get("rel") == "next"), None)
    for value in map(said.get, _LINKS):
        link = value.get("href", value.get("url", value.get("link"))) if isinstance(value, dict) else value
        if isinstance(link, str) and _LIKE_A_URL.match(link):
            return link
    return None


def _cursor(said: _Said) -> tuple[str, str | int] | None:
    for name, parameter in _CURSORS.items():
        cursor = said.get(name)
        if isinstance(cursor, str | int) and not isinstance(cursor, bool) and cursor not in _ENDS:
            return parameter, cursor
    return None


def _by_number(page: httpx.Response, first: httpx.Response, records: str | None) -> _Counted | None:
    said = _Said(body := _body(page))
    if following := said.whole(("next_page", "nextPage")):
        return _Counted("page", following, has_more=True)
    if (found := _number(page, said)) is None:
        return None
    parameter, asked, number = found
    begun = _number(first, _Said(_body(first)))
    done = number + 1 if begun is not None and begun[2] == 0 else number
    size, total = _size(page, said), said.whole(_TOTALS)
    has_more = None
    if (last := said.whole(_PAGES)) is not None:
        has_more = done < last
    elif size and total is not None:
        has_more = done * size < total
    elif size and not said.names_no_next() and (count := _count(body, records)) is not None:
        has_more = count >= size
    return _Counted(parameter, asked + 1, has_more)


def _number(page: httpx.Response, said: _Said) -> tuple[str, int, int] | None:
    """Return the parameter, the number that it had, and the number that the page says it has."""
    name = next((name for name in _NUMBERS if _whole(said.get(name)) is not None), None)
    number = None if name is None else _whole(said[name])
    for parameter in _NUMBERS_IN_URLS:
        if (asked := _whole(page.url.params.get(parameter))) is not None:
            return parameter, asked, asked if number is None else number
    return None if name is None or number is None else (_NUMBERS[name], number, number)


def _by_offset(page: httpx.Response, records: str | None) -> _Counted | None:
    said = _Said(body := _body(page))
    for place in (page.url.params, said):
        for parameter in _OFFSETS:
            start, total = _whole(place.get(parameter)), said.whole(_TOTALS)
            if start is None or (total is not None and start > total):  # such as a date
                continue
            if (count := _count(body, records)) is None:
                return None
            size = _size(page, said)
            has_more = (
                start + count < total
                if total is not None
                else (count >= size if size and not said.names_no_next() else None)
            )
            return _Counted(parameter, start + count, has_more) if count else None
    return None


def _size(page: httpx.Response, said: _Said) -> int | None:
    return said.whole(_SIZES) or next((size for name in _SIZES if (size := _whole(page.url.params.get(name)))), None)


def _sign(said: _Said) -> str | None:
    """Return what says that there is more, though it does not say where."""
    for name in (*_LINKS, *_KEYS):
        value = said.get(name)
        if any(value.values()) if isinstance(value, dict) else value not in _ENDS:
            return name
    told = (*(name for name in _MORE if said.get(name) is True), *(name for name in _LAST if said.get(name) is False))
    return next(iter(told), None)


def _sign_in_numbers(body: Json, said: _Said, records: str | None) -> str | None:
    if said.names_no_next():
        return None
    for name in _PAGES:
        if (_whole(said.get(name)) or 0) > 1:
            return name
    for name in (*_TOTALS, "count"):
        if (total := _whole(said.get(name))) is not None:
            count = _count(body, records)
            return name if count is not None and total > count else None
    return None


def _count(body: Json, records: str | None) -> int | None:
    """Return how many records a page has; None if it is no list of them."""
    found = records_of([body], records)
    return None if len(found) == 1 and found[0] is body else len(found)


def _whole(value: Json) -> int | None:
    digits = str(value) if type(value) in (int, str) else ""
    return int(digits) if re.fullmatch("[0-9]{1,15}", digits) else None
