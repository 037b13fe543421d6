"""What kernels ask for: the routes behind the capability, against a real Jupyter server."""

import json
import socket
import threading

import pytest
from server.harness import JUPYTER_TOKEN, new_sign_in, refused

from cognito_nb import wire


@pytest.mark.refused("SE-01", "SE-10")
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {wire.CAPABILITY_HEADER: ""},
        {wire.CAPABILITY_HEADER: "x" * 43},
        {wire.CAPABILITY_HEADER: "\xe4" * 43},
        {"Authorization": "token wrong"},
        {"Authorization": f"token {JUPYTER_TOKEN}"},
    ],
    ids=["none", "empty", "wrong", "not ASCII", "wrong token", "Jupyter's token"],
)
def test_api_without_capability_is_forbidden(server, headers):
    """Nothing but the capability opens the routes, not even Jupyter's own token; what it would do is not done."""
    _, sign_in_id = server.create()
    for method, path in [("POST", ""), ("GET", f"/{sign_in_id}"), ("DELETE", f"/{sign_in_id}")]:
        reply = server.request(method, wire.SIGN_INS_PATH + path, headers=headers, body=new_sign_in())
        assert (reply.status, reply.json) == (403, {"message": "the capability is missing or wrong"})
    assert server.poll(sign_in_id).status == 204


def test_api_capability_opens_nothing_else(server):
    """The capability is no Jupyter token, in whatever way it is shown: neither API nor pages accept it."""
    state, sign_in_id, _ = server.started()
    capability = server.environment[wire.ENV_SERVER_TOKEN]
    for headers in (server.capability, {"Authorization": f"token {capability}"}):
        assert server.request("GET", "api/contents", headers=headers).status == 403
        assert server.request("GET", f"api/kernels?token={capability}", headers=headers).status == 403
        assert server.request("GET", f"{wire.START_PATH}/{sign_in_id}", headers=headers).status == 302
        assert refused(server.callback({"code": "c", "state": state}, headers=headers), "wrong_browser")
        assert server.request("GET", f"{wire.CALLBACK_PATH}/{sign_in_id}", headers=headers).status == 404


def announce(server, path, *headers, body=b""):
    """Send a head that announces a body, and of the body no more than this; returns the answer."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        head = [f"POST {server.base_url}{path} HTTP/1.1", f"Host: 127.0.0.1:{server.port}", *headers]
        connection.sendall("\r\n".join([*head, "", ""]).encode() + body)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    return answer.partition(b"\r\n")[0], answer


@pytest.mark.parametrize("path", [wire.SIGN_INS_PATH, f"{wire.SIGN_INS_PATH}/x/outcome", "cognito/api/lease"])
@pytest.mark.parametrize("length", ["Content-Length: 60000000", "Transfer-Encoding: chunked"])
def test_body_of_a_stranger_is_refused_before_it_is_sent(server, path, length):
    """Who has no capability is told so at the end of the head, and the connection is closed."""
    assert announce(server, path, length)[0] == b"HTTP/1.1 403 Forbidden"


@pytest.mark.parametrize("path", [wire.CALLBACK_PATH, f"{wire.CALLBACK_PATH}/x", wire.SIGN_INS_PATH])
@pytest.mark.parametrize(
    ("length", "body"),
    [
        ("Content-Length: 60000000", b""),
        (f"Content-Length: {wire.MAX_BODY_BYTES + 1}", b""),
        ("Transfer-Encoding: chunked", b"%x\r\n" % (wire.MAX_BODY_BYTES + 1)),
    ],
    ids=["60 MB", "one byte too many", "chunked"],
)
def test_body_that_is_too_large_is_not_read(server, path, length, body):
    """Where no capability is asked for, and with it, a body is refused by its announced length."""
    capability = f"{wire.CAPABILITY_HEADER}: {server.environment[wire.ENV_SERVER_TOKEN]}"
    assert announce(server, path, capability, length, body=body)[0] == b"HTTP/1.1 400 Bad Request"


def test_body_that_breaks_off_is_nobodys_fault(server):
    """A kernel that dies while it sends leaves no sign-in and no traceback."""
    body = json.dumps(new_sign_in(kernel="died")).encode()
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        head = f"POST {server.base_url}{wire.SIGN_INS_PATH} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
        capability = f"{wire.CAPABILITY_HEADER}: {server.environment[wire.ENV_SERVER_TOKEN]}\r\n"
        connection.sendall(f"{head}{capability}Content-Length: {len(body)}\r\n\r\n".encode() + body[:50])
    assert server.create()
    assert "Traceback" not in server.log


def test_api_needs_no_xsrf_token_and_gives_none(server):
    """The capability is no cookie, so no foreign page can make a browser send it."""
    reply = server.api("POST", body=new_sign_in())
    assert (reply.status, reply.headers["Set-Cookie"]) == (201, None)


def test_create_tells_where_the_browser_starts(server):
    """201 with an id, a start path below the base_url that holds no protocol data, and the life."""
    fields = new_sign_in(expires_in=90)
    reply = server.api("POST", body=fields)
    created = wire.SignInCreated.from_json(reply.json)
    assert reply.status == 201
    assert created.start_path == f"/lab-1/cognito/start/{created.id}"
    assert created.expires_in == 90
    assert fields["state"] not in reply.body


@pytest.mark.parametrize("version", [0, 2, 10**30])
def test_create_of_another_wire_version_conflicts(server, version):
    """409 tells both versions, before any other field is looked at."""
    reply = server.api("POST", body={"wire": version})
    assert reply.status == 409
    assert (reply.json["server"], reply.json["kernel"]) == (wire.WIRE_VERSION, version)


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (new_sign_in(state="short"), 400, "bad field: state"),
        (new_sign_in(expires_in=3601), 400, "bad field: expires_in"),
        (new_sign_in(authorization_url="javascript:alert(1)"), 400, "bad field: authorization_url"),
        ({}, 400, "bad field: wire"),
        ({"wire": True}, 400, "bad field: wire"),
        (b"[]", 400, "bad field: body"),
        (b"{", 400, "the body is not JSON"),
        (b"\xff\xfe\xff", 400, "the body is not JSON"),
        (b"[" * 60_000, 400, "the body is not JSON"),
        (b" " * wire.MAX_BODY_BYTES, 400, "the body is not JSON"),
    ],
)
def test_create_refuses_a_bad_body(server, body, status, message):
    """The answer names the field and shows no value; nothing is a 500."""
    reply = server.api("POST", body=body)
    assert (reply.status, reply.json) == (status, {"message": message})


def test_create_with_a_state_in_use_is_refused(server):
    """Nobody takes over a state that is waited for."""
    state, sign_in_id = server.create()
    assert server.api("POST", body=new_sign_in(state=state)).json == {"message": "bad field: state"}
    assert server.poll(sign_in_id).status == 204


def test_poll_wakes_with_the_answer(server):
    """A waiting kernel gets the authorization response the moment it comes, and the redirect URI that was used."""
    state, sign_in_id, cookies = server.started()
    replies = []
    kernel = threading.Thread(target=lambda: replies.append(server.poll(sign_in_id, wait=25)))
    kernel.start()
    server.callback({"code": "the-code", "state": state, "iss": "https://i"}, cookies=cookies)
    kernel.join(timeout=5)  # seconds; without being woken it would take 25
    assert replies[0].json == {
        "status": "answered",
        "params": {"code": "the-code", "state": state, "iss": "https://i"},
        "redirect_uri": f"http://127.0.0.1:{server.port}/lab-1/cognito/callback",
    }


def test_poll_wakes_when_superseded(server):
    """The older of two sign-ins of one kernel and profile hears at once that it is over."""
    _, sign_in_id = server.create(kernel="same-kernel")
    replies = []
    kernel = threading.Thread(target=lambda: replies.append(server.poll(sign_in_id, wait=25)))
    kernel.start()
    server.create(kernel="same-kernel")
    kernel.join(timeout=5)
    assert replies[0].json == {"status": "superseded"}


def test_poll_of_a_short_life_expires(server):
    """The server's own sweep ends a sign-in, and the waiting kernel hears of it."""
    _, sign_in_id = server.create(expires_in=0.01)
    assert server.poll(sign_in_id, wait=25).json == {"status": "expired"}


