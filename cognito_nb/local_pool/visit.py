"""A browser of a few lines, for tests and scripts: fills in the sign-in page and stops at the first address outside.

Not urllib.request: it would obey ``HTTP_PROXY``, which must not see calls to this machine.
"""

from __future__ import annotations

from html.parser import HTMLParser
from http.client import HTTPConnection
from urllib.parse import urlencode, urljoin, urlsplit

__all__ = ["sign_in"]

_TIMEOUT = 30


def sign_in(domain: str, authorization_url: str, username: str, password: str) -> str:
    """Return the address to which the pool sends the browser in the end; see `LocalUserPool.sign_in`."""
    if not authorization_url.startswith(f"{domain}/"):
        raise ValueError(f"not a URL of this pool: {authorization_url.partition('?')[0]}")
    location, _, _ = _request(domain, "GET", authorization_url)
    if not location.startswith(f"{domain}/login?"):
        return location
    _, cookies, page = _request(domain, "GET", location)
    form = _Form()
    form.feed(page)
    fields = form.hidden | {"username": username, "password": password}
    callback, _, page = _request(domain, "POST", location, fields=fields, cookies=cookies)
    if not callback:
        form.feed(page)
        raise ValueError(form.alert or "the sign-in page gave no answer")
    return callback


def _request(
    domain: str, method: str, url: str, *, fields: dict[str, str] | None = None, cookies: dict[str, str] | None = None
) -> tuple[str, dict[str, str], str]:
    parts = urlsplit(url)
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in (cookies or {}).items())}
    if fields is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    connection = HTTPConnection(urlsplit(domain).netloc, timeout=_TIMEOUT)
    try:
        body = urlencode(fields) if fields is not None else None
        connection.request(method, parts._replace(scheme="", netloc="", fragment="").geturl(), body, headers)
        response = connection.getresponse()
        page = response.read().decode()
    finally:
        connection.close()
    received = [cookie.partition(";")[0].partition("=") for cookie in response.headers.get_all("Set-Cookie", [])]
    location = response.headers.get("Location")
    return urljoin(url, location) if location else "", {name: value for name, _, value in received}, page


class _Form(HTMLParser):
    """The hidden fields of the sign-in page, and its message."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden: dict[str, str] = {}
        self.alert = ""
        self._in_alert = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a hidden field, or where a message starts."""
        attributes = dict(attrs)
        if tag == "input" and attributes.get("type") == "hidden":
            self.hidden[attributes.get("name") or ""] = attributes.get("value") or ""
        self._in_alert = attributes.get("role") == "alert"

    def handle_data(self, data: str) -> None:
        """Note the message."""
        if self._in_alert:
            self.alert = data
            self._in_alert = False
