"""The routes of remembered sessions, against a real Jupyter server."""

import itertools
import json
import threading

import pytest
from server.harness import JUPYTER_TOKEN

from cognito_nb import wire
from cognito_nb.wire_sessions import LEASE_PATH, MAX_SESSION_LENGTH, SESSIONS_PATH

_numbers = itertools.count(1)
SESSION = "CANARY-tokens-of-a-session"


class Record:
    """A record of its own on a running server, as kernels use it."""

    def __init__(self, server):
        self.server = server
        self.key = f"{next(_numbers):064x}"

    def ask(self, method, path, **options):
        return self.server.request(method, path, headers=self.server.capability, **options)

    def lease(self, holder, *, wait=0, timeout=30, **changes):
        fields = {"wire": 1, "key": self.key, "holder": holder.ljust(16, "-"), "seconds": 15, "renewing": False}
        return self.ask("POST", f"{LEASE_PATH}?wait={wait}", body={**fields, **changes}, timeout=timeout)

    def keep(self, holder, session=SESSION):
        body = {"holder": holder.ljust(16, "-"), "session": session}
        return self.ask("PUT", f"{SESSIONS_PATH}/{self.key}", body=body)

    def find(self, since=0, wait=0):
        return self.ask("GET", f"{SESSIONS_PATH}/{self.key}?since={since}&wait={wait}", timeout=30)

    def forget(self):
        return self.ask("DELETE", f"{SESSIONS_PATH}/{self.key}")


@pytest.fixture
def record(server):
    return Record(server)


def waiting(call):
    """Call in a thread; returns what joins it and gives the reply."""
    replies = []
    thread = threading.Thread(target=lambda: replies.append(call()))
    thread.start()

    def join():
        thread.join(timeout=5)  # seconds; without being woken it would take longer
        return replies[0]

    return join


def test_session_goes_from_kernel_to_kernel(record):
    """One kernel keeps it, the next gets it with its turn, byte for byte."""
    assert record.lease("first").json == {"session": None, "version": 0}
    text = json.dumps({"id_token": "ey…", "quotes": '"\\'})
    version = record.keep("first", text).json["version"]
    assert record.lease("first", seconds=0).status == 204
    assert record.lease("second").json == {"session": text, "version": version}


def test_lease_of_another_is_waited_for(record):
    """A waiting kernel gets the turn the moment it is free."""
    record.lease("first")
    assert record.lease("second").status == 204
    join = waiting(lambda: record.lease("second", wait=25))
    record.lease("first", seconds=0)
    reply = join()
    while reply.status == 204:  # it was not waiting yet, or asked in the moment between
        reply = record.lease("second", wait=25)
    assert reply.json == {"session": None, "version": 0}


def test_lease_of_a_dead_kernel_is_given_on(record):
    """Nobody ends it, so its seconds do."""
    record.lease("first", seconds=0.2)
    assert record.lease("second", wait=25).status == 200


def test_lease_is_not_given_to_who_has_left(record):
    """A kernel that was interrupted while it waited for the turn does not hold it up."""
    record.lease("first")
    with pytest.raises(TimeoutError):
        record.lease("interrupted", wait=25, seconds=60, timeout=0.3)
    record.lease("first", seconds=0)
    assert record.lease("second").status == 200


def test_lost_lease_conflicts(record):
    """409 for prolonging it and for keeping with it."""
    assert record.lease("first", renewing=True).status == 409
    reply = record.keep("first")
    assert (reply.status, reply.json) == (409, {"message": "the lease is lost"})


def test_lease_of_another_wire_version_conflicts(record):
    """409 tells both versions, as for a sign-in."""
    reply = record.lease("first", wire=2)
    assert (reply.status, reply.json["server"], reply.json["kernel"]) == (409, wire.WIRE_VERSION, 2)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("key", "A" * 64),
        ("key", "a" * 63),
        ("key", None),
        ("seconds", -1),
        ("seconds", 61),
        ("seconds", True),
        ("seconds", float("nan")),
        ("renewing", 1),
    ],
)
def test_lease_refuses_a_bad_field(record, field, value):
    """The answer names the field and shows no value."""
    reply = record.lease("first", **{field: value})
    assert (reply.status, reply.json) == (400, {"message": f"bad field: {field}"})


