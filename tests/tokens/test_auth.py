"""CognitoAuth for httpx clients: where tokens go, and the one replay after a 401. Each test runs sync and async."""

import asyncio
import logging
import pickle
import time
from dataclasses import replace

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokens.fakes import FakePool, new_tokens

from cognito_nb.errors import NetworkError, NotSignedInError, SessionExpiredError, UntrustedOriginError
from cognito_nb.tokens.auth import CognitoAuth, allowed_origins, signing_async_client, signing_client
from cognito_nb.tokens.refresh import RefreshEngine
from cognito_nb.tokens.source import TokenSource

API = "https://api.example.com"


class Api(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport in place of the network; unlike httpx's mock it leaves a streamed body used up."""

    def __init__(self, handle):
        self._handle = handle

    def handle_request(self, request):
        return self._handle(request, b"".join(request.stream))

    async def handle_async_request(self, request):
        return self._handle(request, b"".join([part async for part in request.stream]))


class Lab:
    """An API in place of the network, and a signed-in user; `call` sends one request, sync or async."""

    def __init__(self, form):
        self.is_async = form == "async"
        self.pool = FakePool()
        self.source = TokenSource(new_tokens())
        self.engine = RefreshEngine(self.source, self.pool)
        self.requests = []
        self.answers = []  # httpx responses, or functions of the request; 200 after the last

    def handle(self, request, body):
        self.requests.append((str(request.url), request.headers.get("authorization"), body))
        answer = self.answers.pop(0) if self.answers else httpx.Response(200)
        return answer(request) if callable(answer) else answer

    @property
    def tokens_sent(self):
        return [authorization for _, authorization, _ in self.requests]

    def bearer(self, tokens=None, kind="access"):
        return f"Bearer {(tokens or self.source.tokens).get(kind).token.reveal()}"

    def call(self, method, url, *, origins=(API,), kind="access", client=None, base_url=API, **options):
        auth = CognitoAuth(self.engine, allowed_origins(origins), kind)
        settings = {"transport": Api(self.handle), **(client or {})}
        if not self.is_async:
            with signing_client(auth, base_url, settings) as signing:
                return signing.request(method, url, **options)

        async def main():
            async with signing_async_client(auth, base_url, settings) as signing:
                return await signing.request(method, url, **options)

        return asyncio.run(main())


@pytest.fixture(params=["sync", "async"])
def lab(request):
    lab = Lab(request.param)
    yield lab
    lab.pool.background.stop()


def unauthorized(**headers):
    return httpx.Response(401, headers=headers)


@pytest.mark.parametrize("kind", ["access", "id"])
def test_auth_sends_the_token_asked_for(lab, kind):
    """In the Authorization header, as Bearer (RFC 6750 §2.1)."""
    lab.call("GET", "/orders", kind=kind)
    assert lab.requests == [(f"{API}/orders", lab.bearer(kind=kind), b"")]


@pytest.mark.parametrize("kind", ["access", "id"])
def test_auth_puts_no_token_into_the_url(lab, kind):
    """Not even where user code asks for a query of its own (HC-16)."""
    lab.call("GET", "/orders", params={"access_token": ""}, kind=kind)
    assert lab.requests[0][0] == f"{API}/orders?access_token="


def test_auth_without_an_id_token_says_so(lab):
    """Nothing is sent."""
    lab.source.replace(lab.source.tokens, new_tokens(with_id=False))
    with pytest.raises(NotSignedInError, match="no ID token"):
        lab.call("GET", "/orders", kind="id")
    assert lab.requests == []


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/",
        "http://api.example.com/",
        "https://api.example.com:8443/",
        "https://api.example.com.evil.example/",
        "https://api.example.com@evil.example/",
        "https://api.example.com%40evil.example/",
        "https://evil.example\\@api.example.org/",
        "https://evil.example/https://api.example.com/",
        "https://evilapi.example.com/",
        "https://xn--api-example-com.evil.example/",
        "https://10.0.0.1/",
        "https://[::1]/",
        "https://api.example.com:99999/",
        "https://api.example.com:0/",
        "ftp://api.example.com/",
    ],
)
def test_auth_sends_no_token_to_another_origin(lab, url):
    """Look-alikes, other ports and other schemes are refused before a byte is sent (HC-04)."""
    with pytest.raises(UntrustedOriginError, match=r"No token goes to .*: allowed is https://api.example.com:443"):
        lab.call("GET", url)
    assert lab.requests == []


