"""CognitoAuth: where tokens go, and the one replay after a 401; with httpx and httpx2, sync and async."""

import asyncio
import copy
import datetime as dt
import gc
import logging
import pickle
import ssl
import sys
import time
import warnings
import weakref
from dataclasses import replace

import httpx
import httpx2
import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st
from tokens.fakes import NO_MEMORY, FakePool, new_tokens
from tokens.lab import API, Lab
from tokens.servers import OK

from cognito_nb.errors import NotSignedInError, SessionExpiredError, TokenResponseError, UntrustedOriginError
from cognito_nb.tokens.auth import CognitoAuth, auth_for_any_httpx
from cognito_nb.tokens.authorization import allowed_origins
from cognito_nb.tokens.clients import signing_async_client, signing_client
from cognito_nb.tokens.refresh import RefreshEngine
from cognito_nb.tokens.source import TokenSource


@pytest.fixture(params=["sync", "async"])
def form(request):
    return request.param


@pytest.fixture(params=[httpx, httpx2], ids=lambda library: library.__name__)
def lab(form, request):
    lab = Lab(form, request.param)
    yield lab
    lab.pool.background.stop()


@pytest.mark.parametrize("kind", ["access", "id"])
def test_auth_sends_the_token_asked_for(lab, kind):
    """In the Authorization header, as Bearer (RFC 6750 §2.1)."""
    lab.call("GET", "/orders", kind=kind)
    assert lab.requests == [(f"{API}/orders", lab.bearer(kind=kind), b"")]


@pytest.mark.parametrize("kind", ["access", "id"])
@pytest.mark.holds("HC-16")
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
@pytest.mark.refused("HC-04")
def test_auth_sends_no_token_to_another_origin(lab, url):
    """Look-alikes, other ports and other schemes are refused before a byte is sent (HC-04)."""
    with pytest.raises(UntrustedOriginError, match=r"No token goes to .*: allowed is https://api.example.com:443"):
        lab.call("GET", url)
    assert lab.requests == []


def test_auth_refuses_a_url_without_a_host(lab):
    """A relative URL in a client of the user's own, without base_url, is an error of ours, not a bare ValueError."""
    with pytest.raises(UntrustedOriginError):
        lab.call("GET", "/orders", client={"base_url": ""})


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
@pytest.mark.refused("HC-01", "HC-02")
def test_auth_gives_no_redirect_the_token(lab, status, location):
    """Host, port or scheme differ: the redirected request goes out without it (HC-01, HC-02)."""
    lab.answers = [lab.response(status, Location=location)]
    lab.call("POST", "/orders", json={"a": 1}, client={"follow_redirects": True})
    assert lab.tokens_sent == [lab.bearer(), None]


def test_auth_keeps_the_token_on_a_redirect_within_the_origin(lab):
    """A slash that is added changes nothing."""
    lab.answers = [lab.response(307, Location="/orders/")]
    lab.call("GET", "/orders", client={"follow_redirects": True})
    assert lab.tokens_sent == [lab.bearer(), lab.bearer()]


def test_auth_renews_nothing_for_a_redirected_401(lab):
    """A foreign host that answers 401 to a redirected request causes no refresh, and gets no token."""
    lab.answers = [lab.response(302, Location="https://evil.example/"), lab.response(401)] * 2
    lab.call("GET", "/orders", client={"follow_redirects": True})
    assert [url for url, token, _ in lab.requests if token] == [f"{API}/orders"]


@pytest.mark.accepted("HC-05")
def test_auth_renews_and_sends_once_more_after_a_401(lab):
    """One refresh, one replay, with the same body (HC-05)."""
    old = lab.bearer()
    lab.answers = [lab.response(401)]
    response = lab.call("POST", "/orders", json={"a": 1})
    bodies = {body for _, _, body in lab.requests}
    assert (response.status_code, lab.tokens_sent) == (200, [old, lab.bearer()])
    assert (len(bodies), len(lab.pool.asked)) == (1, 1)


def test_auth_gives_up_after_one_replay(lab):
    """A 401 for ever ends with the second (HC-06)."""
    lab.answers = [lab.response(401), lab.response(401), lab.response(200)]
    assert (lab.call("GET", "/orders").status_code, len(lab.requests)) == (401, 2)


