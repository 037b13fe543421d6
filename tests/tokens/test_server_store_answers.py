"""The store in the Jupyter server's memory: what it makes of a server that refuses or misbehaves."""

import asyncio
import json
from functools import partial

import pytest
from protocol.make import everything, failure, leaks
from tokens.servers import json_answer

from cognito_nb import wire
from cognito_nb.errors import ConfigurationError, NetworkError, ProtocolError
from cognito_nb.secret import Secret
from cognito_nb.tokens import server_store
from cognito_nb.tokens.access import ServerAccess
from cognito_nb.tokens.server_store import ServerStore
from cognito_nb.tokens.store import Kept
from cognito_nb.wire_sessions import LeaseRequest

REFRESH_TOKEN = "r3fresh-0123456789-abcdefghijklmnop"
KEPT = Kept("https://idp.example/pool", "client", "ada-sub", "ada", 1000, ("openid",), Secret(REFRESH_TOKEN))
CAPABILITY = "capability-0123456789-abcdef"
REFUSALS = {
    403: (ConfigurationError, "does not know this kernel"),
    404: (ConfigurationError, "too old to remember sessions"),
    429: (NetworkError, "as many sessions as it may"),
    500: (ProtocolError, "HTTP status 500"),
}
CALLS = {
    "take_turn": partial(ServerStore.take_turn, wait=True),
    "forget": ServerStore.forget,
    "changed": ServerStore.changed,
}


def ask(url, call):
    """Make a store, call it, close it."""

    async def main():
        store = ServerStore(ServerAccess(f"{url}/", Secret(CAPABILITY)), "a" * 64)
        try:
            return await CALLS[call](store)
        finally:
            await store.aclose()

    return asyncio.run(main())


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("status", REFUSALS)
def test_refusal_says_what_to_do(serve, call, status):
    """Each status has its error and its next step."""
    error, text = REFUSALS[status]
    with pytest.raises(error, match=f"{text}[^$]*\nNext step: "):
        ask(serve(json_answer("{}", status)).url, call)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "body",
    [
        KEPT.to_text().reveal(),
        json.dumps({"session": KEPT.to_text().reveal()}),
        json.dumps({"session": KEPT.to_text().reveal(), "version": 3})[:-1],
    ],
    ids=["another JSON", "without a version", "half JSON"],
)
def test_malformed_answer_is_shown_nowhere(serve, call, body):
    """What was kept stands in no frame of the error."""
    server = serve(json_answer(body))
    error = failure(partial(ask, server.url, call))
    assert (type(error), leaks([CAPABILITY, REFRESH_TOKEN], everything(error))) == (ProtocolError, [])


def test_capability_and_version_go_with_the_question(serve):
    """The lease's body is the wire's."""
    server = serve(json_answer('{"session": null, "version": 0}'))
    ask(server.url, "take_turn")
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /cognito/api/lease?wait=25 ")
    assert f"{wire.CAPABILITY_HEADER}: {CAPABILITY}".encode() in head
    assert LeaseRequest.from_json(json.loads(body)).seconds == server_store._LEASE
    assert json.loads(body)["wire"] == wire.WIRE_VERSION