def test_auth_refuses_a_url_without_a_host(lab):
    """A relative URL in a client of the user's own, without base_url, is an error of ours, not a bare ValueError."""
    auth = CognitoAuth(lab.engine, allowed_origins([API]), "access")
    with httpx.Client(auth=auth, transport=Api(lab.handle)) as client, pytest.raises(UntrustedOriginError):
        client.get("/orders")


@pytest.mark.parametrize(
    "url",
    ["https://API.example.com/x", "https://api.example.com:443/x", "https://api.example.com./x", "//evil.example/"],
)
def test_auth_knows_its_origin_in_any_spelling(lab, url):
    """Case, the default port and the root's dot make no other host; a path that begins with // is a path."""
    lab.call("GET", url)
    assert lab.tokens_sent == [lab.bearer()]


def test_auth_sends_tokens_to_each_allowed_origin(lab):
    """The setting api_origins opens further ones."""
    lab.call("GET", "https://other.example.com/", origins=(API, "https://other.example.com"))
    assert lab.tokens_sent == [lab.bearer()]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "location",
    [
        "https://evil.example/",
        "https://api.example.com:8443/",
        "http://api.example.com/",
        "//evil.example/",
        "http://localhost/",
    ],
)
def test_auth_gives_no_redirect_the_token(lab, status, location):
    """Host, port or scheme differ: the redirected request goes out without it (HC-01, HC-02)."""
    lab.answers = [httpx.Response(status, headers={"Location": location})]
    lab.call("POST", "/orders", json={"a": 1}, client={"follow_redirects": True})
    assert lab.tokens_sent == [lab.bearer(), None]


def test_auth_keeps_the_token_on_a_redirect_within_the_origin(lab):
    """A slash that is added changes nothing."""
    lab.answers = [httpx.Response(307, headers={"Location": "/orders/"})]
    lab.call("GET", "/orders", client={"follow_redirects": True})
    assert lab.tokens_sent == [lab.bearer(), lab.bearer()]


def test_auth_renews_nothing_for_a_redirected_401(lab):
    """A foreign host that answers 401 to a redirected request causes no refresh, and gets no token."""
    lab.answers = [httpx.Response(302, headers={"Location": "https://evil.example/"}), unauthorized()] * 2
    lab.call("GET", "/orders", client={"follow_redirects": True})
    assert [url for url, token, _ in lab.requests if token] == [f"{API}/orders"]


def test_auth_renews_and_sends_once_more_after_a_401(lab):
    """One refresh, one replay, with the same body (HC-05)."""
    old = lab.bearer()
    lab.answers = [unauthorized()]
    response = lab.call("POST", "/orders", json={"a": 1})
    bodies = {body for _, _, body in lab.requests}
    assert (response.status_code, lab.tokens_sent) == (200, [old, lab.bearer()])
    assert (len(bodies), len(lab.pool.asked)) == (1, 1)


def test_auth_gives_up_after_one_replay(lab):
    """A 401 for ever ends with the second (HC-06)."""
    lab.answers = [unauthorized(), unauthorized(), httpx.Response(200)]
    assert (lab.call("GET", "/orders").status_code, len(lab.requests)) == (401, 2)


def test_auth_asks_for_one_refresh_however_often_an_api_refuses(lab):
    """An API that answers 401 for ever causes one refresh, not one per call; later, one may try again (HC-06)."""
    lab.answers = [unauthorized() for _ in range(20)]
    for _ in range(5):
        assert lab.call("GET", "/orders").status_code == 401
    assert len(lab.pool.asked) == 1
    lab.source.monotonic = lambda: time.monotonic() + 31
    lab.call("GET", "/orders")
    assert len(lab.pool.asked) == 2


