"""Other people's OpenID clients go through the whole flow: Authlib's in Python, openid-client (npm) in node.

They share nothing with the pool or with `cognito_nb`, and each judges the ID token by a library of its own.
"""

import json
import subprocess
import time
import warnings
from pathlib import Path

import pytest
from authlib.integrations.base_client import OAuthError
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import BadSignatureError, ExpiredTokenError, InvalidClaimError
from joserfc.jwk import KeySet
from npm import NODE, npm_ci

from cognito_nb.local_pool import DEMO_PASSWORD, AppClient
from cognito_nb.local_pool.keys import PoolKeys, SigningKey

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # without httpx2, Authlib warns that httpx is going out of use
    from authlib.integrations.httpx_client import OAuth2Client

CALLBACK = "http://localhost:8888/cognito/callback"
SECRET = "s3cretOfTheConfidentialClient2026"
VERIFIER = "v" * 64
METHODS = ["none", "client_secret_basic", "client_secret_post"]


def pool_for(make_pool, method):
    return make_pool(AppClient(client_secret=None if method == "none" else SECRET))


@pytest.fixture
def forger(make_pool, monkeypatch):
    """Start a pool that signs ID tokens by another key than it publishes."""
    pool = make_pool()
    keys, published = pool.keys, pool.keys.jwks()
    monkeypatch.setattr(PoolKeys, "jwks", lambda _keys: published)
    pool.keys = PoolKeys(SigningKey(keys.id_token.kid, keys.access_token.private_key), keys.access_token)
    return pool


# Authlib


class Authlib(OAuth2Client):
    """Authlib's client, with what its framework integrations do around it: discovery, the key set, the ID token."""

    def __init__(self, pool, method, secret=SECRET):
        super().__init__(
            pool.client_id,
            None if method == "none" else secret,
            token_endpoint_auth_method=method,
            revocation_endpoint_auth_method=method,
            scope="openid email",
            redirect_uri=CALLBACK,
            code_challenge_method="S256",
            trust_env=False,
        )
        self.pool = pool
        self.server = self.public(f"{pool.issuer}/.well-known/openid-configuration")

    def public(self, url):
        return self.request("GET", url, withhold_token=True).raise_for_status().json()

    def sign_in(self, username="grace"):
        """Return the callback URL and the state that was sent."""
        url, state = self.create_authorization_url(
            self.server["authorization_endpoint"], code_verifier=VERIFIER, nonce="the-nonce"
        )
        return self.pool.sign_in(url, username, DEMO_PASSWORD), state

    def redeem(self, callback, state, verifier=VERIFIER):
        return self.fetch_token(
            self.server["token_endpoint"], authorization_response=callback, state=state, code_verifier=verifier
        )

    def id_claims(self, token, nonce="the-nonce"):
        """Validate an ID token as Authlib's own ``parse_id_token`` does."""
        keys = KeySet.import_key_set(self.public(self.server["jwks_uri"]))
        algorithms = self.server["id_token_signing_alg_values_supported"]
        decoded = jwt.decode(token["id_token"], keys, algorithms=algorithms)
        expected = {"iss": {"essential": True, "value": self.server["issuer"]}, "aud": {"value": self.client_id}}
        params = {"nonce": nonce, "client_id": self.client_id, "access_token": token["access_token"]}
        claims = CodeIDToken(decoded.claims, decoded.header, expected, params)
        claims.validate()
        return claims

    def refresh(self):
        return self.refresh_token(self.server["token_endpoint"])

    def revoke(self, token):
        return self.revoke_token(f"{self.pool.domain}/oauth2/revoke", token)


@pytest.fixture
def authlib(make_pool):
    """Make clients, and close them in the end."""
    clients = []

    def make(method="none", pool=None, **options):
        clients.append(Authlib(pool or pool_for(make_pool, method), method, **options))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.mark.parametrize("method", METHODS)
def test_authlib_goes_through_the_whole_flow(authlib, method):
    """Sign-in, ID token, userInfo, an API, refresh, revocation: for a public client and for one with a secret."""
    client = authlib(method)
    tokens = client.redeem(*client.sign_in())
    claims = client.id_claims(tokens)
    assert (claims["cognito:username"], claims["email_verified"]) == ("grace", True)
    userinfo = client.get(client.server["userinfo_endpoint"]).json()
    assert (userinfo["sub"], userinfo["email"]) == (claims["sub"], "grace@example.com")
    assert client.get(f"{client.pool.api_url}/me").json()["username"] == "grace"
    access_token, refresh_token = tokens["access_token"], tokens["refresh_token"]
    refreshed = client.refresh()
    assert refreshed["access_token"] != access_token
    assert client.id_claims(refreshed)["sub"] == claims["sub"]
    assert client.revoke(refresh_token).status_code == 200
    assert client.get(client.server["userinfo_endpoint"]).status_code == 401
    with pytest.raises(OAuthError, match="invalid_grant"):
        client.refresh()


def test_authlib_refuses_an_id_token_of_another_sign_in(authlib):
    """The nonce is the one that was sent."""
    client = authlib()
    tokens = client.redeem(*client.sign_in())
    with pytest.raises(InvalidClaimError, match="nonce"):
        client.id_claims(tokens, nonce="another-nonce")


