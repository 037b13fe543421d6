"""The store of ``remember = "server"``: the Jupyter server's memory, shared by all kernels of that server.

The server hands out the turn as a lease that the holder prolongs while it lives: a kernel that dies delays the others
by some seconds only. What it keeps it does not read.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from typing import TYPE_CHECKING

from ..errors import CognitoError, ConfigurationError, NetworkError
from ..wire_sessions import KeepRequest, LeaseRequest
from .access import take_server_access
from .jupyter_sessions import JupyterSessions
from .store import Kept, record_key

if TYPE_CHECKING:
    from ..config import CognitoConfig
    from ..secret import Secret
    from ..wire_sessions import KeptSession
    from .access import ServerAccess

__all__ = ["ServerStore"]

_LEASE = 15.0  # seconds that a dead holder delays the others
_RENEWAL = 5.0  # seconds between two prolongations

_log = logging.getLogger(__name__)


class ServerStore:
    """Remembers one session in the Jupyter server's memory; used on one event loop.

    Parameters
    ----------
    access : ServerAccess
        What the server left in this kernel's environment.
    key : str
        The record's name there: a hash, 64 hexadecimal digits.
    """

    name = "the Jupyter server's memory"
    tells_changes = True

    def __init__(self, access: ServerAccess, key: str) -> None:
        self._record = _Record(access, key)

    @classmethod
    def of(cls, config: CognitoConfig) -> ServerStore:
        """Return the store of an issuer, app client, resource and profile.

        Raises
        ------
        ConfigurationError
            If no Jupyter server with the extension has started this kernel.
        """
        access = take_server_access()
        if access is None:
            raise ConfigurationError(
                'The setting remember is "server", but no Jupyter server with the cognito_nb extension has started '
                "this kernel.",
                setting="remember",
                source=config.sources.get("remember", "keyword"),
                hint="Install cognito_nb in the Jupyter server's environment too and restart Jupyter; elsewhere set "
                'remember to "kernel" or "keyring".',
            )
        return cls(access, record_key(config))

    async def take_turn(self, *, wait: bool) -> _ServerTurn | None:
        """Return the turn; None if another kernel has it and `wait` is false.

        Raises
        ------
        ConfigurationError, NetworkError, ProtocolError
            If the server cannot be used.
        """
        turn = _ServerTurn(self._record)
        try:
            while (found := await self._record.server.lease(turn.request(_LEASE), wait=wait)) is None:
                if not wait:
                    return None
            turn.begin(found)
        except (CognitoError, asyncio.CancelledError):  # it may have been given, though the answer got lost
            with contextlib.suppress(CognitoError):
                await turn.release()
            raise
        return turn

    async def read(self) -> Kept | None:
        """Return what is kept, whoever's turn it is; raises as `take_turn`."""
        return _kept_in(await self._record.server.read(self._record.key))

    async def forget(self) -> Kept | None:
        """Remember nothing any more and return what it was; raises as `take_turn`."""
        return _kept_in(await self._record.server.forget(self._record.key))

    async def changed(self) -> Kept | None:
        """Return what another kernel has had remembered, as soon as it has; None once it is forgotten.

        Raises as `take_turn`.
        """
        record = self._record
        while True:
            found = await record.server.changed(record.key, since=record.version)
            if found is not None and (found.version > record.version or not found.version):
                record.version = found.version
                if found.session is None or found.session != record.own:  # which may be seen before its answer
                    return _kept_in(found)

    async def aclose(self) -> None:
        """Give back turns that nobody will use, and close the connection."""
        for turn in tuple(self._record.turns):
            with contextlib.suppress(CognitoError):
                await turn.release()
        await self._record.aclose()


class _Record:
    """The record as this kernel knows it: how to reach it, its turns here, and which version it has seen."""

    def __init__(self, access: ServerAccess, key: str) -> None:
        self.key = key
        self.turns: set[_ServerTurn] = set()
        self.version = 0  # what `changed` has told, or this kernel has written
        self.own: Secret | None = None  # what it has written last
        self._access = access
        self._server: JupyterSessions | None = None

    @property
    def server(self) -> JupyterSessions:
        self._server = self._server or JupyterSessions(self._access)
        return self._server

    async def aclose(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            await server.aclose()


class _ServerTurn:
    """The turn, as a lease; prolonged by a task until it is released."""

    def __init__(self, record: _Record) -> None:
        self.kept: Kept | None = None
        self._record = record
        self._holder = secrets.token_urlsafe(16)
        self._renewal: asyncio.Task[None] | None = None
        record.turns.add(self)

    def request(self, seconds: float, *, renewing: bool = False) -> LeaseRequest:
        return LeaseRequest(self._record.key, self._holder, seconds, renewing)

    def begin(self, found: KeptSession) -> None:
        """Prolong the lease from now on, and read what is kept."""
        self._renewal = asyncio.get_running_loop().create_task(self._renew())
        self.kept = _kept_in(found)
        self._record.version = max(self._record.version, found.version)  # so a sign-out while it is taken up is heard

    async def keep(self, kept: Kept) -> None:
        self._record.own = text = kept.to_text()
        request = KeepRequest(self._holder, text)
        self._record.version = await self._record.server.keep(self._record.key, request)
        self.kept = kept

    async def release(self) -> None:
        if self not in self._record.turns:
            return
        self._record.turns.remove(self)
        if self._renewal is not None:
            self._renewal.cancel()
        await self._record.server.lease(self.request(0))

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(_RENEWAL)
            try:
                if await self._record.server.lease(self.request(_LEASE, renewing=True)) is None:
                    return
            except NetworkError:
                continue
            except CognitoError as error:
                _log.debug("turn not prolonged: %s", type(error).__name__)
                return


def _kept_in(found: KeptSession) -> Kept | None:
    """Read what another kernel has written.

    Raises
    ------
    ConfigurationError
        If that was another version of the package.
    """
    if found.session is None:
        return None
    kept = Kept.from_text(found.session)
    if kept is None:
        raise ConfigurationError(
            "Another version of cognito_nb has left a session in the Jupyter server's memory.",
            setting="remember",
            hint="Install the same version in all kernels' environments, then restart Jupyter.",
        )
    return kept