def test_auth_takes_the_token_off_what_the_user_keeps(lab):
    """A response holds its request, also those of redirects: pickled or cached, they hold no token (NL-07)."""
    lab.answers = [httpx.Response(307, headers={"Location": "/elsewhere"}), unauthorized()]
    response = lab.call("GET", "/orders", client={"follow_redirects": True})
    kept = [response.request, *(earlier.request for earlier in response.history)]
    assert len(kept) > 1
    assert all("authorization" not in request.headers for request in kept)
    assert lab.bearer().encode() not in pickle.dumps(response)


def test_auth_signs_a_request_anew_when_it_is_sent_again(lab):
    """A request object that the user sends twice has the current token, and no more than the origin allows (HC-04)."""
    auth = CognitoAuth(lab.engine, allowed_origins([API]), "access")
    with signing_client(auth, API, {"transport": Api(lab.handle)}) as client:
        request = client.build_request("GET", "/orders")
        client.send(request)
        lab.engine.renew(lab.source.tokens)
        client.send(request)
        assert lab.tokens_sent[1] == lab.bearer() != lab.tokens_sent[0]
        request.url = httpx.URL("https://evil.example/")
        with pytest.raises(UntrustedOriginError):
            client.send(request)


def test_auth_leaves_no_token_on_a_request_that_failed(lab):
    """A network error holds its request, too."""

    def fail(request):
        raise httpx.ReadError("reset", request=request)

    lab.answers = [fail]
    with pytest.raises(httpx.ReadError) as caught:
        lab.call("GET", "/orders")
    assert "authorization" not in caught.value.request.headers


@pytest.mark.parametrize("status", [200, 400, 403, 404, 407, 419, 500, 503])
def test_auth_replays_no_other_status(lab, status):
    """403 insufficient_scope is no reason for a refresh (RFC 6750 §3.1)."""
    lab.answers = [httpx.Response(status, headers={"WWW-Authenticate": 'Bearer error="insufficient_scope"'})]
    assert (lab.call("GET", "/orders").status_code, len(lab.pool.asked)) == (status, 0)


def test_auth_replays_nothing_without_a_refresh_token(lab):
    """The API's 401 is the answer; the session stays."""
    lab.source.replace(lab.source.tokens, new_tokens(refresh_token=None))
    lab.answers = [unauthorized()]
    assert (lab.call("GET", "/orders").status_code, lab.source.is_alive) == (401, True)


def test_auth_does_not_replay_a_body_that_is_used_up(lab, tmp_path):
    """An upload from a file is not sent a second time as nothing: the 401 comes back (HC-07)."""
    (tmp_path / "file").write_bytes(b"content")
    lab.answers = [unauthorized()]
    with (tmp_path / "file").open("rb") as file:
        response = lab.call("POST", "/upload", files={"file": file})
    assert (response.status_code, len(lab.requests), len(lab.pool.asked)) == (401, 1, 0)


def test_auth_does_not_replay_a_generator(lab):
    """The same for a streamed body (HC-07)."""

    async def async_parts():
        yield b"part"

    lab.answers = [unauthorized()]
    parts = async_parts() if lab.is_async else iter([b"part"])
    response = lab.call("POST", "/upload", content=parts)
    assert (response.status_code, [body for _, _, body in lab.requests]) == (401, [b"part"])


@pytest.mark.parametrize(
    "challenge", ["\x7f\x01Bearer", "x" * 1_000_000, 'Bearer realm="https://evil.example/", error="invalid_token"', ""]
)
def test_auth_believes_nothing_of_a_challenge(lab, challenge):
    """Whatever WWW-Authenticate says, nobody else is asked (HC-08)."""
    lab.answers = [unauthorized(**{"WWW-Authenticate": challenge})]
    lab.call("GET", "/orders")
    assert {url for url, _, _ in lab.requests} == {f"{API}/orders"}


