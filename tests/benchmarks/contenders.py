"""Who turns a code into verified tokens: this package, two usual ways, and the bare request as the measure.

Each is made for one sign-in, like a process of its own: whatever it opens or fetches beforehand it does in `__init__`
or while the user is away. `url` is what the browser opens, `finish` gets what the browser comes back with.
"""

import asyncio
import contextlib
import http.client
import json
import time
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import jwt
from authlib.common.security import generate_token
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc.jwk import KeySet
from joserfc.jwt import decode

from cognito_nb import sign_in as sign_in_module
from cognito_nb.receivers import Way
from cognito_nb.secret import Secret
from cognito_nb.wire import Answered

__all__ = ["CONTENDERS", "REDIRECT_URI"]

REDIRECT_URI = "http://localhost:8888/cognito/callback"
SCOPES = ("openid", "email", "profile")


def response_of(callback):
    """Return the authorization response's parameters."""
    return dict(parse_qsl(urlsplit(callback).query))


class Desk:
    """Stands in for the receiver: the response comes from this process, without a Jupyter server."""

    name, start_path = "jupyter", ""

    async def start(self, request, config, *, timeout):  # noqa: ASYNC109 - of the interface
        self.url = f"{request.url.reveal()}&{urlencode({'redirect_uri': REDIRECT_URI})}"
        self._answer = asyncio.get_running_loop().create_future()

    async def answer(self):
        return await self._answer

    def give(self, params):
        secrets = {name: Secret(value) for name, value in params.items()}
        self._answer.get_loop().call_soon_threadsafe(self._answer.set_result, Answered(secrets, REDIRECT_URI))

    async def report(self, *, ok, cause):
        """Tell nobody."""

    async def withdraw(self):
        """Leave nothing behind."""

    async def aclose(self):
        """Close nothing."""


class Ours:
    name = "cognito_nb"

    def __init__(self, config):
        self._desk = Desk()
        sign_in_module.ways = lambda *_, **__: (Way(lambda: self._desk, "a benchmark"),)
        sign_in = sign_in_module.SignIn(config, timeout=120, receiver="auto")
        sign_in.background.run(sign_in.prepare())
        self._session = sign_in.background.submit(sign_in.finish())
        self.url = self._desk.url

    def finish(self, callback):
        self._desk.give(response_of(callback))
        self.session = self._session.result()
        return self.session.claims

    def close(self):
        self.session.close()


class Authlib:
    """Authlib's client, as its documentation shows it, and the ID token verified."""

    name = "Authlib"

    def __init__(self, config):
        self._config, self._verifier, self._nonce = config, generate_token(48), generate_token(20)
        self._client = OAuth2Client(
            config.client_id,
            redirect_uri=REDIRECT_URI,
            scope=" ".join(SCOPES),
            code_challenge_method="S256",
            token_endpoint_auth_method="none",
        )
        self._metadata = self._client.request("GET", _discovery(config), withhold_token=True).json()
        self.url, _ = self._client.create_authorization_url(
            self._metadata["authorization_endpoint"], code_verifier=self._verifier, nonce=self._nonce
        )

    def finish(self, callback):
        token = self._client.fetch_token(
            self._metadata["token_endpoint"], authorization_response=callback, code_verifier=self._verifier
        )
        keys = KeySet.import_key_set(self._client.get(self._metadata["jwks_uri"]).json())
        decoded = decode(token["id_token"], keys, algorithms=["RS256"])
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            options={"iss": {"value": self._config.issuer}, "aud": {"value": self._config.client_id}},
            params={"nonce": self._nonce, "client_id": self._config.client_id},
        )
        claims.validate()
        return claims

    def close(self):
        self._client.close()


class PyJwtRecipe:
    """A POST, PyJWKClient and `jwt.decode`, as many answers on the web have it."""

    name = "PyJWT recipe"

    def __init__(self, config):
        self._config, self._verifier = config, generate_token(48)
        self._metadata = httpx.get(_discovery(config)).json()
        self._keys = jwt.PyJWKClient(self._metadata["jwks_uri"])
        self.url = _authorization_url(self._metadata, config, self._verifier)

    def finish(self, callback):
        form = _token_request(response_of(callback)["code"], self._config, self._verifier)
        token = httpx.post(self._metadata["token_endpoint"], data=form).raise_for_status().json()
        key = self._keys.get_signing_key_from_jwt(token["id_token"])
        return jwt.decode(
            token["id_token"],
            key.key,
            algorithms=["RS256"],
            audience=self._config.client_id,
            issuer=self._config.issuer,
        )

    def close(self):
        """Nothing is open."""


class BareRequest:
    """The least there can be: one request on an open connection, and nothing verified."""

    name = "bare request"

    def __init__(self, config):
        self._config, self._verifier = config, generate_token(48)
        metadata = httpx.get(_discovery(config)).json()
        self._endpoint = urlsplit(metadata["token_endpoint"])
        secure = self._endpoint.scheme == "https"
        self._connection = (http.client.HTTPSConnection if secure else http.client.HTTPConnection)(
            self._endpoint.netloc
        )
        self._connection.connect()
        time.sleep(0.15)  # until the handshake would be over
        self.url = _authorization_url(metadata, config, self._verifier)

    def finish(self, callback):
        form = _token_request(response_of(callback)["code"], self._config, self._verifier)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        self._connection.request("POST", self._endpoint.path, urlencode(form), headers)
        token = json.load(self._connection.getresponse())
        return jwt.decode(token["id_token"], options={"verify_signature": False})

    def close(self):
        with contextlib.closing(self._connection):
            pass


CONTENDERS = (Ours, Authlib, PyJwtRecipe, BareRequest)


def _discovery(config):
    return f"{config.issuer}/.well-known/openid-configuration"


def _authorization_url(metadata, config, verifier):
    parameters = {
        "response_type": "code",
        "client_id": config.client_id,
        "redirect_uri": REDIRECT_URI,
        "scope": " ".join(SCOPES),
        "state": generate_token(20),
        "code_challenge": create_s256_code_challenge(verifier),
        "code_challenge_method": "S256",
    }
    return f"{metadata['authorization_endpoint']}?{urlencode(parameters)}"


def _token_request(code, config, verifier):
    return {
        "grant_type": "authorization_code",
        "client_id": config.client_id,
        "code": code,
        "redirect_uri": REDIRECT_URI,
        "code_verifier": verifier,
    }
