"""The canary itself: it finds what leaks, wherever a test leaks it, and lets pass what it shall."""

import base64
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from canary import PACKAGE, Canary, held_by

from cognito_nb.errors import CognitoError

SECRET = "s3cret/of the+canary=2026"
HIDDEN = f"secret = Secret({SECRET!r}).reveal()"
LEAKS = {
    "output": "print(secret)",
    "output_that_is_read": "print(secret); capsys.readouterr()",
    "error_output": "import sys; sys.stderr.write(secret)",
    "log_at_debug": "import logging; logging.getLogger('httpcore.connection').debug('%s', secret)",
    "log_arguments": "import logging; logging.getLogger('tornado.access').debug('%.2s', secret)",
    "file": "(tmp_path / 'file').write_text(secret)",
    "error": "from cognito_nb.errors import CognitoError; CognitoError(secret)",
    "hint": "from cognito_nb.errors import NetworkError; NetworkError('no', hint=secret)",
    "warning": "import warnings; pytest.warns(UserWarning, warnings.warn, secret)",
    "messages": "kernel.messages.append({'content': secret})",
    "server_log": "server.log_file.write_text(secret)",
}
SUITE = f"""
from types import SimpleNamespace
import pytest
from cognito_nb.secret import Secret

@pytest.fixture
def kernel():
    return SimpleNamespace(messages=[])

@pytest.fixture
def server(tmp_path_factory):
    return SimpleNamespace(log_file=tmp_path_factory.mktemp("server") / "log")

def test_silent(tmp_path, capsys):
    {HIDDEN}
    print(Secret(secret))

@pytest.mark.shows_secrets("on purpose")
def test_marked():
    {HIDDEN}
    print(secret)
""" + "".join(
    f"\ndef test_{name}(capsys, tmp_path, kernel, server):\n    {HIDDEN}\n    {leak}\n" for name, leak in LEAKS.items()
)


def test_suite_fails_wherever_a_test_leaks(tmp_path):
    """Each place has a leak in it once, and each is an error of its test; what is marked or silent passes."""
    (tmp_path / "test_leaks.py").write_text(SUITE)
    command = [sys.executable, "-m", "pytest", "-p", "canary", "-p", "no:cacheprovider", "-rA", "-q", "test_leaks.py"]
    run = subprocess.run(
        command,
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(__file__).parent), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    ended = [line.split(" - ")[0] for line in run.stdout.splitlines() if line.startswith("ERROR test_leaks")]
    assert sorted(ended) == sorted(f"ERROR test_leaks.py::test_{name}" for name in LEAKS), run.stdout
    assert f"{len(LEAKS) + 2} passed, {len(LEAKS)} errors" in run.stdout


@pytest.mark.parametrize(
    "form",
    [
        pytest.param(SECRET, id="as it is"),
        pytest.param(quote(SECRET, safe=""), id="URL-encoded"),
        pytest.param(base64.b64encode(f"client:{SECRET}".encode()).decode(), id="Basic"),
        pytest.param(base64.urlsafe_b64encode(f"ab{SECRET}\n".encode()).decode(), id="base64url"),
        pytest.param("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2ln", id="any JWT"),
    ],
)
def test_forms_of_a_secret_are_found(form):
    """Whatever stands around it."""
    canary = Canary()
    canary.plant(SECRET)
    assert canary.leaks_in(f"a log line with {form} in it")
    assert not canary.leaks_in("a log line without")


@pytest.mark.parametrize("value", ["access_denied", "https://issuer.example/pool", "short1"])
def test_public_values_are_not_collected(value):
    """Words and addresses travel in a `Secret` beside the code."""
    canary = Canary()
    canary.collect(value, "a Secret")
    assert not canary.secrets


def test_silence_without_a_secret_proves_nothing():
    """A test that asks by hand fails if nothing was collected."""
    with pytest.raises(AssertionError, match="proves nothing"):
        Canary().assert_silent({"log": ""})


FAIL_IN = """
def fail(value):
    raise ValueError
def at_once(secret):
    raise error
def from_a_cause(secret):
    try:
        fail(secret)
    except ValueError as cause:
        raise error from cause
"""


@pytest.mark.parametrize("function", ["at_once", "from_a_cause"])
def test_variables_of_our_frames_are_searched(function):
    """As `%xmode Verbose` and `%debug` show them, also those of a cause; a test's own frames are its own."""
    names = {"error": CognitoError("no")}
    exec(compile(FAIL_IN, PACKAGE / "session.py", "exec"), names)
    own = "of-the-test-2026"
    with pytest.raises(CognitoError) as caught:
        names[function](SECRET)
    shown = [*held_by(caught.value)]
    assert any(SECRET in text for text in shown)
    assert not any(own in text for text in shown)
