"""`remember = "keyring"`: what is kept, whose turn it is, and what a keyring that cannot be used leads to."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
import threading
import traceback
from dataclasses import replace

import keyring
import pytest
from keyring.backends import fail
from tokens.fakes import new_tokens, until
from tokens.keyrings import LockedKeyring, MemoryKeyring, StuckKeyring, TalkativeKeyring

from cognito_nb.config import CognitoConfig
from cognito_nb.errors import ConfigurationError, NetworkError
from cognito_nb.tokens import keyring_store
from cognito_nb.tokens.background import Background
from cognito_nb.tokens.keyring_store import KeyringStore
from cognito_nb.tokens.store import Kept, open_store

CONFIG = CognitoConfig(client_id="client", issuer="https://idp.example/pool", remember="keyring", profile="dev")
LONG = "a-refresh-token-" + "x" * 3000


@pytest.fixture(autouse=True)
def _quick(monkeypatch, tmp_path):
    """Wait for nobody longer than a test may, and lock in the test's own folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(keyring_store, "_STEP", 0.01)
    monkeypatch.setattr(keyring_store, "_REFRESHING", 0.05)
    monkeypatch.setattr(keyring_store, "_SIGN_OUT", 0.1)


@pytest.fixture
def use(monkeypatch):
    """Make a backend the one that `keyring` has found."""

    def use(backend):
        monkeypatch.setattr(keyring.core, "_keyring_backend", backend)
        return backend

    return use


@pytest.fixture
def entries(use):
    """The entries of a keyring that works."""
    return use(MemoryKeyring()).entries


@pytest.fixture
def make_store():
    """Make stores as kernels have them; they are closed with the test."""
    made = []

    def make(**changes):
        made.append(KeyringStore.of(replace(CONFIG, **changes)))
        return made[-1]

    yield make
    for store in made:
        store._worker.close()


@pytest.fixture
def attempts(monkeypatch):
    """Collects the attempts to take the lock, as each ends."""
    acquire, made = keyring_store._KeyringTurn.acquire, []

    def attempt(turn):
        made.append(acquire(turn))
        return made[-1]

    monkeypatch.setattr(keyring_store._KeyringTurn, "acquire", attempt)
    return made


def kept_of(**changes):
    return Kept.of(new_tokens(**changes), CONFIG, CONFIG.scopes)


async def keep(store, kept):
    turn = await store.take_turn(wait=True)
    await turn.keep(kept)
    await turn.release()


async def look(store):
    """Return what a turn finds kept."""
    turn = await store.take_turn(wait=True)
    await turn.release()
    return turn.kept


def test_the_setting_opens_it():
    """`remember = "keyring"` is this store."""
    assert isinstance(open_store(CONFIG), KeyringStore)


async def write_and_read(make_store, kept):
    await keep(make_store(), kept)
    return await look(make_store())


def test_another_kernel_finds_the_refresh_token_and_who_it_is(entries, make_store):
    """A token of Cognito's length goes through several entries and comes back whole."""
    kept = kept_of(refresh_token=LONG)
    assert asyncio.run(write_and_read(make_store, kept)) == kept.renewable()


def test_what_is_kept_can_be_read_while_another_has_the_turn(entries, make_store):
    """A person may be signing in there for minutes."""
    kept = kept_of()

    async def read():
        turn = await make_store().take_turn(wait=True)
        before = await make_store().read()
        await turn.keep(kept)
        return before, await make_store().read()

    assert asyncio.run(read()) == (None, kept.renewable())


def test_no_access_or_id_token_is_written(entries, make_store):
    """The keyring holds what renews the session, nothing that an API takes."""
    asyncio.run(keep(make_store(), kept_of()))
    written = "".join(entries.values())
    assert "a-refresh-token" in written
    assert "access-token" not in written
    assert "id-token" not in written


def test_nothing_is_written_without_a_change(use, make_store):
    """A refresh without rotation leaves the keyring alone, which may ask the user at each write."""
    backend = use(MemoryKeyring())

    async def renew_twice():
        await keep(make_store(), kept_of())
        backend.writes = 0
        await keep(make_store(), kept_of(refresh_token="a-refresh-token-0000"))

    asyncio.run(renew_twice())
    assert backend.writes == 0


@pytest.mark.parametrize("change", [{"issuer": "https://idp.example/other"}, {"client_id": "other"}], ids=str)
def test_what_names_another_pool_or_client_is_ignored(entries, make_store, change):
    """Even if it stands in this client's entries."""
    assert asyncio.run(write_and_read(make_store, replace(kept_of(), **change))) is None


