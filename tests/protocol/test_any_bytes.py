"""LF-18: all that is read from outside, in bytes that are nearly right: only errors of ours, and no leak in them.

Each example is a good answer in which some bytes were changed, cut out, doubled or put in. ``COGNITO_NB_FUZZ=500`` runs
five hundred times as many examples.
"""

import json
import os
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from protocol import make

from cognito_nb.errors import CognitoError
from cognito_nb.pages import QueryError, parse_callback_query
from cognito_nb.protocol.authorize import new_authorization_request, validate_authorization_response
from cognito_nb.protocol.bearer import process_userinfo_response
from cognito_nb.protocol.claims import unverified_kid
from cognito_nb.protocol.http import HttpResponse
from cognito_nb.protocol.jwks import process_jwks_response
from cognito_nb.protocol.metadata import process_discovery_response
from cognito_nb.protocol.signout import process_revocation_response
from cognito_nb.protocol.token import process_token_response
from cognito_nb.secret import Secret

EXAMPLES = settings(max_examples=250 * int(os.environ.get("COGNITO_NB_FUZZ", "1")), deadline=None)
CANARY = "canary-secret-of-an-answer-0123456789"
NASTY = [
    b'"',
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\0",
    b"\xff",
    b"\\ud800",
    b"NaN",
    b"1e999",
    b"null",
    b"true",
]
NASTY += [
    b"%",
    b"%ff",
    b"%00",
    b"&",
    b"=",
    b";",
    b"+",
    b".",
    b"-1",
    b'"sub":',
    b'"error":"x",',
    b"9" * 400,
    b"<script>",
]
STATUS = st.sampled_from([200, 200, 200, 400, 401, 403, 429, 500, 302])
REQUEST = new_authorization_request(make.METADATA, client_id=make.CLIENT_ID, scopes=("openid",), options={})
SECRETS = [CANARY, REQUEST.state.reveal(), REQUEST.code_verifier.reveal()]


@st.composite
def damaged(draw, good):
    """Bytes that were good once."""
    data = bytearray(good)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.sampled_from([0, 0, 1, 2, 9, 1000])))
        piece = draw(st.sampled_from(NASTY) | st.binary(max_size=3) | st.just(bytes(data[start:end]) * 2))
        data[start:end] = piece
    return bytes(data)


def only_ours(read, *, show=make.everything):
    """Read; what it raises is ours, short, and shows none of the secrets that were read."""
    refusal = None
    try:
        read()
    except CognitoError as error:
        refusal = error
    if refusal is not None:
        shown = show(refusal)
        assert (len(str(refusal)) <= 500, [secret for secret in SECRETS if secret in shown]) == (True, [])


def body(**members):
    return json.dumps(members).encode()


TOKENS = body(access_token=CANARY, id_token=CANARY, refresh_token=CANARY, token_type="Bearer", expires_in=3600)
REFUSAL = body(error="invalid_grant", error_description=f"refused {CANARY}")
READERS = {
    "token": (TOKENS, partial(process_token_response, client_id=make.CLIENT_ID, openid=True, refreshing=False)),
    "refresh": (TOKENS, partial(process_token_response, client_id=make.CLIENT_ID, openid=False, refreshing=True)),
    "refusal": (REFUSAL, partial(process_token_response, client_id=make.CLIENT_ID, openid=False, refreshing=True)),
    "userinfo": (
        body(sub=make.SUBJECT, email=CANARY, email_verified="true"),
        partial(process_userinfo_response, subject=make.SUBJECT),
    ),
    "revocation": (REFUSAL, process_revocation_response),
    "jwks": (
        body(keys=[{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "a", "e": "AQAB", "n": "0vx7" * 85 + "0w"}]),
        partial(process_jwks_response, now=float(make.NOW)),
    ),
    "discovery": (
        body(
            issuer=make.ISSUER,
            authorization_endpoint=f"{make.DOMAIN}/oauth2/authorize",
            token_endpoint=f"{make.DOMAIN}/oauth2/token",
            userinfo_endpoint=f"{make.DOMAIN}/oauth2/userInfo",
            jwks_uri=f"{make.ISSUER}/.well-known/jwks.json",
        ),
        partial(process_discovery_response, issuer=make.ISSUER, endpoints={}),
    ),
}


@pytest.mark.refused("LF-18")
@pytest.mark.parametrize("name", READERS)
def test_an_answer_of_damaged_bytes_raises_only_our_errors(name):
    """Every reader of a body, with every status and any headers."""
    good, read = READERS[name]

    @EXAMPLES
    @given(damaged(good), STATUS, st.text(max_size=40))
    def fuzz(content, status, header):
        headers = {"retry-after": header, "date": header, "www-authenticate": f'error="{header}"'}
        only_ours(partial(read, HttpResponse(status, headers, content)))

    fuzz()


@pytest.mark.accepted("LF-18")
@pytest.mark.parametrize("name", sorted(READERS.keys() - {"refusal", "revocation"}))
def test_the_answer_that_is_damaged_was_good(name):
    """What the damage is done to is read: or the tests above would prove nothing."""
    good, read = READERS[name]
    assert read(HttpResponse(200, {}, good))


@pytest.mark.refused("LF-18")
def test_a_jwt_of_damaged_bytes_raises_only_our_errors(pool):
    """ID token, access token, and the look at a header that decides about a fetch; a changed one is never taken."""
    tokens = {"id": pool.id_token(), "access": pool.access_token()}
    verify = {"id": pool.verify_id, "access": pool.verify_access}

    @EXAMPLES
    @given(
        st.sampled_from(["id", "access"]).flatmap(
            lambda kind: st.tuples(st.just(kind), damaged(tokens[kind].reveal().encode()))
        )
    )
    def fuzz(example):
        kind, data = example
        token = Secret(data.decode("latin-1"))
        only_ours(partial(unverified_kid, token, kind="token"))
        if token != tokens[kind]:
            shown = make.everything(make.failure(partial(verify[kind], token)))
            assert not [part for part in tokens[kind].reveal().split(".")[1:] if part[-40:] in shown]

    fuzz()


@pytest.mark.refused("LF-18")
@EXAMPLES
@given(damaged(f"code={CANARY}&state={REQUEST.state.reveal()}&iss=https%3A%2F%2Fidp.example".encode()))
def test_a_callback_of_damaged_bytes_raises_only_our_errors(query):
    """From the raw query to the authorization code."""
    try:
        params = {name: Secret(value) for name, value in parse_callback_query(query.decode("latin-1")).items()}
    except QueryError as error:
        words = str(error)
    else:
        words = ""
        validate = partial(validate_authorization_response, REQUEST, params, redirect_uri=make.REDIRECT_URI)
        only_ours(
            validate, show=lambda error: f"{error}{vars(error)}"
        )  # the caller's frames end at the session's thread
    assert not [secret for secret in SECRETS if secret in words]
