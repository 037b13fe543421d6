"""The wire of remembered sessions (``remember = "server"``): whose turn it is, and what is kept.

The server keeps a session's tokens for its own kernels, as one text that it does not read. A record is found by a key
that the kernel makes (a hash), so no user pool, app client or profile stands in a path or a log. Whoever changes a
record has its lease first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from .secret import Secret
from .wire import WIRE_VERSION, WireError, mapping_of, number_of, text_of

__all__ = [
    "LEASE_PATH",
    "MAX_KEPT_SESSIONS",
    "MAX_LEASE_SECONDS",
    "MAX_SESSION_LENGTH",
    "SESSIONS_PATH",
    "KeepRequest",
    "KeptSession",
    "LeaseRequest",
    "read_version",
]

# Relative to the server's base_url, as in `wire`.
SESSIONS_PATH = "cognito/api/sessions"  # /KEY GET ?since=version&wait=seconds, PUT, DELETE
LEASE_PATH = "cognito/api/lease"  # POST ?wait=seconds

MAX_LEASE_SECONDS = 60.0
MAX_KEPT_SESSIONS = 100
MAX_SESSION_LENGTH = 60 * 1024  # characters; the quotes in it are escaped in a body of `wire.MAX_BODY_BYTES`

_KEY = re.compile(r"[0-9a-f]{64}")
_HOLDER = re.compile(r"[A-Za-z0-9_-]{16,128}")


@dataclass(frozen=True, slots=True)
class LeaseRequest:
    """``POST cognito/api/lease``: asks for the turn, keeps it, or gives it back.

    200 is the turn, with a `KeptSession`; 204 says that another kernel has it, or that it was given back; 409 that it
    was lost; 429 that the server is full.

    Attributes
    ----------
    key : str
        The record.
    holder : str
        Random id of the turn.
    seconds : float
        For how long it is wanted: a holder that dies delays others no longer. 0 gives it back.
    renewing : bool
        Whether the holder has it already; one that has lost it does not get it anew, since others were there meanwhile.
    """

    key: str
    holder: str
    seconds: float
    renewing: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the body to send."""
        return {
            "wire": WIRE_VERSION,
            "key": self.key,
            "holder": self.holder,
            "seconds": self.seconds,
            "renewing": self.renewing,
        }

    @classmethod
    def from_json(cls, body: object) -> LeaseRequest:
        """Read a body; the version is checked before.

        Raises
        ------
        WireError
            If a field is absent or has the wrong form.
        """
        fields = mapping_of(body)
        seconds = number_of(fields, "seconds")
        if not 0 <= seconds <= MAX_LEASE_SECONDS:
            raise WireError("seconds")
        if not isinstance(fields.get("renewing"), bool):
            raise WireError("renewing")
        key, holder = text_of(fields, "key", pattern=_KEY), text_of(fields, "holder", pattern=_HOLDER)
        return cls(key, holder, seconds, fields["renewing"])


@dataclass(frozen=True, slots=True)
class KeepRequest:
    """``PUT cognito/api/sessions/KEY``: keep this in place of what was; 409 if it is not the holder's turn any more.

    Attributes
    ----------
    holder : str
        Who has the turn.
    session : Secret
        What to keep; the server does not read it.
    """

    holder: str
    session: Secret

    def to_json(self) -> dict[str, Any]:
        """Return the body to send."""
        return {"holder": self.holder, "session": self.session.reveal()}

    @classmethod
    def from_json(cls, body: object) -> KeepRequest:
        """Read a body; raises `WireError` if it has the wrong form."""
        fields = mapping_of(body)
        session = _session_of(fields)
        if session is None:
            raise WireError("session")
        return cls(text_of(fields, "holder", pattern=_HOLDER), session)


@dataclass(frozen=True, slots=True)
class KeptSession:
    """What a record holds.

    Attributes
    ----------
    session : Secret or None
        What is kept, if anything is.
    version : int
        Another one for each change; 0 if nothing is kept.
    """

    session: Secret | None = None
    version: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return the body to send."""
        return {"session": self.session.reveal() if self.session is not None else None, "version": self.version}

    @classmethod
    def from_json(cls, body: object) -> KeptSession:
        """Read a body; raises `WireError` if it has the wrong form."""
        return cls(_session_of(mapping_of(body)), read_version(body))


def read_version(body: object) -> int:
    """Read the version from an answer; raises `WireError` if it has the wrong form."""
    version = mapping_of(body).get("version")
    if type(version) is not int or version < 0:
        raise WireError("version")
    return version


def _session_of(fields: dict[str, Any]) -> Secret | None:
    session = fields.get("session")
    if session is None:
        return None
    if not isinstance(session, str) or not 0 < len(session) <= MAX_SESSION_LENGTH:
        raise WireError("session")
    return Secret(session)
