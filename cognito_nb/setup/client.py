"""The app client for notebooks: what a new one is, and what an existing one lacks. Pure.

UpdateUserPoolClient resets every parameter that is left out (API reference), so an update is the whole app client as
DescribeUserPoolClient shows it, and a little more. Other applications may share it: nothing is taken away unless
`Wanted.strict` says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError
from .domain import FULL_PLANS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = [
    "Wanted",
    "changes",
    "kept_for_others",
    "may_rotate",
    "new_client",
    "refuse_unfit",
    "rotates",
    "updated_client",
]

_ROTATION = {"Feature": "ENABLED", "RetryGracePeriodSeconds": 60}
_REFRESH = "ALLOW_REFRESH_TOKEN_AUTH"  # of InitiateAuth; rotation excludes it, the token endpoint does not need it
_SRP, _CUSTOM = "ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH"
_MOST = {"AllowedOAuthScopes": 50, "CallbackURLs": 100, "LogoutURLs": 100}  # CreateUserPoolClient, API reference


@dataclass(frozen=True, slots=True)
class Wanted:
    """What notebooks need of an app client.

    Parameters
    ----------
    name : str
        The name of a new one.
    with_secret : bool
        Whether it has a secret; a public one has none, and is protected by PKCE.
    scopes, callback_urls, logout_urls : tuple of str
        What has to be enabled and registered.
    unasked_urls : tuple of str
        Those of the callback URLs on other machines that only the file names.
    strict : bool
        Whether an existing one loses what a new one would not have.
    """

    name: str
    with_secret: bool
    scopes: tuple[str, ...]
    callback_urls: tuple[str, ...]
    logout_urls: tuple[str, ...]
    unasked_urls: tuple[str, ...] = ()
    strict: bool = False

    @property
    def lists(self) -> dict[str, tuple[str, ...]]:
        """The parameters of the API that hold them."""
        return {
            "AllowedOAuthScopes": self.scopes,
            "CallbackURLs": self.callback_urls,
            "LogoutURLs": self.logout_urls,
        }


def new_client(user_pool_id: str, wanted: Wanted, *, tier: str | None) -> dict[str, Any]:
    """Return the parameters of CreateUserPoolClient.

    Parameters
    ----------
    user_pool_id : str
        Where it is created.
    wanted : Wanted
        What notebooks need.
    tier : str or None
        The user pool's plan, if it is known.
    """
    client = {
        "UserPoolId": user_pool_id,
        "ClientName": wanted.name,
        "GenerateSecret": wanted.with_secret,
        "AllowedOAuthFlowsUserPoolClient": True,
        "AllowedOAuthFlows": ["code"],
        **{name: list(needed) for name, needed in wanted.lists.items()},
        "SupportedIdentityProviders": ["COGNITO"],
        "ExplicitAuthFlows": [_SRP, _REFRESH],
        "EnableTokenRevocation": True,
        "PreventUserExistenceErrors": "ENABLED",
    }
    return {**client, **_rotating(client)} if may_rotate(tier) else client


def updated_client(
    there: Mapping[str, Any], wanted: Wanted, members: Collection[str], *, tier: str | None
) -> dict[str, Any]:
    """Return the parameters of UpdateUserPoolClient: the whole app client, with what it lacks.

    Parameters
    ----------
    there : mapping of str to Any
        What DescribeUserPoolClient shows.
    wanted : Wanted
        What notebooks need.
    members : collection of str
        What the operation takes, by botocore's service model.
    tier : str or None
        The user pool's plan, if it is known.
    """
    # An empty text is no value that the API takes; some services show one for what is not set
    client = {name: value for name, value in there.items() if name in members and value not in ("", None)}
    client |= {
        "AllowedOAuthFlowsUserPoolClient": True,
        "AllowedOAuthFlows": ["code"] if wanted.strict else _joined(client, "AllowedOAuthFlows", ("code",)),
        **{name: _joined(client, name, needed) for name, needed in wanted.lists.items()},
        "SupportedIdentityProviders": client.get("SupportedIdentityProviders") or ["COGNITO"],
        "EnableTokenRevocation": True,
    }
    if wanted.strict:
        client["PreventUserExistenceErrors"] = "ENABLED"
        if may_rotate(tier):
            client |= _rotating(client)
    return client


def changes(there: Mapping[str, Any], update: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return what an update changes: name → (before, after).

    Parameters
    ----------
    there : mapping of str to Any
        What DescribeUserPoolClient shows.
    update : mapping of str to Any
        From `updated_client`.
    """
    return {name: (there.get(name), value) for name, value in update.items() if there.get(name) != value}


