"""Signing in by a port of this machine: what comes back, what is refused, and when the port is open."""

import asyncio
import json
import os
import re
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import pytest
from kernel.conftest import Browser, config_of, run_async
from receivers.conftest import PATH, exchanges, sign_in, title
from receivers.raw import is_open, request

import cognito_nb as cn
from cognito_nb import pages
from cognito_nb.causes import CAUSES
from cognito_nb.errors import AuthorizationResponseError, ConfigurationError, SignInError, SignInTimeoutError
from cognito_nb.local_pool import AppClient, Fault, LocalUserPool
from cognito_nb.receivers.listener import Request
from cognito_nb.receivers.loopback_pages import LoopbackPages
from cognito_nb.secret import Secret
from cognito_nb.wire import COOKIE_PREFIX, SignInRequest


def state_of(authorization_url):
    return parse_qs(urlsplit(authorization_url).query)["state"][0]


def cookie_of(browser):
    """Return the Cookie field with which a browser comes back."""
    (cookie,) = [each for each in jar_of(browser) if each.path == PATH]
    return f"Cookie: {cookie.name}={cookie.value}"


def sign_in_request(uris):
    return SignInRequest("kernel", "dev", "https://i", Secret("s" * 22), Secret("https://i/a"), tuple(uris), 60.0)


def cross_site(site, query):
    """Return the start page's answer to a browser that another site has led there."""
    path = urlsplit(site.start_url).path
    return asyncio.run(site.serve(Request("GET", path, query, {"sec-fetch-site": "cross-site"})))


def jar_of(browser):
    return next(handler.cookiejar for handler in browser._opener.handlers if hasattr(handler, "cookiejar"))


@pytest.mark.accepted("AR-12")
@pytest.mark.parametrize("login", [cn.login, run_async(cn.alogin)], ids=["sync", "async"])
def test_login_brings_a_session_and_closes_the_port(login, config, browser, pool, ports):
    """One URL is opened, without protocol data; one code is exchanged; afterwards nobody listens."""
    session = login(config=config, receiver="loopback", open_url=browser.open, timeout=20)
    assert session.user.username == "ada"
    (url,) = browser.opened
    assert re.fullmatch(rf"http://localhost:{ports[0]}/cognito/start/[\w-]{{22}}", url)
    assert exchanges(pool) == 1
    browser.close()
    session.close()
    assert not is_open(ports[0])


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6], ids=["IPv4", "IPv6"])
def test_next_registered_port_is_taken(family, configure, uris, browser, ports):
    """A port that another program holds is passed over."""
    with socket.socket(family) as other:
        other.bind(("::1" if family is socket.AF_INET6 else "127.0.0.1", ports[0]))
        other.listen()
        cn.login(config=configure(*uris), receiver="loopback", open_url=browser.open, timeout=20)
    assert urlsplit(browser.opened[0]).port == ports[1]


def test_all_ports_taken_is_told_with_the_list(configure, uris, ports, pool):
    """Before a browser opens."""
    others = [socket.create_server(("127.0.0.1", port)) for port in ports[:2]]
    with pytest.raises(ConfigurationError, match="are taken") as caught:
        cn.login(config=configure(*uris[:2]), receiver="loopback", open_url=pytest.fail)
    assert caught.value.setting == "redirect_uris"
    assert all(uri in str(caught.value) for uri in uris[:2])
    assert len(caught.value.message) < 500
    for other in others:
        other.close()


@pytest.mark.parametrize(
    "uris", [["https://localhost:8888/cb"], ["https://hub.example.org/cb", "https://127.0.0.1/cb"]]
)
def test_no_redirect_uri_of_this_machine_is_told(pool, uris):
    """https, or another host: this kernel could never be reached there."""
    with pytest.raises(ConfigurationError, match="No redirect_uris lead to a port") as caught:
        cn.login(config=config_of(pool, redirect_uris=uris), receiver="loopback", open_url=pytest.fail)
    assert caught.value.setting == "redirect_uris"


@pytest.mark.parametrize("tail", ["", "/", "/cb/", "/cb?from=jupyter"])
def test_any_registered_form_of_a_redirect_uri(ports, tail):
    """Without a path, with a slash at its end, with a query: the browser comes back, and its page gets the outcome."""
    uri = f"http://127.0.0.1:{ports[0]}{tail}"
    with LocalUserPool(clients=[AppClient(callback_urls=[uri])]) as pool:
        browser = Browser(pool)
        config = config_of(pool, redirect_uris=[uri])
        assert cn.login(config=config, receiver="loopback", open_url=browser.open, timeout=20).user.username == "ada"
        browser.close()
        assert title(browser.pages[0]) == "Answer received"


