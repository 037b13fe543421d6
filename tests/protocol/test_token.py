"""The grants' requests, and what the token endpoint may answer."""

import base64
from functools import partial
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocol import make
from protocol.test_http import JSON

from cognito_nb.errors import CognitoError, NetworkError, ProtocolError, SessionExpiredError, TokenResponseError
from cognito_nb.protocol.authorize import new_authorization_request, validate_authorization_response
from cognito_nb.protocol.http import HttpResponse
from cognito_nb.protocol.token import (
    TokenSet,
    authorization_code_grant_request,
    client_credentials_grant_request,
    process_token_response,
    refresh_token_grant_request,
)
from cognito_nb.secret import Secret

ENDPOINT = f"{make.DOMAIN}/oauth2/token"
GOOD = {
    "access_token": "acc.e.ss",
    "id_token": "i.d.t",
    "refresh_token": "ref.r",
    "expires_in": 3600,
    "token_type": "Bearer",
}


def code_grant(client_secret=None):
    request = new_authorization_request(make.METADATA, client_id=make.CLIENT_ID, scopes=("openid",), options={})
    params = {"state": request.state, "code": Secret("c0de&+ /=")}
    code = validate_authorization_response(request, params, redirect_uri=make.REDIRECT_URI)
    return request, authorization_code_grant_request(ENDPOINT, code, client_secret=client_secret)


def refresh_grant(secret=None):
    return refresh_token_grant_request(ENDPOINT, Secret("ref.r=="), client_id=make.CLIENT_ID, client_secret=secret)


def form(request):
    pairs = parse_qsl(request.content.decode("ascii"), strict_parsing=True)
    assert len(pairs) == len(dict(pairs))
    return dict(pairs)


def client_grant(secret=None, scopes=()):
    return client_credentials_grant_request(ENDPOINT, client_id=make.CLIENT_ID, client_secret=secret, scopes=scopes)


def process(response=None, *, openid=True, refreshing=False, by_client=False, **changes):
    response = response or make.answer(make.changed(GOOD, changes))
    return process_token_response(
        response, client_id=make.CLIENT_ID, openid=openid, refreshing=refreshing, by_client=by_client
    )


def refusal(body, status=400, *, refreshing=False, **facts):
    response = make.answer(body, status)
    ask = partial(process_token_response, client_id=make.CLIENT_ID, openid=True, refreshing=refreshing, **facts)
    return make.failure(partial(ask, response))


@pytest.mark.holds("TR-01")
def test_code_grant_of_a_public_client_is_a_form_post():
    """Code, redirect URI, verifier and client id, each once, in the body only (TR-01)."""
    asked, request = code_grant()
    assert (request.method, request.url, form(request)) == (
        "POST",
        ENDPOINT,
        {
            "grant_type": "authorization_code",
            "client_id": make.CLIENT_ID,
            "code": "c0de&+ /=",
            "redirect_uri": make.REDIRECT_URI,
            "code_verifier": asked.code_verifier.reveal(),
        },
    )


@pytest.mark.parametrize("request_of", [lambda: code_grant()[1], refresh_grant])
@pytest.mark.holds("TR-01", "RF-12")
def test_request_of_a_public_client_has_no_authorization_header(request_of):
    """Cognito refuses any; no cookies either (TR-01)."""
    assert request_of().headers == {
        "Accept": "application/json",
        "Content-Type": "application/x-www-form-urlencoded",
    }


def test_request_of_a_confidential_client_authenticates_by_basic():
    """Id and secret are form-encoded before they are joined (RFC 6749 §2.3.1)."""
    request = refresh_grant(Secret("s:e/c ret"))
    scheme, _, value = request.headers["Authorization"].partition(" ")
    assert (scheme, base64.b64decode(value)) == ("Basic", f"{make.CLIENT_ID}:s%3Ae%2Fc+ret".encode())


@pytest.mark.parametrize("request_of", [lambda secret: code_grant(secret)[1], refresh_grant, client_grant])
@pytest.mark.holds("TR-01", "RF-12")
def test_request_of_a_confidential_client_authenticates_once(request_of):
    """Neither client id nor secret stands in the body as well (OAuth 2.1 §2.4)."""
    assert not {"client_id", "client_secret"} & form(request_of(Secret("s3cret"))).keys()


