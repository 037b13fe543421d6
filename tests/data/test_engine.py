"""Engine: aiohttp and httpx behave alike, over real connections. Each test runs with both."""

import asyncio
import gzip
import ssl

import httpx
import pytest
import trustme
from tokens.servers import OK, RawServer

from cognito_nb.data import engine as engine_module
from cognito_nb.data.engine import Engine

_READ = (
    "status_code",
    "reason_phrase",
    "http_version",
    "encoding",
    "history",
    "next_request",
    "is_closed",
    "is_stream_consumed",
    "num_bytes_downloaded",
)


@pytest.fixture(params=["aiohttp", "httpx"])
def carrier(request, monkeypatch):
    """Which one carries the requests."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    if request.param == "httpx":
        monkeypatch.setattr(engine_module, "find_spec", lambda _: None)
    return request.param


@pytest.fixture
def serve():
    servers = []

    def start(behave, **options):
        servers.append(RawServer(behave, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


def answering(content):
    def behave(connection, _request):
        connection.sendall(content)
        return True

    return behave


def send(*requests, timeout=5.0):
    """Send requests one after the other over one engine; returns the responses."""

    async def main():
        engine = Engine(timeout)
        try:
            return [await engine.send(request) for request in requests]
        finally:
            await engine.aclose()

    return asyncio.run(main())


def get(url, **options):
    return httpx.Request("GET", url, **options)


def test_engine_gives_httpx_responses(carrier, serve):
    """With status, headers, body and the request, read whole."""
    server = serve(answering(b'HTTP/1.1 418 X\r\nContent-Length: 8\r\nX-A: 1\r\nX-A: 2\r\n\r\n{"n": 1}'))
    request = get(f"{server.url}/p?x=%20+a")
    [response] = send(request)
    assert (response.status_code, response.json(), response.headers.get_list("x-a")) == (418, {"n": 1}, ["1", "2"])
    assert (response.request, response.url) == (request, request.url)
    assert server.requests[0].startswith(b"GET /p?x=%20+a HTTP/1.1\r\n")
    assert 0 < response.elapsed.total_seconds() < 5


@pytest.mark.parametrize("body", [b'{"n": 1}', b"", gzip.compress(b'{"n": 1}')], ids=["plain", "empty", "gzip"])
def test_engine_gives_responses_as_httpx_reads_them(carrier, serve, body):
    """To the last attribute: how it was read, how much came, and what the server calls its status."""
    encoding = b"Content-Encoding: gzip\r\n" if body[:2] == b"\x1f\x8b" else b""
    head = b"HTTP/1.0 200 Fine\r\nContent-Type: text/plain; charset=latin-1\r\n%sContent-Length: %d\r\n\r\n"
    server = serve(answering(head % (encoding, len(body)) + body))
    with httpx.Client(trust_env=False) as client:
        usual = client.get(server.url)
    [response] = send(get(server.url))
    assert vars(response).keys() - {"_decoder"} == vars(usual).keys() - {"_decoder"}
    for name in (*_READ, "content", "text", "headers"):
        assert getattr(response, name) == getattr(usual, name), name
    assert [*response.iter_bytes()] == [*usual.iter_bytes()]
    with pytest.raises(httpx.StreamConsumed):
        [*response.iter_raw()]


def test_engine_sends_method_fields_and_body(carrier, serve):
    """As the request has them."""
    server = serve(answering(OK))
    fields = [(b"X-A", "ä".encode()), (b"Authorization", b"Bearer x")]
    send(httpx.Request("PUT", server.url, json={"n": 1}, headers=fields))
    [request] = server.requests
    assert request.startswith(b"PUT / HTTP/1.1\r\n")
    assert request.endswith(b'\r\n\r\n{"n":1}')
    assert request.lower().count(b"content-length: 7") == request.lower().count(b"host: 127.0.0.1") == 1
    assert b"x-a: \xc3\xa4\r\n" in request.lower()
    assert b"authorization: bearer x\r\n" in request.lower()


@pytest.mark.parametrize("field", ["Transfer-Encoding", "transfer-encoding", "Content-Length"])
def test_aiohttp_frames_a_body_itself(serve, field):
    """A framing field of the user's would let the body pass for a request of its own (RFC 9112 §11.2)."""
    server = serve(answering(OK))
    value = "chunked" if field.lower() == "transfer-encoding" else "2"
    send(httpx.Request("POST", server.url, headers={field: value}, content=b"body"))
    head = server.requests[0].lower().partition(b"\r\n\r\n")[0]
    assert (head.count(b"content-length: 4"), head.count(b"content-length"), head.count(b"transfer")) == (1, 1, 0)


def test_engine_refuses_two_hosts(carrier, serve):
    """A server, and a proxy before it, could choose differently (RFC 9112 §3.2)."""
    server = serve(answering(OK))
    request = get(server.url, headers=[("Host", "a.example"), ("host", "b.example")])
    with pytest.raises(httpx.LocalProtocolError, match="multiple Host") as caught:
        send(request)
    assert (caught.value.request, server.requests) == (request, [])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (b"X-A", b"a\r\nX-Evil: 1"),
        (b"X-A", b"a\nb"),
        (b"X-A", b"a\0b"),
        (b"Transfer-Encoding ", b"chunked"),
        (b"Transfer-Encoding: chunked, x", b"a"),
        (b"X-\xe4", b"a"),
        (b"", b"a"),
    ],
)
def test_engine_refuses_a_field_that_would_be_another(carrier, serve, name, value):
    """A line's end within a value, or a name that a server could read in two ways."""
    server = serve(answering(OK))
    with pytest.raises(httpx.LocalProtocolError):
        send(httpx.Request("POST", server.url, headers=[(name, value)], content=b"body"))
    assert server.requests == []


