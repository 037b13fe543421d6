"""What a refused authorization says, word for word, and how long a sign-in's random values are."""

import re
from functools import partial

import pytest
from protocol import make
from protocol.test_authorize import new_request, validate

from cognito_nb.causes import CAUSES


@pytest.mark.parametrize(
    ("response", "message"),
    [
        ({"error": "access_denied"}, "Sign-in cancelled: access_denied"),
        ({"error": "access_denied", "error_description": "no"}, "Sign-in cancelled: access_denied (no)"),
        ({"error": "access_denied", "error_description": ""}, "Sign-in cancelled: access_denied"),
        ({"error": "odd"}, "Cognito refused the sign-in: odd"),
        ({"error": "odd words " * 9}, f"Cognito refused the sign-in: {('odd words ' * 9)[:59]}…"),
    ],
)
def test_refusal_is_one_line(response, message):
    """The cause, sixty characters of the code, and Cognito's words if it had any."""
    assert make.failure(partial(validate, new_request(), **response)).message == message


@pytest.mark.shows_secrets("Cognito's words, which are parameters of the answer, are shown")
@pytest.mark.parametrize(
    ("error", "words", "cause"),
    [
        ("access_denied", "", "access_denied"),
        ("invalid_scope", "", "scope_not_enabled"),
        ("unauthorized_client", "", "code_grant_not_allowed"),
        ("login_required", "", "login_required"),
        ("server_error", "", "server_error"),
        ("invalid_request", "", "invalid_request"),
        ("invalid_request", "PreSignUp failed with error not you.", "lambda_trigger_failed"),
        ("invalid_request", "PreSignUp invocation failed due to error AccessDeniedException.", "lambda_trigger_failed"),
        ("invalid_request", "PreSignUp invocation failed due to configuration.", "lambda_trigger_failed"),
        ("invalid_request", "attributes required: [email]", "attributes_required"),
        ("invalid_request", "Timeout occurred in calling IdP token endpoint", "identity_provider_failed"),
        ("invalid_request", "Timeout in calling jwks uri", "identity_provider_failed"),
        ("invalid_request", "Corp Error - 401 error getting token", "identity_provider_failed"),
        ("invalid_request", "Google Error - 400 invalid_grant", "identity_provider_failed"),
        ("invalid_request", "Connection reset", "identity_provider_failed"),
        ("invalid_request", "Read timed out", "identity_provider_failed"),
        ("invalid_request", "no such word", "invalid_request"),
    ],
)
def test_refusal_names_its_cause_and_fix(error, words, cause):
    """Told apart by Cognito's words."""
    failure = make.failure(partial(validate, new_request(), error=error, error_description=words))
    assert (failure.cause, failure.hint) == (cause, CAUSES[cause].fix)
    assert failure.message.startswith(f"{CAUSES[cause].title}: {error}")


def test_refusal_of_an_unknown_cause_points_to_the_words():
    """There is nothing better."""
    assert "Cognito's words" in make.failure(partial(validate, new_request(), error="odd")).hint


@pytest.mark.parametrize("error", ["Account locked. Call 0900-123456", "odd", ""])
def test_refusal_without_state_repeats_no_foreign_word(error):
    """Any page can send the browser to the callback: what it puts there is not shown, nor referred to (CB-13)."""
    failure = make.failure(partial(validate, new_request(), error=error, state=make.ABSENT))
    assert (failure.message, failure.error) == ("Cognito refused the sign-in: error", "error")
    assert failure.hint == "Run %cognito_login again."


def test_refusal_without_state_names_a_known_cause():
    """The code is one of our own list."""
    failure = make.failure(partial(validate, new_request(), error="invalid_scope", state=make.ABSENT))
    assert (failure.error, failure.cause) == ("invalid_scope", "scope_not_enabled")


@pytest.mark.parametrize("name", ["state", "nonce", "code_verifier"])
def test_random_values_have_256_bits(name):
    """43 characters of base64url each."""
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", getattr(new_request(), name).reveal())


def test_refusal_without_words_has_a_cause():
    """Cognito documents none for most of its errors."""
    assert make.failure(partial(validate, new_request(), error="invalid_request")).cause == "invalid_request"
