"""What Jupyter shows of a server's configuration: nothing of ours is in it."""

import os
import subprocess
import sys

import pytest

from cognito_nb.server.app import CognitoExtension

SECRETS = {
    "COGNITO_NB_CLIENT_SECRET": "s3cretOfTheConfidentialClient2026",
    "COGNITO_NB_REFRESH_TOKEN": "refresh-token-of-the-server-2026",
    "COGNITO_NB_SERVER_TOKEN": "capability-of-the-server-2026",
}


@pytest.mark.holds("CF-11")
def test_dump_of_the_configuration_holds_no_secret(tmp_path):
    """Secrets are no traits: they come from the environment, and none of it is dumped, at DEBUG either (CF-11)."""
    command = [sys.executable, "-m", "jupyter_server", "--show-config", "--debug"]
    command.append("--ServerApp.jpserver_extensions={'cognito_nb': True}")
    environment = {**os.environ, **SECRETS, "HOME": str(tmp_path)}
    dump = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path, env=environment)
    shown = dump.stdout + dump.stderr
    assert "cognito_nb" in shown
    assert [name for name, secret in SECRETS.items() if secret in shown] == []


@pytest.mark.holds("CF-11")
def test_extension_has_no_settings_of_its_own():
    """A new one that held a secret would be shown by the dump: it fails here first."""
    assert set(CognitoExtension.class_own_traits(config=True)) == set()
