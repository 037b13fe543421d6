import pytest
from server.harness import query_of

from cognito_nb.server.redirects import Place, choose, start_under_registered_name
from cognito_nb.urls import with_redirect_uri

HUB = {"JUPYTERHUB_SERVICE_PREFIX": "/user/ada/", "JUPYTERHUB_BASE_URL": "/"}
LOCAL = "http://localhost:8888/cognito/callback"
USER_REDIRECT = "https://hub.example.org/hub/user-redirect/cognito/callback"
OWN_ON_HUB = "https://hub.example.org/user/ada/cognito/callback"


def place(host="localhost:8888", *, scheme="http", base_url="/", hub=None):
    return Place.of(host, scheme, base_url, hub or {})


def on_hub(host="hub.example.org", **environment):
    return place(host, base_url="/user/ada/", hub={**HUB, **environment})


CHOICES = {
    "host and port of the browser": (place(), ["http://127.0.0.1:8888/cognito/callback", LOCAL], LOCAL),
    "upper case in the Host header": (place("LOCALHOST:8888"), [LOCAL], LOCAL),
    "another port": (place("localhost:8889"), [LOCAL], None),
    "another loopback name": (place("127.0.0.1:8888"), [LOCAL], None),
    "IPv6": (place("[::1]:8888"), [LOCAL, "http://[::1]:8888/cognito/callback"], "http://[::1]:8888/cognito/callback"),
    "default port left out by the browser": (
        place("lab.example.org"),
        ["https://lab.example.org:443/cognito/callback"],
        "https://lab.example.org:443/cognito/callback",
    ),
    "default port sent by a proxy": (
        place("lab.example.org:443"),
        ["https://lab.example.org/cognito/callback"],
        "https://lab.example.org/cognito/callback",
    ),
    "plain http is for loopback only": (place("lab.example.org"), ["http://lab.example.org/cognito/callback"], None),
    "https on loopback, behind a TLS proxy": (
        place("localhost:8443"),
        ["https://localhost:8443/cognito/callback"],
        "https://localhost:8443/cognito/callback",
    ),
    "both schemes on loopback: the one in use": (
        place(scheme="https"),
        [LOCAL, LOCAL.replace("http:", "https:")],
        LOCAL.replace("http:", "https:"),
    ),
    "base_url": (
        place(base_url="/lab/"),
        [LOCAL, "http://localhost:8888/lab/cognito/callback"],
        "http://localhost:8888/lab/cognito/callback",
    ),
    "path of something else": (place(), ["http://localhost:8888/other/cognito/callback"], None),
    "name that only ends alike": (place("localhost.evil.org"), ["https://localhost/cognito/callback"], None),
    "userinfo is no host": (place("good"), ["https://good@evil/cognito/callback"], None),
    "none configured": (place(), [], LOCAL),
    "none configured, base_url": (place(base_url="/l/"), [], "http://localhost:8888/l/cognito/callback"),
    "none configured, remote": (place("lab.example.org"), [], "https://lab.example.org/cognito/callback"),
    "none configured, IPv6": (place("[::1]:80"), [], "http://[::1]/cognito/callback"),
    "the Hub's route": (on_hub(), [LOCAL, USER_REDIRECT], USER_REDIRECT),
    "the Hub's route, with a sub-domain for each user": (
        on_hub("ada.hub.example.org", JUPYTERHUB_HOST="https://hub.example.org"),
        [LOCAL, USER_REDIRECT],
        USER_REDIRECT,
    ),
    "none configured, with a sub-domain for each user": (
        on_hub("ada.hub.example.org", JUPYTERHUB_HOST="https://hub.example.org"),
        [],
        USER_REDIRECT,
    ),
    "a sub-domain's own callback comes first": (
        on_hub("ada.hub.example.org", JUPYTERHUB_HOST="https://hub.example.org"),
        [USER_REDIRECT, "https://ada.hub.example.org/user/ada/cognito/callback"],
        "https://ada.hub.example.org/user/ada/cognito/callback",
    ),
    "another Hub's route, with a sub-domain for each user": (
        on_hub("ada.hub.example.org", JUPYTERHUB_HOST="https://hub.example.org"),
        ["https://hub.example.com/hub/user-redirect/cognito/callback"],
        None,
    ),
    "a Hub that names the host that the browser is at": (
        on_hub(JUPYTERHUB_HOST="https://hub.example.org"),
        [],
        USER_REDIRECT,
    ),
    "a named server with a sub-domain for each user": (
        on_hub("ada.hub.example.org", JUPYTERHUB_HOST="https://hub.example.org", JUPYTERHUB_SERVER_NAME="gpu"),
        [USER_REDIRECT],
        None,
    ),
    "the Hub's route only on a Hub": (place("hub.example.org"), [USER_REDIRECT], None),
    "own path before the Hub's": (on_hub(), [USER_REDIRECT, OWN_ON_HUB], OWN_ON_HUB),
    "none configured on a Hub": (on_hub(), [], USER_REDIRECT),
    "Hub below a path": (
        on_hub(JUPYTERHUB_BASE_URL="/jupyter/"),
        [],
        "https://hub.example.org/jupyter/hub/user-redirect/cognito/callback",
    ),
    "named server: the Hub's route leads elsewhere": (on_hub(JUPYTERHUB_SERVER_NAME="gpu"), [USER_REDIRECT], None),
    "Hub seen by its base_url alone": (place("hub.example.org", base_url="/user/ada/"), [], USER_REDIRECT),
}


@pytest.mark.parametrize(("where", "redirect_uris", "expected"), CHOICES.values(), ids=CHOICES.keys())
def test_choose_takes_the_uri_that_leads_this_browser_here(where, redirect_uris, expected):
    """Host, port and path decide, as the browser sees them; the URI is returned exactly as configured."""
    assert choose(redirect_uris, where) == expected


@pytest.mark.parametrize("host", ["localhost:99999", "localhost:x", "[::1"])
def test_place_refuses_a_host_header_that_is_none(host):
    """An absurd Host header is an error of its own, not a host that fits."""
    with pytest.raises(ValueError, match=r"."):
        place(host)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1:8888", "http://localhost:8888/cognito/start/ID"),
        ("[::1]:8888", "http://localhost:8888/cognito/start/ID"),
        ("127.0.0.1:8889", None),
        ("lab.example.org:8888", None),
    ],
)
def test_start_under_registered_name_needs_loopback_and_the_same_port(host, expected):
    """Only where nothing but the loopback name differs is there a link: it leaves this machine never."""
    assert start_under_registered_name([USER_REDIRECT, LOCAL], place(host), "ID") == expected


@pytest.mark.parametrize("url", ["https://pool/authorize", "https://pool/authorize?client_id=c"])
def test_complete_adds_one_encoded_redirect_uri(url):
    """The redirect URI survives encoding byte for byte, whatever it holds."""
    redirect_uri = "https://h/cb?a=1&redirect_uri=x y#ü+%2F"
    assert query_of(with_redirect_uri(url, redirect_uri))["redirect_uri"] == [redirect_uri]
