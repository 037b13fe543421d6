"""The only HTTP towards Cognito, against servers that misbehave on the wire."""

import asyncio
import gzip
import socket
import ssl
import time
from functools import partial

import httpx
import pytest
from lab import wait_for
from protocol.make import everything, failure, leaks
from tokens.servers import OK, answer, answers, drip, flood, reset

from cognito_nb.errors import ConfigurationError, NetworkError, NotSignedInError, ProtocolError
from cognito_nb.protocol.http import MAX_BODY_BYTES, HttpRequest, HttpResponse
from cognito_nb.tokens import transport as transport_module
from cognito_nb.tokens.transport import Transport, tls_context

SECRET = "s3cret-refresh-token-of-ada-0123456789"
HEAD = b"HTTP/1.1 200 OK\r\n"


def get(url, **changes):
    return HttpRequest("key set", "GET", url, **changes)


def post(url):
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": f"Basic {SECRET}"}
    return HttpRequest("token endpoint", "POST", url, headers, f"refresh_token={SECRET}".encode())


@pytest.fixture
def hurry(monkeypatch):
    """Let an exchange take a fifth of a second, not ten."""
    monkeypatch.setattr(transport_module, "_DEADLINE", 0.2)


@pytest.fixture
def scripted(monkeypatch, transport):
    """Answer by httpx itself: a list of exceptions and responses, one for each time a request is sent."""
    sent = []

    def script(*outcomes):
        def handle(request):
            sent.append(request)
            outcome = outcomes[len(sent) - 1]
            if isinstance(outcome, Exception):
                raise outcome
            return httpx.Response(outcome, stream=httpx.ByteStream(b"{}"))

        client = partial(httpx.AsyncClient, transport=httpx.MockTransport(handle))
        monkeypatch.setattr(transport_module, "_new_client", client)
        return sent

    return script


def test_send_returns_the_answer(serve, send):
    """Status, headers by lower-case name, and the whole body."""
    server = serve(answer(b"HTTP/1.1 418 X\r\nX-Test: 1\r\nContent-Length: 4\r\n\r\nbody"))
    response = send(get(server.url))
    assert (response.status, response.headers["x-test"], response.content) == (418, "1", b"body")


def test_send_sends_what_the_request_holds(serve, send):
    """Method, path, headers and body arrive as they are."""
    server = serve(answer(OK))
    send(post(f"{server.url}/oauth2/token"))
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /oauth2/token HTTP/1.1")
    assert (f"Authorization: Basic {SECRET}".encode() in head, body) == (True, f"refresh_token={SECRET}".encode())


@pytest.mark.holds("TR-18")
def test_send_asks_for_no_compression(serve, send):
    """194 kB of gzip can become 200 MB."""
    server = serve(answer(OK))
    send(get(server.url))
    assert b"accept-encoding: identity\r\n" in server.requests[0].lower()


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "br", "gzip, identity"])
@pytest.mark.refused("TR-18")
def test_send_refuses_a_compressed_body(serve, send, encoding):
    """What was not asked for is not inflated."""
    body = gzip.compress(b"{}")
    server = serve(answer(HEAD, f"Content-Encoding: {encoding}\r\nContent-Length: {len(body)}\r\n\r\n".encode(), body))
    with pytest.raises(ProtocolError, match="token endpoint answered with a compressed body"):
        send(post(server.url))


@pytest.mark.holds("TR-01")
def test_send_keeps_no_cookies(serve, send):
    """A cookie that is set comes back with no later request."""
    server = serve(answer(HEAD, b"Set-Cookie: a=b; Path=/\r\nContent-Length: 0\r\n\r\n", keep=True))
    send(get(server.url))
    send(get(server.url))
    assert b"cookie" not in server.requests[1].lower()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.refused("TR-17", "UI-06")
def test_send_follows_no_redirect(serve, send, status):
    """The code and verifier of a token request reach nobody else (TR-17)."""
    target = serve(answer(OK))
    server = serve(answer(f"HTTP/1.1 {status} X\r\nLocation: {target.url}/\r\nContent-Length: 0\r\n\r\n".encode()))
    response = send(post(server.url))
    assert (response.status, target.accepts) == (status, 0)


@pytest.mark.refused("TR-18")
def test_send_stops_at_a_body_that_is_too_large(serve, send):
    """A hostile server cannot fill the kernel's memory, nor for long (TR-18)."""
    sent = []
    server = serve(flood(HEAD + b"Connection: close\r\n\r\n", b"x" * 65536, sent))
    with pytest.raises(NetworkError, match=f"token endpoint's answer is larger than {MAX_BODY_BYTES} bytes"):
        send(post(server.url))
    assert sum(sent) < 16 * MAX_BODY_BYTES


