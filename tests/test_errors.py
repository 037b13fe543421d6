"""Errors: one tree, short texts with a next step, and no secret in anything that they show.

The leak tests let a hostile provider echo every secret of a sign-in back at every reader of the protocol, and search
all that the error shows: texts, attributes, chained errors, and the locals of every frame.
"""

import json
import pickle
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocol import make

from cognito_nb import errors
from cognito_nb.causes import CAUSES
from cognito_nb.errors import (
    AuthorizationResponseError,
    CognitoError,
    ConfigurationError,
    NetworkError,
    SessionExpiredError,
    SignInTimeoutError,
    TokenResponseError,
    TokenVerificationError,
)
from cognito_nb.protocol.authorize import new_authorization_request, validate_authorization_response
from cognito_nb.protocol.bearer import process_userinfo_response
from cognito_nb.protocol.claims import unverified_kid
from cognito_nb.protocol.jwks import process_jwks_response
from cognito_nb.protocol.metadata import process_discovery_response
from cognito_nb.protocol.signout import process_revocation_response
from cognito_nb.protocol.token import process_token_response
from cognito_nb.secret import Secret

SECRETS = list(make.CANARIES.values())
KINDS = [getattr(errors, name) for name in errors.__all__]
PRINTABLE = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


@pytest.mark.parametrize("kind", KINDS)
def test_error_is_a_cognito_error(kind):
    """One `except CognitoError` catches them all."""
    assert issubclass(kind, CognitoError)


def test_sign_in_timeout_is_a_timeout():
    """Code that waits for TimeoutError catches it too."""
    with pytest.raises(TimeoutError, match="Nobody"):
        raise SignInTimeoutError("Nobody signed in.", hint="Try again.")


@pytest.mark.parametrize("kind", KINDS)
def test_error_shows_message_sent_and_next_step(kind):
    """In three lines, for every kind."""
    error = kind("It failed.", hint="Do this.")
    error.sent = {"client_id": "abc", "scope": "openid email"}
    assert str(error) == "It failed.\nSent: client_id=abc, scope=openid email\nNext step: Do this."


@pytest.mark.parametrize("kind", KINDS)
def test_error_shows_its_message_alone_where_there_is_no_more(kind):
    """No empty lines."""
    assert str(kind("It failed.")) == "It failed."


@given(st.text(), st.text(), st.dictionaries(st.text(), st.text()))
def test_error_text_is_bounded(message, hint, sent):
    """500 characters at most, whatever is told."""
    assert (
        len(str(CognitoError(message * 50, hint=hint * 50, sent={name: value * 50 for name, value in sent.items()})))
        <= 500
    )


def test_error_text_keeps_the_next_step_when_it_is_cut():
    """The message gives way, not what to do."""
    error = CognitoError("m" * 1000, hint="Do this.", sent={"scope": "s" * 1000})
    assert str(error).endswith("…\nNext step: Do this.")


def test_error_keeps_whole_values_for_programs():
    """Only the text is cut."""
    assert CognitoError("x", sent={"scope": "s" * 1000}).sent == {"scope": "s" * 1000}


@pytest.mark.parametrize("kind", KINDS)
def test_error_shows_in_ipython_as_one_paragraph(kind):
    """No frames: they help nobody, and they hold locals."""
    assert kind("It failed.")._render_traceback_(None, None)[0] == f"{kind.__name__}: It failed."
    assert bool(kind("It failed.")._render_traceback_()[1:]) is (kind.cause is not None)


@pytest.mark.parametrize("kind", KINDS)
def test_error_with_a_cause_ends_the_search(kind):
    """Its next step is the cause's; a cell shows likely causes, how to tell, console page and a command to paste."""
    error = kind("It failed.", cause="redirect_mismatch")
    error.at_aws = {"user_pool_id": "eu-west-1_AbC123", "client_id": "abc", "region": "eu-west-1"}
    shown = error._render_traceback_()
    assert error.hint == CAUSES["redirect_mismatch"].fix
    assert [line.partition(":")[0] for line in shown[1:]] == [
        *("Next step", "Likely", "Or", "Or", "How to tell", "AWS console", "AWS CLI")
    ]
    assert max(len(line) for text in shown[:-1] for line in text.split("\n")) <= 90
    assert "--region eu-west-1 --user-pool-id eu-west-1_AbC123 --client-id abc" in shown[-1]


