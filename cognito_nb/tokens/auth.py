"""CognitoAuth: signs httpx requests to allowed origins, and retries once after a 401.

The flows are written out instead of yielding the refresh as a request of their own: httpx would send that through the
user's event hooks and into ``response.history`` (measured). httpx2 continues httpx with the same API and classes of its
own, so nothing here names a class of httpx where an object that the client has made can be asked for its own.
"""

from __future__ import annotations

import functools
from http import HTTPStatus
from typing import TYPE_CHECKING, NoReturn

import httpx

from .authorization import Origins, advice, bearer, check_kind, redirected, untrusted

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator

    from ..errors import UntrustedOriginError
    from .refresh import RefreshEngine
    from .source import TokenKind, Tokens

__all__ = ["CognitoAuth", "auth_for_any_httpx"]

_DEFAULT_PORTS = {"https": 443, "http": 80}
_UNAUTHORIZED = int(HTTPStatus.UNAUTHORIZED)  # as the status is: to compare with the enum takes 0.3 µs (measured)
_NONE_SIGNED = (None, None, None)


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

    def __init__(self, engine: RefreshEngine, origins: Origins, kind: TokenKind) -> None:
        check_kind(kind)
        self._engine = engine
        self._origins = origins
        self._kind = kind
        self._usual = frozenset(  # the origins as httpx spells them: checked at each call
            (scheme, host.encode("ascii"), None if _DEFAULT_PORTS[scheme] == port else port)
            for scheme, host, port in origins
        )

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign, and after a 401 renew and send once more if the body can be sent again."""
        url, unsigned = request.url, request.headers
        tokens = self._engine.fresh() if (url.scheme, url.raw_host, url.port) in self._usual else None
        if tokens is None and self._signs(request):
            tokens = self._engine.current()
        if tokens is None or (signed := self._signed(unsigned, tokens)) is None:
            response = yield request
            self._take_off_shared(response, unsigned, tokens)
            return
        request.headers = signed
        try:
            response = yield request
            if response.history or response.next_request:
                _take_off_redirects(response, request)
            if response.status_code == _UNAUTHORIZED and self._served(response):
                if self._engine.may_renew(tokens) and _has_body_at_hand(request):
                    tokens = self._engine.renew_refused(tokens)
                    request.headers = self._signed(unsigned, tokens) or unsigned
                    response = yield request
                    _take_off_redirects(response, request)
                self._explain(response, tokens)
        finally:
            _take_off(request, unsigned)

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Do the same on an event loop, without blocking it."""
        url, unsigned = request.url, request.headers
        tokens = self._engine.fresh() if (url.scheme, url.raw_host, url.port) in self._usual else None
        if tokens is None and self._signs(request):
            tokens = await self._engine.acurrent()
        if tokens is None or (signed := self._signed(unsigned, tokens)) is None:
            response = yield request
            self._take_off_shared(response, unsigned, tokens)
            return
        request.headers = signed
        try:
            response = yield request
            if response.history or response.next_request:
                _take_off_redirects(response, request)
            if response.status_code == _UNAUTHORIZED and self._served(response):
                if self._engine.may_renew(tokens) and _has_body_at_hand(request):
                    tokens = await self._engine.arenew_refused(tokens)
                    request.headers = self._signed(unsigned, tokens) or unsigned
                    response = yield request
                    _take_off_redirects(response, request)
                self._explain(response, tokens)
        finally:
            _take_off(request, unsigned)

    def refusal(self, url: httpx.URL, *, of: httpx.URL) -> UntrustedOriginError | None:
        """Return the error for a redirect of `of` to an origin that nobody named; None if somebody did."""
        if _origin(url) in self._origins:
            return None
        return redirected(_place(of), _place(url), self._origins)

    def _signs(self, request: httpx.Request) -> bool:
        """Take the second look: refuse foreign origins, leave alone a request that brings its own Authorization."""
        if "authorization" in request.headers:
            return False
        url = request.url
        if _origin(url) in self._origins:
            return True
        raise untrusted(_place(url), self._origins)

    def _signed(self, unsigned: httpx.Headers, tokens: Tokens) -> httpx.Headers | None:
        """Return signed header fields, for the time a request is under way; None if it brings its own Authorization.

        What the user keeps of it has the unsigned ones: a response holds its request, and pickled, or sent again, that
        would carry the token along. Most requests have the fields of the one before, so these are kept signed, with the
        tokens and for as long as they (to look for a field, and to add one, takes httpx 2 µs; measured). So is their
        encoding, to find which httpx decodes all values of each request, the token among them (2 µs; measured).
        """
        fields, (known, signed, encoding) = unsigned.raw, tokens.signed.get(self._kind, _NONE_SIGNED)
        if fields != known:
            signed = type(unsigned)(unsigned)
            signed["Authorization"] = bearer(tokens, self._kind)
            if len(signed) <= len(fields):
                return None
            # UTF-8 reads ASCII, too, and is what httpx writes in whatever a hook adds
            encoding = None if signed.encoding == "iso-8859-1" else "utf-8"
            tokens.signed[self._kind] = fields, signed, encoding
        return type(unsigned)(signed, encoding)

    def _take_off_shared(self, response: httpx.Response, unsigned: httpx.Headers, tokens: Tokens | None) -> None:
        """Take the token off what is to come next, if another thread had put it on the request that both send."""
        ours = tokens is not None and unsigned.get("Authorization") == bearer(tokens, self._kind)
        if ours and response.next_request is not None:
            response.next_request.headers.pop("Authorization", None)

    def _served(self, response: httpx.Response) -> bool:
        """Tell whether an answer came from an API that had the token, and not from where a redirect led."""
        return _origin(response.url) in self._origins

    def _explain(self, response: httpx.Response, tokens: Tokens) -> None:
        """Say of a final 401 what was sent, where its repr and the error of `raise_for_status` show it."""
        if response.status_code == _UNAUTHORIZED and self._served(response):
            phrase = f"Unauthorized ({advice(tokens, self._kind, response.headers)})"
            response.extensions["reason_phrase"] = phrase.encode("ascii")  # free text by RFC 9110 §15

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        message = "an authentication cannot be pickled or copied: its tokens must not leave this kernel"
        raise TypeError(message)


