"""Requests and responses as plain data, and the one parser of JSON that came from outside.

`json.loads` alone takes NaN and duplicate keys, and deep nesting leaves it as RecursionError (measured).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from ..errors import NetworkError, ProtocolError, public_text

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "MAX_BODY_BYTES",
    "HttpRequest",
    "HttpResponse",
    "parse_json_object",
    "read_json",
]

MAX_BODY_BYTES = 1024 * 1024
_MAX_DEPTH = 32
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)


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
        raise NetworkError(
            f"The {endpoint} answered with HTTP status {response.status}.",
            status_code=response.status,
            retry_after=_retry_after(response.headers.get("retry-after")),
            hint="Try again in a minute.",
        )
    if 300 <= response.status < 400:  # noqa: PLR2004 - HTTP statuses
        raise ProtocolError(f"The {endpoint} answered with a redirect (HTTP {response.status}), which is not followed.")
    if response.status != 200:  # noqa: PLR2004 - HTTP statuses
        raise ProtocolError(f"The {endpoint} answered with an unexpected HTTP status, {response.status}.")
    return parse_json_object(response.content, what=f"The {endpoint}'s answer")


def parse_json_object(content: bytes, *, what: str) -> dict[str, Any]:
    """Parse a JSON object that came from outside: no duplicate keys, no NaN, bounded depth and size.

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
    if _depth(content) > _MAX_DEPTH:
        raise ProtocolError(f"{what} is nested too deeply.")
    try:
        value = json.loads(
            content.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_finite
        )
    except _DuplicateKeyError as duplicate:
        reason = f"{what} names the member {public_text(duplicate.args[0], limit=60)!r} twice."
    except ValueError:
        reason = f"{what} is not valid JSON."
    else:
        if isinstance(value, dict):
            return value
        reason = f"{what} is not a JSON object."
    raise ProtocolError(reason)


def _depth(content: bytes) -> int:
    depth = deepest = 0
    for character in _STRINGS.sub(b"", content):
        if character in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in b"]}":
            depth -= 1
    return deepest


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


def _retry_after(text: str | None) -> float | None:
    """Read the seconds form of Retry-After (RFC 9110 §10.2.3); the date form needs a clock and is not used here."""
    return min(float(text), 3600.0) if text and re.fullmatch(r"[0-9]{1,12}", text) else None
