"""User: who is signed in, from verified claims."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["User"]


@dataclass(frozen=True, slots=True)
class User:
    """Who is signed in, from verified claims.

    Attributes
    ----------
    username : str
        Cognito's user name.
    sub : str
        The stable id.
    email, name : str or None
        As far as the scopes opened them.
    groups : tuple of str
        ``cognito:groups``.
    """

    username: str
    sub: str
    email: str | None
    name: str | None
    groups: tuple[str, ...]

    @classmethod
    def from_claims(cls, claims: Mapping[str, Any]) -> User:
        """Read the verified claims of an ID token, or of an access token without one."""
        return cls(
            username=str(claims.get("cognito:username") or claims.get("username") or claims["sub"]),
            sub=str(claims["sub"]),
            email=_text(claims.get("email")),
            name=_text(claims.get("name")),
            groups=tuple(claims.get("cognito:groups", ())),
        )

    @property
    def display_name(self) -> str:
        """The best name to greet the user by."""
        return self.name or self.email or self.username


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
