"""Bearer tokens and /oauth2/userInfo."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocol import make

from cognito_nb.errors import CognitoError, NetworkError, ProtocolError, TokenResponseError, TokenVerificationError
from cognito_nb.protocol.bearer import bearer_error, process_userinfo_response, userinfo_request
from cognito_nb.protocol.http import HttpResponse
from cognito_nb.secret import Secret

ENDPOINT = f"{make.DOMAIN}/oauth2/userInfo"
ATTRIBUTES = {"sub": make.SUBJECT, "email_verified": "true", "custom:team": "blue", "username": "ada"}
COGNITO_401 = 'error="invalid_token", error_description="Access token is expired, disabled, or deleted"'


def process(response):
    return process_userinfo_response(response, subject=make.SUBJECT)


def refusal(status=401, **headers):
    return make.failure(partial(process, make.answer(b"", status, **headers)))


@pytest.mark.holds("UI-01")
def test_userinfo_request_carries_the_token_in_the_header_only():
    """Not in the URL, not in a form (UI-01)."""
    request = userinfo_request(ENDPOINT, Secret("acc.e.ss"))
    assert (request.method, request.url, request.content, request.headers) == (
        "GET",
        ENDPOINT,
        b"",
        {"Accept": "application/json", "Authorization": "Bearer acc.e.ss"},
    )


def test_userinfo_request_shows_no_token():
    """Its repr is public."""
    assert "acc.e.ss" not in repr(userinfo_request(ENDPOINT, Secret("acc.e.ss")))


def test_userinfo_response_gives_the_attributes():
    """As Cognito sends them, verified flags as strings included."""
    assert process(make.answer(ATTRIBUTES)) == ATTRIBUTES


@pytest.mark.parametrize("name", ["<img src=x onerror=alert(1)>", "<a id=defaultView>", "x" * 500_000, "\u202eevil"])
@pytest.mark.accepted("UI-07")
def test_userinfo_response_gives_hostile_attributes_as_data(name):
    """Nothing is rendered here; escaping is the business of whoever shows them (UI-07)."""
    assert process(make.answer({**ATTRIBUTES, "name": name}))["name"] == name


@pytest.mark.parametrize("subject", [make.ABSENT, None, 5, [make.SUBJECT]])
@pytest.mark.refused("UI-03")
def test_userinfo_response_without_subject_is_refused(subject):
    """`sub` is required (UI-03)."""
    with pytest.raises(ProtocolError, match="no usable sub"):
        process(make.answer(make.changed(ATTRIBUTES, {"sub": subject})))


@pytest.mark.parametrize("subject", ["", make.SUBJECT + "1", make.SUBJECT.upper() + " "])
def test_userinfo_response_about_another_user_is_refused(subject):
    """It must not be used (OpenID Connect Core §5.3.2)."""
    with pytest.raises(TokenVerificationError, match="another user") as raised:
        process(make.answer({**ATTRIBUTES, "sub": subject}))
    assert raised.value.claim == "sub"


@pytest.mark.refused("UI-08")
def test_userinfo_response_about_another_user_tells_nothing_of_them():
    """No attribute is in the error or in its frames (UI-08)."""
    error = make.failure(partial(process, make.answer({"sub": "other", "email": "mallory@example.com"})))
    assert "mallory" not in make.everything(error)


@pytest.mark.parametrize("body", [b"[]", b"<html>", b"eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"])
@pytest.mark.refused("UI-03")
def test_userinfo_response_in_another_form_is_refused(body):
    """An array, a page, a JWT (UI-03); the endpoint is named."""
    with pytest.raises(ProtocolError, match="userInfo endpoint"):
        process(make.answer(body))


@pytest.mark.refused("UI-06")
def test_userinfo_response_redirect_is_refused():
    """The token goes nowhere else (UI-06)."""
    with pytest.raises(ProtocolError, match="redirect"):
        process(make.answer(status=302, location="https://evil.example/"))


def test_userinfo_response_of_5xx_may_pass():
    """A fault of the server is no fault of the token."""
    with pytest.raises(NetworkError, match="503"):
        process(make.answer(status=503))


@pytest.mark.parametrize("header", [COGNITO_401, f"Bearer {COGNITO_401}", f'Bearer realm="x",{COGNITO_401}'])
def test_userinfo_refusal_is_read_with_and_without_scheme(header):
    """Cognito leaves the scheme out of the header (contract §5)."""
    error = refusal(www_authenticate=header)
    assert (error.error, error.error_description) == (
        "invalid_token",
        "Access token is expired, disabled, or deleted",
    )


def test_userinfo_throttled_as_400_may_pass():
    """Cognito's TooManyRequestsException says nothing of the token."""
    response = make.answer({"__type": "TooManyRequestsException"}, 400)
    error = make.failure(partial(process_userinfo_response, response, subject="ada"))
    assert (type(error), error.status_code) == (NetworkError, 400)


@pytest.mark.refused("UI-05")
def test_userinfo_refusal_names_the_missing_scope():
    """insufficient_scope says which (UI-05)."""
    error = refusal(403, www_authenticate='Bearer error="insufficient_scope", scope="profile"')
    assert "The token needs the scope profile;" in str(error)


def test_userinfo_refusal_without_words_tells_the_code():
    """The error code alone is a reason."""
    assert "refused the access token: invalid_token" in str(refusal(www_authenticate='error="invalid_token"'))


@pytest.mark.parametrize("status", [400, 401, 403])
def test_userinfo_refusal_without_header_is_told(status):
    """The status is kept, and the next step is there."""
    error = refusal(status)
    assert (type(error), error.status_code, error.error) == (TokenResponseError, status, None)


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("", {}),
        ("Bearer", {}),
        ("Basic realm=x", {}),
        ('error="a\r\nb"', {"error": "a  b"}),
        ('error = "a", scope="b c"', {"error": "a", "scope": "b c"}),
        ('xerror="a", error_uri="http://169.254.169.254/"', {}),
        ('error="a\\"b"', {}),
        (f'error="{"e" * 301}"', {}),
        (f'error_description="{"e" * 299}"', {"error_description": "[…]"}),
        (f'{"x" * 2000}, error="a"', {}),
        ("error=" * 100_000, {}),
    ],
)
def test_bearer_error_reads_what_is_fit_to_be_shown(header, found):
    """Control characters go, long runs are masked, the rest of the header is not read (HC-08)."""
    assert bearer_error({"www-authenticate": header}) == found


def test_bearer_error_needs_no_header():
    """Absent is empty."""
    assert bearer_error({}) == {}


@given(st.binary(max_size=200), st.integers(100, 599), st.text())
def test_userinfo_response_may_be_anything(content, status, header):
    """Arbitrary status, header and bytes raise only errors of this package."""
    with pytest.raises(CognitoError):
        process(HttpResponse(status, {"www-authenticate": header}, content))