@pytest.mark.holds("RF-12")
def test_refresh_grant_sends_the_refresh_token_and_no_scope():
    """Cognito knows no narrowing (RF-12)."""
    assert form(refresh_grant()) == {
        "grant_type": "refresh_token",
        "client_id": make.CLIENT_ID,
        "refresh_token": "ref.r==",
    }


@pytest.mark.parametrize(
    ("scopes", "sent"), [((), {}), (("demo/read", "demo/write"), {"scope": "demo/read demo/write"})]
)
def test_client_credentials_grant_names_the_scopes_if_there_are_any(scopes, sent):
    """Without the parameter Cognito grants all custom scopes of the client."""
    assert form(client_grant(Secret("s3cret"), scopes)) == {"grant_type": "client_credentials", **sent}


def test_request_shows_no_secret():
    """The repr of a request holds no code, verifier or Basic value."""
    asked, request = code_grant(Secret("s3cret-s3cret-s3cret"))
    secrets = [asked.code_verifier.reveal(), request.headers["Authorization"].removeprefix("Basic "), "c0de"]
    assert not make.leaks(secrets, repr(request))


def test_response_gives_the_tokens():
    """All that a sign-in needs, as secrets."""
    assert process() == TokenSet(Secret("acc.e.ss"), Secret("i.d.t"), Secret("ref.r"), 3600)


@pytest.mark.parametrize("token_type", ["Bearer", "bearer", "BEARER"])
def test_response_may_spell_bearer_in_any_case(token_type):
    """`token_type` is case insensitive (RFC 6749 §5.1)."""
    assert process(token_type=token_type).expires_in == 3600


@pytest.mark.parametrize("token_type", [make.ABSENT, None, "", "mac", "DPoP", "Bearer ", 5, ["Bearer"]])
def test_response_with_another_token_type_is_refused(token_type):
    """An unknown type must not be used (RFC 6749 §7.1)."""
    with pytest.raises(ProtocolError, match="token_type"):
        process(token_type=token_type)


UNUSABLE = ["", " ", "to ken", "to\r\nX-Evil: 1", "to\0ken", "töken", "\u2028", "t" * 65537, 5, True, ["t"], {"t": 1}]


@pytest.mark.parametrize("name", ["access_token", "id_token", "refresh_token"])
@pytest.mark.parametrize("value", UNUSABLE, ids=range(len(UNUSABLE)))
@pytest.mark.refused("TR-14", "TR-15")
def test_response_with_an_unusable_token_is_refused(name, value):
    """A token is visible ASCII of bounded length, or it could forge headers (TR-14, TR-15); the member is named."""
    with pytest.raises(ProtocolError, match=f"no usable {name}"):
        process(**{name: value})


@pytest.mark.parametrize("name", ["access_token", "id_token"])
@pytest.mark.parametrize("value", [make.ABSENT, None])
@pytest.mark.refused("TR-14")
def test_response_without_a_promised_token_is_refused(name, value):
    """An access token always, an ID token where openid was asked for (TR-14)."""
    with pytest.raises(ProtocolError, match=f"no {name}"):
        process(**{name: value})


def test_response_without_id_token_is_fine_where_openid_was_not_asked():
    """A refresh, or plain OAuth."""
    assert process(id_token=make.ABSENT, openid=False).id_token is None


@pytest.mark.parametrize("name", ["refresh_token", "expires_in"])
@pytest.mark.parametrize("value", [make.ABSENT, None])
@pytest.mark.accepted("TR-11", "TR-12", "TR-15")
def test_response_may_lack_optional_members(name, value):
    """A refresh has no refresh token unless tokens are rotated (TR-15); the life is in the JWT too (TR-11)."""
    assert getattr(process(**{name: value}), name) is None


@pytest.mark.parametrize("value", [1, 300, 86400])
def test_response_tells_its_life_in_seconds(value):
    """From a second to Cognito's longest, a day."""
    assert process(expires_in=value).expires_in == value


@pytest.mark.parametrize("value", ["3600", "", -1, 0, True, False, 86401, 10**30, 2.5, 3600.0, [3600], {}])
@pytest.mark.refused("TR-12")
def test_response_with_an_unusable_life_is_refused(value):
    """Bad types and values are named, and nothing is valid for ever (TR-12)."""
    with pytest.raises(ProtocolError, match="expires_in"):
        process(expires_in=value)