def test_error_does_not_repeat_a_cause_that_its_message_names():
    """Once is enough."""
    cause = CAUSES["timeout"]
    assert cause.likely[0] not in dict(CognitoError(f"Late. {cause.likely[0]}", cause="timeout").details).values()


@pytest.mark.parametrize("kind", KINDS)
def test_error_survives_pickling(kind):
    """Workers send their errors home."""
    error = pickle.loads(pickle.dumps(kind("It failed.", hint="Do this.")))
    assert (type(error), str(error)) == (kind, "It failed.\nNext step: Do this.")


@pytest.mark.parametrize(
    ("error", "attributes"),
    [
        (ConfigurationError("x", setting="domain", source="keyword"), {"setting": "domain", "source": "keyword"}),
        (AuthorizationResponseError("x", error="a", error_description="b"), {"error": "a", "error_description": "b"}),
        (TokenResponseError("x", error="a", status_code=400), {"error": "a", "status_code": 400}),
        (SessionExpiredError("x", error="a", status_code=400), {"error": "a", "status_code": 400}),
        (TokenVerificationError("x", claim="aud", expected="a"), {"claim": "aud", "expected": "a", "actual": None}),
        (NetworkError("x", status_code=503, retry_after=7.0), {"status_code": 503, "retry_after": 7.0}),
    ],
)
def test_error_carries_its_facts(error, attributes):
    """Programs need not parse the text."""
    assert attributes.items() <= vars(error).items()


def test_configuration_error_says_where_the_value_came_from():
    """The reader knows which of three places to look at."""
    assert str(ConfigurationError("Bad domain.", source="cognito.toml")) == "Bad domain. (from cognito.toml)"


def test_configuration_error_drives_no_terminal():
    """The folder of a cloned repository may have any name."""
    error = ConfigurationError("/a\x1b[2J/cognito.toml is empty.", source="/a\x1b[2J\u202e/cognito.toml")
    assert str(error) == "/a [2J/cognito.toml is empty. (from /a [2J /cognito.toml)"


def echo(template):
    """Every secret, and all of them at once, in a place of the provider's choice."""
    return [template(secret) for secret in SECRETS] + [template(" ".join(SECRETS))]


def token_reader(body, status, **headers):
    response = make.answer(body, status, **headers)
    return partial(process_token_response, response, client_id=make.CLIENT_ID, openid=True, refreshing=True)


