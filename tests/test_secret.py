"""A secret shows nothing by accident."""

import copy
import json
import logging
import pickle
import pprint
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_nb.secret import Secret

CANARY = "canary-5f1d0c"


@dataclass
class Holder:
    """Something that holds a secret and has a dataclass's talkative repr."""

    secret: Secret


def log_line(secret):
    return logging.LogRecord("x", logging.INFO, "x", 1, "%s %r", (secret, secret), None).getMessage()


SHOWN = {
    "repr": repr,
    "str": str,
    "f-string": lambda secret: f"{secret} {secret!r} {secret!s} {secret!a} {secret:>40}",
    "format": "{0} {0!r} {0!s}".format,
    "percent": lambda secret: f"{'%s %r'}" % (secret, secret),
    "pprint": pprint.pformat,
    "container": lambda secret: repr([{"token": secret}]),
    "dataclass": lambda secret: repr(Holder(secret)),
    "log": log_line,
    "exception": lambda secret: repr(ValueError(secret)),
    "dir": lambda secret: repr(dir(secret)),
}


@pytest.mark.parametrize("show", SHOWN.values(), ids=SHOWN)
def test_secret_shows_nothing(show):
    """Whichever way it is turned into text (NL-01)."""
    assert CANARY not in show(Secret(CANARY))


def test_secret_has_no_attributes_to_list():
    """There is no instance dictionary for `vars` and inspectors to print."""
    with pytest.raises(TypeError):
        vars(Secret(CANARY))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_secret_cannot_be_pickled(protocol):
    """Alone or in company, by any protocol (NL-07)."""
    with pytest.raises(TypeError, match="must not leave this kernel"):
        pickle.dumps([Secret(CANARY)], protocol)


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy])
def test_secret_cannot_be_copied(duplicate):
    """A copy would be made through pickle's way."""
    with pytest.raises(TypeError, match="must not leave this kernel"):
        duplicate(Secret(CANARY))


def test_secret_cannot_be_written_as_json():
    """The error names the type only."""
    with pytest.raises(TypeError, match="Secret is not JSON serializable") as raised:
        json.dumps({"token": Secret(CANARY)})
    assert CANARY not in str(raised.value)


@pytest.mark.parametrize("value", ["", "x", "\0", "ä", "\ud800"])
def test_secret_is_true_when_it_holds_something(value):
    """An empty one is false, as its text would be."""
    assert bool(Secret(value)) is bool(value)


@given(st.text())
def test_secret_reveals_its_value(value):
    """Whoever asks gets it back unchanged."""
    assert Secret(value).reveal() == value


TEXT = st.text(st.characters() | st.just("\ud800"))


@given(TEXT, TEXT)
def test_secrets_are_equal_when_their_values_are(one, other):
    """Whatever text they hold, lone surrogates included: an exception would show it."""
    assert (Secret(one) == Secret(other)) is (one == other)


def test_secrets_are_compared_in_constant_time(monkeypatch):
    """By `hmac.compare_digest` and nothing else: a state, a cookie, the server's capability."""
    compared = []
    monkeypatch.setattr("hmac.compare_digest", lambda one, other: compared.append((one, other)))
    assert not Secret("one") == Secret("other")  # noqa: SIM201 - the operator itself
    assert compared == [(b"one", b"other")]


@pytest.mark.parametrize("other", [CANARY, CANARY.encode(), None, 5])
def test_secret_equals_nothing_but_a_secret(other):
    """A plain string is no secret, so a mix-up compares unequal."""
    assert Secret(CANARY) != other


def test_secrets_that_are_equal_have_one_hash():
    """They serve as keys of a dictionary."""
    assert {Secret(CANARY): 1}[Secret(CANARY)] == 1


def test_secret_does_not_hash_like_its_value():
    """A dictionary with the plain string as key does not find it."""
    assert hash(Secret(CANARY)) != hash(CANARY)
