"""App clients: what Cognito would register, and what a client may do."""

import pytest

from cognito_nb.local_pool import AppClient

CALLBACKS = ["http://localhost:1/a", "http://localhost:1/b"]
SECRET = "s3cretOfTheConfidentialClient2026"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"flows": ("password",)}, "flows are"),
        ({"flows": ("code", "client_credentials"), "client_secret": SECRET}, "only flow"),
        ({"flows": ("client_credentials",)}, "with a secret"),
        ({"default_redirect_uri": "http://localhost:1/c"}, "one of callback_urls"),
        ({"rotation": True, "rotation_grace": 61}, "0 to 60"),
        ({"rotation_grace": -1}, "0 to 60"),
        ({"callback_urls": ["/relative"]}, "absolute URL"),
    ],
)
def test_impossible_client_is_refused(options, message):
    """As CreateUserPoolClient would refuse it."""
    with pytest.raises(ValueError, match=message):
        AppClient(**options)


@pytest.mark.parametrize(
    ("options", "uri"),
    [
        ({"callback_urls": CALLBACKS[:1]}, CALLBACKS[0]),
        ({"callback_urls": CALLBACKS}, None),
        ({"callback_urls": CALLBACKS, "default_redirect_uri": CALLBACKS[1]}, CALLBACKS[1]),
        ({"callback_urls": CALLBACKS[:1], "identity_providers": ("COGNITO", "Google")}, None),
        ({"callback_urls": CALLBACKS[:1], "identity_providers": ("Google",)}, CALLBACKS[0]),
    ],
)
def test_redirect_uri_may_be_left_out_with_one_provider_only(options, uri):
    """Then it is the default one, or the only one."""
    assert AppClient(**options).get_default_redirect_uri() == uri


@pytest.mark.parametrize(
    ("flows", "response_types", "grant_types"),
    [
        (("code",), {"code"}, {"authorization_code", "refresh_token"}),
        (("implicit",), {"token"}, set()),
        (("code", "implicit"), {"code", "token"}, {"authorization_code", "refresh_token"}),
        (("client_credentials",), set(), {"client_credentials"}),
    ],
)
def test_flows_decide_what_is_enabled(flows, response_types, grant_types):
    """At the authorization and at the token endpoint."""
    client = AppClient(flows=flows, client_secret=SECRET)
    assert {each for each in ("code", "token", "id_token") if client.check_response_type(each)} == response_types
    known = ("authorization_code", "refresh_token", "client_credentials", "password")
    assert {each for each in known if client.check_grant_type(each)} == grant_types


def test_repr_hides_the_secret():
    """A client in a log line gives nothing away."""
    assert SECRET not in repr(AppClient(client_secret=SECRET))
