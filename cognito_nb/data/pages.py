"""Pages: the answers of a paginated API, one after the other, to the last.

It is a `Fetch` that asks for one page at a time, and takes the address of each from the page before. So pages are
retried, an interrupt loses none, and after an error the page in question is asked for again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from .fetch import AsyncFetch, Fetch
from .next_page import next_page

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
        self._last: httpx.Response | None = None
        self._before: httpx.Response | None = None
        self._seen: set[httpx.URL] = set()

    def note(self, page: httpx.Response) -> None:
        """Hear of the page that was asked for last."""
        if page is not self._last:
            self._seen.add(page.url.copy_with(fragment=None))
            self._before, self._last = self._last, page

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Asked:
        page = self._last
        if self._max_pages is not None and len(self._seen) >= self._max_pages:
            raise StopIteration
        if page is None:
            return self._first
        found = self._next_url(page) if self._next_url else next_page(page, self._records)
        if not found:
            raise StopIteration
        url = page.url.join(found).copy_with(fragment=None)
        if url in self._seen or self._stands_still(page):
            raise RuntimeError(f"the API's pages run in a circle: after {len(self._seen)} of them it names one again")
        return url

    def _stands_still(self, page: httpx.Response) -> bool:
        """Tell whether the API gives one page under all addresses: it does not know the parameter that was guessed."""
        guessed = self._next_url is None and not page.links
        return guessed and self._before is not None and self._before.content == page.content


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
