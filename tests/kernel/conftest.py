"""A kernel's side of the wire: this process, with a real Jupyter server, a local user pool and a browser stand-in."""

import threading
from email.message import Message
from typing import NamedTuple
from urllib.request import HTTPCookieProcessor, HTTPErrorProcessor, build_opener

import pytest
from server.harness import JUPYTER_TOKEN, run_server

import cognito_nb as cn
from cognito_nb import registry
from cognito_nb.local_pool import DEMO_PASSWORD, LocalUserPool
from cognito_nb.tokens.access import take_server_access
from cognito_nb.wire import ENV_SERVER_URL


@pytest.fixture(scope="session")
def jupyter(tmp_path_factory):
    yield from run_server(tmp_path_factory.mktemp("jupyter"), "--ServerApp.base_url=/base/")


@pytest.fixture
def pool(jupyter):
    with LocalUserPool() as pool:
        pool.register_callback(f"{jupyter.environment[ENV_SERVER_URL]}cognito/callback")
        pool.register_logout("http://localhost:8888/lab")
        yield pool


@pytest.fixture(autouse=True)
def kernel(jupyter, monkeypatch):
    """Give this process what a kernel of that server finds, and leave no session behind."""
    for name, value in jupyter.environment.items():
        monkeypatch.setenv(name, value)
    take_server_access.cache_clear()
    yield
    for session in registry.current_sessions():
        session.close()
    registry._ask_again.clear()
    take_server_access.cache_clear()
    for thread in threading.enumerate():
        if thread.name == "cognito_nb":  # a session that was replaced is revoked without anybody waiting
            thread.join(5)
            assert not thread.is_alive(), "a session's thread was left behind"


@pytest.fixture
def config(pool):
    return config_of(pool)


def config_of(pool, **changes):
    """Return the settings for a pool."""
    fields = {
        "user_pool_id": pool.user_pool_id,
        "issuer": pool.issuer,
        "client_id": pool.client_id,
        "logout_uri": "http://localhost:8888/lab",
        "api_origins": [pool.api_url],
        **changes,
    }
    return cn.CognitoConfig(**fields)


class Page(NamedTuple):
    status: int
    headers: Message
    text: str


class _StayHere(HTTPErrorProcessor):
    """Return each answer as it is: no redirect is followed, no status is an error."""

    def http_response(self, request, response):
        return response


class Browser:
    """Stands in for the user's browser: opens the start page, signs in at the pool, comes back."""

    def __init__(self, pool, username="ada", password=DEMO_PASSWORD):
        self.pool, self.username, self.password = pool, username, password
        self.opened, self.authorization_urls, self.pages = [], [], []
        self._opener = build_opener(HTTPCookieProcessor(), _StayHere())
        self._opener.addheaders = [("Authorization", f"token {JUPYTER_TOKEN}")]
        self._threads = []

    def open(self, url):
        """Be the `open_url` of a login: return at once, and do what a person does."""
        self.opened.append(url)
        thread = threading.Thread(target=self.visit, args=(url,))
        self._threads.append(thread)
        thread.start()

    def get(self, url):
        """Open a URL; not through httpx, whose log would hold the address that a browser's tab has."""
        with self._opener.open(url, timeout=20) as answer:
            return Page(answer.status, answer.headers, answer.read().decode())

    def visit(self, url):
        self.come_back(self.pool.sign_in(self.start(url), self.username, self.password))

    def start(self, url):
        """Open the start page; returns the authorization URL."""
        answer = self.get(url)
        assert answer.status == 303, answer.text
        self.authorization_urls.append(answer.headers["location"])
        return answer.headers["location"]

    def come_back(self, callback):
        answer = self.get(callback)
        self.pages.append(answer)
        return answer

    def close(self):
        for thread in self._threads:
            thread.join(10)


@pytest.fixture
def browser(pool):
    browser = Browser(pool)
    yield browser
    browser.close()


@pytest.fixture(params=["sync", "async"])
def login(request):
    """Run `cn.login`, and again as `cn.alogin`."""
    return cn.login if request.param == "sync" else run_async(cn.alogin)


@pytest.fixture(params=["sync", "async"])
def logout(request):
    return cn.logout if request.param == "sync" else run_async(cn.alogout)


def run_async(function):
    import asyncio

    return lambda *arguments, **keywords: asyncio.run(function(*arguments, **keywords))


@pytest.fixture
def signed_in(config, browser):
    """A session of ada's."""
    return cn.login(config=config, open_url=browser.open, timeout=20)


@pytest.fixture
def notebook():
    """Go on in another notebook: nothing is known there of the sessions so far, which live on in theirs."""
    left = []

    def go():
        left.extend(registry._current.values())
        registry._current.clear()

    yield go
    for session in left:
        session.close()


@pytest.fixture
def first(config, browser, notebook):
    """A session of ada's, in another notebook than the test's own."""
    session = cn.login(config=config, open_url=browser.open, timeout=20)
    notebook()
    return session
