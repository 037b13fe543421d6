"""How long tokens, codes, sign-in pages and browser sessions last.

Source: ``TokenValidityUnits`` in the API reference; "Managed login" in the Cognito developer guide for the session.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Lifetimes"]

_SHORTEST_TOKEN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetimes:
    """Seconds that things last, of a pool or of one app client; tokens at least 5, for tests cannot wait for 300.

    Raises
    ------
    ValueError
        For a token of less than 5 seconds.
    """

    access_token: int = 3600
    id_token: int = 3600
    refresh_token: int = 30 * 24 * 3600
    code: int = 300
    sign_in_page: int = 300
    browser_session: int = 3600

    def __post_init__(self) -> None:
        if min(self.access_token, self.id_token, self.refresh_token) < _SHORTEST_TOKEN:
            raise ValueError(f"tokens live at least {_SHORTEST_TOKEN} seconds")
