"""What a cognito.toml of somebody else's may say."""

import pytest

from cognito_nb.errors import ConfigurationError
from cognito_nb.secret import Secret
from cognito_nb.shared_file import refuse_diversion, refuse_untrusted

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


def test_client_secret_in_a_file_is_refused():
    """What is committed is read by many."""
    assert refusal(client_secret="s3cretOfTheConfidentialClient2026") == "client_secret"


def test_client_secret_in_the_keyring_may_be_named_in_a_file():
    """The word says where it is, and nothing more."""
    refuse_untrusted({"user_pool_id": POOL, "client_secret": "keyring"}, "a file")


ENVIRONMENT, FILE = "environment variable X", "profile 'dev' in /clone"
BY_CLIENT = {"grant": "client_credentials", "client_secret": Secret("s3cretOfTheConfidentialClient2026")}


def diversion(values, *from_file):
    """Return which setting is refused if these settings come from a file, and the others from the environment."""
    sources = dict.fromkeys(values, ENVIRONMENT) | dict.fromkeys(from_file, FILE)
    try:
        refuse_diversion(values, sources)
    except ConfigurationError as error:
        return error.setting
    return None


@pytest.mark.parametrize("place", ["user_pool_id", "client_id", "region", "issuer", "domain", "endpoints"])
def test_a_file_may_not_say_where_an_app_clients_secret_goes(place):
    """It is sent without a click: a cloned file with another user pool would get it."""
    assert diversion(BY_CLIENT, place) == "client_secret"


@pytest.mark.parametrize("place", ["issuer", "domain", "endpoints"])
@pytest.mark.parametrize("secret", ["keyring", Secret("keyring")])
def test_a_file_may_not_say_how_a_secret_from_the_keyring_gets_to_its_pool(place, secret):
    """The pool's own discovery document tells."""
    assert diversion({"client_secret": secret}, place) == "client_secret"


def test_a_file_may_say_whose_secret_in_the_keyring_it_is():
    """Each user pool and app client has an entry of its own there."""
    assert diversion({"grant": "client_credentials", "client_secret": "keyring"}, "user_pool_id", "client_id") is None


def test_a_file_may_name_the_app_client_of_a_person_who_signs_in():
    """The person sees where."""
    assert diversion({"client_secret": BY_CLIENT["client_secret"]}, "user_pool_id", "client_id") is None
