import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_nb import wire
from cognito_nb.secret import Secret

REQUEST = wire.SignInRequest(
    kernel="kernel-1",
    profile="dév",
    issuer="https://issuer.example/pool",
    state=Secret("s" * 43),
    authorization_url=Secret("https://pool.example/oauth2/authorize?state=" + "s" * 43),
    redirect_uris=("http://localhost:8888/cognito/callback", "http://[::1]:8888/cognito/callback"),
    expires_in=630.0,
)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def sent(message):
    return json.loads(json.dumps(message.to_json()))


def test_sign_in_request_arrives_as_it_was_sent():
    """What the kernel sends is what the server reads, with the version."""
    assert wire.SignInRequest.from_json(sent(REQUEST)) == REQUEST
    assert wire.wire_version(sent(REQUEST)) == wire.WIRE_VERSION


def test_sign_in_created_arrives_as_it_was_sent():
    """What the server answers is what the kernel reads."""
    created = wire.SignInCreated("id-1", "/user/a%40b/cognito/start/id-1", 630.0)
    assert wire.SignInCreated.from_json(sent(created)) == created


@pytest.mark.parametrize(
    "found",
    [
        wire.Answered({"code": Secret("c"), "state": Secret("s")}, "http://localhost:8888/cognito/callback"),
        wire.Answered({"error": Secret("access_denied")}, "http://localhost:8888/cognito/callback"),
        *map(wire.Ended, ("error", "expired", "superseded")),
    ],
)
def test_poll_arrives_as_it_was_sent(found):
    """Answers and ends alike."""
    assert wire.read_poll(sent(found)) == found


def test_messages_show_no_secret():
    """A repr, as a traceback or a log prints it, holds neither state, URL nor code."""
    shown = repr(REQUEST) + repr(wire.Answered({"code": Secret("canary")}, "http://localhost/cb"))
    assert "sss" not in shown
    assert "canary" not in shown


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kernel", ""),
        ("kernel", "a/b"),
        ("profile", None),
        ("issuer", "ftp://issuer"),
        ("state", "short"),
        ("state", "s" * 43 + "\n"),
        ("state", "{}" * 20),
        ("authorization_url", "https://pool/authorize?a=b c"),
        ("authorization_url", "https://pool/authorize?redirect_uri=https%3A%2F%2Fevil"),
        ("authorization_url", "https://pool/authorize?redirect%5Furi="),
        ("authorization_url", "https://pool/authorize?a=b#fragment"),
        ("authorization_url", "https://pool/" + "a" * 8192),
        ("redirect_uris", "https://a/cb"),
        ("redirect_uris", ["javascript:alert(1)"]),
        ("redirect_uris", ["http://[::1/cb"]),
        ("redirect_uris", ["http://localhost:99999/cb"]),
        ("redirect_uris", 101 * ["https://a/cb"]),
        ("expires_in", 0),
        ("expires_in", 3600.5),
        ("expires_in", True),
        ("expires_in", "600"),
        ("expires_in", float("nan")),
        ("expires_in", float("inf")),
        ("expires_in", 10**400),
    ],
)
def test_sign_in_request_names_the_bad_field(field, value):
    """The error is the field's name and never its value."""
    with pytest.raises(wire.WireError, match=f"^{field}$"):
        wire.SignInRequest.from_json({**REQUEST.to_json(), field: value})


@pytest.mark.parametrize("start_path", ["https://evil/", "//evil/", "cognito/start/x", None])
def test_sign_in_created_starts_on_this_server(start_path):
    """A start path is a path: no other host can be written into it."""
    with pytest.raises(wire.WireError, match=r"^start_path$"):
        wire.SignInCreated.from_json({"id": "i", "start_path": start_path, "expires_in": 1})


@pytest.mark.parametrize("version", [None, True, "1", 1.0])
def test_wire_version_is_an_integer_or_none(version):
    """Only an integer tells a version."""
    assert wire.wire_version({"wire": version}) is None


@given(ANY_JSON | st.fixed_dictionaries({"status": st.just("answered"), "params": ANY_JSON, "redirect_uri": ANY_JSON}))
def test_readers_raise_wire_errors_only(body):
    """Whatever JSON the other side sends, it is read or is a `WireError`."""
    for read in (wire.SignInRequest.from_json, wire.SignInCreated.from_json, wire.read_poll, wire.wire_version):
        try:
            read(body)
        except wire.WireError as error:
            assert len(str(error)) < 20  # noqa: PT017 - whether it is raised depends on the body


@given(st.sampled_from(sorted(REQUEST.to_json())), ANY_JSON)
def test_sign_in_request_with_any_one_field_raises_wire_errors_only(field, value):
    """One field of any JSON at all: read, or refused by its name."""
    try:
        wire.SignInRequest.from_json({**REQUEST.to_json(), field: value})
    except wire.WireError as error:
        assert str(error) == field  # noqa: PT017 - see above
