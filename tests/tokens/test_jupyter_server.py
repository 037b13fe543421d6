"""The one HTTP client of the wire: what it sends, and what each answer means."""

import asyncio
import json
from functools import partial
from pathlib import Path

import pytest
from protocol.make import everything, failure, leaks
from tokens.servers import answer, json_answer, reset

from cognito_nb import wire
from cognito_nb.errors import CognitoError, ConfigurationError, NetworkError, ProtocolError, SignInError
from cognito_nb.secret import Secret
from cognito_nb.tokens import jupyter_server as jupyter_server_module
from cognito_nb.tokens.access import ServerAccess
from cognito_nb.tokens.jupyter_server import JupyterServer

CAPABILITY = "capability-0123456789-abcdef"
STATE = "st4te-0123456789-abcdefghijklmnop"
CODE = "c0de-0123456789-abcdefghijklmnop"
AUTHORIZATION_URL = f"https://pool.example.com/oauth2/authorize?nonce=n0nce-0123456789-abcdef&state={STATE}"
REQUEST = wire.SignInRequest(
    kernel="kernel-1",
    profile="default",
    issuer="https://issuer.example.com/pool",
    state=Secret(STATE),
    authorization_url=Secret(AUTHORIZATION_URL),
    redirect_uris=(),
    expires_in=600.0,
)
CREATED = json.dumps({"id": "id-1", "start_path": "/base/cognito/start/id-1", "expires_in": 600.0})
ANSWERED = {"status": "answered", "params": {"code": CODE, "state": STATE}, "redirect_uri": "http://localhost:8888/x"}
SECRETS = [CAPABILITY, STATE, CODE, "n0nce-0123456789-abcdef"]


def call(access, name, *arguments, **keywords):
    """Make a client, call one of its methods, close it."""

    async def main():
        server = JupyterServer(access)
        try:
            return await getattr(server, name)(*arguments, **keywords)
        finally:
            await server.aclose()

    return asyncio.run(main())


@pytest.fixture
def jupyter(serve):
    """Serve as a Jupyter server that answers one way; returns the server, and how to call it."""

    def start(behave):
        server = serve(behave)
        return server, partial(call, ServerAccess(f"{server.url}/base/", Secret(CAPABILITY)))

    return start


def test_create_registers_a_sign_in(jupyter):
    """The body is the wire's, the capability goes into its header, the path is below base_url."""
    server, ask = jupyter(json_answer(CREATED, 201))
    created = ask("create", REQUEST)
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /base/cognito/api/sign-ins HTTP/1.1")
    assert f"{wire.CAPABILITY_HEADER}: {CAPABILITY}".encode() in head
    assert (json.loads(body), created) == (REQUEST.to_json(), wire.SignInCreated.from_json(json.loads(CREATED)))


def test_poll_returns_the_answer(jupyter):
    """The authorization response's parameters come as secrets."""
    server, ask = jupyter(json_answer(json.dumps(ANSWERED)))
    answered = ask("poll", "id-1")
    assert answered.params["code"].reveal() == CODE
    assert server.requests[0].startswith(b"GET /base/cognito/api/sign-ins/id-1?wait=25 HTTP/1.1")


def test_poll_returns_nothing_yet(jupyter):
    """204: ask again."""
    _, ask = jupyter(answer(b"HTTP/1.1 204 X\r\n\r\n", keep=True))
    assert ask("poll", "id-1") is None


@pytest.mark.parametrize("status", ["error", "expired", "superseded"])
def test_poll_returns_the_end(jupyter, status):
    """No answer will come."""
    _, ask = jupyter(json_answer(json.dumps({"status": status})))
    assert ask("poll", "id-1") == wire.Ended(status)


@pytest.mark.parametrize(("ok", "cause"), [(True, None), (False, "invalid_grant")])
def test_report_tells_the_outcome(jupyter, ok, cause):
    """For the page that the browser shows: codes only."""
    server, ask = jupyter(json_answer("{}"))
    ask("report", "id-1", ok=ok, cause=cause)
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /base/cognito/api/sign-ins/id-1/outcome ")
    assert json.loads(body) == {"ok": ok, "cause": cause}


