"""What is wanted, from the options and from what the team's file says."""

import argparse

import pytest

from cognito_nb.errors import ConfigurationError
from cognito_nb.setup.options import add_arguments
from cognito_nb.setup.wish import profile_values, refuse_unusable, wanted_client

TABLE = {
    "user_pool_id": "eu-west-1_AbC123",
    "client_id": "abc",
    "redirect_uris": ["https://mine.example.org/cognito/callback"],
    "logout_uri": "https://mine.example.org/bye",
    "scopes": "openid my/read",
}


def options(*arguments):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(arguments)


def values(table, *arguments):
    given = options(*arguments)
    wanted = wanted_client(given, table)
    return profile_values(given, table, wanted, user_pool_id="eu-west-1_AbC123", client_id="abc")


def test_urls_and_scopes_of_the_file_are_registered():
    """What the team's notebooks use already has to work at the app client."""
    wanted = wanted_client(options(), TABLE)
    assert "https://mine.example.org/cognito/callback" in wanted.callback_urls
    assert "https://mine.example.org/bye" in wanted.logout_urls
    assert wanted.scopes == ("openid", "my/read")


def test_file_keeps_its_order_and_what_it_says():
    """New URLs come after the team's own; the sign-out URL and the scopes' form stay."""
    made = values(TABLE)
    assert made["redirect_uris"][0] == "https://mine.example.org/cognito/callback"
    assert made["logout_uri"] == TABLE["logout_uri"]
    assert made["scopes"] == "openid my/read"


def test_new_profile_says_no_more_than_it_has_to():
    """Scopes that are the default anyway, and origins that nobody gave, are left out."""
    assert list(values({})) == ["user_pool_id", "client_id", "redirect_uris", "logout_uri"]


def test_hub_is_where_a_sign_out_ends():
    """A team on a Hub comes back to it."""
    made = values({}, "--hub", "https://hub.example.org")
    assert made["logout_uri"] == "https://hub.example.org/hub/home"
    assert made["redirect_uris"][-1] == "https://hub.example.org/hub/user-redirect/cognito/callback"


@pytest.mark.parametrize("table", [{"client_secret": "s3cret-value"}, {"typo": "x"}, {"domain": "evil.example.org"}])
def test_profile_that_could_not_be_loaded_is_refused(table):
    """A file's faults are told before AWS is changed; a secret in it is not shown."""
    with pytest.raises(ConfigurationError) as refused:
        refuse_unusable({**TABLE, **table}, "dev", "cognito.toml")
    assert refused.value.setting == next(iter(table))
    assert "s3cret" not in str(refused.value)


def test_profile_of_another_pool_keeps_no_address_of_it():
    """A profile that would sign in at one pool's domain with another's app client is refused."""
    table = {**TABLE, "user_pool_id": "eu-west-1_Other12", "domain": "others"}
    with pytest.raises(ConfigurationError) as refused:
        values(table)
    assert refused.value.setting == "domain"
    assert "eu-west-1_Other12" in str(refused.value)
