"""Scopes: which there are, which a request gets, and which attributes each opens.

Sources: "Scopes, M2M, and resource servers", "UserInfo endpoint" in the Cognito developer guide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .checks import check, items

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from .strictness import Switches
    from .users import User

__all__ = [
    "DEMO_RESOURCE_SERVERS",
    "STANDARD_ATTRIBUTES",
    "SYSTEM_SCOPES",
    "ResourceServer",
    "all_scopes",
    "attributes_in_scope",
    "can_read",
    "check_scopes",
    "granted_scopes",
]

SYSTEM_SCOPES = ("aws.cognito.signin.user.admin", "phone", "openid", "profile", "email")
_PROFILE = frozenset(
    {
        "birthdate",
        "family_name",
        "gender",
        "given_name",
        "locale",
        "middle_name",
        "name",
        "nickname",
        "picture",
        "preferred_username",
        "profile",
        "updated_at",
        "website",
        "zoneinfo",
    }
)
_ATTRIBUTES = {
    "email": frozenset({"email", "email_verified"}),
    "phone": frozenset({"phone_number", "phone_number_verified"}),
    "profile": _PROFILE,
}
STANDARD_ATTRIBUTES = frozenset({"address"}).union(*_ATTRIBUTES.values())


@dataclass(frozen=True, slots=True)
class ResourceServer:
    """An API with scopes of its own, which clients ask for as ``{identifier}/{scope}``.

    Raises
    ------
    TypeError
        For a value of another type, with the name of the parameter.
    """

    identifier: str
    scopes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check("identifier", self.identifier, str)
        object.__setattr__(self, "scopes", tuple(items("scopes", self.scopes, str)))

    @property
    def full_scopes(self) -> tuple[str, ...]:
        """The scopes as they stand in a request and in an access token."""
        return tuple(f"{self.identifier}/{scope}" for scope in self.scopes)


DEMO_RESOURCE_SERVERS = (ResourceServer("demo-api", ("reports.read",)),)


def all_scopes(servers: Iterable[ResourceServer]) -> tuple[str, ...]:
    """Return the scopes that there are in a pool: Cognito's own, and those of the resource servers."""
    return (*SYSTEM_SCOPES, *(scope for server in servers for scope in server.full_scopes))


def check_scopes(client_id: str, scopes: Iterable[str], servers: Mapping[str, ResourceServer]) -> None:
    """Refuse a client that asks for what there is not, as Cognito does (``ScopeDoesNotExistException``).

    Raises
    ------
    ValueError
        With the client, the scope and what is missing.
    """
    known = all_scopes(servers.values())
    for scope in scopes:
        if scope in known:
            continue
        identifier, _, name = scope.rpartition("/")
        missing = f"no scope {name!r} in the resource server {identifier!r}"
        if identifier not in servers:
            missing = f"no resource server {identifier!r}" if identifier else "no such scope of Cognito's own"
        raise ValueError(f"client {client_id!r} asks for {scope!r}; there is {missing}")


def granted_scopes(
    requested: str | None, *, allowed: Collection[str], active: Collection[str], switches: Switches
) -> tuple[str, ...] | None:
    """Return the scopes that a request gets, or ``None`` when it is not acceptable.

    Parameters
    ----------
    requested
        The ``scope`` parameter; without one all that is allowed is granted.
    allowed
        Scopes of the client, whose order is the answer's.
    active
        Scopes that exist. One that is allowed but was deleted from its resource server is left out in silence.
    switches
        What to do about scopes that Cognito's documentation is at odds with itself about.
    """
    wanted = set((requested or "").split()) or set(allowed)
    if switches.unknown_scope_ignored:
        wanted &= set(allowed)
    if "openid" not in wanted and switches.scope_without_openid_dropped:
        wanted -= set(_ATTRIBUTES)
    if not wanted <= set(allowed) or (wanted & set(_ATTRIBUTES) and "openid" not in wanted):
        return None
    return tuple(scope for scope in allowed if scope in wanted and scope in active)


def can_read(scopes: Iterable[str], readable: Collection[str] | None) -> bool:
    """Tell whether a client may read every attribute behind the scopes; ``None`` stands for all attributes."""
    return readable is None or all(_ATTRIBUTES.get(scope, frozenset()) <= set(readable) for scope in scopes)


def attributes_in_scope(user: User, scopes: Iterable[str], readable: Collection[str] | None = None) -> dict[str, str]:
    """Return the attributes that the scopes open: all with ``openid`` alone, else those of the named scopes."""
    named = [scope for scope in scopes if scope in _ATTRIBUTES]
    allowed = frozenset().union(*(_ATTRIBUTES[scope] for scope in named))
    custom = "profile" in named
    return {
        name: value
        for name, value in user.attributes.items()
        if (not named or name in allowed or (custom and name.startswith("custom:")))
        and (readable is None or name in readable)
    }