def test_aiohttp_refuses_a_field_that_is_no_utf_8(serve):
    """It could not send it byte for byte; the error does not show the value."""
    server = serve(answering(OK))
    with pytest.raises(httpx.LocalProtocolError, match="^'utf-8' codec") as caught:
        send(get(server.url, headers=[(b"X-A", b"secret-\xe4")]))
    assert "secret" not in str(caught.value)
    assert server.requests == []


def test_engine_decodes_gzip(carrier, serve):
    """A compressed answer reads like any other."""
    body = gzip.compress(b'{"n": 1}')
    server = serve(
        answering(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
    )
    assert send(get(server.url))[0].json() == {"n": 1}


def test_engine_reads_chunks(carrier, serve):
    """Of a length that is not known before."""
    chunks = b"2\r\n{}\r\n0\r\n\r\n"
    server = serve(answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks))
    assert send(get(server.url))[0].json() == {}


def test_engine_keeps_the_connection(carrier, serve):
    """One is enough for requests that follow each other."""
    server = serve(answering(OK))
    send(*[get(server.url)] * 5)
    assert (len(server.requests), server.accepts) == (5, 1)


def test_engine_keeps_no_cookie(carrier, serve):
    """Calls do not depend on each other."""
    server = serve(answering(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 2\r\n\r\n{}"))
    send(get(server.url), get(server.url))
    assert not any(b"cookie" in request.lower() for request in server.requests)


def test_engine_follows_no_redirect(carrier, serve):
    """Nor does it send anything elsewhere (HC-01)."""
    elsewhere = serve(answering(OK))
    moved = f"HTTP/1.1 307 X\r\nLocation: {elsewhere.url}/\r\nContent-Length: 0\r\n\r\n".encode()
    [response] = send(get(serve(answering(moved)).url, headers={"Authorization": "Bearer x"}))
    assert (response.status_code, elsewhere.accepts) == (307, 0)


def test_engine_takes_a_long_header_field(carrier, serve):
    """A Link header may be longer than 8 kB."""
    link = b"x" * 20_000
    server = serve(answering(b"HTTP/1.1 200 OK\r\nLink: %s\r\nContent-Length: 2\r\n\r\n{}" % link))
    assert len(send(get(server.url))[0].headers["link"]) == 20_000


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", httpx.RemoteProtocolError),
        (b"nonsense\r\n\r\n", httpx.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", httpx.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", httpx.DecodingError),
    ],
    ids=["hung up", "no HTTP", "cut off", "no gzip"],
)
def test_engine_fails_with_httpx_errors(carrier, serve, content, error):
    """Whatever it is that carries; with the request, which is how httpx's users tell them apart."""

    def behave(connection, _request):
        connection.sendall(content)

    request = get(serve(behave).url)
    with pytest.raises(error) as caught:
        send(request)
    assert caught.value.request is request


def test_engine_fails_without_a_server(carrier, serve):
    """Nobody listens."""
    server = serve(answering(OK))
    server.stop()
    with pytest.raises(httpx.ConnectError, match="(?i)^(?!.*ssl)") as caught:
        send(get(server.url))
    assert "connect" in str(caught.value)


def test_engine_fails_after_a_time_without_a_sign_of_life(carrier, serve):
    """The server says nothing."""
    server = serve(lambda _connection, _request: server.stopping.wait(5))
    with pytest.raises(httpx.ReadTimeout):
        send(get(server.url), timeout=0.05)


def test_engine_refuses_a_certificate_that_the_system_does_not_trust(carrier, serve):
    """Nothing is sent (HC-15)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    server = serve(answering(OK), tls=context)
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        send(get(server.url))
    assert server.requests == []


def test_engine_speaks_tls(carrier, serve, monkeypatch):
    """To a server that the system trusts, and leaves no connection open behind."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    for module in ("engine", "aiohttp_carrier"):
        monkeypatch.setattr(f"cognito_nb.data.{module}.tls_context", lambda: trusting)
    server = serve(answering(OK), tls=context)
    assert [response.json() for response in send(get(server.url), get(server.url))] == [{}, {}]


def test_engine_uses_no_proxy_for_loopback(carrier, serve, monkeypatch):
    """Environment proxies break such calls (measured)."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert send(get(serve(answering(OK)).url))[0].json() == {}


def test_engine_uses_the_environments_proxy_for_other_hosts(carrier, serve, monkeypatch):
    """The name is not even looked up here."""
    proxy = serve(answering(OK))
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    assert send(get("http://api.invalid/p"))[0].json() == {}
    assert proxy.requests[0].startswith(b"GET http://api.invalid/p HTTP/1.1\r\n")


def test_engine_sends_no_user_and_password_of_a_url(carrier, serve):
    """The token is what signs."""
    server = serve(answering(OK))
    send(get(server.url.replace("//", "//ada:secret@"), headers={"Authorization": "Bearer x"}))
    assert b"Authorization: Bearer x\r\n" in server.requests[0]
    assert b"Basic" not in server.requests[0]
