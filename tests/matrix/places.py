"""The places: each has the same cell run as a user there does, plays the person, and returns what the cell printed.

A place's parameters are the fixtures that it needs.
"""

import os
import pty
import re
import select
import subprocess
import sys
import time

import nbformat
from kernel.notebooks import CALL, write_settings
from kernels import Kernel, start_url_of, text_of
from lab import sign_in, wait_for, write_notebook
from matrix.person import Person
from receivers.raw import is_open
from sockets import free_ports

# In a terminal its lines are typed one by one
CELL = f"""\
import time; began = time.monotonic()
%load_ext cognito_nb
%cognito_login
print("signed in", cognito.source, time.monotonic() - began, {CALL}, sep="|")
"""
REFUSED_CELL = """\
import time
%load_ext cognito_nb
began = time.monotonic()
try:
    %cognito_login
except Exception as error:
    print("refused", type(error).__name__, time.monotonic() - began, sep="|")
"""
DASHBOARD = """\
import cognito_nb as cn
import ipywidgets as widgets

load, shown = widgets.Button(description="Load"), widgets.Output()

@shown.capture(clear_output=True)
def show(_):
    session = cn.current_session()
    with session.client(session.config.api_origins[0]) as api:
        print("signed in", session.source, "SECONDS", api.get("/me").json()["username"], sep="|")

load.on_click(show)
widgets.VBox([cn.LoginButton(), load, shown])
"""
PRINTED = r"signed in\|(?P<way>[^|]+)\|(?P<seconds>[\d.]+)\|(?P<username>\w+)"
REFUSED = r"refused\|(?P<error>\w+)\|(?P<seconds>[\d.]+)"
PASSWORD = "a password for Jupyter"


def jupyter(*arguments, app="jupyter_server", token=None):
    """Return the place of a kernel that a Jupyter server with these arguments has started."""

    def place(pool, server):
        running = server(*arguments, app=app, token=token)
        return in_kernel_of(running, Person(pool, running.url, running.token if token is None else PASSWORD))

    return place


def password_only(pool, server):
    from jupyter_server.auth import passwd

    return jupyter(f"--PasswordIdentityProvider.hashed_password={passwd(PASSWORD)}", token="")(pool, server)


def tls_proxy_in_front(pool, server, tls_proxy):
    running = server(app="jupyterlab")
    address, authority = tls_proxy(running.url)
    return in_kernel_of(running, Person(pool, address, running.token, authority=authority))


def other_name(browser, registered):
    """Return the place of a browser that sees Jupyter under another loopback name than the registered one."""

    def place(pool, server):
        running = server(app="jupyterlab")
        person = Person(pool, running.url.replace("localhost", browser), running.token)
        printed = in_kernel_of(running, person, running.url.replace("localhost", registered))
        assert "This address is not a registered callback URL" in person.seen
        return printed

    return place


def in_kernel_of(running, person, registered=None):
    """Start a kernel as a front end does, and run the cell in it."""
    folder = folder_in(running, person.pool, f"{registered or person.jupyter}cognito/callback")
    kernel_id = person.start_kernel(folder.name)
    return run_cell(Kernel.attach(running.home / ".local/share/jupyter/runtime" / f"kernel-{kernel_id}.json"), person)


def folder_in(running, pool, callback):
    """Make a folder of a Jupyter server whose cognito.toml has this callback registered."""
    folder = running.folder / f"{len([*running.folder.iterdir()])}"
    folder.mkdir()
    pool.register_callback(callback)
    write_settings(folder, pool, redirect_uris=[callback], remember="kernel")
    return folder


def bare_kernel(own_machine):
    """Start a kernel as VS Code does: no Jupyter server anywhere."""
    kernel = Kernel.start(environment=own_machine.environment, folder=own_machine.folder)
    return run_cell(kernel, own_machine.person)


def run_cell(kernel, person):
    try:
        run = kernel.begin(CELL)
        view = kernel.wait_for(start_url_of)["content"]["data"]["state"]["view"]
        page = person.visit(person.link(view))
        assert "Answer received" in page.text, page.text
        return text_of(kernel.finish(run))
    finally:
        kernel.stop()


def terminal(own_machine):
    """Type the cell into IPython's prompt, in a pseudo-terminal."""
    mine, theirs = pty.openpty()
    ipython = subprocess.Popen(
        [sys.executable, "-m", "IPython", "--no-banner", "--simple-prompt", "--colors=NoColor"],
        **dict.fromkeys(("stdin", "stdout", "stderr"), theirs),
        env=own_machine.environment,
        cwd=own_machine.folder,
        start_new_session=True,
    )
    shown = ""

    def read(pattern):
        nonlocal shown
        if select.select([mine], [], [], 0.1)[0]:
            shown += os.read(mine, 65536).decode("utf-8", "replace")
        return re.search(pattern, shown)

    try:
        os.write(mine, CELL.encode())
        own_machine.person.visit(wait_for(lambda: read(r"Sign in: open (\S+)\s"), "the link")[1])
        wait_for(lambda: read(PRINTED), "the session")
    finally:
        ipython.kill()
        ipython.wait()
        os.close(mine)
        os.close(theirs)
    return shown


def by_nbclient(folder, cell):
    from nbclient import NotebookClient

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
    NotebookClient(notebook, timeout=30, resources={"metadata": {"path": str(folder)}}).execute()
    return str(notebook.cells[0].outputs)


def by_papermill(folder, cell):
    import papermill

    write_notebook(folder / "in.ipynb", cell)
    notebook = papermill.execute_notebook(folder / "in.ipynb", folder / "out.ipynb", cwd=folder, progress_bar=False)
    return str(notebook.cells[-1].outputs)


def nobody(run):
    """Return the place of a notebook that nobody watches, run by this function."""
    return lambda refresh_token: run(refresh_token, CELL)


def voila_in_jupyter(pool, server, profile):
    running = server(app="jupyterlab")
    folder = folder_in(running, pool, f"{running.url}cognito/callback")
    write_notebook(folder / "dashboard.ipynb", DASHBOARD)
    return use_dashboard(profile(), f"{running.url}voila/render/{folder.name}/dashboard.ipynb?token={running.token}")


def voila_alone(own_machine, profile):
    write_notebook(own_machine.folder / "dashboard.ipynb", DASHBOARD)
    (port,) = free_ports(1)
    command = [
        sys.executable,
        "-m",
        "voila",
        "dashboard.ipynb",
        "--no-browser",
        f"--port={port}",
        "--Voila.ip=127.0.0.1",
    ]
    with (own_machine.folder / "voila.log").open("wb") as log:
        environment = own_machine.environment
        voila = subprocess.Popen(command, stdout=log, stderr=log, cwd=own_machine.folder, env=environment)
    try:
        wait_for(lambda: is_open(port), "Voilà")
        return use_dashboard(profile(), f"http://localhost:{port}/")
    finally:
        voila.terminate()
        voila.wait(20)


def use_dashboard(context, url):
    """Sign in and press the dashboard's button, as its reader does; returns what it shows then."""
    page = context.new_page()
    page.goto(url)
    link = page.get_by_role("link", name=re.compile("Sign in"))
    link.wait_for(timeout=30_000)
    began = time.monotonic()
    with context.expect_page() as opened:
        link.click()
    sign_in(opened.value)
    page.get_by_text("Ada Lovelace").wait_for()
    seconds = time.monotonic() - began
    page.get_by_role("button", name="Load").click()
    shown = page.get_by_text("signed in|")
    shown.wait_for()
    return shown.inner_text().replace("SECONDS", str(seconds))
