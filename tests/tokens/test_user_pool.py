"""A user pool as the kernel talks to it: against the local look-alike, and against answers that no pool gives."""

import time
from dataclasses import replace
from email.utils import formatdate
from functools import partial
from types import SimpleNamespace

import pytest
from protocol import make
from protocol.conftest import pool as keys_of_pool  # noqa: F401 - a fixture: the pool's two keys
from protocol.make import everything, failure, leaks
from tokens.fakes import NO_MEMORY, FakeTransport, json_response, new_tokens

from cognito_nb.config import CognitoConfig
from cognito_nb.errors import (
    CognitoError,
    ConfigurationError,
    NetworkError,
    NotSignedInError,
    ProtocolError,
    SessionExpiredError,
    TokenResponseError,
    TokenVerificationError,
)
from cognito_nb.protocol.authorize import new_authorization_request, validate_authorization_response
from cognito_nb.secret import Secret
from cognito_nb.tokens import user_pool as user_pool_module
from cognito_nb.tokens.keys import KeyCache
from cognito_nb.tokens.refresh import RefreshEngine
from cognito_nb.tokens.source import TokenSource
from cognito_nb.tokens.transport import Transport
from cognito_nb.tokens.user_pool import UserPool, discover

SECRET = "s3cretOfTheConfidentialClient2026"
JWKS, TOKEN, REVOKE = (
    f"{make.ISSUER}/.well-known/jwks.json",
    f"{make.DOMAIN}/oauth2/token",
    f"{make.DOMAIN}/oauth2/revoke",
)
USERINFO = f"{make.DOMAIN}/oauth2/userInfo"


async def ignore(_refresh_token):
    """Keep no rotated refresh token early: what is returned has it."""


def test_discover_finds_the_endpoints(person):
    """The issuer is enough; one request."""
    assert person.user_pool.metadata.token_endpoint == f"{person.pool.domain}/oauth2/token"
    assert person.asked("discovery") == 1


def test_discover_with_a_domain_sends_nothing(make_local_pool, transport):
    """A configured domain needs no discovery."""
    pool = make_local_pool()
    config = CognitoConfig(issuer=pool.issuer, client_id=pool.client_id, domain=pool.domain)
    metadata = transport.background.run(discover(config, transport)).metadata
    assert (metadata.token_endpoint, len(pool.requests)) == (f"{pool.domain}/oauth2/token", 0)


def test_discover_says_when_there_is_no_such_pool(make_local_pool, transport):
    """The setting at fault is named, before any button is shown."""
    config = CognitoConfig(issuer=f"{make_local_pool().domain}/local_Nobody", client_id="x")
    with pytest.raises(ConfigurationError, match="no user pool at") as caught:
        transport.background.run(discover(config, transport))
    assert caught.value.setting == "user_pool_id"


def test_exchange_returns_verified_tokens(silent, person):
    """Both tokens are the user's, a refresh token came with them, and nothing secret is logged or printed."""
    tokens = person.tokens()
    assert tokens.access.claims["username"] == tokens.id.claims["cognito:username"] == "ada"
    assert tokens.refresh_token


def test_exchange_of_a_confidential_client(silent, make_person):
    """A client with a secret authenticates with it; the secret is neither logged nor printed."""
    person = make_person(client_secret=SECRET, settings={"client_secret": SECRET})
    assert person.tokens().access.claims["username"] == "ada"


def test_exchange_takes_one_request_once_the_keys_are_at_hand(person):
    """All that can be known before the code arrives is known then."""
    code = person.code()
    person.run(person.user_pool.keys.prefetch())
    before = len(person.pool.requests)
    person.run(person.user_pool.exchange(code))
    assert [request.endpoint for request in list(person.pool.requests)[before:]] == ["token"]


def test_exchange_without_openid_has_no_id_token(make_person):
    """Plain OAuth works too."""
    tokens = make_person(settings={"scopes": ["aws.cognito.signin.user.admin"]}).tokens()
    assert (tokens.id, tokens.access.claims["username"]) == (None, "ada")