def kept_for_others(client: Mapping[str, Any], *, tier: str | None) -> list[str]:
    """Say what a new app client would not have, and an update without `Wanted.strict` leaves.

    Parameters
    ----------
    client : mapping of str to Any
        From `updated_client`.
    tier : str or None
        The user pool's plan, if it is known.
    """
    facts = (
        ("implicit" in client["AllowedOAuthFlows"], "the implicit grant stays allowed"),
        (may_rotate(tier) and not rotates(client), "refresh tokens are not rotated"),
        (client.get("PreventUserExistenceErrors") != "ENABLED", "errors tell whether a user exists"),
    )
    return [text for holds, text in facts if holds]


def may_rotate(tier: str | None) -> bool:
    """Tell whether a user pool's plan has refresh token rotation (AWS's announcement of it, April 2025).

    Parameters
    ----------
    tier : str or None
        ``UserPoolTier``; unknown, AWS will say.
    """
    return tier is None or tier in FULL_PLANS


def rotates(client: Mapping[str, Any]) -> bool:
    """Tell whether an app client's refresh tokens are rotated.

    Parameters
    ----------
    client : mapping of str to Any
        As DescribeUserPoolClient shows it.
    """
    return bool(client.get("RefreshTokenRotation", {}).get("Feature") == "ENABLED")


def refuse_unfit(there: Mapping[str, Any], wanted: Wanted, *, has_secret: bool) -> None:
    """Refuse an app client that cannot become one for notebooks.

    Parameters
    ----------
    there : mapping of str to Any
        What DescribeUserPoolClient shows.
    wanted : Wanted
        What notebooks need.
    has_secret : bool
        Whether it has a secret.

    Raises
    ------
    ConfigurationError
        Naming the fix.
    """
    known = f"The app client {there['ClientName']} ({there['ClientId']})"
    another = "or have another one made: --client-name NAME --profile OTHER"
    if has_secret != wanted.with_secret:
        kind, option = ("has a secret", "Add") if has_secret else ("is public", "Leave out")
        hint = f"{option} --with-secret, {another}. (AWS makes a secret at creation only.)"
        raise ConfigurationError(f"{known} {kind}.", setting="client_id", hint=hint)
    if "client_credentials" in there.get("AllowedOAuthFlows", ()):
        reason = "is for client_credentials, which AWS allows beside no other grant."
        raise ConfigurationError(f"{known} {reason}", setting="client_id", hint=f"Name another --client-id, {another}.")
    for name, needed in wanted.lists.items():
        if (count := len(_joined(there, name, needed))) > _MOST[name]:
            reason = f"would have {count} {name}; AWS allows {_MOST[name]}."
            raise ConfigurationError(f"{known} {reason}", setting="client_id", hint=f"Remove some, {another}.")


def _joined(client: Mapping[str, Any], name: str, needed: Collection[str]) -> list[str]:
    return list(dict.fromkeys([*client.get(name, ()), *needed]))


def _rotating(client: Mapping[str, Any]) -> dict[str, Any]:
    """Return what makes a client's refresh tokens rotate; flows that are unset are SRP, custom and refresh."""
    flows = [flow for flow in client.get("ExplicitAuthFlows") or [_SRP, _CUSTOM] if flow != _REFRESH] or [_SRP]
    rotation = client["RefreshTokenRotation"] if rotates(client) else dict(_ROTATION)
    return {"ExplicitAuthFlows": flows, "RefreshTokenRotation": rotation}
