"""CognitoRequestsAuth: the same rules as for httpx, as far as `requests` lets them be kept."""

import copy
import importlib
import io
import logging
import pickle
import sys

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from requests.adapters import BaseAdapter
from tokens.fakes import NO_MEMORY, FakePool, new_tokens
from tokens.servers import OK
from urllib3.util import parse_url

from cognito_nb.errors import ConfigurationError, NotSignedInError, SessionExpiredError, UntrustedOriginError
from cognito_nb.tokens.authorization import allowed_origins
from cognito_nb.tokens.refresh import RefreshEngine
from cognito_nb.tokens.requests_auth import CognitoRequestsAuth
from cognito_nb.tokens.source import TokenSource

API = "https://api.example.com"


class Lab(BaseAdapter):
    """An API in place of the network, and a signed-in user; `call` sends one request."""

    def __init__(self):
        super().__init__()
        self.pool = FakePool()
        self.source = TokenSource(new_tokens())
        self.engine = RefreshEngine(self.source, self.pool, NO_MEMORY)
        self.sent = []  # URL, Authorization and body of each request, as they go out
        self.answers = []  # status and headers, or an exception; 200 after the last

    def send(self, request, **_):
        authorization = request.headers.get("Authorization")
        body = request.body
        if hasattr(body, "read"):
            body = body.read()
        elif body is not None and not isinstance(body, bytes | str):
            body = b"".join(body)
        self.sent.append((request.url, authorization and authorization.encode("latin-1").decode(), body))
        answer = self.answers.pop(0) if self.answers else (200, {})
        if isinstance(answer, Exception):
            raise answer
        response = requests.Response()
        response.status_code, headers = answer
        response.headers.update(headers)
        response.url, response.request, response.connection, response.raw = request.url, request, self, io.BytesIO()
        response._content = b""
        response.reason = requests.status_codes._codes[response.status_code][0]
        return response

    def close(self):
        self.pool.background.stop()

    @property
    def tokens_sent(self):
        return [authorization for _, authorization, _ in self.sent]

    @property
    def bearer(self):
        return f"Bearer {self.source.tokens.access.token.reveal()}"

    def auth(self, *origins, kind="access"):
        return CognitoRequestsAuth(self.engine, allowed_origins(origins or [API]), kind)

    def call(self, method, url, *, auth=None, session=None, **options):
        session = session or requests.Session()
        session.mount("https://", self)
        session.mount("http://", self)
        return session.request(method, url, auth=auth or self.auth(), **options)


@pytest.fixture
def lab():
    lab = Lab()
    yield lab
    lab.close()


@pytest.mark.parametrize("kind", ["access", "id"])
def test_requests_auth_sends_the_token_asked_for(lab, kind):
    """In the Authorization header, as Bearer (RFC 6750 §2.1)."""
    lab.call("GET", f"{API}/orders", auth=lab.auth(kind=kind))
    assert lab.tokens_sent == [f"Bearer {lab.source.tokens.get(kind).token.reveal()}"]


def test_requests_auth_signs_what_goes_over_a_real_connection(lab, serve):
    """The bytes on the wire hold the token, though nothing that requests keeps does."""
    server = serve(lambda connection, _: connection.sendall(OK) or True)
    response = requests.get(server.url, auth=lab.auth(server.url))
    response.raise_for_status()
    assert f"Authorization: {lab.bearer}\r\n".encode() in server.requests[0]


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/",
        "http://api.example.com/",
        "https://api.example.com:8443/",
        "https://api.example.com.evil.example/",
        "https://api.example.com@evil.example/",
        "https://evil.example\\@api.example.org/",
        "https://[::1]/",
    ],
)
@pytest.mark.refused("HC-04")
def test_requests_auth_sends_no_token_to_another_origin(lab, url):
    """Look-alikes, other ports and other schemes are refused before a byte is sent (HC-04)."""
    with pytest.raises(UntrustedOriginError, match=r"No token goes to .*: allowed is https://api.example.com:443"):
        lab.call("GET", url)
    assert lab.sent == []


