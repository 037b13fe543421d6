"""The authorization request's parameters, and what its response must fit."""

import math
import random
import re
from collections import Counter
from functools import partial
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocol import make

from cognito_nb.errors import AuthorizationResponseError, CognitoError, ProtocolError, StateMismatchError
from cognito_nb.protocol.authorize import (
    AuthorizationCode,
    new_authorization_request,
    validate_authorization_response,
)
from cognito_nb.protocol.metadata import Metadata
from cognito_nb.protocol.pkce import code_challenge
from cognito_nb.secret import Secret

SCOPES = ("openid", "email")


def new_request(scopes=SCOPES, options=None, metadata=make.METADATA):
    return new_authorization_request(metadata, client_id=make.CLIENT_ID, scopes=scopes, options=options or {})


def parameters(request):
    return parse_qsl(urlsplit(request.url.reveal()).query, keep_blank_values=True, strict_parsing=True)


def validate(request, **params):
    """Validate a response; the good `state` is in it unless `params` say otherwise."""
    params = make.changed({"state": request.state.reveal()}, params)
    response = {name: Secret(value) for name, value in params.items()}
    return validate_authorization_response(request, response, redirect_uri=make.REDIRECT_URI)


def entropy(text):
    """Shannon's estimate in bits, as the OIDF conformance suite measures it."""
    counts = Counter(text).values()
    return -sum(count * math.log2(count / len(text)) for count in counts)


def test_request_goes_to_the_authorization_endpoint():
    """Everything before the query is the endpoint, byte for byte."""
    assert new_request().url.reveal().partition("?")[0] == make.METADATA.authorization_endpoint


@pytest.mark.holds("AR-01")
def test_request_has_exactly_the_parameters_of_code_with_pkce():
    """No parameter twice, no secret, verifier or token among them; `redirect_uri` is the server's to add (AR-01)."""
    names = [name for name, _ in parameters(new_request())]
    assert sorted(names) == [
        "client_id",
        "code_challenge",
        "code_challenge_method",
        "nonce",
        "response_type",
        "scope",
        "state",
    ]


@pytest.mark.holds("AR-01")
def test_request_asks_for_a_code_by_s256():
    """The values are those of the app client, and the challenge is the verifier's (AR-01)."""
    request = new_request()
    sent = dict(parameters(request))
    assert sent == {
        "response_type": "code",
        "client_id": make.CLIENT_ID,
        "scope": "openid email",
        "state": request.state.reveal(),
        "nonce": request.nonce.reveal(),
        "code_challenge": code_challenge(request.code_verifier),
        "code_challenge_method": "S256",
    }


@pytest.mark.holds("AR-01")
def test_request_does_not_hold_the_code_verifier():
    """The verifier stays in the kernel (AR-01)."""
    request = new_request()
    assert request.code_verifier.reveal() not in request.url.reveal()


def secrets_of(request):
    return [secret.reveal() for secret in (request.state, request.nonce, request.code_verifier)]


@pytest.mark.holds("AR-02")
def test_request_is_all_new_every_time():
    """State, nonce and verifier of a thousand sign-ins are three thousand values; no seed brings one back (AR-02)."""
    values = set()
    for _ in range(1000):
        random.seed(0)  # as after a restart
        values.update(secrets_of(new_request()))
    assert len(values) == 3000


@pytest.mark.holds("AR-02", "AR-03")
def test_request_takes_its_values_from_three_draws(monkeypatch):
    """State, nonce and verifier are drawn apart, none from another; the RFC's verifier gives the RFC's challenge."""
    verifier, bits = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", []
    drawn = iter(["the-state", "the-nonce", verifier])
    monkeypatch.setattr("secrets.token_urlsafe", lambda number: bits.append(8 * number) or next(drawn))
    request = new_request()
    assert secrets_of(request) == ["the-state", "the-nonce", verifier]
    assert bits == [256, 256, 256]
    assert ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM") in parameters(request)


@pytest.mark.holds("AR-02")
@pytest.mark.parametrize(("name", "bits"), [("code_verifier", 180), ("state", 96), ("nonce", 96)])
def test_request_is_not_guessable(name, bits):
    """Shannon's estimate reaches what the OIDF conditions ask for, on average (AR-02)."""
    estimates = [entropy(getattr(new_request(), name).reveal()) for _ in range(50)]
    assert sum(estimates) / len(estimates) >= bits