@pytest.mark.holds("HC-06")
def test_auth_asks_for_one_refresh_however_often_an_api_refuses(lab):
    """An API that answers 401 for ever causes one refresh, not one per call; later, one may try again (HC-06)."""
    lab.answers = [lab.response(401) for _ in range(20)]
    for _ in range(5):
        assert lab.call("GET", "/orders").status_code == 401
    assert len(lab.pool.asked) == 1
    lab.source.monotonic = lambda: time.monotonic() + 31
    lab.call("GET", "/orders")
    assert len(lab.pool.asked) == 2


@pytest.mark.parametrize("last", [200, 401])
@pytest.mark.holds("HC-11", "NL-07")
def test_auth_takes_the_token_off_what_the_user_keeps(lab, last):
    """A response holds its request, also those of redirects: pickled or cached, they hold no token (NL-07)."""
    lab.answers = [lab.response(307, Location="/elsewhere"), lab.response(last)]
    response = lab.call("GET", "/orders", client={"follow_redirects": True})
    kept = [response.request, *(earlier.request for earlier in response.history)]
    assert len(kept) > 1
    assert all("authorization" not in request.headers for request in kept)
    assert lab.bearer().encode() not in pickle.dumps(response)


def test_auth_signs_a_request_anew_when_it_is_sent_again(lab):
    """A request object that the user sends twice has the current token, and no more than the origin allows (HC-04)."""
    with lab.library.Client(auth=lab.auth(), base_url=API, transport=lab.transport) as client:
        request = client.build_request("GET", "/orders")
        client.send(request)
        lab.engine.renew(lab.source.tokens)
        client.send(request)
        assert lab.tokens_sent[1] == lab.bearer() != lab.tokens_sent[0]
        request.url = lab.library.URL("https://evil.example/")
        with pytest.raises(UntrustedOriginError):
            client.send(request)


def test_auth_keeps_what_the_users_hooks_add(lab):
    """A request id that a hook has given stays on the request that the response holds; the token does not."""

    def hook(request):
        request.headers["X-Request-ID"] = "7"

    async def async_hook(request):
        hook(request)

    response = lab.call("GET", "/orders", client={"event_hooks": {"request": [async_hook if lab.is_async else hook]}})
    assert (lab.tokens_sent, response.request.headers["x-request-id"]) == ([lab.bearer()], "7")
    assert "authorization" not in response.request.headers


def test_auth_gives_each_request_fields_of_its_own(lab):
    """What a hook adds to one request is not on the next one."""
    ids, seen = ["7", None], []

    def hook(request):
        if (request_id := ids.pop(0)) is not None:
            request.headers["X-Request-ID"] = request_id
        seen.append(request.headers.get("x-request-id"))

    async def async_hook(request):
        hook(request)

    settings = {"auth": lab.auth(), "event_hooks": {"request": [async_hook if lab.is_async else hook]}}
    for _ in range(2):
        lab.call("GET", "/orders", client=settings)
    assert seen == ["7", None]


@pytest.mark.holds("HC-11")
def test_auth_leaves_no_token_on_a_request_that_failed(lab):
    """A network error holds its request, too."""

    def fail(request):
        raise lab.library.ReadError("reset", request=request)

    lab.answers = [fail]
    with pytest.raises(lab.library.ReadError) as caught:
        lab.call("GET", "/orders")
    assert "authorization" not in caught.value.request.headers


@pytest.mark.parametrize("status", [200, 400, 403, 404, 407, 419, 500, 503])
def test_auth_replays_no_other_status(lab, status):
    """403 insufficient_scope is no reason for a refresh (RFC 6750 §3.1)."""
    lab.answers = [lab.response(status, WWW_Authenticate='Bearer error="insufficient_scope"')]
    assert (lab.call("GET", "/orders").status_code, len(lab.pool.asked)) == (status, 0)


def test_auth_replays_nothing_without_a_refresh_token(lab):
    """The API's 401 is the answer; the session stays."""
    lab.source.replace(lab.source.tokens, new_tokens(refresh_token=None))
    lab.answers = [lab.response(401)]
    assert (lab.call("GET", "/orders").status_code, lab.source.is_alive) == (401, True)


@pytest.mark.refused("HC-07")
def test_auth_does_not_replay_a_body_that_is_used_up(lab, tmp_path):
    """An upload from a file is not sent a second time as nothing: the 401 comes back (HC-07)."""
    (tmp_path / "file").write_bytes(b"content")
    lab.answers = [lab.response(401)]
    with (tmp_path / "file").open("rb") as file:
        response = lab.call("POST", "/upload", files={"file": file})
    assert (response.status_code, len(lab.requests), len(lab.pool.asked)) == (401, 1, 0)


