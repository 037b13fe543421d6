"""A real JupyterLab or Notebook 7 with a real kernel, and a browser that uses it as a person does."""

import json
import os
import re
import secrets
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import nbformat

PASSWORD = "Notebook-2026!"
ARTEFACTS = Path(__file__).parent.parent / ".artifacts"

SETTINGS = {
    # All cells are in the page, also those that are out of sight
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false"},
}
_PAGES = {"lab": "lab/tree/{}?reset&", "notebook": "notebooks/{}?"}  # where each front end shows a notebook


def wait_for(condition, what, seconds=30.0, *, pause=lambda: time.sleep(0.05)):
    """Wait until a condition holds; returns what it returned."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"timed out waiting for {what}"
        pause()
    return found


@dataclass
class Server:
    """A running Jupyter server."""

    process: subprocess.Popen
    url: str
    token: str
    folder: Path
    log_file: Path
    home: Path

    @property
    def log(self):
        return self.log_file.read_text("utf-8", "replace")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)

    def kernel_environments(self):
        """Return the environments that this server's kernels were started with (Linux)."""
        for status in Path("/proc").glob("[0-9]*/status"):
            try:
                parent = re.search(r"^PPid:\t(\d+)", status.read_text(), re.MULTILINE)[1]
                if int(parent) == self.process.pid:
                    yield dict(
                        entry.split("=", 1)
                        for entry in (status.parent / "environ").read_bytes().decode("utf-8", "replace").split("\0")
                        if "=" in entry
                    )
            except OSError:
                continue


def start_jupyter(folder, *arguments, environment=None, app="jupyterlab", settings=None):
    """Start a Jupyter server with a home of its own, its log at DEBUG; returns once it answers."""
    home = folder / "home"
    write_settings(home, {**SETTINGS, **(settings or {})})
    work = folder / "work"
    work.mkdir(exist_ok=True)
    token = secrets.token_hex(16)
    log_file = folder / "server.log"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "COGNITO_NB_"))}
    command = [
        *(sys.executable, "-m", app, "--no-browser", "--ip=127.0.0.1", "--port=0", "--allow-root", "--debug"),
        f"--ServerApp.root_dir={work}",
        *arguments,
    ]
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            command,
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=work,
            env={**kept, "HOME": str(home), "JUPYTER_TOKEN": token, "IPYTHONDIR": str(home), **(environment or {})},
        )
    info = home / ".local" / "share" / "jupyter" / "runtime"

    def running():
        assert process.poll() is None, log_file.read_text()
        for path in info.glob("jpserver-*.json"):
            address = json.loads(path.read_text())["url"]
            with urlopen(f"{address}api?token={token}") as answer:
                return address if answer.status == 200 else None
        return None

    def quietly():
        try:
            return running()
        except (OSError, ValueError):
            return None

    url = wait_for(quietly, "Jupyter", 60)
    return Server(process, url.replace("127.0.0.1", "localhost"), token, work, log_file, home)


def write_settings(home, settings):
    """Write JupyterLab settings, by plugin; a page that is loaded later has them."""
    for plugin, values in settings.items():
        path = home / ".jupyter" / "lab" / "user-settings" / f"{plugin}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))


