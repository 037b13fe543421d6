"""What a kernel leaves behind when the extension is loaded again, unloaded, or the kernel restarts: nothing."""

import os
import re

import pytest
from kernels import Kernel, start_url_of, text_of
from lab import wait_for

from .notebooks import asked, follow, write_settings

STATE = "[cognito.is_alive, sorted(t.name for t in __import__('threading').enumerate() if 'cognito' in t.name)]"


@pytest.fixture
def shell(jupyter, pool, tmp_path):
    """A kernel that a server with our extension started, with a cognito.toml and a home of its own."""
    write_settings(tmp_path, pool, remember="kernel")
    home = tmp_path / "home"
    environment = {**os.environ, **jupyter.environment, "IPYTHONDIR": str(home / "ipython"), "HOME": str(home)}
    kernel = Kernel.start(environment=environment, folder=tmp_path)
    kernel.run("%load_ext cognito_nb")
    yield kernel
    kernel.stop()


def files_of(folder):
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.holds("RV-09")
def test_lives_of_a_kernel_leave_nothing_behind(canary, shell, browser, pool, tmp_path):
    """Reload of a module keeps the session; that of the extension, and a restart, end it; no file holds a token."""
    shell.run("%cognito_login", on_message=follow(browser))
    assert (
        shell.value("import importlib, cognito_nb; importlib.reload(cognito_nb).current_session() is cognito") == "True"
    )
    assert shell.value(STATE) == "[True, ['cognito_nb']]"

    shell.run("%reload_ext cognito_nb")
    assert shell.value(STATE) == "[False, []]"
    browser.opened.clear()
    shell.run("%cognito_login", on_message=follow(browser))
    assert shell.value("cognito.user.username") == "'ada'"
    authorized = asked(pool, "authorize")

    shell.manager.restart_kernel(now=True)
    shell.client.wait_for_ready(30)
    messages = shell.run("%load_ext cognito_nb\n%cognito_status")
    assert "Nobody is signed in" in text_of(messages)
    assert asked(pool, "authorize") == authorized
    files = files_of(tmp_path)
    assert files
    canary.assert_silent(files)


@pytest.mark.holds("RV-09")
def test_the_server_forgets_what_a_dead_kernel_had_pending(shell, browser):
    """A kernel that ends withdraws its sign-in if it can; its link starts nothing for anybody afterwards."""
    (url,) = {url for message in shell.run("%cognito_login --no-wait") if (url := start_url_of(message))}
    assert re.search(r"/cognito/start/[\w-]+$", url)
    shell.run("%unload_ext cognito_nb")
    wait_for(lambda: browser.get(url).status != 303, "the end of the sign-in", 5)
