"""The prefix of a new domain, and the version of its login pages."""

import re

import pytest

from cognito_nb.errors import ConfigurationError
from cognito_nb.setup.domain import Domain, checked_prefix, default_prefix, login_version

AWS_RULE = re.compile(r"^[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?$")  # CreateUserPoolDomain, API reference


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        ("Team Analytics", "team-analytics-abcdef123"),
        ("My AWS Cognito pool", "my-pool-abcdef123"),
        ("aamazonws", "notebooks-abcdef123"),
        ("--", "notebooks-abcdef123"),
        ("Ünïcode", "n-code-abcdef123"),
        ("x" * 200, f"{'x' * 40}-abcdef123"),
    ],
)
def test_default_prefix_comes_from_name_and_id(name, prefix):
    """It is readable, unlikely to be taken, and keeps AWS's rules whatever the pool is called."""
    made = default_prefix(name, "eu-west-1_AbCdEf123")
    assert made == prefix
    assert checked_prefix(made) == made
    assert AWS_RULE.fullmatch(made)


@pytest.mark.parametrize("user_pool_id", ["eu-west-1_xAwSx1234", "eu-west-1_aws", "eu-west-1_" + "a" * 50])
def test_default_prefix_survives_any_id(user_pool_id):
    """A reserved word in the id, or a long id, makes no prefix that AWS refuses."""
    made = default_prefix("Team", user_pool_id)
    assert checked_prefix(made) == made


@pytest.mark.parametrize("prefix", ["", "-a", "a-", "A", "a_b", "a.b", "a" * 64, "my-aws", "amazonas", "cognito1"])
def test_prefix_against_the_rules_is_refused(prefix):
    """Each of AWS's rules is checked before AWS is asked; the option is named."""
    with pytest.raises(ConfigurationError) as refused:
        checked_prefix(prefix)
    assert "--domain-prefix" in refused.value.hint


@pytest.mark.parametrize("prefix", ["a", "0", "a-b", "a" * 63])
def test_prefix_within_the_rules_is_taken(prefix):
    """The shortest and the longest are fine."""
    assert checked_prefix(prefix) == prefix


@pytest.mark.parametrize(
    ("tier", "wish", "version"),
    [("ESSENTIALS", None, 2), ("PLUS", None, 2), ("LITE", None, 1), (None, None, 1), ("LITE", 2, 2), ("PLUS", 1, 1)],
)
def test_login_version_is_what_the_plan_allows(tier, wish, version):
    """Managed login where the plan has it; what is asked for comes first."""
    assert login_version(tier, wish) == version


@pytest.mark.parametrize(
    ("name", "url"),
    [("team", "https://team.auth.eu-west-1.amazoncognito.com"), ("auth.example.org", "https://auth.example.org")],
)
def test_domain_shows_its_url(name, url):
    """A prefix is AWS's host name; a custom domain is its own."""
    assert Domain(name, "eu-west-1", 1).url == url
