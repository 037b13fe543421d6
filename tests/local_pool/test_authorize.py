"""Authorization requests: flows, identity providers, resource indicators, and where each error goes."""

from urllib.parse import parse_qs, urlsplit

import pytest

from cognito_nb.local_pool import AppClient, IdentityProvider, ResourceServer, User

CALLBACK = "http://localhost:8888/cognito/callback"
MARIE = User(username="104512233", provider="Google", attributes={"name": "Marie Curie", "email": "m@example.com"})
PROVIDERS = [IdentityProvider("Acme", "SAML", ("acme.example",))]


def parameters(text):
    return {name: values[0] for name, values in parse_qs(text).items()}


def error_page(response):
    parts = urlsplit(response.headers["Location"])
    assert parts.path == "/error"
    return parameters(parts.query)["error"]


@pytest.fixture
def federated(make_caller):
    """Talks to a pool with a Google user, as a client of these providers; others may be given."""

    def make(*providers, **options):
        pool_options = {"users": [MARIE, *options.pop("users", [])], "identity_providers": PROVIDERS}
        return make_caller(pool_options, identity_providers=providers, **options)

    return make


def google_sign_in(caller, **changes):
    """Sign Marie in on the stand-in page, with the caller's cookies."""
    url, csrf = caller.open_sign_in_page(**changes)
    return caller.web.post(url, data={"_csrf": csrf, "username": MARIE.username})


# The client and its flows


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"oauth_enabled": False}, "Client is not enabled for OAuth2.0 flows."),
        ({"identity_providers": ()}, "Login option is not available."),
        ({"identity_providers": ("COGNITO", "Google")}, "Required String parameter 'redirect_uri' is not present"),
        ({}, "Required String parameter 'redirect_uri' is not present"),
    ],
)
def test_client_that_cannot_be_served_ends_on_the_error_page(make_caller, options, message):
    """The callback is not called; without a redirect_uri the client needs one provider and one callback URL."""
    assert error_page(make_caller(**options).authorize(redirect_uri=None)) == message


def test_default_redirect_uri_stands_in(make_caller):
    """For a client with several callback URLs."""
    caller = make_caller(default_redirect_uri=CALLBACK)
    assert caller.authorize(redirect_uri=None, prompt="none").headers["Location"].startswith(f"{CALLBACK}?")


@pytest.mark.parametrize(
    ("flows", "response_type", "start"),
    [
        (("code",), "token", f"{CALLBACK}#"),
        (("implicit",), "code", f"{CALLBACK}?"),
        (("client_credentials",), "code", f"{CALLBACK}?"),
    ],
)
def test_flow_that_is_not_enabled_is_unauthorized_client(make_caller, flows, response_type, start):
    """At the callback: in the query, or in the fragment for the implicit flow."""
    caller = make_caller(flows=flows, client_secret="s3cretOfTheConfidentialClient2026")
    location = caller.authorize(response_type=response_type).headers["Location"]
    assert location.startswith(start)
    assert parameters(location.removeprefix(start)) == {"error": "unauthorized_client", "state": "the-state"}


@pytest.mark.parametrize(("scope", "has_id_token"), [("openid email", True), ("aws.cognito.signin.user.admin", False)])
def test_implicit_flow_brings_tokens_in_the_fragment(make_caller, scope, has_id_token):
    """Never a refresh token, and an ID token only with openid."""
    caller = make_caller(flows=("implicit",))
    address, _, fragment = caller.sign_in(response_type="token", scope=scope).headers["Location"].partition("#")
    answer = parameters(fragment)
    assert address == CALLBACK
    expected = {"access_token", "token_type", "expires_in", "state"} | ({"id_token"} if has_id_token else set())
    assert answer.keys() == expected
    assert (answer["token_type"], answer["expires_in"], answer["state"]) == ("bearer", "3600", "the-state")


def test_token_of_the_implicit_flow_works(make_caller):
    """At userInfo, as any other."""
    caller = make_caller(flows=("implicit",))
    fragment = caller.sign_in(response_type="token").headers["Location"].partition("#")[2]
    assert caller.userinfo(parameters(fragment)["access_token"]).json()["username"] == "ada"