@given(
    st.text(st.characters(max_codepoint=0x2FF), max_size=30), st.sampled_from(["https://", "http://", "", "https:/"])
)
def test_requests_auth_reads_any_url_as_urllib3_does(text, scheme):
    """Whatever the URL: a request that carries a token goes to the allowed host, as another parser sees it."""
    lab = Lab()
    try:
        lab.call("GET", f"{scheme}{text}api.example.com{text}")
    except (UntrustedOriginError, requests.RequestException):
        return
    hosts = [parse_url(url).host for url, authorization, _ in lab.sent if authorization]
    assert [host.rstrip(".") for host in hosts] == ["api.example.com"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "location",
    [
        "https://evil.example/",
        "https://api.example.com:8443/",
        "http://api.example.com/",
        "//evil.example/",
        "http://localhost/",
        "https://api.example.com@evil.example/",
    ],
)
@pytest.mark.refused("HC-01", "HC-02")
def test_requests_auth_gives_no_redirect_the_token(lab, status, location):
    """Host, port or scheme differ: the redirected request goes out without it (HC-01, HC-02)."""
    lab.answers = [(status, {"Location": location})]
    lab.call("POST", f"{API}/orders", json={"a": 1})
    assert lab.tokens_sent == [lab.bearer, None]


@pytest.mark.refused("HC-02")
def test_requests_auth_gives_no_redirect_to_https_the_token(lab):
    """For requests, http and https of one host are one place; it is another origin, which nobody named (HC-02)."""
    lab.answers = [(302, {"Location": "https://localhost/orders"})]
    lab.call("GET", "http://localhost/orders", auth=lab.auth("http://localhost"))
    assert lab.tokens_sent == [lab.bearer, None]


def test_requests_auth_gives_no_redirect_the_token_whatever_a_session_strips(lab):
    """A subclass of Session that strips nothing changes nothing."""

    class Careless(requests.Session):
        def should_strip_auth(self, old_url, new_url):
            return False

    lab.answers = [(302, {"Location": "https://evil.example/"})]
    lab.call("GET", f"{API}/orders", session=Careless())
    assert lab.tokens_sent == [lab.bearer, None]


def test_requests_auth_keeps_the_token_on_a_redirect_within_the_origin(lab):
    """A slash that is added changes nothing."""
    lab.answers = [(307, {"Location": "/orders/"})]
    lab.call("GET", f"{API}/orders")
    assert lab.tokens_sent == [lab.bearer, lab.bearer]


def test_requests_auth_renews_nothing_for_a_redirected_401(lab):
    """A foreign host that answers 401 causes no refresh, and gets no token."""
    lab.answers = [(302, {"Location": "https://evil.example/"}), (401, {})]
    response = lab.call("GET", f"{API}/orders")
    assert (len(lab.sent), len(lab.pool.asked), response.reason) == (2, 0, "unauthorized")


@pytest.mark.parametrize("options", [{}, {"json": {"a": 1}}, {"data": {"a": "1"}}, {"files": {"f": b"content"}}])
@pytest.mark.accepted("HC-05")
def test_requests_auth_renews_and_sends_once_more_after_a_401(lab, options):
    """One refresh, one replay, with the same body (HC-05); the 401 is in the history."""
    old = lab.bearer
    lab.answers = [(401, {})]
    response = lab.call("POST", f"{API}/orders", **options)
    assert (response.status_code, lab.tokens_sent, len(lab.pool.asked)) == (200, [old, lab.bearer], 1)
    assert lab.sent[0][2] == lab.sent[1][2]
    assert [earlier.status_code for earlier in response.history] == [401]


def test_requests_auth_replays_over_a_real_connection(lab, serve):
    """On the same connection, which the first answer leaves usable."""
    refusal = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n{}"
    answers = [refusal, OK]
    server = serve(lambda connection, _: connection.sendall(answers.pop(0)) or True)
    response = requests.get(server.url, auth=lab.auth(server.url))
    assert (response.status_code, server.accepts, len(server.requests)) == (200, 1, 2)


def test_requests_auth_rewinds_a_file(lab):
    """From where it stood, not from its beginning."""
    file = io.BytesIO(b"headcontent")
    file.seek(4)
    lab.answers = [(401, {})]
    lab.call("PUT", f"{API}/upload", data=file)
    assert [body for _, _, body in lab.sent] == [b"content", b"content"]


@pytest.mark.refused("HC-07")
def test_requests_auth_does_not_replay_a_generator(lab):
    """It is used up: the 401 comes back, and no refresh is asked for (HC-07)."""
    lab.answers = [(401, {})]
    response = lab.call("POST", f"{API}/upload", data=iter([b"part"]))
    assert (response.status_code, [body for _, _, body in lab.sent]) == (401, [b"part"])
    assert lab.pool.asked == []


def test_requests_auth_follows_the_redirect_of_a_replay(lab):
    """With the new token, within the origin."""
    lab.answers = [(401, {}), (307, {"Location": "/elsewhere"})]
    response = lab.call("GET", f"{API}/orders")
    assert (response.status_code, lab.tokens_sent[1:]) == (200, [lab.bearer, lab.bearer])


