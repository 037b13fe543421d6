"""`jupyter cognito`: its arguments, and the demo as a stranger gets it, from the wheel in an empty environment."""

import json
import os
import re
import signal
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPCookieProcessor, HTTPErrorProcessor, Request, build_opener, urlopen

import pytest
from kernels import Kernel, start_url_of
from lab import PASSWORD, wait_for

from cognito_nb.cli import main
from cognito_nb.demo import _prepare
from cognito_nb.local_pool import Browser, LocalUserPool

ROOT = Path(__file__).parent.parent


def test_version(capsys):
    """`--version` prints the package's version."""
    from cognito_nb import __version__

    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.strip() == __version__


@pytest.mark.parametrize("arguments", [[], ["nosuch"], ["demo", "--port", "many"]])
def test_wrong_usage_is_exit_code_2(arguments, capsys):
    """Usage errors are told on stderr."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_demo_with_a_port_in_use_says_so(capsys, tmp_path):
    """A taken port is one line and exit code 1, before anything is started."""
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["demo", "--port", str(port), "--folder", str(tmp_path / "demo")]) == 1
    assert "--port" in capsys.readouterr().err
    assert not (tmp_path / "demo").exists()


def test_demo_spares_a_cognito_toml_of_the_users(capsys, tmp_path):
    """Settings that the demo has not written are not overwritten."""
    (tmp_path / "cognito.toml").write_text("[profiles.mine]\n")
    assert main(["demo", "--folder", str(tmp_path)]) == 1
    assert "--folder" in capsys.readouterr().err
    assert (tmp_path / "cognito.toml").read_text() == "[profiles.mine]\n"


def test_demo_spares_notebooks_that_are_there(tmp_path):
    """A second start adds what is missing and leaves the rest alone."""
    (tmp_path / "01_sign_in.ipynb").write_text("mine")
    with LocalUserPool() as pool:
        _prepare(tmp_path, pool, [])
    assert (tmp_path / "01_sign_in.ipynb").read_text() == "mine"
    assert (tmp_path / "00_start_here.ipynb").exists()


@pytest.mark.parametrize(
    ("arguments", "module"),
    [(["demo"], "jupyterlab"), (["demo"], "pandas"), (["demo", "--notebook"], "notebook")],
)
def test_demo_without_its_extra_says_what_to_install(arguments, module, capsys, monkeypatch):
    """A plain install is told the one command."""
    monkeypatch.setattr("cognito_nb.demo.find_spec", lambda name: None if name == module else object())
    assert main(arguments) == 1
    assert f"needs {module}: pip install 'cognito_nb[demo]'" in capsys.readouterr().err


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The built wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--wheel-dir", folder, ROOT]
    subprocess.run(command, check=True)
    (path,) = folder.glob("*.whl")
    return path


@pytest.mark.slow
def test_wheel_holds_what_is_not_python(wheel):
    """Scripts, styles, pages, the server's configuration and the notebooks are in the wheel; the tests are not."""
    names = zipfile.ZipFile(wheel).namelist()
    for part in (
        *("cognito_nb/py.typed", "cognito_nb/pages.css", "cognito_nb/pages.js", "cognito_nb/widget/button.js"),
        *("cognito_nb/widget/card.js", "cognito_nb/widget/widget.css", "cognito_nb/notebooks/00_start_here.ipynb"),
        *("cognito_nb/notebooks/01_sign_in.ipynb", "cognito_nb/notebooks/02_call_an_api.ipynb"),
        "cognito_nb/notebooks/03_data_at_scale.ipynb",
        "etc/jupyter/jupyter_server_config.d/cognito_nb.json",
    ):
        assert any(name.endswith(part) for name in names), part
    assert any(name.startswith("cognito_nb/local_pool/templates/") for name in names)
    assert not any("tests/" in name for name in names)


@pytest.mark.slow
def test_sign_in_from_the_wheel_in_an_empty_environment(wheel, tmp_path):
    """`jupyter cognito demo` of the installed wheel: the extension is on, a kernel signs in, Ctrl-C ends it all."""
    environment = tmp_path / "venv"
    venv.create(environment, with_pip=True)
    subprocess.run([environment / "bin" / "pip", "install", "-q", f"{wheel}[demo]"], check=True)
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "COGNITO_NB_", "VIRTUAL"))
    }
    home = tmp_path / "home"
    home.mkdir()
    output = tmp_path / "demo.log"
    with output.open("wb") as log:
        demo = subprocess.Popen(
            [environment / "bin" / "jupyter", "cognito", "demo", "--no-browser"],
            cwd=tmp_path,
            env={**kept, "HOME": str(home)},
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
    try:
        address = wait_for(
            lambda: re.search(r"http://localhost:(\d+)/lab\S+token=(\S+)", output.read_text()), "the address"
        )
        assert f"ada      {PASSWORD}" in output.read_text()
        assert sign_in_through(*address.groups(), home) == "'ada'"
        settings = tomllib.loads((tmp_path / "cognito-demo" / "cognito.toml").read_text())
    finally:
        demo.send_signal(signal.SIGINT)
        code = demo.wait(30)
    assert code == 0, output.read_text()
    with pytest.raises(URLError):
        urlopen(settings["profiles"]["demo"]["issuer"])


def sign_in_through(port, token, home):
    """Start a kernel on a running Jupyter server and sign in from it, without a browser; returns who it is."""
    jupyter = f"http://localhost:{port}/"
    login = {"Authorization": f"token {token}"}

    def answers():
        try:
            return urlopen(Request(f"{jupyter}api", headers=login)).status == 200
        except OSError:
            return False

    wait_for(answers, "JupyterLab", 60)
    started = urlopen(Request(f"{jupyter}api/kernels", headers=login, data=b'{"name": "python3"}', method="POST"))
    identifier = json.load(started)["id"]
    runtime = home / ".local" / "share" / "jupyter" / "runtime"
    kernel = Kernel.attach(runtime / f"kernel-{identifier}.json")

    class StayHere(HTTPErrorProcessor):
        def http_response(self, request, response):
            return response

    browser = build_opener(HTTPCookieProcessor(), StayHere())
    try:
        kernel.run("%load_ext cognito_nb")
        run = kernel.begin("%cognito_login")
        start_url = start_url_of(kernel.wait_for(start_url_of))
        with browser.open(Request(start_url, headers=login)) as answer:
            location = answer.headers["Location"]
        domain = "{0.scheme}://{0.netloc}".format(urlsplit(location))
        browser.open(Browser("ada", PASSWORD).leave(domain, location)).close()
        kernel.finish(run)
        return kernel.value("cognito.user.username")
    finally:
        kernel.stop()
