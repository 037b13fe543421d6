"""`Session.from_tokens`: tokens that somebody else has got, verified all the same."""

import asyncio
import time

import jwt
import pytest

import cognito_nb as cn
from cognito_nb import registry
from cognito_nb.errors import ConfigurationError, NotSignedInError, SessionExpiredError, TokenVerificationError
from cognito_nb.local_pool import AppClient, LocalUserPool
from cognito_nb.local_pool.keys import PoolKeys
from cognito_nb.secret import Secret
from cognito_nb.status import show_status
from cognito_nb.tokens import background

from .conftest import config_of


@pytest.fixture(scope="module")
def keys():
    return PoolKeys.generate()


@pytest.fixture
def pool(keys):
    """A pool with two app clients that share its users."""
    with LocalUserPool(clients=[AppClient(), AppClient()], keys=keys) as pool:
        yield pool


@pytest.fixture
def make(config, monkeypatch):
    """Make sessions; they are closed with the test."""
    monkeypatch.setattr(background, "_CLEAN_UP", 0.3)
    made = []

    def make(**tokens):
        made.append(cn.Session.from_tokens(config, **tokens))
        return made[-1]

    yield make
    for session in made:
        session.close()


@pytest.fixture
def ada(pool):
    """A token response of ada's, from somewhere else."""
    return pool.tokens("ada")


def pair(tokens):
    return {name: tokens[name] for name in ("access_token", "id_token")}


def changed(pool, token, **changes):
    """Sign a token anew, with other claims."""
    claims = jwt.decode(token, options={"verify_signature": False})
    key = pool.keys.access_token if claims["token_use"] == "access" else pool.keys.id_token
    return key.sign({**claims, **changes})


def asked(pool, endpoint="token"):
    return [request.endpoint for request in pool.requests].count(endpoint)


@pytest.mark.parametrize("kind", [str, Secret])
def test_a_refresh_token_is_used_at_once(make, pool, ada, kind):
    """As oauthenticator's auth_state has it: one request, and the session renews itself from then on."""
    pool.requests.clear()
    session = make(refresh_token=kind(ada["refresh_token"]))
    assert (session.user.username, session.can_refresh, asked(pool)) == ("ada", True, 1)
    session.refresh()
    assert session.userinfo()["username"] == "ada"


def test_it_works_while_an_event_loop_runs(make, ada):
    """As in a notebook's cell."""

    async def cell():
        return make(refresh_token=ada["refresh_token"])

    assert asyncio.run(cell()).user.username == "ada"


def test_a_rotating_client_goes_on_from_the_new_refresh_token(keys):
    """The given one is dead after its first use."""
    with LocalUserPool(clients=[AppClient(rotation=True)], keys=keys) as pool:
        session = cn.Session.from_tokens(config_of(pool), refresh_token=pool.tokens("ada")["refresh_token"])
        session.refresh()
        session.refresh()
        assert session.userinfo()["username"] == "ada"
        session.close()


def test_an_access_token_is_taken_as_it_is(make, pool, ada):
    """Nothing is asked of the token endpoint; the API takes it."""
    pool.requests.clear()
    session = make(access_token=ada["access_token"])
    with session.client(pool.api_url) as api:
        assert api.get("/me").json()["username"] == "ada"
    assert (session.can_refresh, asked(pool)) == (False, 0)


def test_an_access_token_alone_lives_until_it_ends(make, pool, ada):
    """Then the error says that it cannot be renewed, and what to do."""
    session = make(access_token=ada["access_token"])
    end = jwt.decode(ada["access_token"], options={"verify_signature": False})["exp"]
    assert abs(session.expires_at.timestamp() - end) < 1
    monotonic = session.token_source.monotonic
    session.token_source.monotonic = lambda: monotonic() + 3601
    with (
        session.client(pool.api_url) as api,
        pytest.raises(SessionExpiredError, match=r"cannot be renewed[^$]*%cognito"),
    ):
        api.get("/me")


def test_an_id_token_brings_the_user_and_can_be_sent(make, pool, ada):
    """Who it is, as the scopes of that sign-in opened it."""
    session = make(**pair(ada))
    with session.client(pool.api_url, token="id") as api:
        assert (session.user.name, api.get("/profile").status_code) == ("Ada Lovelace", 200)


def test_all_three_are_not_renewed_before_they_are_stale(make, pool, ada):
    """But can be."""
    session = make(**pair(ada), refresh_token=ada["refresh_token"])
    assert (asked(pool) - 1, session.can_refresh) == (0, True)  # the sign-in's own
    session.refresh()
    assert session.user.username == "ada"


@pytest.mark.parametrize("age", [2, 60])
def test_an_expired_access_token_beside_a_refresh_token_is_replaced(make, pool, ada, age):
    """What a Hub has kept over night, or over a weekend; `age` in hours."""
    old = int(time.time()) - age * 3600
    stale = changed(pool, ada["access_token"], iat=old, exp=old + 3600)
    session = make(access_token=stale, refresh_token=ada["refresh_token"])
    assert session.token_source.tokens.access.token != Secret(stale)


