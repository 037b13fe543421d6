"""The extension in a real Jupyter server: all routes, what kernels inherit, what the log shows."""

import http.client
import re
import socket
from types import SimpleNamespace
from urllib.parse import quote

import pytest
from server.harness import query_of, refused, run_server

from cognito_nb import wire
from cognito_nb.secret import Secret
from cognito_nb.server.app import CognitoExtension, server_url
from cognito_nb.server.handlers import routes

# Every route, and what each method answers to somebody without any credential.
CLOSED = {
    "cognito/api/sign-ins": {"POST": 403, "GET": 403},
    "cognito/api/sign-ins/ID": {"GET": 403, "DELETE": 403, "POST": 403},
    "cognito/api/sign-ins/ID/outcome": {"POST": 403, "GET": 403},
    "cognito/api/lease": {"POST": 403, "GET": 403, "DELETE": 403},
    "cognito/api/sessions/KEY": {"GET": 403, "PUT": 403, "DELETE": 403, "POST": 403},
    "cognito/start/ID": {"GET": 302, "HEAD": 302, "POST": 403},
    "cognito/callback": {"GET": 400, "HEAD": 200, "OPTIONS": 204, "POST": 405},
    "cognito/callback/ID": {"GET": 404, "POST": 405},
    "cognito": {"GET": 404, "POST": 404},
}


@pytest.mark.refused("SE-01")
def test_routes_are_closed_without_credentials(server):
    """The list is complete, so a new route fails here; only the callback answers, and shows a constant page."""
    names = {"([A-Za-z0-9_-]{1,128})": "ID", "([0-9a-f]{64})": "KEY", "(?:/.*)?": ""}
    patterns = [pattern for pattern, _ in routes()]
    for group, name in names.items():
        patterns = [pattern.replace(group, name) for pattern in patterns]
    assert patterns == list(CLOSED)
    paths = {path: path.replace("KEY", "a" * 64) for path in CLOSED}
    answers = {path: {method: server.request(method, paths[path]).status for method in CLOSED[path]} for path in CLOSED}
    assert answers == CLOSED


@pytest.mark.accepted("SE-02")
def test_server_starts_without_warnings_about_us(server):
    """With ``allow_unauthenticated_access=False`` every handler of ours says whom it lets in."""
    assert not re.search(r"^- [A-Z]+ of .*cognito", server.log, re.MULTILINE)
    assert "cognito_nb | extension was successfully loaded" in server.log


@pytest.mark.holds("SE-11", "CB-27")
def test_log_holds_no_secret(server):
    """At DEBUG, whatever way a code or state comes in: query, encoded name, wrong path, method, Referer, redirect."""
    state, sign_in_id, cookies = server.started(state="CANARY-state-" + "s" * 30)
    canary = "CANARY-code"
    referer = {"Referer": f"http://x/?code={canary}"}
    forms = ("c%6fde={}", "st%61te={}", "Code={}", "x;code={}", "+code={}", "x={0}&x={0}", "code={}%ff", "code={}%00")
    for query in (*(form.format(canary) for form in forms), f"code={canary}&state=CANARY", f"error={canary}&code="):
        server.callback(query, headers=referer)
        server.callback(f"{query}&state={state}x", headers={**referer, "Purpose": "prefetch"}, cookies=cookies)
    for method in ("HEAD", "OPTIONS", "POST", "PUT"):
        server.callback(f"code={canary}&state={state}", method=method, headers=referer, cookies=cookies)
    for path in ("cognito/callback/", "cognito/callback/x", "cognito/callbck", "cognito/start/x", "cognito"):
        server.request("GET", f"{path}?code={canary}&state={state}", headers=referer)
    server.callback(f"code={canary}", headers={"Host": "evil.example", **referer})
    server.poll(sign_in_id, wait=f"{canary}%ff")
    server.api("POST", body=f'{{"wire": 1, "state": "{canary}"}}'.encode())
    server.callback(f"code={canary}&state={state}", cookies=cookies)
    server.poll(sign_in_id)
    server.api("POST", f"/{sign_in_id}/outcome", body={"ok": False, "cause": canary})
    assert f"GET /lab-1/cognito/api/sign-ins/{sign_in_id} 200" in server.log  # the log is not simply empty
    assert "CANARY" not in server.log
    assert server.environment[wire.ENV_SERVER_TOKEN] not in server.log
    assert cookies[f"cognito_nb_{sign_in_id}"] not in server.log


