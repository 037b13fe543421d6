"""Sender: one request from its form as the user wrote it to an answer, signed, retried, in its turn."""

from __future__ import annotations

import asyncio
import email.utils
import random
import re
import time
from typing import TYPE_CHECKING, TypeAlias

import httpx

from .._version import __version__
from .appended import Appended
from .engine import Engine
from .shown import shown, status_error
from .turns import Turns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..tokens.auth import CognitoAuth

__all__ = ["Asked", "Sender"]

Asked: TypeAlias = str | httpx.URL | httpx.Request
_Outcome: TypeAlias = httpx.Response | httpx.TransportError

_NO_BODY = httpx.ByteStream(b"")
_HEADERS = {"Accept": "*/*", "Accept-Encoding": "gzip, deflate", "User-Agent": f"cognito_nb/{__version__}"}
_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"})  # RFC 9110 §9.2.2
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0  # seconds before a retry; doubled each time
_LONGEST_ASKED = 300.0  # seconds; an API that asks for more has given its answer
_TOO_MANY, _SERVER_ERROR = 429, 500
_FINAL = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)  # the request is at fault
_sleep = asyncio.sleep


class Sender:
    """Sends requests with the user's token, on one event loop.

    Parameters
    ----------
    auth : CognitoAuth
        Signs, and refuses foreign origins.
    base_url : str or None
        What a relative URL is appended to.
    concurrency : int
        Most requests under way at once.
    retries : int
        How often a request is sent again after 429, 5xx or a broken connection; idempotent methods only.
    timeout : float
        Seconds without a sign of life after which a request fails.
    headers : mapping, optional
        Header fields of each request, such as an API key; a request's own come first.
    params : mapping, optional
        Query parameters of each request.
    """

    def __init__(
        self,
        auth: CognitoAuth,
        base_url: str | None,
        *,
        concurrency: int,
        retries: int,
        timeout: float,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str | int] | None = None,
    ) -> None:
        for name, value, least in (("concurrency", concurrency, 1), ("retries", retries, 0)):
            if not isinstance(value, int) or value < least:
                message = f"{name} must be a whole number from {least}, not {value!r}"
                raise ValueError(message)
        self._own = httpx.Headers(_HEADERS)
        self._own.update(headers)
        if "authorization" in self._own:
            raise ValueError("headers= takes no Authorization: the session signs; give such requests as httpx.Request")
        self._auth = auth
        self._base = base_url.rstrip("/") + "/" if base_url else None
        self._appended = Appended(self._base) if self._base else None
        self._params = params
        self._fields = httpx.Request("GET", base_url or "", headers=self._own).headers  # with the API's Host
        self._retries = retries
        self.concurrency = concurrency
        self._engine = Engine(timeout)
        self._turns = Turns(concurrency)
        self.clock = time.time

    async def send(self, number: int, asked: Asked) -> httpx.Response:
        """Send one request, the `number`-th.

        Raises
        ------
        UntrustedOriginError, NotSignedInError, SessionExpiredError, TokenVerificationError, TokenResponseError,
        ProtocolError, NetworkError
            If there is no token for it.
        ValueError
            If its URL is relative, and there is no base.
        httpx.RequestError, httpx.InvalidURL
            If no answer came.
        httpx.HTTPStatusError
            If the answer is 400 or above, after the last retry.
        """
        request = await self._request(asked)
        retries = self._retries if request.method in _IDEMPOTENT else 0
        outcome = await self._try(number, request)
        for tried in range(retries):
            if not _may_pass(outcome):
                break
            asked_for = self._retry_after(outcome)
            if asked_for is not None and asked_for > _LONGEST_ASKED:
                break
            await self._pause(tried, outcome, asked_for)
            outcome = await self._try(number, request)
        if isinstance(outcome, httpx.TransportError):
            raise outcome
        if outcome.status_code < httpx.codes.BAD_REQUEST:
            return outcome
        raise status_error(outcome, outcome.content)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._engine.aclose()

    async def _request(self, asked: Asked) -> httpx.Request:
        """Make a request of our own: one object may be asked for twice at once, and headers are swapped in it."""
        if isinstance(asked, httpx.Request):
            is_async = isinstance(asked.stream, httpx.AsyncByteStream)
            body = await asked.aread() if is_async else asked.read()
            headers = httpx.Headers(self._own)
            headers.update(asked.headers)
            if asked.url.is_relative_url:
                headers.pop("Host", None)
            return httpx.Request(asked.method, self._url(asked.url), headers=headers, content=body)
        if not isinstance(asked, str) or self._appended is None or self._params or _ABSOLUTE.match(asked):
            return httpx.Request("GET", self._url(asked), headers=self._own)
        # With a stream httpx leaves the header fields alone, which halves what making a request costs
        url = self._appended.url(asked.lstrip("/"))
        request = httpx.Request("GET", url, headers=self._fields, stream=_NO_BODY)
        request.read()
        return request

    def _url(self, asked: str | httpx.URL) -> httpx.URL:
        """Return the whole URL: what is relative is appended to the base, whatever it looks like."""
        is_relative = (
            asked.is_relative_url
            if isinstance(asked, httpx.URL)
            else isinstance(asked, str) and not _ABSOLUTE.match(asked)
        )
        if is_relative and self._base is None:
            raise ValueError(f"{shown(asked)!r} is relative: give base_url=")
        url = httpx.URL(f"{self._base}{str(asked).lstrip('/')}" if is_relative else asked)
        return url.copy_merge_params(self._params) if self._params else url

    async def _try(self, number: int, request: httpx.Request) -> _Outcome:
        await self._turns.take(number)
        answered = False
        try:
            answer = await self._exchange(request)
            answered = answer.status_code < httpx.codes.BAD_REQUEST
        except httpx.TransportError as error:
            return error.with_traceback(None)  # its frames hold the token
        else:
            return answer
        finally:
            self._turns.give_back(answered=answered)

    async def _exchange(self, request: httpx.Request) -> httpx.Response:
        """Drive the authentication as httpx's client does."""
        flow = self._auth.async_auth_flow(request)
        try:
            signed = await anext(flow)
            while True:
                response = await self._engine.send(signed)
                try:
                    signed = await flow.asend(response)
                except StopAsyncIteration:
                    return response
        except BaseException:
            await flow.aclose()  # it takes the token off again
            raise

    async def _pause(self, tried: int, outcome: _Outcome, asked_for: float | None) -> None:
        """Wait before a retry; where it was the API that had too much, everybody waits."""
        pause = min(_FIRST_PAUSE * (1 << tried), _LONGEST_PAUSE) * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
        if asked_for is None and not _is(outcome, _TOO_MANY):
            await _sleep(pause)
            return
        self._turns.hold()
        try:
            await _sleep(pause if asked_for is None else asked_for + pause / 10)
        finally:
            self._turns.go_on()

    def _retry_after(self, outcome: _Outcome) -> float | None:
        """Return the seconds that Retry-After asks for, as a number or a date (RFC 9110 §10.2.3)."""
        value = outcome.headers.get("retry-after", "").strip() if isinstance(outcome, httpx.Response) else ""
        if re.fullmatch(r"[0-9]{1,9}", value):
            return float(value)
        try:
            return max(email.utils.parsedate_to_datetime(value).timestamp() - self.clock(), 0.0)
        except (ValueError, OverflowError):
            return None


def _is(outcome: _Outcome, status: int) -> bool:
    return isinstance(outcome, httpx.Response) and outcome.status_code == status


def _may_pass(outcome: _Outcome) -> bool:
    if isinstance(outcome, httpx.TransportError):
        # Of a certificate that is not trusted, both carriers keep nothing but OpenSSL's words
        return not isinstance(outcome, _FINAL) and "CERTIFICATE_VERIFY_FAILED" not in str(outcome)
    return outcome.status_code == _TOO_MANY or outcome.status_code >= _SERVER_ERROR