def test_authlib_refuses_an_id_token_that_has_expired(authlib):
    """A pool whose clock is two hours behind issues tokens of the past."""
    client = authlib()
    client.pool.clock = lambda: time.time() - 7200
    tokens = client.redeem(*client.sign_in())
    with pytest.raises(ExpiredTokenError):
        client.id_claims(tokens)


def test_authlib_refuses_a_forged_id_token(authlib, forger):
    """Its signature is not by the key that the pool publishes under this `kid`."""
    client = authlib(pool=forger)
    tokens = client.redeem(*client.sign_in())
    with pytest.raises(BadSignatureError):
        client.id_claims(tokens)


@pytest.mark.parametrize("method", METHODS[1:])
def test_authlib_learns_of_a_wrong_secret(authlib, method):
    """As its OAuthError, in both ways to send the secret."""
    client = authlib(method, secret="a-wrong-secret")
    with pytest.raises(OAuthError, match="invalid_client"):
        client.redeem(*client.sign_in())


def test_authlib_learns_of_a_wrong_verifier(authlib):
    """As its OAuthError."""
    client = authlib()
    with pytest.raises(OAuthError, match="invalid_grant"):
        client.redeem(*client.sign_in(), verifier="w" * 64)


# openid-client


@pytest.fixture(scope="session")
def node_folder(tmp_path_factory):
    return npm_ci(Path(__file__).parent / "node", tmp_path_factory.mktemp("node"), "OPENID-CLIENT")


@pytest.fixture
def openid_client(node_folder):
    """Go through the flow by openid-client, and return what it says; Python fills in the sign-in page."""

    def run(pool, method="none", *, secret=SECRET, **expected):
        given = {
            "issuer": pool.issuer,
            "client_id": pool.client_id,
            "client_secret": secret,
            "method": method,
            "redirect_uri": CALLBACK,
            "revocation_endpoint": f"{pool.domain}/oauth2/revoke",
            "expected": expected,
        }
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        command = [NODE, "sign_in.mjs", json.dumps(given)]
        with subprocess.Popen(command, cwd=node_folder, **pipes) as process:
            try:
                callback = pool.sign_in(json.loads(process.stdout.readline()), "grace", DEMO_PASSWORD)
                output, errors = process.communicate(f"{callback}\n", timeout=30)
            finally:
                process.kill()
        assert process.returncode == 0, errors
        return json.loads(output)

    return run


@pytest.mark.parametrize("method", METHODS)
def test_openid_client_goes_through_the_whole_flow(make_pool, openid_client, method):
    """Sign-in, ID token under the published key, userInfo, refresh, revocation."""
    pool = pool_for(make_pool, method)
    result = openid_client(pool, method)
    assert result["failed"] is None, result
    claims, refreshed = result["claims"], result["refreshed"]["claims"]
    assert (claims["cognito:username"], claims["email_verified"]) == ("grace", True)
    assert result["user_info"]["sub"] == refreshed["sub"] == claims["sub"]
    assert result["refreshed"]["other"]
    assert "jwks" in {request.endpoint for request in pool.requests}
    assert result["code_again"]["error"] == "invalid_grant"
    assert result["revoked_access_token"]["error"] == "unsupported_token_type"
    assert result["refresh_after_revocation"]["error"] == "invalid_grant"


def test_openid_client_minds_what_cognito_does_otherwise(make_pool, openid_client):
    """What a strict client trips over: discovery says too little, and userInfo's challenge has no scheme."""
    result = openid_client(make_pool())
    assert result["supports_pkce"] is False
    assert result["revocation_undiscovered"]["code"] == "OAUTH_MISSING_SERVER_METADATA"
    assert result["user_info"]["email_verified"] == "true"
    assert result["userinfo_after_revocation"]["code"] == "OAUTH_RESPONSE_IS_NOT_CONFORM"


@pytest.mark.parametrize(
    ("expected", "words"),
    [({"expectedNonce": "another"}, "nonce"), ({"expectedState": "another"}, "state")],
    ids=["nonce", "state"],
)
def test_openid_client_refuses_another_sign_in(make_pool, openid_client, expected, words):
    """Nonce and state are those that were sent."""
    result = openid_client(make_pool(), **expected)
    assert result["failed"] == "code"
    assert words in result["error"]["detail"]


def test_openid_client_refuses_an_id_token_that_has_expired(make_pool, openid_client):
    """A pool whose clock is two hours behind issues tokens of the past."""
    pool = make_pool()
    pool.clock = lambda: time.time() - 7200
    assert openid_client(pool)["error"]["code"] == "OAUTH_JWT_TIMESTAMP_CHECK_FAILED"


def test_openid_client_refuses_a_forged_id_token(forger, openid_client):
    """Its signature is not by the key that the pool publishes under this `kid`."""
    assert "signature" in openid_client(forger)["error"]["detail"]


@pytest.mark.parametrize("method", METHODS[1:])
def test_openid_client_learns_of_a_wrong_secret(make_pool, openid_client, method):
    """In both ways to send the secret."""
    result = openid_client(pool_for(make_pool, method), method, secret="a-wrong-secret")
    assert (result["failed"], result["error"]["error"]) == ("code", "invalid_client")


def test_openid_client_learns_of_a_wrong_verifier(make_pool, openid_client):
    """As an OAuth error."""
    assert openid_client(make_pool(), pkceCodeVerifier="w" * 64)["error"]["error"] == "invalid_grant"
