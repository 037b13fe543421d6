"""What the token endpoint refuses (RFC 6749 §5.2), what is wrong with its tokens, and what APIs refuse."""

from __future__ import annotations

from .row import AGAIN, CLIENT_PAGE, LOGIN_PAGES, Cause, describe_client

__all__ = ["ROWS"]

_ATTRIBUTES = f"{CLIENT_PAGE} → Attribute permissions"
_READABLE = describe_client("ReadAttributes")
_CODE_CAUSES = (
    "The code was used already: a page was reloaded, or an address pasted twice.",
    "The app client may not read an attribute behind a requested scope, such as email_verified.",
    "The code belongs to another sign-in: then code_verifier or redirect_uri do not fit it.",
)
_CODE_TELL = "If fresh codes fail too, it is the attribute: the command lists the readable ones (null means all)."
_HAS_SECRET = describe_client("ClientSecret != `null`")

ROWS = (
    Cause(
        code="secret_missing",
        title="Cognito does not accept the app client without its secret",
        likely=("The app client has a secret and none was given.", "client_id belongs to another user pool."),
        tell="The command says true if the app client has a secret.",
        fix="Set COGNITO_NB_CLIENT_SECRET, or use an app client without a secret: jupyter cognito setup makes one.",
        console=CLIENT_PAGE,
        command=_HAS_SECRET,
    ),
    Cause(
        code="secret_not_wanted",
        title="Cognito does not accept the app client with this secret",
        likely=(
            "The secret is another app client's, or has a blank or a line break too many.",
            "The app client is a public one and has none.",
            "client_id belongs to another user pool.",
        ),
        tell="The command says false if the app client has no secret; then none may be sent.",
        fix="Leave client_secret out for a public app client; else copy the secret again from the console.",
        console=CLIENT_PAGE,
        command=_HAS_SECRET,
    ),
    Cause(
        code="redirect_differs",
        title="The token request's redirect_uri is not the authorization request's",
        likely=(
            "The answer that was pasted or handed over came from another sign-in, with another callback URL.",
            "A proxy has changed the redirect_uri on the way to Cognito, often by a slash.",
        ),
        tell="Compare what was sent with the redirect_uri in the address of Cognito's sign-in page.",
        fix=AGAIN,
    ),
    Cause(
        code="code_refused",
        title="Cognito does not accept the code",
        likely=_CODE_CAUSES,
        tell=_CODE_TELL,
        fix="Run %cognito_login again; if it stays, let the app client read the attributes of its scopes.",
        console=_ATTRIBUTES,
        command=_READABLE,
    ),
    Cause(
        code="code_too_old",
        title="Cognito does not accept the code, and five minutes have passed",
        likely=(
            "The page was left open, the address pasted late, or the machine slept: a code lives for five minutes.",
            *_CODE_CAUSES,
        ),
        tell=_CODE_TELL,
        fix="Run %cognito_login again and finish within five minutes.",
        console=_ATTRIBUTES,
        command=_READABLE,
    ),
    Cause(
        code="refresh_refused",
        title="Cognito does not accept the refresh token",
        likely=(
            "It has expired: 30 days after the sign-in, unless the app client says otherwise.",
            "The user signed out, was disabled, or an administrator ended the sessions.",
            "The same user signed in more than 20 times since: the oldest sessions end (20-session limit).",
            "It was rotated away: another program used the same refresh token.",
        ),
        tell="The command shows how long refresh tokens live, and whether they are rotated.",
        fix=AGAIN,
        console=CLIENT_PAGE,
        command=describe_client("[RefreshTokenValidity,TokenValidityUnits,RefreshTokenRotation]"),
    ),
    Cause(
        code="client_credentials_not_allowed",
        title="The app client may not sign in for itself",
        likely=("The grant 'Client credentials' is not chosen; it excludes all others.",),
        tell='The command\'s list has to be "client_credentials" alone.',
        fix="Switch the grant 'Client credentials' on for the app client; it must be its only one.",
        console=f"{LOGIN_PAGES} → OAuth grant types",
        command=describe_client("AllowedOAuthFlows"),
    ),
    Cause(
        code="custom_scope_needed",
        title="The app client may not have these scopes for itself",
        likely=(
            "A scope is not enabled on the app client.",
            "openid, email, phone and profile are a user's: an app client has custom scopes only.",
        ),
        tell="Compare the setting scopes with the command's list.",
        fix="Name custom scopes only (RESOURCE-SERVER/SCOPE) that are enabled on the app client.",
        console=f"{LOGIN_PAGES} → Custom scopes",
        command=describe_client("AllowedOAuthScopes"),
    ),
    Cause(
        code="client_switched_off",
        title="The app client is not enabled for the token endpoint",
        likely=("AllowedOAuthFlowsUserPoolClient is false: SDKs, templates and the CLI leave it so.",),
        tell="The command says false, or null.",
        fix="Set AllowedOAuthFlowsUserPoolClient on the app client; to save it once in the console does so.",
        console=LOGIN_PAGES,
        command=describe_client("AllowedOAuthFlowsUserPoolClient"),
    ),
    Cause(
        code="token_request_refused",
        title="Cognito refused the token request",
        likely=("A proxy has changed the request.", "The setting endpoints names another service's token endpoint."),
        tell="Cognito's words, if there are any, are in the message.",
        fix="Leave endpoints out, and try without the proxy.",
    ),
    Cause(
        code="attribute_not_readable",
        title="The app client may not read an attribute behind a scope",
        likely=("The app client's attribute permissions lack it: codes are then refused as invalid_grant.",),
        tell="The command lists the readable attributes (null means all).",
        fix="Let the app client read it, or take the scope out of the setting scopes.",
        console=_ATTRIBUTES,
        command=_READABLE,
    ),
    Cause(
        code="revocation_off",
        title="The app client does not let tokens be revoked",
        likely=("EnableTokenRevocation is false, as it is for app clients made before 2021.",),
        tell="The command says false, or null.",
        fix="Enable token revocation on the app client (jupyter cognito setup --client-id ID does it); until it expires"
        " the refresh token stays alive.",
        console=f"{CLIENT_PAGE} → Edit → Advanced authentication settings",
        command=describe_client("EnableTokenRevocation"),
    ),
    Cause(
        code="verification",
        title="The tokens did not pass verification",
        likely=(
            "issuer or endpoints lead to another user pool or app client than the configured one.",
            "Something between this machine and Cognito changed the answer.",
        ),
        tell="The cell names the check that failed, what was expected and what came.",
        fix="Compare user_pool_id, client_id and issuer; nothing of the answer was kept.",
    ),
    Cause(
        code="openid_missing",
        title="The access token may not ask who the user is",
        likely=(
            "The scope openid was not asked for, or is not enabled on the app client.",
            "The user has signed out elsewhere, or the token was revoked.",
        ),
        tell="session.scopes shows what was granted.",
        fix="Add openid to the setting scopes, then run %cognito_login again.",
        command=describe_client("AllowedOAuthScopes"),
    ),
    Cause(
        code="id_token_needed",
        title="The API refused the access token",
        likely=(
            "It wants the ID token: API Gateway's Cognito authorizers do, unless they ask for scopes.",
            "It wants a scope that the token does not have, or tokens of another user pool or app client.",
        ),
        tell="session.scopes shows what the token has; the API's WWW-Authenticate header may name what it wants.",
        fix='To try: token="id".',
    ),
    Cause(
        code="access_token_needed",
        title="The API refused the ID token",
        likely=(
            "It wants the access token: authorizers that ask for scopes do, and so does Cognito itself.",
            "It wants tokens of another user pool or app client.",
        ),
        tell="session.claims shows who issued the token, and for whom.",
        fix='To try: token="access".',
    ),
)
