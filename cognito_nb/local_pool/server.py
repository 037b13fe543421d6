"""`LocalUserPool`: a pool that listens, in a thread with an event loop of its own."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import TYPE_CHECKING, Any

from tornado.httpserver import HTTPServer
from tornado.web import Application

from .browser import AuthorizeHandler, ErrorHandler, LoginHandler, LogoutHandler, SignedOutHandler, StyleHandler
from .checks import check
from .control import CONTROL_ROUTES
from .demo_api import ApiMemory, api_routes
from .driven import DrivenPool
from .identity_pool import IdentityPoolHandler
from .machine import DiscoveryHandler, JwksHandler, RevokeHandler, TokenHandler, UserInfoHandler
from .web import NotFoundHandler, log_request

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable
    from types import TracebackType
    from typing import Self

    from .clients import AppClient
    from .keys import PoolKeys
    from .lifetimes import Lifetimes
    from .pool import UserPool
    from .providers import IdentityProvider
    from .scopes import ResourceServer
    from .strictness import Switches
    from .users import Group, User

__all__ = ["LocalUserPool"]

_HOST = "127.0.0.1"
_LAST_PORT = 65_535

_DOMAIN_ROUTES = (
    (r"(?:/oauth2)?/authorize", AuthorizeHandler),
    (r"/login", LoginHandler),
    (r"/logout", LogoutHandler),
    (r"/error", ErrorHandler),
    (r"/oauth2/token", TokenHandler),
    (r"/oauth2/revoke", RevokeHandler),
    (r"/oauth2/userInfo", UserInfoHandler),
)


class LocalUserPool(DrivenPool):
    """A user pool on this machine, with a demo API that takes its access tokens.

    Cookies know no ports: in one browser, two pools on 127.0.0.1 share theirs, and a sign-in at one ends the browser
    session at the other.

    Parameters
    ----------
    users, groups
        By default three demo users: ada, grace and linus, all with the password `DEMO_PASSWORD`, in two groups.
    clients
        App clients, of which the pool takes copies; by default one public client. The first is the one that
        `client_id` names.
    resource_servers
        APIs with scopes of their own; by default the demo API's ``demo-api/reports.read``.
    identity_providers
        Types and identifiers of external providers; one that a client merely names needs no entry.
    lifetimes
        How long tokens, codes and sessions last, in seconds.
    switches
        What to do where Cognito's behaviour is unconfirmed.
    port, api_port
        TCP ports on 127.0.0.1; 0 takes any free one. A pool that was stopped starts again on the same ports.
    pool_id
        The user pool id, the last part of the issuer.
    keys
        Signing keys; by default new ones, which take some 100 ms.
    ssl_context
        With it, pool and API serve https; `sign_in` wants a certificate that this machine trusts.

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
    identity_pool_id : str
        The identity pool at `domain` that takes its ID tokens.
    assumed_roles : dict of str to str
        Access key ids of the (made-up) AWS credentials that were handed out, and the role ARN of each.
    latency : mapping of str to float
        Seconds that each of these endpoints shall take.
    resource_servers : dict of str to ResourceServer
        By identifier. What is taken out is gone as in Cognito: a client that may ask for its scopes gets none of them.
    clock : callable
        Returns the pool's time in seconds since 1970. `advance` moves it; put another in its place to hold it still.

    Raises
    ------
    TypeError
        For an argument of another type, with its name.
    ValueError
        When the pool id is none, or a port, when two records have the same name, when there is no client, or one that
        asks for a scope that there is not.

    Examples
    --------
    >>> with LocalUserPool() as pool:
    ...     pool.issuer.startswith("http://127.0.0.1:")
    True
    """

    def __init__(  # noqa: PLR0913 - a pool has many parts
        self,
        *,
        users: Iterable[User] | None = None,
        groups: Iterable[Group] | None = None,
        clients: Iterable[AppClient] | None = None,
        resource_servers: Iterable[ResourceServer] | None = None,
        identity_providers: Iterable[IdentityProvider] = (),
        lifetimes: Lifetimes | None = None,
        switches: Switches | None = None,
        port: int = 0,
        api_port: int = 0,
        pool_id: str = "local_Demo12345",
        keys: PoolKeys | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(
            pool_id=pool_id,
            users=users,
            groups=groups,
            clients=clients,
            resource_servers=resource_servers,
            identity_providers=identity_providers,
            lifetimes=lifetimes,
            switches=switches,
            keys=keys,
        )
        check("port", port, int)
        check("api_port", api_port, int)
        self._ports = (port, api_port)
        if not all(0 <= each <= _LAST_PORT for each in self._ports):
            raise ValueError(f"ports are 0 to {_LAST_PORT}")
        self._ssl_context = ssl_context
        self._api_memory = ApiMemory()
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
        scheme = "http" if self._ssl_context is None else "https"
        self.domain, self.api_url = (f"{scheme}://{_HOST}:{port}" for port in self._ports)
        for client in self.clients.values():
            if self.signed_out_url not in client.logout_urls:  # one more than Cognito's 100, if need be
                client.logout_urls.append(self.signed_out_url)
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
            *((path, handler, pool) for path, handler in _DOMAIN_ROUTES if self.switches.has_domain),
            (r"/signed-out", SignedOutHandler, pool),
            (rf"{well_known}/openid-configuration", DiscoveryHandler, pool),
            (rf"{well_known}/jwks\.json", JwksHandler, pool),
            (r"/", IdentityPoolHandler, pool),
            *((path, handler, pool) for path, handler in CONTROL_ROUTES),
            (r"/assets/style\.css", StyleHandler, pool),
        ]
        return _application(self, routes)

    def _api_app(self) -> Application:
        return _application(self, api_routes(self, self._api_memory))

    def _serve(
        self, loop: asyncio.AbstractEventLoop, apps: list[tuple[Application, socket.socket]], listening: threading.Event
    ) -> None:
        asyncio.set_event_loop(loop)

        async def listen() -> None:
            for app, listener in apps:
                server = HTTPServer(app, ssl_options=self._ssl_context)
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
