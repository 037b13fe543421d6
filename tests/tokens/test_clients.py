"""The clients of a session: redirects step by step, the environment's proxies, the user's options."""

import asyncio
import contextlib
import pickle

import httpx
import pytest
from tokens.fakes import NO_MEMORY, FakePool, new_tokens
from tokens.lab import API, Lab

from cognito_nb.errors import UntrustedOriginError
from cognito_nb.tokens.auth import CognitoAuth
from cognito_nb.tokens.authorization import allowed_origins
from cognito_nb.tokens.clients import signing_async_client, signing_client
from cognito_nb.tokens.refresh import RefreshEngine
from cognito_nb.tokens.source import TokenSource


@pytest.fixture(params=["sync", "async"])
def form(request):
    return request.param


@pytest.fixture
def lab(form):
    lab = Lab(form)
    yield lab
    lab.pool.background.stop()


def call(lab, method="GET", url="/orders", *, origins=(API,), client=None, **options):
    """Send one request by a signing client that follows redirects."""
    settings = {"transport": lab.transport, "follow_redirects": True} | (client or {})
    auth = lab.auth(*origins)
    if not lab.is_async:
        with signing_client(auth, API, settings) as signing:
            return signing.request(method, url, **options)

    async def main():
        async with signing_async_client(auth, API, settings) as signing:
            return await signing.request(method, url, **options)

    return asyncio.run(main())


FOREIGN = [
    "https://evil.example/x",
    "https://api.example.com:8443/x",
    "https://api.example.com.evil.example/x",
    "//evil.example/x",
    "http://api.example.com/x",
    "https://api.example.com@evil.example/x",
]


@pytest.mark.refused("HC-01", "HC-02")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", FOREIGN)
def test_client_refuses_a_redirect_to_an_origin_that_nobody_named(lab, status, location):
    """Host, port or scheme differ: nothing is sent there, neither the token nor the body."""
    lab.answers = [lab.response(status, location=location)]
    with pytest.raises(UntrustedOriginError, match=r"^https://api\.example\.com redirects to http") as caught:
        call(lab, "POST", json={"a": 1})
    assert len(lab.requests) == 1
    assert "api_origins" in caught.value.hint


def test_client_refuses_a_redirect_of_a_request_that_is_under_way_elsewhere():
    """Two threads send one object: the token that is on its way for one is not the user's own choice for the other."""
    lab, refused = Lab("sync"), []
    with signing_client(lab.auth(), API, {"transport": lab.transport, "follow_redirects": True}) as client:
        request = client.build_request("POST", "/orders", content=b"private")

        def send_meanwhile(_request):
            with pytest.raises(UntrustedOriginError) as caught:
                client.send(request)
            refused.append(caught.value)
            return lab.response(200)

        lab.answers = [send_meanwhile, lab.response(307, location="https://evil.example/x")]
        assert client.send(request).status_code == 200
    lab.pool.background.stop()
    assert (len(refused), lab.tokens_sent) == (1, [lab.bearer()] * 2)


def test_client_follows_to_a_named_origin_with_the_token(lab):
    """Each step is a request like any other, and keeps its place in the history."""
    lab.answers = [lab.response(302, location="/b"), lab.response(307, location="https://data.example.com/c?d=e")]
    response = call(lab, origins=(API, "https://data.example.com"))
    assert [url for url, *_ in lab.requests] == [f"{API}/orders", f"{API}/b", "https://data.example.com/c?d=e"]
    assert lab.tokens_sent == [lab.bearer()] * 3
    assert [answer.status_code for answer in response.history] == [302, 307]
    assert {answer.next_request for answer in (response, *response.history)} == {None}
    assert lab.bearer().encode() not in pickle.dumps(response)


def test_client_renews_and_retries_after_a_redirect(lab):
    """A 401 on the way is handled where it is answered."""
    lab.answers = [lab.response(302, location="/b"), lab.response(401)]
    first = lab.bearer()
    response = call(lab)
    assert lab.tokens_sent == [first, first, lab.bearer()]
    assert [answer.status_code for answer in response.history] == [302, 401]


