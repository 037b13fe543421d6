"""The checks of the protocol are each somebody's reason to fail."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="mutants are judged in forked processes")
def test_no_check_can_be_flipped_unnoticed():
    """Whichever check of a token's claims or of an authorization response is flipped, a test notices."""
    script = Path(__file__).parent / "mutate.py"
    run = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
