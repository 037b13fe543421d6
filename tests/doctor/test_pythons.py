"""What other Pythons are asked, which programs are not even started, and what of an answer is believed."""

import json
import os
import sys
from pathlib import Path

import pytest

import cognito_nb as cn
from cognito_nb import wire
from cognito_nb.doctor import pythons
from cognito_nb.doctor.pythons import Installed, ask


def script(folder, text):
    """An interpreter that does this, whatever it is asked."""
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


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


@pytest.mark.parametrize("name", ["python", "./python", "sub/python"])
def test_program_of_the_notebooks_folder_is_not_started(tmp_path, monkeypatch, name):
    """A cloned repository may hold anything by that name."""
    (tmp_path / "sub").mkdir()
    for folder in (tmp_path, tmp_path / "sub"):
        script(folder, f"touch {tmp_path / 'started'}")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f".{os.pathsep}{os.environ['PATH']}")
    assert not ask([(name, {})])[0].answered
    assert not (tmp_path / "started").exists()


def test_program_that_is_no_python_is_not_started(tmp_path):
    """A shell, a container's or a remote machine's client would take the question for something else."""
    program = Path(script(tmp_path, f"touch {tmp_path / 'started'}")).rename(tmp_path / "bash")
    assert not ask([(str(program), {})])[0].answered
    assert not (tmp_path / "started").exists()


def test_interpreter_runs_in_its_own_folder(tmp_path, monkeypatch):
    """In the notebook's, a json.py there would be imported; from 3.11 on, Python looks in no folder at all."""
    (tmp_path / "repository").mkdir()
    monkeypatch.chdir(tmp_path / "repository")
    right = f'[ "$(pwd -P)" = "$(cd {tmp_path} && pwd -P)" ] && [ "$PYTHONSAFEPATH" = 1 ]'
    answer = ask([(script(tmp_path, f"""{right} && echo '{{"version": "1"}}'"""), {"PYTHONSAFEPATH": ""})])[0]
    assert answer.version == "1"