def refusals(pool):
    """Return what is refused by which claim, as a function of ada's and grace's tokens."""
    other, two_hours_ago = list(pool.clients)[1], int(time.time()) - 7200
    return {
        "foreign issuer": ("iss", lambda ada, _: pair_of(pool, ada, iss="https://evil.example/pool")),
        "foreign client": ("aud", lambda *_: pair(pool.tokens("ada", client_id=other))),
        "foreign client, access token": (
            "client_id",
            lambda *_: {"access_token": pool.tokens("ada", client_id=other)["access_token"]},
        ),
        "expired": ("exp", lambda ada, _: pair_of(pool, ada, iat=two_hours_ago, exp=two_hours_ago + 3600)),
        "ID token of another user": (
            "sub",
            lambda ada, _: {**pair(ada), "id_token": changed(pool, ada["id_token"], sub="somebody-else")},
        ),
        "ID token of another sign-in": ("at_hash", lambda ada, grace: {**pair(ada), "id_token": grace["id_token"]}),
        "ID token as access token": ("token_use", lambda ada, _: {"access_token": ada["id_token"]}),
        "bad signature": ("signature", lambda ada, _: {"access_token": _spoilt(ada["access_token"])}),
        "no JWT": ("format", lambda *_: {"access_token": "not-a-jwt-at-all"}),
    }


def pair_of(pool, tokens, **changes):
    return {name: changed(pool, token, **changes) for name, token in pair(tokens).items()}


def _spoilt(token):
    signed, _, signature = token.rpartition(".")
    return f"{signed}.{signature[:20]}{'A' if signature[20] != 'A' else 'B'}{signature[21:]}"


NAMES = (
    "foreign issuer",
    "foreign client",
    "foreign client, access token",
    "expired",
    "ID token of another user",
    "ID token of another sign-in",
    "ID token as access token",
    "bad signature",
    "no JWT",
)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_not_this_users_of_this_client_is_refused(canary, make, pool, ada, name):
    """The claim is named; the tokens are not shown."""
    claim, tokens = refusals(pool)[name]
    with pytest.raises(TokenVerificationError) as caught:
        make(**tokens(ada, pool.tokens("grace")))
    assert caught.value.claim == claim
    canary.assert_silent({"error": f"{caught.value} {vars(caught.value)}"})


@pytest.mark.parametrize("name", [name for name in NAMES if name != "expired"])
def test_a_refresh_token_beside_it_makes_nothing_of_that_good(make, pool, ada, name):
    """Only what has expired is replaced; nothing is sent for the rest."""
    _, tokens = refusals(pool)[name]
    given = tokens(ada, pool.tokens("grace"))
    pool.requests.clear()
    with pytest.raises(TokenVerificationError):
        make(**given, refresh_token=ada["refresh_token"])
    assert asked(pool) == 0


def test_a_refresh_token_of_another_user_ends_the_session(make, pool, ada):
    """The renewed tokens would be somebody else's."""
    session = make(access_token=ada["access_token"], refresh_token=pool.tokens("grace")["refresh_token"])
    with pytest.raises(TokenVerificationError, match="sub"):
        session.refresh()
    assert not session.is_alive


@pytest.mark.parametrize(
    ("tokens", "setting"),
    [
        ({}, "refresh_token"),
        ({"id_token": "i.d.t"}, "refresh_token"),
        ({"id_token": "i.d.t", "refresh_token": "ref.r"}, "id_token"),
        ({"refresh_token": ""}, "refresh_token"),
        ({"refresh_token": "two words"}, "refresh_token"),
        ({"access_token": b"acc.e.ss"}, "access_token"),
    ],
)
def test_what_can_make_no_session_is_refused_before_any_request(make, pool, tokens, setting):
    """The argument is named."""
    with pytest.raises(ConfigurationError) as caught:
        make(**tokens)
    assert (caught.value.setting, len(pool.requests)) == (setting, 0)


def test_an_app_client_of_its_own_needs_none(pool, ada):
    """It asks for its own token."""
    config = config_of(pool, grant="client_credentials", client_secret="s" * 30)
    with pytest.raises(ConfigurationError, match="client_credentials"):
        cn.Session.from_tokens(config, refresh_token=ada["refresh_token"])


def test_a_refused_refresh_token_is_told(canary, make):
    """Whoever gave it has to give another."""
    with pytest.raises(SessionExpiredError, match=r"given refresh_token \(invalid_grant\)") as caught:
        make(refresh_token="a-refresh-token-that-nobody-has-issued-0000")
    canary.assert_silent({"error": str(caught.value)})


def test_it_is_no_profiles_current_session(make, ada):
    """What %cognito_login does is not changed by it."""
    session = make(refresh_token=ada["refresh_token"])
    assert session not in registry.current_sessions()
    with pytest.raises(NotSignedInError):
        cn.current_session()


@pytest.mark.parametrize("logout", ["revoke", "logout"])
def test_it_can_be_signed_out(make, pool, ada, logout):
    """The refresh token is dead afterwards."""
    session = make(refresh_token=ada["refresh_token"])
    session.revoke() if logout == "revoke" else cn.logout(session=session)
    assert asked(pool, "revoke") == 1
    with pytest.raises(SessionExpiredError):
        make(refresh_token=ada["refresh_token"])


def test_it_says_where_it_came_from_and_shows_no_token(canary, make, ada, capsys):
    """Neither repr nor status holds one."""
    session = make(**pair(ada), refresh_token=ada["refresh_token"])
    registry.keep_session(session, "default")
    show_status()
    output = capsys.readouterr().out
    assert (session.source, "from: given tokens" in output) == ("given tokens", True)
    canary.assert_silent({"output": output, "repr": f"{session!r} {vars(session)!r}"})