def test_environment_names_the_bound_port_and_is_taken_back(tmp_path):
    """After a port collision kernels find the server all the same; when it has ended nothing is left behind."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        wanted = taken.getsockname()[1]
        running = run_server(tmp_path, "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={wanted}")
        server = next(running)
        assert server.port != wanted
        assert server.environment[wire.ENV_SERVER_URL] == f"http://127.0.0.1:{server.port}/"
        assert len(server.environment[wire.ENV_SERVER_TOKEN]) == 43
        assert server.create()
    assert list(running) == []
    assert server.left == {}


def test_environment_reaches_a_server_on_a_unix_socket(tmp_path_factory, tmp_path):
    """The URL holds the socket's path; the routes answer there."""
    path = str(tmp_path_factory.mktemp("s") / "s")
    running = run_server(tmp_path, f"--ServerApp.sock={path}", "--ServerApp.base_url=/b/")
    server = next(running)
    assert server.environment[wire.ENV_SERVER_URL] == f"http+unix://{quote(path, safe='')}/b/"
    connection = http.client.HTTPConnection("localhost")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(path)
    connection.request("GET", "/b/cognito/api/sign-ins/x", headers=server.capability)
    assert connection.getresponse().status == 404
    connection.close()
    assert list(running) == []


@pytest.fixture
def proxied(tmp_path):
    """A server that believes its proxy, and lets one other origin use Jupyter's API."""
    pattern = r"--ServerApp.allow_origin_pat=https://trusted\.example"
    yield from run_server(tmp_path, "--ServerApp.port=0", "--ServerApp.trust_xheaders=True", pattern)


@pytest.mark.refused("SE-05", "SE-19", "CB-30")
def test_server_behind_a_proxy_trusts_it_with_the_scheme_alone(proxied, server):
    """Of what a trusted proxy says, https on loopback counts; no origin is let in; another server's is unknown."""
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
    state, sign_in_id = proxied.create()
    start = proxied.start(sign_in_id, headers=forwarded)
    assert query_of(start.headers["Location"])["redirect_uri"] == [f"https://127.0.0.1:{proxied.port}/cognito/callback"]
    cookies = {name: morsel.value for name, morsel in start.cookies.items()}
    assert start.cookies[f"cognito_nb_{sign_in_id}"]["secure"] is True

    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": wire.CAPABILITY_HEADER}
    for origin in ("https://trusted.example.evil", "https://trusted.example", "null"):
        for reply in (
            proxied.request("OPTIONS", wire.SIGN_INS_PATH, headers={"Origin": origin, **asked}),
            proxied.request(
                "GET", f"{wire.SIGN_INS_PATH}/{sign_in_id}", headers={**proxied.capability, "Origin": origin}
            ),
            proxied.callback("code=c", headers={"Origin": origin}),
            proxied.start(sign_in_id, headers={**forwarded, "Origin": origin}, cookies=cookies),
        ):
            assert not [name for name in reply.headers if name.startswith("Access-Control")]

    query = {"code": "c", "state": state}  # a browser's cookies go to every port of a host
    assert refused(server.callback(query, cookies=cookies), "unknown")
    assert server.request("GET", f"{wire.CALLBACK_PATH}/{sign_in_id}", cookies=cookies).status == 404
    moved = server.request("GET", f"{wire.SIGN_INS_PATH}/{sign_in_id}", headers=proxied.capability)
    assert moved.status == 403
    assert server.poll(sign_in_id).status == 404
    assert proxied.callback(query, cookies=cookies).status == 200


@pytest.mark.holds("SE-18")
def test_server_starts_though_the_extension_is_misconfigured(tmp_path):
    """Jupyter comes up and the log names the extension and the setting."""
    running = run_server(tmp_path, "--ServerApp.port=0", "--CognitoExtension.settings=nonsense")
    server = next(running)
    assert "cognito_nb | error linking extension: The 'settings' trait" in server.log
    assert list(running) == []


@pytest.mark.parametrize(
    ("ip", "sock", "tls", "expected"),
    [
        ("localhost", "", False, "http://localhost:8888/x/"),
        ("", "", False, "http://127.0.0.1:8888/x/"),
        ("0.0.0.0", "", True, "https://127.0.0.1:8888/x/"),
        ("::", "", False, "http://[::1]:8888/x/"),
        ("fe80::1", "", False, "http://[fe80::1]:8888/x/"),
        ("10.0.0.5", "", False, "http://10.0.0.5:8888/x/"),
        ("", "/run/j s", False, "http+unix://%2Frun%2Fj%20s/x/"),
    ],
)
def test_server_url_is_one_that_a_local_kernel_can_use(ip, sock, tls, expected):
    """A wildcard address becomes loopback, IPv6 gets its brackets, a socket its encoded path."""
    assert server_url(ip, 8888, sock, "/x/", tls=tls) == expected


def test_environment_names_the_certificate(tmp_path, monkeypatch):
    """A server that serves TLS itself tells kernels, which run elsewhere, the absolute path of its certificate."""
    monkeypatch.chdir(tmp_path)
    bound = SimpleNamespace(getsockname=lambda: ("127.0.0.1", 8443))
    serverapp = SimpleNamespace(
        http_server=SimpleNamespace(_sockets={3: bound}), ip="127.0.0.1", sock="", base_url="/", certfile="c.pem"
    )
    extension = SimpleNamespace(capability=Secret("capability"))
    assert CognitoExtension.environment(extension, serverapp) == {
        wire.ENV_SERVER_URL: "https://127.0.0.1:8443/",
        wire.ENV_SERVER_TOKEN: "capability",
        wire.ENV_SERVER_CA: str(tmp_path / "c.pem"),
    }
