"""A browser of a few lines, for tests and scripts: it follows redirects, keeps cookies and fills in the sign-in page.

It types a password only into a page of a local pool.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPException
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, HTTPErrorProcessor, ProxyHandler, Request, build_opener

from .users import DEMO_PASSWORD

if TYPE_CHECKING:
    from collections.abc import Mapping
    from email.message import Message
    from http.client import HTTPResponse

__all__ = ["Browser"]

_TIMEOUT = 30
_MOST_PAGES = 20


class Browser:
    """A person at a fresh browser, without either: a callable for ``cn.login(open_url=...)``.

    Parameters
    ----------
    username, password
        What the person fills in on the pool's sign-in page.
    headers
        Header fields for the site of the link only, such as the token that logs the person in to Jupyter.

    Examples
    --------
    In a kernel of a Jupyter server::

        cn.login(open_url=Browser("ada", headers={"Authorization": f"token {jupyter_token}"}))
    """

    def __init__(
        self, username: str, password: str = DEMO_PASSWORD, *, headers: Mapping[str, str] | None = None
    ) -> None:
        self._fields = {"username": username, "password": password}
        self._headers = dict(headers or {})
        # ProxyHandler({}): HTTP_PROXY must not see calls to this machine
        self._opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(), _StayHere())

    def __call__(self, url: str) -> None:
        """Open a link, sign in where the pool asks for it, and bring its answer back.

        Parameters
        ----------
        url
            What a person would click: the start page of a Jupyter server, or an authorization URL.

        Raises
        ------
        ValueError
            When the visit ends without an answer of the pool, at once, so that no sign-in waits for its timeout: the
            password is wrong, the pool shows its error page, or the first site refuses the link.
        OSError
            When a site does not answer.
        """
        page = self._visit(url)
        if page.is_of_pool or not {"code", "error"} & parse_qs(urlsplit(page.url).query).keys():
            raise ValueError(page.fault)

    def leave(self, domain: str, authorization_url: str) -> str:
        """Sign in at a pool; return the first address outside its sign-in page, which is not opened.

        Raises
        ------
        ValueError
            When the URL is not of this pool, or the page refuses the password.
        """
        if not authorization_url.startswith(f"{domain}/"):
            raise ValueError(f"not a URL of this pool: {authorization_url.partition('?')[0]}")
        page = self._visit(authorization_url, stay_below=f"{domain}/login?")
        if not page.location:
            raise ValueError(page.fault)
        return page.location

    def post(self, url: str, fields: Mapping[str, str], headers: Mapping[str, str]) -> _Page:
        """Send a form."""
        return self._open(Request(url, urlencode(fields).encode(), dict(headers)))  # noqa: S310 - _open checks it

    def _visit(self, url: str, *, stay_below: str = "") -> _Page:
        """Open a link and sign in; return the last page: to follow are redirects to addresses of this start."""
        headers, site = self._headers, urlsplit(url).netloc
        page = self._open(Request(url, headers=headers))  # noqa: S310 - the same
        for _ in range(_MOST_PAGES):
            form = _Form(page.text)
            if page.location.startswith(stay_below or "http"):
                headers = self._headers if urlsplit(page.location).netloc == site else {}
                page = self._open(Request(page.location, headers=headers))  # noqa: S310 - the same
            elif page.location or not (page.is_of_pool and form.hidden):
                return page
            elif form.alert:
                raise ValueError(form.alert)
            else:
                page = self.post(page.url, form.hidden | self._fields, {})
        raise ValueError("the sign-in goes in circles")

    def _open(self, request: Request) -> _Page:
        if request.type not in {"http", "https"}:
            raise ValueError(f"a browser does not open {request.type}:")
        try:
            with self._opener.open(request, timeout=_TIMEOUT) as answer:
                return _Page(request.full_url, answer.status, answer.headers, answer.read().decode(errors="replace"))
        except HTTPException as error:  # a connection that was cut
            raise ConnectionError(type(error).__name__) from None


@dataclass(frozen=True, slots=True)
class _Page:
    url: str = field(repr=False)  # codes are in addresses, tokens in bodies
    status: int
    headers: Message = field(repr=False)
    text: str = field(repr=False)

    @property
    def location(self) -> str:
        """Where the page sends the browser; empty if it is to be shown."""
        location = self.headers.get("Location")
        return urljoin(self.url, location) if location else ""

    @property
    def is_of_pool(self) -> bool:
        """Tell whether a local pool wrote it."""
        return self.headers.get("Server") == __package__

    @property
    def fault(self) -> str:
        """Why it is no good end of a sign-in; without its query, where a code may be."""
        reason = _Form(self.text).alert or "no answer to the sign-in"
        return f"{reason} ({self.url.partition('?')[0]}, status {self.status})"


class _StayHere(HTTPErrorProcessor):
    """Return each answer as it is: no redirect is followed unseen, no status is an error."""

    def http_response(self, request: Request, response: HTTPResponse) -> HTTPResponse:  # noqa: ARG002 - urllib's signature
        return response

    https_response = http_response


class _Form(HTMLParser):
    """The hidden fields of the sign-in page, and its message."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.hidden: dict[str, str] = {}
        self.alert = ""
        self._in_alert = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a field, or where a message starts."""
        attributes = dict(attrs)
        if tag == "input" and attributes.get("type") == "hidden":
            self.hidden[attributes.get("name") or ""] = attributes.get("value") or ""
        self._in_alert = attributes.get("role") == "alert"

    def handle_data(self, data: str) -> None:
        """Note the message."""
        if self._in_alert:
            self.alert = data
            self._in_alert = False
