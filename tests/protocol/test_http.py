"""The one JSON parser, the status rules, and requests that hide what they carry."""

import json
import time
from contextlib import suppress
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocol import make

from cognito_nb.errors import CognitoError, NetworkError, ProtocolError
from cognito_nb.protocol.http import (
    MAX_BODY_BYTES,
    HttpRequest,
    HttpResponse,
    parse_json_object,
    read_json,
    read_refusal,
    without_frames,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
NUMBER = st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


def parse(content):
    return parse_json_object(content, what="The answer")


@given(st.dictionaries(TEXT, JSON, max_size=5), st.booleans())
def test_parse_json_object_reads_every_object(value, ascii_only):
    """What a correct provider writes, in either spelling of its letters, is what comes out."""
    assert parse(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@given(st.binary() | st.text(alphabet='{}[]":,\\u0dD8e1-.nultrfasNI \n').map(str.encode))
def test_parse_json_object_takes_any_bytes(content):
    """Arbitrary bytes give an object or a ProtocolError, nothing else."""
    with suppress(ProtocolError):
        assert isinstance(parse(content), dict)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"<html>",
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":-Infinity}',
        b'{"a":1e400}',
        b'{"a":-1e400}',
        b'{"a":' + b"1" * 5000 + b"}",
        b'{"a":"\xff"}',
        b'{"a":"\n"}',
        b"\xef\xbb\xbf{}",
        '{"a":1}'.encode("utf-16"),
        b'{"a":"\\ud800"}',
        b'{"\\udfff":1}',
        b'{"a":[{"b":"\\uDC00\\uD800"}]}',
        b'{"a":"\xed\xa0\x80"}',
        b'{"a":1} {}',
    ],
)
def test_parse_json_object_refuses_what_is_no_strict_json(content):
    """Not a number, infinite, overlong, not UTF-8, lone surrogates, a byte order mark, two values (ID-24, TR-12)."""
    with pytest.raises(ProtocolError, match="is not valid JSON"):
        parse(content)


@pytest.mark.parametrize("content", [b"[]", b'"text"', b"null", b"5", b"true"])
def test_parse_json_object_refuses_other_values(content):
    """Only an object is an answer."""
    with pytest.raises(ProtocolError, match="is not a JSON object"):
        parse(content)


@pytest.mark.parametrize("content", [b'{"aud":1,"aud":2}', b'{"aud":1,"\\u0061ud":1}', b'{"x":[{"aud":1,"aud":1}]}'])
def test_parse_json_object_refuses_a_member_twice(content):
    """In any spelling and at any depth; the error names the member."""
    with pytest.raises(ProtocolError, match="'aud' twice"):
        parse(content)


@pytest.mark.parametrize("content", [b'{"a":' * 33 + b"1" + b"}" * 33, b"[" * 100_000, b'{"a":' + b"[" * 100_000])
def test_parse_json_object_refuses_deep_nesting(content):
    """Before the recursion limit is met (ID-24, JW-07)."""
    with pytest.raises(ProtocolError, match="nested too deeply"):
        parse(content)


def test_parse_json_object_takes_depth_within_the_limit():
    """32 levels are fine, and brackets inside strings are no levels."""
    content = b'{"a":' * 31 + b'{"' + b"[" * 99 + b'":"' + b'\\"{' * 99 + b'"}' + b"}" * 31
    assert "a" in parse(content)


@pytest.mark.refused("TR-18")
def test_parse_json_object_refuses_a_large_body():
    """More than a mebibyte is not even looked at (TR-18)."""
    with pytest.raises(ProtocolError, match="too large"):
        parse(b" " * MAX_BODY_BYTES + b"{}")


@pytest.mark.parametrize(
    "content",
    [
        b'"' + b'\\"' * (MAX_BODY_BYTES // 2 - 1),
        b'\\"' * (MAX_BODY_BYTES // 2),
        b'"' * MAX_BODY_BYTES,
        b"[" * MAX_BODY_BYTES,
        b"[]" * (MAX_BODY_BYTES // 2),
        b"1" * MAX_BODY_BYTES,
    ],
    ids=["endless string", "escapes", "quotes", "open brackets", "pairs", "digits"],
)
def test_parse_json_object_is_linear(content):
    """The worst mebibyte takes well under a second; a quadratic scan took hours."""
    started = time.process_time()
    with pytest.raises(ProtocolError):
        parse(content)
    assert time.process_time() - started < 2


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 599])
@pytest.mark.refused("LF-01", "LF-02")
def test_read_json_takes_429_and_5xx_for_passing(status):
    """They are network errors with the status, whatever the body holds (JW-06)."""
    with pytest.raises(NetworkError, match=str(status)) as raised:
        read_json(make.answer(b"<html>", status), endpoint="token endpoint")
    assert raised.value.status_code == status


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("999999999999", 3600.0),
        ("1" * 13, None),
        ("-1", None),
        ("1.5", None),
        ("7\n", None),
        ("\u0667", None),
        ("", None),
        ("Fri, 31 Dec 1999 23:59:59 GMT", None),
    ],
)
@pytest.mark.holds("RF-07", "LF-02")
def test_read_json_reads_retry_after_in_seconds(text, seconds):
    """Absurd values are capped at an hour; all other forms count as absent."""
    error = make.failure(partial(read_json, make.answer(status=503, retry_after=text), endpoint="token endpoint"))
    assert error.retry_after == seconds


