"""CognitoAuth: signs httpx requests to allowed origins, and retries once after a 401.

The flows are written out instead of yielding the refresh as a request of their own: httpx would send that through the
user's event hooks and into ``response.history`` (measured).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from ..errors import UntrustedOriginError
from ..urls import is_loopback, origin_of, url_fault
from .transport import tls_context

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Iterable

    from .refresh import RefreshEngine
    from .source import TokenKind, Tokens

__all__ = ["CognitoAuth", "allowed_origins", "signing_async_client", "signing_client"]


def allowed_origins(urls: Iterable[str]) -> frozenset[tuple[str, str, int]]:
    """Return the origins of URLs that a token may be sent to.

    Raises
    ------
    UntrustedOriginError
        If a URL is not https, or http on loopback.
    """
    urls = tuple(urls)
    for url in urls:
        if fault := url_fault(url):
            raise UntrustedOriginError(f"No token goes to {url!r}, which {fault}.", hint="Use the API's https URL.")
    return frozenset(origin_of(url) for url in urls)


class CognitoAuth(httpx.Auth):
    """Authentication for httpx clients.

    Parameters
    ----------
    engine : RefreshEngine
        Where tokens come from.
    origins : frozenset of (str, str, int)
        Where they may go: scheme, host, port.
    kind : {"access", "id"}
        Which token is sent; API Gateway's Cognito authorizers want the ID token unless they ask for scopes.
    """

    def __init__(self, engine: RefreshEngine, origins: frozenset[tuple[str, str, int]], kind: TokenKind) -> None:
        self._engine = engine
        self._origins = origins
        self._kind = kind

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign, and after a 401 renew and send once more if the body can be sent again."""
        if not self._signs(request):
            yield request
            return
        tokens = self._engine.current()
        response = yield self._signed(request, tokens)
        if response.status_code == httpx.codes.UNAUTHORIZED and _can_be_sent_again(request, tokens):
            yield self._signed(request, self._engine.renew(tokens))

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Do the same on an event loop, without blocking it."""
        if not self._signs(request):
            yield request
            return
        tokens = await self._engine.acurrent()
        response = yield self._signed(request, tokens)
        if response.status_code == httpx.codes.UNAUTHORIZED and _can_be_sent_again(request, tokens):
            yield self._signed(request, await self._engine.arenew(tokens))

    def _signs(self, request: httpx.Request) -> bool:
        """Refuse foreign origins; leave alone a request that brings its own Authorization."""
        if "authorization" in request.headers:
            return False
        url = request.url
        if _origin(url) in self._origins:
            return True
        allowed = ", ".join(sorted(f"{scheme}://{host}:{port}" for scheme, host, port in self._origins))
        raise UntrustedOriginError(
            f"No token goes to {url.scheme}://{url.netloc.decode('ascii')}: allowed is {allowed}.",
            hint="Add the origin to the setting api_origins, or make a client for it: session.client(base_url).",
        )

    def _signed(self, request: httpx.Request, tokens: Tokens) -> httpx.Request:
        request.headers["Authorization"] = f"Bearer {tokens.get(self._kind).token.reveal()}"
        return request


def signing_client(auth: CognitoAuth, base_url: str, options: dict[str, Any]) -> httpx.Client:
    """Return a client whose requests `auth` signs; `options` are `httpx.Client`'s."""
    return httpx.Client(base_url=base_url, auth=auth, **_options(base_url, options))


def signing_async_client(auth: CognitoAuth, base_url: str, options: dict[str, Any]) -> httpx.AsyncClient:
    """Return the same as an `httpx.AsyncClient`."""
    return httpx.AsyncClient(base_url=base_url, auth=auth, **_options(base_url, options))


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    """Return the origin that httpx will connect to: another parser could read the URL otherwise."""
    port = url.port if url.port is not None else {"https": 443, "http": 80}.get(url.scheme, 0)
    return url.scheme, url.raw_host.decode("ascii").rstrip("."), port


def _options(base_url: str, options: dict[str, Any]) -> dict[str, Any]:
    """Share one TLS context; and no proxy for loopback, where environment proxies break the call (measured)."""
    return {"verify": tls_context(), "trust_env": not is_loopback(origin_of(base_url)[1]), **options}


def _can_be_sent_again(request: httpx.Request, tokens: Tokens) -> bool:
    return tokens.refresh_token is not None and isinstance(request.stream, httpx.ByteStream)
