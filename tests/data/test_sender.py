"""Sender: what is sent again, after which pause. Each test runs sync and async."""

import email.utils
import re
import time

import httpx
import pytest
from data.api import API


@pytest.mark.parametrize("failure", [429, 500, 502, 503, 504, httpx.ConnectError, httpx.ReadTimeout])
def test_sender_sends_again_what_may_pass(api, failure):
    """Three times unless told otherwise, after a pause that grows."""
    api.answers["/a"] = [failure, failure, failure, 200]
    [answer] = api.get(["/a"])
    assert (answer.status_code, len(api.requests)) == (200, 4)
    assert [low <= pause <= 2 * low for low, pause in zip((0.25, 0.5, 1.0), api.pauses, strict=True)] == [True] * 3


@pytest.mark.parametrize(("failure", "error"), [(503, httpx.HTTPStatusError), (httpx.ReadError, httpx.ReadError)])
def test_sender_gives_up_after_the_last_retry(api, failure, error):
    """With the last answer, or the last failure."""
    api.answers["/a"] = [failure]
    with pytest.raises(error):
        api.get(["/a"], retries=2)
    assert len(api.requests) == 3


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422])
def test_sender_sends_nothing_again_that_will_not_change(api, status):
    """The answer is the API's."""
    api.answers["/a"] = [status]
    with pytest.raises(httpx.HTTPStatusError):
        api.get(["/a"])
    assert len(api.requests) == 1


@pytest.mark.parametrize(
    ("method", "times"), [("GET", 2), ("HEAD", 2), ("PUT", 2), ("DELETE", 2), ("OPTIONS", 2), ("POST", 1), ("PATCH", 1)]
)
def test_sender_sends_only_idempotent_methods_again(api, method, times):
    """A POST may have done its work already (RFC 9110 §9.2.2)."""
    api.answers["/a"] = [503, 200]
    api.get([httpx.Request(method, f"{API}/a")], on_error="return")
    assert len(api.requests) == times


def test_sender_sends_the_same_body_again(api):
    """Also one that was a generator: it is read into memory first."""
    api.answers["/a"] = [503, 200]
    api.get([httpx.Request("PUT", f"{API}/a", content=iter([b"part ", b"part"]))])
    assert [body for _, _, body in api.requests] == [b"part part"] * 2


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("form", ["seconds", "date"])
def test_sender_waits_as_long_as_retry_after_asks(api, status, form):
    """Both forms of it (RFC 9110 §10.2.3)."""
    value = "7" if form == "seconds" else email.utils.formatdate(time.time() + 7.9, usegmt=True)
    api.answers["/a"] = [httpx.Response(status, headers={"Retry-After": value}), 200]
    api.get(["/a"])
    [pause] = api.pauses
    assert 6 <= pause <= 8.5


@pytest.mark.parametrize("value", ["", "soon", "-5", "1.5", "9" * 400, "Thu, 99 Foo 2026", "²"])
def test_sender_takes_no_other_retry_after(api, value):
    """Then its own pause counts."""
    api.answers["/a"] = [lambda _: httpx.Response(503, headers=[(b"Retry-After", value.encode("latin-1"))]), 200]
    api.get(["/a"])
    [pause] = api.pauses
    assert pause <= 0.5


def test_sender_takes_a_pause_that_is_too_long_for_an_answer(api):
    """Nobody waits for an hour without a word: the 429 is given."""
    api.answers["/a"] = [httpx.Response(429, headers={"Retry-After": "3600"})]
    with pytest.raises(httpx.HTTPStatusError):
        api.get(["/a"])
    assert api.pauses == []


def test_sender_bears_an_api_that_allows_few_calls_at_once(api):
    """Five at a time and 429 for the others: all are answered within three retries, though sixteen may be under way."""
    calls = []

    def limited(request):
        now = len(api.pauses)  # a second passes with each pause
        calls.append(now)
        return 200 if calls.count(now) <= 5 else httpx.Response(429, headers={"Retry-After": "1"})

    paths = [f"/{index}" for index in range(100)]
    api.answers = {path: [limited] for path in paths}
    assert [answer.text for answer in api.get(paths)] == [path[1:] for path in paths]


def test_sender_says_which_token_a_401_refused(api):
    """The error of the last 401 has the advice of `CognitoAuth`."""
    api.answers["/a"] = [401]
    with pytest.raises(httpx.HTTPStatusError, match=re.escape('sent: the access token. To try: token="id"')):
        api.get(["/a"])