@pytest.mark.refused("TR-03")
def test_exchange_of_a_used_code_is_refused(silent, person):
    """A code works once; the error names the cause (TR-03)."""
    code = person.code()
    person.run(person.user_pool.exchange(code))
    with pytest.raises(TokenResponseError, match="invalid_grant"):
        person.run(person.user_pool.exchange(code))


def test_exchange_counts_the_life_from_the_asking(person):
    """A slow answer does not prolong a token's life."""
    started = time.monotonic()
    tokens = person.tokens()
    assert started + 3600 <= tokens.deadline <= time.monotonic() + 3600


@pytest.mark.refused("TR-20")
def test_exchange_revokes_the_refresh_token_of_refused_tokens(silent, person):
    """When the ID token is refused nothing is kept, here or at Cognito (TR-20)."""
    code = person.code()
    forged = replace(code, request=replace(code.request, nonce=Secret("another-nonce-0000000000000")))
    with pytest.raises(TokenVerificationError, match="ID token refused: nonce"):
        person.run(person.user_pool.exchange(forged))
    endpoints = [request.endpoint for request in person.pool.requests]
    assert (endpoints[-1], endpoints.count("userinfo"), len(person.pool._revoked)) == ("revoke", 0, 1)


def test_exchange_raises_the_verdict_though_revocation_fails(person):
    """What the user has to know is why the tokens were refused."""
    code = person.code()
    forged = replace(code, request=replace(code.request, nonce=Secret("another-nonce-0000000000000")))
    nowhere = replace(person.user_pool.metadata, revocation_endpoint=None)
    with pytest.raises(TokenVerificationError, match="nonce"):
        person.run(replace(person.user_pool, metadata=nowhere).exchange(forged))


def test_exchange_with_unreachable_keys_revokes(person):
    """Tokens that cannot be verified are not kept (JW-06)."""
    code = person.code()
    keys = KeyCache(person.transport, f"{person.pool.domain}/nowhere")
    with pytest.raises(ProtocolError, match="JWKS"):
        person.run(replace(person.user_pool, keys=keys).exchange(code))
    assert person.asked("revoke") == 1


def test_refresh_keeps_the_refresh_token_without_rotation(silent, person):
    """Cognito's default answers without a new refresh token; the old one goes on."""
    tokens = person.tokens()
    renewed = person.run(person.user_pool.refresh(tokens, keep=ignore))
    assert renewed.refresh_token == tokens.refresh_token
    assert renewed.access.token != tokens.access.token


@pytest.mark.accepted("RF-02")
def test_refresh_takes_the_new_refresh_token_of_a_rotation(silent, make_person):
    """With rotation the new refresh token is the one that works next (RF-02)."""
    person = make_person(rotation=True)
    tokens = person.tokens()
    renewed = person.run(person.user_pool.refresh(tokens, keep=ignore))
    assert renewed.refresh_token != tokens.refresh_token
    assert person.run(person.user_pool.refresh(renewed, keep=ignore)).access.claims["username"] == "ada"


def test_refresh_without_openid(make_person):
    """There is no ID token before or after."""
    person = make_person(settings={"scopes": ["aws.cognito.signin.user.admin"]})
    renewed = person.run(person.user_pool.refresh(person.tokens(), keep=ignore))
    assert (renewed.id, renewed.access.claims["username"]) == (None, "ada")


@pytest.mark.refused("RF-05")
def test_refresh_with_a_dead_refresh_token_ends_the_session(silent, person):
    """invalid_grant is definitive (RF-05)."""
    tokens = person.tokens()
    person.run(person.user_pool.revoke(tokens.refresh_token))
    with pytest.raises(SessionExpiredError, match="session has ended: invalid_grant"):
        person.run(person.user_pool.refresh(tokens, keep=ignore))


def test_refresh_without_a_refresh_token_sends_nothing(person):
    """There is nothing to ask with."""
    before = len(person.pool.requests)
    with pytest.raises(SessionExpiredError, match="cannot be renewed"):
        person.run(person.user_pool.refresh(new_tokens(refresh_token=None), keep=ignore))
    assert len(person.pool.requests) == before


