"""Tokens and key sets that another library (joserfc) has made: which pass and which are refused, and for what.

Our own builders and our own checks could share a mistake; these cannot.
"""

from functools import partial

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from joserfc import jwe, jws, jwt
from joserfc.jwk import ECKey, KeySet, OctKey, OKPKey, RSAKey
from protocol import make
from protocol.make import ABSENT, claim_at_fault

from cognito_nb.protocol.claims import verify_access_token, verify_id_token
from cognito_nb.protocol.jwks import process_jwks_response
from cognito_nb.secret import Secret

PUBLIC = {"use": "sig", "kid": "rsa"}
ALGORITHMS = ["none", "HS256", "RS256", "RS384", "RS512", "PS256", "ES256", "Ed25519"]


class Issuer:
    """A user pool whose tokens and keys joserfc makes."""

    def __init__(self, pool):
        own, foreign = (
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            for key in (pool.id_key, pool.foreign_key)
        )
        self.pem = pool.id_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        self.rsa = RSAKey.import_key(own, {**PUBLIC, "alg": "RS256"})
        self.same = RSAKey.import_key(own, PUBLIC)  # the same for any algorithm
        self.foreign = RSAKey.import_key(foreign, PUBLIC)
        self.ec = ECKey.generate_key("P-256", {"use": "sig", "kid": "ec", "alg": "ES256"})
        self.okp = OKPKey.generate_key("Ed25519", {"use": "sig", "kid": "okp"})
        self.all = [self.rsa, self.ec, self.okp]

    def token(self, key=None, claims=None, **header):
        """Sign claims; the header is RS256's unless told otherwise."""
        header = make.changed({"alg": "RS256", "kid": "rsa"}, header)
        return jwt.encode(
            header, claims or make.id_claims(), key or self.same, algorithms=ALGORITHMS, default_type=None
        )

    def verify(self, token, *keys, verify=verify_id_token):
        """Verify by a key set of joserfc's writing."""
        document = KeySet(list(keys or self.all)).as_dict(private=False)
        options = {"issuer": make.ISSUER, "client_id": make.CLIENT_ID, "now": float(make.NOW)}
        if verify is verify_id_token:
            options |= {"nonce": Secret(make.NONCE), "nonce_required": True, "access_token": None}
        else:
            options |= {"resource": None, "subject": make.SUBJECT}
        return verify(Secret(token), process_jwks_response(make.answer(document), now=0.0), **options)


@pytest.fixture(scope="session")
def issuer(pool):
    return Issuer(pool)


@pytest.mark.accepted("ID-05", "ID-34")
@pytest.mark.parametrize(
    ("header", "claims"),
    [
        ({}, {}),
        ({"typ": "JWT"}, {}),
        ({"jku": "https://evil.example", "x5t": "x", "cty": "JWT"}, {}),
        ({}, {"aud": [make.CLIENT_ID]}),
        ({}, {"azp": make.CLIENT_ID, "nbf": make.NOW, "name": "Zoë \U0001f600"}),
    ],
)
def test_id_token_of_another_library_is_accepted(issuer, header, claims):
    """RS256 by a key of the pool, whose set holds keys of other kinds, too."""
    assert issuer.verify(issuer.token(claims=make.id_claims(**claims), **header)).subject == make.SUBJECT


@pytest.mark.accepted("ID-34")
def test_id_token_of_another_library_needs_no_kid_where_there_is_one_key(issuer):
    """Keys of other kinds do not count."""
    assert issuer.verify(issuer.token(kid=ABSENT)).subject == make.SUBJECT


@pytest.mark.accepted("ID-34")
@pytest.mark.parametrize("typ", [ABSENT, "JWT", "at+jwt"])
def test_access_token_of_another_library_is_accepted(issuer, typ):
    """With and without its type."""
    token = issuer.token(claims=make.access_claims(), typ=typ)
    assert issuer.verify(token, verify=verify_access_token).claims["scope"] == "phone openid email"


@pytest.mark.filterwarnings("ignore:JWS algorithm")  # joserfc would rather not sign with "none" and Ed25519
@pytest.mark.refused("ID-16", "ID-17", "ID-18")
@pytest.mark.parametrize("alg", sorted({*ALGORITHMS} - {"RS256"}))
def test_id_token_of_another_algorithm_is_refused(issuer, alg):
    """Valid tokens all of them, most by a key of the set."""
    none = OctKey.import_key(b"no key is needed, one has to be given")
    keys = {"ES256": issuer.ec, "Ed25519": issuer.okp, "HS256": OctKey.import_key(b"client secret" * 4), "none": none}
    key = keys.get(alg, issuer.same)
    assert claim_at_fault(partial(issuer.verify, issuer.token(key, alg=alg, kid=key.kid or "rsa"))) == "alg"


@pytest.mark.refused("ID-18")
@pytest.mark.parametrize("alg", ["RS384", "RS512", "PS256"])
def test_id_token_signed_otherwise_than_it_says_is_refused(issuer, alg):
    """RS256 in the header, the pool's own RSA key, and another signature."""
    header, claims, _ = issuer.token().split(".")
    signature = jws.JWSRegistry.algorithms[alg].sign(f"{header}.{claims}".encode(), issuer.same)
    assert claim_at_fault(partial(issuer.verify, f"{header}.{claims}.{make.base64url(signature)}")) == "signature"


@pytest.mark.refused("ID-19", "ID-22")
@pytest.mark.parametrize(
    "header", [{}, {"jwk": ...}, {"jku": "https://evil.example/jwks"}, {"x5u": "https://evil.example"}]
)
def test_id_token_of_a_foreign_key_is_refused(issuer, header):
    """Also where it brings that key along."""
    header = {name: issuer.foreign.as_dict(private=False) if value is ... else value for name, value in header.items()}
    assert claim_at_fault(partial(issuer.verify, issuer.token(issuer.foreign, **header))) == "signature"


@pytest.mark.refused("ID-21")
def test_id_token_with_an_unencoded_body_is_refused(issuer):
    """`b64` is a real extension, and a critical one (RFC 7797)."""
    header = {"alg": "RS256", "kid": "rsa", "crit": ["b64"], "b64": False}
    token = jws.serialize_compact(header, b"claims", issuer.same, algorithms=ALGORITHMS)
    signed, _, signature = token.partition("..")
    claims = make.json_segment(make.id_claims())
    for text in (token, f"{signed}.{claims}.{signature}"):
        assert claim_at_fault(partial(issuer.verify, text)) in ("format", "crit")


@pytest.mark.refused("ID-20")
def test_encrypted_token_is_refused(issuer):
    """Five segments: nothing that Cognito gives, though it is for our key."""
    key = RSAKey.import_key(issuer.pem)
    token = jwe.encrypt_compact({"alg": "RSA-OAEP", "enc": "A128GCM"}, issuer.token(), key)
    assert claim_at_fault(partial(issuer.verify, token)) == "format"


@pytest.mark.refused("JW-10")
def test_keys_of_other_kinds_are_never_used(issuer):
    """A set may hold them; a token that names one has no key."""
    token = issuer.token(kid="ec")
    assert claim_at_fault(partial(issuer.verify, token)) == "kid"