def test_withdraw_deletes_the_sign_in(jupyter):
    """Nothing pending is left behind."""
    server, ask = jupyter(answer(b"HTTP/1.1 204 X\r\n\r\n", keep=True))
    ask("withdraw", "id-1")
    assert server.requests[0].startswith(b"DELETE /base/cognito/api/sign-ins/id-1 ")


REFUSALS = {
    403: (ConfigurationError, "does not know this kernel"),
    404: (ConfigurationError, "does not know this sign-in, or the cognito_nb extension is switched off"),
    409: (ConfigurationError, "another version of cognito_nb"),
    429: (NetworkError, "too many sign-ins"),
    302: (ProtocolError, "HTTP status 302"),
    400: (ProtocolError, "HTTP status 400"),
    500: (ProtocolError, "HTTP status 500"),
}


@pytest.mark.parametrize("method", ["create", "poll"])
@pytest.mark.parametrize("status", REFUSALS)
@pytest.mark.refused("SE-17")
def test_a_refusal_says_what_to_do(jupyter, method, status):
    """Each status has its error and its next step; a sign-in that the server has forgotten is no fault of a setting."""
    _, ask = jupyter(json_answer("{}", status, "Location: http://127.0.0.1:1/"))
    error, text = REFUSALS[status]
    if method == "poll" and status in (403, 404):
        error, text = SignInError, "does not know this sign-in any more"
    with pytest.raises(error, match=f"{text}[^$]*\nNext step: "):
        ask(method, REQUEST if method == "create" else "id-1")


@pytest.mark.parametrize(
    ("status", "cause"),
    [(403, "server_gone"), (404, "extension_missing"), (409, "versions_differ"), (429, None), (500, None)],
)
def test_a_refusal_names_its_cause(jupyter, status, cause):
    """Two environments, and a server that was restarted, are told apart."""
    _, ask = jupyter(json_answer("{}", status))
    with pytest.raises(CognitoError) as caught:
        ask("create", REQUEST)
    assert caught.value.cause == cause


BAD = [b"", b"<html>", b"{", b"[]", b"{}", b"\xff", b"[" * 100_000, b'{"status":"answered"}', b'{"status":5}', b"null"]


@pytest.mark.parametrize("method", ["create", "poll"])
@pytest.mark.parametrize("body", BAD, ids=range(len(BAD)))
def test_a_malformed_answer_is_a_protocol_error(jupyter, method, body):
    """No JSON error, no WireError, nothing of the body in the text."""
    _, ask = jupyter(json_answer(body, 201 if method == "create" else 200))
    with pytest.raises(ProtocolError, match="The Jupyter server's answer"):
        ask(method, REQUEST if method == "create" else "id-1")


@pytest.mark.parametrize(
    "body", [json.dumps(ANSWERED)[:-1], json.dumps({**ANSWERED, "redirect_uri": 5})], ids=["half JSON", "a bad field"]
)
def test_a_malformed_answer_is_shown_nowhere(jupyter, body):
    """The code in it stands in no frame of the error."""
    _, ask = jupyter(json_answer(body))
    error = failure(partial(ask, "poll", "id-1"))
    assert (type(error), leaks(SECRETS, everything(error))) == (ProtocolError, [])


@pytest.mark.parametrize("behave", [reset(), answer(), answer(b"SSH-2.0\r\n\r\n"), reset(b"HTTP/1.1 200 OK\r\n")])
def test_a_broken_exchange_is_a_network_error(jupyter, behave):
    """The server is gone; state, nonce and capability stand in no frame of the error."""
    _, ask = jupyter(behave)
    error = failure(partial(ask, "create", REQUEST))
    assert (type(error), leaks(SECRETS, everything(error))) == (NetworkError, [])


def test_a_server_that_hangs_is_a_network_error(jupyter, serve, monkeypatch):
    """The kernel does not wait for ever."""
    monkeypatch.setattr(jupyter_server_module, "_REPLY_SECONDS", 0.1)
    server, ask = jupyter(lambda _connection, _request: server.stopping.wait(5))
    with pytest.raises(NetworkError, match=r"does not answer its kernel \(ReadTimeout\)") as caught:
        ask("withdraw", "id-1")
    assert caught.value.cause == "server_gone"