@pytest.mark.parametrize("wait", ["-1", "nan", "soon", "", "%ff"])
def test_poll_with_a_bad_wait_is_refused(server, wait):
    """400 for what is no number of seconds."""
    _, sign_in_id = server.create()
    assert server.poll(sign_in_id, wait=wait).status == 400


def test_unknown_sign_in_is_404(server):
    """Every route of a sign-in that is unknown, or whose outcome is known, says so."""
    _, over, _ = server.started()
    server.api("POST", f"/{over}/outcome", body={"ok": True})
    for sign_in_id in ("unknown", over):
        reply = server.poll(sign_in_id)
        assert (reply.status, reply.json) == (404, {"message": "this sign-in is unknown or over"})
    assert server.api("DELETE", "/unknown").status == 404
    assert server.api("POST", "/unknown/outcome", body={"ok": True}).status == 404


@pytest.mark.parametrize("body", [{}, {"ok": 1}, {"ok": "true"}, [], "ok"])
def test_outcome_refuses_what_is_none(server, body):
    """Only a boolean says how it went; the sign-in lives on."""
    _, sign_in_id = server.create()
    reply = server.api("POST", f"/{sign_in_id}/outcome", body=json.dumps(body).encode())
    assert (reply.status, reply.json) == (400, {"message": "bad field: ok"})
    assert server.poll(sign_in_id).status == 204


def test_api_replies_are_json_that_nobody_keeps(server):
    """No cache, no entity tag (a hash of the code), no CORS, no HTML."""
    state, sign_in_id, cookies = server.started()
    server.callback({"code": "c", "state": state}, cookies=cookies)
    headers = server.poll(sign_in_id).headers
    assert headers["Content-Type"] == "application/json"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["Etag"] is headers["Access-Control-Allow-Origin"] is None


def test_poll_tells_whether_a_browser_has_gone_on_to_cognito(server):
    """A kernel that renews a link leaves one in use alone; the header says no more than that."""
    state, sign_in_id = server.create()
    assert wire.STARTED_HEADER not in server.poll(sign_in_id).headers
    cookies = {name: morsel.value for name, morsel in server.start(sign_in_id).cookies.items()}
    assert server.poll(sign_in_id).headers[wire.STARTED_HEADER] == "yes"
    server.callback({"code": "c", "state": state}, cookies=cookies)
    assert server.poll(sign_in_id).headers[wire.STARTED_HEADER] == "yes"