def test_userinfo_returns_the_attributes(silent, person):
    """The user's attributes, of the signed-in user."""
    assert person.run(person.user_pool.userinfo(person.tokens()))["username"] == "ada"


def test_userinfo_of_a_revoked_session_is_refused(silent, person):
    """The cheapest check that the session still lives at Cognito."""
    tokens = person.tokens()
    person.run(person.user_pool.revoke(tokens.refresh_token))
    with pytest.raises(TokenResponseError, match="refused the access token"):
        person.run(person.user_pool.userinfo(tokens))


@pytest.mark.holds("RV-01")
def test_revoke_ends_the_refresh_token(silent, person):
    """The pool takes it no longer (RV-01)."""
    tokens = person.tokens()
    person.run(person.user_pool.revoke(tokens.refresh_token))
    assert person.asked("revoke") == 1
    with pytest.raises(SessionExpiredError):
        person.run(person.user_pool.refresh(tokens, keep=ignore))


@pytest.mark.holds("RV-07")
def test_logout_url_names_client_and_logout_uri(make_person):
    """The browser's session at Cognito ends there; no token is in the URL (RV-07)."""
    person = make_person(settings={"logout_uri": "http://localhost:8888/bye"})
    expected = (
        f"{person.pool.domain}/logout?client_id={person.pool.client_id}&logout_uri=http%3A%2F%2Flocalhost%3A8888%2Fbye"
    )
    assert person.user_pool.logout_url("http://localhost:8888/bye") == expected


def test_logout_url_needs_a_logout_uri(person):
    """Cognito has no page of its own to come back to."""
    assert person.user_pool.logout_url(None) is None


@pytest.mark.parametrize("what", ["userinfo", "revocation"])
def test_an_endpoint_that_is_not_known_is_named(person, what):
    """A pool whose document leaves it out has none that we guess."""
    pool = replace(person.user_pool, metadata=replace(person.user_pool.metadata, **{f"{what}_endpoint": None}))
    call = pool.userinfo(new_tokens()) if what == "userinfo" else pool.revoke(Secret("a-refresh-token"))
    with pytest.raises(ConfigurationError, match=f"(?i)names no {what}"):
        person.run(call)


# Answers that the local pool does not give


class Hostile:
    """A user pool whose answers the test makes, and a sign-in at it."""

    def __init__(self, keys, monkeypatch):
        clock = SimpleNamespace(time=lambda: float(make.NOW), monotonic=time.monotonic)
        monkeypatch.setattr(user_pool_module, "time", clock)
        self.keys = keys
        entries = [make.jwk(keys.id_key, kid="abc+/def="), make.jwk(keys.access_key, kid="ghi+/jkl=")]
        self.transport = FakeTransport({JWKS: [json_response({"keys": entries})], REVOKE: [json_response(b"")]})
        metadata = replace(make.METADATA, revocation_endpoint=REVOKE, userinfo_endpoint=USERINFO)
        config = CognitoConfig(client_id=make.CLIENT_ID, issuer=make.ISSUER)
        self.pool = UserPool(config, self.transport, metadata, KeyCache(self.transport, JWKS))
        self.kept = []
        self.headers = {}

    def answer(self, *, id_claims=None, access_claims=None, forged=False, **members):
        """A token response; members that are `make.ABSENT` are left out."""
        body = {
            "token_type": "Bearer",
            "expires_in": 3600,
            "id_token": self.keys.id_token(id_claims, key=self.keys.foreign_key if forged else None).reveal(),
            "access_token": self.keys.access_token(access_claims).reveal(),
            "refresh_token": "new-refresh-token-0123456789",
        }
        self.transport.answers[TOKEN] = [json_response(make.changed(body, members), **self.headers)]

    def exchange(self):
        request = new_authorization_request(make.METADATA, client_id=make.CLIENT_ID, scopes=("openid",), options={})
        request = replace(request, nonce=Secret(make.NONCE))
        params = {"code": Secret("c0de-c0de-c0de"), "state": request.state}
        code = validate_authorization_response(request, params, redirect_uri=make.REDIRECT_URI)
        return self.transport.background.run(self.pool.exchange(code))

    async def keep(self, rotated):
        self.kept.append(rotated)

    def refresh(self, tokens):
        return self.transport.background.run(self.pool.refresh(tokens, keep=self.keep))


