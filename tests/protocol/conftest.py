"""The user pool's keys, made once per session, and tokens signed by them."""

from dataclasses import dataclass
from functools import partial

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from protocol import make

from cognito_nb.protocol.claims import verify_access_token, verify_id_token
from cognito_nb.protocol.jwks import KeySet, process_jwks_response
from cognito_nb.secret import Secret

ID_KID, ACCESS_KID = "abc+/def=", "ghi+/jkl="


@dataclass(frozen=True)
class Pool:
    """A user pool's two keys, a third one that is not its own, and its key set."""

    id_key: RSAPrivateKey
    access_key: RSAPrivateKey
    foreign_key: RSAPrivateKey
    key_set: KeySet

    def id_token(self, claims=None, *, key=None, **header):
        """Sign an ID token; a header member that is `make.ABSENT` is left out."""
        header = make.changed({"kid": ID_KID, "alg": "RS256"}, header)
        return make.jws(header, claims or make.id_claims(), partial(make.rs256, key or self.id_key))

    def access_token(self, claims=None):
        header = {"kid": ACCESS_KID, "alg": "RS256"}
        return make.jws(header, claims or make.access_claims(), partial(make.rs256, self.access_key))

    def verify_id(self, token, **changes):
        """Verify as at sign-in, but for `changes`."""
        options = {
            "issuer": make.ISSUER,
            "client_id": make.CLIENT_ID,
            "nonce": Secret(make.NONCE),
            "nonce_required": True,
            "access_token": None,
            "now": float(make.NOW),
        }
        return verify_id_token(token, self.key_set, **(options | changes))

    def verify_access(self, token, **changes):
        """Verify as at sign-in, but for `changes`."""
        options = {
            "issuer": make.ISSUER,
            "client_id": make.CLIENT_ID,
            "resource": None,
            "subject": make.SUBJECT,
            "now": float(make.NOW),
        }
        return verify_access_token(token, self.key_set, **(options | changes))


@pytest.fixture(scope="session")
def pool():
    """Make a user pool whose two keys were fetched an instant ago."""
    id_key, access_key, foreign_key = (rsa.generate_private_key(65537, 2048) for _ in range(3))
    entries = [make.jwk(id_key, kid=ID_KID), make.jwk(access_key, kid=ACCESS_KID)]
    key_set = process_jwks_response(make.answer({"keys": entries}), now=float(make.NOW))
    return Pool(id_key, access_key, foreign_key, key_set)
