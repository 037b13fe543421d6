"""A pool for each test, on keys that are made once, and a client that knows nothing of the package."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import jwt
import pytest

from cognito_nb.local_pool import DEMO_PASSWORD, AppClient, LocalUserPool
from cognito_nb.local_pool.keys import PoolKeys

CALLBACK = "http://localhost:8888/cognito/callback"
VERIFIER = "a-code-verifier-of-more-than-forty-three-characters"
SECRET = "s3cretOfTheConfidentialClient2026"


def query_of(url):
    return dict(parse_qsl(urlsplit(str(url)).query, keep_blank_values=True))


@dataclass
class Caller:
    """Speaks to one pool over plain httpx, as one app client."""

    pool: LocalUserPool
    web: httpx.Client
    client_id: str

    def authorization_url(self, **changes):
        """Return an authorization URL; a change to ``None`` leaves the parameter out."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
        parameters = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": CALLBACK,
            "state": "the-state",
            "nonce": "the-nonce",
            "scope": "openid email profile",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        } | changes
        given = {name: value for name, value in parameters.items() if value is not None}
        return f"{self.pool.domain}/oauth2/authorize?{urlencode(given)}"

    def authorize(self, **changes):
        return self.web.get(self.authorization_url(**changes))

    def code(self, username="ada", **changes):
        callback = self.pool.sign_in(self.authorization_url(**changes), username, DEMO_PASSWORD)
        return query_of(callback)["code"]

    def post_token(self, headers=None, /, **parameters):
        return self.web.post(f"{self.pool.domain}/oauth2/token", data=_given(parameters), headers=headers)

    def redeem(self, code, headers=None, /, **changes):
        parameters = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "client_id": self.client_id,
            "code_verifier": VERIFIER,
        }
        return self.post_token(headers, **(parameters | changes))

    def refresh(self, refresh_token, **changes):
        parameters = {"grant_type": "refresh_token", "refresh_token": refresh_token, "client_id": self.client_id}
        return self.post_token(**(parameters | changes))

    def revoke(self, **parameters):
        return self.web.post(
            f"{self.pool.domain}/oauth2/revoke", data=_given({"client_id": self.client_id} | parameters)
        )

    def tokens(self, username="ada", **changes):
        response = self.redeem(self.code(username, **changes))
        assert response.status_code == 200, response.text
        return response.json()

    @staticmethod
    def claims(token):
        """Return what a token says, unverified."""
        return jwt.decode(token, options={"verify_signature": False, "verify_aud": False})

    def userinfo(self, access_token):
        return self.web.get(f"{self.pool.domain}/oauth2/userInfo", headers={"Authorization": f"Bearer {access_token}"})

    def open_sign_in_page(self, **changes):
        """Open the page with this caller's cookies, and return its address and form token."""
        page = self.web.get(self.authorize(**changes).headers["Location"])
        return page.url, page.text.partition('name="_csrf" value="')[2].partition('"')[0]

    def sign_in(self, **changes):
        """Sign in with this caller's cookies, so that it keeps the browser session."""
        url, csrf = self.open_sign_in_page(**changes)
        fields = {"_csrf": csrf, "username": "ada", "password": DEMO_PASSWORD}
        return self.web.post(url, data=fields)


def _given(parameters):
    return {name: value for name, value in parameters.items() if value is not None}


@pytest.fixture(scope="session")
def _keys():
    return PoolKeys.generate()


@pytest.fixture
def make_pool(_keys, monkeypatch):
    """Start pools that stop with the test."""
    monkeypatch.setattr(PoolKeys, "generate", lambda: _keys)
    pools = []

    def make(*clients, **options):
        pool = LocalUserPool(clients=clients or None, **options)
        pools.append(pool)
        return pool.start()

    yield make
    for pool in pools:
        pool.stop()


@pytest.fixture
def pool(make_pool):
    return make_pool()


@pytest.fixture
def web():
    with httpx.Client(trust_env=False) as client:
        yield client


@pytest.fixture
def caller(pool, web):
    """Talks to the default pool as its public client."""
    return Caller(pool, web, pool.client_id)


@pytest.fixture
def make_caller(make_pool, web):
    """Talk to a pool of this one client."""

    def make(pool_options=None, /, **client_options):
        client = AppClient(**client_options)
        return Caller(make_pool(client, **(pool_options or {})), web, client.client_id)

    return make


@pytest.fixture
def confidential(make_caller):
    """Talks as a client with a secret."""
    return make_caller(client_secret=SECRET)


@pytest.fixture
def advance(pool):
    """Move the pool's clock on by some seconds."""
    return pool.advance
