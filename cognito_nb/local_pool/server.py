"""`LocalUserPool`: a pool that listens, in a thread with an event loop of its own."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import TYPE_CHECKING, Any

from tornado.httpserver import HTTPServer
from tornado.web import Application, StaticFileHandler

from .browser import TEMPLATES, AuthorizeHandler, ErrorHandler, LoginHandler, LogoutHandler, SignedOutHandler
from .demo_api import HealthHandler, MeHandler, OrdersHandler
from .machine import DiscoveryHandler, JwksHandler, RevokeHandler, TokenHandler, UserInfoHandler
from .pool import Lifetimes, UserPool
from .visit import sign_in
from .web import NotFoundHandler, log_request

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType
    from typing import Self

    from .clients import AppClient
    from .users import User

__all__ = ["LocalUserPool"]

_HOST = "127.0.0.1"


class LocalUserPool(UserPool):
    """A user pool on this machine, with a demo API that takes its access tokens.

    Parameters
    ----------
    users
        By default three demo users: ada, grace and linus, all with the password `DEMO_PASSWORD`.
    clients
        App clients; by default one public client. The first is the one that `client_id` names.
    lifetimes
        How long tokens, codes and sessions last, in seconds.
    port, api_port
        TCP ports on 127.0.0.1; 0 takes any free one. A pool that was stopped starts again on the same ports.
    pool_id
        The user pool id, the last part of the issuer.

    Attributes
    ----------
    domain : str
        Base URL of the OAuth endpoints.
    issuer : str
        What its tokens name as ``iss``; the discovery document is below it.
    api_url : str
        Base URL of the demo API.
    signed_out_url : str
        A page to come to after sign-out, registered with every client; a real pool has none.
    requests : collections.deque of RecordedRequest
        What arrived, in order: ``token``, ``authorize``, ``login``, ``jwks``, ``discovery``, ``userinfo``, ``revoke``,
        ``logout``, ``orders``, ``me``, ``health`` ...
    latency : dict of str to float
        Seconds that each of these endpoints shall take.
    clock : callable
        Returns the pool's time in seconds since 1970; replace it to let tokens, codes and sessions expire.

    Raises
    ------
    ValueError
        When the pool id is none.

    Examples
    --------
    >>> with LocalUserPool() as pool:
    ...     pool.issuer.startswith("http://127.0.0.1:")
    True
    """

    def __init__(
        self,
        *,
        users: Iterable[User] | None = None,
        clients: Iterable[AppClient] | None = None,
        lifetimes: Lifetimes | None = None,
        port: int = 0,
        api_port: int = 0,
        pool_id: str = "local_Demo12345",
    ) -> None:
        super().__init__(pool_id=pool_id, users=users, clients=clients, lifetimes=lifetimes or Lifetimes())
        self._ports = (port, api_port)
        self._servers: list[HTTPServer] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> Self:
        """Listen, and return the pool; returns at once if it listens already.

        Raises
        ------
        OSError
            When a port is taken.
        """
        if self._thread is not None:
            return self
        sockets: list[socket.socket] = []
        try:
            for port in self._ports:
                # Not tornado's bind_sockets: it leaves the socket open when the port is taken
                sockets.append(socket.create_server((_HOST, port)))
                sockets[-1].settimeout(0)  # as asyncio wants it
        except OSError:
            for listener in sockets:
                listener.close()
            raise
        self._ports = (sockets[0].getsockname()[1], sockets[1].getsockname()[1])
        self.domain, self.api_url = (f"http://{_HOST}:{port}" for port in self._ports)
        self.register_logout(self.signed_out_url)
        self._loop = asyncio.new_event_loop()
        listening = threading.Event()
        arguments = (self._loop, list(zip((self._pool_app(), self._api_app()), sockets, strict=True)), listening)
        self._thread = threading.Thread(target=self._serve, args=arguments, name="local-user-pool", daemon=True)
        self._thread.start()
        listening.wait()
        return self

    def stop(self) -> None:
        """Stop listening, close all connections and end the thread; what the pool knows stays."""
        if self._loop is None or self._thread is None:
            return
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop = self._thread = None

    def sign_in(self, authorization_url: str, username: str, password: str) -> str:
        """Do what a user does in a fresh browser, without one: open the URL, fill in the form, send it.

        Parameters
        ----------
        authorization_url
            An ``/oauth2/authorize`` URL of this pool.
        username, password
            What to fill in.

        Returns
        -------
        str
            The first address outside the sign-in page: the callback with its code or error, or the pool's error page.

        Raises
        ------
        ValueError
            When the URL is not of this pool, or the page refuses the password.
        """
        return sign_in(self.domain, authorization_url, username, password)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _pool_app(self) -> Application:
        pool = {"pool": self}
        well_known = rf"/{self.user_pool_id}/\.well-known"
        routes: list[Any] = [
            (r"(?:/oauth2)?/authorize", AuthorizeHandler, pool),
            (r"/login", LoginHandler, pool),
            (r"/logout", LogoutHandler, pool),
            (r"/error", ErrorHandler, pool),
            (r"/signed-out", SignedOutHandler, pool),
            (r"/oauth2/token", TokenHandler, pool),
            (r"/oauth2/revoke", RevokeHandler, pool),
            (r"/oauth2/userInfo", UserInfoHandler, pool),
            (rf"{well_known}/openid-configuration", DiscoveryHandler, pool),
            (rf"{well_known}/jwks\.json", JwksHandler, pool),
            (r"/assets/(style\.css)", StaticFileHandler, {"path": str(TEMPLATES)}),
        ]
        return _application(self, routes)

    def _api_app(self) -> Application:
        pool = {"pool": self}
        return _application(
            self, [("/orders", OrdersHandler, pool), ("/me", MeHandler, pool), ("/health", HealthHandler, pool)]
        )

    def _serve(
        self, loop: asyncio.AbstractEventLoop, apps: list[tuple[Application, socket.socket]], listening: threading.Event
    ) -> None:
        asyncio.set_event_loop(loop)

        async def listen() -> None:
            for app, listener in apps:
                server = HTTPServer(app)
                server.add_socket(listener)
                self._servers.append(server)

        loop.run_until_complete(listen())
        listening.set()
        loop.run_forever()
        loop.close()

    async def _close(self) -> None:
        for server in self._servers:
            server.stop()
            await server.close_all_connections()
        self._servers.clear()
        # Requests that sit in a latency would outlive their connection
        waiting = asyncio.all_tasks() - {asyncio.current_task()}
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


def _application(pool: UserPool, routes: list[Any]) -> Application:
    return Application(
        routes, default_handler_class=NotFoundHandler, default_handler_args={"pool": pool}, log_function=log_request
    )
