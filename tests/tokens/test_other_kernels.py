"""What another kernel has done with a remembered session: tokens of a real pool, taken over or not."""

from dataclasses import replace

import pytest
from lab import wait_for

from cognito_nb.errors import NetworkError, NotSignedInError
from cognito_nb.secret import Secret
from cognito_nb.tokens.memory import Memory, SessionTurn
from cognito_nb.tokens.other_kernels import hear, latest
from cognito_nb.tokens.source import TokenSource
from cognito_nb.tokens.store import Kept


class Here:
    """The session of this kernel, and what the store holds by now."""

    def __init__(self, person):
        self.person = person
        self.tokens = person.tokens()
        self.source = TokenSource(self.tokens)
        self.kept = self.of(self.tokens)

    def of(self, tokens):
        return Kept.of(tokens, self.person.config, tuple(self.person.config.scopes))

    def renewed(self):
        """Renew the tokens in another kernel."""

        async def keep(_rotated):
            pass

        return self.person.run(self.person.user_pool.refresh(self.tokens, keep=keep))

    def latest(self, kept):
        turn = SessionTurn(Memory(None, self.person.config), None)
        turn.kept, turn.is_real = kept, True
        return self.person.run(latest(self.source, self.person.user_pool, turn))

    def hear(self, kept):
        self.person.run(hear(self.source, self.person.user_pool, kept))

    def reason(self):
        with pytest.raises(NotSignedInError) as caught:
            _ = self.source.tokens
        return caught.value.message


@pytest.fixture
def here(person):
    return Here(person)


def test_nothing_new_leaves_the_tokens_to_be_refreshed(here):
    """It is this kernel's turn, and nobody was faster."""
    assert here.latest(here.kept) is here.tokens


def test_renewed_tokens_are_taken_over(here):
    """Verified anew, though a refreshed ID token has no nonce; they end when they end, not later."""
    renewed = here.renewed()
    taken = here.latest(here.of(renewed))
    assert taken.access.token == renewed.access.token != here.tokens.access.token
    assert taken.expires_at == renewed.expires_at
    assert taken.deadline == pytest.approx(renewed.deadline, abs=0.5)
    assert here.source.tokens is taken
    assert here.person.asked("token") == 2


def test_renewed_tokens_are_heard_of(here):
    """A kernel that does nothing has them too, without a refresh of its own."""
    renewed = here.renewed()
    here.hear(here.of(renewed))
    assert here.source.tokens.access.token == renewed.access.token


def test_short_lived_tokens_are_taken_over_as_well(make_person):
    """What is worth taking depends on the life that they were given."""
    here = Here(make_person(lifetimes=_short()))
    renewed = here.renewed()
    here.hear(here.of(renewed))
    assert here.source.tokens.access.token == renewed.access.token


def _short():
    from cognito_nb.local_pool import Lifetimes

    return Lifetimes(access_token=20, id_token=20)


def test_tokens_about_to_end_bring_their_refresh_token_only(here):
    """The next refresh then goes with the one that is current there."""
    kept = replace(here.of(here.renewed()), expires_at=here.tokens.expires_at - 3600, refresh_token=Secret("rotated"))
    taken = here.latest(kept)
    assert (taken.access, taken.refresh_token) == (here.tokens.access, Secret("rotated"))
    assert here.source.tokens is taken


@pytest.mark.parametrize("name", ["access_token", "id_token"])
def test_tampered_tokens_are_not_taken_over(here, name):
    """Whatever a store holds is verified like an answer of the pool."""
    kept = here.of(here.renewed())
    bad = Secret(getattr(kept, name).reveal()[:-8] + "AAAAAAAA")
    here.hear(replace(kept, **{name: bad}))
    assert here.source.tokens is here.tokens


def test_another_users_tokens_are_not_taken_over(here):
    """Not even if what is kept beside them names this user."""
    grace = here.of(here.person.tokens("grace"))
    here.hear(replace(grace, subject=here.kept.subject, auth_time=here.kept.auth_time))
    assert here.source.tokens is here.tokens


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (None, "You signed out in another notebook."),
        ({"subject": "grace-sub"}, "Another user has signed in with this profile."),
        ({"refresh_token": None}, "The session has ended."),
    ],
)
def test_session_ends_here_too(here, change, reason):
    """The reason is told, whether it is heard of or found when the turn comes."""
    kept = None if change is None else replace(here.kept, **change)
    other = TokenSource(here.tokens)
    here.hear(kept)
    assert here.reason() == reason
    here.source = other
    with pytest.raises(NotSignedInError, match=reason):
        here.latest(kept)


def test_session_without_a_refresh_token_is_no_ended_one(here):
    """Where there never was one, its absence says nothing."""
    here.source = TokenSource(replace(here.tokens, refresh_token=None))
    here.hear(replace(here.kept, refresh_token=None))
    assert here.source.is_alive


def test_end_of_older_tokens_ends_no_new_session(here, monkeypatch):
    """News about tokens that have been replaced meanwhile is old."""
    here.source = TokenSource(here.renewed())
    monkeypatch.setattr(TokenSource, "tokens", property(lambda _: here.tokens))
    here.hear(None)
    assert here.source.is_alive


def test_keys_that_cannot_be_fetched_leave_it_to_the_next_refresh(here, monkeypatch):
    """What is heard then is no error; a refresh says so."""
    kept = here.of(here.renewed())

    async def no_keys(*_kids):
        raise NetworkError("no answer")

    monkeypatch.setattr("cognito_nb.tokens.keys.KeyCache.key_set", no_keys)
    here.hear(kept)
    assert here.source.tokens is here.tokens
    with pytest.raises(NetworkError):
        here.latest(kept)


def test_sign_out_while_tokens_are_taken_over_wins(here, monkeypatch):
    """Nothing comes back to a session that was ended meanwhile."""
    kept, adopt = here.of(here.renewed()), type(here.person.user_pool).adopt

    async def late(user_pool, kept):
        adopted = await adopt(user_pool, kept)
        here.source.wipe()
        return adopted

    monkeypatch.setattr(type(here.person.user_pool), "adopt", late)
    with pytest.raises(NotSignedInError, match="You signed out while"):
        here.latest(kept)
    assert not here.source.is_alive


def test_an_end_elsewhere_is_announced_here_too(here):
    """The user's function hears of a session that ended by itself, whichever kernel found out."""
    ended = []
    here.source.on_expired.append(lambda: ended.append(True))
    here.hear(here.kept.identity())
    wait_for(lambda: ended, "on_expired", 5)
    assert here.source.ended_by_itself


def test_a_sign_out_elsewhere_is_no_end_by_itself(here):
    """The user knows."""
    here.hear(None)
    assert not here.source.ended_by_itself


def test_renewed_tokens_of_another_kernel_are_announced(here):
    """on_refresh follows them as well."""
    renewals = []
    here.source.on_refresh.append(lambda: renewals.append(True))
    here.hear(here.of(here.renewed()))
    wait_for(lambda: renewals, "on_refresh", 5)