def test_auth_renews_before_it_sends_what_is_due(lab):
    """An upload does not begin with a token that dies on the way (HC-09)."""
    lab.source.replace(lab.source.tokens, new_tokens(left=5))
    lab.call("POST", "/upload", content=b"long")
    assert (len(lab.pool.asked), lab.tokens_sent) == (1, [lab.bearer()])


def test_auth_sends_nothing_after_sign_out(lab):
    """A client made before sign-out is dead (RV-06)."""
    lab.source.wipe()
    with pytest.raises(NotSignedInError):
        lab.call("GET", "/orders")
    assert lab.requests == []


@pytest.mark.parametrize("error", [NetworkError("down"), SessionExpiredError("invalid_grant")])
def test_auth_raises_why_a_401_could_not_be_mended(lab, error):
    """The reason is the refresh's, and the request is not sent again."""
    lab.answers = [unauthorized()]
    lab.pool.answers = [error]
    with pytest.raises(type(error)):
        lab.call("GET", "/orders")
    assert len(lab.requests) == 1


def test_auth_leaves_an_authorization_of_the_users_own(lab):
    """The user's choice wins, wherever it goes; no token is added (HC-13)."""
    lab.call("GET", "https://other.example/", headers={"Authorization": "Basic abc"})
    assert lab.tokens_sent == ["Basic abc"]


def test_auth_leaves_the_answer_to_an_authorization_of_the_users_own(lab):
    """A 401 to it is no reason to renew (HC-13)."""
    lab.answers = [unauthorized()]
    lab.call("GET", "/orders", headers={"Authorization": "Basic abc"})
    assert (len(lab.requests), len(lab.pool.asked)) == (1, 0)


def test_auth_switched_off_for_a_call_adds_nothing(lab):
    """`auth=None` means none, also for an origin that nobody allowed (HC-13)."""
    lab.call("GET", "https://other.example/", auth=None)
    assert lab.tokens_sent == [None]


def test_auth_keeps_the_refresh_out_of_the_users_sight(lab):
    """Neither event hooks nor the history see the token endpoint."""
    seen = []

    def hook(message):
        seen.append(str(getattr(message, "url", "")))

    async def async_hook(message):
        hook(message)

    hooks = {"request": [async_hook if lab.is_async else hook]}
    lab.answers = [unauthorized()]
    response = lab.call("GET", "/orders", client={"event_hooks": hooks})
    history = [str(earlier.url) for earlier in response.history]
    assert (seen, history) == ([f"{API}/orders"] * 2, [f"{API}/orders"])


def test_auth_shows_no_token(lab, caplog, capsys):
    """Not in repr or str of client, auth, request, response, headers or errors, nor in any log (HC-11, HC-12)."""
    caplog.set_level(logging.DEBUG)
    lab.answers = [unauthorized()]
    tokens = [lab.source.tokens]
    response = lab.call("GET", "/orders")
    tokens.append(lab.source.tokens)
    request = response.request
    auth = CognitoAuth(lab.engine, allowed_origins([API]), "access")
    shown = [auth, vars(auth), lab.source, request, request.headers, response, response.headers, lab.engine, tokens]
    text = " ".join([*map(repr, shown), *map(str, shown), caplog.text, *capsys.readouterr()])
    assert not any(used.get(kind).token.reveal() in text for used in tokens for kind in ("access", "id"))


def test_auth_is_shared_by_threads_and_loops():
    """One auth object serves sync and async clients (HC-10)."""
    labs = [Lab("sync"), Lab("async")]
    labs[1].engine, labs[1].source = labs[0].engine, labs[0].source
    labs[0].source.replace(labs[0].source.tokens, new_tokens(left=-1))
    for lab in (*labs, *labs):
        lab.call("GET", "/orders")
    assert len(labs[0].pool.asked) == 1
    labs[0].pool.background.stop()


