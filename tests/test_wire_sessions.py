import json

import pytest
from hypothesis import given
from test_wire import ANY_JSON

from cognito_nb import wire
from cognito_nb.secret import Secret
from cognito_nb.wire_sessions import KeepRequest, KeptSession, LeaseRequest, read_version

HOLDER = "holder-0123456789"
MESSAGES = [
    LeaseRequest("a" * 64, HOLDER, 15.0),
    LeaseRequest("a" * 64, HOLDER, 0.0, renewing=True),
    KeepRequest(HOLDER, Secret('{"id_token": "é"}')),
    KeptSession(Secret("tokens"), 7),
    KeptSession(),
]


@pytest.mark.parametrize("message", MESSAGES)
def test_message_arrives_as_it_was_sent(message):
    """What one side sends is what the other reads."""
    assert type(message).from_json(json.loads(json.dumps(message.to_json()))) == message


def test_lease_request_tells_its_version():
    """A kernel and a server of two versions find out before they misread each other."""
    assert wire.wire_version(MESSAGES[0].to_json()) == wire.WIRE_VERSION


def test_messages_show_no_secret():
    """A repr, as a traceback or a log prints it, holds nothing of the session."""
    assert "id_token" not in repr(MESSAGES)
    assert "tokens" not in repr(MESSAGES)


@pytest.mark.parametrize("version", [None, -1, True, 1.0, "1"])
def test_read_version_refuses_what_is_none(version):
    """A whole number from 0 on."""
    with pytest.raises(wire.WireError, match="^version$"):
        read_version({"version": version})


def read_or_named(reader, body):
    try:
        reader(body)
    except wire.WireError as error:
        return str(error)
    return "read"


@pytest.mark.parametrize("reader", [LeaseRequest.from_json, KeepRequest.from_json, KeptSession.from_json, read_version])
@given(body=ANY_JSON)
def test_readers_refuse_anything_else(reader, body):
    """Any JSON is either read or a WireError, which names a field and shows no value."""
    fields = {"body", "key", "holder", "seconds", "renewing", "session", "version"}
    assert read_or_named(reader, body) in fields | {"read"}