REFUSALS = [
    *echo(lambda secret: {"error": secret}),
    *echo(lambda secret: {"error": "invalid_grant", "error_description": f"bad value: {secret}"}),
    *echo(lambda secret: {"error": [secret]}),
    *echo(lambda secret: {secret: secret}),
    *echo(lambda secret: json.dumps({secret: 1})[:-1].encode() + b"," + json.dumps({secret: 2})[1:].encode()),
    *echo(lambda secret: f"<html>{secret}".encode()),
    *echo(lambda secret: f'{{"error":"{secret}\\ud800"}}'.encode()),
    *echo(lambda secret: b"\xff" + secret.encode()),
    *echo(lambda secret: f'{{"a":{"[" * 99}"{secret}"'.encode()),
]
TOKENS = {"access_token": make.CANARIES["access"], "refresh_token": make.CANARIES["refresh"], "token_type": "Bearer"}
BROKEN_ANSWERS = [
    TOKENS,
    {**TOKENS, "id_token": 5},
    {**TOKENS, "id_token": make.CANARIES["state"] + "\n"},
    {**TOKENS, "id_token": "x", "expires_in": make.CANARIES["code"]},
    {**TOKENS, "token_type": make.CANARIES["secret"]},
    {**TOKENS, "error": make.CANARIES["nonce"]},
    json.dumps(TOKENS).encode()[:-1],
    json.dumps(TOKENS).encode()[:-1] + b',"access_token":"x"}',
]
READERS = {
    **{f"token refusal {at}": token_reader(body, 400) for at, body in enumerate(REFUSALS)},
    **{f"token answer {at}": token_reader(body, 200) for at, body in enumerate(BROKEN_ANSWERS)},
    **{f"token status {at}": token_reader(TOKENS, at, location="/?" + SECRETS[0]) for at in (201, 302, 404, 429, 503)},
    **{
        f"revocation refusal {at}": partial(process_revocation_response, make.answer(body, 400))
        for at, body in enumerate(REFUSALS)
    },
    **{f"key set {at}": partial(process_jwks_response, make.answer(body), now=0.0) for at, body in enumerate(REFUSALS)},
    **{
        f"discovery {at}": partial(process_discovery_response, make.answer(body), issuer=make.ISSUER)
        for at, body in enumerate([*REFUSALS, *echo(lambda secret: {"issuer": secret})])
    },
    **{
        f"userinfo {at}": partial(process_userinfo_response, make.answer(body), subject="x")
        for at, body in enumerate([*REFUSALS, *echo(lambda secret: {"sub": secret, "nonce": secret})])
    },
    **{
        f"userinfo refusal {at}": partial(
            process_userinfo_response, make.answer(b"", 401, www_authenticate=header), subject="x"
        )
        for at, header in enumerate(
            [
                *echo(lambda secret: f'error="{secret}"'),
                *echo(lambda secret: f'Bearer error="invalid_token", error_description="{secret}", scope="{secret}"'),
            ]
        )
    },
    **{f"kid of text {at}": partial(unverified_kid, Secret(f"{secret}.")) for at, secret in enumerate(SECRETS)},
}


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_error_of_a_reader_holds_no_secret(read):
    """A provider that echoes, breaks or mixes its answers gets nothing into an error or its frames."""
    assert not make.leaks(SECRETS, make.everything(make.failure(read)))


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_error_of_a_reader_is_short(read):
    """500 characters at most, whatever the provider sends."""
    assert len(str(make.failure(read))) <= 500


RESPONSES = [
    {"state": "other", "code": make.CANARIES["code"]},
    {"iss": make.CANARIES["secret"], "code": make.CANARIES["code"]},
    {"error": "access_denied", "code": make.CANARIES["code"]},
    {"code": make.CANARIES["code"] + "\n"},
    {"code": make.CANARIES["code"] + "\ud800"},
    {"state": make.CANARIES["state"] + "\ud800", "code": make.CANARIES["code"]},
    *echo(lambda secret: {"error": secret}),
    *echo(lambda secret: {"error": "server_error", "error_description": f"Sent: {secret}"}),
]


@pytest.mark.parametrize("params", RESPONSES, ids=range(len(RESPONSES)))
def test_error_of_an_authorization_response_holds_no_secret(params):
    """Neither what was sent nor what came back is in the error or its frames."""
    request = new_authorization_request(make.METADATA, client_id=make.CLIENT_ID, scopes=("openid",), options={})
    own = [secret.reveal() for secret in (request.state, request.nonce, request.code_verifier)]
    response = {"state": request.state, **{name: Secret(value) for name, value in params.items()}}
    error = make.failure(partial(validate_authorization_response, request, response, redirect_uri=make.REDIRECT_URI))
    assert not make.leaks(SECRETS + own, make.everything(error))


def shown(check):
    return make.everything(make.failure(check))


@given(st.text(max_size=80), st.sampled_from(SECRETS), st.text(max_size=80), st.sampled_from([200, 400, 401, 403]))
def test_error_of_any_answer_around_a_secret_holds_none(before, secret, after, status):
    """Wherever in a body the echo stands, and whatever it breaks there."""
    body = f"{before} {secret}{after}".encode("utf-8", "surrogatepass")
    reader = token_reader(body, status)
    described = token_reader({"error": "x", "error_description": body.decode("utf-8", "replace")}, 400)
    assert not make.leaks([secret], shown(reader) + shown(described))
