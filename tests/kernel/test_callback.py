"""What comes back to a waiting login: all that is refused, whole, and who gets what of several at once."""

import base64
import hashlib
import logging
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest

import cognito_nb as cn
from cognito_nb import wire
from cognito_nb.errors import (
    AuthorizationResponseError,
    ProtocolError,
    SignInError,
    StateMismatchError,
    TokenResponseError,
)
from cognito_nb.local_pool import AppClient, Fault, LocalUserPool
from cognito_nb.local_pool.web import PoolHandler
from cognito_nb.receivers.jupyter import _kernel_id

from .conftest import Browser, config_of


def asked(pool, endpoint="token"):
    return sum(request.endpoint == endpoint for request in pool.requests)


def values_of(url):
    """Return the parameters of a URL, each of which must be there once."""
    query = parse_qs(urlsplit(url).query, keep_blank_values=True, strict_parsing=True)
    assert all(len(values) == 1 for values in query.values())
    return {name: value for name, (value,) in query.items()}


class Waiting:
    """A login that waits in a thread of its own, and the authorization URL that its browser was sent to."""

    def __init__(self, config, browser):
        self.browser = browser
        opened = threading.Event()
        self._pool = ThreadPoolExecutor(1)
        self._login = self._pool.submit(
            cn.login, config=config, open_url=lambda url: (self._start(url), opened.set()), timeout=20, force=True
        )
        assert opened.wait(10)

    def _start(self, url):
        self.authorization_url = self.browser.start(url)

    def sign_in(self):
        """Sign in at the pool; returns the callback, which nobody has opened yet."""
        return self.browser.pool.sign_in(self.authorization_url, self.browser.username, self.browser.password)

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

    def start(config, browser):
        waiting.append(Waiting(config, browser))
        return waiting[-1]

    yield start
    for login in waiting:
        login.close()


@pytest.mark.holds("AR-01")
def test_authorization_request_is_right_and_holds_no_secret(jupyter, wait):
    """A GET with each parameter once: code with S256 and openid, and nothing that only the kernel may know."""
    callback, secret = f"{jupyter.environment[wire.ENV_SERVER_URL]}cognito/callback", "s3cr3t" * 6
    with LocalUserPool(clients=[AppClient(client_id="1confidential0client", client_secret=secret)]) as pool:
        pool.register_callback(callback)
        login = wait(config_of(pool, client_secret=secret, redirect_uris=[callback]), Browser(pool))
        login.browser.come_back(login.sign_in())
        login.result().close()
        assert [r.method for r in pool.requests if r.endpoint == "authorize"] == ["GET"]
    sent = values_of(login.authorization_url)
    fixed = {
        "response_type": "code",
        "client_id": "1confidential0client",
        "redirect_uri": callback,
        "scope": "openid email profile",
        "code_challenge_method": "S256",
        "prompt": "login",  # `wait` forces the sign-in
    }
    assert fixed.items() <= sent.items()
    assert sent.keys() - fixed.keys() == {"state", "nonce", "code_challenge"}
    assert all(re.fullmatch("[A-Za-z0-9_-]{43}", sent[name]) for name in ("state", "nonce", "code_challenge"))
    assert not re.search(f"{secret}|{re.escape(_kernel_id())}|eyJ", login.authorization_url)