@pytest.mark.refused("HC-07")
def test_auth_does_not_replay_a_generator(lab):
    """The same for a streamed body (HC-07)."""

    async def async_parts():
        yield b"part"

    lab.answers = [lab.response(401)]
    parts = async_parts() if lab.is_async else iter([b"part"])
    response = lab.call("POST", "/upload", content=parts)
    assert (response.status_code, [body for _, _, body in lab.requests]) == (401, [b"part"])


@pytest.mark.parametrize(
    "challenge", ["\x7f\x01Bearer", "x" * 1_000_000, 'Bearer realm="https://evil.example/", error="invalid_token"', ""]
)
@pytest.mark.holds("HC-08")
def test_auth_believes_nothing_of_a_challenge(lab, challenge):
    """Whatever WWW-Authenticate says, nobody else is asked (HC-08)."""
    lab.answers = [lab.response(401, WWW_Authenticate=challenge)]
    lab.call("GET", "/orders")
    assert {url for url, _, _ in lab.requests} == {f"{API}/orders"}


@pytest.mark.holds("HC-09")
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


@pytest.mark.parametrize("error", [TokenResponseError("invalid_client"), SessionExpiredError("invalid_grant")])
def test_auth_raises_why_a_401_could_not_be_mended(lab, error):
    """The reason is the refresh's, and the request is not sent again."""
    lab.answers = [lab.response(401)]
    lab.pool.answers = [error]
    with pytest.raises(type(error)):
        lab.call("GET", "/orders")
    assert len(lab.requests) == 1


@pytest.mark.accepted("HC-13")
def test_auth_leaves_an_authorization_of_the_users_own(lab):
    """The user's choice wins, wherever it goes; no token is added (HC-13)."""
    lab.call("GET", "https://other.example/", headers={"Authorization": "Basic abc"})
    assert lab.tokens_sent == ["Basic abc"]


@pytest.mark.accepted("HC-13")
def test_auth_leaves_an_authorization_of_the_users_own_to_the_api(lab):
    """Also after sign-out, and given twice: what the user sends is the user's."""
    lab.call("GET", "/orders", headers={"AUTHORIZATION": "Basic abc"})
    lab.call("GET", "/orders", headers=[("authorization", "Basic a"), ("authorization", "Basic b")])
    lab.source.wipe()
    lab.call("GET", "/orders", headers={"Authorization": "Basic abc"})
    assert lab.tokens_sent == ["Basic abc", "Basic a, Basic b", "Basic abc"]


def test_auth_leaves_the_answer_to_an_authorization_of_the_users_own(lab):
    """A 401 to it is no reason to renew (HC-13)."""
    lab.answers = [lab.response(401)]
    lab.call("GET", "/orders", headers={"Authorization": "Basic abc"})
    assert (len(lab.requests), len(lab.pool.asked)) == (1, 0)


@pytest.mark.accepted("HC-13")
def test_auth_switched_off_for_a_call_adds_nothing(lab):
    """`auth=None` means none, also for an origin that nobody allowed (HC-13)."""
    lab.call("GET", "https://other.example/", auth=None)
    assert lab.tokens_sent == [None]


def test_auth_signs_whatever_a_request_has_for_fields(lab):
    """Fields that change from one call to the next arrive, each with the token."""
    seen = []
    lab.answers = [lambda request: (seen.append(dict(request.headers)), lab.response(200))[1]] * 4
    for number in ("1", "2", "2", "1"):
        lab.call("GET", "/orders", headers={"X-Number": number})
    assert [(fields["x-number"], fields["authorization"]) for fields in seen] == [
        (number, lab.bearer()) for number in ("1", "2", "2", "1")
    ]


@pytest.mark.parametrize("name", [b"Ada", "Ad\u00e9".encode(), b"Ad\xe9"], ids=["ASCII", "UTF-8", "Latin-1"])
def test_auth_changes_no_field_of_the_users(lab, name):
    """Whatever its bytes, and what a hook writes beside it: it arrives, and is read, as without a token."""
    seen = []

    def hook(request):
        request.headers["X-More"] = "m\u00e9"

    async def async_hook(request):
        hook(request)

    def see(request):
        raw = [field for field in request.headers.raw if field[0] != b"Authorization"]
        read = [field for field in request.headers.multi_items() if field[0] != "authorization"]
        seen.append((raw, read))
        return lab.response(200)

    hooks = {"event_hooks": {"request": [async_hook if lab.is_async else hook]}}
    lab.answers = [see] * 3
    for auth in (None, lab.auth(), lab.auth()):  # the last one has what the one before it has kept
        lab.call("GET", "/orders", headers={b"X-Name": name}, client=hooks | {"auth": auth})
    assert seen[0] == seen[1] == seen[2]


