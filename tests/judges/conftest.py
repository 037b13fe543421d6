"""Other people's user pools, each a process of its own, and a real Jupyter server to sign in to them from.

Each is a `Judge`: what our client is configured with, and how a person gets through its sign-in page.
"""

import json
import subprocess
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPCookieProcessor, build_opener

import boto3
import pytest
from kernel.conftest import Browser, _StayHere, jupyter, kernel
from ministack_server import running_ministack
from npm import NODE, npm_ci

import cognito_nb as cn
from cognito_nb.wire import ENV_SERVER_URL

__all__ = ["jupyter", "kernel"]

PASSWORD = "Correct-Horse-7"
RESOURCE = "https://api.example.com"  # oidc-provider's access tokens are JWTs for a resource only (RFC 8707)
SIGN_OUT = "http://localhost:8888/lab"
SCOPES = ["openid", "email", "profile"]


@dataclass(frozen=True)
class Judge:
    """A user pool that shares no code, no author and no reading of the standards with us."""

    settings: dict
    callback: str

    def config(self, **changes):
        return cn.CognitoConfig(**{**self.settings, **changes})

    def sign_in(self, url, username, password):
        """Be a person at the sign-in page; return the callback URL, which is not opened."""
        # Not httpx, whose log would hold the address that a browser's tab has
        opener = build_opener(HTTPCookieProcessor(), _StayHere())
        data = None
        for _ in range(10):
            with opener.open(url, data, timeout=20) as answer:
                location, text = answer.headers["location"], answer.read().decode()
            form, data = Form(text), None
            if location is None:
                assert form.action, f"no sign-in page: {answer.status} {text[:500]}"
                data = urlencode({**form.hidden, "username": username, "password": password}).encode()
            url = urljoin(url, location or form.action)
            if url.startswith(f"{self.callback}?"):
                return url
        raise AssertionError("the sign-in goes in circles")


class Form(HTMLParser):
    """The form of a page: where it goes, and its hidden fields."""

    def __init__(self, page):
        super().__init__()
        self.action, self.hidden = None, {}
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "form":
            self.action = attributes["action"]
        elif attributes.get("type") == "hidden":
            self.hidden[attributes["name"]] = attributes["value"]


@pytest.fixture(scope="session")
def callback(jupyter):
    return f"{jupyter.environment[ENV_SERVER_URL]}cognito/callback"


@pytest.fixture(scope="session")
def ministack(callback, tmp_path_factory):
    """Somebody else's Cognito (PyPI), set up by Amazon's own client; its tokens name Amazon as their issuer."""
    with running_ministack(tmp_path_factory.mktemp("ministack")) as url:
        yield Judge(ministack_pool(url, callback), callback)


def ministack_pool(url, callback):
    """Create a pool, an app client and ada; return the settings."""
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    cognito = boto3.client("cognito-idp", endpoint_url=url, region_name="eu-west-1", **keys)
    pool_id = cognito.create_user_pool(PoolName="judge")["UserPool"]["Id"]
    cognito.create_user_pool_domain(UserPoolId=pool_id, Domain="judge")
    app = cognito.create_user_pool_client(
        UserPoolId=pool_id,
        ClientName="notebooks",
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["code"],
        AllowedOAuthScopes=[*SCOPES, "aws.cognito.signin.user.admin"],
        CallbackURLs=[callback],
        LogoutURLs=[SIGN_OUT],
        SupportedIdentityProviders=["COGNITO"],
    )["UserPoolClient"]
    attributes = {"email": "ada@example.com", "email_verified": "true", "name": "Ada"}
    cognito.admin_create_user(
        UserPoolId=pool_id,
        Username="ada",
        UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
        MessageAction="SUPPRESS",
    )
    cognito.admin_set_user_password(UserPoolId=pool_id, Username="ada", Password=PASSWORD, Permanent=True)
    cognito.close()
    return {
        "user_pool_id": pool_id,
        "client_id": app["ClientId"],
        "domain": url,
        "endpoints": {"jwks": f"{url}/{pool_id}/.well-known/jwks.json"},
        "logout_uri": SIGN_OUT,
    }


@pytest.fixture(scope="session")
def oidc_provider(callback, tmp_path_factory):
    """Run a certified OpenID Provider (npm), set up by ``node/user_pool.mjs``."""
    folder = npm_ci(Path(__file__).parent / "node", tmp_path_factory.mktemp("node"), "OIDC-PROVIDER")
    command = [NODE, "user_pool.mjs", json.dumps({"redirect_uri": callback})]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        try:
            issuer = json.loads(process.stdout.readline())["issuer"]
            yield Judge({"issuer": issuer, "client_id": "app", "resource": RESOURCE, "logout_uri": SIGN_OUT}, callback)
        finally:
            process.terminate()


@pytest.fixture(params=["ministack", "oidc_provider"])
def judge(request):
    """Run once for each of them."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def login():
    """Sign ada in at a judge, by the real start page and callback."""
    left = []

    def run(judge, change_url=str, **changes):
        left.append(Person(judge, change_url))
        left.append(cn.login(config=judge.config(**changes), open_url=left[-1].open, timeout=20))
        return left[-1]

    yield run
    for each in left:
        each.close()  # a session that ended by itself would take its time


class Person(Browser):
    """Ada at her browser; `change_url` is what an attacker on the way does to the authorization URL."""

    def __init__(self, judge, change_url):
        super().__init__(judge, "ada", PASSWORD)
        self._change_url = change_url

    def start(self, url):
        return self._change_url(super().start(url))
