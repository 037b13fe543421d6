"""The endpoints of a pool and its demo API by name, as they stand in requests, faults and latencies."""

from __future__ import annotations

from collections import UserDict
from typing import TYPE_CHECKING, Any

from .checks import check

if TYPE_CHECKING:
    from typing import Self

__all__ = ["ENDPOINTS", "ERROR_ENDPOINTS", "Latency", "check_endpoint"]

# The names of the handlers' `endpoint`, first those of `OAuthErrorHandler`
ERROR_ENDPOINTS = (
    *("audit", "authorize", "customers", "flaky", "identity", "limited", "login", "me", "notes", "order", "orders"),
    *("revenue", "revoke", "shipments", "slow", "token", "userinfo"),
)
ENDPOINTS = tuple(
    sorted(
        (*ERROR_ENDPOINTS, "discovery", "error", "health", "jwks", "logout", "other", "profile", "signed-out", "style")
    )
)


class Latency(UserDict[str, float]):
    """Seconds that every answer of an endpoint takes, by the endpoint's name.

    Raises
    ------
    TypeError
        For seconds that are no number.
    ValueError
        For an endpoint that there is not, and less than 0 seconds.
    """

    def __setitem__(self, endpoint: str, seconds: float) -> None:
        check_endpoint(endpoint)
        check(f"latency[{endpoint!r}]", seconds, int, float)
        if not seconds >= 0:  # so written, NaN is refused too
            raise ValueError(f"latency[{endpoint!r}] takes 0 seconds or more")
        super().__setitem__(endpoint, seconds)

    def __ior__(self, other: Any) -> Self:  # type: ignore[misc, override]  # noqa: ANN401 - __or__ has overloads
        # UserDict's own goes past __setitem__
        self.update(other)
        return self


def check_endpoint(name: object) -> None:
    """Refuse what is no endpoint's name.

    Raises
    ------
    ValueError
        With the names that there are.
    """
    if name not in ENDPOINTS:
        raise ValueError(f"no endpoint {name!r}; there are {', '.join(ENDPOINTS)}")
