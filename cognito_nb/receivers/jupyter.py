"""The receiver through our Jupyter server extension: the main way."""

from __future__ import annotations

import asyncio
import functools
import logging
import secrets
from typing import TYPE_CHECKING

from ..errors import CognitoError, NetworkError, SignInError
from ..tokens.jupyter_server import JupyterServer
from ..wire import LIFE_MARGIN, Answered, SignInCreated, SignInRequest
from . import no_answer

if TYPE_CHECKING:
    from ..config import CognitoConfig
    from ..protocol.authorize import AuthorizationRequest
    from ..tokens.access import ServerAccess

__all__ = ["JupyterReceiver"]

_TRIES = 3  # of a poll that fails, before the server counts as gone
_PAUSE = 1.0  # seconds between them

_log = logging.getLogger(__name__)


@functools.cache
def _kernel_id() -> str:
    """Return this kernel process's random name; a new sign-in supersedes only its own kernel's."""
    return secrets.token_urlsafe(16)


class JupyterReceiver:
    """Waits for one authorization response; used on one event loop."""

    name = "jupyter"
    redirect_uri = ""  # the server chooses it, by the browser's host

    def __init__(self, access: ServerAccess) -> None:
        self._access = access
        self._server: JupyterServer | None = None
        self._created: SignInCreated | None = None

    async def start(self, request: AuthorizationRequest, config: CognitoConfig, *, timeout: float) -> None:  # noqa: ASYNC109 - the sign-in's, told to the server
        """Register the sign-in, so that its start page can be opened.

        Raises
        ------
        ConfigurationError, NetworkError, ProtocolError
            If the server does not take it.
        """
        self._server = JupyterServer(self._access)
        self._created = await self._server.create(
            SignInRequest(
                kernel=_kernel_id(),
                profile=config.profile,
                issuer=request.issuer,
                state=request.state,
                authorization_url=request.url,
                redirect_uris=tuple(config.redirect_uris),
                expires_in=timeout + LIFE_MARGIN,
            )
        )

    @property
    def start_path(self) -> str:
        """Absolute path of the start page on the Jupyter server; it holds no protocol data."""
        return self._started[1].start_path

    @property
    def start_url(self) -> str:
        """The start page as this machine sees it."""
        return self._access.absolute(self.start_path)

    async def answer(self) -> Answered:
        """Wait for the response, for as long as it takes.

        Raises
        ------
        SignInError
            If none will come: expired, or superseded by a newer sign-in.
        NetworkError, ProtocolError
            If the Jupyter server is gone.
        """
        server, created = self._started
        failures = 0
        while True:
            try:
                answer = await server.poll(created.id)
            except NetworkError:
                failures += 1
                if failures == _TRIES:
                    raise
                await asyncio.sleep(_PAUSE)
                continue
            failures = 0
            if isinstance(answer, Answered):
                return answer
            if answer is not None:
                raise no_answer(answer)

    async def is_started(self) -> bool:
        """Tell whether a browser has gone on to Cognito; raises NetworkError if the Jupyter server is gone."""
        server, created = self._started
        return await server.is_started(created.id)

    async def report(self, *, ok: bool, cause: str | None) -> None:
        """Tell the browser's page how it ended; that this fails hurts nobody."""
        try:
            server, created = self._started
            await server.report(created.id, ok=ok, cause=cause)
        except CognitoError as error:
            _log.debug("no outcome page: %s", type(error).__name__)

    async def withdraw(self) -> None:
        """Leave no pending sign-in behind, and close; a server that is gone has none. A second call does nothing."""
        server, self._server = self._server, None
        if server is None:
            return
        try:
            if self._created is not None:
                await server.withdraw(self._created.id)
        except CognitoError as error:
            _log.debug("not withdrawn: %s", type(error).__name__)
        finally:
            await server.aclose()

    async def aclose(self) -> None:
        """Close the connection to the server; nothing is left to withdraw then."""
        server, self._server = self._server, None
        if server is not None:
            await server.aclose()

    @property
    def _started(self) -> tuple[JupyterServer, SignInCreated]:
        if self._server is None or self._created is None:
            raise SignInError("The sign-in was not started.")
        return self._server, self._created
