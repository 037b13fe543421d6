"""What is read of a user pool, by answers that are written down here: each call is checked by Amazon's own stub."""

import pytest
from botocore.stub import Stubber

from cognito_nb import aws_api
from cognito_nb.setup.read import find_user_pool, read_there

from .conftest import REGION

POOL = "eu-west-1_AbC123"
CLIENT = {"UserPoolId": POOL, "ClientId": "abc", "ClientName": "notebooks", "ClientSecret": "the-secret-of-the-client"}


@pytest.fixture
def api():
    client = aws_api.user_pools_api(region=REGION)
    yield client
    client.close()


@pytest.fixture
def stub(api):
    with Stubber(api) as stub:
        yield stub
        stub.assert_no_pending_responses()


def read(api, **changes):
    wanted = {"client_id": None, "client_name": "notebooks", "domain_prefix": None, "wish": None}
    return read_there(api, POOL, **{**wanted, **changes})


def describe(stub, **pool):
    stub.add_response("describe_user_pool", {"UserPool": {"Id": POOL, "Name": "Team", **pool}}, {"UserPoolId": POOL})


def test_only_pool_is_found_on_any_page(api, stub):
    """A list goes on where the answer says so."""
    stub.add_response("list_user_pools", {"UserPools": [], "NextToken": "more"}, {"MaxResults": 60})
    stub.add_response(
        "list_user_pools", {"UserPools": [{"Id": POOL, "Name": "Team"}]}, {"MaxResults": 60, "NextToken": "more"}
    )
    assert find_user_pool(api) == POOL


def test_custom_domain_with_managed_login_is_used_and_its_style_looked_for(api, stub):
    """A custom domain comes before the prefix; the secret is not kept, only that there is one."""
    describe(stub, Domain="team", CustomDomain="auth.example.org", UserPoolTier="PLUS")
    domain = {"UserPoolId": POOL, "Domain": "auth.example.org", "ManagedLoginVersion": 2}
    stub.add_response("describe_user_pool_domain", {"DomainDescription": domain}, {"Domain": "auth.example.org"})
    names = {"UserPoolId": POOL, "ClientId": "abc"}
    stub.add_response("describe_user_pool_client", {"UserPoolClient": dict(CLIENT)}, names)
    stub.add_response("describe_managed_login_branding_by_client", {"ManagedLoginBranding": {}}, names)
    there = read(api, client_id="abc")
    assert there.domain.url == "https://auth.example.org"
    assert there.has_style
    assert there.has_secret
    assert CLIENT["ClientSecret"] not in repr(there)


PREFIX_URL, CUSTOM_URL = "https://team.auth.eu-west-1.amazoncognito.com", "https://auth.example.org"


@pytest.mark.parametrize(
    ("names", "versions", "url", "version"),
    [
        ({"Domain": "team"}, {"team": 2}, PREFIX_URL, 2),
        ({"Domain": "team"}, {"team": None}, PREFIX_URL, 1),
        ({"CustomDomain": "auth.example.org"}, {"auth.example.org": 2}, CUSTOM_URL, 2),
        ({"Domain": "team", "CustomDomain": "auth.example.org"}, {"auth.example.org": 1}, CUSTOM_URL, 1),
    ],
    ids=["prefix", "prefix without a version", "custom", "both"],
)
def test_domain_that_notebooks_use_is_read(api, stub, names, versions, url, version):
    """Of two, it is the custom one that discovery names, and its login pages; the other is not even asked about."""
    describe(stub, **names)
    for name, number in versions.items():
        domain = {"UserPoolId": POOL, "Domain": name} | ({"ManagedLoginVersion": number} if number else {})
        stub.add_response("describe_user_pool_domain", {"DomainDescription": domain}, {"Domain": name})
    stub.add_response("list_user_pool_clients", {"UserPoolClients": []}, {"UserPoolId": POOL, "MaxResults": 60})
    there = read(api)
    assert (there.domain.url, there.domain.version) == (url, version)
    assert there.new_domain is None


def test_prefix_is_used_where_the_custom_domain_is_gone(api, stub):
    """A custom domain that is just being deleted is no reason to make a second prefix."""
    describe(stub, Domain="team", CustomDomain="auth.example.org")
    stub.add_response("describe_user_pool_domain", {"DomainDescription": {}}, {"Domain": "auth.example.org"})
    domain = {"UserPoolId": POOL, "Domain": "team"}
    stub.add_response("describe_user_pool_domain", {"DomainDescription": domain}, {"Domain": "team"})
    stub.add_response("list_user_pool_clients", {"UserPoolClients": []}, {"UserPoolId": POOL, "MaxResults": 60})
    assert read(api).domain.url == PREFIX_URL


@pytest.mark.parametrize("free", ["not found", "empty"])
def test_pool_without_a_domain_can_have_the_free_prefix(api, stub, free):
    """AWS tells a free prefix by an empty description, others by an error."""
    describe(stub, UserPoolTier="ESSENTIALS")
    if free == "empty":
        stub.add_response("describe_user_pool_domain", {"DomainDescription": {}}, {"Domain": "mine"})
    else:
        stub.add_client_error("describe_user_pool_domain", "ResourceNotFoundException")
    stub.add_response("list_user_pool_clients", {"UserPoolClients": []}, {"UserPoolId": POOL, "MaxResults": 60})
    there = read(api, domain_prefix="mine")
    assert there.domain is None
    assert (there.new_domain.name, there.new_domain.version) == ("mine", 2)
    assert there.client is None
