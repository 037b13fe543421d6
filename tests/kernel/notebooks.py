"""Several notebooks of one Jupyter server: real kernels that share what the server remembers."""

import contextlib
import dataclasses
import json
import os
import queue
import shutil
import tempfile
import time

import pytest
from jupyter_client.manager import KernelManager
from kernels import Kernel, start_url_of
from lab import wait_for

from cognito_nb.errors import NotSignedInError

EXPIRE = """
import dataclasses, time
cognito.token_source._tokens = dataclasses.replace(cognito.token_source.tokens, deadline=time.monotonic())
"""
CALL = "cognito.client(cognito.config.api_origins[0]).get('/me').json()['username']"


def write_settings(folder, pool, **changes):
    """Write a cognito.toml, as a team commits it."""
    values = {
        "issuer": pool.issuer,
        "user_pool_id": pool.user_pool_id,
        "client_id": pool.client_id,
        "api_origins": [pool.api_url],
        "remember": "server",
        **changes,
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in values.items()]
    (folder / "cognito.toml").write_text("\n".join(["[profiles.demo]", *lines]))


@contextlib.contextmanager
def notebooks(jupyter, folder, number):
    """Start that many kernels at once, with the extension loaded."""
    environment = {**os.environ, **jupyter.environment, "IPYTHONDIR": str(folder / "ipython"), "HOME": str(folder)}
    sockets = tempfile.mkdtemp()  # not TCP: free ports are looked up before the kernels take them; and a short path
    managers = [
        KernelManager(kernel_name="python3", transport="ipc", connection_file=f"{sockets}/{index}.json")
        for index in range(number)
    ]
    kernels = []
    try:
        for manager in managers:
            manager.start_kernel(env=environment, cwd=str(folder))
        for manager in managers:
            kernel = Kernel(manager.blocking_client(), manager)
            kernels.append(kernel)
        run_all(kernels, "%load_ext cognito_nb")
        yield kernels
    finally:
        for kernel in kernels:
            kernel.stop()
        shutil.rmtree(sockets, ignore_errors=True)
        for manager in managers[len(kernels) :]:
            manager.shutdown_kernel(now=True)


def run_all(kernels, code, *, on_message=None):
    """Run a cell in all kernels at the same time; returns the messages of each."""
    runs = {kernel: kernel.begin(code) for kernel in kernels}
    messages = {kernel: [] for kernel in kernels}
    deadline = time.monotonic() + 60
    while runs:
        assert time.monotonic() < deadline, f"timed out: {code}"
        for kernel, run in [*runs.items()]:
            try:
                message = kernel.client.get_iopub_msg(timeout=0.02)
            except queue.Empty:
                continue
            messages[kernel].append(message)
            if on_message is not None:
                on_message(message)
            idle = message["content"].get("execution_state") == "idle"
            if idle and message["parent_header"].get("msg_id") == run:
                del runs[kernel]
    return [messages[kernel] for kernel in kernels]


def follow(browser):
    """Return a hook that opens the start page once, when a button shows it."""

    def on_message(message):
        url = start_url_of(message)
        if url and url not in browser.opened:
            browser.open(url)

    return on_message


def no_browser(url):
    pytest.fail(f"a browser was asked for: {url}")


def asked(pool, endpoint):
    return sum(request.endpoint == endpoint for request in pool.requests)


def expire(session):
    """Let the access token of a session have run out."""
    session.token_source._tokens = dataclasses.replace(session.token_source.tokens, deadline=time.monotonic())


def call(session):
    with session.client(session.config.api_origins[0]) as api:
        return api.get("/me").json()["username"]


def why_ended(session):
    """Wait for the end of a session; returns what its callers are told."""
    wait_for(lambda: not session.is_alive, "the end of the session", 5)
    with pytest.raises(NotSignedInError) as caught:
        call(session)
    return caught.value.message