OTHER_ISSUER = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Other"
REFUSED = {
    "PKCE is not supported": (
        {"code": None, "error": "invalid_request", "error_description": "code_challenge not supported"},
        (AuthorizationResponseError, r"invalid_request \(code_challenge not supported\)"),
    ),
    "hostile words": (
        {"code": None, "error": "server_error", "error_description": "<script>alert(1)</script> " + "z" * 9000},
        (AuthorizationResponseError, "server_error"),
    ),
    "a hostile code of an error": (
        {"code": None, "error": "<img src=x>" * 100, "error_uri": "http://169.254.169.254/"},
        (AuthorizationResponseError, "Cognito refused the sign-in"),
    ),
    "code and error": ({"error": "access_denied"}, (ProtocolError, "both a code and an error")),
    "neither": ({"code": None}, (ProtocolError, "no usable code")),
    "another issuer": ({"iss": OTHER_ISSUER}, (StateMismatchError, "iss")),
    "nearly the issuer": ({"iss": "{issuer}1"}, (StateMismatchError, "iss")),
    "the issuer with a slash": ({"iss": "{issuer}/"}, (StateMismatchError, "iss")),
    "another issuer's error": (
        {"code": None, "error": "access_denied", "iss": OTHER_ISSUER},
        (StateMismatchError, "iss"),
    ),
    "a code with a line break": ({"code": "c\r\nX: 1"}, (ProtocolError, "no usable code")),
    "state twice": ("state={state}&", (SignInError, "malformed.*repeated")),
    "a foreign state beside": ("state=evil&", (SignInError, "malformed.*repeated")),
    "code twice": ("code=evil&", (SignInError, "malformed.*repeated")),
    "iss twice": ("iss={issuer}&iss={issuer}&", (SignInError, "malformed.*repeated")),
    "error twice": ("error=a&error=b&", (SignInError, "malformed.*repeated")),
    "bad UTF-8": ("x=%ff&", (SignInError, "malformed.*badly encoded")),
}