def test_send_takes_the_largest_body(serve, send):
    """The cap itself is allowed."""
    server = serve(answer(HEAD, f"Content-Length: {MAX_BODY_BYTES}\r\n\r\n".encode(), b"x" * MAX_BODY_BYTES))
    assert len(send(get(server.url)).content) == MAX_BODY_BYTES


def test_send_shows_no_body_in_an_error(serve, transport):
    """A body that is refused for its size may hold tokens: no frame of the error keeps it."""
    server = serve(flood(HEAD + b"Connection: close\r\n\r\n", SECRET.encode() * 1000))
    error = failure(partial(transport.background.run, transport.send(post(server.url))))
    assert leaks([SECRET], everything(error)) == []


SLOW = {
    "hang": (b"", b""),
    "dripped body": (HEAD + b"Content-Length: 100000\r\n\r\n", b"x"),
    "dripped headers": (HEAD, b"X-A: b\r\n"),
    "dripped first line": (b"HTTP/1.1", b" "),
    "1xx without end": (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "chunks without end": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "body without length": (HEAD + b"\r\n", b"x"),
}


@pytest.mark.parametrize("case", SLOW)
@pytest.mark.parametrize("make", [get, post])
@pytest.mark.refused("LF-05", "LF-06")
def test_send_ends_at_one_deadline(serve, transport, hurry, case, make):
    """Bytes that trickle in do not prolong an exchange (LF-05, LF-06)."""
    start, piece = SLOW[case]
    server = serve(drip(start, piece))
    started = time.monotonic()
    with pytest.raises(NetworkError, match=f"at 127.0.0.1:{server.port} did not answer within") as caught:
        transport.background.run(transport.send(make(server.url)))
    assert time.monotonic() - started < 2
    assert caught.value.__context__ is None


@pytest.mark.refused("LF-06")
def test_send_ends_at_one_deadline_for_a_flood_of_informational_answers(serve, send, hurry):
    """1xx answers as fast as they go do not keep the deadline from coming."""
    server = serve(flood(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 2000))
    with pytest.raises(NetworkError, match="token endpoint at .* did not answer"):
        send(post(server.url))


def test_send_counts_retries_into_the_deadline(serve, send, monkeypatch, hurry):
    """Three tries have no more time than one."""
    monkeypatch.setattr(transport_module, "_PAUSES", (60.0, 60.0))
    server = serve(reset())
    with pytest.raises(NetworkError, match="did not answer"):
        send(get(server.url))
    assert len(server.requests) == 1


def test_the_deadline_is_ten_seconds():
    """The tests shorten it; this is what holds."""
    assert (transport_module._DEADLINE, transport_module._CONNECT) == (10.0, 5.0)


BROKEN = {
    "closed without an answer": answer(),
    "reset without an answer": reset(),
    "reset in the headers": reset(HEAD + b"X-A:"),
    "closed in the headers": answer(HEAD + b"X-A:"),
    "reset in the body": reset(HEAD + b"Content-Length: 100\r\n\r\nhalf"),
    "body shorter than its length": answer(HEAD + b"Content-Length: 100\r\n\r\nhalf"),
    "chunks cut off": answer(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab"),
    "no HTTP": answer(b"SSH-2.0-OpenSSH_9.9\r\n\r\n"),
    "1 MB of headers": answer(HEAD + b"X-A: b\r\n" * 150_000 + b"\r\n"),
    "one long header": answer(HEAD + b"X-A: " + b"b" * 1_000_000 + b"\r\n\r\n"),
    "two lengths": answer(HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx"),
    "a length that is none": answer(HEAD + b"Content-Length: -1\r\n\r\n"),
    "a switch of protocols": answer(b"HTTP/1.1 101 X\r\nUpgrade: evil\r\nConnection: upgrade\r\n\r\n"),
}


@pytest.mark.parametrize("case", sorted(BROKEN.keys() - {"a switch of protocols"}))
@pytest.mark.refused("LF-04", "LF-06", "LF-07")
def test_send_names_the_endpoint_of_a_broken_exchange(serve, send, case):
    """Whatever breaks on the wire is a NetworkError that says where (LF-04, LF-07)."""
    server = serve(BROKEN[case])
    with pytest.raises(NetworkError, match=rf"The token endpoint at 127.0.0.1:{server.port} broke off the exchange"):
        send(post(server.url))


@pytest.mark.parametrize("case", BROKEN)
@pytest.mark.holds("LF-04", "LF-06", "LF-07")
def test_send_shows_no_secret_of_a_broken_exchange(serve, transport, case):
    """Neither message nor chain nor locals of an error hold what was sent."""
    server = serve(BROKEN[case])

    def call():
        transport.background.run(transport.send(post(server.url)))
        raise NetworkError("answered all the same")

    assert leaks([SECRET], everything(failure(call))) == []


@pytest.mark.parametrize("case", sorted(BROKEN.keys() - {"a switch of protocols"}))
@pytest.mark.holds("LF-01")
def test_send_does_not_repeat_a_post_that_may_have_arrived(serve, send, case):
    """A code is used once: an exchange that broke after the request went out is not tried again (LF-01)."""
    server = serve(BROKEN[case])
    with pytest.raises(NetworkError):
        send(post(server.url))
    assert len(server.requests) == 1


def test_send_repeats_a_get(serve, send):
    """Two passing faults do not end a sign-in."""
    server = serve(answers(reset(), answer(), answer(OK)))
    assert send(get(server.url)).status == 200


def test_send_gives_a_get_up_after_three_tries(serve, send):
    """It is not repeated for ever."""
    server = serve(reset())
    with pytest.raises(NetworkError):
        send(get(server.url))
    assert len(server.requests) == 3


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_send_repeats_a_get_that_may_pass(scripted, send, status):
    """One 503 from discovery or the key set ends no sign-in."""
    sent = scripted(status, status, 200)
    assert (send(get("https://pool.example/keys")).status, len(sent)) == (200, 3)


def test_send_hands_over_an_answer_that_stays_bad(scripted, send):
    """Whoever asked reads the status."""
    sent = scripted(503, 503, 503)
    assert (send(get("https://pool.example/keys")).status, len(sent)) == (503, 3)


@pytest.mark.holds("LF-01")
def test_send_does_not_repeat_a_post_that_was_answered(scripted, send):
    """A code is used once; the refresh engine has pauses of its own (LF-01)."""
    sent = scripted(503, 200)
    assert (send(post("https://pool.example/token")).status, len(sent)) == (503, 1)


@pytest.mark.holds("LF-02")
def test_send_does_not_hurry_an_endpoint_that_asks_for_time(serve, send):
    """Retry-After is for the caller to respect."""
    busy = b"HTTP/1.1 503 Busy\r\nRetry-After: 9\r\nContent-Length: 0\r\n\r\n"
    server = serve(answers(answer(busy), answer(OK)))
    assert send(get(server.url)).headers["retry-after"] == "9"


def test_send_repeats_a_post_on_a_connection_that_was_closed_while_idle(serve, send):
    """A server that ends an idle connection in the instant of its use has not read the request."""
    server = serve(answers(answer(OK, keep=True), answer(), answer(OK)))
    send(get(server.url))
    assert (send(post(server.url)).status, server.accepts) == (200, 2)


def test_send_repeats_a_post_that_found_no_connection(scripted, send):
    """No byte was sent."""
    sent = scripted(httpx.ConnectError("refused"), httpx.ConnectError("refused"), 200)
    send(post("https://pool.example.com"))
    assert len(sent) == 3


@pytest.mark.parametrize(
    "error",
    [
        httpx.ReadError("reset"),
        httpx.WriteError("reset"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("illegal status line"),
        httpx.ProxyError("407 Proxy Authentication Required"),
        httpx.ConnectTimeout("no time is left for another"),
        ssl.SSLError("bad record mac"),
        ConnectionResetError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_send_does_not_repeat_a_post_after(scripted, send, error):
    """The request may have been read, or the time is up."""
    sent = scripted(error, 200)
    with pytest.raises(NetworkError):
        send(post("https://pool.example.com"))
    assert len(sent) == 1


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (httpx.ProxyError("407 Proxy Authentication Required"), "proxy_unusable"),
        (httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate in chain"), "tls_untrusted"),
        (httpx.ConnectError("refused"), "network"),
        (httpx.ReadTimeout("slow"), "network"),
        (httpx.InvalidURL("no host"), "network"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_send_names_the_cause(scripted, send, error, cause):
    """A proxy, its certificates, and the rest of the network are mended in three places."""
    scripted(*[error] * 5)
    with pytest.raises(NetworkError) as caught:
        send(post("https://pool.example.com"))
    assert caught.value.cause == cause


@pytest.mark.accepted("LF-06")
def test_send_takes_ten_thousand_headers(serve, send):
    """They cost no time."""
    server = serve(answer(HEAD + b"a:b\r\n" * 10_000 + b"Content-Length: 0\r\n\r\n"))
    assert isinstance(send(get(server.url)), HttpResponse)


@pytest.mark.refused("LF-03")
def test_send_says_when_nobody_listens(send):
    """A refused connection names host and port (LF-03)."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    with pytest.raises(NetworkError, match=f"key set at 127.0.0.1:{port} cannot be reached"):
        send(get(f"http://127.0.0.1:{port}"))


@pytest.mark.refused("LF-03")
def test_send_gives_a_connection_up_that_does_not_come(send, monkeypatch):
    """A host that swallows packets costs the connect limit once, not the whole deadline (LF-03)."""
    monkeypatch.setattr(transport_module, "_CONNECT", 0.2)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        fillers = [socket.socket() for _ in range(4)]
        try:
            for filler in fillers:
                filler.setblocking(False)
                filler.connect_ex(listener.getsockname())
            started = time.monotonic()
            with pytest.raises(NetworkError, match="cannot be reached"):
                send(get("http://127.0.0.1:{1}".format(*listener.getsockname())))
            assert time.monotonic() - started < 2
        finally:
            for filler in fillers:
                filler.close()


@pytest.mark.parametrize("url", ["https://xn--a.example.com/", "https://1.2.3.999/"])
def test_send_says_when_a_host_name_cannot_be_used(send, url):
    """What only httpx refuses, with errors that are none of its HTTPError, is an error of ours all the same."""
    with pytest.raises(NetworkError, match="has no usable host name"):
        send(get(url))


@pytest.mark.parametrize("url", ["https://a..example.com/", f"https://{'a' * 64}.example.com/"])
@pytest.mark.refused("LF-03")
def test_send_says_when_a_host_name_cannot_be_resolved(send, url):
    """What only the resolver refuses too."""
    with pytest.raises(NetworkError, match="cannot be reached"):
        send(get(url))


def test_send_uses_no_proxy_for_loopback(serve, send, monkeypatch):
    """A company proxy in the environment does not get the calls to a local pool."""
    proxy, server = serve(answer(OK)), serve(answer(OK))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url)
    send(get(server.url))
    send(get(server.url.replace("127.0.0.1", "localhost")))
    assert (proxy.accepts, server.accepts) == (0, 2)


def test_send_uses_the_environments_proxy_elsewhere(serve, send, monkeypatch):
    """Behind a company proxy Cognito is reached through it; a POST that it refused is not repeated."""
    proxy = serve(answer(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"))
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    with pytest.raises(NetworkError, match="token endpoint at pool.example.com"):
        send(post("https://pool.example.com/oauth2/token"))
    assert [request.split(b"\r\n")[0] for request in proxy.requests] == [b"CONNECT pool.example.com:443 HTTP/1.1"]


@pytest.mark.parametrize(
    "proxy", ["gopher://ada:pa55word@proxy", "socks5://ada:pa55word@proxy:1080", "http://ada:pa55word@proxy:port"]
)
def test_send_refuses_a_proxy_that_cannot_be_used(send, monkeypatch, proxy):
    """The environment's mistake is named, without the proxy's password."""
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(ConfigurationError, match="proxy that cannot be used") as caught:
        send(get("https://pool.example.com"))
    assert caught.value.cause == "proxy_unusable"
    assert "pa55word" not in str(caught.value)


@pytest.mark.refused("HC-15")
def test_send_refuses_an_untrusted_certificate(serve, send, certificate):
    """A self-signed certificate is no Cognito; nothing is sent (HC-15)."""
    server = serve(answer(OK), tls=certificate.server)
    with pytest.raises(NetworkError, match="a TLS certificate that this machine does not trust"):
        send(post(server.url))
    assert server.requests == []


def test_send_names_the_endpoint_when_tls_breaks(serve, send, certificate, monkeypatch):
    """A record that is none, after the handshake, leaves httpx as a bare ssl.SSLError (LF-04)."""
    trusting = ssl.create_default_context(cafile=certificate.file)
    monkeypatch.setattr(transport_module, "tls_context", lambda: trusting)

    def garbage(connection, _request):
        with socket.socket(fileno=connection.detach()) as plain:
            plain.sendall(b"HTTP/1.1 200 OK\r\n\r\n{}")

    server = serve(garbage, tls=certificate.server)
    with pytest.raises(NetworkError, match="token endpoint at .* broke off the exchange"):
        send(post(server.url))


def test_tls_context_checks_certificates():
    """Trust is the operating system's, and is never switched off."""
    context = tls_context()
    assert (context.verify_mode, context.check_hostname, context is tls_context()) == (ssl.CERT_REQUIRED, True, True)


def idle(transport):
    """Tell whether a connection is open and waits for its next use."""
    client = transport._client
    return client is not None and any(connection.is_idle() for connection in client._transport._pool.connections)


def test_keep_warm_saves_the_next_request_its_connection(serve, transport, send):
    """The token request after a sign-in needs no handshake."""
    server = serve(answer(OK.replace(b"\r\n\r\n{}", b"\r\n\r\n"), keep=True))
    server.behave = answers(answer(b"HTTP/1.1 405 X\r\nContent-Length: 0\r\n\r\n", keep=True), answer(OK, keep=True))
    warming = transport.background.submit(transport.keep_warm(f"{server.url}/oauth2/token"))
    wait_for(lambda: idle(transport), "the warm connection", 5)
    send(post(f"{server.url}/oauth2/token"))
    warming.cancel()
    methods = [request.split(b" ")[0] for request in server.requests]
    assert (server.accepts, methods) == (1, [b"HEAD", b"POST"])


def test_keep_warm_uses_the_connection_again_and_again(serve, transport, monkeypatch):
    """While the user types, the connection does not grow cold."""
    monkeypatch.setattr(transport_module, "_RENEW", 0.001)
    server = serve(answer(b"HTTP/1.1 405 X\r\nContent-Length: 0\r\n\r\n", keep=True))
    warming = transport.background.submit(transport.keep_warm(server.url))
    wait_for(lambda: len(server.requests) >= 3, "three requests", 5)
    warming.cancel()
    assert server.accepts == 1


def test_keep_warm_sends_nothing_of_the_url_but_its_origin(serve, transport):
    """Paths and queries are nobody's business yet."""
    server = serve(answer(b"HTTP/1.1 405 X\r\nContent-Length: 0\r\n\r\n", keep=True))
    warming = transport.background.submit(transport.keep_warm(f"{server.url}/oauth2/token?a=b"))
    wait_for(lambda: server.requests, "the request", 5)
    warming.cancel()
    assert server.requests[0].startswith(b"HEAD / HTTP/1.1\r\n")


def test_keep_warm_outlives_failures(serve, transport, monkeypatch):
    """A sign-in does not end because an optimisation failed."""
    monkeypatch.setattr(transport_module, "_RENEW", 0.001)
    server = serve(reset())
    warming = transport.background.submit(transport.keep_warm(server.url))
    wait_for(lambda: len(server.requests) > 6, "another round", 5)
    assert not warming.done()
    warming.cancel()


def test_close_ends_the_connections(serve, send, transport):
    """Nothing stays open after sign-out; the server sees the end."""
    server = serve(answer(OK, keep=True))
    send(get(server.url))
    transport.close()
    for thread in server._threads[1:]:
        thread.join(5)
    assert not any(thread.is_alive() for thread in server._threads[1:])


def test_close_may_be_called_twice(serve, send, transport):
    """Closing what is closed is no error."""
    send(get(serve(answer(OK, keep=True)).url))
    transport.close()
    transport.close()


def test_send_after_close_is_refused(transport):
    """No thread comes back for a session that was closed."""
    transport.close()
    with pytest.raises(NotSignedInError):
        transport.background.run(transport.send(get("http://127.0.0.1:9")))


def test_close_ends_an_exchange_that_is_under_way(serve):
    """Signing out does not wait for a server that hangs; whoever waited is told."""
    transport = Transport()
    server = serve(lambda _connection, _request: server.stopping.wait(5))
    future = transport.background.submit(transport.send(get(server.url)))
    wait_for(lambda: server.requests, "the request", 5)
    transport.close()
    assert isinstance(future.exception(5), NotSignedInError)


def test_transport_serves_several_event_loops(serve, transport):
    """The connection of one caller's loop is used by the next one's."""
    server = serve(answer(OK, keep=True))
    statuses = [asyncio.run(transport.background.arun(transport.send(get(server.url)))).status for _ in range(3)]
    assert (statuses, server.accepts) == ([200, 200, 200], 1)
