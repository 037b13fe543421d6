"""The app client as AWS has it, beside the settings: what a probe cannot see, or the reason for what it saw.

Source: ``DescribeUserPoolClient`` in the API reference; "App clients" and "Using attribute permissions" in the Cognito
developer guide. All is read, nothing changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..aws_api import NotFoundError, call, has_credentials, unusable_answer, user_pools_api
from ..aws_names import unreadable_attributes
from ..shown_text import printable
from .differences import difference
from .finding import ok
from .narrowing import scope_fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..config import CognitoConfig
    from .case import Case
    from .finding import Finding

__all__ = ["check_app_client", "read_app_client"]

_READING = "DescribeUserPoolClient"


def read_app_client(config: CognitoConfig) -> dict[str, Any] | None:
    """Return the app client as AWS shows it, with ``HasSecret`` in the place of its secret; None without credentials.

    Parameters
    ----------
    config : CognitoConfig
        Names the user pool and the app client.

    Raises
    ------
    ConfigurationError
        If AWS refuses, or its own settings are unusable.
    NetworkError
        If there is no usable answer.
    """
    if not has_credentials():
        return None
    api = user_pools_api(region=config.region, brief=True)
    shown = call(api, _READING, UserPoolId=config.user_pool_id, ClientId=config.client_id).get("UserPoolClient", {})
    has_secret = bool(shown.pop("ClientSecret", None))  # before anything can fail: an error keeps its frames
    if shown.get("ClientId") != config.client_id:
        raise unusable_answer(_READING)
    return {**shown, "HasSecret": has_secret}


def check_app_client(case: Case) -> Iterator[Finding]:
    """Compare the app client with the settings, as far as no finding has said it already."""
    if case.aws is None:
        return
    app_client = case.app_client
    if app_client is None:
        yield _not_read(case)
        return
    title = f"App client {printable(app_client.get('ClientName', ''), limit=128)} ({app_client['ClientId']}) at AWS"
    faults = [finding for about, check in _CHECKS.items() for finding in check(case, app_client, f"{title}: {about}")]
    yield from faults
    if not faults:
        yield ok("aws", f"{title}: agrees with the settings")


def _not_read(case: Case) -> Finding:
    """Say why there is no comparison: that hinders no sign-in."""
    error = case.aws_error
    if isinstance(error, NotFoundError):
        detail = f"These AWS credentials find no such app client in {case.config.user_pool_id}."
        fix = "Compare client_id and user_pool_id with the console; or the credentials are another account's."
        return case.found("aws", "Not compared with AWS", "client_unknown", status="warning", detail=detail, fix=fix)
    reason = error.message if error else "There are no AWS credentials here."
    return ok("aws", f"Not compared with AWS (nor is that needed): {reason}")


def _flows(case: Case, app_client: Mapping[str, Any], title: str) -> Iterator[Finding]:
    if not app_client.get("AllowedOAuthFlowsUserPoolClient") and "client_not_enabled" not in case.reported:
        yield case.found("aws:enabled", title, "client_not_enabled", detail="AllowedOAuthFlowsUserPoolClient is off.")
    flows = app_client.get("AllowedOAuthFlows", [])
    for_client = case.config.is_for_client
    wanted, code = (
        ("client_credentials", "client_credentials_not_allowed") if for_client else ("code", "code_grant_not_allowed")
    )
    if wanted not in flows and code not in case.reported:
        detail = f"AllowedOAuthFlows is {' '.join(flows) or 'empty'}; this needs {wanted}."
        yield case.found("aws:flows", title, code, detail=detail)


def _callbacks(case: Case, app_client: Mapping[str, Any], title: str) -> Iterator[Finding]:
    registered = app_client.get("CallbackURLs", [])
    for uri in case.config.redirect_uris:
        if uri in registered or uri in case.named:
            continue
        near = difference(uri, registered)
        detail = f"The app client does not have {uri}{f'; {near}' if near else ''}."
        fix = case.registering(uri)
        yield case.found(f"aws:callback:{uri}", title, "redirect_mismatch", detail=detail, fix=fix)


def _scopes(case: Case, app_client: Mapping[str, Any], title: str) -> Iterator[Finding]:
    allowed = app_client.get("AllowedOAuthScopes", [])
    refused = [scope for scope in case.config.scopes if scope not in allowed and scope not in case.named]
    if refused:
        yield scope_fault(case, "aws:scopes", title, refused)


def _secret(case: Case, app_client: Mapping[str, Any], title: str) -> Iterator[Finding]:
    has, given = app_client["HasSecret"], case.config.secret is not None
    if has and not given and "secret_missing" not in case.reported:
        yield case.found("aws:secret", title, "secret_missing", detail="It has a secret, and client_secret is not set.")
    if given and not has:
        yield case.found("aws:secret", title, "secret_not_wanted", detail="It has none, and client_secret is set.")


def _providers(case: Case, app_client: Mapping[str, Any], title: str) -> Iterator[Finding]:
    providers, wanted = app_client.get("SupportedIdentityProviders", []), case.config.identity_provider
    if case.config.is_for_client or "no_identity_provider" in case.reported:
        return
    if not providers:
        yield case.found("aws:providers", title, "no_identity_provider")
    elif wanted is not None and wanted not in providers:
        detail = f"identity_provider is {wanted}; the app client has {', '.join(providers)}."
        yield case.found("aws:providers", title, "no_identity_provider", detail=detail)


def _logout(case: Case, app_client: Mapping[str, Any], title: str) -> Iterator[Finding]:
    registered, uri = app_client.get("LogoutURLs", []), case.config.logout_uri
    if uri is None or uri in registered or "logout_uri_not_registered" in case.reported:
        return
    near = difference(uri, registered)
    detail = f"The app client's sign-out URLs lack {uri}{f'; {near}' if near else ''}."
    yield case.found("aws:logout", title, "logout_uri_not_registered", detail=detail)


def _revocation(case: Case, app_client: Mapping[str, Any], title: str) -> Iterator[Finding]:
    if app_client.get("EnableTokenRevocation") is False and not case.config.is_for_client:
        yield case.found("aws:revocation", title, "revocation_off", status="warning")


def _attributes(case: Case, app_client: Mapping[str, Any], title: str) -> Iterator[Finding]:
    """Name attributes behind a scope that the client may not read: its code is then refused."""
    if missing := unreadable_attributes(case.config.scopes, app_client.get("ReadAttributes")):
        names = ", ".join(missing)
        detail = f"ReadAttributes lacks {names}, which the scopes open: the token endpoint answers invalid_grant."
        fix = f"Allow the app client to read {names}, or take the scope out of the setting scopes."
        yield case.found("aws:attributes", title, "attribute_not_readable", detail=detail, fix=fix)


_CHECKS = {
    "flows": _flows,
    "callback URLs": _callbacks,
    "scopes": _scopes,
    "secret": _secret,
    "identity providers": _providers,
    "sign-out URLs": _logout,
    "token revocation": _revocation,
    "readable attributes": _attributes,
}