def test_client_sends_the_body_on_where_the_status_says_so(lab):
    """307 and 308 keep it, the others ask for a GET (RFC 9110 §15.4)."""
    lab.answers = [lab.response(307, location="/b"), lab.response(302, location="/c")]
    call(lab, "POST", content=b"body")
    assert [body for *_, body in lab.requests] == [b"body", b"body", b""]


def test_client_leaves_a_redirect_alone_that_it_is_not_to_follow(lab):
    """A foreign one is an answer like any other then; what would be sent next holds no token."""
    lab.answers = [lab.response(302, location="https://evil.example/x"), lab.response(302, location="/b")]
    assert call(lab, follow_redirects=False).status_code == 302
    response = call(lab, client={"follow_redirects": False})
    assert str(response.next_request.url) == f"{API}/b"
    assert "authorization" not in response.next_request.headers


@pytest.mark.parametrize("own", [{"headers": {"Authorization": "Basic abc"}}, {"auth": ("ada", "pw")}, {"auth": None}])
def test_client_follows_anywhere_with_the_users_own_authorization(lab, own):
    """It is the user's choice, and httpx takes it off by itself."""
    lab.answers = [lab.response(302, location="https://elsewhere.example/x")]
    assert call(lab, **own).status_code == 200
    assert lab.tokens_sent[1] is None


def test_client_with_another_auth_follows_as_httpx_does():
    """The user has put it there: nothing is signed by us, so nothing is refused."""
    lab = Lab("sync")
    lab.answers = [lab.response(302, location="https://elsewhere.example/x")]
    with signing_client(lab.auth(), API, {"transport": lab.transport, "follow_redirects": True}) as client:
        client.auth = ("ada", "pw")
        assert client.get("/orders").status_code == 200
    lab.pool.background.stop()
    assert lab.tokens_sent == ["Basic YWRhOnB3", None]


def test_client_ends_a_chain_without_an_end(lab):
    """As httpx does, after as many as it would follow."""
    lab.answers = [lab.response(302, location="/b")] * 5
    with pytest.raises(httpx.TooManyRedirects):
        call(lab, client={"max_redirects": 3})
    assert len(lab.requests) == 4


@pytest.mark.parametrize("back", [f"{API}/c", "https://evil.example/c"])
@pytest.mark.parametrize("storage", ["https://storage.example/b", "https://ada:pw@storage.example/b"])
def test_client_that_leaves_its_origins_does_so_for_good(storage, back):
    """The storage that an export lies in gets no token; nor does the API, where the storage leads back to it.

    Nor is a password of the redirect's URL sent, as httpx sends none.
    """
    lab = Lab("sync")
    lab.answers = [lab.response(302, location=storage), lab.response(302, location=back)]
    settings = {"transport": lab.transport, "follow_redirects": True}
    with signing_client(lab.auth(), API, settings, leaves_origins=True) as client:
        client.get("/orders")
    lab.pool.background.stop()
    assert lab.tokens_sent == [lab.bearer(), None, None]


def test_client_streams_the_last_answer(lab):
    """What came before it was read."""
    lab.answers = [lab.response(302, location="/b"), httpx.Response(200, stream=httpx.ByteStream(b"body"))]
    settings = {"transport": lab.transport, "follow_redirects": True}

    async def main():
        async with signing_async_client(lab.auth(), API, settings) as client, client.stream("GET", "/a") as response:
            return response.is_closed, b"".join([part async for part in response.aiter_bytes()])

    if lab.is_async:
        assert asyncio.run(main()) == (False, b"body")
        return
    with signing_client(lab.auth(), API, settings) as client, client.stream("GET", "/a") as response:
        assert not response.is_closed
        assert b"".join(response.iter_bytes()) == b"body"


@pytest.fixture
def signing():
    """Make httpx clients as a session does."""
    pool = FakePool()
    engine = RefreshEngine(TokenSource(new_tokens()), pool, NO_MEMORY)
    clients = contextlib.ExitStack()

    def make(base_url=API, **options):
        auth = CognitoAuth(engine, allowed_origins([base_url]), "access")
        return clients.enter_context(signing_client(auth, base_url, options))

    with clients:
        yield make
    pool.background.stop()