@functools.cache
def auth_for_any_httpx() -> type[CognitoAuth]:
    """Return CognitoAuth as a subclass of httpx2's Auth, too, where that is installed: a client asks `isinstance`."""
    try:
        import httpx2  # noqa: PLC0415 - takes 20 ms: for those who have it, and make a client of their own
    except ImportError:
        return CognitoAuth
    return type("CognitoAuth", (CognitoAuth, httpx2.Auth), {"__doc__": CognitoAuth.__doc__})


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    """Return the origin that httpx will connect to: another parser could read the URL otherwise."""
    port = url.port if url.port is not None else _DEFAULT_PORTS.get(url.scheme, 0)
    return url.scheme, url.raw_host.decode("ascii").rstrip("."), port


def _place(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode('ascii')}"


def _take_off(request: httpx.Request, unsigned: httpx.Headers) -> None:
    """Take the token off a request; what the user's event hooks have added to it stays."""
    if len(request.headers) > len(unsigned) + 1:
        del request.headers["Authorization"]
    else:
        request.headers = unsigned


def _take_off_redirects(response: httpx.Response, request: httpx.Request) -> None:
    """Take the token off the requests that redirects have made of a signed one."""
    for sent in (response, *response.history):
        if sent.request is not request:
            sent.request.headers.pop("Authorization", None)
    if response.next_request is not None:  # not followed: the user may keep it, and send it
        response.next_request.headers.pop("Authorization", None)


def _has_body_at_hand(request: httpx.Request) -> bool:
    """Tell whether a body can be sent again: it is in memory, not read from a file or a generator."""
    try:
        return request.content is not None
    except RuntimeError:  # httpx's RequestNotRead, and httpx2's
        return False