def test_cancel_in_the_implicit_flow_is_an_error_in_the_fragment(make_caller):
    """Where such a client looks for it."""
    caller = make_caller(flows=("implicit",))
    url, csrf = caller.open_sign_in_page(response_type="token")
    location = caller.web.post(url, data={"_csrf": csrf, "cancel": "true"}).headers["Location"]
    assert parameters(location.partition("#")[2])["error"] == "access_denied"


# Scopes and resources


def test_custom_scope_is_granted_while_its_resource_server_has_it(make_caller):
    """A scope that was deleted there is left out of the token in silence."""
    caller = make_caller(
        {"resource_servers": [ResourceServer("api", ("read", "x"))]}, scopes=("openid", "api/read", "api/x")
    )
    caller.pool.resource_servers["api"] = ResourceServer("api", ("read",))
    token = caller.tokens(scope="openid api/read api/x")["access_token"]
    assert caller.claims(token)["scope"] == "openid api/read"


def test_default_client_may_ask_for_the_scope_of_the_demo_api(caller):
    """There is one resource server to try it with."""
    token = caller.tokens(scope="openid demo-api/reports.read")["access_token"]
    assert caller.claims(token)["scope"] == "openid demo-api/reports.read"


@pytest.mark.parametrize("resource", ["https://api.example.com/v1", "http://localhost:8000", "myapp://api"])
def test_resource_may_be_https_localhost_or_a_scheme_of_ones_own(caller, resource):
    """RFC 8707; others are refused, see the browser's tests."""
    token = caller.tokens(resource=resource)["access_token"]
    assert caller.claims(token)["aud"] == resource


@pytest.mark.parametrize("name", ["resource", "scope", "prompt", "identity_provider"])
def test_repeated_parameter_is_invalid_request(caller, name):
    """At the callback; one resource only is a rule of Cognito's."""
    url = caller.authorization_url(**{name: "https://a"})
    location = caller.web.get(f"{url}&{name}=https://b").headers["Location"]
    assert parameters(urlsplit(location).query)["error"] == "invalid_request"


# Identity providers


def test_sign_in_page_offers_the_providers_of_the_client(federated):
    """A link for each beside the form, which carries the request on."""
    caller = federated("COGNITO", "Google", "Acme")
    url, _ = caller.open_sign_in_page()
    page = caller.web.get(url).text
    assert '<label for="password">' in page
    for provider in ("Google", "Acme"):
        assert f"&amp;identity_provider={provider}" in page


def test_identity_provider_leads_to_its_stand_in(federated):
    """A page that is no form for a password, and says what it is."""
    caller = federated("COGNITO", "Google")
    page = caller.web.get(caller.authorize(identity_provider="Google").headers["Location"]).text
    assert "Stand-in for Google" in page
    assert "Marie Curie" in page
    assert 'type="password"' not in page


@pytest.mark.parametrize(
    ("providers", "changes"),
    [
        (("COGNITO", "Acme"), {"idp_identifier": "acme.example"}),
        (("COGNITO", "Acme"), {"identity_provider": "Acme", "idp_identifier": "ignored.example"}),
        (("Acme",), {}),
    ],
)
def test_provider_can_be_chosen_by_identifier_or_be_the_only_one(federated, providers, changes):
    """The name goes before the identifier."""
    caller = federated(*providers)
    assert "Stand-in for Acme" in caller.web.get(caller.authorize(**changes).headers["Location"]).text


def test_naming_the_pool_itself_leaves_the_other_providers_out(federated):
    """identity_provider=COGNITO shows the form alone."""
    caller = federated("COGNITO", "Google")
    page = caller.web.get(caller.authorize(identity_provider="COGNITO").headers["Location"]).text
    assert "Google" not in page
    assert '<label for="password">' in page


