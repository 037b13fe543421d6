"""Secrets made for the tests, and notebooks to hide them in."""

import base64
import json
import random
import string
import time
import uuid

__all__ = ["IN_CONTEXT", "cell", "make_secrets", "notebook", "segment", "written"]

_CELL = {"cell_type": "code", "execution_count": 1, "id": "0f3c2b1a", "metadata": {}, "outputs": [], "source": []}
IN_CONTEXT = {  # what needs a telling name, in text
    "authorization code": "http://localhost:8888/cognito/callback?code={}&state=Zm9vYmFyYmF6",
    "AWS secret key": "aws_secret_access_key = '{}'",
    "client secret": "client_secret = '{}'",
    "PKCE code verifier": "code_verifier = '{}'",
}


def segment(value):
    """Return a token's segment: base64url without padding."""
    data = value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def make_secrets(seed=7):
    """Return one secret of each kind, by what the report calls it."""
    chance = random.Random(seed)

    def drawn(alphabet, length):
        return "".join(chance.choices(alphabet, k=length))

    def signed(claims):
        header = {"kid": drawn(string.ascii_letters, 43) + "=", "alg": "RS256"}
        return f"{segment(header)}.{segment(claims)}.{segment(chance.randbytes(256))}"

    every = string.ascii_letters + string.digits
    sealed = (256, 12, 700, 16)
    return {
        "ID token (JWT)": signed(
            {"token_use": "id", "exp": int(time.time()) - 3 * 86400 - 60, "email": "ada@b.example"}
        ),
        "access token (JWT)": signed({"token_use": "access", "exp": int(time.time()) + 3600}),
        "JWT": signed({"sub": "somebody"}),
        "refresh token (encrypted JWT)": ".".join(
            [
                segment({"cty": "JWT", "enc": "A256GCM", "alg": "RSA-OAEP"}),
                *(segment(chance.randbytes(size)) for size in sealed),
            ]
        ),
        "AWS access key id": "ASIA" + drawn(string.ascii_uppercase + "234567", 16),
        "AWS session token": "IQoJb3JpZ2lu" + drawn(every + "/+", 400) + "==",
        "authorization code": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
        "AWS secret key": "aB3" + drawn(every + "/+", 36) + "z",
        "client secret": "1a2" + drawn(string.ascii_lowercase + string.digits, 48),
        "PKCE code verifier": "1A2" + drawn(every + "-_", 40),
    }


def cell(**fields):
    """Return a code cell."""
    return {**_CELL, **fields}


def notebook(*cells, **metadata):
    """Return a notebook of nbformat 4."""
    return {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def written(document):
    """Return a notebook's text as nbformat writes it."""
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
