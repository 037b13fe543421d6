"""A kernel's side without a Jupyter server: this process, a local user pool, and logins that wait for an answer."""

import concurrent.futures
import queue
import re
import threading

import pytest
from kernel.conftest import Browser, config_of
from sockets import free_ports

import cognito_nb as cn
from cognito_nb import registry
from cognito_nb.local_pool import AppClient, LocalUserPool
from cognito_nb.receivers.loopback import _holding
from cognito_nb.tokens.access import take_server_access

PATH = "/cognito/callback"


@pytest.fixture(autouse=True)
def kernel():
    """Leave no session, no open port and no thread behind."""
    take_server_access.cache_clear()
    yield
    for session in registry.current_sessions():
        session.close()
    registry._ask_again.clear()
    take_server_access.cache_clear()
    for thread in threading.enumerate():
        if thread.name == "cognito_nb":
            thread.join(5)
            assert not thread.is_alive(), "a session's thread was left behind"
    assert not _holding(), "a port was left open"


@pytest.fixture
def ports():
    """Three ports that the app client has registered."""
    return free_ports(3)


@pytest.fixture
def uris(ports):
    return [f"http://localhost:{port}{PATH}" for port in ports]


@pytest.fixture
def pool(uris):
    with LocalUserPool(clients=[AppClient(callback_urls=uris)]) as pool:
        yield pool


@pytest.fixture
def configure(pool):
    """Make settings with these redirect URIs."""
    return lambda *uris, **changes: config_of(pool, redirect_uris=list(uris), **changes)


@pytest.fixture
def config(configure, uris):
    """Settings with a single port, as a small team has them."""
    return configure(uris[0])


class Waiting:
    """A login that waits in a thread of its own, and the start page that it has asked to open."""

    def __init__(self, config, **options):
        self.opened = queue.Queue()
        self._pool = concurrent.futures.ThreadPoolExecutor(1)
        options = {"receiver": "loopback", "timeout": 20, "force": True, **options}
        self._login = self._pool.submit(cn.login, config=config, open_url=self.opened.put, **options)

    @property
    def url(self):
        """The start page; raises what has ended the login before one was opened."""
        concurrent.futures.wait([self._login], 0)
        while self.opened.empty() and not self._login.done():
            concurrent.futures.wait([self._login], 0.01)
        if self.opened.empty():
            self._login.result()
        self.opened.queue.append(url := self.opened.get())
        return url

    @property
    def is_over(self):
        return self._login.done()

    def result(self):
        return self._login.result(20)

    def error(self):
        return self._login.exception(20)

    def close(self):
        self._pool.shutdown()


@pytest.fixture
def wait():
    """Start logins that wait."""
    waiting = []

    def start(config, **options):
        waiting.append(Waiting(config, **options))
        return waiting[-1]

    yield start
    for each in waiting:
        each.close()


@pytest.fixture
def browser(pool):
    browser = Browser(pool)
    yield browser
    browser.close()


def sign_in(pool, authorization_url):
    """Sign in at the pool as ada; returns the callback, which nobody has opened yet."""
    return pool.sign_in(authorization_url, "ada", Browser(pool).password)


def title(page):
    return re.search("<h1>(.*?)</h1>", page.text)[1]


def exchanges(pool):
    """Return how many codes the pool was asked to exchange."""
    return sum(request.endpoint == "token" for request in pool.requests)
