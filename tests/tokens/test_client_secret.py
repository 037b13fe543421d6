"""`client_secret = "keyring"`: what is looked up, and what a keyring that cannot be used leads to."""

import asyncio
import importlib.util
import threading

import keyring
import pytest
from keyring.backends import fail
from tokens.keyrings import LockedKeyring, MemoryKeyring, StuckKeyring

from cognito_nb.config import CognitoConfig
from cognito_nb.errors import ConfigurationError, NetworkError
from cognito_nb.tokens import client_secret
from cognito_nb.tokens.client_secret import with_secret_from_keyring

SECRET = "s3cretOfTheConfidentialClient2026"
CONFIG = CognitoConfig(user_pool_id="eu-west-1_AbC123", client_id="client", client_secret="keyring")
ENTRY = ("cognito_nb client_secret eu-west-1_AbC123", "client")


@pytest.fixture
def use(monkeypatch):
    """Make a backend the one that `keyring` has found."""

    def use(backend):
        monkeypatch.setattr(keyring.core, "_keyring_backend", backend)
        return backend

    return use


def look_up(config=CONFIG):
    return asyncio.run(with_secret_from_keyring(config))


def refusal(config=CONFIG):
    with pytest.raises(ConfigurationError) as caught:
        look_up(config)
    assert (caught.value.setting, SECRET in repr(vars(caught.value))) == ("client_secret", False)
    return str(caught.value)


def test_the_secret_takes_the_place_of_the_word(use):
    """All other settings stay as they are."""
    use(MemoryKeyring()).entries[ENTRY] = SECRET
    found = look_up()
    assert (found.secret.reveal(), found.keeps_secret_in_keyring) == (SECRET, False)
    assert (found.issuer, found.client_id, found.scopes) == (CONFIG.issuer, CONFIG.client_id, CONFIG.scopes)


def test_a_pool_that_is_known_by_its_issuer_has_an_entry_by_that(use):
    """Local pools, say."""
    issuer = "http://localhost:9229/local_Demo"
    use(MemoryKeyring()).entries[f"cognito_nb client_secret {issuer}", "client"] = SECRET
    assert look_up(CognitoConfig(issuer=issuer, client_id="client", client_secret="keyring")).secret.reveal() == SECRET


@pytest.mark.parametrize("entry", [(ENTRY[0], "another"), ("cognito_nb client_secret eu-west-1_Other", "client")])
def test_an_entry_of_another_client_or_pool_does_not_count(use, entry):
    """The error says how to make the right one."""
    use(MemoryKeyring()).entries[entry] = SECRET
    assert f'python -m keyring set "{ENTRY[0]}" client' in refusal()


def test_a_value_that_can_be_no_secret_is_refused(use):
    """Such as one that was pasted with a line's end; where it came from is told."""
    use(MemoryKeyring()).entries[ENTRY] = f"{SECRET}\n"
    said = refusal()
    assert ("not shown" in said, "keyring" in said) == (True, True)


@pytest.mark.parametrize(
    ("backend", "words"), [(LockedKeyring, "locked"), (fail.Keyring, "no keyring"), (object, "does not work")]
)
def test_a_keyring_that_cannot_be_used_is_told(use, backend, words):
    """With the other way to give the secret."""
    use(backend())
    said = refusal()
    assert (words in said, "COGNITO_NB_CLIENT_SECRET" in said) == (True, True)


def test_a_keyring_that_does_not_answer_is_not_waited_for(use, monkeypatch):
    """It may be showing a window that nobody sees."""
    monkeypatch.setattr(client_secret, "_ANSWER", 0.05)
    free = threading.Event()
    use(StuckKeyring(free))
    with pytest.raises(NetworkError, match="did not answer"):
        look_up()
    free.set()


def test_without_the_extra_it_is_told_what_to_install(monkeypatch):
    """Before anything is asked."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert "cognito_nb[keyring]" in refusal()
