"""Users of the local user pool, and the three that every pool starts with.

Source: "User pool attributes" in the Cognito developer guide.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DEMO_PASSWORD", "DEMO_USERS", "User"]

DEMO_PASSWORD = "Notebook-2026!"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """One user of the pool; attribute values are strings, as in Cognito (``"true"`` for a verified e-mail address)."""

    username: str
    password: str = field(repr=False)
    attributes: Mapping[str, str] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    sub: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def name(self) -> str:
        """The full name, or else the user name."""
        return self.attributes.get("name", self.username)


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
    return User(username=username, password=DEMO_PASSWORD, attributes=attributes, groups=groups, sub=sub)


DEMO_USERS = (
    _demo_user("ada", "Ada Lovelace", ("admins", "analysts"), "research", "+442079460018"),
    _demo_user("grace", "Grace Hopper", ("analysts",), "compilers", "+12025550143"),
    _demo_user("linus", "Linus Pauling", (), "chemistry"),
)
