"""The Jupyter server extension: wires routes, sign-ins and the environment that kernels inherit; nothing else."""

from __future__ import annotations

import os
import secrets
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from jupyter_server.extension.application import ExtensionApp
from tornado.ioloop import PeriodicCallback

from .. import wire
from ..secret import Secret
from ..sign_ins import SignIns
from .base import Waiters
from .handlers import routes
from .session_handlers import session_settings

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

__all__ = ["CognitoExtension", "server_url"]

_SWEEP_MILLISECONDS = 5000
_LOOPBACK_FOR = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - to be replaced


class CognitoExtension(ExtensionApp):
    """Serves ``cognito/…`` and tells local kernels how to reach it."""

    name = "cognito_nb"
    load_other_extensions = True
    sweeper: PeriodicCallback | None = None  # jupyter_server stops extensions that it failed to start, too

    def initialize_settings(self) -> None:
        """Put what the handlers share into the web application's settings."""
        waiters = Waiters()
        self.sign_ins = SignIns(waiters.wake)
        self.capability = Secret(secrets.token_urlsafe(32))
        self.settings.update(
            cognito_nb_waiters=waiters,
            cognito_nb_sign_ins=self.sign_ins,
            cognito_nb_capability=self.capability,
            **session_settings(),
        )

    def initialize_handlers(self) -> None:
        """Add the routes."""
        self.handlers.extend(routes())

    async def _start_jupyter_server_extension(self, serverapp: ServerApp) -> None:
        """Tell kernels where the server is: only now is the port bound and known (measured)."""
        self.sweeper = PeriodicCallback(self.sweep, _SWEEP_MILLISECONDS)
        self.sweeper.start()
        os.environ.update(self.environment(serverapp))

    async def stop_extension(self) -> None:
        """Take back what was told, and let nobody wait."""
        if self.sweeper is not None:
            self.sweeper.stop()
            for name in ("cognito_nb_waiters", "cognito_nb_session_waiters", "cognito_nb_lease_waiters"):
                self.settings[name].wake_all()
        for name in (wire.ENV_SERVER_URL, wire.ENV_SERVER_TOKEN, wire.ENV_SERVER_CA):
            os.environ.pop(name, None)

    def sweep(self) -> None:
        """Let time take effect on sign-ins that nobody asks for."""
        self.sign_ins.sweep(now=time.monotonic())

    def environment(self, serverapp: ServerApp) -> dict[str, str]:
        """Return the variables that local kernels inherit."""
        bound = next(iter(serverapp.http_server._sockets.values())).getsockname()  # noqa: SLF001 - no public way
        port = bound[1] if isinstance(bound, tuple) else 0
        url = server_url(serverapp.ip, port, serverapp.sock, serverapp.base_url, tls=bool(serverapp.certfile))
        environment = {wire.ENV_SERVER_URL: url, wire.ENV_SERVER_TOKEN: self.capability.reveal()}
        if serverapp.certfile:
            environment[wire.ENV_SERVER_CA] = str(Path(serverapp.certfile).absolute())
        return environment


def server_url(ip: str, port: int, sock: str, base_url: str, *, tls: bool) -> str:
    """Return the URL by which a kernel on the same machine reaches the server.

    Parameters
    ----------
    ip : str
        The address it is bound to; a wildcard becomes its family's loopback address.
    port : int
        The port it is bound to.
    sock : str
        Path of its unix socket, or empty.
    base_url : str
        Its path, with slashes at both ends.
    tls : bool
        Whether it serves TLS itself.
    """
    if sock:
        return f"http+unix://{quote(sock, safe='')}{base_url}"
    host = _LOOPBACK_FOR.get(ip, ip)
    netloc = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return f"{'https' if tls else 'http'}://{netloc}{base_url}"
