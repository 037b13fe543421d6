"""Two environments, Jupyter's and the kernel's: what is missing or does not fit is named, and where."""

import json
import sys
from types import SimpleNamespace

import pytest

import cognito_nb as cn
from cognito_nb import wire
from cognito_nb.doctor import environments
from cognito_nb.doctor.pythons import Installed
from cognito_nb.tokens.access import take_server_access

from .conftest import by_id, troubles

python_kernels = environments._python_kernels

HERE = Installed("/jupyter/bin/python", cn.__version__, wire.WIRE_VERSION, enabled=True)


@pytest.fixture
def kernels(monkeypatch):
    """Have Jupyter know kernels whose Pythons answer so."""

    def answer(*installed):
        specs = {f"k{number}": {"argv": [each.python], "env": {}} for number, each in enumerate(installed)}
        monkeypatch.setattr(environments, "_python_kernels", lambda: specs)
        monkeypatch.setattr(environments, "ask", lambda *_: list(installed))

    return answer


@pytest.fixture
def server_has(monkeypatch):
    """Have the environment of the Jupyter server be so."""

    def be(**changes):
        fields = {"version": cn.__version__, "wire": wire.WIRE_VERSION, "enabled": True, **changes}
        monkeypatch.setattr(environments, "here", lambda: Installed("/jupyter/bin/python", **fields))

    return be


def from_terminal():
    return list(environments.check_from_terminal())


@pytest.mark.parametrize("enabled", [False, None], ids=["switched off", "no jupyter_server"])
def test_extension_that_is_missing_is_named(server_has, kernels, enabled):
    """Jupyter's settings do not switch it on, or there is no Jupyter server here."""
    server_has(enabled=enabled)
    kernels(HERE)
    assert troubles(from_terminal()) == [("failed", "extension_missing")]


def test_kernel_without_the_package_is_named_with_its_python(kernels):
    """The fix is the very command that installs it there."""
    kernels(Installed("/env/bin/python"))
    findings = from_terminal()
    assert troubles(findings) == [("failed", "kernel_package_missing")]
    assert findings[-1].fix.startswith("/env/bin/python -m pip install cognito_nb")


def test_one_kernel_with_the_package_is_enough(kernels):
    """Others without it may be for other work."""
    kernels(HERE, Installed("/env/bin/python"))
    assert troubles(from_terminal()) == [("warning", "kernel_package_missing")]


def test_kernel_that_cannot_be_asked_is_a_warning(kernels):
    """It may be in a container, or start by a command of its own."""
    kernels(Installed("docker", answered=False))
    assert troubles(from_terminal()) == [("warning", "kernel_package_missing")]


@pytest.mark.parametrize(("speaks", "status"), [(wire.WIRE_VERSION, "warning"), (wire.WIRE_VERSION + 1, "failed")])
def test_other_version_is_named(kernels, speaks, status):
    """It fails only where the two cannot speak to each other."""
    kernels(Installed("/env/bin/python", "9.9.9", speaks))
    findings = from_terminal()
    assert troubles(findings) == [(status, "versions_differ")]
    assert f"cognito_nb=={cn.__version__}" in findings[-1].fix


def test_jupyter_without_kernels_is_a_warning(kernels):
    """There is nothing to ask."""
    kernels()
    assert troubles(from_terminal()) == [("warning", "kernel_package_missing")]


COMMANDS = {
    ("python3", "-m", "ipykernel_launcher"): sys.executable,
    (f"python3.{sys.version_info.minor}",): sys.executable,
    ("python3.2",): "/path/python3.2",  # of another version: the one of the PATH
    ("/env/bin/python3",): "/env/bin/python3",
    ("{prefix}/bin/python",): f"{sys.prefix}/bin/python",
    ("/usr/bin/env", "python"): "/path/python",
    ("docker", "run"): "/path/docker",
}


@pytest.mark.parametrize(("argv", "program"), COMMANDS.items())
def test_program_of_a_kernel_is_the_one_that_jupyter_starts(monkeypatch, argv, program):
    """A bare ``python`` of its own version is Jupyter's own."""
    monkeypatch.setattr(environments.shutil, "which", lambda name: f"/path/{name}")
    assert environments._interpreter(argv) == program


def test_kernel_files_that_are_none_are_left_out(tmp_path, monkeypatch):
    """Any package may have left them; the sound ones are asked all the same."""
    sound = {"argv": ["python3", "-m", "ipykernel_launcher"], "display_name": "P", "language": "python"}
    files = {
        "sound": sound | {"env": {"A": "1", "X": 1}},
        "numbers": sound | {"argv": [5]},
        "list": sound | {"env": [1]},
    }
    for name, text in files.items():
        folder = tmp_path / "kernels" / name
        folder.mkdir(parents=True)
        (folder / "kernel.json").write_text(json.dumps(text))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    found = python_kernels()
    assert found["sound"]["env"] == {"A": "1"}
    assert "numbers" not in found
    assert not found.get("list", {}).get("env")


def test_fix_is_a_line_that_a_shell_reads_as_meant(kernels):
    """A folder's name may hold blanks, and worse."""
    kernels(Installed("/my env; touch x/python"))
    assert from_terminal()[-1].fix.startswith("'/my env; touch x/python' -m pip install cognito_nb, then restart")


