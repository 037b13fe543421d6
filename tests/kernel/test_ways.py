"""Signing in where no Jupyter server of ours is: bare kernels as VS Code starts them, terminals, and nobody at all."""

import contextlib
import json
import os
import pty
import queue
import re
import select
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest
from kernels import Kernel, error_of, start_url_of, text_of
from lab import wait_for
from receivers.raw import is_open
from sockets import free_ports

from cognito_nb.local_pool import AppClient, LocalUserPool

from .notebooks import follow, write_settings

HERE = "from cognito_nb.receivers import surroundings; surroundings.ELSEWHERE = ()"  # wherever the tests run
LOGIN = "import cognito_nb as cn; session = cn.login(); print('signed in:', session.user.username)"


@pytest.fixture
def port():
    (port,) = free_ports(1)
    return port


@pytest.fixture
def pool(port):
    with LocalUserPool(clients=[AppClient(callback_urls=[f"http://localhost:{port}/cognito/callback"])]) as pool:
        yield pool


@pytest.fixture
def folder(tmp_path, pool, port):
    """A folder with a cognito.toml that has one port registered."""
    uris = [f"http://localhost:{port}/cognito/callback"]
    write_settings(tmp_path, pool, redirect_uris=uris, remember="kernel")
    return tmp_path


@pytest.fixture
def environment(folder):
    """What a process of a user's own machine finds, without any Jupyter server."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("COGNITO_NB_", "SSH_"))}
    return {**own, "HOME": str(folder), "IPYTHONDIR": str(folder / "ipython"), "DISPLAY": ":0", "TERM": "dumb"}


@pytest.fixture
def shell(environment, folder):
    """A bare kernel, with the extension loaded."""
    kernel = Kernel.start(environment=environment, folder=folder)
    kernel.run("%load_ext cognito_nb")
    yield kernel
    kernel.stop()


def outputs_of(messages):
    """Return the outputs of a cell as a notebook keeps them: an update takes the place of what it updates."""
    kept = {}
    for message in messages:
        if message["msg_type"] in ("display_data", "update_display_data"):
            display = message["content"]["transient"].get("display_id", message["header"]["msg_id"])
            kept[display] = message["content"]["data"]
        elif message["msg_type"] in ("stream", "execute_result", "error"):
            kept[message["header"]["msg_id"]] = message["content"]
    return json.dumps([*kept.values()])


def finish_with_input(kernel, run, answer, seconds=20):
    """Finish a cell, answering its password prompts once the link is shown; `answer` gets its address."""
    messages, asked, deadline = [], False, time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(queue.Empty):
            asked = kernel.client.get_stdin_msg(timeout=0.05)["content"]["password"] or asked
        if asked and (link := re.search(r"Sign in: open (https?://\S+)", text_of(messages))):
            kernel.client.input(answer(link[1]))
            asked = False
        with contextlib.suppress(AssertionError):
            messages.append(kernel.next_message(0.05))
            if messages[-1]["content"].get("execution_state") == "idle" and is_of(messages[-1], run):
                return messages
    raise AssertionError(f"timed out: {text_of(messages)}")


def is_of(message, run):
    return message["parent_header"].get("msg_id") == run


@pytest.mark.accepted("AR-12")
def test_bare_kernel_signs_in_by_loopback(shell, browser, pool, port):
    """The link of the button leads to a port of the kernel's; what the cell keeps holds no address."""
    messages = shell.run("%cognito_login --receiver loopback", on_message=follow(browser))
    assert browser.opened[0].startswith(f"http://localhost:{port}/cognito/start/")
    assert "Signed in as Ada Lovelace" in text_of(messages)
    assert str(port) not in outputs_of(messages)
    assert shell.value("cognito.user.username") == "'ada'"


def test_bare_kernel_chooses_loopback_and_says_why(shell, browser, port):
    """`auto` on the user's own machine; the button's own text names port and reason."""
    shell.run(HERE)
    messages = shell.run("%cognito_login", on_message=follow(browser))
    views = [message["content"]["data"] for message in messages if start_url_of(message)]
    (how,) = {view["state"]["view"]["how"] for view in views}
    assert f"port {port} of this machine: kernel and browser are on this machine" in how
    assert "Signed in as Ada Lovelace" in text_of(messages)


def test_no_wait_with_loopback_binds_later_and_gives_way(shell, browser, port):
    """The button waits beside other cells; a second one takes over its port."""
    urls = [
        next(
            url
            for message in shell.run("%cognito_login --no-wait --receiver loopback")
            if (url := start_url_of(message))
        )
        for _ in range(2)
    ]
    assert urls[0] != urls[1]
    browser.open(urls[1])
    wait_for(lambda: shell.value("'cognito' in globals()") == "True", "the session", 10)
    assert shell.value("cognito.user.username") == "'ada'"