@pytest.mark.parametrize("holder", ["bad holder", "x" * 129, "../../../../../../"])
def test_lease_and_keep_refuse_a_holder_that_is_none(record, holder):
    """It is a random id; both routes say so."""
    for reply in (record.lease(holder), record.keep(holder)):
        assert (reply.status, reply.json) == (400, {"message": "bad field: holder"})


@pytest.mark.parametrize("session", [None, "", 5, "x" * (MAX_SESSION_LENGTH + 1)])
def test_keep_refuses_what_is_no_session(record, session):
    """Empty, of another type, or too long; what was kept stays."""
    record.lease("first")
    version = record.keep("first").json["version"]
    reply = record.keep("first", session)
    assert (reply.status, reply.json) == (400, {"message": "bad field: session"})
    assert record.find().json == {"session": SESSION, "version": version}


def test_largest_session_fits(record):
    """What the wire allows, the size of a body allows too."""
    record.lease("first")
    assert record.keep("first", "x" * MAX_SESSION_LENGTH).status == 200


def test_change_wakes_who_follows(record):
    """A kernel that follows a session hears at once that it was renewed."""
    assert record.find().status == 204
    join = waiting(lambda: record.find(wait=25))
    record.lease("first")
    version = record.keep("first").json["version"]
    assert join().json == {"session": SESSION, "version": version}
    assert record.find(since=version).status == 204


def test_sign_out_wakes_who_follows(record):
    """And that it is over; the kernel that signs out gets what there was, to revoke it."""
    record.lease("first")
    version = record.keep("first").json["version"]
    join = waiting(lambda: record.find(since=version, wait=25))
    assert record.forget().json == {"session": SESSION, "version": version}
    assert join().json == {"session": None, "version": 0}
    assert record.keep("first").status == 409


@pytest.mark.parametrize("since", ["", "-1", "new", "1.5", "%ff"])
def test_find_refuses_what_is_no_version(record, since):
    """400, whatever comes."""
    assert record.find(since=since).status == 400


def test_keys_of_another_form_are_nobodys(record):
    """Only a hash finds a record; anything else is an unknown address."""
    for key in ("x", "A" * 64, "a" * 65, "../sign-ins"):
        assert record.ask("GET", f"{SESSIONS_PATH}/{key}?since=0").status == 404


@pytest.mark.parametrize(
    "headers", [{}, {wire.CAPABILITY_HEADER: "x" * 43}, {"Authorization": f"token {JUPYTER_TOKEN}"}]
)
def test_sessions_without_capability_are_closed(record, headers):
    """Neither a browser that is logged in to Jupyter nor another server's kernel reads or ends a session."""
    record.lease("first")
    record.keep("first")
    for method in ("GET", "PUT", "DELETE"):
        reply = record.server.request(method, f"{SESSIONS_PATH}/{record.key}?since=0", headers=headers, body={})
        assert (reply.status, reply.json) == (403, {"message": "the capability is missing or wrong"})
    assert record.server.request("POST", LEASE_PATH, headers=headers, body={}).status == 403
    assert record.find().json["session"] == SESSION


def test_log_holds_nothing_of_a_session(record):
    """At DEBUG: neither what is kept, nor who holds the turn."""
    record.lease("first-holder")
    record.keep("first-holder")
    record.keep("first-holder", f"{SESSION}\0")
    record.ask("PUT", f"{SESSIONS_PATH}/{record.key}", body=f'{{"session": "{SESSION}"'.encode())
    record.find(since=SESSION)
    assert f"PUT /lab-1/{SESSIONS_PATH}/{record.key} 200" in record.server.log  # the log is not simply empty
    assert "CANARY" not in record.server.log
    assert "first-holder" not in record.server.log
