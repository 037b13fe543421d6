"""A person at a browser of their own, without either: logs in to Jupyter, follows links, signs in at the pool.

Not through httpx, whose log would hold the address that a browser's tab has.
"""

import json
import re
import ssl
from dataclasses import dataclass
from email.message import Message
from http.cookiejar import CookieJar
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, HTTPErrorProcessor, HTTPSHandler, ProxyHandler, Request, build_opener

from cognito_nb.local_pool import DEMO_PASSWORD

_LOGIN_FORM = re.compile(r'name="_xsrf" value="([^"]+)"')  # of jupyter_server
_WAY_ON = re.compile(r'<p><a href="([^"]+)">')  # of our pages
_MOST_PAGES = 12


@dataclass
class Page:
    url: str
    status: int
    headers: Message
    text: str

    @property
    def location(self):
        return urljoin(self.url, self.headers["Location"]) if self.status in range(300, 400) else None


class Person:
    """Opens links as a person does who looks at a Jupyter under this address and knows its token or password.

    `authority` is the file of a certificate authority that this browser trusts; `seen` are the titles on the way.
    """

    def __init__(self, pool, jupyter="", secret="", *, authority=None):
        self.jupyter, self.seen = jupyter, []
        self.pool, self._secret, self._cookies = pool, secret, CookieJar()
        tls = HTTPSHandler(context=ssl.create_default_context(cafile=authority))
        self._opener = build_opener(ProxyHandler({}), tls, HTTPCookieProcessor(self._cookies), _StayHere())

    def visit(self, url, came_from=None):
        """Open a link and do what each page asks for; returns the page that asks for nothing."""
        page = self._open(url, came_from=came_from or self.jupyter)
        for _ in range(_MOST_PAGES):
            if title := re.search("<h1>(.*?)</h1>", page.text):
                self.seen.append(title[1])
            if (location := page.location or "").startswith(self.pool.domain):
                page = self._open(self.pool.sign_in(location, "ada", DEMO_PASSWORD), came_from=self.pool.domain)
            elif location:
                page = self._open(location, came_from=page.url)
            elif form := _LOGIN_FORM.search(page.text):
                fields = urlencode({"_xsrf": form[1], "password": self._secret})
                page = self._open(page.url, fields, came_from=page.url)
            elif way_on := _WAY_ON.search(page.text):
                page = self._open(urljoin(page.url, way_on[1]), came_from=page.url)
            else:
                return page
        raise AssertionError(f"the visit goes in circles: {self.seen}")

    def start_kernel(self, folder):
        """Have Jupyter start a kernel in a folder of its own, as a front end does; returns its id."""
        self.visit(f"{self.jupyter}tree")
        (xsrf,) = [cookie.value for cookie in self._cookies if cookie.name == "_xsrf"]
        wanted = json.dumps({"name": "python3", "path": folder})
        answer = self._open(f"{self.jupyter}api/kernels", wanted, came_from=self.jupyter, headers={"X-XSRFToken": xsrf})
        assert answer.status == 201, answer.text
        return json.loads(answer.text)["id"]

    def link(self, view):
        """Return where the link of a sign-in button leads in this browser, as button.js makes it."""
        return urljoin(self.jupyter, view["start_path"]) if view["start_path"] else view["start_url"]

    def _open(self, url, body=None, *, came_from, headers=None):
        here, there = urlsplit(url), urlsplit(came_from)
        site = "same-site" if here.hostname == there.hostname else "cross-site"
        fetched = {"Sec-Fetch-Site": "same-origin" if here[:2] == there[:2] else site, "Sec-Fetch-Dest": "document"}
        request = Request(url, body and body.encode(), {**fetched, **(headers or {})})
        with self._opener.open(request, timeout=20) as answer:
            return Page(url, answer.status, answer.headers, answer.read().decode("utf-8", "replace"))


class _StayHere(HTTPErrorProcessor):
    """Return each answer as it is: no redirect is followed unseen, no status is an error."""

    def http_response(self, request, response):
        return response

    https_response = http_response
