"""The receiver on a loopback port (RFC 8252 §7.3): for kernels of this machine that no Jupyter server of ours started.

Cognito compares redirect URIs exactly, port included, so the port is one of those that the app client has registered.
It is open only while a sign-in waits. What counts as the answer is decided as on the Jupyter server, by `SignIns`; the
start page binds the sign-in to the browser, as there.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..errors import ConfigurationError, SignInError
from ..sign_ins import OK
from ..urls import is_loopback, origin_of
from ..wire import LIFE_MARGIN, Answered, SignInRequest
from . import no_answer
from .listener import Listener, PortTakenError
from .loopback_pages import PAGE_SECONDS, LoopbackPages, too_large

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..config import CognitoConfig
    from ..protocol.authorize import AuthorizationRequest

__all__ = ["DEFAULT_REDIRECT_URIS", "LoopbackReceiver", "loopback_uris"]

# What `jupyter cognito setup` registers, and where no redirect_uris are set
DEFAULT_REDIRECT_URIS = tuple(
    f"http://{host}:{port}/cognito/callback" for port in range(8888, 8893) for host in ("localhost", "127.0.0.1")
)
_ROOM_STEP = 0.02  # seconds between looks at whether another sign-in has given its port back


def loopback_uris(config: CognitoConfig) -> tuple[str, ...]:
    """Return the redirect URIs of a config that lead to a port of this machine."""
    uris = config.redirect_uris or DEFAULT_REDIRECT_URIS
    return tuple(uri for uri in uris if urlsplit(uri).scheme == "http" and is_loopback(urlsplit(uri).hostname))


class LoopbackReceiver:
    """Waits for one authorization response; used on one event loop, but for `gives_way_to`."""

    name = "loopback"
    start_path = ""  # it is on no Jupyter server

    def __init__(self) -> None:
        self._pages: LoopbackPages | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listener: Listener | None = None
        self._closing: asyncio.Task[None] | None = None

    async def start(self, request: AuthorizationRequest, config: CognitoConfig, *, timeout: float) -> None:  # noqa: ASYNC109 - the sign-in's
        """Listen on the first registered port that is free.

        An older sign-in of this kernel and profile is superseded, and one that ends just now is waited for: its port
        may be the only one.

        Raises
        ------
        ConfigurationError
            If none is: with the list.
        """
        self._loop = asyncio.get_running_loop()
        self._pages = LoopbackPages(
            SignInRequest(
                kernel="loopback",
                profile=config.profile,
                issuer=request.issuer,
                state=request.state,
                authorization_url=request.url,
                redirect_uris=tuple(config.redirect_uris),
                expires_in=timeout + LIFE_MARGIN,
            )
        )
        await _make_room(config.profile)
        await self._listen(self._pages, loopback_uris(config), config)

    @property
    def start_url(self) -> str:
        """The page that binds the sign-in to the browser and goes on to Cognito; it holds no protocol data."""
        return self._started.start_url

    @property
    def opening_url(self) -> str:
        """The same for a redirect file."""
        return self._started.opening_url

    @property
    def redirect_uri(self) -> str:
        """Where the browser comes back to."""
        return self._started.redirect_uri

    async def answer(self) -> Answered:
        """Wait for the response, for as long as it takes.

        Raises
        ------
        SignInError
            If none will come: malformed, expired, or superseded by a newer sign-in.
        """
        waiting = self._started
        while True:
            found = waiting.sign_ins.poll(waiting.sign_in.id, now=time.monotonic())
            if isinstance(found, Answered):
                return found
            if found is not None:
                raise no_answer(found)
            await waiting.wait()  # a poll now and then keeps the sign-in alive

    async def is_started(self) -> bool:
        """Tell whether a browser has gone on to Cognito."""
        return self._started.sign_in.binding is not None

    async def report(self, *, ok: bool, cause: str | None) -> None:
        """Tell the browser's page how it ended, if it asks."""
        waiting = self._started
        waiting.sign_ins.finish(waiting.sign_in.id, OK if ok else cause or "error", now=time.monotonic())
        if not waiting.asks:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PAGE_SECONDS):
                await waiting.told.wait()

    async def withdraw(self) -> None:
        """Leave no open port behind."""
        await self.aclose()

    async def aclose(self) -> None:
        """Close the port; a second call does nothing."""
        listener, self._listener = self._listener, None
        try:
            if listener is not None:
                await listener.aclose()
        finally:
            _holding().discard(self)

    def gives_way_to(self, profile: str) -> bool:
        """Tell whether the port will be free in a moment: a newer sign-in of the same profile supersedes this one.

        From any thread.
        """
        if self._loop is None or not (self._is_ending or self._started.sign_in.profile == profile):
            return False
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._supersede)
        return True

    def _supersede(self) -> None:
        if not self._is_ending:  # then it closes by itself, once the browser's page knows
            self._started.sign_ins.finish(self._started.sign_in.id, "superseded", now=time.monotonic())
            self._closing = asyncio.get_running_loop().create_task(self.aclose())  # the loop itself holds tasks weakly

    async def _listen(self, waiting: LoopbackPages, uris: Sequence[str], config: CognitoConfig) -> None:
        """Listen on the first port that is to be had."""
        source = config.sources.get("redirect_uris")
        if not uris:
            raise ConfigurationError(
                "No redirect_uris lead to a port of this machine, where this kernel could wait for the answer.",
                hint="Register http://localhost:8888/cognito/callback at the app client and add it to redirect_uris.",
                setting="redirect_uris",
                source=source,
            )
        reasons = set()
        for uri in uris:
            waiting.redirect_uri = uri
            listener = Listener(urlsplit(uri).netloc, waiting.serve, too_large=too_large())
            try:
                await listener.open(origin_of(uri)[2])
            except PortTakenError as error:
                reasons.add(str(error))
                continue
            self._listener = listener
            _holding().add(self)
            return
        raise ConfigurationError(
            f"All ports of the registered redirect_uris are taken ({'; '.join(sorted(reasons))}): {', '.join(uris)}.",
            hint="Stop what listens there, or register a further port at the app client and add it to redirect_uris.",
            setting="redirect_uris",
            source=source,
        )

    @property
    def _is_ending(self) -> bool:
        return self._started.sign_in.answered or self._started.sign_in.ended is not None

    @property
    def _started(self) -> LoopbackPages:
        if self._pages is None:
            raise SignInError("The sign-in was not started.")
        return self._pages


@functools.cache
def _holding() -> set[LoopbackReceiver]:
    """Return the receivers of this process that hold a port, on whatever event loops."""
    return set()


async def _make_room(profile: str) -> None:
    """Have an older sign-in of this profile give way, and wait for ports that close just now."""
    leaving = {each for each in [*_holding()] if each.gives_way_to(profile)}
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PAGE_SECONDS * 1.5):
            while leaving & _holding():  # noqa: ASYNC110 - the others are on loops of their own
                await asyncio.sleep(_ROOM_STEP)