@pytest.fixture
def hostile(keys_of_pool, monkeypatch):  # noqa: F811 - the fixture
    hostile = Hostile(keys_of_pool, monkeypatch)
    yield hostile
    hostile.transport.background.stop()


@pytest.fixture
def before(hostile):
    """Tokens of a sign-in at the hostile pool, which behaved then."""
    hostile.answer()
    return hostile.exchange()


UNUSABLE_LIVES = ["3600", -1, 0, True, 10**30, 2.5, 86401]
BAD_ANSWERS = [
    pytest.param("invalid_grant", 400, {"error": "invalid_grant"}, marks=pytest.mark.refused("TR-03")),
    pytest.param("client_id", 400, {"error": "invalid_client"}, marks=pytest.mark.refused("TR-04")),
    pytest.param("client_id", 401, {"error": "invalid_client"}, marks=pytest.mark.refused("TR-04")),
    pytest.param("client_id", 400, {"error": "unauthorized_client"}, marks=pytest.mark.refused("TR-04")),
    pytest.param("200 with an error", 200, {"error": "invalid_grant"}, marks=pytest.mark.refused("TR-06")),
    *[pytest.param(f"status, {status}", status, {}, marks=pytest.mark.refused("TR-06")) for status in (201, 204, 206)],
    *[
        pytest.param("expires_in", 200, {"expires_in": life}, marks=pytest.mark.refused("TR-12"))
        for life in UNUSABLE_LIVES
    ],
    *[
        pytest.param("id_token", 200, {"id_token": token}, marks=pytest.mark.refused("TR-14"))
        for token in (make.ABSENT, None, 5, "", ["a"])
    ],
    *[
        pytest.param("refresh_token", 200, {"refresh_token": token}, marks=pytest.mark.refused("TR-15"))
        for token in (5, "", ["a"], {})
    ],
]


@pytest.mark.parametrize(("words", "status", "members"), BAD_ANSWERS)
def test_exchange_refuses_a_bad_answer(hostile, words, status, members):
    """The fault is named in few words, nothing of the answer shows, and nothing more is asked."""
    hostile.answer(**members)
    (answer,) = hostile.transport.answers[TOKEN]
    hostile.transport.answers[TOKEN] = [replace(answer, status=status)]
    error = failure(hostile.exchange)
    assert (words in str(error), len(str(error)) <= 500) == (True, True)
    assert hostile.transport.urls() == [TOKEN]
    secrets = ["new-refresh-token-0123456789", "c0de-c0de-c0de", make.NONCE, hostile.keys.access_token().reveal()]
    assert leaks(secrets, everything(error)) == []


@pytest.mark.accepted("TR-16")
def test_exchange_keeps_nothing_of_unknown_members(hostile):
    """A thousand of them are ignored."""
    hostile.answer(**{f"x{number}": f"unknown-{number:04}" for number in range(1000)})
    tokens = hostile.exchange()
    assert "unknown-" not in repr([getattr(tokens, name) for name in tokens.__slots__] + [dict(tokens.access.claims)])


@pytest.mark.accepted("TR-12")
def test_exchange_takes_the_shorter_life(hostile):
    """expires_in and exp: whichever ends first (TR-12)."""
    hostile.answer(expires_in=60)
    assert hostile.exchange().expires_at == make.NOW + 60


def test_exchange_counts_the_life_from_when_the_token_was_issued(hostile):
    """A token issued half an hour ago is not kept past its end, but for the leeway between the clocks."""
    half_an_hour_ago = make.NOW - 1800
    claims = make.access_claims(iat=half_an_hour_ago, exp=half_an_hour_ago + 3600)
    hostile.answer(expires_in=make.ABSENT, access_claims=claims)
    assert hostile.exchange().expires_at <= make.NOW + 1800 + 60


