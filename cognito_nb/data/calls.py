"""The calls of a session that are many at once; what does the work is imported when it is first used."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..tokens.auth import CognitoAuth
from ..tokens.authorization import Origins, allowed_origins

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import httpx

    from ..config import CognitoConfig
    from ..tokens.reach import Reach
    from ..tokens.refresh import RefreshEngine
    from ..tokens.source import TokenKind
    from .fetch import AsyncFetch, Fetch, OnError
    from .pages import AsyncPages, Pages
    from .sender import Asked, Sender

__all__ = ["DataCalls"]

_RETRIES = 3


class _Limits(NamedTuple):
    concurrency: int
    retries: int
    timeout: float


class DataCalls:
    """The part of a `Session` that fetches."""

    config: CognitoConfig
    reach: Reach
    _engine: RefreshEngine

    def fetch(  # noqa: PLR0913 - options, by keyword
        self,
        urls: Iterable[Asked],
        *,
        base_url: str | None = None,
        concurrency: int = 16,
        retries: int = _RETRIES,
        progress: bool = True,
        on_error: OnError = "raise",
        token: TokenKind = "access",
        timeout: float = 30.0,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str | int] | None = None,
    ) -> Fetch:
        """Return an iterator over the answers to many requests, in the order of these.

        At most four times `concurrency` answers are held, so `urls` may be endless and the reader slow. After an
        interrupt the same iterator goes on where it was. It works in a running event loop too, such as a notebook's.
        Redirects are not followed. Fast with ``pip install 'cognito_nb[data]'``, which brings the progress bar too.

        Parameters
        ----------
        urls : iterable of str or httpx.Request
            What to ask for: URLs, absolute or relative to `base_url`, or requests of any method.
        base_url : str, optional
            The API, https or on loopback. Tokens go to its origin and the setting ``api_origins`` only.
        concurrency : int
            Most requests under way at once; fewer for a while after an API has answered 429.
        retries : int
            How often a GET, HEAD, PUT, DELETE or OPTIONS is sent again after 429, 5xx or a broken connection, after a
            pause that grows, or the one that ``Retry-After`` asks for.
        progress : bool
            Whether to show a progress bar, in a notebook or terminal that has tqdm.
        on_error : {"raise", "return"}
            Whether a request that failed raises, after which the iterator goes on behind it, or has its exception
            returned in its place. The end of the session always raises.
        token : {"access", "id"}
            Which token is sent.
        timeout : float
            Seconds without a sign of life after which a request fails.
        headers : mapping, optional
            Header fields of each request, such as API Gateway's ``x-api-key``.
        params : mapping, optional
            Query parameters of each request.

        Raises
        ------
        ValueError
            If an option makes no sense. From the iterator: if a URL is relative, and there is no `base_url`.
        UntrustedOriginError
            If a token would go to another origin.
        NotSignedInError, SessionExpiredError, TokenVerificationError, TokenResponseError, ProtocolError, NetworkError
            From the iterator: if there is no token to be had.
        httpx.HTTPStatusError
            From the iterator: if an answer is 400 or above, after the last retry.
        httpx.RequestError
            From the iterator: if no answer came.
        """
        from .fetch import HELD, Fetch  # noqa: PLC0415 - most sessions do not fetch

        sender = self._sender(base_url, token, headers, params, _Limits(concurrency, retries, timeout))
        return Fetch(urls, sender, held=HELD * concurrency, on_error=on_error, progress=progress)

    def afetch(  # noqa: PLR0913 - options, by keyword
        self,
        urls: Iterable[Asked],
        *,
        base_url: str | None = None,
        concurrency: int = 16,
        retries: int = _RETRIES,
        progress: bool = True,
        on_error: OnError = "raise",
        token: TokenKind = "access",
        timeout: float = 30.0,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str | int] | None = None,
    ) -> AsyncFetch:
        """Return the same for ``async for``."""
        from .fetch import HELD, AsyncFetch  # noqa: PLC0415 - as above

        sender = self._sender(base_url, token, headers, params, _Limits(concurrency, retries, timeout))
        return AsyncFetch(urls, sender, held=HELD * concurrency, on_error=on_error, progress=progress)

    def pages(  # noqa: PLR0913 - options, by keyword
        self,
        url: str,
        *,
        params: Mapping[str, str | int] | None = None,
        records: str | None = None,
        base_url: str | None = None,
        next_url: Callable[[httpx.Response], str | None] | None = None,
        max_pages: int | None = None,
        token: TokenKind = "access",
        timeout: float = 30.0,
        headers: Mapping[str, str] | None = None,
    ) -> Pages:
        """Return an iterator over the pages of a paginated API: ``cn.to_frame(session.pages(url))``.

        The next page is found in the ``Link`` header (RFC 8288), in a link in the body, by a cursor or token, by a page
        number, or by an offset, the latter two if the first request or the page names them.

        Parameters
        ----------
        url : str
            The first page, absolute or relative to `base_url`.
        params : mapping, optional
            Query parameters of the first page.
        records : str, optional
            Where in a page the list of records is, such as ``"data.items"``; needed for paging by offset, if it has no
            usual name.
        base_url, token, timeout, headers
            As for `fetch`.
        next_url : callable, optional
            Tells the URL of the next page from a response, or None at the end, for an API that does it in its own way.
        max_pages : int, optional
            Where to stop.

        Raises
        ------
        ValueError
            From the iterator: if there is a further page and its address cannot be told.
        RuntimeError
            From the iterator: if the pages run in a circle.
        UntrustedOriginError, NotSignedInError, SessionExpiredError, httpx.HTTPStatusError, httpx.RequestError
            As for `fetch`; after an error the iterator asks for the same page again.
        """
        from .pages import Pages, Trail  # noqa: PLC0415 - as above

        trail = Trail(url, params, next_url=next_url, records=records, max_pages=max_pages)
        return Pages(trail, self._sender(base_url, token, headers, None, _Limits(1, _RETRIES, timeout)))

    def apages(  # noqa: PLR0913 - options, by keyword
        self,
        url: str,
        *,
        params: Mapping[str, str | int] | None = None,
        records: str | None = None,
        base_url: str | None = None,
        next_url: Callable[[httpx.Response], str | None] | None = None,
        max_pages: int | None = None,
        token: TokenKind = "access",
        timeout: float = 30.0,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncPages:
        """Return the same for ``async for``."""
        from .pages import AsyncPages, Trail  # noqa: PLC0415 - as above

        trail = Trail(url, params, next_url=next_url, records=records, max_pages=max_pages)
        return AsyncPages(trail, self._sender(base_url, token, headers, None, _Limits(1, _RETRIES, timeout)))

    def _sender(
        self,
        base_url: str | None,
        token: TokenKind,
        headers: Mapping[str, str] | None,
        params: Mapping[str, str | int] | None,
        limits: _Limits,
    ) -> Sender:
        from .sender import Sender  # noqa: PLC0415 - as above

        origins = self._may_go_to() if base_url is None else self._may_go_to(base_url)
        auth = CognitoAuth(self._engine, origins, token)
        return Sender(auth, base_url, headers=headers, params=params, **limits._asdict())

    def _may_go_to(self, *urls: str) -> Origins:
        self.reach.origins.update(self.config.api_origins)
        return allowed_origins((*urls, *self.config.api_origins))
