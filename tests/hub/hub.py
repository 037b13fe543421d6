"""A real JupyterHub: dummy authenticator, simple spawner, configurable-http-proxy; one folder a user."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from lab import wait_for
from sockets import free_ports

CONFIG = """
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = {homes!r}
c.Spawner.args = ["--allow-root", "--debug"]
c.Spawner.environment = {environment!r}
c.Spawner.cmd = {command!r}
c.JupyterHub.bind_url = "http://127.0.0.1:{port}{base_url}"
c.JupyterHub.hub_port = {hub_port}
c.ConfigurableHTTPProxy.command = {proxy!r}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api_port}"
c.JupyterHub.db_url = "sqlite:///:memory:"
c.JupyterHub.cookie_secret_file = {cookie_secret!r}
c.JupyterHub.log_level = "DEBUG"
"""


@dataclass
class Hub:
    """A running JupyterHub."""

    process: subprocess.Popen
    url: str
    folder: Path
    written: Path  # its log: no `log_file`, in which the canary would find the code

    @property
    def callback(self):
        """The one URL that is registered for all users."""
        return f"{self.url}hub/user-redirect/cognito/callback"

    @property
    def own_log(self):
        """The Hub's, the proxy's and the users' servers' log."""
        return self.written.read_text("utf-8", "replace")

    def home(self, user):
        return self.folder / "homes" / user

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)


@dataclass
class UserServer:
    """A user's own server on the Hub, as `lab.Lab` wants one."""

    url: str
    folder: Path
    token: str = ""


def start_hub(folder, proxy, *, base_url="/"):
    """Start a JupyterHub; returns once it answers."""
    port, hub_port, api_port = free_ports(3)
    (folder / "homes").mkdir()
    config = folder / "jupyterhub_config.py"
    config.write_text(
        CONFIG.format(
            homes=str(folder / "homes" / "{username}"),
            environment={"PATH": os.environ["PATH"]},
            command=[str(Path(sys.executable).with_name("jupyterhub-singleuser"))],
            port=port,
            base_url=base_url,
            hub_port=hub_port,
            proxy=proxy,
            api_port=api_port,
            cookie_secret=str(folder / "cookie_secret"),
        )
    )
    log_file = folder / "hub.log"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "COGNITO_NB_"))}
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "-f", str(config)],
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=folder,
            env=kept,
        )
    hub = Hub(process, f"http://localhost:{port}{base_url}", folder, log_file)

    def answers():
        assert process.poll() is None, hub.own_log
        try:
            with urlopen(f"{hub.url}hub/api/") as answer:
                return json.loads(answer.read())["version"]
        except OSError:
            return None

    wait_for(answers, "JupyterHub", 60)
    return hub
