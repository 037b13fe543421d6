"""Builders of the answers and tokens that the tests vary.

JWTs are put together and signed by hand: an encoder would refuse to make the malformed ones, and a mistake shared with
PyJWT would go unseen.
"""

import base64
import json
import traceback
from urllib.parse import quote

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from cognito_nb.errors import CognitoError, TokenVerificationError
from cognito_nb.protocol.http import HttpResponse
from cognito_nb.protocol.metadata import Metadata
from cognito_nb.secret import Secret

ISSUER = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_EXAMPLE"
DOMAIN = "https://pool.auth.eu-west-1.amazoncognito.com"
CLIENT_ID = "1h57kf5cpq17m0eml12example"
REDIRECT_URI = "http://localhost:8888/cognito/callback"
SUBJECT = "90000000-1111-2222-3333-444444444444"
NONCE = "n-0S6_WzA2Mj"
NOW = 1_760_000_000
ABSENT = object()  # a member that is left out
CANARIES = {  # one secret of each kind, to be searched for in what an error shows
    "code": "c0de7f3a-1b2c-4d5e-8f90-canary000001",
    "state": "canaryST4te_-aZ09canaryST4te_-aZ09canary002",
    "nonce": "canaryN0nce_-bY18canaryN0nce_-bY18canary003",
    "verifier": "canaryVer1f_-cX27canaryVer1f_-cX27canary004",
    "secret": "canaryclients3cret0000000000000000000000000canary005",
    "refresh": "eyJjYW5hcnkwMDYi.cmVmcmVzaA.canary006-refresh-token",
    "access": "eyJjYW5hcnkwMDci.YWNjZXNz.canary007-access-token-0",
}

METADATA = Metadata(
    issuer=ISSUER,
    authorization_endpoint=f"{DOMAIN}/oauth2/authorize",
    token_endpoint=f"{DOMAIN}/oauth2/token",
    jwks_uri=f"{ISSUER}/.well-known/jwks.json",
)


def answer(body=b"", status=200, **headers):
    """Make an HTTP answer; anything but bytes becomes JSON, `www_authenticate` becomes www-authenticate."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpResponse(status, {name.replace("_", "-"): value for name, value in headers.items()}, content)


def changed(members, changes):
    """Copy with some members replaced, or left out where the change is `ABSENT`."""
    return {name: value for name, value in {**members, **changes}.items() if value is not ABSENT}


def id_claims(**changes):
    claims = {
        "sub": SUBJECT,
        "iss": ISSUER,
        "aud": CLIENT_ID,
        "token_use": "id",
        "nonce": NONCE,
        "auth_time": NOW - 5,
        "iat": NOW,
        "exp": NOW + 3600,
        "cognito:username": "ada",
        "email_verified": True,
    }
    return changed(claims, changes)


def access_claims(**changes):
    claims = {
        "sub": SUBJECT,
        "iss": ISSUER,
        "version": 2,
        "client_id": CLIENT_ID,
        "token_use": "access",
        "scope": "phone openid email",
        "auth_time": NOW - 5,
        "iat": NOW,
        "exp": NOW + 3600,
        "username": "ada",
    }
    return changed(claims, changes)


def base64url(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def json_segment(value):
    return base64url(value if isinstance(value, bytes) else json.dumps(value).encode())


def rs256(key, signed):
    return key.sign(signed, padding.PKCS1v15(), hashes.SHA256())


def jws(header, claims, sign):
    """Make a compact JWS of dicts, or of bytes as they are; `sign` turns the signed text into the signature."""
    signed = f"{json_segment(header)}.{json_segment(claims)}"
    return Secret(f"{signed}.{base64url(sign(signed.encode()))}")


def jwk(key, **changes):
    """Write the public half of a key as an entry of a key set."""
    numbers = key.public_key().public_numbers()
    octets = {
        name: value.to_bytes((value.bit_length() + 7) // 8) for name, value in (("n", numbers.n), ("e", numbers.e))
    }
    entry = {"kty": "RSA", "alg": "RS256", "use": "sig", "n": base64url(octets["n"]), "e": base64url(octets["e"])}
    return changed(entry, changes)


def failure(call):
    """Return the error that a call raises; a `functools.partial` keeps the test's own frame out of its traceback."""
    try:
        call()
    except CognitoError as error:
        return error
    raise AssertionError("nothing was raised")


def claim_at_fault(call):
    """Return the claim that a refusal names, in its attribute and in its text."""
    error = failure(call)
    assert type(error) is TokenVerificationError
    assert {"format": "malformed", "size": "too large"}.get(error.claim, error.claim) in str(error)
    assert len(str(error)) <= 200
    return error.claim


def everything(error):
    """All that an error shows to anybody: texts, attributes, chain, and every local of every frame below `failure`."""
    shown = []
    frames = error.__traceback__.tb_next
    while error is not None:
        printed = traceback.TracebackException(type(error), error, frames, capture_locals=True)
        shown += [str(error), repr(error), repr(vars(error)), repr(error.args), *printed.format(chain=False)]
        error = error.__cause__ or error.__context__
        frames = error.__traceback__ if error else None
    return "\n".join(shown)


def leaks(secrets, text):
    """Those secrets of which `text` holds twelve characters in a row, as they are or encoded."""
    found = []
    for secret in secrets:
        encoded = base64.b64encode(secret.encode()).decode()
        forms = {secret, quote(secret, safe=""), encoded, base64url(secret.encode())}
        if any(form[at : at + 12] in text for form in forms for at in range(len(form) - 11)):
            found.append(secret)
    return found
