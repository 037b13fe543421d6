"""ID and access tokens: header, key, signature and spelling.

The numbers ID-01 … ID-34 are the rows of the security cases.
"""

import base64
import hmac
import json
from contextlib import suppress
from dataclasses import replace
from functools import partial

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from protocol import make
from protocol.conftest import ACCESS_KID, ID_KID
from protocol.make import ABSENT, SUBJECT, claim_at_fault
from protocol.test_http import JSON

from cognito_nb.errors import CognitoError, TokenVerificationError
from cognito_nb.protocol.claims import unverified_kid
from cognito_nb.protocol.jwks import process_jwks_response
from cognito_nb.secret import Secret

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
SECRETS = list(make.CANARIES.values())

HEADERS = [
    *[
        ("alg", {"alg": alg}) for alg in ("none", "None", "nOnE", "", ABSENT, None, 5, ["RS256"], "rs256", "RS256 ")
    ],  # ID-16
    *[("alg", {"alg": alg}) for alg in ("HS256", "ES256", "RS384", "RS512", "PS256", "EdDSA")],  # ID-17, ID-18
    *[("crit", {"crit": crit}) for crit in (["bork"], ["b64"], [], None, "exp")],  # ID-21
    ("crit", {"crit": ["b64"], "b64": False}),  # ID-21
    *[("typ", {"typ": typ}) for typ in ("at+jwt", "JWE", "", 5, ["JWT"])],  # ID-25
    *[
        ("kid", {"kid": kid}) for kid in ("../../x", "' OR 1=1", "https://evil.example/", "", ABSENT, None, 5, [ID_KID])
    ],  # ID-23
    ("kid", {"kid": "k" * 20_000}),  # ID-23
]


@pytest.mark.refused("ID-16", "ID-17", "ID-18", "ID-21", "ID-23", "ID-25")
@pytest.mark.parametrize(
    ("member", "header"), HEADERS, ids=[f"{member}-{at}" for at, (member, _) in enumerate(HEADERS)]
)
def test_id_token_is_refused_by_header(pool, member, header):
    """Only RS256 by a key of the pool, without extensions; the signature is real each time."""
    assert claim_at_fault(partial(pool.verify_id, pool.id_token(**header))) == member


@pytest.mark.parametrize(("kid", "named"), [("another", "another"), (ABSENT, "none"), ("k" * 200, "[…]")])
def test_refusal_names_the_key_that_is_missing(pool, kid, named):
    """To be compared with the pool's key set; not at any length."""
    text = f"ID token refused: kid: expected a known key of the user pool, got {named}"
    assert make.failure(partial(pool.verify_id, pool.id_token(kid=kid))).message == text


@pytest.mark.refused("ID-16")
@pytest.mark.parametrize(
    "header", [{}, {"kid": ABSENT}, {"kid": "unknown"}, {"typ": "x"}], ids=["known kid", "no kid", "unknown kid", "typ"]
)
@pytest.mark.parametrize("alg", ["none", "None", "nOnE", ABSENT, ["none"]])
def test_id_token_without_algorithm_is_refused_for_it(pool, alg, header):
    """No signature and no key to look for: the algorithm is what is wrong, and no key is fetched."""
    token = make.jws(
        make.changed({"alg": "none", "kid": ID_KID}, {"alg": alg, **header}), make.id_claims(), lambda _: b""
    )
    assert claim_at_fault(partial(pool.verify_id, token)) == "alg"
    assert claim_at_fault(partial(unverified_kid, token, kind="ID token")) == "alg"


@pytest.mark.accepted("ID-34")
def test_id_token_is_accepted_without_kid_where_there_is_one_key(pool):
    """There is no doubt which key is meant (ID-34)."""
    one = process_jwks_response(make.answer({"keys": [make.jwk(pool.id_key, kid="x")]}), now=0.0)
    assert replace(pool, key_set=one).verify_id(pool.id_token(kid=ABSENT))