def test_state_has_the_alphabet_that_cognito_echoes_unharmed():
    """URL-safe characters only: Cognito decodes once or twice, by its mood (contract §2.3)."""
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", new_request().state.reveal())


@pytest.mark.accepted("AR-06")
def test_request_encodes_scopes_exactly_once():
    """What would be syntax in a query arrives as part of the scope (AR-06)."""
    scopes = ("openid", "a+b&admin=1#x", "https://api.example.com/read%20all", "!#$%&'()*")
    assert dict(parameters(new_request(scopes)))["scope"] == " ".join(scopes)


@pytest.mark.accepted("AR-06")
def test_request_carries_fifty_scopes():
    """As many as an app client may have (AR-06)."""
    scopes = tuple(f"api/scope-{number}" for number in range(50))
    assert dict(parameters(new_request(scopes)))["scope"].split(" ") == list(scopes)


def test_request_carries_options():
    """Cognito's optional parameters go along."""
    options = {"identity_provider": "Google & Co", "login_hint": "ada@example.com"}
    assert options.items() <= dict(parameters(new_request(options=options))).items()


@pytest.mark.parametrize(
    "name", ["response_type", "client_id", "scope", "state", "nonce", "code_challenge", "code_challenge_method"]
)
def test_options_replace_no_parameter_of_the_protocol(name):
    """An option with the name of a security parameter changes nothing."""
    request = new_request(options={name: "evil"})
    assert "evil" not in parse_qs(urlsplit(request.url.reveal()).query)[name]


def test_request_shows_no_secret():
    """The repr of a sign-in holds neither state, nonce, verifier nor challenge."""
    request = new_request()
    assert not make.leaks([*secrets_of(request), code_challenge(request.code_verifier)], repr(request))


def test_response_gives_the_code():
    """A response that fits gives the code, and what the token request must repeat."""
    request = new_request()
    code = validate(request, code="c0de")
    assert (code.code.reveal(), code.redirect_uri, code.request) == ("c0de", make.REDIRECT_URI, request)


def test_authorization_code_is_made_by_validation_only():
    """The type cannot be made by hand."""
    with pytest.raises(TypeError, match="validate_authorization_response"):
        AuthorizationCode(Secret("c0de"), make.REDIRECT_URI, new_request(), object())


@pytest.mark.refused("CB-03", "CB-04")
@pytest.mark.parametrize(
    "state",
    [
        make.ABSENT,
        "",
        "evil",
        lambda good: f"{good},{good}",
        lambda good: f" {good} ",
        lambda good: good[:-1],
        lambda good: good.swapcase(),
        "\ud800",
    ],
)
def test_response_with_another_state_is_refused(state):
    """Absent, empty, foreign, doubled, padded, cut, or no text at all (CB-03, CB-04)."""
    request = new_request()
    value = state(request.state.reveal()) if callable(state) else state
    with pytest.raises(StateMismatchError, match="state"):
        validate(request, state=value, code="c0de")


@pytest.mark.refused("AR-07", "CB-19")
def test_response_of_another_sign_in_is_refused():
    """The state of one sign-in opens no other."""
    with pytest.raises(StateMismatchError, match="state"):
        validate(new_request(), state=new_request().state.reveal(), code="c0de")


@pytest.mark.refused("CB-12")
def test_error_with_another_state_is_refused_as_foreign():
    """The state is judged before the error: an error proves nothing about its sender."""
    with pytest.raises(StateMismatchError):
        validate(new_request(), state="evil", error="access_denied")


@pytest.mark.refused("CB-16")
@pytest.mark.parametrize("state", [{}, {"state": make.ABSENT}])
def test_code_and_error_together_are_refused(state):
    """Such a response is malformed, with or without the state that errors may omit (CB-16)."""
    with pytest.raises(ProtocolError, match="both a code and an error"):
        validate(new_request(), code="c0de", error="access_denied", **state)


@pytest.mark.refused("CB-17", "CB-19")
@pytest.mark.parametrize(
    "iss",
    [
        make.ISSUER + "1",
        make.ISSUER + "/",
        make.ISSUER.replace("EXAMPLE", "OTHER"),
        make.ISSUER.replace("cognito-idp", "COGNITO-IDP"),
        make.ISSUER.replace("https", "http"),
        "",
    ],
)
@pytest.mark.parametrize("outcome", [{"code": "c0de"}, {"error": "access_denied"}])
def test_response_of_another_issuer_is_refused(iss, outcome):
    """`iss` is compared as a string, for errors too (CB-17, RFC 9207 §2.4)."""
    with pytest.raises(StateMismatchError, match="iss"):
        validate(new_request(), iss=iss, **outcome)