@pytest.mark.accepted("TR-11")
def test_exchange_takes_the_tokens_life_without_expires_in(hostile):
    """It is optional (TR-11)."""
    hostile.answer(expires_in=make.ABSENT, access_claims=make.access_claims(exp=make.NOW + 300))
    assert hostile.exchange().expires_at == make.NOW + 300


@pytest.mark.accepted("TR-12")
def test_exchange_does_not_believe_a_longer_life(hostile):
    """A token is never taken for longer than it says itself."""
    hostile.answer(expires_in=86400, access_claims=make.access_claims(exp=make.NOW + 300))
    assert hostile.exchange().expires_at == make.NOW + 300


REFUSED = {
    "iss": {"id_claims": make.id_claims(iss=make.ISSUER + "1")},
    "aud": {"id_claims": make.id_claims(aud="another-client")},
    "nonce": {"id_claims": make.id_claims(nonce=make.ABSENT)},
    "exp": {"id_claims": make.id_claims(exp=make.NOW - 61, iat=make.NOW - 3661)},
    "client_id": {"access_claims": make.access_claims(client_id="another-client")},
    "sub": {"access_claims": make.access_claims(sub="somebody-else")},
    "token_use": {"access_claims": make.id_claims()},
    "format": {"access_token": "no.jwt"},
}


@pytest.mark.parametrize("claim", REFUSED)
@pytest.mark.refused("TR-20")
def test_exchange_keeps_nothing_of_refused_tokens(hostile, claim):
    """Whichever check fails: it is named, the refresh token is revoked, and nobody is asked anything else (TR-20)."""
    hostile.answer(**REFUSED[claim])
    error = failure(hostile.exchange)
    assert (type(error), error.claim) == (TokenVerificationError, claim)
    assert [url for url in hostile.transport.urls() if url != JWKS] == [TOKEN, REVOKE]


@pytest.mark.parametrize("claim", REFUSED)
@pytest.mark.refused("TR-20")
def test_exchange_shows_no_token_in_an_error(hostile, claim):
    """Neither message nor chain nor locals of the verdict hold what came."""
    hostile.answer(**REFUSED[claim])
    secrets = ["new-refresh-token-0123456789", "c0de-c0de-c0de", make.NONCE]
    assert leaks(secrets, everything(failure(hostile.exchange))) == []


def test_exchange_without_a_refresh_token_revokes_nothing(hostile):
    """There is nothing to revoke."""
    hostile.answer(**REFUSED["iss"], refresh_token=make.ABSENT)
    with pytest.raises(TokenVerificationError):
        hostile.exchange()
    assert REVOKE not in hostile.transport.urls()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_exchange_refuses_a_redirect(hostile, status):
    """It is named for what it is (TR-17)."""
    hostile.transport.answers[TOKEN] = [json_response(b"", status, location="https://evil.example/")]
    with pytest.raises(ProtocolError, match="token endpoint answered with a redirect"):
        hostile.exchange()


@pytest.mark.parametrize("status", [429, 500, 502, 503])
@pytest.mark.refused("LF-01")
def test_exchange_does_not_send_a_code_twice(hostile, status):
    """A code has one use (LF-01)."""
    hostile.transport.answers[TOKEN] = [json_response(b"<html>", status)]
    with pytest.raises(NetworkError, match=str(status)):
        hostile.exchange()
    assert hostile.transport.urls().count(TOKEN) == 1


OTHER = make.access_claims(sub="somebody-else")
BAD_ID = {
    "iss": make.id_claims(iss=make.ISSUER + "1"),
    "aud": make.id_claims(aud="another-client"),
    "nonce": make.id_claims(nonce="another"),
    "auth_time": make.id_claims(auth_time=make.NOW),
}
FOREIGN_REFRESHES = [
    pytest.param(
        "sub",
        {"id_claims": make.id_claims(sub="somebody-else"), "access_claims": OTHER},
        marks=pytest.mark.refused("RF-08"),
    ),
    *[pytest.param(claim, {"id_claims": BAD_ID[claim]}, marks=pytest.mark.refused("RF-09")) for claim in BAD_ID],
    pytest.param("signature", {"forged": True}, marks=pytest.mark.refused("RF-09")),
    pytest.param("sub", {"access_claims": OTHER}, marks=pytest.mark.refused("RF-11")),
    pytest.param("sub", {"access_claims": OTHER, "id_token": make.ABSENT}, marks=pytest.mark.refused("RF-11")),
    pytest.param(
        "client_id",
        {"access_claims": make.access_claims(client_id="another-client"), "id_token": make.ABSENT},
        marks=pytest.mark.refused("RF-11"),
    ),
]


