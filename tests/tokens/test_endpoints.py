"""Each of the provider's endpoints over the one transport: what it is sent, and each way in which its answer is bad."""

import errno
import gzip
import socket
import ssl
import time
import tracemalloc
from functools import partial
from urllib.parse import parse_qsl

import pytest
from protocol.make import CLIENT_ID, REDIRECT_URI, everything, failure, leaks
from tokens.fakes import NO_MEMORY, new_tokens
from tokens.servers import answer, drip, flood, json_answer, reset

from cognito_nb.config import CognitoConfig
from cognito_nb.errors import NetworkError, ProtocolError
from cognito_nb.protocol.authorize import new_authorization_request, validate_authorization_response
from cognito_nb.protocol.http import MAX_BODY_BYTES
from cognito_nb.protocol.metadata import Metadata
from cognito_nb.secret import Secret
from cognito_nb.tokens import transport as transport_module
from cognito_nb.tokens.keys import KeyCache
from cognito_nb.tokens.refresh import RefreshEngine
from cognito_nb.tokens.source import TokenSource
from cognito_nb.tokens.user_pool import UserPool, discover

BODY = "canary-of-an-answers-body-0123456789"  # nothing of a body is shown
CODE, REFRESH = "c0de-canary-0123456789", "refresh-canary-0123456789"
JSON = f'{{"sub":"{BODY}","keys":"{BODY}","access_token":"{BODY}","issuer":"{BODY}"}}'.encode()
BOMB = gzip.compress(b" " * 32 * MAX_BODY_BYTES)
HEAD = b"HTTP/1.1 200 OK\r\n"


class Client:
    """A user pool whose endpoints are all at one address, and what there is to ask of each."""

    def __init__(self, transport, url):
        self.transport, self.url = transport, url
        config = CognitoConfig(client_id=CLIENT_ID, issuer=f"{url}/pool")
        self.metadata = Metadata(
            issuer=config.issuer,
            authorization_endpoint=f"{url}/authorize",
            token_endpoint=f"{url}/token",
            jwks_uri=f"{url}/jwks",
            userinfo_endpoint=f"{url}/userinfo",
            revocation_endpoint=f"{url}/revoke",
        )
        self.pool = UserPool(config, transport, self.metadata, KeyCache(transport, self.metadata.jwks_uri))
        self.tokens = new_tokens(refresh_token=REFRESH, left=100)
        request = new_authorization_request(self.metadata, client_id=CLIENT_ID, scopes=("openid",), options={})
        params = {"code": Secret(CODE), "state": request.state}
        self.code = validate_authorization_response(request, params, redirect_uri=REDIRECT_URI)

    @property
    def secrets(self):
        verifier = self.code.request.code_verifier.reveal()
        return [BODY, CODE, REFRESH, verifier, self.tokens.access.token.reveal()]

    def ask(self, endpoint):
        coroutine = {
            "code": lambda: self.pool.exchange(self.code),
            "refresh": lambda: self.pool.refresh(self.tokens, keep=self.keep),
            "revoke": lambda: self.pool.revoke(Secret(REFRESH)),
            "userinfo": lambda: self.pool.userinfo(self.tokens),
            "jwks": lambda: self.pool.keys.key_set("kid"),
            "discovery": lambda: discover(self.pool.config, self.transport),
        }[endpoint]()
        return self.transport.background.run(coroutine)

    async def keep(self, rotated):
        raise AssertionError(f"kept {rotated}")


NAMES = {
    "code": "token endpoint",
    "refresh": "token endpoint",
    "revoke": "revocation endpoint",
    "userinfo": "userInfo endpoint",
    "jwks": r"key set \(JWKS\)",
    "discovery": "discovery document",
}
POSTS = {"code", "refresh", "revoke"}
every_endpoint = pytest.mark.parametrize("endpoint", NAMES)
every_reader = pytest.mark.parametrize("endpoint", [name for name in NAMES if name != "revoke"])  # whose 200 is enough


@pytest.fixture
def refused(serve, transport):
    """Ask an endpoint that behaves badly; returns the error, once it is shown to be one of ours that shows nothing."""

    def ask(endpoint, behave, kind, text, *, tls=None, requests=None):
        server = serve(behave, tls=tls)
        client = Client(transport, server.url)
        error = failure(partial(client.ask, endpoint))
        assert (type(error), len(str(error)) <= 500) == (kind, True)
        assert NAMES[endpoint].replace("\\", "") in str(error)
        assert text in str(error)
        assert leaks(client.secrets, everything(error)) == []
        sent = 1 if endpoint in POSTS else 3 if requests is None else requests
        assert len(server.requests) == sent
        return error

    return ask


