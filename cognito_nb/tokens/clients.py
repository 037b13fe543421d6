"""The httpx clients of `Session.client` and `Session.async_client`: signed by CognitoAuth, on redirects too.

httpx follows redirects below the authentication, which then neither signs nor refuses where they lead. So it is told to
follow none, and an authentication of the call's own asks for the steps one by one: each is a request like any other,
signed anew for an origin that was named, and refused for one that was not, before a byte leaves.
"""

from __future__ import annotations

from contextlib import aclosing, closing, suppress
from typing import TYPE_CHECKING, Any
from urllib.request import getproxies

import httpx

from .auth import CognitoAuth
from .transport import DIRECT, new_tls_context, tls_context

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator

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

    def send(
        self,
        request: httpx.Request,
        *,
        stream: bool = False,
        auth: AuthTypes | UseClientDefault | None = _DEFAULT,
        follow_redirects: bool | UseClientDefault = _DEFAULT,
    ) -> httpx.Response:
        if self.follow_redirects if follow_redirects is _DEFAULT else follow_redirects:
            auth, follow_redirects = _followed(self, request, auth, leaves_origins=self.leaves_origins)
        return super().send(request, stream=stream, auth=auth, follow_redirects=follow_redirects)


class _SigningAsyncClient(httpx.AsyncClient):
    async def send(
        self,
        request: httpx.Request,
        *,
        stream: bool = False,
        auth: AuthTypes | UseClientDefault | None = _DEFAULT,
        follow_redirects: bool | UseClientDefault = _DEFAULT,
    ) -> httpx.Response:
        if self.follow_redirects if follow_redirects is _DEFAULT else follow_redirects:
            auth, follow_redirects = _followed(self, request, auth)
        return await super().send(request, stream=stream, auth=auth, follow_redirects=follow_redirects)


class _Steps(httpx.Auth):
    """The authentication of one call: of its request, and of those that a chain of redirects asks for."""

    def __init__(self, auth: CognitoAuth, *, leaves_origins: bool) -> None:
        self._ours = auth
        self._auth: httpx.Auth = auth
        self._leaves_origins = leaves_origins

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign each step; what lies between two is httpx's: it reads, counts and remembers the answers."""
        step: httpx.Request | None = _copy(request)
        while step is not None:
            with closing(self._auth.sync_auth_flow(step)) as flow, suppress(StopIteration):
                sent = next(flow)
                while True:
                    response = yield sent
                    sent = flow.send(response)
            step = self._after(response)

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Do the same on an event loop."""
        step: httpx.Request | None = _copy(request)
        while step is not None:
            async with aclosing(self._auth.async_auth_flow(step)) as flow:
                with suppress(StopAsyncIteration):
                    sent = await anext(flow)
                    while True:
                        response = yield sent
                        sent = await flow.asend(response)
            step = self._after(response)

    def _after(self, response: httpx.Response) -> httpx.Request | None:
        """Return what to send next, None if an answer is the last one; refuse an origin that nobody named."""
        step, response.next_request = response.next_request, None  # httpx has none where it follows
        if step is None:
            return None
        if isinstance(step.stream, httpx.ByteStream):
            step.read()  # at hand, as the body was that it repeats: a 401 can be tried again
        if refusal := self._ours.refusal(step.url, of=response.url):
            if not self._leaves_origins:
                raise refusal
            self._auth = httpx.Auth()  # none; also on the way back: the place in between has chosen where
        return step


def _followed(
    client: httpx.Client | httpx.AsyncClient,
    request: httpx.Request,
    auth: AuthTypes | UseClientDefault | None,
    *,
    leaves_origins: bool = False,
) -> tuple[AuthTypes | UseClientDefault | None, bool]:
    """Return with which authentication redirects are followed, and whether by httpx: where nothing is signed by us."""
    if auth is not _DEFAULT or not isinstance(client.auth, CognitoAuth) or "authorization" in request.headers:
        return auth, True
    return _Steps(client.auth, leaves_origins=leaves_origins), False


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
    # Only where they are needed: each mount is looked at in each call, which is 1 % of it (measured)
    if getproxies() or options.keys() & {"proxy", "mounts"}:
        options["mounts"] = {**DIRECT, **(options.get("mounts") or {})}
    return options
