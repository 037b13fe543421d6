"""What is read of a user pool, by answers that are written down here: each call is checked by Amazon's own stub."""

import pytest
from aws_answers import answer_with
from botocore.stub import Stubber

from cognito_nb import aws_api
from cognito_nb.errors import ConfigurationError, NetworkError
from cognito_nb.setup.read import checked_client_id, find_user_pool, read_there

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
    wanted = {"client_id": None, "client_name": "notebooks", "domain_prefix": None, "asked_version": None}
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


def test_missing_style_is_seen(api, stub):
    """AWS tells it by an error; without a style the app client's managed login page does not work."""
    describe(stub, Domain="team")
    domain = {"UserPoolId": POOL, "Domain": "team", "ManagedLoginVersion": 2}
    stub.add_response("describe_user_pool_domain", {"DomainDescription": domain}, {"Domain": "team"})
    names = {"UserPoolId": POOL, "ClientId": "abc"}
    stub.add_response("describe_user_pool_client", {"UserPoolClient": dict(CLIENT)}, names)
    missing = "ResourceNotFoundException"
    stub.add_client_error("describe_managed_login_branding_by_client", missing, expected_params=names)
    assert not read(api, client_id="abc").has_style


FORGED = "Team\x1b[2J\n\n= domain        https://ok\u202e\nNothing to change."


def test_names_of_aws_are_one_line(api, stub):
    """A name can neither add a line to the plan nor drive the terminal."""
    describe(stub, Name=FORGED, UserPoolTier="PLUS\n", Domain="team\x9b31m")
    domain = {"UserPoolId": POOL, "Domain": "team", "ManagedLoginVersion": 1}
    stub.add_response("describe_user_pool_domain", {"DomainDescription": domain})
    stub.add_response("list_user_pool_clients", {"UserPoolClients": []})
    there = read(api)
    assert there.pool.name == "Team [2J  = domain        https://ok  Nothing to change."
    assert (there.pool.tier, there.domain.name) == ("PLUS ", "team 31m")


def test_names_in_the_list_of_pools_are_one_line(api, stub):
    """A pool is one line of the list, whatever it is called."""
    pools = [{"Id": POOL, "Name": FORGED}, {"Id": "eu-west-1_Other", "Name": "Other"}]
    stub.add_response("list_user_pools", {"UserPools": pools})
    with pytest.raises(ConfigurationError) as refused:
        find_user_pool(api)
    assert len(refused.value.message.splitlines()) == 3
    assert "\x1b" not in refused.value.message


@pytest.mark.parametrize(
    "setting",
    [{"ClientName": "note\nbooks"}, {"CallbackURLs": ["https://x/\x7f"]}, {"TokenValidityUnits": {"IdToken": "\x1b"}}],
)
def test_app_client_that_cannot_be_shown_is_refused(api, stub, setting):
    """An update sends all of it back as it is, so it is not made fit to be shown."""
    describe(stub, Domain="team")
    stub.add_response("describe_user_pool_domain", {"DomainDescription": {"UserPoolId": POOL}})
    stub.add_response("describe_user_pool_client", {"UserPoolClient": {**CLIENT, **setting}})
    with pytest.raises(
        ConfigurationError, match=f"^{next(iter(setting))} of the app client abc has control characters"
    ):
        read(api, client_id="abc")


TEAM = ("describe_user_pool", {"UserPool": {"Id": POOL, "Name": "Team", "Domain": "team"}})
DOMAIN = ("describe_user_pool_domain", {"DomainDescription": {"UserPoolId": POOL}})
EVIL = "x; touch pwned"
UNUSABLE = {
    "no user pool": [("describe_user_pool", {})],
    "no domain": [TEAM, ("describe_user_pool_domain", {})],
    "domain of what is no pool": [TEAM, ("describe_user_pool_domain", {"DomainDescription": {"UserPoolId": EVIL}})],
    "no app client": [TEAM, DOMAIN, ("describe_user_pool_client", {})],
    "another app client": [
        TEAM,
        DOMAIN,
        ("describe_user_pool_client", {"UserPoolClient": {**CLIENT, "ClientId": "b"}}),
    ],
    "nameless app client": [TEAM, DOMAIN, ("describe_user_pool_client", {"UserPoolClient": {"ClientId": "abc"}})],
}


@pytest.mark.parametrize("kind", UNUSABLE)
def test_answer_that_is_not_aws_is_one_error(api, stub, kind):
    """What is missing, or has not the form of an id, is told as the endpoint's fault."""
    for operation, answer in UNUSABLE[kind]:
        stub.add_response(operation, answer)
    with pytest.raises(NetworkError, match="unusable answer"):
        read(api, client_id="abc")


def test_listed_app_client_with_a_strange_id_is_refused(api, stub):
    """Its id would go into a file and into commands to copy."""
    listed = {"UserPoolClients": [{"ClientId": EVIL, "ClientName": "notebooks"}]}
    for operation, answer in (TEAM, DOMAIN, ("list_user_pool_clients", listed)):
        stub.add_response(operation, answer)
    with pytest.raises(NetworkError, match="unusable answer"):
        read(api)


@pytest.mark.parametrize(
    "content",
    [
        b'{"UserPools": [{"Id": "x; touch pwned", "Name": "n"}]}',
        b'{"UserPools": [], "NextToken": "again"}',
        b"<html>Sign in to the network first</html>",
    ],
    ids=["strange id", "endless", "a page"],
)
def test_unusable_list_of_pools_is_one_error(api, content):
    """A strange id is refused, a list that never ends does end, and what is no list is not taken for an empty one."""
    answer_with(api, content)
    with pytest.raises(NetworkError, match="unusable answer"):
        find_user_pool(api)


def test_id_of_the_new_app_client_is_taken():
    """In AWS's form."""
    assert checked_client_id({"UserPoolClient": {"ClientId": "1h57kf5cpq17m0eml12EXAMPLE"}}).startswith("1h57")


@pytest.mark.parametrize("client", [{}, {"ClientId": EVIL}, {"ClientId": "a\ud800b"}, {"ClientId": "a" * 129}])
def test_id_of_the_new_app_client_has_awss_form(client):
    """It goes into the team's file, and into the command for the keyring."""
    with pytest.raises(NetworkError, match="CreateUserPoolClient"):
        checked_client_id({"UserPoolClient": client})
