"""The server extension's remembered sessions, as the kernel talks to them; loaded only with ``remember = "server"``."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

from .. import wire
from ..errors import ConfigurationError, NetworkError
from ..wire_sessions import LEASE_PATH, SESSIONS_PATH, KeptSession, read_version
from .jupyter_server import UPDATE, JupyterServer, read_answer, refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from ..wire_sessions import KeepRequest, LeaseRequest

__all__ = ["JupyterSessions"]

T = TypeVar("T")


class JupyterSessions(JupyterServer):
    """The part of the wire that remembers sessions; made and used on one event loop."""

    async def lease(self, request: LeaseRequest, *, wait: bool = False) -> KeptSession | None:
        """Ask for the turn to change a remembered session, keep it, or give it back; None if it is not given (yet).

        Raises
        ------
        ConfigurationError, NetworkError, ProtocolError
            If the server remembers no sessions, or gives no usable answer.
        """
        seconds = wire.LONG_POLL_SECONDS if wait else 0.0
        response = await self.send("POST", f"{LEASE_PATH}?wait={seconds:.0f}", request, longer=seconds)
        if response.status_code == HTTPStatus.NO_CONTENT or (request.renewing and _is_lost(response)):
            return None
        return _read_session(response, KeptSession.from_json)

    async def keep(self, key: str, request: KeepRequest) -> int:
        """Have a session remembered; returns its version.

        Raises
        ------
        NetworkError
            If the turn is lost, or the server gives no answer.
        ConfigurationError, ProtocolError
            If it does not know this kernel, or gives no usable answer.
        """
        response = await self.send("PUT", f"{SESSIONS_PATH}/{key}", request)
        if _is_lost(response):
            raise NetworkError("Another notebook has signed out or taken its turn meanwhile.")
        return _read_session(response, read_version)

    async def changed(self, key: str, *, since: int) -> KeptSession | None:
        """Wait until another version is remembered, or none; returns None if nothing has changed yet; as `lease`."""
        path = f"{SESSIONS_PATH}/{key}?since={since}&wait={wire.LONG_POLL_SECONDS:.0f}"
        response = await self.send("GET", path, longer=wire.LONG_POLL_SECONDS)
        if response.status_code == HTTPStatus.NO_CONTENT:
            return None
        return _read_session(response, KeptSession.from_json)

    async def read(self, key: str) -> KeptSession:
        """Return what is remembered now; as `lease`."""
        response = await self.send("GET", f"{SESSIONS_PATH}/{key}?since=0")  # the version of nothing
        if response.status_code == HTTPStatus.NO_CONTENT:
            return KeptSession()
        return _read_session(response, KeptSession.from_json)

    async def forget(self, key: str) -> KeptSession:
        """Have a session forgotten; returns what was remembered; as `lease`."""
        return _read_session(await self.send("DELETE", f"{SESSIONS_PATH}/{key}"), KeptSession.from_json)


def _read_session(response: httpx.Response, reader: Callable[[object], T]) -> T:
    status = response.status_code
    if status == HTTPStatus.OK:
        return read_answer(response, reader)
    if status == HTTPStatus.NOT_FOUND:
        raise ConfigurationError(
            "The Jupyter server's cognito_nb is too old to remember sessions, or switched off.",
            setting="remember",
            hint=UPDATE,
        )
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise NetworkError("The Jupyter server remembers as many sessions as it may.", hint="Restart Jupyter.")
    raise refusal(status)


def _is_lost(response: httpx.Response) -> bool:
    return response.status_code == HTTPStatus.CONFLICT
