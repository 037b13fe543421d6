"""App clients: what Cognito would register, and what a client may do."""

import pytest

from cognito_nb.local_pool import AppClient
from cognito_nb.local_pool.clients import check_urls

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
        ({"callback_urls": ["/relative"]}, "callback_urls: not an absolute URL"),
        ({"logout_urls": ["/relative"]}, "logout_urls: not an absolute URL"),
        ({"logout_urls": [f"https://example.com/{n}" for n in range(101)]}, "logout_urls takes up to 100"),
        ({"flows": ()}, "flows must name one"),
        ({"client_id": ""}, "client_id takes 1 to 128"),
        ({"client_id": "x" * 129}, "client_id takes 1 to 128"),
        ({"client_id": "a b"}, "client_id takes"),
        ({"client_id": "a\n"}, "client_id takes"),
        ({"client_id": "é"}, "client_id takes"),
        ({"client_secret": "x" * 23}, "client_secret takes 24 to 64"),
        ({"client_secret": "x" * 65}, "client_secret takes 24 to 64"),
        ({"client_secret": "x" * 24 + "-"}, "client_secret takes"),
        ({"scopes": tuple(f"api/{n}" for n in range(51))}, "scopes takes up to 50"),
        ({"scopes": ("openid email",)}, "scopes takes"),
        ({"scopes": ("",)}, "scopes takes"),
        ({"identity_providers": ("",)}, "identity_providers takes"),
    ],
)
def test_impossible_client_is_refused(options, message):
    """As CreateUserPoolClient would refuse it, and by the name of the parameter."""
    with pytest.raises(ValueError, match=message):
        AppClient(**options)


@pytest.mark.parametrize(
    "name", ["callback_urls", "logout_urls", "scopes", "flows", "identity_providers", "read_attributes"]
)
def test_string_is_no_list(name):
    """One URL or scope that stands alone is refused by name, not taken for its letters."""
    with pytest.raises(TypeError, match=f"^{name} takes a list of str, not str"):
        AppClient(**{name: "http://localhost:1/a"})


@pytest.mark.parametrize("name", ["client_id", "client_secret", "rotation_grace", "lifetimes"])
def test_option_of_another_type_is_refused(name):
    """By its name, and without its value."""
    with pytest.raises(TypeError, match=f"^{name} takes .*, not bytes$"):
        AppClient(**{name: SECRET.encode()})


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("https://example.com/\r\nSet-Cookie: a=b", "printable ASCII"),
        ("https://example.com/\x00", "printable ASCII"),
        ("https://example.com/a b", "printable ASCII"),
        ("https://example.com/é", "printable ASCII"),
        ("https://example.com/" + "x" * 1005, "1 to 1024"),
        ("", "1 to 1024"),
        ("https:foo", "absolute URL"),
        ("https:///foo", "absolute URL"),
        ("http://localhost#", "without a fragment"),
        ("https://example.com:99999/", "Port out of range"),
        ("https://[example.com/", "Invalid IPv6"),
        ("javascript:alert(1)", "javascript: is no place"),
        ("JavaScript://x/%0aalert(1)", "javascript: is no place"),
        ("data:text/html,x", "data: is no place"),
        ("vbscript:x", "vbscript: is no place"),
        ("http://example.com/", "for localhost"),
        ("http://localhost@example.com/", "for localhost"),
    ],
)
def test_url_that_cognito_would_not_register_is_refused(url, message):
    """The message begins with the name of the parameter, and says what is wrong with the URL."""
    with pytest.raises(ValueError, match=f"^callback_urls: .*{message}"):
        check_urls("callback_urls", [url])


@pytest.mark.parametrize(
    "url", ["https://example.com/" + "x" * 1004, "http://[::1]:65535/", "myapp://back", "myapp:/a"]
)
def test_url_at_the_edge_is_possible(url):
    """1024 characters, the last port, a scheme of one's own."""
    assert AppClient(callback_urls=[url]).check_redirect_uri(url)


def test_client_without_oauth_needs_no_flow():
    """Nothing is enabled anyway."""
    assert AppClient(flows=(), oauth_enabled=False).flows == ()


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