@pytest.mark.refused("ID-17")
@pytest.mark.parametrize("form", ["pem", "der", "jwk", "modulus", "client secret"])
def test_id_token_signed_with_a_public_key_as_hmac_secret_is_refused(pool, form):
    """The algorithm is ours to choose, so a public key never becomes a secret (ID-17)."""
    public = pool.id_key.public_key()
    modulus = public.public_numbers().n
    secret = {
        "pem": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "der": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "jwk": json.dumps(make.jwk(pool.id_key)).encode(),
        "modulus": modulus.to_bytes(256),
        "client secret": b"s3cret",
    }[form]
    token = make.jws(
        {"alg": "HS256", "kid": ID_KID}, make.id_claims(), lambda signed: hmac.digest(secret, signed, "sha256")
    )
    assert claim_at_fault(partial(pool.verify_id, token)) == "alg"


def es256(_key, signed):
    return ec.generate_private_key(ec.SECP256R1()).sign(signed, ec.ECDSA(hashes.SHA256()))


def rs512(key, signed):
    return key.sign(signed, padding.PKCS1v15(), hashes.SHA512())


def ps256(key, signed):
    return key.sign(signed, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())


@pytest.mark.refused("ID-18")
@pytest.mark.parametrize(("alg", "sign"), [("ES256", es256), ("RS512", rs512), ("PS256", ps256)])
@pytest.mark.parametrize("honest", [True, False])
def test_id_token_signed_by_another_algorithm_is_refused(pool, alg, sign, honest):
    """Whether the header says so or claims RS256 (ID-18)."""
    header = {"alg": alg if honest else "RS256", "kid": ID_KID}
    token = make.jws(header, make.id_claims(), partial(sign, pool.id_key))
    assert claim_at_fault(partial(pool.verify_id, token)) == ("alg" if honest else "signature")


FORGERIES = {
    "last byte flipped": lambda signature: signature[:-1] + bytes([signature[-1] ^ 1]),
    "truncated": lambda signature: signature[:-1],
    "empty": lambda _: b"",
    "one byte": lambda _: b"\0",
    "zeros": lambda signature: bytes(len(signature)),
    "longer": lambda signature: signature + b"\0",
    "leading zero": lambda signature: b"\0" + signature,
    "very long": lambda signature: signature * 100,
}


@pytest.mark.refused("ID-19")
@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_id_token_with_another_signature_is_refused(pool, forge):
    """TLS to the token endpoint does not replace the signature (ID-19)."""
    token = make.jws(
        {"alg": "RS256", "kid": ID_KID}, make.id_claims(), lambda signed: forge(make.rs256(pool.id_key, signed))
    )
    assert claim_at_fault(partial(pool.verify_id, token)) == "signature"


@pytest.mark.refused("ID-19")
def test_id_token_with_the_signature_of_another_token_is_refused(pool):
    """A real signature, but of other claims (ID-19)."""
    signed, _, _ = pool.id_token().reveal().rpartition(".")
    _, _, signature = pool.id_token(make.id_claims(sub="other")).reveal().rpartition(".")
    assert claim_at_fault(partial(pool.verify_id, Secret(f"{signed}.{signature}"))) == "signature"


@pytest.mark.refused("ID-19")
def test_id_token_signed_by_a_foreign_key_is_refused(pool):
    """A good kid does not make a good key (ID-19)."""
    assert claim_at_fault(partial(pool.verify_id, pool.id_token(key=pool.foreign_key))) == "signature"


@pytest.mark.refused("ID-27")
def test_access_token_signed_by_a_foreign_key_is_refused(pool):
    """Both tokens are verified (ID-27)."""
    token = replace(pool, access_key=pool.foreign_key).access_token()
    assert str(make.failure(partial(pool.verify_access, token))) == "access token refused: signature"


def test_id_token_signed_by_the_key_of_another_kid_is_refused(pool):
    """The kid decides, not whichever key fits."""
    assert claim_at_fault(partial(pool.verify_id, pool.id_token(kid=ACCESS_KID))) == "signature"