@pytest.mark.holds("CB-21", "CB-22")
def test_strays_do_not_end_a_sign_in(config, wait, browser, pool, ports):
    """Icons, scanners, look-aheads, and other methods with the right cookie: the real callback still succeeds."""
    login = wait(config)
    callback = sign_in(pool, browser.start(login.url))
    target, cookie = callback.partition(f":{ports[0]}")[2], cookie_of(browser)
    strays = [
        ("GET", "/favicon.ico", [], 404),
        ("GET", "/", [], 404),
        ("GET", "/cognito/start/none", [], 404),
        ("GET", f"{PATH}/none", [], 404),
        ("GET", f"/x{target}", [cookie], 404),
        ("HEAD", target, [cookie], 200),
        ("OPTIONS", target, [cookie, "Access-Control-Request-Method: GET", "Origin: http://evil.example"], 204),
        *((method, target, [cookie], 405) for method in ("POST", "PUT", "DELETE", "get")),
        *(
            ("GET", target, [cookie, field], 503)
            for field in (
                "Sec-Purpose: prefetch;prerender",
                "Purpose: prefetch",
                "X-Purpose: preview",
                "X-Moz: prefetch",
            )
        ),
    ]
    for method, path, fields, status in strays:
        got, head, _ = request(ports[0], path, method=method, fields=fields)
        assert (got, "access-control" in head.lower()) == (status, False), (method, path)
    assert not exchanges(pool)
    browser.come_back(callback)
    assert login.result().user.username == "ada"


@pytest.mark.refused("AR-08", "CB-03", "CB-12", "CB-27")
@pytest.mark.parametrize(
    "query",
    [
        "code=c",
        "code=c&state=",
        "code=c&state=%20{state}%20",
        "code=c&state={state}x",
        "code=c;state={state}",
        "error=access_denied&state=evil",
        "code=c&State={state}",
    ],
)
def test_callback_of_another_state_reaches_nobody(config, wait, browser, pool, query, uris):
    """A constant page, nothing is exchanged, and the right callback still succeeds."""
    login = wait(config)
    authorization_url = browser.start(login.url)
    page = browser.get(f"{uris[0]}?{query.format(state=state_of(authorization_url))}")
    assert (page.status, title(page)) == (400, CAUSES["unknown"].title)
    assert not exchanges(pool)
    browser.come_back(sign_in(pool, authorization_url))
    assert login.result().user.username == "ada"


def test_callback_without_a_query_names_who_drops_it(config, wait, browser, pool, uris):
    """A proxy does; the right callback still succeeds."""
    login = wait(config)
    authorization_url = browser.start(login.url)
    assert title(browser.get(uris[0])) == CAUSES["query_stripped"].title
    browser.come_back(sign_in(pool, authorization_url))
    assert login.result().user.username == "ada"


@pytest.mark.refused("AR-08")
def test_callback_from_another_browser_reaches_nobody(config, wait, browser, pool):
    """Somebody who signs in by a link that was not started in their browser brings no code."""
    login = wait(config)
    authorization_url = browser.start(login.url)
    page = Browser(pool, "grace").get(pool.sign_in(authorization_url, "grace", browser.password))
    assert (page.status, title(page)) == (400, CAUSES["wrong_browser"].title)
    assert not exchanges(pool)
    browser.come_back(sign_in(pool, authorization_url))
    assert login.result().user.username == "ada"


@pytest.mark.refused("AR-08", "SE-06")
def test_start_page_belongs_to_the_first_browser(config, wait, browser, pool):
    """It may start again there; a second browser is refused."""
    login = wait(config)
    browser.start(login.url)
    page = Browser(pool).get(login.url)
    assert (page.status, title(page)) == (400, CAUSES["wrong_browser"].title)
    browser.come_back(sign_in(pool, browser.start(login.url)))
    assert login.result().user.username == "ada"


@pytest.mark.holds("SE-06")
@pytest.mark.parametrize(
    ("field", "status", "heading"),
    [
        ("Sec-Fetch-Site: cross-site", 200, "Sign in from Jupyter?"),
        ("Sec-Fetch-Dest: iframe", 400, CAUSES["unknown"].title),
        ("Sec-Fetch-Dest: image", 400, CAUSES["unknown"].title),
        ("Sec-Purpose: prefetch", 503, CAUSES["unknown"].title),
    ],
)
def test_start_page_starts_nothing_for_another_site(config, wait, browser, ports, field, status, heading):
    """A link elsewhere is asked about, an image or a frame refused; the user's own browser can still start."""
    login = wait(config)
    got, head, body = request(ports[0], urlsplit(login.url).path, fields=[field])
    assert got == status
    assert heading in body
    assert "Set-Cookie" not in head
    browser.visit(login.url)
    assert login.result().user.username == "ada"