def write_notebook(path, *sources):
    """Write a notebook of code cells."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in sources],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}},
    )
    nbformat.write(notebook, path)


class Lab:
    """One notebook in a browser, shown by JupyterLab ("lab") or Notebook 7 ("notebook")."""

    def __init__(self, context, server, name="artefact", front_end="lab"):
        self.context = context
        self.server = server
        self.name = name
        self.front_end = front_end
        self.page = context.new_page()

    def open(self, notebook, address=None):
        """Open a notebook, by an address of its page if one is given, and wait for its kernel."""
        page = _PAGES[self.front_end].format(notebook)
        self.page.goto(address or f"{self.server.url}{page}token={self.server.token}")
        self.page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60_000)
        # Not the page's indicator: it is idle before the kernel is there, and Notebook 7 has none in words
        self.wait_for(lambda: self._has_kernel(notebook), "the kernel", 60)
        return self

    def _has_kernel(self, notebook):
        sessions = self.page.request.get(f"{self.server.url}api/sessions?token={self.server.token}").json()
        kernels = [session["kernel"] for session in sessions if session["path"] == notebook]
        return any(kernel["connections"] and kernel["execution_state"] == "idle" for kernel in kernels)

    def wait_for(self, condition, what, seconds=30):
        """Wait until a condition holds; the browser's events are heard meanwhile."""
        return wait_for(condition, what, seconds, pause=lambda: self.page.wait_for_timeout(50))

    def cell(self, index):
        """Return the code cell of that number."""
        return self.page.locator(".jp-Notebook .jp-CodeCell").nth(index)

    def run(self, index):
        """Run a cell as a person does; does not wait."""
        self.cell(index).locator(".jp-Editor").click()
        self.page.keyboard.press("Control+Enter")

    def run_all(self):
        """Choose Run → Run All Cells."""
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()

    def errors(self):
        """Return what cells have failed with, and what kernel and libraries have complained about."""
        return self.page.locator(
            '[data-mime-type="application/vnd.jupyter.stderr"], .jp-RenderedError'
        ).all_inner_texts()

    def wait_done(self, index, seconds=30):
        """Wait until a cell that was run has ended."""
        prompt = self.cell(index).locator(".jp-InputPrompt")
        self.wait_for(
            lambda: re.fullmatch(r"\[\d+\]:", prompt.inner_text().strip()), f"the end of cell {index}", seconds
        )
        return self.output(index)

    def output(self, index):
        """Return a cell's output as text."""
        return self.cell(index).locator(".jp-Cell-outputArea").inner_text()

    def link(self, index):
        """Return the sign-in link of a login cell."""
        link = self.cell(index).get_by_role("link", name=re.compile("Sign in"))
        link.wait_for(timeout=20_000)
        return link

    def interrupt(self):
        """Press the toolbar's ■."""
        self.page.locator('[data-command="notebook:interrupt-kernel"], [title*="Interrupt"]').first.click()

    def save(self, notebook):
        """Save with Ctrl+S; returns the file's text."""
        path = self.server.folder / notebook
        before = path.stat().st_mtime_ns
        self.page.locator(".jp-Notebook").first.click(position={"x": 5, "y": 5})
        self.page.keyboard.press("Control+s")

        def saved():
            text = path.read_text("utf-8")  # of a file that is being written anew: none of it, or a part
            return text if path.stat().st_mtime_ns != before and text.endswith("}\n") else None

        return self.wait_for(saved, "the saved notebook")

    def screenshot(self, what, page=None):
        """Keep a picture for CI."""
        ARTEFACTS.mkdir(exist_ok=True)
        (page or self.page).screenshot(path=ARTEFACTS / f"{self.name}-{what}.png")

    def picture_all(self, what):
        """Keep a picture of the whole notebook in each theme, which the menu switches."""
        cells = self.page.locator(".jp-Notebook .jp-Cell")
        first, last = cells.first.bounding_box(), cells.last.bounding_box()  # Run All may have scrolled to its end
        height = last["y"] + last["height"] - first["y"]
        self.page.set_viewport_size({"width": 1200, "height": int(height) + 200})
        for theme in ("Dark", "Light"):
            for item in ("Settings", "Theme", f"JupyterLab {theme}"):
                self.page.locator(".lm-MenuBar-itemLabel, .lm-Menu-itemLabel").get_by_text(item, exact=True).click()
            self.page.locator(f"body[data-jp-theme-name='JupyterLab {theme}']").wait_for(state="attached")
            self.page.locator("#jupyterlab-splash").wait_for(state="detached")
            self.page.mouse.move(0, 0)
            self.screenshot(f"{what}-{theme.lower()}")

    def picture(self, what, *, last):
        """Keep a picture of the notebook from its top to the cell of that number."""
        ARTEFACTS.mkdir(exist_ok=True)
        top, bottom = self.cell(0).bounding_box(), self.cell(last).bounding_box()
        self.page.mouse.move(0, 0)
        height = bottom["y"] + bottom["height"] - top["y"]
        clip = {"x": top["x"], "y": top["y"], "width": top["width"], "height": height}
        self.page.screenshot(path=ARTEFACTS / f"{what}.png", clip=clip)

    def click_sign_in(self, index):
        """Click the link of a login cell; returns the tab that it opens."""
        with self.context.expect_page() as opened:
            self.link(index).click()
        page = opened.value
        page.wait_for_load_state()
        return page


def sign_in(page, username="ada", password=PASSWORD):
    """Fill the user pool's sign-in page and send it."""
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