@pytest.mark.holds("TR-01", "RF-12")
def test_code_and_refresh_requests_on_the_wire(serve, transport):
    """Two POSTs of a public client: all in the form, nothing in the URL, no Authorization, no cookie that was set."""
    server = serve(json_answer('{"error":"invalid_request"}', 400, "Set-Cookie: a=b; Path=/"))
    client = Client(transport, server.url)
    for endpoint in ("code", "refresh"):
        failure(partial(client.ask, endpoint))
    heads, forms = zip(*(request.split(b"\r\n\r\n") for request in server.requests), strict=True)
    lines = [head.lower().split(b"\r\n") for head in heads]
    assert [head[0] for head in lines] == [b"post /token http/1.1"] * 2
    for head in lines:
        assert {b"accept: application/json", b"content-type: application/x-www-form-urlencoded"} <= set(head)
        assert not [line for line in head if line.startswith((b"authorization:", b"cookie:"))]
    code = {"code": CODE, "redirect_uri": REDIRECT_URI, "code_verifier": client.code.request.code_verifier.reveal()}
    assert [sorted(parse_qsl(form.decode(), strict_parsing=True)) for form in forms] == [
        sorted({"grant_type": "authorization_code", "client_id": CLIENT_ID, **code}.items()),
        sorted({"grant_type": "refresh_token", "client_id": CLIENT_ID, "refresh_token": REFRESH}.items()),
    ]


@pytest.mark.holds("UI-01")
def test_userinfo_request_on_the_wire(serve, transport):
    """The token is in the header, once, and nowhere else."""
    server = serve(json_answer("{}"))
    client = Client(transport, server.url)
    failure(partial(client.ask, "userinfo"))
    (request,) = server.requests
    assert request.startswith(b"GET /userinfo HTTP/1.1\r\n")
    assert request.count(client.tokens.access.token.reveal().encode()) == 1
    assert b"\r\nAuthorization: Bearer access-token-" in request


@every_endpoint
@pytest.mark.refused("TR-17", "UI-06")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_endpoint_sends_us_elsewhere(serve, transport, endpoint, status):
    """A redirect is named, and the foreign host sees nothing of code, verifier or token."""
    elsewhere = serve(json_answer("{}"))
    server = serve(json_answer(BODY, status, f"Location: {elsewhere.url}/?{BODY}"))
    client = Client(transport, server.url)
    error = failure(partial(client.ask, endpoint))
    assert (type(error), elsewhere.accepts, len(server.requests)) == (ProtocolError, 0, 1)
    assert f"redirect (HTTP {status})" in str(error)
    assert leaks(client.secrets, everything(error)) == []


@every_endpoint
@pytest.mark.refused("LF-01")
@pytest.mark.parametrize("status", [500, 502, 503])
@pytest.mark.parametrize("body", [JSON, f"<html>{BODY}</html>"])
def test_a_server_error_is_told_with_its_status(refused, endpoint, status, body):
    """It may pass; a POST is not sent again, a GET is twice."""
    error = refused(endpoint, json_answer(body, status), NetworkError, f"HTTP status {status}")
    assert error.status_code == status


@every_endpoint
@pytest.mark.refused("LF-02", "RF-07")
@pytest.mark.parametrize(("header", "seconds"), [([], None), (["Retry-After: 7"], 7.0), (["Retry-After: soon"], None)])
def test_throttling_is_told_with_its_patience(refused, endpoint, header, seconds):
    """Who asks for time is not asked again meanwhile, and who called is told for how long."""
    error = refused(
        endpoint, json_answer(JSON, 429, *header), NetworkError, "HTTP status 429", requests=1 if header else 3
    )
    assert error.retry_after == seconds


@every_endpoint
@pytest.mark.refused("TR-06")
@pytest.mark.parametrize("status", [201, 204, 206, 405, 410])
def test_an_unexpected_status_is_refused(refused, endpoint, status):
    """Only 200 is an answer, whatever the body."""
    behave = json_answer(b"" if status == 204 else JSON, status)
    refused(endpoint, behave, ProtocolError, f"HTTP status, {status}", requests=1)