@pytest.mark.parametrize(
    ("kind", "with_id", "challenge", "told"),
    [
        ("access", True, "", 'sent: the access token. To try: token="id".'),
        ("id", True, "", 'sent: the id token. To try: token="access".'),
        ("access", False, "", "sent: the access token; this session has no other: its scopes lack openid"),
        ("id", True, 'Bearer error="insufficient_scope"', "sent: the id token; it lacks a scope"),
    ],
)
def test_auth_says_on_a_401_what_was_sent_and_what_to_try(lab, kind, with_id, challenge, told):
    """In the error of the user's own `raise_for_status`, and in the response's repr."""
    lab.source.replace(lab.source.tokens, new_tokens(with_id=with_id, refresh_token=None))
    lab.answers = [lab.response(401, WWW_Authenticate=challenge)]
    response = lab.call("GET", "/orders", kind=kind)
    with pytest.raises(lab.library.HTTPStatusError) as caught:
        response.raise_for_status()
    assert f"401 Unauthorized ({told})" in str(caught.value)
    assert f"401 Unauthorized ({told})" in repr(response)


def test_auth_says_so_of_the_last_401_only(lab):
    """The first one is mended, so there is nothing to try."""
    lab.answers = [lab.response(401)]
    assert lab.call("GET", "/orders").reason_phrase == "OK"


@pytest.mark.parametrize("before", [[], [401]])
def test_auth_says_nothing_of_somebody_elses_401(lab, before):
    """A foreign host to which a redirect led had no token, at the first try or the second."""
    lab.answers = [*map(lab.response, before), lab.response(302, Location="https://evil.example/"), lab.response(401)]
    assert lab.call("GET", "/orders", client={"follow_redirects": True}).reason_phrase == "Unauthorized"


def test_auth_keeps_the_refresh_out_of_the_users_sight(lab):
    """Neither event hooks nor the history see the token endpoint."""
    seen = []

    def hook(message):
        seen.append(str(getattr(message, "url", "")))

    async def async_hook(message):
        hook(message)

    hooks = {"request": [async_hook if lab.is_async else hook]}
    lab.answers = [lab.response(401)]
    response = lab.call("GET", "/orders", client={"event_hooks": hooks})
    history = [str(earlier.url) for earlier in response.history]
    assert (seen, history) == ([f"{API}/orders"] * 2, [f"{API}/orders"])


@pytest.mark.holds("HC-11", "HC-12")
def test_auth_shows_no_token(lab, caplog, capsys):
    """Not in repr or str of client, auth, request, response, headers or errors, nor in any log (HC-11, HC-12)."""
    caplog.set_level(logging.DEBUG)
    lab.answers = [lab.response(401)]
    tokens = [lab.source.tokens]
    response = lab.call("GET", "/orders")
    tokens.append(lab.source.tokens)
    request = response.request
    auth = lab.auth()
    shown = [auth, vars(auth), lab.source, request, request.headers, response, response.headers, lab.engine, tokens]
    text = " ".join([*map(repr, shown), *map(str, shown), caplog.text, *capsys.readouterr()])
    assert not any(used.get(kind).token.reveal() in text for used in tokens for kind in ("access", "id"))


@pytest.mark.parametrize("send", [pickle.dumps, copy.copy, copy.deepcopy], ids=["pickle", "copy", "deepcopy"])
@pytest.mark.refused("NL-07")
def test_auth_cannot_be_copied_or_pickled(lab, send):
    """Nor a client that holds it: tokens do not leave the kernel (NL-07)."""
    with pytest.raises(TypeError, match="must not leave this kernel"):
        send(lab.auth())


def test_auth_goes_without_httpx2(monkeypatch):
    """It is not needed."""
    monkeypatch.setitem(sys.modules, "httpx2", None)
    assert auth_for_any_httpx.__wrapped__() is CognitoAuth


def test_auth_keeps_no_token_after_sign_out():
    """What was made of the tokens goes with them: a client that lives on holds none (RV-01)."""
    lab = Lab("sync")
    lab.call("GET", "/orders", client={"auth": (auth := lab.auth())})
    kept = weakref.ref(lab.source.tokens.signed["access"][1])
    assert kept() is not None
    lab.source.wipe()
    gc.collect()
    assert (kept(), auth._kind) == (None, "access")
    lab.pool.background.stop()