@pytest.mark.parametrize(("claim", "changes"), FOREIGN_REFRESHES)
def test_refresh_ends_with_an_answer_for_somebody_else(hostile, before, claim, changes):
    """User, issuer, client and sign-in stay the same, or all is wiped and nothing is asked again."""
    hostile.transport.requests.clear()
    hostile.answer(**changes)
    source = TokenSource(before, clock=lambda: float(make.NOW))
    engine = RefreshEngine(source, hostile.pool, NO_MEMORY)
    error = failure(partial(engine.renew, before))
    assert (type(error), error.claim, source.is_alive) == (TokenVerificationError, claim, False)
    assert leaks(["new-refresh-token-0123456789", make.NONCE], everything(error)) == []
    with pytest.raises(NotSignedInError, match="session has ended"):
        engine.current()
    assert hostile.transport.urls() == [TOKEN, REVOKE]


@pytest.mark.accepted("RF-10")
def test_refresh_keeps_the_identity_of_an_answer_without_id_token(hostile, before):
    """It is optional there (RF-10)."""
    hostile.answer(id_token=make.ABSENT)
    assert hostile.refresh(before).id is before.id


def test_refresh_takes_an_id_token_without_nonce(hostile, before):
    """A refreshed one need not repeat it (OpenID Connect Core §12.2)."""
    hostile.answer(id_claims=make.id_claims(nonce=make.ABSENT))
    assert hostile.refresh(before).id is not before.id


def test_refresh_hands_over_a_rotated_refresh_token_before_it_can_fail(hostile, before):
    """The old one may be dead: with a key set that cannot be fetched, the new one is all there is."""
    hostile.answer()
    hostile.transport.answers[JWKS] = [NetworkError("down")]
    hostile.pool.keys._key_set = None
    with pytest.raises(NetworkError):
        hostile.refresh(before)
    assert [token.reveal() for token in hostile.kept] == ["new-refresh-token-0123456789"]


@pytest.mark.refused("LF-13")
@pytest.mark.parametrize(
    ("off", "words"),
    [
        (-61, "61 s behind the token endpoint's"),
        (-86_400, "86,400 s behind the token endpoint's"),
        (86_400, "86,400 s ahead of the token"),
    ],
)
def test_a_wrong_clock_is_named_with_both_times(hostile, off, words):
    """The user is told to set the clock, and how far it is off (LF-13)."""
    hostile.headers = {"date": formatdate(make.NOW - off, usegmt=True)}
    hostile.answer(id_claims=make.id_claims(iat=make.NOW - off, exp=make.NOW - off + 3600))
    with pytest.raises(TokenVerificationError, match=words) as caught:
        hostile.exchange()
    assert "clock" in caught.value.hint


@pytest.mark.accepted("LF-13")
@pytest.mark.parametrize("off", [-59, 0, 59])
def test_a_clock_that_is_a_little_off_shortens_no_life(hostile, off):
    """The token endpoint's own clock tells how old its tokens are."""
    hostile.headers = {"date": formatdate(make.NOW - off, usegmt=True)}
    times = {"iat": make.NOW - off, "exp": make.NOW - off + 3600}
    hostile.answer(id_claims=make.id_claims(**times), access_claims=make.access_claims(**times))
    assert hostile.exchange().life == 3600


