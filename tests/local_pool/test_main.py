"""``python -m cognito_nb.local_pool``, as another program runs it."""

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import httpx
import pytest

COMMAND = [sys.executable, "-m", "cognito_nb.local_pool"]


@contextmanager
def running(*arguments):
    pipe = subprocess.PIPE
    with subprocess.Popen([*COMMAND, *arguments], stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def run(*arguments):
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=30, check=False)


def test_main_prints_one_line_of_json_and_stops_with_its_parent():
    """The facts are those of a pool that answers; closing standard input ends it with code 0."""
    with running(
        "--until-stdin-closes", "--callback", "http://localhost:9/cb", "--logout", "http://localhost:9/"
    ) as pool:
        facts = json.loads(pool.stdout.readline())
        assert set(facts) == {"issuer", "user_pool_id", "client_id", "users", "domain", "api_url"}
        assert set(facts["users"][0]) == {"username", "password", "name"}
        assert httpx.get(f"{facts['api_url']}/health", trust_env=False).status_code == 200
        query = {"response_type": "code", "client_id": facts["client_id"], "redirect_uri": "http://localhost:9/cb"}
        response = httpx.get(f"{facts['domain']}/oauth2/authorize", params=query, trust_env=False)
        assert response.headers["Location"].startswith(f"{facts['domain']}/login?")
        query = {"client_id": facts["client_id"], "logout_uri": "http://localhost:9/"}
        response = httpx.get(f"{facts['domain']}/logout", params=query, trust_env=False)
        assert response.headers["Location"] == "http://localhost:9/"
        pool.stdin.close()
        assert pool.wait(10) == 0
        assert (pool.stdout.read(), pool.stderr.read()) == ("", "")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals to send")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_main_stops_at_a_signal(number):
    """Ctrl-C and SIGTERM end it with code 0 and without a traceback."""
    with running() as pool:
        pool.stdout.readline()
        pool.send_signal(number)
        assert pool.wait(10) == 0
        assert pool.stderr.read() == ""


def test_main_says_in_one_line_that_a_port_is_taken(pool):
    """Exit code 1."""
    result = run("--port", pool.domain.rpartition(":")[2])
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.count("\n") == 1
    assert "in use" in result.stderr


@pytest.mark.parametrize("arguments", [["--port", "x"], ["--port", "65536"], ["--callback", "nowhere"], ["--what"]])
def test_main_refuses_bad_arguments(arguments):
    """Exit code 2, and the usage."""
    result = run(*arguments)
    assert result.returncode == 2
    assert "Traceback" not in result.stderr


def test_main_runs_a_pool_from_a_file(tmp_path):
    """Users, clients and pool id are the file's; an option wins over the file's own, and adds its callback URL."""
    text = '[pool]\npool_id = "local_Mine"\nport = 1\n[[users]]\nusername = "mary"\n[[clients]]\nclient_id = "mine"\n'
    (tmp_path / "pool.toml").write_text(text)
    with running("--config", str(tmp_path / "pool.toml"), "--port", "0", "--callback", "http://localhost:9/cb") as pool:
        facts = json.loads(pool.stdout.readline())
        assert (facts["user_pool_id"], facts["client_id"]) == ("local_Mine", "mine")
        assert [user["username"] for user in facts["users"]] == ["mary"]
        query = {"response_type": "code", "client_id": "mine", "redirect_uri": "http://localhost:9/cb"}
        response = httpx.get(f"{facts['domain']}/oauth2/authorize", params=query, trust_env=False)
        assert response.headers["Location"].startswith(f"{facts['domain']}/login?")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[users]", "pool.toml, users: takes tables, each below a heading [[users]]\n"),
        ("[pool]\nport = 70000", "ports are 0 to 65535\n"),
        (None, "pool.toml: No such file or directory\n"),
    ],
)
def test_main_refuses_a_bad_file(tmp_path, text, said):
    """Exit code 2, and what is wrong with it."""
    if text is not None:
        (tmp_path / "pool.toml").write_text(text)
    result = run("--config", str(tmp_path / "pool.toml"))
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.endswith(said)


def test_import_without_authlib_names_the_extra(tmp_path):
    """The last line says what to install; as a program there is no other line."""
    hide = "import importlib.util as u; real = u.find_spec; "
    hide += "u.find_spec = lambda name, *package: None if name == 'authlib' else real(name, *package)\n"
    (tmp_path / "sitecustomize.py").write_text(hide)
    for arguments in (["-c", "import cognito_nb.local_pool"], COMMAND[1:]):
        result = subprocess.run(
            [sys.executable, *arguments],
            capture_output=True,
            text=True,
            env=os.environ | {"PYTHONPATH": str(tmp_path)},
            check=False,
        )
        assert result.returncode == 1
        last = result.stderr.splitlines()[-1]
        assert "the local user pool needs: pip install 'cognito_nb[local]'" in last
    assert result.stderr.count("\n") == 1