TEXTS = {
    "half an object": (JSON[:20], "not valid JSON"),
    "nothing": (b"", "not valid JSON"),
    "a page": (f"<html>{BODY}</html>", "not valid JSON"),
    "a JWT": (f"eyJhbGciOiJSUzI1NiJ9.{BODY}.c2ln", "not valid JSON"),
    "not a number": (b'{"a":NaN}', "not valid JSON"),
    "an infinite number": (b'{"a":1e400}', "not valid JSON"),
    "no UTF-8": (b'{"a":"\xff"}', "not valid JSON"),
    "a lone surrogate": (b'{"a":"\\ud800"}', "not valid JSON"),
    "an array": (f'["{BODY}"]', "not a JSON object"),
    "null": (b"null", "not a JSON object"),
    "a member twice": (f'{{"sub":"{BODY}","sub":"{BODY}"}}', "names the member 'sub' twice"),
    "a hundred thousand levels": (b"[" * 100_000, "nested too deeply"),
}


@every_reader
@pytest.mark.refused("UI-03", "TR-12")
@pytest.mark.parametrize("text", TEXTS)
def test_a_body_that_is_no_strict_json_object_is_refused(refused, endpoint, text):
    """One parser for all: the endpoint and the fault are named, and nothing of the body is quoted."""
    body, words = TEXTS[text]
    refused(endpoint, json_answer(body), ProtocolError, words, requests=1)


