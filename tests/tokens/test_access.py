"""What the Jupyter server left in the environment: taken out once, kept, never shown."""

import os

import pytest

from cognito_nb.tokens.access import ServerAccess, take_server_access
from cognito_nb.wire import ENV_SERVER_CA, ENV_SERVER_TOKEN, ENV_SERVER_URL

CAPABILITY = "capability-0123456789"


@pytest.fixture(autouse=True)
def _fresh():
    """Let each test find its own environment."""
    take_server_access.cache_clear()
    yield
    take_server_access.cache_clear()


@pytest.fixture
def environment(monkeypatch):
    """Leave something in the environment, as the server does."""

    def leave(url="http://127.0.0.1:8888/base/", capability=CAPABILITY, ca_file=None):
        for name, value in ((ENV_SERVER_URL, url), (ENV_SERVER_TOKEN, capability), (ENV_SERVER_CA, ca_file)):
            if value is not None:
                monkeypatch.setenv(name, value)

    return leave


def test_take_server_access_returns_what_was_left(environment):
    """Address, capability and certificate."""
    environment(ca_file="/tmp/server.pem")
    access = take_server_access()
    expected = ("http://127.0.0.1:8888/base/", CAPABILITY, "/tmp/server.pem")
    assert (access.url, access.capability.reveal(), access.ca_file) == expected


def test_take_server_access_leaves_nothing_behind(environment):
    """`%env` and child processes do not show it."""
    environment(ca_file="/tmp/server.pem")
    take_server_access()
    assert not {ENV_SERVER_URL, ENV_SERVER_TOKEN, ENV_SERVER_CA} & set(os.environ)


def test_take_server_access_keeps_what_it_took(environment):
    """The second sign-in needs it too."""
    environment()
    assert take_server_access() is take_server_access() is not None


@pytest.mark.parametrize("given", [{"url": None}, {"capability": None}, {"url": ""}, {"capability": ""}])
def test_take_server_access_needs_address_and_capability(environment, given):
    """A half is nothing: there is no server extension."""
    environment(**given)
    assert take_server_access() is None


def test_take_server_access_ends_the_address_with_a_slash(environment):
    """Paths are relative to it."""
    environment(url="http://127.0.0.1:8888/base")
    assert take_server_access().url == "http://127.0.0.1:8888/base/"


def test_absolute_completes_a_path(environment):
    """A path of the server's, base_url included, becomes a URL."""
    environment()
    assert take_server_access().absolute("/base/cognito/start/1") == "http://127.0.0.1:8888/base/cognito/start/1"


def test_repr_hides_the_capability(environment):
    """Whatever prints it prints no secret."""
    environment()
    access = take_server_access()
    assert isinstance(access, ServerAccess)
    assert CAPABILITY not in f"{access!r} {access}"
