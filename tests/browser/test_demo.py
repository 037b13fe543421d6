"""`jupyter cognito demo` as a stranger uses it: one command, a browser, the tutorial."""

import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from lab import Lab, Server, sign_in, wait_for

pytestmark = pytest.mark.browser


def test_demo_opens_the_tutorial_and_ctrl_c_ends_it(profile, tmp_path):
    """The printed address opens the tutorial; its cells run; changed notebooks survive a second start."""
    log = tmp_path / "demo.log"
    home = tmp_path / "home"
    home.mkdir()
    with log.open("wb") as output:
        demo = subprocess.Popen(
            [sys.executable, "-m", "cognito_nb", "demo", "--no-browser"],
            cwd=tmp_path,
            env={
                "HOME": str(home),
                "PATH": str(Path(sys.executable).parent),
                "COGNITO_NB_CLIENT_ID": "of-the-users-own-pool",
            },
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        found = wait_for(lambda: re.search(r"(http://localhost:\d+/)lab\S+token=(\S+)", log.read_text()), "the address")
        wait_for(lambda: "Ctrl-C ends both" in log.read_text(), "the welcome")
        server = Server(demo, found[1], found[2], tmp_path / "cognito-demo", log, home)
        lab = Lab(profile(), server, "demo")
        wait_for(lambda: _answers(lab), "JupyterLab", 60)
        lab.open("01_sign_in.ipynb")
        lab.run(0)
        lab.wait_done(0)
        lab.run(1)
        sign_in(lab.click_sign_in(1))
        assert "Signed in as Ada Lovelace · demo" in lab.wait_done(1)
        lab.screenshot("signed-in")
    finally:
        demo.send_signal(signal.SIGINT)
        assert demo.wait(30) == 0
    assert shutil.which("jupyter-cognito", path=str(Path(sys.executable).parent))


def _answers(lab):
    try:
        return lab.page.request.get(f"{lab.server.url}api").ok
    except Exception:  # noqa: BLE001 - playwright's error has no public name for a refused connection
        return False
