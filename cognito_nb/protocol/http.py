"""Requests and responses as plain data, and the one parser of JSON that came from outside.

`json.loads` alone takes NaN, duplicate keys and lone surrogates, and deep nesting leaves it as RecursionError
(measured). Whoever reads an answer is `without_frames`: the frames below hold it in clear.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec, TypeVar

from ..errors import CognitoError, NetworkError, ProtocolError
from ..shown_text import public_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "MAX_BODY_BYTES",
    "HttpRequest",
    "HttpResponse",
    "parse_json_object",
    "read_json",
    "read_refusal",
    "server_time",
    "try_later",
    "without_frames",
]

MAX_BODY_BYTES = 1024 * 1024
_MAX_DEPTH = 32
_LONGEST_WAIT = 3600.0  # seconds of Retry-After that are believed
_LONGEST_DATE = 64
_STRINGS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)  # "? keeps it linear where a string never ends
_P = ParamSpec("_P")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What to send.

    Attributes
    ----------
    endpoint : str
        Name of the endpoint for messages, such as ``"token endpoint"``.
    method, url : str
        Method and absolute URL; the URL never holds a secret.
    headers : Mapping of str to str
        Header fields; hidden from `repr`, they may authenticate.
    content : bytes
        The body; hidden from `repr`.
    """

    endpoint: str
    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """What came back, read whole.

    Attributes
    ----------
    status : int
        HTTP status code.
    headers : Mapping of str to str
        Header fields by lower-case name.
    content : bytes
        The body; hidden from `repr`.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes = field(default=b"", repr=False)


def read_json(response: HttpResponse, *, endpoint: str) -> dict[str, Any]:
    """Return the JSON object of a 200 answer.

    Parameters
    ----------
    response : HttpResponse
        The answer.
    endpoint : str
        Name for messages.

    Raises
    ------
    NetworkError
        For 429 and 5xx, which may pass.
    ProtocolError
        For any other status than 200, and for a body that is no JSON object.
    """
    if response.status == 429 or response.status >= 500:  # noqa: PLR2004 - HTTP statuses
        raise try_later(response, endpoint)
    if 300 <= response.status < 400:  # noqa: PLR2004 - HTTP statuses
        raise ProtocolError(f"The {endpoint} answered with a redirect (HTTP {response.status}), which is not followed.")
    if response.status != 200:  # noqa: PLR2004 - HTTP statuses
        raise ProtocolError(f"The {endpoint} answered with an unexpected HTTP status, {response.status}.")
    return parse_json_object(response.content, what=f"The {endpoint}'s answer")


def read_refusal(response: HttpResponse, *, endpoint: str) -> dict[str, Any]:
    """Return the JSON object of a 4xx answer (RFC 6749 §5.2).

    Parameters
    ----------
    response : HttpResponse
        The answer.
    endpoint : str
        Name for messages.

    Raises
    ------
    NetworkError
        For Cognito's TooManyRequestsException, which comes as a 400 and may pass.
    ProtocolError
        For a body that is no JSON object.
    """
    if response.content.lstrip()[:1] == b"<":
        raise ProtocolError(
            f"The {endpoint} refused with an HTML page (HTTP {response.status}).",
            hint="It is not Cognito's form: a firewall (AWS WAF), a proxy or a captive portal may have answered.",
        )
    answer = parse_json_object(response.content, what=f"The {endpoint}'s refusal (HTTP {response.status})")
    if "error" not in answer and b"TooManyRequests" in response.content:
        raise try_later(response, endpoint)
    return answer


def try_later(response: HttpResponse, endpoint: str) -> NetworkError:
    """Return the error for an answer that asks for patience; it tells for how long, if the answer does."""
    return NetworkError(
        f"The {endpoint} answered with HTTP status {response.status}.",
        status_code=response.status,
        retry_after=_retry_after(response),
        cause="server_error" if response.status >= 500 else "throttled",  # noqa: PLR2004 - a server's fault, in HTTP
    )


def server_time(response: HttpResponse) -> float | None:
    """Return the server's clock when it answered (RFC 9110 §6.6.1), seconds since the epoch; None if untold."""
    return _http_date(response.headers.get("date"))


def parse_json_object(content: bytes, *, what: str) -> dict[str, Any]:
    """Parse a JSON object that came from outside: no duplicate keys, NaN or lone surrogates, bounded depth and size.

    Parameters
    ----------
    content : bytes
        UTF-8 text.
    what : str
        Names the text in the error, at the start of a sentence.

    Raises
    ------
    ProtocolError
        If the text is not such an object; nothing of it is quoted.
    """
    if len(content) > MAX_BODY_BYTES:
        raise ProtocolError(f"{what} is too large.")
    if _is_too_deep(content):
        raise ProtocolError(f"{what} is nested too deeply.")
    try:
        value = json.loads(
            content.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_finite
        )
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # a lone surrogate has no UTF-8 form
    except _DuplicateKeyError as duplicate:
        reason = f"{what} names the member {public_text(duplicate.args[0], limit=60)!r} twice."
    except ValueError:
        reason = f"{what} is not valid JSON."
    else:
        if isinstance(value, dict):
            return value
        reason = f"{what} is not a JSON object."
    raise ProtocolError(reason)


def without_frames(read: Callable[_P, _T]) -> Callable[_P, _T]:
    """Take the frames below out of the errors of a function that reads an answer: their locals hold it in clear."""

    @wraps(read)
    def reading(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        try:
            return read(*args, **kwargs)
        except CognitoError as error:
            raise error.with_traceback(None) from None

    return reading


def _is_too_deep(content: bytes) -> bool:
    depth = 0
    for character in _STRINGS.sub(b"", content):
        if character in b"[{":
            depth += 1
            if depth > _MAX_DEPTH:
                return True
        elif character in b"]}":
            depth -= 1
    return False


class _DuplicateKeyError(ValueError):
    """A JSON object has a member twice."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            raise _DuplicateKeyError(name)
        members[name] = value
    return members


def _refuse(_: str) -> NoReturn:
    raise ValueError


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError
    return value


def _retry_after(response: HttpResponse) -> float | None:
    """Read Retry-After in both forms (RFC 9110 §10.2.3), seconds; a date is measured against the answer's own clock."""
    text = response.headers.get("retry-after", "")
    if re.fullmatch(r"[0-9]{1,12}", text):
        return min(float(text), _LONGEST_WAIT)
    at, now = _http_date(text), server_time(response)
    return None if at is None or now is None else max(0.0, min(at - now, _LONGEST_WAIT))


def _http_date(text: str | None) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp() if text and len(text) < _LONGEST_DATE else None
    except (ValueError, OverflowError):
        return None