@pytest.mark.holds("SE-08")
def test_cookies_are_bound_to_their_paths(config, wait, ports):
    """HttpOnly, Lax, one name per sign-in, and gone when the sign-in is."""
    path = urlsplit(wait(config, timeout=1).url).path
    head = request(ports[0], path)[1]
    for cookie in re.findall("Set-Cookie: (.*)\r", head):
        name, *rest = re.split("=[^;]*; ", cookie, maxsplit=1)
        assert name.startswith(COOKIE_PREFIX)
        where = path if "start" in name else PATH
        assert rest == [f"Path={where}; Max-Age=31; HttpOnly; SameSite=Lax"]
    assert head.count("Set-Cookie") == 2
    assert head.startswith("HTTP/1.1 303")


@pytest.mark.refused("SE-10")
def test_callbacks_cookie_does_not_open_the_start_page(config, wait, browser, pool, ports):
    """Another user's program on another port of localhost gets it: it knows neither the page nor its cookie."""
    login = wait(config)
    callback = sign_in(pool, browser.start(login.url))
    path = urlsplit(login.url).path
    name, _, value = cookie_of(browser).removeprefix(f"Cookie: {COOKIE_PREFIX}").partition("=")
    assert request(ports[0], path.replace(path.rpartition("/")[2], name))[0] == 404
    (start,) = [each for each in jar_of(browser) if each.path == path]
    assert name not in start.name
    status, _, body = request(ports[0], path, fields=[f"Cookie: {start.name}={value}"])
    assert (status, CAUSES["wrong_browser"].title in body) == (400, True)
    browser.come_back(callback)
    assert login.result().user.username == "ada"


@pytest.mark.refused("SE-06")
def test_file_opens_the_start_page_once(ports, uris):
    """A browser takes a file for another site: its address alone shows that it is none, and to one visit only."""
    site = LoopbackPages(sign_in_request(uris))
    site.redirect_uri = uris[0]
    query = urlsplit(site.opening_url).query
    answers = [cross_site(site, each) for each in ("", "opened=", query[:-1], query, query)]
    assert [answer.status for answer in answers] == [200, 200, 200, 303, 200]
    assert all("Sign in from Jupyter?" in answer.body for answer in answers if answer.status == 200)


@pytest.mark.refused("CB-04", "CB-28")
@pytest.mark.parametrize(
    "query", ["code=c&state={state}&state={state}", "code=c&code=c&state={state}", "code=%ff&state={state}"]
)
def test_malformed_callback_uses_the_sign_in_up(config, wait, browser, pool, query, uris):
    """A good state was presented: the login ends, at once, with nothing exchanged."""
    login = wait(config)
    state = state_of(browser.start(login.url))
    page = browser.get(f"{uris[0]}?{query.format(state=state)}")
    assert (page.status, title(page)) == (400, CAUSES["malformed"].title)
    assert isinstance(login.error(), SignInError)
    assert CAUSES["malformed"].title in login.error().message
    assert not exchanges(pool)


@pytest.mark.refused("CB-06", "CB-08")
def test_twenty_callbacks_at_once_are_one_exchange(config, wait, browser, pool, ports):
    """Double clicks and retries race: one wins, the others are told, and so is a reload."""
    pool.fail("token", Fault(delay=0.3))
    login = wait(config)
    callback = sign_in(pool, browser.start(login.url))
    target, cookie = callback.partition(f":{ports[0]}")[2], cookie_of(browser)
    with ThreadPoolExecutor(20) as visitors:
        answers = list(visitors.map(lambda _: request(ports[0], target, fields=[cookie]), range(20)))
    assert sorted(status for status, *_ in answers) == [200] + [400] * 19
    assert sum(CAUSES["used"].title in body for _, _, body in answers) == 19
    assert login.result().user.username == "ada"
    assert exchanges(pool) == 1


@pytest.mark.refused("CB-12")
def test_error_without_state_needs_the_cookie(config, wait, browser, pool, uris):
    """Cognito leaves the state out of some errors: they end the sign-in of the browser that brings them."""
    login = wait(config)
    browser.start(login.url)
    assert title(Browser(pool).get(f"{uris[0]}?error=invalid_scope")) == CAUSES["unknown"].title
    assert not login.is_over
    assert browser.get(f"{uris[0]}?error=invalid_scope").status == 200
    assert isinstance(login.error(), AuthorizationResponseError)
    assert login.error().error == "invalid_scope"


@pytest.mark.holds("CB-13", "CB-23")
def test_pages_have_the_headers_of_the_servers(config, wait, browser, pool, uris):
    """No frame, no script but ours, no cache, no referrer: on the answer's page, and on refusals."""
    login = wait(config)
    callback = sign_in(pool, browser.start(login.url))
    for address in (f"{uris[0]}?code=%3Cscript%3E", uris[0] + "/favicon.ico", callback):
        page = browser.get(address)
        assert pages.headers().items() <= dict(page.headers).items()
        assert "%3C" not in page.text
    login.result()


