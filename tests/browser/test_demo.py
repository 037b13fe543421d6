"""`jupyter cognito demo` as a stranger uses it: one command, a browser, the start page, the tutorials."""

import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from lab import SETTINGS, Lab, Server, sign_in, wait_for, write_settings

pytestmark = pytest.mark.browser

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


@pytest.fixture
def demo(tmp_path, request):
    """The running demo, with the options of the test's parameter; Ctrl-C ends all of it."""
    log = tmp_path / "demo.log"
    home = tmp_path / "home"
    write_settings(home, {plugin: SETTINGS[plugin] for plugin in SETTINGS if "notification" not in plugin})
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "cognito_nb", "demo", "--no-browser", *request.param],
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
        wait_for(lambda: "Ctrl-C ends both" in log.read_text() or process.poll() is not None, "the welcome")
        found = re.search(r"(http://localhost:\d+/)\S+token=(\S+)", log.read_text())
        assert found, log.read_text()
        yield Server(process, found[1], found[2], tmp_path / "cognito-demo", log, home)
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0


@pytest.mark.parametrize(("demo", "front_end"), [((), "lab"), (("--notebook",), "notebook")], indirect=["demo"])
def test_demo_opens_its_start_page(profile, demo, front_end):
    """The printed address opens a page whose cells sign in and call the API, and whose links open the tutorials."""
    lab = Lab(profile(), demo, f"demo-{front_end}", front_end)
    lab.open("00_start_here.ipynb", re.search(r"http://localhost\S+", demo.log)[0])
    lab.screenshot("start")
    lab.run_all()
    tab = lab.click_sign_in(0)
    sign_in(tab)
    assert "Signed in as Ada Lovelace · demo" in lab.wait_done(0)
    assert "'ada'" in lab.wait_done(1)
    lab.screenshot("signed-in")
    assert lab.page.get_by_text("official Jupyter news").count() == 0, "a question hides the page"
    assert not (demo.home / ".jupyter" / "lab" / "workspaces").exists(), "the user's own open tabs are overwritten"
    assert demo.log.strip().endswith("Ctrl-C ends both."), "the terminal shows more than the welcome"
    lab.wait_for(tab.is_closed, "the sign-in tab to close itself")
    lab.page.get_by_role("link", name="01 Sign in").click()
    words = "Step by step: sign in"  # in this page or, with Notebook 7, in a tab of its own
    lab.wait_for(
        lambda: any(page.locator("p", has_text=words).is_visible() for page in lab.context.pages), "the tutorial"
    )


@pytest.mark.parametrize("notebook", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_notebook_runs_from_top_to_bottom(profile, server, notebook):
    """Run All of each notebook ends without an error once somebody has signed in; pictures for a person's eye."""
    copy = f"all-{notebook.name}"  # a kernel of its own
    shutil.copy(notebook, server.folder / copy)
    cells = [cell.source for cell in nbformat.read(notebook, 4).cells if cell.cell_type == "code"]
    logins = [index for index, source in enumerate(cells) if "%cognito_login" in source.splitlines()]
    lab = Lab(profile(), server, notebook.stem)
    lab.open(copy)
    lab.run_all()
    for login in logins:
        sign_in(lab.click_sign_in(login))
    lab.wait_done(len(cells) - 1, 60)
    lab.picture_all("all")
    assert lab.errors() == []
