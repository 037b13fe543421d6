"""The cache of a user pool's keys: when it fetches, and what it survives."""

import asyncio

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from protocol import make
from tokens.fakes import FakeTransport, json_response, until

from cognito_nb.errors import CognitoError, NetworkError, ProtocolError
from cognito_nb.protocol.jwks import KEY_SET_LIFE, UNKNOWN_KID_PENALTY
from cognito_nb.tokens.keys import _MAX_PENALTIES, KeyCache

URI = "https://pool.example.com/jwks.json"


@pytest.fixture(scope="module")
def entries():
    """Return two keys of a pool, and a third that it will rotate to."""
    return {kid: make.jwk(rsa.generate_private_key(65537, 2048), kid=kid) for kid in ("id", "access", "next")}


class Cache:
    """A key cache over a transport that answers as it is told, with a clock that the test sets."""

    def __init__(self, *answers):
        self.now = 1000.0
        self.transport = FakeTransport({URI: answers})
        self.keys = KeyCache(self.transport, URI, clock=lambda: self.now)

    @property
    def fetches(self):
        return len(self.transport.requests)

    def find(self, *kids):
        """Return the key of the last kid."""
        return asyncio.run(self.keys.key_set(*kids)).find(kids[-1])


@pytest.fixture
def jwks(entries):
    """Return an answer with these keys."""
    return lambda *kids: json_response({"keys": [entries[kid] for kid in kids]})


def test_key_set_fetches_once(jwks):
    """Two tokens of a sign-in, and those of later refreshes, cost one fetch."""
    cache = Cache(jwks("id", "access"))
    assert all([cache.find("id", "access"), cache.find("access"), cache.find("id")])
    assert cache.fetches == 1


def test_key_set_without_a_kid_fetches_once(jwks):
    """Whoever asks for no particular key gets them all."""
    cache = Cache(jwks("id"))
    asyncio.run(cache.keys.key_set())
    asyncio.run(cache.keys.key_set())
    assert cache.fetches == 1


def test_prefetch_saves_the_fetch(jwks):
    """The keys that came while the user typed are those that the tokens are checked by."""
    cache = Cache(jwks("id", "access"))
    asyncio.run(cache.keys.prefetch())
    asyncio.run(cache.keys.prefetch())
    assert cache.find("id", "access")
    assert cache.fetches == 1


@pytest.mark.accepted("JW-01")
@pytest.mark.parametrize("fetched_before", [False, True])
def test_key_set_fetches_once_for_a_key_of_a_rotation(jwks, fetched_before):
    """Keys that rotated before our first fetch, or right after it, are found at once, by one fetch (JW-01)."""
    cache = Cache(*[jwks("id", "access")] * fetched_before, jwks("next"))
    if fetched_before:
        cache.find("id")
    before = cache.fetches
    assert (cache.find("next") is not None, cache.fetches - before) == (True, 1)


def test_key_set_shares_one_fetch_among_concurrent_callers(jwks):
    """Fifty tokens to check at once cost one fetch."""
    cache = Cache(jwks("id", "access"))

    async def main():
        cache.transport.gate = asyncio.Event()
        calls = [asyncio.create_task(cache.keys.key_set("id", "access")) for _ in range(50)]
        await until(lambda: cache.transport.requests)
        cache.transport.gate.set()
        return await asyncio.gather(*calls)

    assert (len(set(map(id, asyncio.run(main())))), cache.fetches) == (1, 1)


@pytest.mark.holds("JW-03")
@pytest.mark.parametrize("kids", [50, 10_000])
def test_key_set_bounds_the_fetches_for_unknown_kids(jwks, kids):
    """Invented kids cause no more than two fetches in ten seconds; good tokens keep verifying (JW-03)."""
    cache = Cache(jwks("id", "access"))
    cache.find("id")

    async def main():
        for number in range(kids):
            assert (await cache.keys.key_set(f"unknown-{number}")).find(f"unknown-{number}") is None
            assert (await cache.keys.key_set("id")).find("id") is not None

    asyncio.run(main())
    assert cache.fetches <= 3


def test_key_set_fetches_for_an_unknown_kid_again_later(jwks):
    """A pool whose key set lags behind is believed after the penalty."""
    cache = Cache(jwks("id"), jwks("id"), jwks("id", "next"))
    cache.find("id")
    cache.find("next")
    cache.now += UNKNOWN_KID_PENALTY + 1
    assert cache.find("next") is not None


def test_key_set_bounds_its_penalties(jwks):
    """A million unknown kids over a year fill no memory."""
    cache = Cache(jwks("id"))
    for number in range(2 * _MAX_PENALTIES):
        cache.now += UNKNOWN_KID_PENALTY + 1
        cache.find(f"unknown-{number}")
    assert len(cache.keys._penalties) == _MAX_PENALTIES