def test_requests_auth_gives_up_after_one_replay(lab):
    """A 401 for ever ends with the second (HC-06)."""
    lab.answers = [(401, {}), (401, {}), (200, {})]
    assert (lab.call("GET", f"{API}/orders").status_code, len(lab.sent)) == (401, 2)


def test_requests_auth_says_on_a_401_what_was_sent_and_what_to_try(lab):
    """In the error of the user's own `raise_for_status`."""
    lab.answers = [(401, {}), (401, {})]
    with pytest.raises(
        requests.HTTPError, match='401 Client Error: Unauthorized .sent: the access token. To try: token="id"'
    ):
        lab.call("GET", f"{API}/orders").raise_for_status()


@pytest.mark.parametrize("status", [200, 400, 403, 500])
def test_requests_auth_replays_no_other_status(lab, status):
    """403 insufficient_scope is no reason for a refresh (RFC 6750 §3.1)."""
    lab.answers = [(status, {})]
    assert (lab.call("GET", f"{API}/orders").status_code, len(lab.pool.asked)) == (status, 0)


def test_requests_auth_raises_why_a_401_could_not_be_mended(lab):
    """The reason is the refresh's."""
    lab.answers = [(401, {})]
    lab.pool.answers = [SessionExpiredError("invalid_grant")]
    with pytest.raises(SessionExpiredError):
        lab.call("GET", f"{API}/orders")


@pytest.mark.accepted("HC-13")
def test_requests_auth_leaves_an_authorization_of_the_users_own(lab):
    """The user's choice wins, wherever it goes; a 401 to it is no reason to renew (HC-13)."""
    lab.answers = [(401, {})]
    lab.call("GET", "https://other.example/", headers={"authorization": "Basic abc"})
    assert (lab.tokens_sent, lab.pool.asked) == (["Basic abc"], [])


def test_requests_auth_sends_nothing_after_sign_out(lab):
    """A session of requests made before sign-out is dead (RV-06)."""
    lab.source.wipe()
    with pytest.raises(NotSignedInError):
        lab.call("GET", f"{API}/orders")
    assert lab.sent == []


@pytest.mark.holds("HC-11", "NL-07")
def test_requests_auth_takes_the_token_off_what_the_user_keeps(lab):
    """Sent again it has no token, pickled it holds none; nor do the requests of redirects and of a 401 (NL-07)."""
    lab.answers = [(307, {"Location": "/elsewhere"}), (401, {})]
    used = [lab.bearer]
    response = lab.call("GET", f"{API}/orders")
    used.append(lab.bearer)
    assert "Authorization" not in response.request.headers
    kept = pickle.dumps(response)
    assert not any(bearer.encode() in kept for bearer in used)
    assert [again.status_code for again in pickle.loads(kept).history] == [307]


@pytest.mark.holds("HC-11", "HC-12")
def test_requests_auth_shows_no_token_in_an_error(lab, caplog):
    """A network error holds its request, which a caller may print, log or pickle (HC-11)."""
    caplog.set_level(logging.DEBUG)
    lab.answers = [requests.ConnectionError("reset")]
    prepared = requests.Request("GET", API, auth=lab.auth()).prepare()
    with pytest.raises(requests.ConnectionError):
        lab.send(prepared)
    shown = f"{prepared.headers} {dict(prepared.headers)!r} {prepared.headers['Authorization']} {caplog.text}"
    assert "Bearer ***" in shown
    assert lab.bearer not in shown
    assert lab.bearer.encode() not in pickle.dumps(prepared)


@pytest.mark.parametrize("send", [pickle.dumps, copy.deepcopy], ids=["pickle", "deepcopy"])
@pytest.mark.refused("NL-07")
def test_requests_auth_cannot_be_copied_or_pickled(lab, send):
    """Nor a session of requests that holds it (NL-07)."""
    session = requests.Session()
    session.auth = lab.auth()
    with pytest.raises(TypeError, match="must not leave this kernel"):
        send(session)


def test_requests_auth_without_requests_says_what_to_install(monkeypatch):
    """The package is not one of ours."""
    monkeypatch.delitem(sys.modules, "cognito_nb.tokens.requests_auth")
    monkeypatch.setitem(sys.modules, "requests", None)
    monkeypatch.setitem(sys.modules, "requests.auth", None)
    with pytest.raises(ConfigurationError, match="pip install requests"):
        importlib.import_module("cognito_nb.tokens.requests_auth")
