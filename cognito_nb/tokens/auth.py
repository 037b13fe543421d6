"""CognitoAuth: signs httpx requests to allowed origins, and retries once after a 401.

The flows are written out instead of yielding the refresh as a request of their own: httpx would send that through the
user's event hooks and into ``response.history`` (measured).
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import httpx

from ..errors import UntrustedOriginError
from ..urls import origin_of, url_fault
from .transport import DIRECT, new_tls_context, tls_context

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Iterable, Iterator

    from ..protocol.claims import VerifiedToken
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
        if fault := url_fault(url, private=True):
            shown = url.rpartition("@")[2][:100]  # without a password
            raise UntrustedOriginError(f"No token goes to {shown!r}, which {fault}.", hint="Use the API's https URL.")
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
        with _signed(request, tokens.get(self._kind)) as answered:
            answered.append((yield request))
        if self._renews(request, answered[0], tokens):
            tokens = self._engine.renew_refused(tokens)
            with _signed(request, tokens.get(self._kind)) as answered:
                answered.append((yield request))

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Do the same on an event loop, without blocking it."""
        if not self._signs(request):
            yield request
            return
        tokens = await self._engine.acurrent()
        with _signed(request, tokens.get(self._kind)) as answered:
            answered.append((yield request))
        if self._renews(request, answered[0], tokens):
            tokens = await self._engine.arenew_refused(tokens)
            with _signed(request, tokens.get(self._kind)) as answered:
                answered.append((yield request))

    def _signs(self, request: httpx.Request) -> bool:
        """Refuse foreign origins; leave alone a request that brings its own Authorization."""
        if "authorization" in request.headers:
            return False
        url = request.url
        if _origin(url) in self._origins:
            return True
        allowed = ", ".join(sorted(f"{scheme}://{host}:{port}" for scheme, host, port in self._origins))
        raise UntrustedOriginError(
            f"No token goes to {url.scheme}://{url.netloc.decode('ascii').rpartition('@')[2]}: allowed is {allowed}.",
            hint="Add the origin to the setting api_origins, or make a client for it: session.client(base_url).",
        )

    def _renews(self, request: httpx.Request, response: httpx.Response, tokens: Tokens) -> bool:
        """Tell whether a 401 is worth another try: it came from an API that had the token, and the body is at hand."""
        refused = response.status_code == httpx.codes.UNAUTHORIZED and _origin(response.url) in self._origins
        return refused and isinstance(request.stream, httpx.ByteStream) and self._engine.may_renew(tokens)


@contextlib.contextmanager
def _signed(request: httpx.Request, token: VerifiedToken) -> Iterator[list[httpx.Response]]:
    """Sign a request while it is under way, and take the token off whatever the user keeps of it.

    A response holds its request: pickled, or sent again, it would carry the token along.
    """
    request.headers["Authorization"] = f"Bearer {token.token.reveal()}"
    answered: list[httpx.Response] = []
    try:
        yield answered
    finally:
        del request.headers["Authorization"]
        for response in answered:
            for sent in (response, *response.history):
                sent.request.headers.pop("Authorization", None)


def signing_client(auth: CognitoAuth, base_url: str, options: dict[str, Any]) -> httpx.Client:
    """Return a client whose requests `auth` signs; `options` are `httpx.Client`'s."""
    return httpx.Client(base_url=base_url, auth=auth, **_options(options))


def signing_async_client(auth: CognitoAuth, base_url: str, options: dict[str, Any]) -> httpx.AsyncClient:
    """Return the same as an `httpx.AsyncClient`."""
    return httpx.AsyncClient(base_url=base_url, auth=auth, **_options(options))


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    """Return the origin that httpx will connect to: another parser could read the URL otherwise."""
    port = url.port if url.port is not None else {"https": 443, "http": 80}.get(url.scheme, 0)
    return url.scheme, url.raw_host.decode("ascii").rstrip("."), port


def _options(options: dict[str, Any]) -> dict[str, Any]:
    """Share one TLS context; and no proxy for loopback, where environment proxies break the call (measured)."""
    # httpx would put a client certificate into the context that all others use.
    verify = new_tls_context() if options.get("cert") else tls_context()
    return {"verify": verify, **options, "mounts": {**DIRECT, **(options.get("mounts") or {})}}
