"""Which callback URLs a server has, and whether the settings name them."""

import socket

import pytest

import cognito_nb as cn
from cognito_nb.doctor import callbacks
from cognito_nb.doctor.callbacks import callbacks_of, place_of
from cognito_nb.doctor.case import Case
from cognito_nb.receivers.surroundings import sign_of_elsewhere
from cognito_nb.wire import ENV_SERVER_URL

from .conftest import CALLBACK, by_id, config_of, examine, troubles

has_extension, running_servers = callbacks._has_extension, callbacks._running_servers

HUB = {"JUPYTERHUB_SERVICE_PREFIX": "/user/ada/", "JUPYTERHUB_BASE_URL": "/"}
PUBLIC = {**HUB, "JUPYTERHUB_PUBLIC_URL": "https://hub.example.org/user/ada/"}
SHARED = "/hub/user-redirect/cognito/callback"

PLACES = [
    ("http://localhost:8888/", {}, (CALLBACK, "http://127.0.0.1:8888/cognito/callback")),
    (
        "http://127.0.0.1:8889/base/",
        {},
        ("http://localhost:8889/base/cognito/callback", "http://127.0.0.1:8889/base/cognito/callback"),
    ),
    (
        "https://localhost:8888/",
        {},
        ("https://localhost:8888/cognito/callback", "https://127.0.0.1:8888/cognito/callback"),
    ),
    ("http://box.example.org:8888/", {}, ("https://box.example.org:8888/cognito/callback",)),
    (f"http://{socket.gethostname()}:8888/", {}, (CALLBACK, "http://127.0.0.1:8888/cognito/callback")),
    ("http://0.0.0.0:8888/", {}, (CALLBACK, "http://127.0.0.1:8888/cognito/callback")),
    ("http+unix://%2Frun%2Fjupyter.sock/", {}, ()),
    ("http://127.0.0.1:40001/user/ada/", HUB, ()),
    ("http://127.0.0.1:40001/user/ada/", PUBLIC, (f"https://hub.example.org{SHARED}",)),
    (
        "http://127.0.0.1:40001/user/ada/gpu/",
        {**PUBLIC, "JUPYTERHUB_SERVER_NAME": "gpu"},
        ("https://hub.example.org/user/ada/gpu/cognito/callback",),
    ),
    (
        "http://127.0.0.1:40001/user/ada/",
        {**HUB, "JUPYTERHUB_PUBLIC_HUB_URL": "https://hub.example.org/hub/"},
        (f"https://hub.example.org{SHARED}",),
    ),
    ("http://localhost:8888/", HUB, (CALLBACK, "http://127.0.0.1:8888/cognito/callback")),
]


@pytest.mark.parametrize(("url", "environ", "urls"), PLACES)
def test_place_of_a_server(url, environ, urls):
    """The exact URLs, wherever this machine can know them."""
    assert place_of(url, environ).urls == urls


TUNNEL, PUBLIC_URL = "http://localhost:9000/cognito/callback", "https://jupyter.example.org/cognito/callback"
HUB_URL, OWN_HUB = f"https://hub.example.org{SHARED}", f"http://localhost:8000{SHARED}"
MINE, OPEN, HUBS = "http://localhost:8888/", "http://0.0.0.0:8888/", "http://127.0.0.1:40001/user/ada/"
FITTING = {
    "its own URL": (MINE, {}, None, [CALLBACK, PUBLIC_URL], [CALLBACK]),
    "another port of this machine": (MINE, {}, None, [TUNNEL, PUBLIC_URL], []),
    "a tunnel, or a container's port": (MINE, {}, "a container", [TUNNEL], [TUNNEL]),
    "a proxy before a container": (MINE, {}, "a container", [PUBLIC_URL], [PUBLIC_URL]),
    "plain http of another machine": (MINE, {}, "a container", ["http://a.example/cognito/callback"], []),
    "another path": (MINE, {}, "a container", ["http://localhost:8888/callback"], []),
    "all interfaces": (OPEN, {}, None, [CALLBACK], [CALLBACK]),
    "a proxy before all interfaces": (OPEN, {}, None, [PUBLIC_URL, TUNNEL], [PUBLIC_URL]),
    "a Hub": (HUBS, HUB, None, [CALLBACK, HUB_URL], [HUB_URL]),
    "a Hub on one's own machine": (HUBS, HUB, None, [OWN_HUB], [OWN_HUB]),
}


