"""Pages: the answers of a paginated API, one after the other, to the last.

It is a `Fetch` that asks for one page at a time, and takes the address of each from the page before. So pages are
retried, an interrupt loses none, and after an error the page in question is asked for again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from .fetch import AsyncFetch, Fetch
from .next_page import Following, next_page, same_records
from .shown import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Self

    from .runner import Answer
    from .sender import Asked, Sender

__all__ = ["AsyncPages", "Pages", "Trail"]


class Trail:
    """The requests for the pages, each made when its turn comes.

    Parameters
    ----------
    first : str
        Where to start; relative to the sender's base URL, if it has one.
    params : mapping or None
        Query parameters for it.
    next_url : callable, optional
        Tells the next page's URL from a response, or None at the end; by default it is looked for in the usual places.
    records : str, optional
        Where in a page the records are; counted where an API pages by offset.
    max_pages : int, optional
        Where to stop.
    """

    def __init__(
        self,
        first: str,
        params: Mapping[str, str | int] | None = None,
        *,
        next_url: Callable[[httpx.Response], str | None] | None = None,
        records: str | None = None,
        max_pages: int | None = None,
    ) -> None:
        self._first = str(httpx.URL(first).copy_merge_params(params)) if params else first
        self._next_url = next_url
        self._records = records
        self._max_pages = max_pages
        self._first_page: httpx.Response | None = None
        self._last: httpx.Response | None = None
        self._is_guess = False
        self._seen: set[httpx.URL] = set()

    def note(self, page: httpx.Response) -> None:
        """Hear of the page that was asked for last.

        Raises
        ------
        RuntimeError
            If it is the one before under another address: the API does not know the parameter that was guessed.
        """
        if page is self._last:
            return
        if self._is_guess and self._last is not None and same_records(self._last, page, self._records):
            raise RuntimeError(
                f"the API's pages run in a circle: {shown(page.url)} has the records of the page before; "
                "tell the next page with next_url=lambda response: ..."
            )
        self._seen.add(page.url.copy_with(fragment=None))
        self._first_page, self._last = self._first_page or page, page

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Asked:
        page = self._last
        if self._max_pages is not None and len(self._seen) >= self._max_pages:
            raise StopIteration
        if page is None:
            return self._first
        found = self._following(page)
        if found is None:
            raise StopIteration
        url = page.url.join(found.url).copy_with(fragment=None)
        if url in self._seen:
            raise RuntimeError(f"the API's pages run in a circle: after {len(self._seen)} of them it names one again")
        self._is_guess = found.is_guess
        return url

    def _following(self, page: httpx.Response) -> Following | None:
        if self._next_url is None:
            return next_page(page, self._first_page or page, self._records)
        url = self._next_url(page)
        return Following(url, is_guess=False) if url else None


class _Paging:
    _trail: Trail

    def _note(self, answer: Answer) -> None:
        if isinstance(answer, httpx.Response):
            self._trail.note(answer)


class Pages(_Paging, Fetch):
    """Iterator over pages."""

    def __init__(self, trail: Trail, sender: Sender) -> None:
        super().__init__(trail, sender, held=1)
        self._trail = trail


class AsyncPages(_Paging, AsyncFetch):
    """The same for ``async for``."""

    def __init__(self, trail: Trail, sender: Sender) -> None:
        super().__init__(trail, sender, held=1)
        self._trail = trail