@pytest.mark.accepted("CB-17")
@pytest.mark.parametrize("announced", [True, False])
def test_response_of_the_right_issuer_is_accepted(announced):
    """Whether or not the metadata announces `iss`."""
    request = new_request(metadata=announcing(announced))
    assert validate(request, iss=make.ISSUER, code="c0de").code.reveal() == "c0de"


@pytest.mark.refused("CB-18")
@pytest.mark.parametrize("outcome", [{"code": "c0de"}, {"error": "access_denied"}])
def test_response_without_an_announced_issuer_is_refused(outcome):
    """Where the metadata announces `iss`, its absence is a mix-up (CB-18)."""
    with pytest.raises(StateMismatchError, match="iss is missing"):
        validate(new_request(metadata=announcing(True)), **outcome)


def announcing(iss_in_response):
    endpoints = (make.METADATA.authorization_endpoint, make.METADATA.token_endpoint, make.METADATA.jwks_uri)
    return Metadata(make.ISSUER, *endpoints, iss_in_response=iss_in_response)


@pytest.mark.refused("CB-28")
@pytest.mark.parametrize("code", [make.ABSENT, "", "\n", "c\0de", "c\r\nX: 1", "ä", "\ud800", "c" * 4097])
def test_response_without_a_usable_code_is_refused(code):
    """A code is printable ASCII of bounded length (RFC 6749 appendix A.11)."""
    with pytest.raises(ProtocolError, match="no usable code"):
        validate(new_request(), code=code)


@pytest.mark.refused("CB-12")
def test_error_is_named_with_cause_and_words():
    """The code, its meaning and Cognito's words are told."""
    with pytest.raises(AuthorizationResponseError, match=r"^Sign-in cancelled: access_denied \(User said no\)"):
        validate(new_request(), error="access_denied", error_description="User said no")


def test_refusal_by_a_person_is_not_blamed_on_what_was_sent():
    """Whoever chose Cancel has no settings to compare; a refused scope has."""
    cancelled, refused = (
        make.failure(partial(validate, new_request(), error=error)) for error in ("access_denied", "invalid_scope")
    )
    assert (cancelled.sent, [*refused.sent]) == ({}, ["client_id", "redirect_uri", "scope"])


@pytest.mark.holds("CB-13")
def test_error_without_state_is_told_without_words():
    """Cognito leaves out the state of some errors; without it, anybody may have put the words there."""
    error = make.failure(
        partial(validate, new_request(), error="access_denied", error_description="Call 555", state=make.ABSENT)
    )
    assert error.error_description is None
    assert "555" not in str(error)


@pytest.mark.holds("CB-13")
def test_error_keeps_code_and_words_apart():
    """Programs find both as attributes; markup stays text, for whoever shows it to escape."""
    error = make.failure(
        partial(validate, new_request(), error="invalid_scope", error_description="<script>no</script>")
    )
    assert (error.error, error.error_description) == ("invalid_scope", "<script>no</script>")


@pytest.mark.parametrize("error", ["", "nobody_knows_this"])
def test_unknown_error_is_an_error_all_the_same(error):
    """A code that is in no list, even an empty one, never counts as success."""
    with pytest.raises(AuthorizationResponseError, match="Cognito refused the sign-in"):
        validate(new_request(), error=error)


def test_error_names_what_was_sent():
    """Client, redirect URI and scopes are there to be compared with the console."""
    error = make.failure(partial(validate, new_request(), error="unauthorized_client"))
    assert error.sent == {"client_id": make.CLIENT_ID, "redirect_uri": make.REDIRECT_URI, "scope": "openid email"}


@given(st.dictionaries(st.sampled_from(["state", "code", "error", "error_description", "iss", "x"]), st.text()))
def test_no_response_without_the_state_is_ever_accepted(params):
    """Whatever the query holds, without the 256 bits of the state there is no code and no other exception."""
    with pytest.raises(CognitoError):
        validate(new_request(), **({"state": make.ABSENT} | params))
