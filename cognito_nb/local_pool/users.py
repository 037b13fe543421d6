"""Users and groups of the local user pool, and the three users that every pool starts with.

Source: "User pool attributes", "Adding groups to a user pool" in the Cognito developer guide.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType, NoneType
from typing import TYPE_CHECKING

from .checks import check, items
from .scopes import STANDARD_ATTRIBUTES

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["DEMO_GROUPS", "DEMO_PASSWORD", "DEMO_USERS", "Group", "User", "preferred_role"]

DEMO_PASSWORD = "Notebook-2026!"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """One user of the pool; attribute values are strings, as in Cognito (``"true"`` for a verified e-mail address).

    Parameters
    ----------
    username
        For a federated user the id at the provider; it reads ``{provider}_{id}`` from then on, as in Cognito.
    password
        By default `DEMO_PASSWORD`. With an empty one nobody signs in; a federated user has none, whatever is given.
    attributes
        By name, copied; own ones start with ``custom:``.
    groups
        Names of groups, in the order of ``cognito:groups``.
    sub
        By default a new UUID.
    provider
        Name of the identity provider that the user comes from; ``None`` for the pool itself.
    created_at
        Seconds since 1970.

    Raises
    ------
    TypeError
        For a value of another type, with the name of the parameter.
    ValueError
        For an attribute that user pools do not have, and for ``email_verified`` or ``phone_number_verified`` with
        another value than ``"true"`` and ``"false"``.
    """

    username: str
    password: str = field(default=DEMO_PASSWORD, repr=False)
    attributes: Mapping[str, str] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    sub: str = field(default_factory=lambda: str(uuid.uuid4()))
    provider: str | None = None
    created_at: float = field(default_factory=time.time)

    def __post_init__(self) -> None:
        check("username", self.username, str)
        check("password", self.password, str)
        check("provider", self.provider, str, NoneType)
        check("attributes", self.attributes, Mapping)
        object.__setattr__(self, "groups", tuple(items("groups", self.groups, str)))
        for name, value in self.attributes.items():
            check(f"attributes: {name}", value, str)
            if name not in STANDARD_ATTRIBUTES and not name.startswith("custom:"):
                raise ValueError(f"attributes: {name!r} is neither a standard attribute nor custom:")
            if name in {"email_verified", "phone_number_verified"} and value not in {"true", "false"}:
                raise ValueError(f'attributes: {name} takes "true" or "false"')
        # A user is in many tokens, and a demo user in many pools
        object.__setattr__(self, "attributes", MappingProxyType(dict(self.attributes)))
        if self.provider:
            object.__setattr__(self, "password", "")
            name = self.username.removeprefix(f"{self.provider}_")
            object.__setattr__(self, "username", f"{self.provider}_{name}")

    @property
    def name(self) -> str:
        """The full name, or else the user name."""
        return self.attributes.get("name", self.username)

    @property
    def provider_user_id(self) -> str:
        """The user's id at the identity provider."""
        return self.username.removeprefix(f"{self.provider}_")


@dataclass(frozen=True, slots=True)
class Group:
    """A group and the IAM role it gives; of several roles that of the lowest precedence number is preferred."""

    name: str
    role_arn: str | None = None
    precedence: int | None = None


def preferred_role(groups: Iterable[Group]) -> str | None:
    """Return the role for ``cognito:preferred_role``: none when groups of the same precedence have different ones."""
    ranked = [
        (float("inf") if group.precedence is None else group.precedence, group.role_arn)
        for group in groups
        if group.role_arn
    ]
    best = min((precedence for precedence, _ in ranked), default=None)
    roles = {role for precedence, role in ranked if precedence == best}
    return roles.pop() if len(roles) == 1 else None


def _demo_user(username: str, name: str, groups: tuple[str, ...], team: str, phone: str = "") -> User:
    given, _, family = name.partition(" ")
    attributes = {
        "name": name,
        "given_name": given,
        "family_name": family,
        "email": f"{username}@example.com",
        "email_verified": "true",
        "custom:team": team,
    }
    if phone:
        attributes |= {"phone_number": phone, "phone_number_verified": "true"}
    sub = str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{username}.example.com"))  # the same user in every run
    return User(username=username, attributes=attributes, groups=groups, sub=sub)


DEMO_USERS = (
    _demo_user("ada", "Ada Lovelace", ("admins", "analysts"), "research", "+442079460018"),
    _demo_user("grace", "Grace Hopper", ("analysts",), "compilers", "+12025550143"),
    _demo_user("linus", "Linus Pauling", (), "chemistry"),
)
DEMO_GROUPS = (Group("admins", precedence=1), Group("analysts", precedence=2))
