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


def test_scope_is_added_to_those_that_are_there():
    """One more scope takes none away: neither the file's nor, where it has none, the default."""
    assert wanted_client(options("--scope", "my/write"), TABLE).scopes == ("openid", "my/read", "my/write")
    assert wanted_client(options("--scope", "my/read"), {}).scopes == ("openid", "email", "profile", "my/read")


def test_address_on_another_machine_that_only_the_file_names_is_known():
    """Those of this machine, and those of the command line, are not among them."""
    table = {"redirect_uris": ["http://localhost:1337/x", "https://a.example.org/cb", "https://b.example.org/cb"]}
    wanted = wanted_client(options("--callback-url", "https://a.example.org/cb"), table)
    assert wanted.unasked_urls == ("https://b.example.org/cb",)
    assert set(table["redirect_uris"]) < set(wanted.callback_urls)


def test_app_client_that_signs_in_for_itself_is_refused():
    """Such a profile would get an app client for people, which is none for it."""
    with pytest.raises(ConfigurationError) as refused:
        refuse_unusable({**TABLE, "grant": "client_credentials", "scopes": ["my/read"]}, "dev", "cognito.toml")
    assert refused.value.setting == "grant"
    assert "--profile" in refused.value.hint


@pytest.mark.parametrize("table", [{}, {"region": "us-east-1"}, {"client_id": None}])
def test_ids_that_are_not_known_yet_are_no_fault(table):
    """Setup finds them, or makes them."""
    refuse_unusable(table, "dev", "cognito.toml")


@pytest.mark.parametrize(
    ("table", "source"), [({"scopes": ["openid"]}, "--scope"), ({"scopes": ["email"]}, "profile 'dev' in cognito.toml")]
)
def test_value_is_blamed_on_where_it_came_from(table, source):
    """What the file does not say came from an option."""
    with pytest.raises(ConfigurationError) as refused:
        refuse_unusable({**TABLE, "scopes": ["email"]}, "dev", "cognito.toml", {**TABLE, **table})
    assert refused.value.source == source


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
