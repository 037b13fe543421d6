"""A real Jupyter server in a process of its own, and a plain HTTP client that follows and forgets nothing."""

import http.client
import http.cookies
import json
import os
import re
import secrets
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from cognito_nb import wire
from cognito_nb.causes import CAUSES

SERVE = Path(__file__).with_name("serve.py")
JUPYTER_TOKEN = "jupyter-login-token"


@dataclass
class Reply:
    status: int
    headers: http.client.HTTPMessage
    body: str

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def cookies(self):
        """The cookies that the reply sets, by name."""
        jar = http.cookies.SimpleCookie()
        for header in self.headers.get_all("Set-Cookie", []):
            jar.load(header)
        return jar


@dataclass
class Server:
    """A running server, as kernels and browsers reach it."""

    process: subprocess.Popen
    log_file: Path
    environment: dict
    port: int
    base_url: str
    left: dict = field(default_factory=dict)  # of the environment, when the server has ended

    @property
    def capability(self):
        return {wire.CAPABILITY_HEADER: self.environment[wire.ENV_SERVER_TOKEN]}

    @property
    def log(self):
        return self.log_file.read_text("utf-8")

    def request(self, method, path, *, headers=None, body=None, cookies=None, timeout=10):
        """Send one request below the base_url, byte for byte."""
        headers = {"Host": f"127.0.0.1:{self.port}", **(headers or {})}
        if cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, self.base_url + path, data, headers)
            response = connection.getresponse()
            return Reply(response.status, response.headers, response.read().decode())
        finally:
            connection.close()

    def api(self, method, path="", **options):
        """Send a request as a kernel does."""
        return self.request(method, wire.SIGN_INS_PATH + path, headers=self.capability, **options)

    def create(self, **changes):
        """Create a sign-in; returns its state and id."""
        fields = new_sign_in(**changes)
        return fields["state"], self.api("POST", body=fields).json["id"]

    def start(self, sign_in_id, *, headers=None, cookies=None):
        """Open the start page in a browser that is logged in to Jupyter."""
        login = {"Authorization": f"token {JUPYTER_TOKEN}", **(headers or {})}
        return self.request("GET", f"{wire.START_PATH}/{sign_in_id}", headers=login, cookies=cookies)

    def started(self, **changes):
        """Create and start a sign-in; returns state, id and the browser's cookies."""
        state, sign_in_id = self.create(**changes)
        reply = self.start(sign_in_id)
        return state, sign_in_id, {name: morsel.value for name, morsel in reply.cookies.items()}

    def callback(self, query="", *, method="GET", **options):
        """Send what a provider's redirect makes a browser send."""
        query = query if isinstance(query, str) else urlencode(query)
        return self.request(method, f"{wire.CALLBACK_PATH}?{query}", **options)

    def poll(self, sign_in_id, wait=0):
        return self.api("GET", f"/{sign_in_id}?wait={wait}")


def new_sign_in(**changes):
    """Return the body of a sign-in that a kernel asks for."""
    state = secrets.token_urlsafe(32)
    fields = {
        "wire": wire.WIRE_VERSION,
        "kernel": secrets.token_hex(8),
        "profile": "dev",
        "issuer": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC",
        "state": state,
        "authorization_url": f"https://pool.example.com/oauth2/authorize?client_id=c&state={state}",
        "redirect_uris": [],
        "expires_in": 600,
    }
    return {**fields, **changes}


def run_server(tmp_path, *arguments, environment=None):
    """Start a server; yields it when its extensions have started, and ends it."""
    log_file = tmp_path / "server.log"
    measured = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
    home = {
        "HOME": str(tmp_path),
        "JUPYTER_PLATFORM_DIRS": "1",
        "PATH": "/usr/bin:/bin",
        **measured,
        **(environment or {}),
    }
    command = [
        *(sys.executable, str(SERVE), "--allow-root", "--no-browser", "--log-level=DEBUG"),
        "--ServerApp.jpserver_extensions={'cognito_nb': True, 'jupyter_lsp': False, 'jupyter_server_terminals': False}",
        f"--IdentityProvider.token={JUPYTER_TOKEN}",
        "--ServerApp.allow_unauthenticated_access=False",
        f"--ServerApp.root_dir={tmp_path}",
        *arguments,
    ]
    with log_file.open("wb") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=home, cwd=tmp_path, text=True)
    try:
        environment = json.loads(process.stdout.readline())
        url = urlsplit(environment.get(wire.ENV_SERVER_URL, ""))
        server = Server(process, log_file, environment, url.port if "unix" not in url.scheme else 0, url.path)
        yield server
    finally:
        process.terminate()
        rest = process.communicate(timeout=20)[0]
    server.left.update(json.loads(rest.splitlines()[-1]))


def query_of(url):
    """Return the parameters of a URL, each with all its values."""
    return parse_qs(urlsplit(url).query, keep_blank_values=True)


def title(reply):
    """Return the heading of an HTML page."""
    return re.search(r"<h1>(.*?)</h1>", reply.body).group(1)


def refused(reply, cause, status=400):
    """Tell whether a page refuses with the title of a cause."""
    return (reply.status, title(reply)) == (status, CAUSES[cause].title)