@pytest.mark.refused("AR-04", "CB-04", "CB-13", "CB-15", "CB-16", "CB-17", "CB-28")
@pytest.mark.parametrize(("change", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_callback_changes_nothing(  # noqa: PLR0913, PLR0917 - all that must stay as it is
    change, expected, signed_in, wait, config, browser, pool, canary, caplog, capsys, jupyter
):
    """Our error names the fault in 500 characters, the pool sees no code, the state is used up, nothing leaks."""
    caplog.set_level(logging.DEBUG)
    login = wait(config, browser)
    good = login.sign_in()
    address, _, query = good.partition("?")
    if isinstance(change, str):
        bad = change.format(state=quote(values_of(good)["state"]), issuer=quote(pool.issuer)) + query
    else:
        fields = {**values_of(good), **change}
        bad = urlencode({name: text.format(issuer=pool.issuer) for name, text in fields.items() if text is not None})
    pool.requests.clear()
    page = browser.come_back(f"{address}?{bad}")
    error = login.error()
    assert isinstance(error, expected[0])
    assert re.search(expected[1], str(error))
    assert len(str(error)) <= 500
    assert browser.come_back(good).status == 400
    meanwhile = {("jwks", "GET"), ("identity", "HEAD")}  # the keys, and what keeps the connection warm
    assert {(request.endpoint, request.method) for request in pool.requests} <= meanwhile
    assert cn.current_session() is signed_in
    assert signed_in.is_alive
    canary.plant(values_of(good)["code"], "the code")
    output = capsys.readouterr()
    canary.assert_silent(
        {
            "error": f"{error!r}{error}{vars(error)}",
            "log": caplog.text,
            "output": output.out + output.err,
            "server log": jupyter.log,
            "page": f"{page.text}{page.headers}",
        }
    )


@pytest.mark.refused("CB-06", "CB-08")
def test_replayed_callback_is_one_exchange(wait, config, browser, pool):
    """Twenty visits at once, and reloads when all is over: one request for tokens, and the session stays."""
    login = wait(config, browser)
    callback = login.sign_in()
    with ThreadPoolExecutor(20) as visitors:
        pages = list(visitors.map(lambda _: browser.come_back(callback), range(20)))
    assert sorted(page.status for page in pages) == [200, *19 * [400]]
    session = login.result()
    assert "used already" in browser.come_back(callback).text
    assert asked(pool) == 1
    assert cn.current_session() is session
    assert session.is_alive


@pytest.mark.refused("CB-07")
def test_callback_of_a_failed_exchange_is_used_up(wait, config, browser, pool):
    """A code is presented once, whatever became of it."""
    pool.fail("token", Fault(error="invalid_grant"))
    login = wait(config, browser)
    callback = login.sign_in()
    browser.come_back(callback)
    assert isinstance(login.error(), TokenResponseError)
    assert "used already" in browser.come_back(callback).text
    assert asked(pool) == 1


@pytest.mark.refused("AR-08")
def test_victim_who_is_sent_the_link_signs_nobody_in(wait, config, browser, pool):
    """Signed in and come back in another browser: refused, no token is asked for, and the owner can still finish."""
    login, victim = wait(config, browser), Browser(pool, "grace")
    page = victim.come_back(pool.sign_in(login.authorization_url, "grace", victim.password))
    assert (page.status, "started in another browser" in page.text) == (400, True)
    assert asked(pool) == 0
    browser.come_back(login.sign_in())
    assert login.result().user.username == "ada"


@contextmanager
def two_pools(jupyter):
    """Two user pools with the callback of one Jupyter server; one browser, in which two people sign in."""
    with LocalUserPool(pool_id="local_One") as one, LocalUserPool(pool_id="local_Two") as two:
        for pool in (one, two):
            pool.register_callback(f"{jupyter.environment[wire.ENV_SERVER_URL]}cognito/callback")
        browsers = [Browser(one, "ada"), Browser(two, "grace")]
        browsers[1]._opener = browsers[0]._opener
        yield list(zip((one, two), browsers, strict=True))


@pytest.fixture
def verifiers(monkeypatch):
    """Note each verifier that reaches a token endpoint, by the pool's port."""
    noted, prepare = {}, PoolHandler.prepare

    def note(handler):
        for verifier in handler.get_body_arguments("code_verifier"):
            noted.setdefault(urlsplit(f"//{handler.request.host}").port, []).append(verifier)
        return prepare(handler)

    monkeypatch.setattr(PoolHandler, "prepare", note)
    return noted


def own_verifiers(noted, pool, login):
    """Tell whether a pool was sent the verifier of its own authorization request, and no other."""
    challenge = values_of(login.authorization_url)["code_challenge"]
    digests = [hashlib.sha256(verifier.encode()).digest() for verifier in noted[urlsplit(pool.domain).port]]
    return [base64.urlsafe_b64encode(digest).decode().rstrip("=") for digest in digests] == [challenge]


@pytest.mark.accepted("AR-07")
def test_callbacks_in_the_opposite_order_reach_their_own_logins(jupyter, wait, verifiers):
    """Two sign-ins of one browser at once: each code with its own verifier, each session its own user's."""
    with two_pools(jupyter) as pools:
        logins = [wait(config_of(pool, profile=browser.username), browser) for pool, browser in pools]
        for login in reversed(logins):
            login.browser.come_back(login.sign_in())
        assert [login.result().user.username for login in logins] == ["ada", "grace"]
        assert all(own_verifiers(verifiers, pool, login) for (pool, _), login in zip(pools, logins, strict=True))
        for login in logins:
            login.result().close()


@pytest.mark.refused("CB-19")
def test_code_of_another_pool_is_refused(jupyter, wait, verifiers):
    """Two callbacks that swapped their codes: both fail, and no verifier reaches the other pool."""
    with two_pools(jupyter) as pools:
        logins = [wait(config_of(pool, profile=browser.username), browser) for pool, browser in pools]
        callbacks = [values_of(login.sign_in()) for login in logins]
        address = f"{jupyter.environment[wire.ENV_SERVER_URL]}cognito/callback"
        for login, own, other in zip(logins, callbacks, reversed(callbacks), strict=True):
            login.browser.come_back(f"{address}?{urlencode({**own, 'code': other['code']})}")
        errors = [login.error() for login in logins]
        assert [getattr(error, "error", None) for error in errors] == ["invalid_grant", "invalid_grant"]
        assert all(own_verifiers(verifiers, pool, login) for (pool, _), login in zip(pools, logins, strict=True))
        assert [asked(pool) for pool, _ in pools] == [1, 1]