class Reset(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """An API that redirects from /a to /b, and answers there with an error or, for ever, with a redirect."""

    def __init__(self, error):
        self.error = error
        self.signed = []

    def handle_request(self, request):
        self.signed.append("authorization" in request.headers)
        if request.url.path == "/a" or self.error is httpx.TooManyRedirects:
            return httpx.Response(302, headers={"Location": "/b"})
        if self.error is httpx.HTTPStatusError:
            return httpx.Response(403)
        raise self.error("reset")

    async def handle_async_request(self, request):
        return self.handle_request(request)


def refuse(response):
    if response.is_client_error:
        response.raise_for_status()


async def arefuse(response):
    refuse(response)


def error_of(form, lab, api_, path="/a", **sent):
    """Return the error that a signing client raises."""
    options = {"transport": api_, "follow_redirects": True}

    async def main():
        hooks = {"event_hooks": {"response": [arefuse]}}
        async with signing_async_client(lab.auth(), API, options | hooks) as client:
            await client.get(path, **sent)

    with pytest.raises(httpx.HTTPError) as caught:  # noqa: PT012 - two kinds of client
        if form == "async":
            asyncio.run(main())
            return None
        with signing_client(lab.auth(), API, options | {"event_hooks": {"response": [refuse]}}) as client:
            client.get(path, **sent)
    return caught.value


@pytest.mark.parametrize("error", [httpx.ReadError, httpx.TooManyRedirects, httpx.HTTPStatusError])
def test_signing_client_leaves_no_token_in_an_error_after_a_redirect(form, error):
    """The request that the redirect made had it; the error holds that, and would carry it into a pickle (NL-07)."""
    lab, api_ = Lab(form), Reset(error)
    caught = error_of(form, lab, api_)
    lab.pool.background.stop()
    assert isinstance(caught, error)
    assert set(api_.signed) == {True}
    assert caught.request.url.path == "/b"
    assert lab.bearer().encode() not in pickle.dumps(caught) + repr(caught.request.headers.raw).encode()


def test_signing_client_leaves_the_users_own_authorization_on_a_request(form):
    """Sent again after an error, it is what the user has made."""
    api_ = Reset(httpx.ReadError)
    lab, api_.handle_request = Lab(form), lambda _request: (_ for _ in ()).throw(httpx.ReadError("reset"))
    caught = error_of(form, lab, api_, headers={"Authorization": "Basic abc"})
    lab.pool.background.stop()
    assert caught.request.headers["authorization"] == "Basic abc"


def test_signing_client_passes_an_error_on_that_holds_no_request(form):
    """As one that a hook of the user's raises."""
    lab = Lab(form)

    def close():
        raise httpx.CloseError("of a hook")

    class Hook(Reset):
        def handle_request(self, request):
            response = httpx.Response(403)
            response.raise_for_status = close
            return response

    caught = error_of(form, lab, Hook(None))
    lab.pool.background.stop()
    assert str(caught) == "of a hook"


@pytest.mark.parametrize("base_url", [API, "http://127.0.0.1:8000"])
def test_signing_client_uses_no_proxy_for_loopback(signing, base_url, monkeypatch):
    """Environment proxies break calls to this machine, and would see its tokens; elsewhere they are needed."""
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:1")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:1")
    client = signing(base_url)
    direct = client._transport
    assert client._transport_for_url(httpx.URL("http://127.0.0.1:8000/x")) is direct
    assert client._transport_for_url(httpx.URL("http://localhost/x")) is direct
    assert client._transport_for_url(httpx.URL(API)) is not direct


def test_signing_client_goes_without_mounts_where_there_is_no_proxy(signing):
    """Each is looked at in each call."""
    assert signing()._mounts == {}


@pytest.mark.parametrize("options", [{"proxy": "http://proxy.example:1"}, {"mounts": {"https://": None}}])
def test_signing_client_keeps_the_users_proxies_from_loopback(signing, options):
    """Whatever the user mounts, or has for a proxy."""
    client = signing(**options)
    assert client._transport_for_url(httpx.URL("http://127.0.0.1:8000/x")) is client._transport


def test_signing_client_takes_the_users_options(signing):
    """They come before ours."""
    client = signing(trust_env=False, timeout=3.0)
    assert (client.trust_env, client.timeout.read) == (False, 3.0)
