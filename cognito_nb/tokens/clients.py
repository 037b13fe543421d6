"""The httpx clients of `Session.client` and `Session.async_client`: signed by CognitoAuth, on redirects too.

httpx follows redirects below the authentication, which then neither signs nor refuses where they lead. So these clients
take the steps one by one: each is a request like any other, signed anew for an origin that was named, and refused for
one that was not, before a byte leaves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.request import getproxies

import httpx

from .auth import CognitoAuth
from .transport import DIRECT, new_tls_context, tls_context

if TYPE_CHECKING:
    from httpx._client import UseClientDefault
    from httpx._types import AuthTypes

__all__ = ["signing_async_client", "signing_client"]

_DEFAULT = httpx.USE_CLIENT_DEFAULT


def signing_client(
    auth: CognitoAuth, base_url: str, options: dict[str, Any], *, leaves_origins: bool = False
) -> httpx.Client:
    """Return a client whose requests `auth` signs.

    Parameters
    ----------
    auth : CognitoAuth
        Says where tokens go.
    base_url : str
        The API.
    options : dict
        Further options of `httpx.Client`.
    leaves_origins : bool
        Whether a redirect to an origin that nobody named is followed, from there on without a token.
    """
    client = _SigningClient(base_url=base_url, auth=auth, **_options(options))
    client.leaves_origins = leaves_origins
    return client


def signing_async_client(auth: CognitoAuth, base_url: str, options: dict[str, Any]) -> httpx.AsyncClient:
    """Return the same as an `httpx.AsyncClient`."""
    return _SigningAsyncClient(base_url=base_url, auth=auth, **_options(options))


class _SigningClient(httpx.Client):
    leaves_origins = False

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own
        follows = options.get("follow_redirects", _DEFAULT)
        # Asked here, and handed on as they come: most calls follow none, and count in microseconds
        if not (self.follow_redirects if follows is _DEFAULT else follows):
            return super().send(request, **options)
        steps = _steps(self, request, options.get("auth", _DEFAULT))
        if steps is None:
            return super().send(request, **options)
        stream = options.get("stream", False)
        response = super().send(_copy(request), stream=stream, follow_redirects=False)
        try:
            while step := steps.after(response):
                response.read()
                response = super().send(step, stream=stream, auth=steps.auth, follow_redirects=False)
        except BaseException:
            response.close()
            raise
        return response


class _SigningAsyncClient(httpx.AsyncClient):
    async def send(self, request: httpx.Request, **options: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own
        follows = options.get("follow_redirects", _DEFAULT)
        # Asked here, and handed on as they come: most calls follow none, and count in microseconds
        if not (self.follow_redirects if follows is _DEFAULT else follows):
            return await super().send(request, **options)
        steps = _steps(self, request, options.get("auth", _DEFAULT))
        if steps is None:
            return await super().send(request, **options)
        stream = options.get("stream", False)
        response = await super().send(_copy(request), stream=stream, follow_redirects=False)
        try:
            while step := steps.after(response):
                await response.aread()
                response = await super().send(step, stream=stream, auth=steps.auth, follow_redirects=False)
        except BaseException:
            await response.aclose()
            raise
        return response


class _Steps:
    """The requests that a chain of redirects asks for."""

    def __init__(self, auth: CognitoAuth, most: int, *, leaves_origins: bool) -> None:
        self.auth: CognitoAuth | None = auth
        self._most = most
        self._leaves_origins = leaves_origins
        self._history: list[httpx.Response] = []

    def after(self, response: httpx.Response) -> httpx.Request | None:
        """Return what to send next; None if an answer is the last one.

        Raises
        ------
        UntrustedOriginError
            If it would go to an origin that nobody named.
        httpx.TooManyRedirects
            If there is no end to it.
        """
        response.history = [*self._history, *response.history]
        self._history = [*response.history, response]
        step = response.next_request
        if step is None:
            return None
        response.next_request = None  # httpx has none where it follows
        if isinstance(step.stream, httpx.ByteStream):
            step.read()  # at hand, as the body was that it repeats: a 401 can be tried again
        if len(self._history) > self._most:
            raise httpx.TooManyRedirects("Exceeded maximum allowed redirects.", request=step)
        if self.auth is not None and (refusal := self.auth.refusal(step.url, of=response.url)):
            if not self._leaves_origins:
                raise refusal
            self.auth = None  # also on the way back: the place in between has chosen where
        return step


def _steps(
    client: _SigningClient | _SigningAsyncClient,
    request: httpx.Request,
    auth: AuthTypes | UseClientDefault | None,
) -> _Steps | None:
    """Return the steps to be taken here; None if httpx may take them, as nothing is signed by us."""
    if auth is not _DEFAULT or not isinstance(client.auth, CognitoAuth) or "authorization" in request.headers:
        return None
    leaves_origins = isinstance(client, _SigningClient) and client.leaves_origins
    return _Steps(client.auth, client.max_redirects, leaves_origins=leaves_origins)


def _copy(request: httpx.Request) -> httpx.Request:
    """Return the request to be signed: several threads may send the user's one, and would see each other's token on it.

    Its body is the same object, read or not.
    """
    copy: httpx.Request = object.__new__(type(request))
    copy.__dict__ = request.__dict__.copy()
    return copy


def _options(options: dict[str, Any]) -> dict[str, Any]:
    """Share one TLS context; and no proxy for loopback, where environment proxies break the call (measured)."""
    # httpx would put a client certificate into the context that all others use.
    verify = new_tls_context() if options.get("cert") else tls_context()
    options = {"verify": verify, **options}
    if getproxies() or options.keys() & {
        "proxy",
        "mounts",
    }:  # each mount is looked at in each call: 1 % of it (measured)
        options["mounts"] = {**DIRECT, **(options.get("mounts") or {})}
    return options
