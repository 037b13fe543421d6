"""Revocation and the browser's logout address."""

from functools import partial
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocol import make

from cognito_nb.errors import CognitoError, NetworkError, ProtocolError, TokenResponseError
from cognito_nb.protocol.http import HttpResponse
from cognito_nb.protocol.signout import logout_url, process_revocation_response, revocation_request
from cognito_nb.secret import Secret

ENDPOINT = f"{make.DOMAIN}/oauth2/revoke"


def revocation(client_secret=None):
    return revocation_request(ENDPOINT, Secret("ref.r"), client_id=make.CLIENT_ID, client_secret=client_secret)


@pytest.mark.holds("RV-01")
def test_revocation_request_is_a_form_post_of_the_refresh_token():
    """A public client names itself in the body; Cognito knows no hint (RV-01)."""
    request = revocation()
    assert (request.method, request.url, dict(parse_qsl(request.content.decode()))) == (
        "POST",
        ENDPOINT,
        {"token": "ref.r", "client_id": make.CLIENT_ID},
    )


@pytest.mark.holds("RV-01")
def test_revocation_request_of_a_confidential_client_authenticates_by_basic():
    """And in no other way (RV-01)."""
    request = revocation(Secret("s3cret"))
    assert ("Authorization" in request.headers, request.content) == (True, b"token=ref.r")


@pytest.mark.parametrize("body", [b"", b"{}", b"anything"])
def test_revocation_response_200_is_done(body):
    """Also for a token that was dead already (RFC 7009 §2.2); Cognito's body is empty."""
    assert process_revocation_response(make.answer(body)) is None


@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.holds("RV-02")
def test_revocation_response_of_a_passing_fault_leaves_the_token_alive(status):
    """It must be taken as alive (RV-02, RFC 7009 §2.2.1), and Retry-After is told."""
    error = make.failure(partial(process_revocation_response, make.answer(status=status, retry_after="7")))
    assert (type(error), error.retry_after) == (NetworkError, 7.0)


@pytest.mark.parametrize(
    ("status", "code"), [(400, "unsupported_token_type"), (400, "invalid_request"), (401, "invalid_client")]
)
@pytest.mark.holds("RV-03")
def test_revocation_refusal_is_named(status, code):
    """Rotation off, revocation switched off, or a wrong client (RV-03)."""
    error = make.failure(partial(process_revocation_response, make.answer({"error": code}, status)))
    assert (type(error), error.error, error.status_code) == (TokenResponseError, code, status)


def test_revocation_refusal_says_what_stays():
    """The refresh token lives on, and the way to change that is told."""
    error = make.failure(partial(process_revocation_response, make.answer({"error": "invalid_request"}, 400)))
    assert "until it expires the refresh token stays alive" in str(error)


@pytest.mark.parametrize("status", [204, 302, 403, 404])
def test_revocation_response_with_another_status_is_refused(status):
    """Nobody knows then whether the token is dead."""
    with pytest.raises(ProtocolError, match=str(status)):
        process_revocation_response(make.answer(status=status))


@given(st.binary(max_size=200), st.integers(100, 599).filter(lambda status: status != 200))
def test_revocation_response_may_be_anything(content, status):
    """Arbitrary status and bytes raise only errors of this package."""
    with pytest.raises(CognitoError):
        process_revocation_response(HttpResponse(status, {}, content))


@pytest.mark.holds("RV-07")
def test_logout_url_has_client_and_logout_uri_only():
    """Encoded once, to the letter, and no token (RV-07)."""
    url = logout_url(f"{make.DOMAIN}/logout", client_id=make.CLIENT_ID, logout_uri="http://localhost:8888/?a=b&c")
    address, _, query = url.partition("?")
    assert (address, parse_qsl(query)) == (
        f"{make.DOMAIN}/logout",
        [("client_id", make.CLIENT_ID), ("logout_uri", "http://localhost:8888/?a=b&c")],
    )