@pytest.mark.accepted("JW-03")
def test_key_set_serves_known_kids_while_another_is_fetched_for(jwks):
    """A token with an invented kid does not hold up the good ones (JW-03)."""
    cache = Cache(jwks("id"))

    async def main():
        await cache.keys.prefetch()
        cache.transport.gate = asyncio.Event()
        unknown = asyncio.create_task(cache.keys.key_set("unknown"))
        await until(lambda: cache.fetches == 2)
        async with asyncio.timeout(1):
            found = await cache.keys.key_set("id")
        unknown.cancel()
        return found

    assert asyncio.run(main()).find("id") is not None


@pytest.mark.refused("JW-17")
def test_key_set_forgets_a_key_that_the_pool_has_withdrawn(jwks):
    """After an hour at most, a withdrawn key is trusted no longer (JW-17)."""
    cache = Cache(jwks("id", "access"), jwks("access"))
    cache.find("id")
    cache.now += KEY_SET_LIFE + 1
    assert cache.find("id") is None


@pytest.mark.parametrize("failure", [NetworkError("down"), ProtocolError("odd"), json_response(b"<html>", 200)])
def test_key_set_keeps_good_keys_when_a_fetch_fails(jwks, failure):
    """A JWKS endpoint that is down for a while ends no session."""
    cache = Cache(jwks("id", "access"), failure)
    cache.find("id")
    cache.now += KEY_SET_LIFE + 1
    assert (cache.find("id") is not None, cache.fetches) == (True, 2)


def test_key_set_raises_when_a_fetch_for_an_unknown_kid_fails(jwks):
    """Whether the key is the pool's cannot be told then; that is no verdict on the token."""
    cache = Cache(jwks("id"), NetworkError("down"))
    cache.find("id")
    with pytest.raises(NetworkError, match="down"):
        cache.find("next")


@pytest.mark.refused("JW-06")
def test_key_set_works_after_a_first_fetch_that_failed(jwks):
    """The next try of a sign-in succeeds (JW-06)."""
    cache = Cache(json_response(b"", 500), jwks("id"))
    with pytest.raises(NetworkError, match=r"key set \(JWKS\) answered with HTTP status 500"):
        cache.find("id")
    assert cache.find("id") is not None


@pytest.mark.refused("JW-07")
@pytest.mark.parametrize(
    "body", [b"<html>", b"{", b"[]", b"{}", b'{"keys":null}', b'{"keys":5}', b'{"keys":[5]}', b"\xff", b"[" * 10_000]
)
def test_key_set_names_the_jwks_of_a_bad_body(body):
    """No JSONDecodeError, UnicodeDecodeError or RecursionError gets out (JW-07)."""
    with pytest.raises(ProtocolError, match="JWKS"):
        Cache(json_response(body)).find("id")


def test_key_set_refuses_half_a_body(jwks):
    """A body that was cut where its length was not announced is a normal 200 for httpx (LF-04)."""
    whole = jwks("id").content
    with pytest.raises(ProtocolError, match="JWKS"):
        Cache(json_response(whole[: len(whole) // 2])).find("id")


@pytest.mark.accepted("JW-10")
def test_key_set_uses_the_good_key_among_others(entries):
    """Unknown, broken, encryption and symmetric keys are passed over (JW-10)."""
    others = [
        {"kty": "unknown", "kid": "id"},
        {"kty": "RSA", "kid": "id", "n": "!", "e": "AQAB"},
        {**entries["next"], "kid": "id", "use": "enc"},
        {"kty": "oct", "kid": "id", "k": "c2VjcmV0"},
    ]
    cache = Cache(json_response({"keys": [*others, entries["id"]]}))
    expected = Cache(json_response({"keys": [entries["id"]]})).find("id")
    assert cache.find("id").public_numbers() == expected.public_numbers()


@pytest.mark.refused("JW-12")
def test_key_set_has_no_key_without_kid_where_there_are_several(jwks):
    """Such a token is not tried against each, and causes no further fetch (JW-12)."""
    cache = Cache(jwks("id", "access"))
    assert [cache.find(None), cache.find(None), cache.fetches] == [None, None, 1]


@pytest.mark.accepted("ID-34")
def test_key_set_takes_a_token_without_kid_where_there_is_one(jwks):
    """There is no doubt which key it means."""
    assert Cache(jwks("id")).find(None) is not None


def test_key_set_of_a_cancelled_caller_leaves_the_cache_usable(jwks):
    """An interrupt during a fetch does not lock out the next caller."""
    cache = Cache(jwks("id"))

    async def main():
        cache.transport.gate = asyncio.Event()
        call = asyncio.create_task(cache.keys.key_set("id"))
        await until(lambda: cache.transport.requests)
        call.cancel()
        cache.transport.gate = None
        async with asyncio.timeout(1):
            return await cache.keys.key_set("id")

    assert asyncio.run(main()).find("id") is not None


def test_key_set_raises_only_errors_of_ours(jwks):
    """A clock that goes back, and kids of any look, are no trouble."""
    cache = Cache(jwks("id", "access"))
    cache.find("id")
    cache.now -= 5000
    for kid in ("../../x", "' OR 1=1", "https://evil.example/", "x" * 200, "", None):
        try:
            asyncio.run(cache.keys.key_set(kid))
        except CognitoError:
            continue
    assert cache.find("id") is not None