@pytest.mark.accepted("LF-13")
@pytest.mark.parametrize("off", [61, 1800, 3600])
def test_a_clock_that_is_far_ahead_prolongs_no_life(hostile, off):
    """While no token looks expired there is nothing to refuse; its life is then taken too short, never too long."""
    hostile.headers = {"date": formatdate(make.NOW - off, usegmt=True)}
    times = {"iat": make.NOW - off, "exp": make.NOW - off + 3600}
    hostile.answer(id_claims=make.id_claims(**times), access_claims=make.access_claims(**times))
    assert 0 < hostile.exchange().life == 3600 - off + 60


def test_tokens_that_were_issued_a_while_ago_live_shorter(hostile):
    """What counts is the time left by the endpoint's clock."""
    hostile.headers = {"date": formatdate(make.NOW, usegmt=True)}
    times = {"iat": make.NOW - 3000, "exp": make.NOW + 600}
    hostile.answer(id_claims=make.id_claims(**times), access_claims=make.access_claims(**times))
    assert hostile.exchange().life == 600


def test_the_token_that_ends_first_sets_the_life(hostile):
    """Either may be the one that an API wants."""
    hostile.answer(id_claims=make.id_claims(iat=make.NOW, exp=make.NOW + 300))
    assert hostile.exchange().life == 300


@pytest.mark.holds("RF-12")
def test_refresh_asks_for_no_scope(hostile, before):
    """A refresh is for what was granted, at the token endpoint only (RF-12)."""
    hostile.transport.requests.clear()
    hostile.refresh(before)
    assert [request.url for request in hostile.transport.requests] == [TOKEN]
    assert b"scope" not in hostile.transport.requests[0].content


@pytest.mark.parametrize(
    ("answer", "error", "text"),
    [
        (json_response({"email": "a@b"}), ProtocolError, "no usable sub"),
        (json_response({"sub": 5}), ProtocolError, "no usable sub"),
        (json_response(b"[]"), ProtocolError, "not a JSON object"),
        (json_response(b"<html>"), ProtocolError, "not valid JSON"),
        (json_response({"sub": "somebody-else"}), TokenVerificationError, "another user"),
        (json_response(b"", 302, location="https://evil.example/"), ProtocolError, "redirect"),
        (json_response(b"", 503), NetworkError, "503"),
    ],
)
@pytest.mark.refused("UI-03", "UI-06")
def test_userinfo_names_what_is_wrong(hostile, before, answer, error, text):
    """An unusable answer is refused with its cause, an answer about another user above all (UI-03, UI-06)."""
    hostile.transport.answers[USERINFO] = [answer]
    with pytest.raises(error, match=f"userInfo endpoint.*{text}"):
        hostile.transport.background.run(hostile.pool.userinfo(before))


@pytest.mark.holds("UI-01")
def test_userinfo_sends_the_token_in_the_header_only(hostile, before):
    """Not in the URL, nor in a form (UI-01)."""
    hostile.transport.answers[USERINFO] = [json_response({"sub": make.SUBJECT})]
    hostile.transport.background.run(hostile.pool.userinfo(before))
    request = hostile.transport.requests[-1]
    expected = (USERINFO, b"", f"Bearer {before.access.token.reveal()}")
    assert (request.url, request.content, request.headers["Authorization"]) == expected


def test_a_real_exchange_shows_no_secret_in_its_error(canary, person):
    """Over the real transport too: no frame holds code, verifier or token."""
    code = person.code()
    person.run(person.user_pool.exchange(code))
    error = failure(partial(person.run, person.user_pool.exchange(code)))
    canary.assert_silent({"the error": everything(error)})


def test_an_exchange_after_close_is_refused(person):
    """A sign-in that was given up stays given up."""
    code = person.code()
    person.transport.close()
    with pytest.raises(CognitoError, match="closed"):
        person.run(person.user_pool.exchange(code))


def test_discover_runs_on_a_transport_of_its_own(make_local_pool):
    """Two sessions share no connection."""
    pool = make_local_pool()
    transports = [Transport(), Transport()]
    config = CognitoConfig(issuer=pool.issuer, client_id=pool.client_id)
    pools = [transport.background.run(discover(config, transport)) for transport in transports]
    transports[0].close()
    assert transports[1].background.run(pools[1].keys.key_set()) is not None
    transports[1].close()