@pytest.mark.accepted("HC-10")
def test_auth_is_shared_by_threads_and_loops():
    """One auth object serves sync and async clients, and both libraries (HC-10)."""
    labs = [Lab(form, library) for form in ("sync", "async") for library in (httpx, httpx2)]
    for lab in labs[1:]:
        lab.engine, lab.source = labs[0].engine, labs[0].source
    auth = labs[0].auth()
    labs[0].source.replace(labs[0].source.tokens, new_tokens(left=-1))
    for lab in (*labs, *labs):
        lab.call("GET", "/orders", client={"auth": auth})
    assert len(labs[0].pool.asked) == 1
    labs[0].pool.background.stop()


@pytest.mark.parametrize("arrivals", [50])
@pytest.mark.holds("HC-06")
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
        async with signing_async_client(lab.auth(), API, {"transport": httpx.MockTransport(handle)}) as client:
            return await asyncio.gather(*(client.get("/orders") for _ in range(arrivals)))

    responses = asyncio.run(main())
    lab.pool.background.stop()
    assert {response.status_code for response in responses} == {401}
    assert (len(sent), sent.count(old), len(lab.pool.asked)) == (2 * arrivals, arrivals, 1)


@given(
    st.text(st.characters(max_codepoint=0x2FF), max_size=30),
    st.sampled_from(["https://", "http://", "", "https:/"]),
    st.sampled_from([httpx, httpx2]),
)
def test_auth_reads_any_url_as_httpx_does(text, scheme, library):
    """Whatever the URL: a request that carries a token goes to the allowed host, as httpx itself sees it."""
    hosts = []

    def handle(request):
        hosts.append(request.url.host)
        return library.Response(200)

    engine = RefreshEngine(TokenSource(new_tokens()), FakePool(), NO_MEMORY)
    auth = auth_for_any_httpx()(engine, allowed_origins([API]), "access")
    with library.Client(transport=library.MockTransport(handle), auth=auth, trust_env=False, verify=False) as client:
        try:
            client.get(f"{scheme}{text}api.example.com{text}")
        except (
            UntrustedOriginError,
            library.InvalidURL,
            UnicodeError,
        ):  # the latter two are httpx's, of its own argument
            return
    assert [host.rstrip(".") for host in hosts] == ["api.example.com"]


def test_auth_signs_with_a_real_session(silent, person):
    """Against the local pool's API, through a refresh, without a secret in any log (HC-12)."""
    tokens = replace(person.tokens(), deadline=time.monotonic() - 1)
    engine = RefreshEngine(TokenSource(tokens), person.user_pool, NO_MEMORY)
    auth = CognitoAuth(engine, allowed_origins([person.pool.api_url]), "access")
    with signing_client(auth, person.pool.api_url, {}) as client:
        assert client.get("/me").status_code == 200


@pytest.fixture(scope="session")
def authority():
    return trustme.CA()


@pytest.fixture(params=["nobody's", "expired", "of another host", "of an old TLS"])
def untrusted_tls(request, authority):
    """A server's TLS that a client, which trusts the authority, must not speak to."""
    signer = trustme.CA() if request.param == "nobody's" else authority
    host = "api.example.com" if request.param == "of another host" else "127.0.0.1"
    expired = dt.datetime.now(dt.UTC) - dt.timedelta(days=1) if request.param == "expired" else None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    signer.issue_cert(host, not_after=expired).configure_cert(context)
    if request.param == "of an old TLS":
        with warnings.catch_warnings(action="ignore"):
            context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1
    return context


@pytest.mark.refused("HC-15")
def test_auth_sends_nothing_over_tls_that_is_not_trusted(lab, serve, authority, untrusted_tls):
    """The HTTP client's own error says why; not a byte of the request has left, and nobody is told to stop checking."""
    server = serve(lambda connection, _: connection.sendall(OK), tls=untrusted_tls)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with pytest.raises(lab.library.ConnectError, match=r"(?i)certificate|version|alert|protocol") as caught:
        lab.call(
            "GET",
            f"{server.url}/orders",
            origins=[server.url],
            client={"transport": None, "verify": trusting, "trust_env": False},
        )
    assert server.requests == []
    assert "verify=" not in str(caught.value)