def test_federated_user_signs_in_on_the_stand_in(federated):
    """With tokens under the name that Cognito gives."""
    caller = federated("Google")
    code = parameters(urlsplit(google_sign_in(caller).headers["Location"]).query)["code"]
    claims = caller.claims(caller.redeem(code).json()["id_token"])
    assert claims["cognito:username"] == "Google_104512233"
    assert claims["email"] == "m@example.com"


def test_federated_user_signs_in_without_browser(federated):
    """`sign_in` takes the stand-in for what it is."""
    caller = federated("COGNITO", "Google")
    url = caller.authorization_url(identity_provider="Google")
    assert "code=" in caller.pool.sign_in(url, MARIE.username, "")


@pytest.mark.parametrize("username", ["ada", "Google_0"])
def test_stand_in_takes_users_of_its_provider_only(federated, username):
    """A local user or an unknown one stays on the page."""
    caller = federated("COGNITO", "Google", users=[User(username="ada", password="x")])
    url, csrf = caller.open_sign_in_page(identity_provider="Google")
    page = caller.web.post(url, data={"_csrf": csrf, "username": username, "password": "x"})
    assert page.status_code == 200


def test_form_for_passwords_takes_no_federated_user(federated):
    """Nor does a client take a password when the pool itself is not among its providers."""
    caller = federated("Google", "Acme", users=[User(username="ada", password="x")])
    url, csrf = caller.open_sign_in_page()
    assert caller.web.post(url, data={"_csrf": csrf, "username": "ada", "password": "x"}).status_code == 200
    assert caller.pool.authenticate(MARIE.username, "") is None


def test_cancel_at_the_provider_is_access_denied(federated):
    """At the callback, with the state."""
    caller = federated("Google")
    url, csrf = caller.open_sign_in_page()
    answer = parameters(
        urlsplit(caller.web.post(url, data={"_csrf": csrf, "cancel": "true"}).headers["Location"]).query
    )
    assert (answer["error"], answer["state"]) == ("access_denied", "the-state")


@pytest.mark.parametrize(
    ("changes", "answer"),
    [({}, "code"), ({"identity_provider": "Google"}, "code"), ({"identity_provider": "COGNITO"}, "error")],
)
def test_silent_request_for_a_provider_needs_a_session_from_it(federated, changes, answer):
    """Naming the pool itself excludes a federated session: login_required."""
    caller = federated("COGNITO", "Google")
    google_sign_in(caller, identity_provider="Google")
    location = caller.authorize(prompt="none", **changes).headers["Location"]
    assert answer in parameters(urlsplit(location).query)


def test_session_does_not_serve_a_client_without_its_provider(make_pool, web, caller):
    """Single sign-on ends where the user's provider is not allowed."""
    clients = [AppClient(identity_providers=("Google",)), AppClient()]
    caller.pool = make_pool(*clients, users=[MARIE])
    caller.client_id = clients[0].client_id
    google_sign_in(caller)
    assert "code=" in caller.authorize(prompt="none").headers["Location"]
    caller.client_id = clients[1].client_id
    assert "login_required" in caller.authorize(prompt="none").headers["Location"]


def test_session_of_a_deleted_user_serves_nobody(caller):
    """Nor that of a user who was replaced."""
    caller.sign_in()
    caller.pool.remove_user("ada")
    assert "login_required" in caller.authorize(prompt="none").headers["Location"]
    caller.pool.add_user("ada", "another person")
    assert "login_required" in caller.authorize(prompt="none").headers["Location"]


@pytest.mark.parametrize("prompt", ["select_account", "consent", "select_account consent"])
def test_prompts_for_providers_do_not_end_a_session(caller, prompt):
    """Cognito forwards them and asks nothing itself."""
    caller.sign_in()
    assert "code=" in caller.authorize(prompt=prompt).headers["Location"]


@pytest.mark.parametrize("prompt", ["login", "login select_account", "login consent"])
def test_prompt_login_asks_in_any_combination(caller, prompt):
    """The session stays."""
    caller.sign_in()
    assert caller.authorize(prompt=prompt).headers["Location"].startswith(f"{caller.pool.domain}/login?")
    assert "code=" in caller.authorize(prompt="none").headers["Location"]
