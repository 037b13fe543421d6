"""Somebody else's AWS (ministack, of PyPI), in a process of its own on 127.0.0.1."""

import os
import re
import subprocess
import sys
from contextlib import contextmanager


@contextmanager
def running_ministack(folder):
    """Run it with its files in a folder; gives its URL."""
    loopback = {"BIND_HOST": "127.0.0.1", "IOT_MTLS_ENABLED": "0", "GATEWAY_PORT": "0"}
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "TMPDIR": str(folder), **loopback}
    command = [sys.executable, "-m", "ministack"]
    with subprocess.Popen(command, env=environment, cwd=folder, stderr=subprocess.PIPE, text=True) as process:
        try:
            found = (re.search(r"Running on (http://\S+)", line) for line in process.stderr)
            url = next((match[1] for match in found if match), None)
            assert url, "ministack did not start"
            yield url
        finally:
            process.terminate()
            process.communicate(timeout=20)
