"""Setup at another service of somebody else's (ministack), in a process of its own."""

import boto3
import pytest
from ministack_server import running_ministack

from cognito_nb.profiles import load_config

from .conftest import REGION, Setup


@pytest.fixture(scope="module")
def ministack_url(tmp_path_factory):
    with running_ministack(tmp_path_factory.mktemp("ministack")) as url:
        yield url


def test_setup_at_ministack(ministack_url, capsys):
    """The domain and app client that it makes are there, and a notebook's settings name them."""
    cognito = boto3.client("cognito-idp", endpoint_url=ministack_url, region_name=REGION)
    pool = cognito.create_user_pool(PoolName="Team")["UserPool"]["Id"]
    assert Setup(ministack_url, capsys)("--yes", "--login-version", "1", "--with-secret") == 0
    config = load_config()
    client = cognito.describe_user_pool_client(UserPoolId=pool, ClientId=config.client_id)["UserPoolClient"]
    assert config.user_pool_id == pool
    assert config.keeps_secret_in_keyring
    assert client["AllowedOAuthFlows"] == ["code"]
    assert client["CallbackURLs"] == list(config.redirect_uris)
    assert config.logout_uri in client["LogoutURLs"]
    assert len(client["ClientSecret"]) > 20
    domain = cognito.describe_user_pool(UserPoolId=pool)["UserPool"]["Domain"]
    assert cognito.describe_user_pool_domain(Domain=domain)["DomainDescription"]["ManagedLoginVersion"] == 1
    cognito.close()