@pytest.mark.parametrize(("fault", "status"), [(None, "ok"), (Fault(error="invalid_client"), "failed")])
def test_page_gets_the_outcome(config, wait, browser, pool, fault, status):
    """The browser that owns the sign-in is told how it ended, and no other; the port is open so long."""
    if fault:
        pool.fail("token", fault)
    login = wait(config)
    callback = browser.come_back(sign_in(pool, browser.start(login.url)))
    poll = "http://" + urlsplit(login.url).netloc + re.search('data-poll="(.*?)"', callback.text)[1]
    assert Browser(pool).get(poll).status == 404
    answer = browser.get(poll)
    while json.loads(answer.text)["status"] == "waiting":
        answer = browser.get(poll)
    assert json.loads(answer.text)["status"] == status
    assert answer.headers["content-type"] == "application/json"
    assert (login.error() is None) == (fault is None)


def test_too_many_cookies_get_a_page_that_says_so(config, wait, browser, ports):
    """A browser full of cookies of localhost learns what to do; the sign-in goes on."""
    login = wait(config)
    status, head, body = request(ports[0], urlsplit(login.url).path, fields=[f"Cookie: a={'x' * 300_000}"])
    assert (status, "Clear the cookies of localhost" in body) == (431, True)
    assert "Content-Security-Policy" in head
    browser.visit(login.url)
    assert login.result().user.username == "ada"


def test_failed_sign_in_does_not_wait_for_a_page_that_never_asks(config, wait, browser, pool, uris):
    """A refusal's page asks for no outcome; the error is raised at once."""
    login = wait(config)
    state = state_of(browser.start(login.url))
    browser.get(f"{uris[0]}?code=c&error=e&state={state}")
    began = time.monotonic()
    assert login.error() is not None
    assert time.monotonic() - began < 1


def test_timeout_closes_the_port_and_names_the_redirect_uri(config, ports, uris):
    """What the app client must have registered is what to compare."""
    with pytest.raises(SignInTimeoutError) as caught:
        cn.login(config=config, receiver="loopback", open_url=lambda _: None, timeout=0.2)
    assert uris[0] in str(caught.value)
    assert not is_open(ports[0])


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_interrupt_closes_the_port(config, ports):
    """Ctrl-C is raised again once nobody listens."""

    def open_url(_):
        threading.Timer(0.1, signal.raise_signal, [signal.SIGINT]).start()

    with pytest.raises(KeyboardInterrupt):
        cn.login(config=config, receiver="loopback", open_url=open_url, timeout=20)
    assert not is_open(ports[0])


def test_cancelled_alogin_closes_the_port(config, ports):
    """The same for a task."""

    async def give_up():
        opened = asyncio.Event()
        task = asyncio.ensure_future(
            cn.alogin(config=config, receiver="loopback", open_url=lambda _: opened.set(), timeout=20)
        )
        await opened.wait()
        assert is_open(ports[0])
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(give_up())
    assert not is_open(ports[0])


@pytest.mark.refused("AR-09")
def test_newer_login_of_the_same_profile_takes_the_port_over(config, wait, browser, pool):
    """The cell that was run again gets the only port; the older login says so, and its link is dead."""
    older = wait(config)
    callback = sign_in(pool, browser.start(older.url))
    newer = wait(config)
    newer_url = newer.url
    assert isinstance(older.error(), SignInError)
    assert CAUSES["superseded"].title in older.error().message
    assert browser.get(callback).status == 400
    browser.visit(newer_url)
    assert newer.result().user.username == "ada"
    assert exchanges(pool) == 1


def test_another_profiles_login_leaves_a_waiting_one_alone(config, configure, wait, browser, uris):
    """Two profiles wait side by side as long as there are ports; the first is not ended for the second."""
    first = wait(config)
    assert first.url
    with pytest.raises(ConfigurationError, match="are taken"):
        _ = wait(configure(uris[0], profile="prod")).url
    second = wait(configure(*uris[:2], profile="prod"))
    browser.visit(second.url)
    assert second.result().user.username == "ada"
    assert not first.is_over
    browser.visit(first.url)
    assert first.result().user.username == "ada"


def test_logins_one_after_the_other_share_a_single_port(configure, wait, browser, uris):
    """The second does not stumble over the first, whose browser is still being told."""
    for profile in ("dev", "prod", "test"):
        session = cn.login(
            config=configure(uris[0], profile=profile), receiver="loopback", open_url=browser.open, timeout=20
        )
        assert session.user.username == "ada"
