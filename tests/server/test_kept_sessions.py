"""Remembered sessions without a server: whose turn it is, what is kept, and a clock that tests move."""

import pytest

from cognito_nb.secret import Secret
from cognito_nb.server.kept_sessions import KeptSessions, LostError, TooManyError
from cognito_nb.wire_sessions import MAX_KEPT_SESSIONS, KeptSession, LeaseRequest

KEY, OTHER = "a" * 64, "b" * 64
ONE, TWO = Secret("one-session"), Secret("another-session")


class Shelf:
    """Kept sessions, and a record of who was woken."""

    def __init__(self):
        self.changed, self.freed = [], []
        self.sessions = KeptSessions(on_change=self.changed.append, on_free=self.freed.append)
        self.now = 1000.0

    def lease(self, holder, *, key=KEY, seconds=15.0, renewing=False):
        return self.sessions.lease(LeaseRequest(key, holder, seconds, renewing), now=self.now)

    def kept(self, session=ONE, holder="first"):
        """Take the turn, keep a session, give the turn back; returns the version."""
        self.lease(holder)
        version = self.sessions.keep(KEY, holder, session)
        self.sessions.release(KEY, holder)
        return version


@pytest.fixture
def shelf():
    return Shelf()


def test_lease_tells_what_is_kept(shelf):
    """Who gets the turn learns in the same answer what there is."""
    assert shelf.lease("first") == KeptSession(None, 0)
    version = shelf.sessions.keep(KEY, "first", ONE)
    shelf.sessions.release(KEY, "first")
    assert shelf.lease("second") == KeptSession(ONE, version)


def test_lease_is_one_holders(shelf):
    """A second holder waits, and is woken when the first gives it back."""
    shelf.lease("first")
    assert shelf.lease("second") is None
    shelf.sessions.release(KEY, "first")
    assert shelf.freed == [KEY]
    assert shelf.lease("second") is not None


def test_leases_of_two_keys_do_not_meet(shelf):
    """Another pool, client or profile is another turn, with nothing in it."""
    shelf.kept()
    shelf.lease("first")
    assert shelf.lease("second", key=OTHER) == KeptSession(None, 0)


def test_lease_of_a_dead_holder_ends(shelf):
    """After its seconds anybody may have it; until then the server tells how long that is."""
    shelf.lease("first", seconds=15.0)
    shelf.now += 14.0
    assert shelf.sessions.seconds_held(KEY, now=shelf.now) == 1.0
    assert shelf.lease("second") is None
    shelf.now += 1.0
    assert shelf.sessions.seconds_held(KEY, now=shelf.now) == 0.0
    assert shelf.lease("second") is not None


def test_lease_that_is_prolonged_lasts(shelf):
    """A living holder has it for as long as it asks again."""
    shelf.lease("first")
    for _ in range(60):
        shelf.now += 10.0
        assert shelf.lease("first", renewing=True) is not None
        assert shelf.lease("second") is None


def test_lease_is_not_prolonged_once_another_had_it(shelf):
    """A holder that slept does not get it anew, even if it is free: what it knows may be old."""
    shelf.lease("first")
    shelf.now += 60.0
    shelf.kept(TWO, "second")
    with pytest.raises(LostError):
        shelf.lease("first", renewing=True)


def test_release_by_somebody_else_does_nothing(shelf):
    """Only the holder gives its turn back."""
    shelf.lease("first")
    shelf.sessions.release(KEY, "second")
    shelf.sessions.release(OTHER, "second")
    assert (shelf.freed, shelf.lease("second")) == ([], None)


def test_keep_wakes_who_follows(shelf):
    """Each change has a version of its own, greater than those before it."""
    first, second = shelf.kept(ONE), shelf.kept(TWO)
    assert 0 < first < second
    assert shelf.changed == [KEY, KEY]
    assert shelf.sessions.find(KEY) == KeptSession(TWO, second)


@pytest.mark.parametrize("holder", ["second", "nobody"])
def test_keep_without_the_lease_is_refused(shelf, holder):
    """Nothing is written by whoever has no turn."""
    version = shelf.kept()
    shelf.lease("first")
    with pytest.raises(LostError):
        shelf.sessions.keep(KEY, holder, TWO)
    assert shelf.sessions.find(KEY) == KeptSession(ONE, version)


def test_keep_after_another_had_the_turn_is_refused(shelf):
    """A late answer does not undo what was done in the meantime."""
    shelf.lease("first")
    shelf.now += 20.0
    version = shelf.kept(TWO, "second")
    with pytest.raises(LostError):
        shelf.sessions.keep(KEY, "first", ONE)
    assert shelf.sessions.find(KEY) == KeptSession(TWO, version)


def test_keep_after_a_sleep_is_good_if_nobody_came(shelf):
    """The lease has run out and nobody wanted it: nothing is in the way."""
    shelf.lease("first")
    shelf.now += 3600.0
    shelf.sessions.keep(KEY, "first", ONE)
    assert shelf.sessions.find(KEY).session == ONE


def test_forget_returns_what_there_was_and_wakes_all(shelf):
    """Whoever follows and whoever waits for the turn hears of it."""
    version = shelf.kept()
    shelf.changed.clear()
    shelf.freed.clear()
    assert shelf.sessions.forget(KEY) == KeptSession(ONE, version)
    assert shelf.sessions.find(KEY) == KeptSession(None, 0)
    assert (shelf.changed, shelf.freed, len(shelf.sessions)) == ([KEY], [KEY], 0)


def test_forget_wins_over_a_refresh_under_way(shelf):
    """What began before a sign-out does not bring the session back; the turn is lost."""
    shelf.kept()
    shelf.lease("first")
    shelf.sessions.forget(KEY)
    with pytest.raises(LostError):
        shelf.sessions.keep(KEY, "first", TWO)
    with pytest.raises(LostError):
        shelf.lease("first", renewing=True)
    assert shelf.sessions.find(KEY).session is None


def test_forget_of_nothing_leaves_a_sign_in_its_turn(shelf):
    """A sign-out where nothing is kept does not spoil the sign-in of another notebook."""
    shelf.lease("first")
    assert shelf.sessions.forget(KEY) == KeptSession(None, 0)
    assert shelf.sessions.keep(KEY, "first", ONE) > 0


def test_versions_are_not_used_again(shelf):
    """Kept, forgotten and kept again looks like a change to who slept through it."""
    first = shelf.kept()
    shelf.sessions.forget(KEY)
    assert shelf.kept() > first


def test_nothing_is_left_of_a_turn_without_a_session(shelf):
    """A sign-in that failed leaves no record."""
    shelf.lease("first")
    shelf.sessions.release(KEY, "first")
    assert len(shelf.sessions) == 0


def test_full_server_refuses_and_pushes_nobody_out(shelf):
    """Sessions stay; a record whose holder died before it kept anything makes room."""
    keys = [f"{number:064x}" for number in range(MAX_KEPT_SESSIONS)]
    for key in keys[:-1]:
        shelf.lease("first", key=key)
        shelf.sessions.keep(key, "first", ONE)
    shelf.lease("first", key=keys[-1])
    with pytest.raises(TooManyError):
        shelf.lease("second")
    shelf.now += 15.0
    assert shelf.lease("second") is not None
    assert all(shelf.sessions.find(key).session == ONE for key in keys[:-1])


def test_sessions_are_shown_nowhere(shelf):
    """A repr of what is kept holds nothing of it."""
    shelf.kept()
    assert "one-session" not in repr(vars(shelf.sessions)) + repr(shelf.sessions.find(KEY))
