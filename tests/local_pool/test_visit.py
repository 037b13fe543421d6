"""The browser stand-in: from a link to the client's callback."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlencode
from urllib.request import Request

import pytest

from cognito_nb.local_pool import Browser, Fault

from .conftest import query_of


class Site:
    """A client's site: its link leads to the pool, with a cookie; it notes what comes."""

    def __init__(self):
        self.location, self.status, self.visits = "", 200, []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):  # the name that http.server looks for
                site.visits.append((self.path, self.headers))
                self.send_response(303 if self.path == "/start" and site.location else site.status)
                if self.path == "/start" and site.location:
                    self.send_header("Location", site.location)
                    self.send_header("Set-Cookie", "binding=of-this-browser; Path=/callback")
                self.end_headers()
                self.wfile.write(b'<form><input type="password"></form>')

            def log_message(self, *_):
                """Say nothing."""

        self.server = ThreadingHTTPServer(("localhost", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()
        self.url = f"http://localhost:{self.server.server_port}"

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def site(pool):
    site = Site()
    pool.register_callback(f"{site.url}/callback")
    query = {"response_type": "code", "client_id": pool.client_id, "redirect_uri": f"{site.url}/callback", "state": "s"}
    site.location = f"{pool.domain}/oauth2/authorize?{urlencode(query)}"
    yield site
    site.close()


def test_browser_signs_in_and_comes_back_with_its_cookies(site):
    """One call does all that a person does after a click on the link."""
    Browser("ada")(f"{site.url}/start")
    path, headers = site.visits[-1]
    assert set(query_of(path)) == {"code", "state"}
    assert headers["Cookie"] == "binding=of-this-browser"


def test_browser_brings_an_error_back_too(site, pool):
    """What the client makes of it is the client's; so is the status of its page."""
    pool.fail("authorize", Fault(error="access_denied"))
    site.status = 400
    Browser("ada")(f"{site.url}/start")
    assert query_of(site.visits[-1][0])["error"] == "access_denied"


def test_browser_sends_its_header_fields_to_the_site_of_the_link_only(site, pool):
    """A token for Jupyter does not reach the pool: it would be refused there as another's request."""
    other = Site()
    try:
        pool.register_callback(f"{other.url}/callback")
        site.location = site.location.replace(urlencode({"": site.url})[1:], urlencode({"": other.url})[1:])
        Browser("ada", headers={"Authorization": "token jupyter"})(f"{site.url}/start")
        seen = [visits[0][1].get("Authorization") for visits in (site.visits, other.visits)]
    finally:
        other.close()
    assert seen == ["token jupyter", None]


def test_browser_stays_signed_in(site, pool):
    """The same browser is not asked for the password again, another one is."""
    ada = Browser("ada")
    for browser in (ada, ada, Browser("grace")):
        browser(f"{site.url}/start")
    assert [request.endpoint for request in pool.requests].count("login") == 2 * 2


def test_browser_says_what_the_pool_says_to_a_wrong_password(site):
    """At once, without the password in the message."""
    with pytest.raises(ValueError, match=r"^Incorrect username or password\.$"):
        Browser("ada", "not-it")(f"{site.url}/start")


def test_browser_says_what_the_pool_says_on_its_error_page(site):
    """At once: the callback will not be called, and a sign-in would wait for it."""
    site.location = site.location.replace("client_id=", "client_id=x")
    with pytest.raises(ValueError, match=r"error, status 400"):
        Browser("ada")(f"{site.url}/start")


def test_browser_says_that_the_link_leads_nowhere(site):
    """It names the page and its status; and types no password into a form that is not the pool's."""
    site.location, site.status = "", 403
    with pytest.raises(ValueError, match=r"/start, status 403"):
        Browser("ada")(f"{site.url}/start?token=not-shown")
    assert [path for path, _ in site.visits] == ["/start?token=not-shown"]


def test_browser_gives_up_on_a_circle(site):
    """A redirect to itself ends."""
    site.location = f"{site.url}/start"
    with pytest.raises(ValueError, match="in circles"):
        Browser("ada")(f"{site.url}/start")


def test_browser_opens_the_web_only(site):
    """Neither a file that the caller names, nor one that a site redirects to."""
    site.location = "file:///etc/hostname"
    for url in ("file:///etc/hostname", f"{site.url}/start"):
        with pytest.raises(ValueError, match="does not open file:|/start, status 303"):
            Browser("ada")(url)


@pytest.mark.parametrize("cut", ["reset", "short"])
def test_browser_tells_of_a_cut_connection(site, pool, cut):
    """As an OSError, however it was cut."""
    pool.fail("login", Fault(cut=cut))
    with pytest.raises(OSError, match="."):
        Browser("ada")(f"{site.url}/start")


def test_page_keeps_address_and_body_out_of_its_repr(pool):
    """Codes are in the one, tokens in the other."""
    page = Browser("ada")._open(Request(f"{pool.domain}/error?error=the-secret"))
    assert "the-secret" in page.text
    assert "the-secret" not in repr(page)


def test_browser_passes_by_a_proxy(site, monkeypatch):
    """A proxy of the environment does not see calls to this machine."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    Browser("ada")(f"{site.url}/start")
    assert site.visits
