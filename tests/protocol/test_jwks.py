"""Key sets: which keys count, which one is meant, and when to fetch again."""

import sys
from importlib.util import module_from_spec, spec_from_file_location

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st
from protocol import make
from protocol.conftest import ACCESS_KID, ID_KID
from protocol.test_http import JSON

from cognito_nb.errors import CognitoError, ConfigurationError, NetworkError, ProtocolError
from cognito_nb.protocol import jwks
from cognito_nb.protocol.http import HttpResponse
from cognito_nb.protocol.jwks import (
    KEY_SET_LIFE,
    UNKNOWN_KID_PENALTY,
    KeySet,
    fetch_is_due,
    jwks_request,
    process_jwks_response,
)

NOW = 1000.0
URI = make.METADATA.jwks_uri


def process(*entries):
    return process_jwks_response(make.answer({"keys": list(entries)}), now=NOW)


@pytest.fixture(scope="session")
def good(pool):
    """Make an entry as Cognito publishes it."""
    return make.jwk(pool.id_key, kid="good")


def test_jwks_request_asks_the_configured_address_only():
    """Whatever a token's header says."""
    request = jwks_request(URI)
    assert (request.method, request.url, request.headers, request.content) == (
        "GET",
        URI,
        {"Accept": "application/json"},
        b"",
    )


def test_jwks_response_gives_keys_by_kid(pool):
    """A kid is an opaque string, standard base64 included."""
    found = {kid: pool.key_set.find(kid).public_numbers() for kid in (ID_KID, ACCESS_KID)}
    assert found == {
        ID_KID: pool.id_key.public_key().public_numbers(),
        ACCESS_KID: pool.access_key.public_key().public_numbers(),
    }


@pytest.mark.parametrize("kid", ["", "good ", "GOOD", "other"])
def test_key_set_knows_no_other_kid(good, kid):
    """Compared exactly."""
    assert process(good).find(kid) is None


@pytest.mark.accepted("ID-34")
def test_key_set_with_one_key_serves_tokens_without_kid(good):
    """There is no doubt which is meant (ID-34)."""
    key_set = process(good)
    assert key_set.find(None) is key_set.find("good")


@pytest.mark.refused("JW-12")
def test_key_set_with_several_keys_has_none_for_tokens_without_kid(pool):
    """Nothing is tried in turn (JW-12)."""
    assert pool.key_set.find(None) is None


def test_key_set_with_one_kid_twice_uses_the_first(pool, good):
    """A second key under the same name is never reached."""
    key_set = process(good, make.jwk(pool.foreign_key, kid="good"))
    assert key_set.find("good").public_numbers() == pool.id_key.public_key().public_numbers()


def test_key_set_shows_no_key(pool):
    """Its repr is one short line."""
    assert len(repr(pool.key_set)) < 100


