"""Faults on request: what the next answers of one endpoint shall be, instead of or on top of its own.

`Fault` says what goes wrong, `FaultPlan` keeps the queue of each endpoint; `delivery` brings it onto the wire.
Sources: "Authorize endpoint", "Token endpoint" and "UserInfo endpoint" in the Cognito developer guide; RFC 6749
sections 4.1.2.1 and 5.2, RFC 6750 section 3.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Body", "Cut", "Fault", "FaultPlan"]

Body: TypeAlias = Literal["json", "html", "empty", "exception"]
Cut: TypeAlias = Literal["reset", "close", "short", "half"]

_BODIES = ("json", "html", "empty", "exception")
_LONGEST = 1e6  # seconds
_CUTS = ("reset", "close", "short", "half")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong with an answer.

    Parameters
    ----------
    status
        HTTP status in place of the endpoint's own answer; with `error` the status of that error.
    body
        Body for `status`: ``"json"``, AWS's ``{"message": ...}``; ``"html"``, a page as a firewall or a load balancer
        sends it; ``"empty"``; ``"exception"``, the JSON of AWS's ``TooManyRequestsException``.
    retry_after
        ``Retry-After`` for `status`: seconds, or a date in HTTP's form.
    location
        Redirect there instead of answering; with status 307 unless `status` says otherwise.
    error, error_description
        An error in the endpoint's own manner: ``authorize`` and ``login`` send the browser to the callback (to the
        pool's error page if the callback is not registered), ``token`` and ``revoke`` answer with JSON, ``identity``
        with an exception of that name, ``userinfo`` and the demo API refuse in ``WWW-Authenticate``. Others have none.
    with_state
        Whether the redirect of an `error` brings ``state`` back.
    delay
        Seconds before the answer, once; `UserPool.latency` is for every answer.
    after
        The endpoint does its work first: the code is used up, the refresh token rotated. Then the fault strikes, so
        that ``Fault(cut="reset", after=True)`` is an answer that was lost.
    cut
        ``"reset"`` or ``"close"``: the connection ends so in place of an answer. ``"short"``: it ends after half of the
        body, before its Content-Length. ``"half"``: the same without a Content-Length, so that it looks complete.
    drip
        Seconds for each byte of the body, which never ends: blanks follow it.
    size
        Bytes to which the body is filled up with blanks.
    gzip
        Compress the body, asked for or not; with `size` it is a bomb.

    Raises
    ------
    ValueError
        When a value is not possible, two exclude each other, or nothing goes wrong.

    Examples
    --------
    A firewall's page, a user who cancels, and a refresh whose new token was lost on its way::

        pool.fail("token", Fault(status=403, body="html"), times=3)
        pool.fail("authorize", Fault(error="access_denied"))
        pool.fail("token", Fault(cut="reset", after=True))
    """

    status: int | None = None
    body: Body | None = None
    retry_after: float | str | None = None
    location: str | None = None
    error: str | None = None
    error_description: str | None = None
    with_state: bool = True
    delay: float = 0
    after: bool = False
    cut: Cut | None = None
    drip: float = 0
    size: int = 0
    gzip: bool = False

    def __post_init__(self) -> None:
        for item in fields(self):
            value, (fits, takes) = getattr(self, item.name), _TAKES[item.name]
            if not (fits(value) or (value is None and item.default is None)):
                raise ValueError(f"{item.name} takes {takes}, not {value!r}")
        replaced = [name for name in ("body", "location", "error") if getattr(self, name) is not None]
        if len(replaced) > 1:
            raise ValueError(f"{replaced[0]} and {replaced[1]} exclude each other")
        if self.status is None and (self.body is not None or self.retry_after is not None):
            raise ValueError("body and retry_after need a status")
        if self.error is None and (self.error_description is not None or not self.with_state):
            raise ValueError("error_description and with_state need an error")
        if sum((self.cut is not None, self.drip > 0, self.size > 0 or self.gzip)) > 1:
            raise ValueError("cut, drip, and size with gzip exclude each other")
        if not (self.replaces_answer or self.cut or self.drip or self.size or self.gzip or self.delay):
            raise ValueError("nothing goes wrong: set status, error, location, cut, drip, size, gzip or delay")

    @property
    def replaces_answer(self) -> bool:
        """Whether the endpoint's own answer is put aside for another."""
        return self.status is not None or self.error is not None or self.location is not None

    @property
    def lets_work(self) -> bool:
        """Whether the endpoint does its work, whatever becomes of its answer."""
        return self.after or not (self.replaces_answer or self.cut in {"reset", "close"})


@dataclass(slots=True)
class _Planned:
    fault: Fault
    times: int | None


@dataclass(slots=True)
class FaultPlan:
    """The faults to come, by endpoint; any thread may add, the server's takes."""

    _queues: dict[str, deque[_Planned]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, endpoint: str, fault: Fault, times: int | None) -> None:
        """Put a fault at the end of an endpoint's queue.

        Raises
        ------
        ValueError
            When `times` is neither ``None`` nor a positive number.
        """
        if times is not None and not _is_number(times, 1, 10**9):
            raise ValueError(f"times takes a positive number, or none for ever, not {times!r}")
        with self._lock:
            self._queues.setdefault(endpoint, deque()).append(_Planned(fault, times))

    def take(self, endpoint: str) -> Fault | None:
        """Return the fault for the request that has just come in, and count it."""
        with self._lock:
            queue = self._queues.get(endpoint)
            if not queue:
                return None
            planned = queue[0]
            if planned.times is not None:
                planned.times -= 1
                if planned.times == 0:
                    queue.popleft()
            return planned.fault

    def clear(self, endpoint: str | None) -> None:
        """Forget the faults of one endpoint, or of all."""
        with self._lock:
            if endpoint is None:
                self._queues.clear()
            else:
                self._queues.pop(endpoint, None)

    def pending(self) -> dict[str, int | None]:
        """Return how many answers of each endpoint will still be wrong, ``None`` for all of them."""
        with self._lock:
            counts = {name: [planned.times for planned in queue] for name, queue in self._queues.items() if queue}
        return {
            name: None if None in times else sum(count for count in times if count is not None)
            for name, times in counts.items()
        }


def _is_number(value: object, at_least: int, at_most: float, kind: type = int) -> bool:
    """Tell whether this is such a number; not so True, which Python takes for 1, and what JSON calls NaN."""
    return type(value) in {int, kind} and at_least <= value <= at_most  # type: ignore[operator]


def _is_seconds(value: object) -> bool:
    return _is_number(value, 0, _LONGEST, float)


def _is_line(value: object) -> bool:
    return isinstance(value, str) and value.isprintable() and value.isascii()


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


_TAKES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "status": (lambda value: _is_number(value, 200, 599), "a status from 200 to 599"),
    "body": (lambda value: value in _BODIES, "one of " + ", ".join(_BODIES)),
    "retry_after": (lambda value: _is_seconds(value) or _is_line(value), "seconds or a date"),
    "location": (_is_line, "a URL in ASCII"),
    "error": (_is_line, "an error code in ASCII"),
    "error_description": (_is_line, "a line of ASCII"),
    "with_state": (_is_flag, "true or false"),
    "delay": (_is_seconds, "seconds"),
    "after": (_is_flag, "true or false"),
    "cut": (lambda value: value in _CUTS, "one of " + ", ".join(_CUTS)),
    "drip": (_is_seconds, "seconds"),
    "size": (lambda value: _is_number(value, 0, 10**12), "a number of bytes"),
    "gzip": (_is_flag, "true or false"),
}