@pytest.mark.refused("ID-22")
@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c"])
def test_id_token_that_brings_its_own_key_is_refused(pool, name):
    """A header's key is never used and its address never asked (ID-22, RFC 8725 §3.10)."""
    brought = make.jwk(pool.foreign_key) if name == "jwk" else "https://evil.example/keys"
    token = pool.id_token(key=pool.foreign_key, **{name: brought})
    assert claim_at_fault(partial(pool.verify_id, token)) == "signature"


def standard_alphabet(token):
    claims = make.id_claims(x="???>>>~~~")
    signed = ".".join(base64.b64encode(json.dumps(part).encode()).decode() for part in ({"alg": "RS256"}, claims))
    assert {"+", "/"} & set(signed)
    return signed + "." + token.rpartition(".")[2]


SPELLINGS = {
    "empty": lambda _: "",
    "one segment": lambda token: token.partition(".")[0],
    "two segments": lambda token: token.rpartition(".")[0],
    "four segments": lambda token: token + ".AA",
    "five segments": lambda token: token + ".AA.AA",
    "no header": lambda token: token[token.index(".") :],
    "leading blank": lambda token: " " + token,
    "trailing newline": lambda token: token + "\n",
    "blank inside": lambda token: token.replace(".", " .", 1),
    "padding": lambda token: token + "==",
    "one pad": lambda token: token + "=",
    "standard alphabet": standard_alphabet,
    "letter too many": lambda token: token + "AAA",
    "not ASCII": lambda token: token + "ä",
    "surrogate": lambda token: token + "\ud800",
    "null": lambda token: token + "\0",
    "fullwidth dot": lambda token: token.replace(".", "\uff0e"),
    "dots": lambda _: "." * 60_000,
}


@pytest.mark.refused("ID-20")
@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS)
def test_id_token_in_another_spelling_is_refused(pool, spell):
    """Three segments of unpadded base64url, and nothing around them (ID-20, ID-32)."""
    token = Secret(spell(pool.id_token().reveal()))
    assert claim_at_fault(partial(pool.verify_id, token)) == "format"


