"""Reach: whom a sign-in was for, and how far its clients could go: what one that takes its place may not exceed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .source import Tokens

__all__ = ["Reach"]


@dataclass(slots=True)
class Reach:
    """How far the tokens of one session reach.

    Attributes
    ----------
    subject : str
        Whose they are.
    scopes : frozenset of str
        What they open.
    origins : set of str
        Where the setting ``api_origins`` has ever let them go: clients keep that, whatever it is now.
    """

    subject: str
    scopes: frozenset[str]
    origins: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, tokens: Tokens) -> Reach:
        """Return what verified tokens reach."""
        return cls(tokens.access.subject, frozenset(str(tokens.access.claims.get("scope", "")).split()))

    def covers(self, newer: Reach, api_origins: Iterable[str]) -> bool:
        """Tell whether clients of this sign-in may go on with a newer one's tokens.

        They are the same user's, open nothing more, and all places that the clients know may have them.
        """
        return newer.subject == self.subject and newer.scopes <= self.scopes and self.origins <= set(api_origins)
