"""The current tokens: replaced and wiped as a whole, by whichever thread comes first."""

import inspect
import os
import sys
import threading
import warnings
from dataclasses import replace

import pytest
from tokens.fakes import new_tokens

from cognito_nb.errors import NotSignedInError
from cognito_nb.tokens import source as source_module
from cognito_nb.tokens.source import TokenSource


def test_tokens_are_those_it_holds():
    """What a sign-in put in comes out."""
    tokens = new_tokens()
    assert TokenSource(tokens).tokens is tokens


@pytest.mark.parametrize(("kind", "prefix"), [("access", "access-token"), ("id", "id-token")])
def test_get_returns_the_kind_asked_for(kind, prefix):
    """API Gateway's Cognito authorizers want the ID token, others the access token."""
    assert new_tokens().get(kind).token.reveal().startswith(prefix)


def test_get_says_when_there_is_no_id_token():
    """Without the scope openid there is none; the fix is named."""
    with pytest.raises(NotSignedInError, match="Add openid to scopes"):
        new_tokens(with_id=False).get("id")


def test_replace_takes_the_place_of_the_tokens_it_was_made_from():
    """A refresh ends with the new tokens, the old refresh token gone."""
    old, new = new_tokens(), new_tokens()
    source = TokenSource(old)
    assert (source.replace(old, new), source.tokens) == (True, new)


@pytest.mark.refused("RF-18")
def test_replace_drops_an_answer_that_came_late():
    """Another user has signed in meanwhile (RF-18)."""
    old, other = new_tokens(), new_tokens()
    source = TokenSource(other)
    assert (source.replace(old, new_tokens()), source.tokens) == (False, other)


def test_wipe_forgets_and_returns_the_tokens():
    """Whoever signs out still has to revoke."""
    tokens = new_tokens()
    source = TokenSource(tokens)
    assert (source.wipe(), source.is_alive) == (tokens, False)


def test_wipe_twice_returns_nothing():
    """Nothing is revoked a second time."""
    source = TokenSource(new_tokens())
    source.wipe()
    assert source.wipe() is None


def test_wipe_tells_later_callers_why():
    """The session's end has a reason."""
    source = TokenSource(new_tokens())
    source.wipe("The session has ended.")
    with pytest.raises(NotSignedInError, match=r"The session has ended\.\nNext step: Run %cognito_login"):
        _ = source.tokens


def test_wipe_of_certain_tokens_leaves_others():
    """A refresh that was refused ends only the session that it was for."""
    other = new_tokens()
    source = TokenSource(other)
    assert (source.wipe(only=new_tokens()), source.tokens) == (None, other)


@pytest.mark.refused("RV-05")
def test_replace_after_wipe_does_not_bring_the_session_back():
    """A refresh that lands after sign-out is dropped (RV-05)."""
    tokens = new_tokens()
    source = TokenSource(tokens)
    source.wipe()
    assert (source.replace(tokens, new_tokens()), source.is_alive) == (False, False)


@pytest.mark.holds("RV-05")
def test_replace_and_wipe_exclude_each_other():
    """A sign-out that comes between a refresh's check and its write wins (RV-05)."""
    tokens = new_tokens()
    source = TokenSource(tokens)
    wiping = threading.Thread(target=source.wipe)
    lines, first = inspect.getsourcelines(TokenSource.replace)
    write = first + next(number for number, line in enumerate(lines) if "self._tokens = new" in line)

    def trace(frame, event, _argument):
        if event == "line" and (frame.f_code, frame.f_lineno) == (TokenSource.replace.__code__, write):
            wiping.start()  # the check is behind, the write ahead
            wiping.join(0.1)
        return trace

    def replacing():
        sys.settrace(trace)
        source.replace(tokens, new_tokens())
        sys.settrace(None)

    thread = threading.Thread(target=replacing)
    thread.start()
    thread.join(5)
    wiping.join(5)
    assert not source.is_alive


@pytest.mark.parametrize(
    ("set_on", "slept", "left"),
    [(0, 0, 100), (50, 0, 50), (0, 50, 50), (7200, 0, -7100), (-7200, 0, 100), (0, 28_800, -28_700)],
)
@pytest.mark.holds("RF-15")
def test_seconds_left_believes_the_more_careful_clock(set_on, slept, left):
    """A clock that is set back does not prolong a token's life, and a sleeping laptop does not either (RF-15)."""
    source = TokenSource(None, clock=lambda: 1000.0 + set_on, monotonic=lambda: 10.0 + slept)
    tokens = replace(new_tokens(), expires_at=1100.0, deadline=110.0)
    assert source.seconds_left(tokens) == left


@pytest.mark.refused("LF-16")
def test_tokens_stay_with_the_parent_of_a_forked_process(monkeypatch):
    """A child would refresh with its parent's refresh token, and each would end the other's session (LF-16)."""
    source = TokenSource(new_tokens())
    monkeypatch.setattr(os, "getpid", lambda: -1)
    with pytest.raises(NotSignedInError, match="forked"):
        _ = source.tokens


@pytest.mark.refused("LF-16")
def test_fresh_has_nothing_for_a_forked_child():
    """The tokens of the usual, short way stay with the parent, too (LF-16)."""
    source = TokenSource(new_tokens())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # newer Pythons warn of any fork with threads
        child = os.fork()
    if child == 0:
        os._exit(0 if source.fresh() is None else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert source.fresh() is source.tokens


def test_repr_shows_no_token():
    """Whatever prints a source or its tokens prints no secret."""
    tokens = new_tokens()
    shown = repr(TokenSource(tokens)) + repr(tokens) + str(tokens)
    assert not any(text in shown for text in ("access-token", "id-token", "refresh-token", "ada"))


def test_the_clocks_are_the_systems():
    """Wall and monotonic time, unless a test says otherwise."""
    source = TokenSource(new_tokens())
    assert (source.clock, source.monotonic) == (source_module.time.time, source_module.time.monotonic)