@pytest.mark.parametrize("arrivals", [50])
def test_auth_answers_fifty_401s_with_one_refresh(arrivals):
    """A stampede costs one refresh, and each call one replay (HC-06)."""
    lab = Lab("async")
    old = lab.bearer()
    gate, sent = asyncio.Event(), []

    async def handle(request):
        sent.append(request.headers["authorization"])
        if len(sent) >= arrivals:
            gate.set()
        await gate.wait()
        return httpx.Response(401)

    async def main():
        auth = CognitoAuth(lab.engine, allowed_origins([API]), "access")
        async with signing_async_client(auth, API, {"transport": httpx.MockTransport(handle)}) as client:
            return await asyncio.gather(*(client.get("/orders") for _ in range(arrivals)))

    responses = asyncio.run(main())
    lab.pool.background.stop()
    assert {response.status_code for response in responses} == {401}
    assert (len(sent), sent.count(old), len(lab.pool.asked)) == (2 * arrivals, arrivals, 1)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com",
        "api.example.com",
        "https://user@api.example.com",
        "ftp://api",
        "https://169.254.169.254",
        "",
        "x",
    ],
)
def test_allowed_origins_refuses_what_no_token_may_go_to(url):
    """https, or this machine (RFC 6750 §5.3)."""
    with pytest.raises(UntrustedOriginError, match="No token goes to"):
        allowed_origins([url])


def test_allowed_origins_normalises():
    """Paths do not matter, default ports are filled in."""
    urls = iter(["https://API.example.com/v1?a=b", "https://api.example.com:443", "http://localhost:8000/"])
    assert allowed_origins(urls) == {("https", "api.example.com", 443), ("http", "localhost", 8000)}


@pytest.mark.parametrize("base_url", [API, "http://127.0.0.1:8000"])
def test_signing_client_uses_no_proxy_for_loopback(lab, base_url, monkeypatch):
    """Environment proxies break calls to this machine, and would see its tokens; elsewhere they are needed."""
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:1")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:1")
    auth = CognitoAuth(lab.engine, allowed_origins([base_url]), "access")
    with signing_client(auth, base_url, {}) as client:
        direct = client._transport
        assert client._transport_for_url(httpx.URL("http://127.0.0.1:8000/x")) is direct
        assert client._transport_for_url(httpx.URL("http://localhost/x")) is direct
        assert client._transport_for_url(httpx.URL(API)) is not direct


def test_signing_client_takes_the_users_options(lab):
    """They come before ours."""
    auth = CognitoAuth(lab.engine, allowed_origins([API]), "access")
    with signing_client(auth, API, {"trust_env": False, "timeout": 3.0}) as client:
        assert (client.trust_env, client.timeout.read) == (False, 3.0)


@given(
    st.text(st.characters(max_codepoint=0x2FF), max_size=30), st.sampled_from(["https://", "http://", "", "https:/"])
)
def test_auth_reads_any_url_as_httpx_does(text, scheme):
    """Whatever the URL: a request that carries a token goes to the allowed host, as httpx itself sees it."""
    hosts = []

    def handle(request):
        hosts.append(request.url.host)
        return httpx.Response(200)

    engine = RefreshEngine(TokenSource(new_tokens()), FakePool())
    auth = CognitoAuth(engine, allowed_origins([API]), "access")
    with httpx.Client(transport=httpx.MockTransport(handle), auth=auth, trust_env=False, verify=False) as client:
        try:
            client.get(f"{scheme}{text}api.example.com{text}")
        except (
            UntrustedOriginError,
            httpx.InvalidURL,
            UnicodeError,
        ):  # the latter two are httpx's, of its own argument
            return
    assert [host.rstrip(".") for host in hosts] == ["api.example.com"]


def test_auth_signs_with_a_real_session(silent, person):
    """Against the local pool's API, through a refresh, without a secret in any log (HC-12)."""
    tokens = replace(person.tokens(), deadline=time.monotonic() - 1)
    engine = RefreshEngine(TokenSource(tokens), person.user_pool)
    auth = CognitoAuth(engine, allowed_origins([person.pool.api_url]), "access")
    with signing_client(auth, person.pool.api_url, {}) as client:
        assert client.get("/me").status_code == 200
