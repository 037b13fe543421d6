"""Two environments, Jupyter's and the kernel's: what is missing or does not fit is named, and where."""

import json
import sys

import pytest

import cognito_nb as cn
from cognito_nb import wire
from cognito_nb.doctor import environments, pythons
from cognito_nb.doctor.pythons import Installed, ask
from cognito_nb.tokens.access import take_server_access

from .conftest import by_id, troubles

HERE = Installed("/jupyter/bin/python", cn.__version__, wire.WIRE_VERSION, enabled=True)


@pytest.fixture
def kernels(monkeypatch):
    """Have Jupyter know kernels whose Pythons answer so."""

    def answer(*installed):
        specs = {f"k{number}": {"argv": [each.python]} for number, each in enumerate(installed)}
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


def script(folder, text):
    """An interpreter that does this, whatever it is asked."""
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


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


def test_this_python_answers_for_itself():
    """The question runs in a process of its own, as it would in a kernel's environment."""
    answer = ask([(sys.executable, {})], of_server=True)[0]
    assert (answer.version, answer.wire) == (cn.__version__, wire.WIRE_VERSION)
    assert answer.enabled is pythons.extension_is_enabled()


@pytest.mark.parametrize("enabled", [True, False])
def test_extension_is_enabled_by_jupyters_settings(monkeypatch, tmp_path, enabled):
    """A file of the folder where packages leave theirs, as Jupyter's server itself reads it."""
    folder = tmp_path / "jupyter_server_config.d"
    folder.mkdir()
    settings = {"ServerApp": {"jpserver_extensions": {"cognito_nb": enabled}}}
    (folder / "cognito_nb.json").write_text(json.dumps(settings))
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(tmp_path))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "none"))
    assert pythons.extension_is_enabled() is enabled
    assert ask([(sys.executable, {})], of_server=True)[0].enabled is enabled


ANSWERS = {
    "echo '{}'": Installed("", answered=True),
    """echo '{"version": "1.2", "wire": 7}'""": Installed("", "1.2", 7),
    """echo noise; echo '{"version": "<script>", "wire": "7"}'""": Installed("", answered=True),
    "echo no JSON": Installed("", answered=False),
    "echo '[]'": Installed("", answered=False),
    "exit 1": Installed("", answered=False),
}


@pytest.mark.parametrize(("text", "installed"), ANSWERS.items())
def test_answer_of_an_interpreter_is_read(tmp_path, text, installed):
    """Nothing of it is taken on trust: it may be any program."""
    python = script(tmp_path, text)
    answer = ask([(python, {})])[0]
    assert (answer.version, answer.wire, answer.answered) == (installed.version, installed.wire, installed.answered)


def test_interpreter_that_hangs_is_given_up(tmp_path, monkeypatch):
    """All are asked at once, and none is waited for beyond the time for all; it is ended then."""
    monkeypatch.setattr(pythons, "_SECONDS", 0.2)
    started, popen = [], pythons.subprocess.Popen

    def start(*arguments, **options):
        started.append(popen(*arguments, **options))
        return started[-1]

    monkeypatch.setattr(pythons.subprocess, "Popen", start)
    assert not ask([(script(tmp_path, "exec sleep 60"), {})])[0].answered
    assert started[0].returncode < 0


def test_interpreter_that_is_not_there_cannot_be_asked(tmp_path):
    """The environment was removed, and its kernel left behind."""
    assert ask([(str(tmp_path / "gone"), {})]) == [Installed(str(tmp_path / "gone"), answered=False)]


def test_bare_python_of_a_kernel_is_jupyters_own():
    """As Jupyter itself has it."""
    assert environments._interpreter("python3") == sys.executable
    assert environments._interpreter("/env/bin/python3") == "/env/bin/python3"


@pytest.fixture
def from_kernel(transport, monkeypatch):
    """Look from a kernel with this in its environment, whose parent's Python answers so."""

    def look(environ=None, server=None):
        monkeypatch.setattr(environments, "_python_of_parent", lambda: server and server.python)
        monkeypatch.setattr(environments, "ask", lambda *_, **__: [server] if server else [])
        for name, value in (environ or {}).items():
            monkeypatch.setenv(name, value)
        take_server_access.cache_clear()
        return list(environments.check_from_kernel(transport))

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


def test_python_of_the_parent_is_that_of_its_command(monkeypatch):
    """In a virtual environment the process's own executable would be the base Python."""
    import psutil

    class Parent:
        def __init__(self, pid):
            self.pid = pid

        def cmdline(self):
            return command

    monkeypatch.setattr(psutil, "Process", Parent)
    command = ["/env/bin/python3.11", "/env/bin/jupyter-lab"]
    assert environments._python_of_parent() == "/env/bin/python3.11"
    command = ["/usr/share/code/code", "--type=utility"]
    assert environments._python_of_parent() is None
    command = []
    assert environments._python_of_parent() is None