@pytest.mark.parametrize("change", [{"issuer": "https://idp.example/other"}, {"client_id": "other"}, {"profile": "b"}])
def test_pools_clients_and_profiles_have_entries_and_turns_of_their_own(entries, make_store, change):
    """None sees another's, and none waits for another."""

    async def both():
        await keep(make_store(), kept_of())
        mine = await make_store().take_turn(wait=False)
        other = await make_store(**change).take_turn(wait=False)
        return mine.kept, other.kept

    mine, other = asyncio.run(both())
    assert mine is not None
    assert other is None


def test_one_kernel_at_a_time_has_the_turn(entries, make_store):
    """Another that will not wait gets none; once the turn is released, it does."""

    async def compete():
        turn = await make_store().take_turn(wait=False)
        second = make_store()
        refused = await second.take_turn(wait=False)
        await turn.release()
        await turn.release()
        return refused, await second.take_turn(wait=False)

    refused, taken = asyncio.run(compete())
    assert refused is None
    assert taken is not None


def test_one_store_has_one_turn(entries, make_store):
    """Two turns of the same session exclude one another as well."""

    async def compete():
        store = make_store()
        turn = await store.take_turn(wait=False)
        second = await store.take_turn(wait=False)
        await turn.release()
        return second

    assert asyncio.run(compete()) is None


def test_who_waits_gets_the_turn_and_what_was_kept_in_the_last_one(entries, make_store, attempts):
    """The lock comes before the reading: the second kernel finds the first one's token."""

    async def compete():
        turn = await make_store().take_turn(wait=True)
        waiting = asyncio.create_task(make_store().take_turn(wait=True))
        await until(lambda: False in attempts)
        await turn.keep(kept_of(refresh_token="a-refresh-token-0002"))
        await turn.release()
        return (await waiting).kept

    assert asyncio.run(compete()).refresh_token.reveal() == "a-refresh-token-0002"


def test_a_waiter_that_gives_up_leaves_the_turn_free(entries, make_store, attempts):
    """A cancelled sign-in does not come into the turn later."""

    async def give_up():
        turn = await make_store().take_turn(wait=True)
        waiting = asyncio.create_task(make_store().take_turn(wait=True))
        await until(lambda: False in attempts)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await turn.release()
        return await make_store().take_turn(wait=False)

    assert asyncio.run(give_up()) is not None


def test_a_turn_that_comes_after_its_caller_has_gone_is_given_back(entries, make_store, monkeypatch):
    """The lock may be taken in the very moment of the cancellation."""
    acquire, begun, go_on = keyring_store._KeyringTurn.acquire, threading.Event(), threading.Event()
    turns = []  # referred to, so that no garbage collection gives the lock back

    def acquire_slowly(turn):
        turns.append(turn)
        begun.set()
        return go_on.wait(10) and acquire(turn)

    async def give_up():
        with monkeypatch.context() as patch:
            patch.setattr(keyring_store._KeyringTurn, "acquire", acquire_slowly)
            waiting = asyncio.create_task(make_store().take_turn(wait=True))
            await until(begun.is_set)
            waiting.cancel()
            await asyncio.sleep(0)
            go_on.set()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        return await make_store().take_turn(wait=False)

    assert asyncio.run(give_up()) is not None


def test_forget_returns_what_was_kept_and_leaves_no_entry(entries, make_store):
    """Another kernel finds nothing then."""
    kept = kept_of(refresh_token=LONG)

    async def forget():
        await keep(make_store(), kept)
        return await make_store().forget()

    assert asyncio.run(forget()) == kept.renewable()
    assert not entries


def test_forget_waits_for_a_refresh_and_gets_its_token(entries, make_store, attempts, monkeypatch):
    """Else a kernel in the middle of it would write the session anew, after the user has signed out."""
    monkeypatch.setattr(keyring_store, "_SIGN_OUT", 10)

    async def forget():
        turn = await make_store().take_turn(wait=True)
        forgetting = asyncio.create_task(make_store().forget())
        await until(lambda: False in attempts)
        await turn.keep(kept_of(refresh_token="a-refresh-token-0002"))
        await turn.release()
        return await forgetting

    assert asyncio.run(forget()).refresh_token.reveal() == "a-refresh-token-0002"
    assert not entries


def test_forget_does_not_wait_for_a_sign_in(entries, make_store):
    """Who leaves a button unclicked in another notebook keeps nobody from signing out."""

    async def forget():
        await keep(make_store(), kept_of())
        await make_store().take_turn(wait=True)
        return await make_store().forget()

    assert asyncio.run(forget()) is not None
    assert not entries


