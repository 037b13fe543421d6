"""Fresh Python processes to measure in."""

import os
import subprocess
import sys

__all__ = ["output_of"]

# Installed packages have their bytecode at hand, whatever the developer's environment says
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
_ENVIRONMENT["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"  # ipykernel brings a debugger, which would warn


def output_of(code, *, given=""):
    """Run code in a process of its own that is given a text; returns what it prints."""
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, env=_ENVIRONMENT, input=given, check=True, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ).stdout