@pytest.mark.parametrize(("url", "environ", "elsewhere", "uris", "fitting"), FITTING.values(), ids=FITTING)
def test_url_that_may_lead_a_browser_here(monkeypatch, url, environ, elsewhere, uris, fitting):
    """Host and port are certain only where browser and server are on one machine, and nothing is in between."""
    monkeypatch.setattr(callbacks, "sign_of_elsewhere", lambda: elsewhere)
    assert list(place_of(url, environ).fitting(tuple(uris))) == fitting


def test_running_server_uses_its_own_url(start_pool, monkeypatch):
    """The port that Jupyter has is the one that counts."""
    monkeypatch.setattr(callbacks, "_running_servers", lambda: ["http://localhost:8888/"])
    finding = by_id(examine(start_pool()), "callback:")[0]
    assert finding.status == "ok"
    assert CALLBACK in finding.title


def test_url_that_is_not_configured_is_named_with_its_difference(start_pool, monkeypatch):
    """Jupyter has moved to another port."""
    monkeypatch.setattr(callbacks, "_running_servers", lambda: ["http://localhost:8889/"])
    findings = examine(start_pool())
    assert troubles(findings) == [("failed", "redirect_not_registered")]
    finding = by_id(findings, "callback:")[0]
    assert f"the nearest is {CALLBACK} (port 8888, not 8889)" in finding.cause
    assert '"http://localhost:8889/cognito/callback"' in finding.fix


def test_other_server_without_its_url_is_a_warning(start_pool, monkeypatch):
    """One may sign in on the server that fits."""
    servers = ["http://localhost:8888/", "http://localhost:8889/"]
    monkeypatch.setattr(callbacks, "_running_servers", lambda: servers)
    assert troubles(examine(start_pool())) == [("warning", "redirect_not_registered")]


def test_terminal_of_a_hub_knows_the_hub(start_pool, monkeypatch):
    """Its server's address in the file is that behind the Hub's proxy."""
    for name, value in HUB.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(callbacks, "_running_servers", lambda: [HUBS])
    findings = examine(start_pool(callback_urls=[HUB_URL]), redirect_uris=[HUB_URL])
    assert troubles(findings) == []
    assert f"{HUB_URL} may lead a browser here" in by_id(findings, "callback:")[0].title


def test_url_that_only_the_browser_knows_is_none(monkeypatch):
    """Where nothing is configured, such as on a Hub without a public address."""
    config = cn.CognitoConfig(user_pool_id="eu-west-1_AbC123", client_id="abc")
    assert callbacks_of(config, [place_of(HUBS, HUB)]) == ()


def test_url_of_this_server_is_tried_first(start_pool, monkeypatch):
    """It is the one that a sign-in from here would name."""
    monkeypatch.setattr(callbacks, "_running_servers", lambda: ["http://localhost:8888/"])
    uris = ["https://hub.example.org/hub/user-redirect/cognito/callback", CALLBACK]
    findings = examine(start_pool(callback_urls=uris), redirect_uris=uris)
    assert [finding.id for finding in by_id(findings, "authorize:")] == [f"authorize:{uri}" for uri in uris[::-1]]


def test_server_without_configured_urls_goes_by_the_browser(start_pool, monkeypatch):
    """Without redirect_uris both loopback names are tried at Cognito."""
    monkeypatch.setattr(callbacks, "_running_servers", lambda: ["http://localhost:8890/"])
    registered = [f"http://{host}:8890/cognito/callback" for host in ("localhost", "127.0.0.1")]
    findings = examine(start_pool(callback_urls=registered), redirect_uris=[])
    assert troubles(findings) == []
    assert [finding.id for finding in by_id(findings, "authorize:")] == [f"authorize:{url}" for url in registered]