@pytest.mark.parametrize(
    ("backend", "match"),
    [
        (LockedKeyring(), "is locked.*\n.*Unlock it"),
        (fail.Keyring(), r"no keyring.*backends\.fail"),
        (TalkativeKeyring(), r"does not work \(RuntimeError\)"),
    ],
    ids=["locked", "missing", "broken"],
)
def test_a_keyring_that_cannot_be_used_is_told_before_a_sign_in(use, make_store, backend, match):
    """With the setting and the next step; and the turn is free again."""
    use(backend)

    async def take():
        with pytest.raises(ConfigurationError, match=match) as caught:
            await make_store().take_turn(wait=True)
        use(MemoryKeyring())
        assert await make_store().take_turn(wait=False) is not None
        return caught.value

    assert asyncio.run(take()).setting == "remember"


def test_an_error_shows_nothing_of_what_was_written(entries, use, make_store):
    """Neither its text nor the frames' locals nor the backend's own error: that one had it all in clear."""

    async def write():
        store = make_store()
        turn = await store.take_turn(wait=True)
        store._entries()._backend = TalkativeKeyring()
        with pytest.raises(ConfigurationError) as caught:
            await turn.keep(kept_of())
        return caught.value

    error = asyncio.run(write())
    shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert "a-refresh-token" not in shown
    assert error.__context__ is None


def test_a_stuck_keyring_is_no_answer_and_gives_the_turn_back_once_it_goes_on(use, make_store, monkeypatch):
    """It may be asking to be unlocked; neither the caller nor the end of the session waits for ever."""
    monkeypatch.setattr(keyring_store, "_ANSWER", 0.05)
    monkeypatch.setattr(keyring_store, "_RELEASE", 0.05)
    free = threading.Event()
    use(StuckKeyring(free))
    store = make_store()
    background = Background(store.aclose)
    with pytest.raises(NetworkError, match="did not answer"):
        background.run(store.take_turn(wait=True))
    background.stop()
    assert "cognito_nb" not in [thread.name for thread in threading.enumerate()]
    monkeypatch.setattr(keyring_store, "_ANSWER", 10)
    assert asyncio.run(make_store().take_turn(wait=False)) is None
    free.set()
    assert asyncio.run(make_store().take_turn(wait=True)) is not None


def test_the_session_closes_the_stores_thread(entries, make_store):
    """No thread is left once the session has ended."""

    async def use_and_close():
        store = make_store()
        await look(store)
        await store.aclose()
        await until(lambda: "cognito_nb worker" not in [thread.name for thread in threading.enumerate()])

    asyncio.run(use_and_close())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_the_lock_is_the_users_alone_from_the_start(entries, make_store, tmp_path, monkeypatch):
    """Whatever the umask; and it holds nothing."""
    before = os.umask(0)
    try:
        asyncio.run(keep(make_store(), kept_of()))
    finally:
        os.umask(before)
    folder = tmp_path / "state" / "cognito_nb"
    (file,) = folder.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_bytes() == b""


def test_a_folder_that_cannot_be_written_is_told(entries, make_store, tmp_path, monkeypatch):
    """No turn is taken without a lock."""
    (tmp_path / "state").write_text("a file where the folder should be")
    with pytest.raises(ConfigurationError, match="No lock file can be made in") as caught:
        asyncio.run(make_store().take_turn(wait=True))
    assert caught.value.setting == "remember"


@pytest.mark.parametrize("package", ["keyring", "filelock"])
def test_the_missing_extra_is_named(monkeypatch, package):
    """With the command that installs it."""
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ConfigurationError, match=r"pip install 'cognito_nb\[keyring\]'"):
        open_store(CONFIG)


HOLD = """
import asyncio, keyring, sys
from tokens.keyrings import MemoryKeyring
from tokens.test_keyring_store import CONFIG
from cognito_nb.tokens.keyring_store import KeyringStore
keyring.set_keyring(MemoryKeyring())
turn = asyncio.run(KeyringStore.of(CONFIG).take_turn(wait=True))
print("taken", flush=True)
sys.stdin.read()
"""


def test_a_killed_kernel_gives_its_turn_back(entries, make_store):
    """At once and by the operating system: no lock is ever guessed to be stale."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", HOLD], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "taken\n"
        assert asyncio.run(make_store().take_turn(wait=False)) is None
        holder.send_signal(signal.SIGKILL)
    assert asyncio.run(make_store().take_turn(wait=False)) is not None