def octets(number):
    return make.base64url(number.to_bytes((number.bit_length() + 7) // 8))


SPOILT = [
    {"kty": "EC"},
    {"kty": "oct", "k": "c2VjcmV0"},
    {"kty": make.ABSENT},
    {"kty": ["RSA"]},
    {"use": "enc"},
    {"use": None},
    {"alg": "RS512"},
    {"alg": "PS256"},
    {"alg": "HS256"},
    {"alg": None},
    {"alg": ["RS256"]},
    {"key_ops": ["sign"]},
    {"key_ops": 5},
    {"kid": 5},
    {"kid": None},
    {"kid": ["good"]},
    {"d": "AQAB"},
    {"n": make.ABSENT},
    {"n": ""},
    {"n": 5},
    {"n": None},
    {"n": "!"},
    {"n": "ä"},
    {"n": octets((1 << 1024) - 1)},
    {"n": octets((1 << 2046) + 1)},
    {"n": octets((1 << 8192) + 1)},
    {"n": octets((1 << 16384) - 1)},
    {"n": octets((1 << 400_000) - 1)},
    {"e": make.ABSENT},
    {"e": ""},
    {"e": 65537},
    {"e": octets(1)},
    {"e": octets(2)},
    {"e": octets(3)},
    {"e": octets(65535)},
    {"e": octets(65536)},
]


@pytest.mark.refused("JW-10")
@pytest.mark.parametrize("changes", SPOILT, ids=[f"{next(iter(changes))}-{at}" for at, changes in enumerate(SPOILT)])
def test_jwks_response_leaves_out_unusable_keys(good, changes):
    """Not RSA, not for RS256 signatures, private, broken, weak or too large to be quick (JW-10)."""
    with pytest.raises(ProtocolError, match="no RS256 key"):
        process(make.changed(good, changes))


def test_jwks_response_leaves_out_1024_bits():
    """A real weak key is no key (RFC 7518 §3.3)."""
    weak = rsa.generate_private_key(65537, 1024)
    with pytest.raises(ProtocolError, match="of 2048 to 8192 bits"):
        process(make.jwk(weak))


@pytest.mark.parametrize(
    "changes",
    [{"alg": make.ABSENT}, {"use": make.ABSENT}, {"kid": make.ABSENT}, {"key_ops": ["verify"]}, {"x5c": ["x"], "y": 1}],
)
def test_jwks_response_takes_what_rfc_7517_leaves_open(good, changes):
    """Optional members may be absent, unknown ones are ignored."""
    assert len(process(make.changed(good, changes)).keys) == 1


@pytest.mark.accepted("JW-10")
def test_jwks_response_picks_the_good_key_of_a_mixed_set(good):
    """Broken neighbours do no harm (JW-10)."""
    neighbours = [{**good, "kid": f"bad-{at}", "kty": "oct"} for at in range(3)]
    assert [kid for kid, _ in process(5, None, [], {}, *neighbours, good).keys] == ["good"]


@pytest.mark.refused("JW-07")
@pytest.mark.parametrize("keys", [make.ABSENT, None, 5, "x", {}, [{}] * 101], ids=range(6))
def test_jwks_response_without_a_list_is_refused(keys):
    """At most a hundred keys; the key set is named (JW-07)."""
    with pytest.raises(ProtocolError, match=r"key set \(JWKS\) has no usable list"):
        process_jwks_response(make.answer(make.changed({}, {"keys": keys})), now=NOW)


@pytest.mark.refused("JW-07")
@pytest.mark.parametrize("keys", [[], [5], [[]], [None]])
def test_jwks_response_without_keys_is_refused(keys):
    """A set of nothing verifies nothing (JW-07)."""
    with pytest.raises(ProtocolError, match="no RS256 key"):
        process(*keys)


@pytest.mark.refused("JW-07")
@pytest.mark.parametrize("body", [b"<html>", b"{", b"[]", b"{}", b"\xff", b"[" * 100_000])
def test_jwks_response_in_another_form_is_refused(body):
    """The key set is named, and no parser's own error comes out (JW-07)."""
    with pytest.raises(ProtocolError, match="JWKS"):
        process_jwks_response(make.answer(body), now=NOW)


def test_jwks_response_of_5xx_names_the_key_set():
    """The next try may work (JW-06)."""
    with pytest.raises(NetworkError, match="JWKS"):
        process_jwks_response(make.answer(status=500), now=NOW)


@given(st.binary(max_size=200), st.integers(100, 599))
def test_jwks_response_may_be_anything(content, status):
    """Arbitrary status and bytes raise only errors of this package."""
    with pytest.raises(CognitoError):
        process_jwks_response(HttpResponse(status, {}, content), now=NOW)


MEMBER = st.sampled_from(["kty", "n", "e", "kid", "use", "alg", "key_ops", "d"])


@given(st.lists(JSON | st.dictionaries(MEMBER, JSON), max_size=4), st.dictionaries(MEMBER, JSON | st.just("AQAB")))
def test_jwks_entries_may_be_anything(good, entries, changes):
    """Arbitrary entries are left out, whatever is wrong with them, and the good key is found."""
    assert process(*entries, {**good, "kid": "spoilt", **changes}, good).find("good") is not None


def test_fetch_is_due_without_keys():
    """The first token causes the first fetch."""
    assert fetch_is_due(None, "good", {}, now=NOW)


@pytest.mark.holds("JW-17")
@pytest.mark.parametrize(("age", "due"), [(0, False), (KEY_SET_LIFE - 1, False), (KEY_SET_LIFE, True), (-1, True)])
def test_fetch_is_due_when_the_set_is_old(pool, age, due):
    """A withdrawn key is trusted for an hour at most, also when the clock goes back (JW-17)."""
    key_set = KeySet(pool.key_set.keys, NOW)
    assert fetch_is_due(key_set, ID_KID, {}, now=NOW + age) is due


def test_fetch_is_due_for_an_unknown_kid_at_once(pool):
    """The pool may have rotated its keys right after our fetch (JW-01)."""
    assert fetch_is_due(KeySet(pool.key_set.keys, NOW), "rotated", {}, now=NOW)


@pytest.mark.parametrize(
    ("since", "due"), [(0, False), (UNKNOWN_KID_PENALTY - 0.1, False), (UNKNOWN_KID_PENALTY, True), (-1, True)]
)
def test_fetch_is_not_due_for_a_kid_that_did_not_help(pool, since, due):
    """It is held back for ten seconds, and not for ever when the clock goes back."""
    key_set = KeySet(pool.key_set.keys, NOW - 100)
    assert fetch_is_due(key_set, "unknown", {"unknown": NOW}, now=NOW + since) is due


def test_fetch_is_due_for_another_kid_after_one_that_did_not_help(pool):
    """One bad token does not hold back a rotation."""
    assert fetch_is_due(KeySet(pool.key_set.keys, NOW), "rotated", {"unknown": NOW}, now=NOW)


@pytest.mark.holds("JW-03")
def test_fetches_for_invented_kids_are_bounded(pool):
    """Ten thousand tokens of ten thousand kids cause two fetches in ten seconds (JW-03)."""
    penalties, key_set = {}, KeySet(pool.key_set.keys, NOW)
    for at in range(10_000):
        if fetch_is_due(key_set, f"invented-{at}", penalties, now=NOW + at / 1000):
            penalties[f"invented-{at}"] = NOW + at / 1000
    assert len(penalties) == 2


def test_fetch_is_not_due_for_a_token_without_kid(pool):
    """No fetch tells which of several keys is meant (JW-12)."""
    assert not fetch_is_due(KeySet(pool.key_set.keys, NOW), None, {}, now=NOW)


def test_fetch_is_not_due_for_known_keys_meanwhile(pool):
    """Good tokens keep verifying while invented kids are held back (JW-03)."""
    key_set = KeySet(pool.key_set.keys, NOW)
    assert not fetch_is_due(key_set, ID_KID, {f"invented-{at}": NOW for at in range(100)}, now=NOW)


@pytest.mark.refused("CF-13")
@pytest.mark.parametrize("package", ["cryptography", "jwt"])
def test_missing_package_is_named(monkeypatch, package):
    """PyJWT works without cryptography, and would only say that it does not know RS256 (CF-13)."""
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.setitem(sys.modules, name, None)
    again = spec_from_file_location(jwks.__name__, jwks.__file__)
    with pytest.raises(ConfigurationError, match=rf"{package}[\s\S]*pip install") as caught:
        again.loader.exec_module(module_from_spec(again))
    assert caught.value.__cause__ is None