@pytest.mark.parametrize(
    ("retry_after", "date", "seconds"),
    [
        ("Fri, 31 Dec 1999 23:59:59 GMT", "Fri, 31 Dec 1999 23:59:50 GMT", 9.0),
        ("Fri, 31 Dec 1999 23:59:50 GMT", "Fri, 31 Dec 1999 23:59:59 GMT", 0.0),
        ("Fri, 31 Dec 2099 23:59:59 GMT", "Fri, 31 Dec 1999 23:59:59 GMT", 3600.0),
        ("Fri, 99 Dec 1999 23:59:59 GMT", "Fri, 31 Dec 1999 23:59:59 GMT", None),
        ("Fri, 31 Dec 1999 23:59:59 GMT", "yesterday", None),
        ("Fri, 31 Dec 1999 23:59:59 GMT" + " " * 99, "Fri, 31 Dec 1999 23:59:59 GMT", None),
    ],
)
@pytest.mark.holds("RF-07", "LF-02")
def test_read_json_reads_retry_after_as_a_date(retry_after, date, seconds):
    """It is measured against the answer's own clock: this machine's may be wrong (RFC 9110 §10.2.3)."""
    response = make.answer(status=503, retry_after=retry_after, date=date)
    assert make.failure(partial(read_json, response, endpoint="token endpoint")).retry_after == seconds


def test_read_refusal_of_a_firewall_says_so():
    """An HTML page is nobody's OAuth error (AWS WAF, proxies, captive portals)."""
    error = make.failure(partial(read_refusal, make.answer(b" <html>no</html>", 403), endpoint="token endpoint"))
    assert ("HTML page (HTTP 403)" in error.message, "firewall" in error.hint) == (True, True)


def test_read_json_goes_without_retry_after():
    """The header is optional."""
    assert make.failure(partial(read_json, make.answer(status=503), endpoint="token endpoint")).retry_after is None


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
@pytest.mark.refused("TR-17", "UI-06")
def test_read_json_refuses_redirects(status):
    """A redirect is named and not followed (TR-17, UI-06)."""
    with pytest.raises(ProtocolError, match=f"redirect \\(HTTP {status}\\)"):
        read_json(make.answer({}, status, location="https://evil.example"), endpoint="token endpoint")


@pytest.mark.parametrize("status", [100, 201, 202, 204, 206, 404, 405, 418])
@pytest.mark.refused("TR-06")
def test_read_json_refuses_other_statuses(status):
    """Only 200 is an answer (TR-06)."""
    with pytest.raises(ProtocolError, match=f"unexpected HTTP status, {status}"):
        read_json(make.answer({}, status), endpoint="token endpoint")


def test_read_json_reads_the_object_of_a_200():
    """The body of a good answer comes back as it is."""
    assert read_json(make.answer({"a": [1]}), endpoint="token endpoint") == {"a": [1]}


@given(st.binary(max_size=200), st.integers(100, 999))
def test_read_json_takes_any_answer(content, status):
    """Arbitrary status and bytes give an object or an error of this package."""
    with suppress(CognitoError):
        assert isinstance(read_json(HttpResponse(status, {}, content), endpoint="token endpoint"), dict)


def test_read_refusal_reads_the_object_of_a_400():
    """The body of a refusal comes back as it is."""
    assert read_refusal(make.answer({"error": "x"}, 400), endpoint="token endpoint") == {"error": "x"}


@pytest.mark.parametrize(
    "body", [{"__type": "TooManyRequestsException"}, {"message": "TooManyRequestsException: Rate exceeded"}]
)
def test_read_refusal_knows_throttling_in_disguise(body):
    """Cognito throttles with 400 in places; that passes, and must not end a session."""
    with pytest.raises(NetworkError, match="400"):
        read_refusal(make.answer(body, 400), endpoint="token endpoint")


def test_read_refusal_believes_an_error_code_first():
    """Words about throttling beside a real error code change nothing."""
    body = {"error": "invalid_grant", "error_description": "TooManyRequests"}
    assert read_refusal(make.answer(body, 400), endpoint="token endpoint") == body


def test_messages_hide_headers_and_body():
    """The repr of request and response holds neither Authorization nor content."""
    request = HttpRequest("token endpoint", "POST", "https://x.example", {"Authorization": "canary-1"}, b"canary-2")
    response = HttpResponse(200, {"set-cookie": "canary-3"}, b"canary-4")
    assert "canary" not in f"{request!r}{request}{response!r}{response}"


def test_without_frames_keeps_the_error_and_drops_the_frames_below():
    """The error is the same object; its traceback ends at the reader, whose arguments are opaque."""
    original = ProtocolError("no")

    @without_frames
    def read(_response):
        local = "canary"
        raise original if local else AssertionError

    error = make.failure(partial(read, make.answer()))
    assert (error is original, "canary" in make.everything(error)) == (True, False)


def test_without_frames_passes_values_and_other_exceptions():
    """What is no error of ours is a bug and keeps its frames; a value comes back."""
    assert without_frames(int)("5") == 5
    with pytest.raises(ValueError, match="invalid literal"):
        without_frames(int)("x")
