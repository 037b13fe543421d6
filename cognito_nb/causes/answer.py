"""What comes back to the callback: Cognito's refusals of an authorization request (RFC 6749 §4.1.2.1)."""

from __future__ import annotations

from .row import AGAIN, LOGIN_PAGES, Cause, about_pool, describe_client

__all__ = ["ROWS"]

_TRIGGERS = "User pools → your pool → Authentication → Extensions"
_SOCIAL = "User pools → your pool → Authentication → Social and external providers"
_SCOPES = f"{LOGIN_PAGES} → OpenID Connect scopes, Custom scopes"

ROWS = (
    Cause(
        code="access_denied",
        title="Sign-in cancelled",
        likely=(
            "Somebody chose Cancel on the sign-in page, most often that of an external provider.",
            "An external identity provider refused the user.",
        ),
        fix="Run %cognito_login again to try once more.",
    ),
    Cause(
        code="code_grant_not_allowed",
        title="The app client does not allow the authorization code grant",
        likely=("Only the implicit grant, or client credentials, are chosen for the app client.",),
        tell='The command\'s list has to hold "code".',
        fix="Allow the authorization code grant: jupyter cognito setup --client-id ID, or in the console.",
        console=f"{LOGIN_PAGES} → OAuth grant types",
        command=describe_client("AllowedOAuthFlows"),
    ),
    Cause(
        code="scope_not_enabled",
        title="A scope is not enabled on the app client",
        likely=(
            "The setting scopes names one that the app client does not have.",
            "A custom scope's resource server was renamed or deleted, or the scope is misspelt (SERVER/SCOPE).",
        ),
        tell="Compare what was sent with the command's list; jupyter cognito doctor names the very scope.",
        fix="Enable the scope on the app client (jupyter cognito setup --scope SCOPE), or take it out of scopes.",
        console=_SCOPES,
        command=describe_client("AllowedOAuthScopes"),
    ),
    Cause(
        code="scope_without_openid",
        title="email, phone and profile need the scope openid",
        likely=("The setting scopes names one of them without openid.",),
        fix="Add openid to the setting scopes.",
    ),
    Cause(
        code="lambda_trigger_failed",
        title="A Lambda trigger of the user pool failed",
        likely=(
            "The function raised an error, often on purpose: it refuses this user.",
            "It took longer than five seconds, or Cognito may not call it.",
        ),
        tell="Cognito's words name the trigger; the function's log in CloudWatch has the time of this sign-in.",
        fix="Ask whoever owns the user pool to read that function's log.",
        console=_TRIGGERS,
        command=about_pool("describe-user-pool", " --query UserPool.LambdaConfig"),
    ),
    Cause(
        code="identity_provider_failed",
        title="The external identity provider did not answer Cognito as it should",
        likely=(
            "Its client secret or certificate, as Cognito has it, is wrong or has run out.",
            "Its token endpoint or key set cannot be reached, or is slow.",
        ),
        tell="Cognito's words name the provider and its HTTP status.",
        fix="Try again in a minute; if it stays, have the provider's settings in the user pool compared with its own.",
        console=_SOCIAL,
        command=about_pool("list-identity-providers"),
    ),
    Cause(
        code="attributes_required",
        title="The external identity provider did not send a required attribute",
        likely=("The attribute mapping lacks it, or this user has no value for it there.",),
        tell="Cognito's words name the attribute.",
        fix="Map the attribute for this provider, or have the user complete their profile there.",
        console=f"{_SOCIAL} → your provider → Attribute mapping",
    ),
    Cause(
        code="invalid_request",
        title="Cognito could not use the request",
        likely=(
            "The setting identity_provider or idp_identifier names a provider that the app client does not have.",
            "A parameter was refused: prompt, resource, or one that a proxy has changed.",
            "An identity provider or a Lambda trigger failed.",
        ),
        tell="Cognito's words, if there are any, are in the message.",
        fix="Leave out identity_provider, idp_identifier, prompt and resource, then add them again one by one.",
        console=LOGIN_PAGES,
        command=describe_client("SupportedIdentityProviders"),
    ),
    Cause(
        code="login_required",
        title="Nobody is signed in at Cognito",
        likely=("prompt=none was asked for and the browser has no Cognito session.",),
        fix='Sign in without the setting prompt = "none".',
    ),
    Cause(
        code="server_error",
        title="Cognito had an internal error",
        likely=("A passing fault at Cognito.",),
        fix="Try again in a minute.",
        tell="The AWS Health Dashboard knows of longer ones.",
    ),
    Cause(
        code="query_stripped",
        title="The answer has lost its query",
        likely=(
            "A proxy in front of Jupyter, or the JupyterHub, drops what follows the question mark.",
            "Somebody opened the callback's address by itself, or came back to it from a sign-out.",
        ),
        tell="The browser's address bar still ends in /cognito/callback, without ?code=….",
        fix="Let the proxy pass the query on (nginx: proxy_pass without a path, or $request_uri). Run %cognito_login"
        " again.",
    ),
    Cause(
        code="malformed",
        title="The answer is malformed",
        likely=(
            "A parameter is missing, repeated or badly encoded.",
            "The address was cut or changed on its way, for instance by a mail program or a proxy.",
        ),
        fix="Run %cognito_login again and open the button's link itself.",
    ),
    Cause(
        code="state_mismatch",
        title="The answer belongs to another sign-in",
        likely=("Two sign-ins were mixed up, or the answer came from another issuer.",),
        fix=AGAIN,
    ),
)
