"""The Hub's proxy, which npm brings, and browser profiles as in tests/browser."""

from pathlib import Path

import pytest
from browser.conftest import profile, pytest_runtest_makereport
from npm import NODE, npm_ci

__all__ = ["profile", "proxy_command", "pytest_runtest_makereport"]


@pytest.fixture(scope="session")
def proxy_command(tmp_path_factory):
    """The command that starts configurable-http-proxy."""
    folder = npm_ci(Path(__file__).parent / "node", tmp_path_factory.mktemp("proxy"), "JUPYTERHUB")
    return [str(NODE), str(folder / "node_modules" / "configurable-http-proxy" / "bin" / "configurable-http-proxy")]