def test_a_server_that_is_gone_is_a_network_error():
    """Jupyter was restarted on another port."""
    with pytest.raises(NetworkError, match="restart the kernel"):
        call(ServerAccess("http://127.0.0.1:1/", Secret(CAPABILITY)), "poll", "id-1")


def test_environment_proxies_are_ignored(jupyter, serve, monkeypatch):
    """They break calls to this machine, and would see the capability."""
    proxy = serve(json_answer(CREATED, 201))
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("ALL_PROXY", proxy.url)
    _, ask = jupyter(json_answer(CREATED, 201))
    ask("create", REQUEST)
    assert proxy.accepts == 0


def test_redirects_are_not_followed(jupyter, serve):
    """The capability goes to the one server only."""
    target = serve(json_answer(CREATED, 201))
    _, ask = jupyter(json_answer("{}", 307, f"Location: {target.url}/"))
    with pytest.raises(ProtocolError, match="307"):
        ask("create", REQUEST)
    assert target.accepts == 0


def test_a_server_with_its_own_certificate_is_trusted_by_it(serve, certificate):
    """The extension left the file's path: self-signed is fine, for any name."""
    server = serve(json_answer(CREATED, 201), tls=certificate.server)
    access = ServerAccess(f"{server.url.replace('127.0.0.1', 'localhost')}/", Secret(CAPABILITY), certificate.file)
    assert call(access, "create", REQUEST).id == "id-1"


def test_any_other_certificate_is_refused(serve, certificate, make_certificate):
    """Whoever took the port does not get the capability."""
    server = serve(json_answer(CREATED, 201), tls=make_certificate("somebody else").server)
    with pytest.raises(NetworkError, match="ConnectError"):
        call(ServerAccess(f"{server.url}/", Secret(CAPABILITY), certificate.file), "create", REQUEST)
    assert server.requests == []


def test_only_the_first_certificate_of_a_chain_is_trusted(serve, certificate, make_certificate, tmp_path):
    """The rest of a chain, such as an authority, vouches for anybody's server."""
    chain = tmp_path / "fullchain.pem"
    other = make_certificate("an authority")
    chain.write_text(Path(certificate.file).read_text() + Path(other.file).read_text())
    server = serve(json_answer(CREATED, 201), tls=other.server)
    with pytest.raises(NetworkError, match="ConnectError"):
        call(ServerAccess(f"{server.url}/", Secret(CAPABILITY), str(chain)), "create", REQUEST)
    assert server.requests == []


def test_without_a_certificate_none_is_trusted(serve, certificate):
    """Not even those that the operating system trusts: the server's own is the only one that counts."""
    server = serve(json_answer(CREATED, 201), tls=certificate.server)
    with pytest.raises(NetworkError, match="ConnectError"):
        call(ServerAccess(f"{server.url}/", Secret(CAPABILITY)), "create", REQUEST)


def test_a_unix_socket_is_spoken_to(serve, tmp_path):
    """Jupyter may listen on one: `jupyter server --sock`."""
    path = str(tmp_path / "jupyter.sock")
    server = serve(json_answer(CREATED, 201), unix=path)
    access = ServerAccess(f"http+unix://{path.replace('/', '%2F')}/base/", Secret(CAPABILITY))
    assert call(access, "create", REQUEST).id == "id-1"
    assert server.requests[0].startswith(b"POST /base/cognito/api/sign-ins ")


@pytest.mark.parametrize(
    "access",
    [
        ServerAccess("https://127.0.0.1:1/", Secret(CAPABILITY), "/nowhere/server.pem"),
        ServerAccess("https://127.0.0.1:1/", Secret(CAPABILITY), __file__),
        ServerAccess("http://127.0.0.1:port/", Secret(CAPABILITY)),
        ServerAccess("http://127.0.0.1:1/", Secret(f"{CAPABILITY}\u20ac")),
    ],
    ids=["no certificate", "a file that is none", "a port that is none", "a capability that no header takes"],
)
def test_an_environment_that_cannot_be_used_is_named(access):
    """A certificate that was removed, or anything else that is not what the extension left."""
    error = failure(partial(call, access, "create", REQUEST))
    assert (type(error), leaks(SECRETS, everything(error))) == (ConfigurationError, [])
    assert str(error.setting).startswith("COGNITO_NB_SERVER_")