def test_sender_sends_the_id_token_if_asked_to(api):
    """As API Gateway's authorizers want it."""
    api.get(["/a"], token="id")
    assert api.tokens == [f"Bearer {api.source.tokens.id.token.reveal()}"]


def test_sender_leaves_an_authorization_of_the_users_own(api):
    """No token is added (HC-13)."""
    api.get([httpx.Request("GET", "https://other.example/", headers={"Authorization": "Basic abc"})])
    assert api.tokens == ["Basic abc"]


@pytest.mark.parametrize("status", [301, 302, 304, 307])
def test_sender_returns_a_redirect_as_it_is(api, status):
    """As httpx does; nothing is followed, so no token follows (HC-01)."""
    api.answers["/a"] = [httpx.Response(status, headers={"Location": "https://evil.example/"})]
    [answer] = api.get(["/a"])
    assert (answer.status_code, len(api.requests)) == (status, 1)


@pytest.mark.parametrize(
    "failure",
    [
        httpx.UnsupportedProtocol,
        httpx.LocalProtocolError,
        lambda request: (_ for _ in ()).throw(
            httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate", request=request)
        ),
    ],
    ids=["protocol", "request", "certificate"],
)
def test_sender_sends_nothing_again_that_cannot_work(api, failure):
    """The next try would fail alike."""
    api.answers["/a"] = [failure]
    with pytest.raises(httpx.TransportError):
        api.get(["/a"])
    assert len(api.requests) == 1


def test_sender_shows_what_the_api_said_and_nothing_secret(api):
    """Of the URL there is no user and no query, which can sign; of the answer there is the start."""
    api.answers = {"/a?sig=hidden-1": [httpx.Response(422, json={"detail": "unknown column 'prize'"})]}
    with pytest.raises(httpx.HTTPStatusError, match="422 .* for GET .*/v1/a: .*unknown column 'prize'") as caught:
        api.get(["/a?sig=hidden-1"])
    assert "hidden" not in str(caught.value)


def test_sender_shows_a_reason_phrase_as_any_text_of_the_api(api):
    """It is the server's own words, and an error's text goes to a terminal."""
    api.answers["/a"] = [httpx.Response(400, extensions={"reason_phrase": b"Bad \x1b[31mRequest"})]
    with pytest.raises(httpx.HTTPStatusError, match="400 Bad .*Request for GET") as caught:
        api.get(["/a"])
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    "asked", ["/me", httpx.URL("/me"), httpx.Request("GET", "/me")], ids=["text", "URL", "request"]
)
def test_sender_takes_relative_urls_in_each_form(api, asked):
    """With a base they are appended to it; without one the error says what is missing."""
    api.get([asked])
    assert api.urls() == ["/me"]
    with pytest.raises(ValueError, match="'/me' is relative: give base_url="):
        api.get([asked], base_url=None)


def test_sender_keeps_the_fields_of_a_request(api):
    """They replace those that are sent otherwise, as do `headers` for all requests."""
    sent = []
    api.answers = {path: [lambda request: sent.append(request.headers) or 200] for path in ("/a", "/b")}
    headers = {"x-api-key": "k", "accept": "text/csv"}
    api.get([httpx.Request("POST", "/a", headers={"Accept": "application/json"})], headers=headers)
    api.get(["/b"], headers=headers)
    assert [fields.get_list("accept") for fields in sent] == [["application/json"], ["text/csv"]]
    assert [fields["x-api-key"] for fields in sent] == ["k", "k"]
    assert [fields["host"] for fields in sent] == ["api.example.com"] * 2


def test_sender_adds_parameters_to_each_request(api):
    """Its own stay."""
    api.get(["/a", "/b?x=1", httpx.Request("GET", f"{API}/c")], params={"lang": "de"}, concurrency=1)
    assert api.urls() == ["/a?lang=de", "/b?x=1&lang=de", "/c?lang=de"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"retries": -1}, "retries must be a whole number from 0"),
        ({"concurrency": 2.5}, "concurrency must be a whole number from 1"),
        ({"headers": {"authorization": "Bearer x"}}, "the session signs"),
        ({"token": "refresh"}, '"access".*"id"'),
    ],
)
def test_sender_refuses_what_makes_no_sense(api, options, says):
    """At once, and by name."""
    with pytest.raises(ValueError, match=says):
        api.fetch(["/a"], **options)
