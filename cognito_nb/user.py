"""User: who is signed in, from verified claims."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["User", "may_be_named"]

_NAMES = ("cognito:username", "username", "preferred_username", "email", "phone_number", "sub")


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
        As far as the scopes opened them; an app client that signed in for itself is named as that.
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
            name=_text(claims.get("name")) or _client(claims),
            groups=tuple(claims.get("cognito:groups", ())),
        )

    @property
    def display_name(self) -> str:
        """The best name to greet the user by."""
        return self.name or self.email or self.username


def may_be_named(claims: Mapping[str, Any], hint: str) -> bool:
    """Tell whether a `login_hint` may mean the user of verified claims, however it is capitalised.

    An e-mail address or a phone number is taken on trust where the scopes open no such claim to compare it with.
    """
    wanted = hint.strip().casefold()
    unknown = ("@" in wanted and "email" not in claims) or (wanted.startswith("+") and "phone_number" not in claims)
    return unknown or any(_text(claims.get(name)) is not None and claims[name].casefold() == wanted for name in _NAMES)


def _client(claims: Mapping[str, Any]) -> str | None:
    """Return how to call an app client that is its own user; Cognito makes it its token's subject."""
    return f"app client {claims['sub']}" if claims["sub"] == claims.get("client_id") else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