@pytest.mark.parametrize("literal", [b"1e400", b"NaN", b"Infinity", b"1" * 5000])
@pytest.mark.refused("TR-12")
def test_response_with_a_life_that_is_no_number_is_refused(literal):
    """What JSON does not know is no answer at all (TR-12)."""
    body = b'{"access_token":"a","token_type":"Bearer","expires_in":' + literal + b"}"
    with pytest.raises(ProtocolError, match="not valid JSON"):
        process(make.answer(body), openid=False)


@pytest.mark.parametrize("scope", ["openid", "", None, 5, ["openid"]])
@pytest.mark.accepted("TR-13")
def test_response_scope_is_not_believed(scope):
    """Cognito sends none; what was granted is read from the access token, signed (TR-13)."""
    assert process(scope=scope) == process()


@pytest.mark.accepted("TR-16")
def test_response_may_hold_unknown_members():
    """A thousand of them are ignored and not kept (TR-16)."""
    assert process(**{f"x{number}": number for number in range(1000)}) == process()


@pytest.mark.refused("TR-06")
def test_response_200_with_an_error_is_refused():
    """Success and error at once is neither (TR-06)."""
    with pytest.raises(ProtocolError, match="200 with an error"):
        process(error="invalid_grant")


@pytest.mark.parametrize("status", [201, 202, 204, 206, 404])
@pytest.mark.refused("TR-06")
def test_response_with_another_status_is_refused(status):
    """Only 200 grants (TR-06)."""
    with pytest.raises(ProtocolError, match=f"unexpected HTTP status, {status}"):
        process(make.answer(GOOD, status))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.refused("TR-17")
def test_response_redirect_is_refused(status):
    """Code and verifier go nowhere else (TR-17)."""
    with pytest.raises(ProtocolError, match="redirect"):
        process(make.answer(GOOD, status, location="https://evil.example/"))


@pytest.mark.refused("TR-18")
def test_response_that_is_too_large_is_refused():
    """A mebibyte is enough (TR-18)."""
    with pytest.raises(ProtocolError, match="too large"):
        process(make.answer({**GOOD, "x": "x" * 1024 * 1024}))


@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.parametrize("refreshing", [True, False])
@pytest.mark.refused("LF-01")
def test_response_of_a_passing_fault_is_a_network_error(status, refreshing):
    """It ends no session."""
    with pytest.raises(NetworkError, match=str(status)):
        process(make.answer(status=status), refreshing=refreshing)


@pytest.mark.refused("TR-03")
def test_refusal_of_a_code_names_causes():
    """invalid_grant at sign-in: code, words, what may be wrong and next step, and no mention of a session (TR-03)."""
    error = refusal({"error": "invalid_grant", "error_description": "code used"})
    assert str(error) == (
        "Cognito does not accept the code: invalid_grant (code used)\n"
        f"Sent: client_id={make.CLIENT_ID}\n"
        "Next step: Run %cognito_login again; if it stays, let the app client read the attributes of its scopes."
    )
    assert dict(error.details)["Likely"].startswith("The code was used already")


@pytest.mark.parametrize(
    ("code", "facts", "cause"),
    [
        ("invalid_grant", {}, "code_refused"),
        ("invalid_grant", {"waited": 300.0}, "code_refused"),
        ("invalid_grant", {"waited": 300.1}, "code_too_old"),
        ("invalid_grant", {"refreshing": True}, "refresh_refused"),
        ("invalid_client", {}, "secret_missing"),
        ("invalid_client", {"has_secret": True}, "secret_not_wanted"),
        ("invalid_client", {"has_secret": True, "refreshing": True}, "secret_not_wanted"),
        ("unauthorized_client", {}, "redirect_differs"),
        ("unauthorized_client", {"refreshing": True}, "token_request_refused"),
        ("invalid_request", {}, "token_request_refused"),
        ("invalid_client", {"by_client": True}, "secret_missing"),
        ("unauthorized_client", {"by_client": True}, "client_credentials_not_allowed"),
        ("invalid_scope", {"by_client": True}, "custom_scope_needed"),
        ("invalid_grant", {"by_client": True}, "client_switched_off"),
    ],
)
def test_refusal_names_its_cause(code, facts, cause):
    """The same word of Cognito's means another thing for a code, a refresh and an app client."""
    assert refusal({"error": code}, **facts).cause == cause


