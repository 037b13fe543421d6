"""`remember = "keyring"` over real processes: restarts, ten kernels at once, kernels that are killed, another user."""

import json
import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import keyring
import pytest
from tokens.keyrings import FOLDER, IN_FOLDER, FolderKeyring, LockedKeyring

import cognito_nb as cn
from cognito_nb import registry, wire
from cognito_nb.errors import ConfigurationError, NotSignedInError, SessionExpiredError, StateMismatchError
from cognito_nb.local_pool import AppClient, Fault, LocalUserPool
from cognito_nb.resumption import Resumption
from cognito_nb.status import show_status
from cognito_nb.tokens import memory
from cognito_nb.tokens.keyring_store import KeyringStore
from cognito_nb.tokens.store import Kept
from cognito_nb.tokens.transport import Transport

from .conftest import Browser, config_of

ROTATING = {"rotation": True, "rotation_grace": 0}
rotating = pytest.mark.parametrize("pool", [ROTATING], indirect=True, ids=["rotating"])
KERNEL = """
import json, sys
import cognito_nb as cn
config = cn.CognitoConfig(**json.loads(sys.argv[1]))
session = cn.login(config=config, timeout=30, open_url=lambda url: print("open", url, flush=True))
print("user", session.user.username, flush=True)
for _ in sys.stdin:
    try:
        session.refresh()
        print("renewed", flush=True)
    except cn.errors.CognitoError as error:
        print(type(error).__name__, error.message, flush=True)
"""


@pytest.fixture
def pool(jupyter, request):
    with LocalUserPool(clients=[AppClient(**getattr(request, "param", {}))]) as pool:
        pool.register_callback(f"{jupyter.environment[wire.ENV_SERVER_URL]}cognito/callback")
        yield pool


@pytest.fixture
def config(pool, kept):
    return config_of(pool, remember="keyring", logout_uri=None)


@pytest.fixture(autouse=True)
def kept(kernel, tmp_path, monkeypatch):
    """The folder of the keyring that this process and its children use; outside their home."""
    folder = tmp_path / "keyring"
    folder.mkdir()
    monkeypatch.setenv(FOLDER, str(folder))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", IN_FOLDER)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home" / "state"))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    monkeypatch.setattr(keyring.core, "_keyring_backend", FolderKeyring())
    return folder