CUT = {
    "reset in the body": reset(HEAD, b"Content-Length: 999\r\n\r\n", JSON[:20]),
    "closed in the body": answer(HEAD, b"Content-Length: 999\r\n\r\n", JSON),
    "chunks without the last": answer(HEAD, b"Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n"),
    "chunks of no size": answer(HEAD, b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n"),
    "reset before an answer": reset(),
    "no HTTP": answer(b"SSH-2.0-OpenSSH_9.9\r\n\r\n"),
}


@every_endpoint
@pytest.mark.parametrize("cut", CUT)
@pytest.mark.refused("LF-04", "LF-07")
def test_an_answer_that_breaks_off_is_refused(refused, endpoint, cut):
    """Where it broke is named; a POST that may have been read is not sent again."""
    refused(endpoint, CUT[cut], NetworkError, "broke off the exchange")


@every_reader
@pytest.mark.refused("LF-04", "LF-07")
@pytest.mark.parametrize("length", [b"", b"Content-Length: 20\r\n"], ids=["no length", "a length too short"])
def test_half_a_body_that_looks_whole_is_refused(refused, endpoint, length):
    """Without a length, or with one that is too short, HTTP sees nothing amiss: the parser does."""
    body = JSON if length else JSON[:20]
    refused(endpoint, answer(HEAD, length, b"\r\n", body), ProtocolError, "not valid JSON", requests=1)


@every_endpoint
@pytest.mark.refused("LF-06")
@pytest.mark.parametrize("head", [b"X-A: b\r\n" * 150_000, b"X-A: " + b"b" * 1_000_000 + b"\r\n"], ids=["many", "long"])
def test_a_megabyte_of_headers_is_refused(refused, endpoint, head):
    """It is not read to its end."""
    refused(endpoint, answer(HEAD, head, b"\r\n"), NetworkError, "broke off the exchange")


SLOW = {
    "silence": (b"", b""),
    "a dripped body": (HEAD + b"Content-Length: 100000\r\n\r\n", b" "),
    "dripped headers": (HEAD, b"X-A: b\r\n"),
    "informational answers without end": (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "chunks without end": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
}


@every_endpoint
@pytest.mark.parametrize("case", SLOW)
@pytest.mark.refused("LF-05", "LF-06", "LF-07")
def test_an_answer_without_end_meets_the_deadline(refused, monkeypatch, endpoint, case):
    """One deadline for the whole exchange, tries included."""
    monkeypatch.setattr(transport_module, "_DEADLINE", 0.05)
    refused(endpoint, drip(*SLOW[case]), NetworkError, "did not answer within", requests=1)


@every_endpoint
@pytest.mark.refused("TR-18")
def test_a_body_without_end_is_not_read_to_its_end(refused, endpoint):
    """A mebibyte is the most; it is no fault that passes, so nothing is asked again."""
    behave = flood(HEAD + b"Connection: close\r\n\r\n", b" " * 65536)
    refused(endpoint, behave, NetworkError, f"larger than {MAX_BODY_BYTES} bytes", requests=1)


@every_endpoint
@pytest.mark.refused("TR-18")
def test_a_compressed_body_is_refused_unread(refused, endpoint):
    """Thirty kilobytes that would be thirty megabytes cost nothing."""
    tracemalloc.start()
    try:
        refused(
            endpoint,
            json_answer(BOMB, 200, "Content-Encoding: gzip"),
            ProtocolError,
            "compressed body, which was not asked for",
            requests=1,
        )
        assert tracemalloc.get_traced_memory()[1] < 4 * MAX_BODY_BYTES
    finally:
        tracemalloc.stop()


class CutHandshake:
    """Stands in for a server's TLS context: half a record, and the end."""

    def wrap_socket(self, connection, **_):
        connection.recv(10)
        connection.sendall(b"\x16\x03\x03\x00\x50\x02")
        raise OSError


@pytest.fixture
def trusting(certificate, monkeypatch):
    """Trust the test's own certificate; returns a server's TLS context."""
    context = ssl.create_default_context(cafile=certificate.file)
    monkeypatch.setattr(transport_module, "tls_context", lambda: context)
    return certificate.server


@every_endpoint
@pytest.mark.refused("LF-04")
def test_a_handshake_that_is_cut_is_refused(serve, transport, trusting, endpoint):
    """Nothing was sent; the host is named."""
    server = serve(None, tls=CutHandshake())
    client = Client(transport, server.url)
    error = failure(partial(client.ask, endpoint))
    assert (type(error), server.requests) == (NetworkError, [])
    assert f"at 127.0.0.1:{server.port} cannot be reached" in str(error)


def cut_tls(*parts):
    """Behave: send these bytes through TLS, then end the connection below it, without a close_notify."""

    def behave(connection, _request):
        connection.sendall(b"".join(parts))
        socket.socket(fileno=connection.detach()).close()

    return behave


@every_reader
@pytest.mark.refused("LF-04")
def test_half_an_answer_through_tls_is_refused(refused, trusting, endpoint):
    """The end of a TLS connection that nobody announced does not make half a body a whole one."""
    refused(endpoint, cut_tls(HEAD, b"\r\n", JSON[:20]), ProtocolError, "not valid JSON", tls=trusting, requests=1)


@every_endpoint
@pytest.mark.refused("LF-04")
def test_an_answer_cut_below_tls_is_refused(refused, trusting, endpoint):
    """A body that is shorter than was announced."""
    behave = cut_tls(HEAD, b"Content-Length: 999\r\n\r\n", JSON)
    refused(endpoint, behave, NetworkError, "broke off the exchange", tls=trusting)


def nobody_there(*_, **__):
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def no_route(*_):
    raise OSError(errno.ENETUNREACH, "Network is unreachable")


@every_endpoint
@pytest.mark.refused("LF-03")
@pytest.mark.parametrize("where", ["refused", "unknown", "unreachable"])
def test_a_host_that_cannot_be_reached_is_named(transport, monkeypatch, endpoint, where):
    """No listener, no such name, no way there: the host is what to look at."""
    host = "pool.nowhere.test" if where == "unknown" else "127.0.0.1:9"
    if where == "unknown":
        monkeypatch.setattr(socket, "getaddrinfo", nobody_there)
    elif where == "unreachable":
        monkeypatch.setattr(socket.socket, "connect", no_route)
    client = Client(transport, f"https://{host}")
    error = failure(partial(client.ask, endpoint))
    assert type(error) is NetworkError
    assert f"at {host} cannot be reached" in str(error)
    assert leaks(client.secrets, everything(error)) == []


PASSING = {
    "500": json_answer(JSON, 500),
    "502": json_answer(b"<html>", 502),
    "503": json_answer(JSON, 503),
    "429": json_answer(JSON, 429),
    "throttling as 400": json_answer(b'{"__type":"TooManyRequestsException"}', 400),
    "reset": reset(),
    "half": CUT["closed in the body"],
    "a captive portal": json_answer(b"<html>", 200),
    "silence": drip(b"", b""),
}


@pytest.mark.refused("RF-06")
@pytest.mark.parametrize("fault", [*PASSING, "DNS"])
def test_a_refresh_that_fails_for_a_while_ends_no_session(serve, transport, monkeypatch, fault):
    """Asked for, it says what passes after a few tries; what is there stays in use, refresh token included."""
    monkeypatch.setattr(transport_module, "_DEADLINE", 0.05 if fault == "silence" else 5)
    if fault == "DNS":
        monkeypatch.setattr(socket, "getaddrinfo", nobody_there)
    server = serve(PASSING.get(fault, reset()))
    client = Client(transport, "https://pool.test" if fault == "DNS" else server.url)
    source, pauses = TokenSource(client.tokens), []
    engine = RefreshEngine(source, client.pool, NO_MEMORY)
    source.monotonic = lambda: time.monotonic() + sum(pauses)

    async def pause(seconds):
        pauses.append(seconds)

    engine._sleep = pause
    with pytest.raises((NetworkError, ProtocolError), match="token endpoint"):
        engine.renew(client.tokens)
    assert (source.tokens is client.tokens, engine.current() is client.tokens) == (True, True)
    assert len(server.requests) == (0 if fault == "DNS" else len(pauses) + 1)
    assert 4 <= len(pauses) <= 6
