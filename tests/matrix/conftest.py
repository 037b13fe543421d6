"""Everywhere a notebook runs: servers that the rows share, and one user pool."""

import os
import subprocess

import pytest
from browser.conftest import profile, pytest_runtest_makereport
from hub.conftest import proxy_command
from kernel.notebooks import write_settings
from lab import start_jupyter, wait_for
from matrix.person import Person
from receivers.raw import is_open
from sockets import free_ports

from cognito_nb.local_pool import LocalUserPool

__all__ = ["profile", "proxy_command", "pytest_runtest_makereport"]

# Tests run in containers, without a screen: a kernel that reads this is on its user's own machine all the same
OWN_MACHINE = "from cognito_nb.receivers import surroundings\nsurroundings.ELSEWHERE = ()\n"


@pytest.fixture(scope="module")
def pool():
    with LocalUserPool() as pool:
        yield pool


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Start a Jupyter server with these arguments, or return the one that runs."""
    running = {}

    def start(*arguments, app="jupyter_server", token=None):
        key = (app, *arguments)
        if key not in running:
            environment = {} if token is None else {"JUPYTER_TOKEN": token}
            folder = tmp_path_factory.mktemp("jupyter")
            running[key] = start_jupyter(folder, *arguments, app=app, environment=environment)
        return running[key]

    yield start
    for each in running.values():
        each.process.terminate()
    for each in running.values():
        each.process.wait(20)


class OwnMachine:
    """A user's machine without a Jupyter server of ours: a folder, an environment, a registered port, a browser."""

    def __init__(self, pool, folder):
        self.folder, self.person = folder, Person(pool)
        callback = f"http://localhost:{free_ports(1)[0]}/cognito/callback"
        pool.register_callback(callback)
        write_settings(folder, pool, redirect_uris=[callback], remember="kernel")
        startup = folder / "ipython" / "profile_default" / "startup"
        startup.mkdir(parents=True)
        (startup / "here.py").write_text(OWN_MACHINE)

    @property
    def environment(self):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "COGNITO_NB_"))}
        return {
            **kept,
            "HOME": str(self.folder),
            "IPYTHONDIR": str(self.folder / "ipython"),
            "DISPLAY": ":0",
            "TERM": "dumb",
            "BROWSER": "true %s",
        }


@pytest.fixture
def own_machine(pool, tmp_path):
    return OwnMachine(pool, tmp_path)


@pytest.fixture
def refresh_token(pool, tmp_path, monkeypatch):
    """Settings in the environment, with a refresh token of ada's; gives a folder."""
    for name, value in pool.environment("ada").items():
        monkeypatch.setenv(name, value)
    return tmp_path


@pytest.fixture
def tls_proxy(proxy_command, tmp_path_factory):
    """Put configurable-http-proxy with https in front of an address; gives the new one, and its authority's file."""
    import trustme

    folder, running = tmp_path_factory.mktemp("proxy"), []

    def start(target):
        authority = trustme.CA()
        certificate = authority.issue_cert("localhost")
        authority.cert_pem.write_to_path(folder / "authority.pem")
        certificate.private_key_pem.write_to_path(folder / "key.pem")
        certificate.cert_chain_pems[0].write_to_path(folder / "certificate.pem")
        port, api_port = free_ports(2)
        options = {
            "--ip": "127.0.0.1",
            "--port": port,
            "--api-ip": "127.0.0.1",
            "--api-port": api_port,
            "--default-target": target,
            "--ssl-key": folder / "key.pem",
            "--ssl-cert": folder / "certificate.pem",
        }
        arguments = [str(part) for option in options.items() for part in option]
        with (folder / "proxy.log").open("wb") as log:
            running.append(subprocess.Popen([*proxy_command, *arguments], stdout=log, stderr=log))
        wait_for(lambda: is_open(port), "the proxy")
        return f"https://localhost:{port}/", folder / "authority.pem"

    yield start
    for each in running:
        each.terminate()
        each.wait(20)
