"""The sessions that the server remembers for its kernels, in memory: gone with the server, never on disk.

Pure: no tornado, no clock (``now`` is a monotonic time in seconds), no waiting; `KeptSessions` calls ``on_change`` and
``on_free`` with the key, and whoever waits is woken there. A record is changed by the holder of its lease only. A
sign-out needs no lease and ends the one there is, so that a refresh that began before it brings nothing back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..wire_sessions import MAX_KEPT_SESSIONS, KeptSession

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..secret import Secret
    from ..wire_sessions import LeaseRequest

__all__ = ["KeptSessions", "LostError", "TooManyError"]


class LostError(Exception):
    """The lease is not, or not any more, the holder's."""


class TooManyError(Exception):
    """The server remembers as many sessions as it may."""


@dataclass(slots=True)
class _Record:
    kept: KeptSession = field(default_factory=KeptSession)
    holder: str | None = None
    deadline: float = 0.0

    def is_held(self, now: float) -> bool:
        return self.holder is not None and now < self.deadline


class KeptSessions:
    """All sessions that one server remembers.

    Parameters
    ----------
    on_change : callable
        Called with the key of a record that holds something else now.
    on_free : callable
        Called with the key of a record whose lease has ended, if somebody ended it.
    """

    def __init__(self, *, on_change: Callable[[str], None], on_free: Callable[[str], None]) -> None:
        self._on_change = on_change
        self._on_free = on_free
        self._records: dict[str, _Record] = {}
        self._versions = 0

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self._records)

    def lease(self, request: LeaseRequest, *, now: float) -> KeptSession | None:
        """Give a lease, or prolong it; None as long as it is another's.

        Raises
        ------
        LostError
            If it was to be prolonged, and another has had it meanwhile, or a sign-out has ended it.
        TooManyError
            If the server is full; nobody's session is pushed out.
        """
        record = self._records.get(request.key)
        if request.renewing and (record is None or record.holder != request.holder):
            raise LostError
        if record is None:
            self._make_room(now)
            record = self._records[request.key] = _Record()
        if record.holder != request.holder and record.is_held(now):
            return None
        record.holder, record.deadline = request.holder, now + request.seconds
        return record.kept

    def seconds_held(self, key: str, *, now: float) -> float:
        """Return how long the lease of a record still lasts, if nobody ends or prolongs it."""
        record = self._records.get(key)
        return record.deadline - now if record is not None and record.is_held(now) else 0.0

    def release(self, key: str, holder: str) -> None:
        """End a lease; another's stays."""
        record = self._records.get(key)
        if record is None or record.holder != holder:
            return
        record.holder = None
        if record.kept.session is None:
            del self._records[key]
        self._on_free(key)

    def keep(self, key: str, holder: str, session: Secret) -> int:
        """Remember a session in place of what was, and return its version.

        A lease that has run out is good for it as long as nobody else has taken it: a laptop may have slept.

        Raises
        ------
        LostError
            If the lease is another's, or was ended by a sign-out.
        """
        record = self._records.get(key)
        if record is None or record.holder != holder:
            raise LostError
        self._versions += 1
        record.kept = KeptSession(session, self._versions)
        self._on_change(key)
        return self._versions

    def find(self, key: str) -> KeptSession:
        """Return what is remembered; an empty one if nothing is."""
        record = self._records.get(key)
        return record.kept if record is not None else KeptSession()

    def forget(self, key: str) -> KeptSession:
        """Forget a session and return it; whoever has the lease loses it, unless there was nothing to forget."""
        kept = self.find(key)
        if kept.session is not None:
            del self._records[key]
            self._on_change(key)
            self._on_free(key)
        return kept

    def _make_room(self, now: float) -> None:
        """Drop records of which nothing is left: their holders died before they kept anything."""
        if len(self._records) < MAX_KEPT_SESSIONS:
            return
        for key, record in [*self._records.items()]:
            if record.kept.session is None and not record.is_held(now):
                del self._records[key]
        if len(self._records) >= MAX_KEPT_SESSIONS:
            raise TooManyError