def test_sign_in_without_a_browser_needs_no_extension(server_has, kernels, from_kernel):
    """The extension is for the browser that comes back; the kernel needs the package as ever."""
    server_has(enabled=None)
    kernels(Installed("/env/bin/python"))
    assert troubles(environments.check_from_terminal(by_browser=False)) == [("failed", "kernel_package_missing")]
    assert troubles(from_kernel(None, Installed("/jupyter/bin/python"), by_browser=False)) == []


@pytest.fixture
def from_kernel(transport, monkeypatch):
    """Look from a kernel with this in its environment, whose parent's Python answers so."""

    def look(environ=None, server=None, *, by_browser=True):
        command = [server.python if server else "/env/bin/docker", "/jupyter/bin/jupyter-lab"]
        monkeypatch.setattr(environments, "_command_of_parent", lambda: command)
        monkeypatch.setattr(environments, "ask", lambda *_, **__: [server] if server else [])
        for name, value in (environ or {}).items():
            monkeypatch.setenv(name, value)
        take_server_access.cache_clear()
        return list(environments.check_from_kernel(transport, by_browser=by_browser))

    return look


def test_server_with_the_extension_knows_its_kernel(jupyter, from_kernel):
    """It is asked over the wire, and keeps no sign-in of it."""
    findings = from_kernel(jupyter.environment, HERE)
    assert troubles(findings) == []
    assert f"wire version {wire.WIRE_VERSION}" in by_id(findings, "capability")[0].title


def test_server_of_another_wire_version_is_named(jupyter, from_kernel, monkeypatch):
    """Only one of the two environments was updated."""
    monkeypatch.setattr(environments, "WIRE_VERSION", wire.WIRE_VERSION + 1)
    assert troubles(from_kernel(jupyter.environment)) == [("failed", "versions_differ")]


def test_server_that_was_restarted_is_named(jupyter, from_kernel):
    """It has another capability now."""
    stale = {**jupyter.environment, wire.ENV_SERVER_TOKEN: "the-capability-of-an-older-server"}
    assert troubles(from_kernel(stale)) == [("failed", "server_gone")]


def test_server_that_is_gone_is_named(jupyter, from_kernel):
    """Nobody answers at its address."""
    gone = {**jupyter.environment, wire.ENV_SERVER_URL: "http://127.0.0.1:9/"}
    assert troubles(from_kernel(gone)) == [("failed", "server_gone")]


SERVERS = {
    "not installed": (Installed("/jupyter/bin/python"), "Install"),
    "not enabled": (Installed("/jupyter/bin/python", cn.__version__, wire.WIRE_VERSION, enabled=False), "enable"),
    "enabled later": (HERE, "Restart Jupyter"),
    "unknown": (None, "Install"),
}


@pytest.mark.parametrize(("server", "fix"), SERVERS.values(), ids=SERVERS)
def test_kernel_without_a_capability_is_told_why(from_kernel, server, fix):
    """Other receivers may do, so it is a warning; the fix is that of the server's environment."""
    findings = from_kernel(None, server)
    assert {finding.code for finding in findings if finding.status == "warning"} == {"extension_missing"}
    assert fix in by_id(findings, "capability")[0].fix


PARENTS = {
    ("/env/bin/python3.11", "/env/bin/jupyter-lab", "--port=1"): True,
    ("/env/bin/python3.11", "-m", "jupyterlab"): True,
    ("/env/bin/python3.11", "-I", "-m", "jupyter_server"): True,
    ("C:\\env\\python.exe", "C:\\env\\Scripts\\jupyter-notebook-script.py"): True,
    ("/env/bin/python", "/env/bin/jupyterhub-singleuser"): True,
    ("/jupyter-lab/bin/python", "/jupyter-lab/bin/papermill", "a.ipynb"): False,
    ("/env/bin/python", "/env/bin/jupyter-nbconvert", "--execute"): False,
    ("/usr/share/code/code", "--type=utility"): False,
    (): False,
}


@pytest.mark.parametrize(("command", "is_server"), PARENTS.items())
def test_parent_is_a_server_by_its_command(transport, monkeypatch, command, is_server):
    """Only a Jupyter server is to have the extension; an editor, papermill and nbclient start kernels, too."""
    import psutil

    asked = []
    monkeypatch.setattr(psutil, "Process", lambda _: SimpleNamespace(cmdline=lambda: list(command)))
    monkeypatch.setattr(environments, "ask", lambda pythons, **_: asked.extend(pythons) or [])
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    found = list(environments.check_from_kernel(transport))
    assert troubles(found) == ([("warning", "extension_missing")] if is_server else [])
    assert asked == ([(command[0], {})] if is_server else [])


def test_notebook_of_a_server_is_known_by_its_session(transport, monkeypatch):
    """A server may be a program of any name; its notebooks' kernels have this variable."""
    monkeypatch.setattr(environments, "_command_of_parent", list)
    monkeypatch.setenv("JPY_SESSION_NAME", "a.ipynb")
    assert troubles(environments.check_from_kernel(transport)) == [("warning", "extension_missing")]