def test_login_button_with_loopback(shell, browser):
    """A dashboard whose server loads no extensions, as Voila alone: the card takes the button's place."""
    shell.run(HERE)
    messages = shell.run("import cognito_nb as cn\nbutton = cn.LoginButton()\nbutton")
    browser.open(next(url for message in messages if (url := start_url_of(message))))
    wait_for(lambda: "SessionCard" in shell.value("type(button.children[0])"), "the card", 10)


def test_interrupt_closes_the_port_of_a_waiting_cell(shell, port):
    """The kernel's interrupt gives the port back."""
    run = shell.begin("%cognito_login --receiver loopback")
    shell.wait_for(start_url_of)
    assert is_open(port)
    shell.manager.interrupt_kernel()
    assert error_of(shell.finish(run))[0] == "KeyboardInterrupt"
    assert not is_open(port)


@pytest.mark.holds("NL-06", "NL-14")
@pytest.mark.shows_secrets("the link that the user opens is the authorization request")
def test_bare_kernel_signs_in_by_paste(shell, browser, pool, canary, folder):
    """The address is asked for as a password: its code stands in no message and no history; the ended cell is clean."""
    codes = []

    def answer(link):
        address = pool.sign_in(link, "ada", browser.password)
        codes.extend(re.findall(r"[?&]code=([^&]+)", address))
        return address

    messages = finish_with_input(shell, shell.begin("%cognito_login --receiver paste"), answer)
    assert "Signed in as Ada Lovelace" in text_of(messages)
    kept = outputs_of(messages)
    shell.run("get_ipython().history_manager.writeout_cache()")
    history = next(folder.rglob("history.sqlite")).read_bytes()
    (code,) = codes
    assert code not in json.dumps(shell.messages, default=str)
    assert "/oauth2/authorize" not in kept
    canary.assert_silent({"what the cell keeps": kept, "history": history})


@pytest.mark.shows_secrets("the link that the user opens is the authorization request")
def test_three_unusable_addresses_end_the_cell(shell, pool):
    """Each refusal is said, and the link is gone from the output."""
    messages = finish_with_input(shell, shell.begin("%cognito_login --receiver paste"), lambda _: "abc")
    assert text_of(messages).count("a code alone") == 3
    name, text = error_of(messages)
    assert (name, "No usable address was pasted" in text) == ("SignInError", True)
    assert "/oauth2/authorize" not in outputs_of(messages)


@pytest.mark.shows_secrets("the link that the user opens is the authorization request")
def test_interrupt_at_the_prompt_ends_the_cell(shell):
    """The kernel stays usable."""
    run = shell.begin("%cognito_login --receiver paste")
    shell.client.get_stdin_msg(timeout=20)
    shell.manager.interrupt_kernel()
    messages = shell.finish(run)
    assert error_of(messages)[0] == "KeyboardInterrupt"
    assert "/oauth2/authorize" not in outputs_of(messages)
    assert shell.value("1 + 1") == "2"


def test_paste_without_a_prompt_is_an_error_at_once(shell):
    """`--no-wait` cannot ask, and a front end without input neither: the error names the way that works."""
    name, text = error_of(shell.run("%cognito_login --no-wait --receiver paste"))
    assert (name, "without --no-wait" in text) == ("ConfigurationError", True)
    assert error_of(shell.run("%cognito_login --receiver paste", allow_stdin=False))[0] == "InteractionRequiredError"


class Terminal:
    """A program in a pseudo-terminal, and what it has written there."""

    def __init__(self, *command, environment, folder):
        self.text = ""
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execve(sys.executable, [sys.executable, *command], environment)

    def wait_for(self, pattern, seconds=30):
        """Read until a pattern has come; returns its match. What was read so far is not looked at again."""
        deadline = time.monotonic() + seconds
        while not (found := re.search(pattern, self.text)):
            assert time.monotonic() < deadline, f"timed out waiting for {pattern!r} in {self.text!r}"
            if select.select([self._terminal], [], [], 0.1)[0]:
                self.text += os.read(self._terminal, 65536).decode("utf-8", "replace")
        self.text = self.text[found.end() :]
        return found

    def write(self, text):
        os.write(self._terminal, text.encode())

    def close(self):
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)
        os.close(self._terminal)