@pytest.mark.parametrize("code", ["invalid_client", "unauthorized_client"])
@pytest.mark.parametrize("status", [400, 401, 403])
@pytest.mark.refused("TR-04")
def test_refusal_of_the_client_names_its_id(code, status):
    """The client id is there to be compared (TR-04)."""
    error = refusal({"error": code}, status)
    assert (error.error, error.status_code, error.sent) == (code, status, {"client_id": make.CLIENT_ID})


def test_refusal_with_an_unknown_code_is_told_as_it_came():
    """A code that is in no table is shown."""
    assert refusal({"error": "x_new_code"}).message == "Cognito refused the token request: x_new_code"


@pytest.mark.parametrize(("refreshing", "kind"), [(True, SessionExpiredError), (False, TokenResponseError)])
@pytest.mark.refused("RF-05")
def test_refusal_with_invalid_grant_ends_a_session_only_when_refreshing(refreshing, kind):
    """A refused code ends no session; a refused refresh token does (RF-05)."""
    assert type(refusal({"error": "invalid_grant"}, refreshing=refreshing)) is kind


@pytest.mark.parametrize("code", ["invalid_request", "invalid_client", "INVALID_GRANT", "invalid_grant "])
def test_refusal_with_another_code_ends_no_session(code):
    """Only invalid_grant says that the refresh token is dead."""
    assert type(refusal({"error": code}, refreshing=True)) is TokenResponseError


NEXT_OF_CLIENT = [
    ("invalid_client", "COGNITO_NB_CLIENT_SECRET"),
    ("unauthorized_client", "Client credentials"),
    ("invalid_scope", "custom scopes"),
    ("invalid_grant", "AllowedOAuthFlowsUserPoolClient"),
]


@pytest.mark.parametrize(("code", "words"), NEXT_OF_CLIENT)
def test_refusal_of_a_client_that_asks_for_itself_tells_what_to_set(code, words):
    """The causes of a sign-in are not those of an app client; no code or refresh token is mentioned."""
    error = refusal({"error": code}, by_client=True)
    assert (type(error), words in error.hint) == (TokenResponseError, True)
    assert error.message.endswith(f": {code}")


@pytest.mark.parametrize(("code", "words"), NEXT_OF_CLIENT)
def test_refusal_of_a_client_that_asks_again_ends_its_session(code, words):
    """Its secret was changed, say: nothing will come of asking again."""
    error = refusal({"error": code}, by_client=True, refreshing=True)
    assert (type(error), words in error.hint) == (SessionExpiredError, True)
    assert error.message == f"The session has ended: {code}"


def test_refusal_of_a_client_for_another_reason_ends_no_session():
    """A Lambda trigger may have failed just now."""
    assert type(refusal({"error": "invalid_request"}, by_client=True, refreshing=True)) is TokenResponseError


def test_refusal_by_throttling_ends_no_session():
    """Cognito's 400 TooManyRequestsException passes."""
    assert type(refusal({"__type": "TooManyRequestsException"}, refreshing=True)) is NetworkError


@pytest.mark.parametrize("body", [{}, {"error": None}, {"error": 5}, {"error": ["invalid_grant"]}])
def test_refusal_without_a_code_is_no_protocol(body):
    """RFC 6749 §5.2 demands one; the status is told."""
    with pytest.raises(ProtocolError, match=r"HTTP 400\) without an error code"):
        process(make.answer(body, 400), refreshing=True)


def test_refusal_by_a_firewall_is_no_protocol():
    """An HTML page is no answer; the status is told."""
    with pytest.raises(ProtocolError, match=r"HTML page \(HTTP 403\)"):
        process(make.answer(b"<html>", 403))


@given(st.binary(max_size=200), st.integers(100, 599), st.booleans())
def test_response_may_be_anything(content, status, refreshing):
    """Arbitrary status and bytes raise only errors of this package."""
    with pytest.raises(CognitoError):
        process(HttpResponse(status, {}, content), refreshing=refreshing)


@given(
    st.dictionaries(st.sampled_from([*GOOD, "scope", "error", "error_description"]), JSON), st.sampled_from([200, 400])
)
def test_response_may_hold_anything(changes, status):
    """Arbitrary members give tokens with a bounded life, or an error of this package."""
    try:
        tokens = process(make.answer({**GOOD, **changes}, status))
        assert tokens.expires_in is None or 0 < tokens.expires_in <= 86400
    except CognitoError:
        pass