class Kernel:
    """A process that signs in, and then renews its session when it is told to."""

    def __init__(self, config):
        settings = {name: getattr(config, name) for name in ("user_pool_id", "issuer", "client_id", "remember")}
        self._process = subprocess.Popen(
            [sys.executable, "-c", KERNEL, json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ,
        )

    def line(self):
        return self._process.stdout.readline().strip()

    def renew(self):
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def kill(self):
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def start(config):
    """Start kernels; they are killed with the test."""
    kernels = []

    def start():
        kernels.append(Kernel(config))
        return kernels[-1]

    yield start
    for kernel in kernels:
        kernel.kill()


def end_this_kernel():
    """Leave what a kernel's end leaves: nothing at Cognito is told."""
    for session in registry.current_sessions():
        session.close()


def never(url):
    pytest.fail(f"a browser was wanted: {url}")


def asked(pool):
    return sum(request.endpoint == "token" for request in pool.requests)


@pytest.mark.parametrize("pool", [{}, ROTATING], indirect=True, ids=["reusable", "rotating"])
def test_a_new_kernel_is_signed_in_without_a_browser(signed_in, start, login, config):
    """After a restart the session goes on, here and in a process of its own; with rotation too."""
    end_this_kernel()
    session = login(config=config, open_url=never)
    assert session.user.username == "ada"
    with session.client(config.api_origins[0]) as api:
        assert api.get("/me").json()["username"] == "ada"
    assert start().line() == "user ada"
    session.refresh()


@rotating
def test_ten_kernels_at_once_open_one_tab_and_refresh_one_after_the_other(start, browser, pool):
    """With rotation and no grace, a refresh token that two have sent would end the session for all."""
    lines, seen = [], threading.Lock()

    def watch(kernel):
        for line in iter(kernel.line, ""):
            with seen:
                lines.append(line)
            if line.startswith("open "):
                browser.open(line.removeprefix("open "))
            if line == "user ada":
                kernel.renew()
            if not line.startswith(("open ", "user ")):
                return

    watchers = [threading.Thread(target=watch, args=(start(),)) for _ in range(10)]
    for watcher in watchers:
        watcher.start()
    for watcher in watchers:
        watcher.join(60)
    assert len(browser.opened) == 1
    assert lines.count("user ada") == lines.count("renewed") == 10
    assert asked(pool) == 1 + 9 + 10


def kill_in_the_middle_of_a_refresh(kernel, pool):
    """The pool has rotated the refresh token, and its answer reaches nobody."""
    assert kernel.line() == "user ada"
    before = asked(pool)
    answering = threading.Event()
    pool.fail("token", Fault(delay=2, after=True))
    kernel.renew()
    while asked(pool) == before:
        answering.wait(0.01)
    kernel.kill()


@rotating
def test_a_kernel_killed_in_a_refresh_costs_one_sign_in_where_there_is_no_grace(
    signed_in, start, pool, browser, config
):
    """The rotated token is lost with it: others hear once that the session has expired, and can sign in."""
    kill_in_the_middle_of_a_refresh(start(), pool)
    with pytest.raises(SessionExpiredError):
        signed_in.refresh()
    with pytest.raises(NotSignedInError):
        signed_in.refresh()
    signed_in.close()
    assert cn.login(config=config, open_url=browser.open, timeout=20).user.username == "ada"


@pytest.mark.parametrize("pool", [{"rotation": True, "rotation_grace": 60}], indirect=True, ids=["grace"])
def test_nobody_notices_a_kernel_killed_in_a_refresh_within_the_grace_period(signed_in, start, pool, config):
    """The old refresh token still works: for kernels that are signed in, and for new ones."""
    kill_in_the_middle_of_a_refresh(start(), pool)
    signed_in.refresh()
    assert start().line() == "user ada"


def test_another_user_does_not_take_the_place_of_the_remembered_one(signed_in, pool, config, kept, login):
    """Not even where a new sign-in is needed: it raises, and ada's session is still the one that is kept."""
    end_this_kernel()
    grace = Browser(pool, "grace")
    more = config_of(pool, remember="keyring", scopes=["openid", "phone"])
    with pytest.raises(StateMismatchError, match=r"remembered one \(ada\)"):
        login(config=more, open_url=grace.open, timeout=20)
    grace.close()
    assert login(config=config, open_url=never).user.username == "ada"


def test_force_changes_the_remembered_user(signed_in, pool, config, login):
    """`%cognito_login --force` is how somebody else takes over, for the kernels to come."""
    grace = Browser(pool, "grace")
    login(config=config, open_url=grace.open, timeout=20, force=True)
    grace.close()
    end_this_kernel()
    assert login(config=config, open_url=never).user.username == "grace"


def test_logout_leaves_nothing_in_the_keyring_and_ends_other_kernels(signed_in, start, logout, kept):
    """Their sessions end with their next refresh, and say why."""
    kernel = start()
    assert kernel.line() == "user ada"
    logout()
    assert not list(kept.iterdir())
    kernel.renew()
    assert kernel.line() == "NotSignedInError You signed out in another notebook."


def test_logout_from_a_locked_keyring_tells_both_facts(logout, signed_in, pool, kept, capsys, monkeypatch):
    """Cognito has revoked the token, the keyring still holds it: neither is said of the other."""
    monkeypatch.setattr(keyring.core, "_keyring_backend", LockedKeyring())
    signed_in._memory._store._opened = None
    logout()
    said = capsys.readouterr().out
    assert "Tokens revoked." in said
    assert "Still remembered: The operating system's keyring is locked." in said
    assert pool.is_revoked(signed_in_family(pool))
    assert list(kept.iterdir())


def signed_in_family(pool):
    return next(iter(pool._revoked))


def test_logout_that_cannot_reach_what_is_remembered_raises(logout, signed_in, config, monkeypatch):
    """After a restart nothing else is known of the session: nothing has ended, and that is said."""
    end_this_kernel()
    monkeypatch.setattr(keyring.core, "_keyring_backend", LockedKeyring())
    with pytest.raises(ConfigurationError, match="is locked"):
        logout(config=config)


def test_logout_by_config_ends_an_earlier_kernels_session(logout, signed_in, config, kept, capsys):
    """What was remembered without a profile can be signed out without one."""
    end_this_kernel()
    logout(config=config)
    assert "Tokens revoked." in capsys.readouterr().out
    assert not list(kept.iterdir())


def test_a_sign_in_that_is_not_remembered_is_told(login, signed_in, config, capsys, monkeypatch):
    """The keyring takes no more: the session is there, and its user knows that it ends with the kernel."""
    end_this_kernel()

    def full(*_):
        raise OSError

    monkeypatch.setattr(KeyringStore, "write", full)
    monkeypatch.setattr(Kept, "renewable", lambda kept: replace(kept, username="changed"))
    session = login(config=config)
    told = "not remembered: The operating system's keyring does not work (OSError)."
    assert f"Signed in; {told}" in capsys.readouterr().out
    show_status()
    assert told in capsys.readouterr().out
    assert session.is_alive


def test_a_call_does_not_wait_for_a_sign_in_in_another_notebook(signed_in, config, monkeypatch):
    """There a person signed out and looks at the sign-in page: the call ends, and says why."""
    monkeypatch.setattr(memory, "_PATIENCE", 0.05)
    other = Resumption(config, transport := Transport(), force=False)
    assert transport.background.run(other._memory.forget()) is not None
    assert transport.background.run(other.resume(wait=True)) is None  # and keeps the turn
    with pytest.raises(NotSignedInError, match="You signed out in another notebook"):
        signed_in.refresh()
    transport.background.run(other.release())
    transport.close()


def test_status_tells_what_remembers_the_session(signed_in, capsys):
    """A setting is a wish; this is what came of it."""
    show_status()
    assert "remembered by: the operating system's keyring" in capsys.readouterr().out


@pytest.mark.refused("LF-15")
def test_a_locked_keyring_is_told_before_anything_is_started(login, config, pool, monkeypatch):
    """No browser opens, no request goes out, and nothing is kept elsewhere instead."""
    monkeypatch.setattr(keyring.core, "_keyring_backend", LockedKeyring())
    with pytest.raises(ConfigurationError, match="is locked") as caught:
        login(config=config, open_url=never)
    assert caught.value.setting == "remember"
    assert not pool.requests


def pieces_in(data, secret):
    """Return the pieces of a secret, without its header, that the data hold: an entry may end anywhere in it."""
    text = secret.reveal().partition(".")[2].encode()
    return [piece for start in range(0, len(text), 40) if (piece := text[start : start + 40]) in data]


def test_secrets_are_in_the_keyring_alone(canary, jupyter, config, browser, kept, tmp_path, caplog):
    """The refresh token, and no other token; the lock, the home folder and the logs hold none."""
    caplog.set_level("DEBUG")
    session = cn.login(config=config, open_url=browser.open, timeout=20)
    session.refresh()
    tokens = session.token_source.tokens
    in_keyring = b"".join(path.read_bytes() for path in kept.iterdir())
    assert pieces_in(in_keyring, tokens.refresh_token)
    assert not pieces_in(in_keyring, tokens.access.token)
    assert not pieces_in(in_keyring, tokens.id.token)
    home = [path for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert [path.suffix for path in home] == [".lock"]
    canary.assert_silent({"lock": home[0].read_bytes(), "logs": caplog.text, "server": jupyter.log})