def sized(pool, characters):
    """Return a good ID token of this many characters."""
    for spare in range(4):  # base64 has no segment of 4n+1 characters: two segments make up any length
        header = {"alg": "RS256", "kid": ID_KID, "x": "x" * spare}
        left = characters - len(make.json_segment(header)) - len(".." + make.base64url(bytes(256)))
        claims = make.id_claims(x="x" * (left * 3 // 4 - len(json.dumps(make.id_claims(x="")))))
        token = make.jws(header, claims, partial(make.rs256, pool.id_key))
        if len(token.reveal()) == characters:
            return token
    raise AssertionError(characters)


@pytest.mark.accepted("ID-32")
def test_id_token_of_64_kib_is_accepted(pool):
    """Up to the cap, whatever is in it (ID-32)."""
    assert pool.verify_id(sized(pool, 65536))


HUGE = {
    "one character": lambda pool: sized(pool, 65537),
    "a claim": lambda pool: pool.id_token(make.id_claims(x="x" * 1_000_000)),
    "claims": lambda pool: pool.id_token(make.id_claims(**{f"claim{number}": number for number in range(10_000)})),
    "kid": lambda pool: pool.id_token(kid="k" * 1_000_000),
    "depth": lambda pool: pool.id_token(b"[" * 100_000),
}


@pytest.mark.refused("ID-23", "ID-24", "ID-32")
@pytest.mark.parametrize("grow", HUGE.values(), ids=HUGE)
def test_id_token_that_is_too_large_is_refused(pool, grow):
    """Before it is decoded; nothing of it is echoed (ID-23, ID-24, ID-32)."""
    assert claim_at_fault(partial(pool.verify_id, grow(pool))) == "size"


def test_id_token_has_one_spelling_only(pool):
    """No other last character gives the same signature: base64's spare bits must be zero."""
    token = pool.id_token().reveal()
    for last in set(ALPHABET) - {token[-1]}:
        with pytest.raises(TokenVerificationError):
            pool.verify_id(Secret(token[:-1] + last))


@given(st.data())
def test_id_token_with_any_other_character_is_refused(pool, data):
    """Whichever character of a good token is replaced, nothing passes (ID-19)."""
    token = pool.id_token().reveal()
    at = data.draw(st.integers(0, len(token) - 1))
    character = data.draw((st.sampled_from(ALPHABET + ".=") | st.characters()).filter(lambda other: other != token[at]))
    with pytest.raises(TokenVerificationError):
        pool.verify_id(Secret(token[:at] + character + token[at + 1 :]))


RAW = [
    b"",
    b"[]",
    b'"text"',
    b"null",
    b"5",
    b"{",
    b"\xff\xfe",
    b'{"a":"\\ud800"}',
    b"[" * 30_000,
    b'{"a":' * 5000,
]
DOUBLE = [b'{"alg":"RS256","alg":"none"}', b'{"sub":"a","sub":"b"}', b'{"aud":"a","\\u0061ud":"b"}']


@pytest.mark.refused("ID-24")
@pytest.mark.parametrize("raw", RAW + DOUBLE, ids=range(len(RAW + DOUBLE)))
@pytest.mark.parametrize("part", ["header", "claims"])
def test_id_token_of_other_json_is_refused(pool, raw, part):
    """Header and claims are JSON objects without duplicate members, whoever signed them (ID-24)."""
    parts = {"header": {"alg": "RS256", "kid": ID_KID}, "claims": make.id_claims()} | {part: raw}
    token = make.jws(parts["header"], parts["claims"], partial(make.rs256, pool.id_key))
    assert claim_at_fault(partial(pool.verify_id, token)) == "format"


@pytest.mark.parametrize("member", ["alg", "typ", "kid", "crit"])
def test_error_of_a_header_holds_no_secret(pool, member):
    """Nor does one whose header echoes."""
    token = pool.id_token(**{member: SECRETS[0]})
    assert not make.leaks([*SECRETS, token.reveal()], make.everything(make.failure(partial(pool.verify_id, token))))


def test_unverified_kid_reads_the_header(pool):
    """To know which keys to fetch."""
    assert unverified_kid(pool.id_token(), kind="ID token") == ID_KID


def test_unverified_kid_may_be_absent(pool):
    """The header need not name a key."""
    assert unverified_kid(pool.id_token(kid=ABSENT), kind="ID token") is None


def test_unverified_kid_has_at_most_200_characters(pool):
    """Longer than any that Cognito gives."""
    assert unverified_kid(pool.id_token(kid="k" * 200), kind="ID token") == "k" * 200


@pytest.mark.parametrize(("token", "claim"), [("x", "format"), ("..", "format")])
def test_unverified_kid_of_no_token_is_refused(token, claim):
    """Nothing is fetched for what is no JWT."""
    assert claim_at_fault(partial(unverified_kid, Secret(token), kind="ID token")) == claim


@pytest.mark.refused("ID-23")
@pytest.mark.parametrize("kid", [None, 5, ["x"], "k" * 201])
def test_unverified_kid_of_another_form_is_refused(pool, kid):
    """Nothing is fetched for it (ID-23)."""
    assert str(make.failure(partial(unverified_kid, pool.id_token(kid=kid), kind="x"))) == "x refused: kid"


@given(st.text() | st.text(alphabet=ALPHABET + "."))
def test_any_text_as_token_is_refused(pool, text):
    """Arbitrary text raises only errors of this package, from each of the three readers."""
    for read in (partial(unverified_kid, kind="ID token"), pool.verify_id, pool.verify_access):
        with pytest.raises(CognitoError):
            read(Secret(text))


@given(st.binary(max_size=100), st.binary(max_size=100), st.binary(max_size=300))
def test_any_bytes_in_segments_are_refused(pool, header, claims, signature):
    """Arbitrary bytes behind correct base64url raise only errors of this package."""
    with pytest.raises(CognitoError):
        pool.verify_id(make.jws(header, claims, lambda _: signature))


@given(st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "jwk", "b64", "x5c", "cty"]), JSON, min_size=1))
def test_any_signed_header_is_judged(pool, changes):
    """Arbitrary headers of a good signer pass or are refused, by no other exception."""
    with suppress(TokenVerificationError):
        assert pool.verify_id(pool.id_token(**changes)).subject == SUBJECT