@pytest.fixture
def terminal(environment, folder):
    """Start terminal IPython, or another program, in a pseudo-terminal; a browser there notes what it should open."""
    started = []
    script = folder / "browser.sh"
    script.write_text(f'#!/bin/sh\necho "$1" >> {folder}/opened.txt\n')
    script.chmod(0o755)

    def start(*command):
        started.append(Terminal(*command, environment={**environment, "BROWSER": f"{script} %s"}, folder=folder))
        return started[-1]

    yield start
    for each in started:
        each.close()


def file_of(opened):
    """Return the file that the browser was to open, once."""
    (argument,) = opened.read_text().split()
    return Path(url2pathname(urlsplit(argument).path))


IPYTHON = (
    "import IPython; IPython.start_ipython(['--no-banner', '--simple-prompt', '--colors=NoColor', '--no-confirm-exit'])"
)


def test_terminal_ipython_opens_the_browser(terminal, folder, browser, port):
    """`auto` in a terminal of the user's machine: URL, port and reason are printed, and the browser opens once."""
    ipython = terminal("-c", f"{HERE}; {IPYTHON}")
    ipython.wait_for(r"In \[1\]: ")
    ipython.write("%load_ext cognito_nb\n")
    ipython.wait_for(r"In \[2\]: ")
    ipython.write("%cognito_login\n")
    url = ipython.wait_for(r"Sign in: open (http://localhost:\d+/cognito/start/[\w-]+)\s")[1]
    ipython.wait_for(f"port {port} of this machine: kernel and browser are on this machine")
    opened = folder / "opened.txt"
    wait_for(lambda: opened.exists() and opened.read_text(), "the browser")
    assert url.rpartition("/")[2] not in opened.read_text()  # every user of the machine can see it
    file = file_of(opened)
    browser.open(re.search(rf'url=({url}\?opened=[\w-]+)"', file.read_text())[1])
    ipython.wait_for("Signed in as Ada Lovelace")
    ipython.wait_for(r"In \[3\]: ")
    assert not file.parent.exists()
    ipython.write("cognito.user.username\n")
    ipython.wait_for("'ada'")


@pytest.mark.shows_secrets("the link that the user opens is the authorization request")
def test_python_in_a_terminal_asks_for_the_address(terminal, folder, pool, browser):
    """In a container or by SSH the address is pasted: it is not shown, and no browser opens there."""
    python = terminal("-c", LOGIN.replace("login()", "login(receiver='paste')"))
    url = python.wait_for(r"Sign in: open (http\S+)\s")[1]
    python.wait_for(r"\(it is not shown\): ")
    address = pool.sign_in(url, "ada", browser.password)
    python.write(f"{address}\n")
    python.wait_for("signed in: ada")
    assert address.partition("?")[2] not in python.text
    assert not (folder / "opened.txt").exists()


def test_interrupt_ends_a_login_in_a_terminal(terminal, folder, port):
    """Ctrl-C, as a person presses it: the port is closed, and the file that led the browser there is gone."""
    python = terminal("-c", f"{HERE}; " + LOGIN.replace("login()", "login(receiver='loopback')"))
    python.wait_for("Sign in: open")
    opened = folder / "opened.txt"
    wait_for(lambda: opened.exists() and opened.read_text(), "the browser")
    python.write("\x03")
    python.wait_for("KeyboardInterrupt")
    wait_for(lambda: not is_open(port), "the closed port", 5)
    assert not file_of(opened).parent.exists()


def test_terminal_names_nobody_where_nobody_is_to_be_named(terminal, folder, pool, browser, port):
    """With `show_identity = false` it says that somebody is signed in, and no more."""
    uris = [f"http://localhost:{port}/cognito/callback"]
    write_settings(folder, pool, redirect_uris=uris, remember="kernel", show_identity=False)
    python = terminal("-c", "import cognito_nb as cn; cn.login(receiver='loopback'); print('done')")
    browser.open(python.wait_for(r"Sign in: open (http\S+)\s")[1])
    said = python.wait_for(r"Signed in(.*)\s+done")[1]
    assert "Ada" not in said
    assert " as " not in said


@pytest.mark.parametrize("receiver", ["auto", "loopback", "paste"])
def test_script_without_a_terminal_fails_at_once(environment, folder, pool, receiver):
    """Nobody is there: no port, no request, no wait."""
    code = (
        "import time, cognito_nb as cn; began = time.monotonic()\n"
        f"try: cn.login(receiver={receiver!r})\n"
        "except cn.errors.InteractionRequiredError as error: print(time.monotonic() - began, error)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, _, told = run.stdout.partition(" ")
    assert float(seconds) < 1
    assert "Nobody can sign in here" in told
    assert not pool.requests
