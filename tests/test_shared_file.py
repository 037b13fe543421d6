"""What a cognito.toml of somebody else's may say."""

import pytest

from cognito_nb.errors import ConfigurationError
from cognito_nb.shared_file import refuse_untrusted

POOL = "eu-west-1_AbC123"
AWS = f"https://cognito-idp.eu-west-1.amazonaws.com/{POOL}"


def refusal(**table):
    with pytest.raises(ConfigurationError) as caught:
        refuse_untrusted({"user_pool_id": POOL, **table}, "a file")
    assert caught.value.source == "a file"
    assert "COGNITO_NB_" in caught.value.hint
    return caught.value.setting


@pytest.mark.parametrize(
    "issuer",
    [
        AWS,
        f"https://issuer-cognito-idp.eu-west-1.amazonaws.com/{POOL}",
        "http://127.0.0.1:9229/local_Demo",
        "https://localhost:9229/local_Demo",
    ],
)
def test_issuer_of_aws_or_this_machine_is_allowed(issuer):
    """Both of Cognito's forms for the file's own pool, and local pools."""
    refuse_untrusted({"user_pool_id": POOL, "issuer": issuer}, "a file")


@pytest.mark.parametrize(
    "issuer",
    [
        "https://evil.example",
        f"https://cognito-idp.eu-west-1.amazonaws.com.evil.example/{POOL}",
        f"https://cognito-idp.eu-west-1.amazonaws.com@evil.example/{POOL}",
        "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Other",
        f"https://cognito-idp.us-east-1.amazonaws.com/{POOL}",
        f"{AWS}/../x",
        f"{AWS}\n",
    ],
)
def test_issuer_elsewhere_is_refused(issuer):
    """Its discovery could name a genuine sign-in page and redeem the code itself."""
    assert refusal(issuer=issuer) == "issuer"


def test_issuer_without_a_pool_id_in_the_file_is_refused():
    """What the environment adds later cannot vouch for it."""
    with pytest.raises(ConfigurationError):
        refuse_untrusted({"issuer": AWS}, "a file")


@pytest.mark.parametrize(
    "domain",
    [
        "my-prefix",
        "my-prefix.auth.eu-west-1.amazoncognito.com",
        "https://my-prefix.auth-fips.us-gov-west-1.amazoncognito.com/",
        "http://localhost:9229",
    ],
)
def test_domain_of_aws_or_this_machine_is_allowed(domain):
    """A prefix, its full name, and local pools."""
    refuse_untrusted({"user_pool_id": POOL, "domain": domain}, "a file")


@pytest.mark.parametrize(
    "domain",
    [
        "https://evil.example",
        "evil.example",
        "https://x.auth.eu-west-1.amazoncognito.com.evil.example",
        "https://x.auth.eu-west-1.amazoncognito.com@evil.example",
        "https://evil.example/x.auth.eu-west-1.amazoncognito.com",
        "http://my-prefix.auth.eu-west-1.amazoncognito.com",
        "https://evilhost",
    ],
)
def test_domain_elsewhere_is_refused(domain):
    """It could send the browser on to the genuine page, and redeem the code itself."""
    assert refusal(domain=domain) == "domain"


@pytest.mark.parametrize("url", ["https://evil.example/token", "http://127.0.0.1.evil.example", 5, None])
def test_endpoint_elsewhere_is_refused(url):
    """Single endpoints only on this machine."""
    assert refusal(endpoints={"token": url}) == "endpoints"


def test_secret_is_refused_and_not_shown():
    """A file that is committed holds no secret."""
    with pytest.raises(ConfigurationError) as caught:
        refuse_untrusted({"client_secret": "s3cr3t-of-the-file"}, "a file")
    assert "s3cr3t" not in str(caught.value)


def test_values_of_other_types_are_left_to_the_config():
    """CognitoConfig refuses them, naming the setting."""
    refuse_untrusted({"user_pool_id": POOL, "issuer": 5, "domain": ["x"], "endpoints": "x"}, "a file")
