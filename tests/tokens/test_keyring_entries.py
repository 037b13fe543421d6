"""A text in the keyring: in parts, whole or not there, and never in a file that anybody can read."""

import contextlib

import keyring
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keyring.backends import fail, null
from keyring.backends.chainer import ChainerBackend
from tokens.keyrings import Killed, MemoryKeyring

from cognito_nb.errors import ConfigurationError
from cognito_nb.secret import Secret
from cognito_nb.tokens.keyring_entries import Entries, system_keyring

WINDOWS_LIMIT = 1280  # characters, 2,560 bytes of UTF-16
texts = st.tuples(st.text("abc", min_size=1, max_size=6), st.integers(1, 900)).map(lambda both: both[0] * both[1])


def entries_in(backend):
    return Entries(backend, "cognito_nb/key", "dev (client)")


def backend_named(name):
    """Return a backend of a class with this full name."""
    module, _, class_name = name.rpartition(".")
    return type(class_name, (MemoryKeyring,), {"__module__": module})()


@pytest.fixture
def use(monkeypatch):
    """Make a backend the one that `keyring` has found."""
    return lambda backend: monkeypatch.setattr(keyring.core, "_keyring_backend", backend)


@given(st.lists(texts, min_size=1, max_size=4))
def test_the_last_text_is_read_back(written):
    """Whatever was there before, of whatever length."""
    entries = entries_in(MemoryKeyring())
    for text in written:
        entries.write(Secret(text))
    assert entries.read() == Secret(written[-1])


@given(texts)
def test_no_entry_is_longer_than_windows_takes(text):
    """A longer text is split into numbered parts."""
    backend = MemoryKeyring()
    entries_in(backend).write(Secret(text))
    assert max(map(len, backend.entries.values())) <= WINDOWS_LIMIT


@given(st.lists(texts, min_size=1, max_size=3), texts, st.integers(0, 40))
def test_a_write_that_breaks_off_leaves_the_old_text_or_the_new_one(before, text, lives):
    """Wherever the process is killed, nothing mixed is read, and no reader fails."""
    backend = MemoryKeyring()
    entries = entries_in(backend)
    for old in before:
        entries.write(Secret(old))
    backend.writes, backend.lives = 0, lives
    try:
        entries.write(Secret(text))
    except Killed:
        assert entries.read() in (Secret(before[-1]), Secret(text))
    else:
        assert entries.read() == Secret(text)


@given(texts, st.lists(st.tuples(texts, st.integers(0, 12)), max_size=4), texts)
def test_what_broken_writes_left_is_swept_up(before, broken, text):
    """After the next whole write there is one head and its parts: no old secret is left lying about."""
    backend = MemoryKeyring()
    entries = entries_in(backend)
    entries.write(Secret(before))
    for torn, lives in broken:
        backend.writes, backend.lives = 0, lives
        with contextlib.suppress(Killed):
            entries.write(Secret(torn))
    backend.lives = None
    entries.write(Secret(text))
    assert len(backend.entries) == 1 + -(-len(text) // 1200)


@given(texts, st.integers(0, 12), texts)
def test_a_deletion_that_breaks_off_can_be_made_again(before, lives, torn):
    """Nothing is readable from its first step on, and the second deletion leaves no entry."""
    backend = MemoryKeyring()
    entries = entries_in(backend)
    entries.write(Secret(torn))
    entries.write(Secret(before))
    backend.writes, backend.lives = 0, lives
    try:
        entries.delete()
    except Killed:
        assert entries.read() is None or lives == 0
    backend.lives = None
    entries.delete()
    assert not backend.entries


@pytest.mark.parametrize("damage", ["missing part", "foreign part", "no head", "garbage"])
def test_damaged_entries_count_as_nothing(damage):
    """A reader gets None, no exception."""
    backend = MemoryKeyring()
    entries = entries_in(backend)
    entries.write(Secret("x" * 3000))
    head, part = (("cognito_nb/key/head", "dev (client)"), ("cognito_nb/key/a1", "dev (client)"))
    change = {
        "missing part": lambda: backend.entries.pop(part),
        "foreign part": lambda: backend.entries.update({part: "00000000:yyy"}),
        "no head": lambda: backend.entries.pop(head),
        "garbage": lambda: backend.entries.update({head: "2:later version"}),
    }
    change[damage]()
    assert entries.read() is None


def test_each_entry_has_a_service_name_of_its_own():
    """Windows' backend moves the entries of a shared one about, and loses some when two programs write."""
    backend = MemoryKeyring()
    entries_in(backend).write(Secret("x" * 3000))
    services = [service for service, _ in backend.entries]
    assert len(set(services)) == len(services) == 4


@pytest.mark.parametrize(
    "found",
    [
        fail.Keyring(),
        null.Keyring(),
        backend_named("keyrings.alt.file.PlaintextKeyring"),
        backend_named("keyrings.alt.file.EncryptedKeyring"),
        backend_named("elsewhere.PlainTextFile"),
    ],
    ids=lambda backend: type(backend).__module__ + "." + type(backend).__name__,
)
@pytest.mark.parametrize("chained", [False, True])
def test_a_keyring_that_forgets_or_keeps_plain_files_is_refused(use, monkeypatch, found, chained):
    """Alone or in a chain; the error names it and what to do instead."""
    monkeypatch.setattr(ChainerBackend, "backends", [found])
    use(ChainerBackend() if chained else found)
    with pytest.raises(ConfigurationError, match=type(found).__qualname__) as caught:
        system_keyring()
    assert caught.value.setting == "remember"
    assert 'remember to "server" or "kernel"' in caught.value.hint


def test_an_empty_chain_is_refused(use, monkeypatch):
    """There is nothing to write to."""
    monkeypatch.setattr(ChainerBackend, "backends", [])
    use(ChainerBackend())
    with pytest.raises(ConfigurationError, match="found: none"):
        system_keyring()


def test_of_a_chain_the_operating_systems_own_is_used(use, monkeypatch):
    """Not the plain file that a package has added, nor a package index's log-in that comes first."""
    own = backend_named("keyring.backends.SecretService.Keyring")
    others = [backend_named("artifacts_keyring.ArtifactsKeyring"), backend_named("keyrings.alt.file.PlaintextKeyring")]
    monkeypatch.setattr(ChainerBackend, "backends", [others[0], own, others[1]])
    use(ChainerBackend())
    assert system_keyring() is own


def test_a_keyring_that_the_user_has_chosen_is_used(use):
    """A password manager's backend is as good as the system's."""
    chosen = backend_named("keyring_pass.PasswordStoreBackend")
    use(chosen)
    assert system_keyring() is chosen
