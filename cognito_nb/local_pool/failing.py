"""A pool whose endpoints fail on request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .pool import UserPool
from .web import endpoint_names

if TYPE_CHECKING:
    from .faults import Fault

__all__ = ["FailingPool"]


class FailingPool(UserPool):
    """A pool whose endpoints fail on request."""

    def fail(self, endpoint: str, fault: Fault, *, times: int | None = 1) -> None:
        """Let the next answers of an endpoint go wrong; what was asked for earlier comes first.

        Parameters
        ----------
        endpoint
            A name as in `requests`: ``token``, ``authorize``, ``login``, ``userinfo``, ``jwks``, ``orders`` ...
        fault
            What goes wrong.
        times
            How many answers; ``None`` for all, until `heal`.

        Raises
        ------
        ValueError
            When there is no such endpoint, or `times` is no positive number.
        """
        _check_endpoint(endpoint)
        self.faults.add(endpoint, fault, times)

    def heal(self, endpoint: str | None = None) -> None:
        """Forget the faults of an endpoint, or of all; latencies stay.

        Raises
        ------
        ValueError
            When there is no such endpoint.
        """
        if endpoint is not None:
            _check_endpoint(endpoint)
        self.faults.clear(endpoint)


def _check_endpoint(name: object) -> None:
    if name not in (names := endpoint_names()):
        raise ValueError(f"no endpoint {name!r}; there are {', '.join(names)}")
