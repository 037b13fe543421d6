"""A sign-in whose answer holds a token that is refused: what is said, what is sent afterwards, and what is kept.

The rules themselves are tested in `protocol`; here it is shown that every refusal ends the sign-in in the same way.
"""

from functools import partial

import pytest
from protocol import make
from protocol.conftest import pool as keys_of_pool  # noqa: F401 - a fixture: the pool's two keys
from protocol.make import ABSENT, everything, failure, leaks
from tokens.fakes import json_response
from tokens.test_user_pool import JWKS, REVOKE, TOKEN, Hostile, before, hostile  # noqa: F401 - the last two are fixtures

from cognito_nb.errors import NetworkError, TokenVerificationError

OTHER_POOL = make.ISSUER.replace("EXAMPLE", "OTHER")
ID_TOKENS = {  # what is refused, and the ID token as it is made of the pool's keys
    "iss": lambda keys: keys.id_token(make.id_claims(iss=OTHER_POOL)),
    "aud": lambda keys: keys.id_token(make.id_claims(aud=[make.CLIENT_ID, 1])),
    "iat": lambda keys: keys.id_token(make.id_claims(iat=ABSENT)),
    "exp": lambda keys: keys.id_token(make.id_claims(exp="9999999999")),
    "nbf": lambda keys: keys.id_token(make.id_claims(nbf=make.NOW + 3600)),
    "nonce": lambda keys: keys.id_token(make.id_claims(nonce=ABSENT)),
    "token_use": lambda keys: keys.access_token(),
    "alg": lambda _: make.jws({"alg": "none"}, make.id_claims(), lambda _signed: b""),
    "crit": lambda keys: keys.id_token(crit=["bork"]),
    "typ": lambda keys: keys.id_token(typ="at+jwt"),
    "kid": lambda keys: keys.id_token(kid="../../x"),
    "kid of several": lambda keys: keys.id_token(kid=ABSENT),
    "kid of a number": lambda keys: keys.id_token(kid=5),
    "signature": lambda keys: keys.id_token(key=keys.foreign_key, jku="https://evil.example/jwks"),
    "signature with jwk": lambda keys: keys.id_token(key=keys.foreign_key, jwk=make.jwk(keys.foreign_key)),
    "malformed": lambda keys: keys.id_token(b'{"sub":"a","sub":"b"}'),
}
ACCESS_TOKENS = {
    "client_id": lambda keys: keys.access_token(make.access_claims(client_id="another")),
    "iss": lambda keys: keys.access_token(make.access_claims(iss=OTHER_POOL)),
    "exp": lambda keys: keys.access_token(make.access_claims(iat=make.NOW - 3600, exp=make.NOW - 61)),
    "token_use": lambda keys: keys.id_token(),
    "sub": lambda keys: keys.access_token(make.access_claims(sub="another")),
    "alg": lambda _: make.jws({"alg": "HS256"}, make.access_claims(), bytes),
    "signature": lambda keys: make.jws(
        {"alg": "RS256", "kid": "ghi+/jkl="}, make.access_claims(), partial(make.rs256, keys.foreign_key)
    ),
    "malformed": lambda _: make.Secret("no.jwt"),
}
CASES = [
    *[("ID token", "id_token", *case) for case in ID_TOKENS.items()],
    *[("access token", "access_token", *case) for case in ACCESS_TOKENS.items()],
]


@pytest.mark.refused("TR-20", "ID-16", "ID-22", "ID-23", "ID-27", "JW-12")
@pytest.mark.parametrize(("kind", "member", "claim", "token"), CASES, ids=[f"{case[0]}-{case[2]}" for case in CASES])
def test_exchange_ends_with_the_first_refused_token(hostile, kind, member, claim, token):  # noqa: F811 - the fixture
    """The kind and the claim are named; the refresh token is revoked; no other address is asked, userInfo neither."""
    token = token(hostile.keys)
    hostile.answer(**{member: token.reveal()})
    error = failure(hostile.exchange)
    assert type(error) is TokenVerificationError
    assert str(error).startswith(f"{kind} refused: {claim.partition(' ')[0]}")
    assert len(str(error)) <= 500
    assert [url for url in hostile.transport.urls() if url != JWKS] == [TOKEN, REVOKE]
    secrets = ["new-refresh-token-0123456789", make.NONCE, *token.reveal().split(".")[1:]]
    assert leaks([secret for secret in secrets if len(secret) > 12], everything(error)) == []


@pytest.mark.refused("JW-06")
def test_exchange_without_keys_names_them_and_the_next_one_works(hostile):  # noqa: F811 - the fixture
    """The key set cannot be had: nothing is kept of this sign-in, and nothing is held against the next (JW-06)."""
    good = hostile.transport.answers[JWKS]
    hostile.transport.answers[JWKS] = [json_response(b"", 500)]
    hostile.answer()
    with pytest.raises(NetworkError, match="JWKS"):
        hostile.exchange()
    assert hostile.transport.urls() == [TOKEN, JWKS, REVOKE]
    hostile.transport.answers[JWKS] = good
    assert hostile.exchange().access.subject == make.SUBJECT


@pytest.mark.accepted("JW-01")
def test_refresh_survives_a_rotation_of_the_keys(hostile, before):  # noqa: F811 - the fixture
    """Keys that changed between sign-in and refresh are fetched once, for both tokens."""
    keys = hostile.keys
    entries = [make.jwk(keys.foreign_key, kid="next")]
    hostile.transport.answers[JWKS] = [json_response({"keys": entries})]
    hostile.answer(
        id_token=keys.id_token(key=keys.foreign_key, kid="next").reveal(),
        access_token=make.jws(
            {"alg": "RS256", "kid": "next"}, make.access_claims(), partial(make.rs256, keys.foreign_key)
        ).reveal(),
    )
    hostile.transport.requests.clear()
    assert hostile.refresh(before).access.subject == make.SUBJECT
    assert hostile.transport.urls() == [TOKEN, JWKS]


@pytest.mark.refused("RF-08", "RF-11")
@pytest.mark.parametrize("member", ["id_token", "access_token"])
def test_refresh_keeps_to_the_one_sub(hostile, before, member):  # noqa: F811 - the fixture
    """Either token of another user is refused, alone as well as beside the other; nothing else is asked."""
    other = {
        "id_token": hostile.keys.id_token(make.id_claims(sub="another")).reveal(),
        "access_token": hostile.keys.access_token(make.access_claims(sub="another")).reveal(),
    }[member]
    hostile.answer(**{member: other})
    hostile.transport.requests.clear()
    with pytest.raises(TokenVerificationError, match="sub"):
        hostile.refresh(before)
    assert hostile.transport.urls() == [TOKEN, REVOKE]
