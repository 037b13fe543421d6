"""What Cognito says on a page of its own and nowhere else: the answer never reaches Jupyter. `doctor` asks for it."""

from __future__ import annotations

from .row import LOGIN_PAGES, Cause, about_pool, describe_client

__all__ = ["ROWS"]

ROWS = (
    Cause(
        code="redirect_mismatch",
        title="The app client does not have this callback URL",
        likely=(
            "It differs from the registered one by a slash, a letter's case, the port, the scheme or the host name.",
            "Jupyter took another port, because its own was in use.",
            "Behind a proxy, Jupyter's address is http inside and https outside.",
        ),
        tell="Compare the redirect_uri in the address of Cognito's page with the registered URLs, letter by letter.",
        fix="Register that very URL: jupyter cognito setup --callback-url URL, or in the console.",
        console=f"{LOGIN_PAGES} → Allowed callback URLs",
        command=describe_client("CallbackURLs"),
    ),
    Cause(
        code="client_unknown",
        title="The user pool has no such app client",
        likely=("client_id is misspelt, or the app client was deleted.", "It belongs to another user pool."),
        tell="The user pool's list of app clients shows its ids.",
        fix="Compare client_id with the console.",
        console="User pools → your pool → App clients",
        command=about_pool("list-user-pool-clients"),
    ),
    Cause(
        code="client_not_enabled",
        title="The app client is not enabled for sign-in pages",
        likely=(
            "AllowedOAuthFlowsUserPoolClient is false: SDKs, templates and the CLI leave it so.",
            "A letter's case or a slash of the callback URL differs; Cognito says this then, too.",
        ),
        tell="The command says false, or null.",
        fix="Run jupyter cognito setup --client-id ID; by hand, save the app client's login pages once in the console.",
        console=LOGIN_PAGES,
        command=describe_client("AllowedOAuthFlowsUserPoolClient"),
    ),
    Cause(
        code="no_identity_provider",
        title="The app client has no identity provider",
        likely=(
            "SupportedIdentityProviders is empty: neither the user pool itself nor another provider is chosen.",
            "The provider that the setting identity_provider names is not among the app client's.",
        ),
        tell="The command lists the providers: COGNITO is the user pool itself.",
        fix="Choose 'Cognito user pool' or a provider for the app client; jupyter cognito setup does the first.",
        console=f"{LOGIN_PAGES} → Identity providers",
        command=describe_client("SupportedIdentityProviders"),
    ),
    Cause(
        code="login_page_unbranded",
        title="The sign-in page is not available: managed login has no style for this app client",
        likely=(
            "The domain has managed login (version 2), and the app client was made by the API, which makes no style.",
        ),
        tell="The page says 'Login pages unavailable'; the command says ResourceNotFoundException.",
        fix="Create a style for the app client: jupyter cognito setup does it.",
        console="User pools → your pool → Branding → Managed login → Styles",
        command=about_pool(
            "describe-managed-login-branding-by-client",
            " --client-id {client_id} --query ManagedLoginBranding.ManagedLoginBrandingId",
        ),
    ),
    Cause(
        code="parameter_missing",
        title="A parameter of the authorization request got lost",
        likely=(
            "A proxy, a mail program or a link checker changed the address.",
            "The setting endpoints names an authorization endpoint with a query of its own.",
        ),
        tell="Cognito's page names the parameter.",
        fix="Open the button's link itself, or leave endpoints out.",
    ),
    Cause(
        code="logout_uri_not_registered",
        title="The app client does not have this sign-out URL",
        likely=(
            "logout_uri differs from the registered one, often by a slash at the end.",
            "Only callback URLs were registered: sign-out URLs are a list of their own.",
        ),
        tell="Cognito's page says: Required String parameter 'redirect_uri' is not present.",
        fix="Register the setting logout_uri to the letter: jupyter cognito setup, or in the console.",
        console=f"{LOGIN_PAGES} → Allowed sign-out URLs",
        command=describe_client("LogoutURLs"),
    ),
)
