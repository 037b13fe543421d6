"""How long tokens, codes, sign-in pages and browser sessions last.

Source: ``TokenValidityUnits`` in the API reference; "Managed login" in the Cognito developer guide for the session.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, TypeVar

from .checks import check

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LONGEST_TOKEN", "Lifetimes", "drop_ended"]

LONGEST_TOKEN = 24 * 3600  # seconds, of access and ID tokens

_Entry = TypeVar("_Entry")
_RANGES = {
    "access_token": (5, LONGEST_TOKEN),
    "id_token": (5, LONGEST_TOKEN),
    "refresh_token": (5, 3650 * 24 * 3600),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetimes:
    """Seconds that things last, of a pool or of one app client; tokens at least 5, for tests cannot wait for 300.

    Raises
    ------
    TypeError
        For what is no number.
    ValueError
        For an access or ID token of less than 5 seconds or more than a day, a refresh token of more than 3650 days,
        and anything that does not last at all.
    """

    access_token: int = 3600
    id_token: int = 3600
    refresh_token: int = 30 * 24 * 3600
    code: int = 300
    sign_in_page: int = 300
    browser_session: int = 3600

    def __post_init__(self) -> None:
        for name, seconds in asdict(self).items():
            check(name, seconds, int, float)
            if seconds <= 0:
                raise ValueError(f"{name} takes more than 0 seconds")
            least, most = _RANGES.get(name, (0, seconds))
            if not least <= seconds <= most:
                raise ValueError(f"{name} takes {least} to {most} seconds")


def drop_ended(entries: dict[str, _Entry], ended: Callable[[_Entry], bool]) -> None:
    """Forget what has ended, from the oldest on up to one that lives: no insertion looks at all the others."""
    while (oldest := next(iter(entries.items()), None)) and ended(oldest[1]):
        entries.pop(oldest[0], None)