def test_files_of_servers_show_no_token(monkeypatch):
    """Only the address of a running server is taken from its file."""
    server = {"url": "http://localhost:8888/", "token": "the-token-of-the-server", "pid": 1}
    monkeypatch.setattr("jupyter_server.serverapp.list_running_servers", lambda: [server])
    assert running_servers() == ["http://localhost:8888/"]


def test_files_that_are_no_servers_are_left_out(monkeypatch):
    """Whatever stands in them: it must not end the examination."""

    def files():
        for url in (
            "http://[bad/",
            "http://h:99999999/",
            "http://h:0/",
            "file:///etc",
            f"http://{'h' * 400}/",
            "//h",
            5,
        ):
            yield {"url": url}
        yield {"url": "http://u:p@h/"}
        yield {"url": "http://localhost:8888/"}
        raise UnicodeDecodeError("utf-8", b"", 0, 1, "")

    monkeypatch.setattr("jupyter_server.serverapp.list_running_servers", files)
    assert running_servers() == ["http://localhost:8888/"]


def test_running_server_without_the_extension_is_named(start_pool, monkeypatch):
    """It was enabled, but the server has not been restarted since."""
    monkeypatch.setattr(callbacks, "_running_servers", lambda: ["http://localhost:8888/"])
    monkeypatch.setattr(callbacks, "_has_extension", lambda *_: False)
    findings = examine(start_pool())
    assert troubles(findings) == [("warning", "extension_missing")]
    assert by_id(findings, "extension:")[0].fix == "Restart Jupyter."


def test_running_server_is_asked_whether_it_has_the_extension(jupyter, start_pool, transport):
    """One that has it asks for the capability; any other site does not."""
    asked = Case(config_of(start_pool()), transport, in_kernel=False)
    assert has_extension(asked, jupyter.environment[ENV_SERVER_URL])
    assert not has_extension(asked, start_pool().domain)
    assert has_extension(asked, "http://127.0.0.1:9/"), "nothing is known of a server that does not answer"


def test_server_of_another_name_is_not_asked(start_pool, transport, monkeypatch):
    """The question would go to a company's proxy."""
    asked = Case(config_of(start_pool()), transport, in_kernel=False)
    monkeypatch.setattr(transport, "send", lambda _: pytest.fail("asked"))
    assert has_extension(asked, f"http://{socket.gethostname()}:8888/")


def test_server_is_not_asked_once_the_time_is_up(start_pool, transport, monkeypatch):
    """Slow answers must not add up."""
    asked = Case(config_of(start_pool()), transport, in_kernel=False, deadline=0.0)
    monkeypatch.setattr(transport, "send", lambda _: pytest.fail("asked"))
    assert has_extension(asked, "http://127.0.0.1:9/")


@pytest.mark.parametrize(
    ("elsewhere", "configured", "urls"),
    [
        (None, [CALLBACK], (CALLBACK,)),
        (None, [], (CALLBACK, "http://127.0.0.1:8888/cognito/callback")),
        (sign_of_elsewhere({"CODESPACES": "true"}), [CALLBACK], (CALLBACK,)),
        (sign_of_elsewhere({"CODESPACES": "true"}), [], ("http://localhost:8892/cognito/callback",)),
    ],
    ids=["loopback", "loopback, unset", "paste", "paste, unset"],
)
def test_kernel_without_a_server_uses_these(start_pool, transport, monkeypatch, elsewhere, configured, urls):
    """The ports on which it waits itself, or where a pasted address begins."""
    monkeypatch.setattr("cognito_nb.receivers.sign_of_elsewhere", lambda: elsewhere)
    examined = Case(config_of(start_pool(), redirect_uris=configured), transport, in_kernel=True)
    findings = [*callbacks.check_receiver(examined), *callbacks.check_callbacks(examined)]
    assert troubles(findings) == []
    assert examined.callbacks == urls


def test_receiver_is_named_with_its_reason(start_pool):
    """In a terminal, both: of notebooks and of the terminal itself."""
    finding = by_id(examine(start_pool()), "receiver")[0]
    assert finding.status == "ok"
    assert "in this terminal: " in finding.title
