"""What a secret looks like in text: tokens, authorization codes, client secrets, AWS credentials.

Either the value proves itself (a token's header, the first letters of an AWS key), or a telling name stands before a
value that looks random. A name alone is no secret, nor is a random value: notebooks are full of ids, hashes and images.
What calls itself an example is none. RFC 7515 and RFC 7516, section 3.1; "IAM identifiers" (AWS IAM user guide).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FoundSecret", "find_secrets", "may_hold_secret"]


class FoundSecret(NamedTuple):
    """Where a secret stands in a text, and what it is; it does not hold the secret.

    Attributes
    ----------
    start, end : int
        Its place in the text, in characters.
    what : str
        What it is, for people.
    expires_at : float or None
        When it loses its value, in seconds since the epoch, if it says so itself.
    """

    start: int
    end: int
    what: str
    expires_at: float | None = None


_POINT = r"(?:\.|%(?:25)*2[Ee]|&\#(?:46|x2[Ee]);|\\+u002[Ee])"  # as it is, in a URL, in HTML, in JSON
_HEADER = re.compile(rf"eyJ[A-Za-z0-9_-]{{8,2048}}+(?={_POINT})")  # base64url of {"
_SIGNED = re.compile(rf"{_POINT}([A-Za-z0-9_-]{{8,}}+){_POINT}[A-Za-z0-9_-]*+")  # unsigned tokens end with the point
_ENCRYPTED = re.compile(rf"{_POINT}[A-Za-z0-9_-]*+(?:{_POINT}[A-Za-z0-9_-]{{8,}}+){{3}}")
_ENCODED = re.compile(r"ZXlK[A-Za-z0-9_+/-]{40,}+={0,2}")  # base64 of eyJ
_SAMPLE_SUBJECT = "1234567890"  # of the tokens on jwt.io
_WRAPPED = re.compile(r"eyJ[A-Za-z0-9_.-]{40,2048}+(?:\r?\n[ ]*+[A-Za-z0-9_.-]++)++")  # rich's output
_WRAP = re.compile(r"\r?\n[ ]*+")
_BEGINNING = re.compile(r"eyJ[A-Za-z0-9_-]{8,2048}+(?:" + _POINT + r"|(?<=[A-Za-z0-9_-]{40})(?:[\r\n]|\\[rn]))")
_END_OF_TIME = 1e11  # seconds since the epoch: the year 5138
_TOKEN_USES = {"id": "ID token (JWT)", "access": "access token (JWT)"}

# Behind a URL-encoded separator (once or twice), a line break in a repr, or the end of a terminal's colour.
_BORDER = r"(?:(?<![A-Za-z0-9_+/-])|(?<=%[0-9A-F]{2})|(?<=%25[0-9A-F]{2})|(?<=\\u0026)|(?<=\\[nrt])|(?<=[0-9\[;]m))"
_EQUALS = r"(?:=|%(?:25)*3D)"
_COLOUR = r"\x1b\[[0-9;]*m"
_QUOTE = r"\\*[\"'`]|&quot;|&\#0?3[49];|&\#x2[27];"
_LINK = (  # from a name to its value: code, JSON, HTML, a URL, a coloured traceback
    rf"(?:{_COLOUR}|{_QUOTE}|[ \t\])]){{0,16}}(?:=>|:[ ]*str[ ]*=|:=|:|{_EQUALS}|(?<=[\"'`;]),)"
    rf"(?:{_COLOUR}|{_QUOTE}|[ \t\r\n\[(]|[bru](?=[\"'])){{0,16}}"
)
_FLAGS = re.ASCII | re.IGNORECASE
_KEY_ID = re.compile(_BORDER + r"(?-i:A[KS]IA[A-Z2-7]{16})(?![A-Za-z0-9])", _FLAGS)
_STS_TOKEN = re.compile(r"IQoJb3JpZ2lu[A-Za-z0-9/+=%]{80,}+")
_BASIC = re.compile(r"Basic[ ]([A-Za-z0-9+/]{40,}+)={0,2}", _FLAGS)
_CODE = re.compile(rf"{_BORDER}code{_EQUALS}([A-Za-z0-9._~-]{{16,512}}+)", _FLAGS)
_ANSWER = re.compile(rf"state{_EQUALS}[A-Za-z0-9._~%-]{{6}}|callback|idpresponse|authorization_code", _FLAGS)
_URL_LIMIT = 4096  # characters before the first code in which the beginning of its URL is looked for
_URL_END = re.compile(r"[\s\"'<>`]")

_KEY_VALUE = r"(?:[A-Za-z0-9+]|\\*/|%2[FB]){40}(?![\w/+=-])"
_STS_VALUE = r"[A-Za-z0-9/+=%\\]{100,}+"
_OPAQUE_VALUE = r"(?!eyJ)[\w+/~-]{32,2048}+(?![.(\[])"  # a JWT proves itself
_CODE_VALUE = r"[A-Za-z0-9-]{20,512}+(?![\w.(\[])"
_NAMED = {  # words of the name → what it is, and its value
    "client secret": ("client secret", r"[\w+/~-]{20,128}+(?![.(\[])"),
    "secret key": ("AWS secret key", _KEY_VALUE),
    "secret access key": ("AWS secret key", _KEY_VALUE),
    "session token": ("AWS session token", _STS_VALUE),
    "security token": ("AWS session token", _STS_VALUE),
    "auth code": ("authorization code", _CODE_VALUE),
    "authorization code": ("authorization code", _CODE_VALUE),
    "refresh token": ("refresh token", _OPAQUE_VALUE),
    "server token": ("Jupyter server token", _OPAQUE_VALUE),
    "code verifier": ("PKCE code verifier", r"[\w.~-]{43,128}+(?![(\[])"),
}
_PATTERNS = [
    (what, re.compile(rf"{name.replace(' ', '[_-]?')}{_LINK}({value})", _FLAGS))
    for name, (what, value) in _NAMED.items()
]
_QUERY_TOKEN = re.compile(r"[?&]token=([0-9a-f]{32,128}+)(?![\w.-])")  # as Jupyter prints its URL
_SIGNS = ("code=", "code%", "basic ", "?token=", "&token=", *(name.replace(" ", "") for name in _NAMED))
_SAMPLE = re.compile(r"example|your[_-]|sample|placeholder|redacted|removed|secret|client|change|x{6}", re.IGNORECASE)
_LEAST_VARIETY = 10  # different characters in what was drawn at random


def may_hold_secret(text: str) -> bool:
    """Tell quickly whether a text, of any size, is worth `find_secrets`; False is certain."""
    if "AKIA" in text or "ASIA" in text or "IQoJb3JpZ2lu" in text or "ZXlK" in text or _BEGINNING.search(text):
        return True
    squeezed = text.lower().replace("_", "").replace("-", "")
    return any(sign in squeezed for sign in _SIGNS)


def find_secrets(text: str) -> list[FoundSecret]:
    """Return the secrets in a text, in order and without overlaps."""
    if not may_hold_secret(text):
        return []
    kept: list[FoundSecret] = []
    for found in sorted([*_tokens(text), *_aws(text), *_codes(text), *_named(text)]):
        if not kept or found.start >= kept[-1].end:
            kept.append(found)
    return kept


def _tokens(text: str) -> Iterator[FoundSecret]:
    yield from _whole_tokens(text)
    for lines in _WRAPPED.finditer(text):
        for found in _whole_tokens(_WRAP.sub("", lines[0])):
            end = found.end
            for wrap in _WRAP.finditer(lines[0]):
                end += len(wrap[0]) if wrap.start() < end else 0
            if found.start == 0:
                yield found._replace(start=lines.start(), end=lines.start() + end)
    for encoded in _ENCODED.finditer(text):
        for found in _whole_tokens(_bytes(encoded[0].rstrip("=")).decode("ascii", "replace")):
            if found.start == 0:
                yield found._replace(start=encoded.start(), end=encoded.end())


def _whole_tokens(text: str) -> Iterator[FoundSecret]:
    for start in _HEADER.finditer(text):
        header = _decoded(start[0])
        if not isinstance(header.get("alg"), str):
            continue
        encrypted = "enc" in header
        rest = (_ENCRYPTED if encrypted else _SIGNED).match(text, start.end())
        if rest is None:
            continue
        claims = {} if encrypted else _decoded(rest[1])
        if claims.get("sub") == _SAMPLE_SUBJECT:
            continue
        what = "refresh token (encrypted JWT)" if encrypted else _TOKEN_USES.get(str(claims.get("token_use")), "JWT")
        expiry = claims.get("exp")
        is_time = isinstance(expiry, int | float) and 0 <= expiry < _END_OF_TIME
        yield FoundSecret(start.start(), rest.end(), what, expiry if is_time else None)


def _aws(text: str) -> Iterator[FoundSecret]:
    for found in _KEY_ID.finditer(text):
        if not _SAMPLE.search(found[0]):
            yield FoundSecret(*found.span(), "AWS access key id")
    for found in _STS_TOKEN.finditer(text):
        if not _SAMPLE.search(found[0]):
            yield FoundSecret(*found.span(), "AWS session token")


def _codes(text: str) -> Iterator[FoundSecret]:
    end, answers = -1, []
    for found in _CODE.finditer(text):
        if found.start() >= end:  # else it is in the URL of the one before, which may be long and full of them
            before = text[max(0, end, found.start() - _URL_LIMIT) : found.start()]
            start = found.start() - len(_URL_END.split(before)[-1])
            ended = _URL_END.search(text, found.end())
            end = ended.start() if ended else len(text)
            answers = [answer.span() for answer in _ANSWER.finditer(text, start, end)]
        is_answer = answers and (answers[0][1] <= found.start() or answers[-1][0] >= found.end())
        if is_answer and _is_random(found[1]):
            yield FoundSecret(*found.span(1), "authorization code")


def _named(text: str) -> Iterator[FoundSecret]:
    for what, pattern in _PATTERNS:
        for found in pattern.finditer(text):
            is_key = what == "AWS secret key"  # of 40 characters: one in a hundred has less than two digits
            if _is_random(found[1], digits=0 if is_key else 2) and not (is_key and found[1].lower() == found[1]):
                yield FoundSecret(*found.span(1), what)
    for found in _QUERY_TOKEN.finditer(text):
        if _is_random(found[1]):
            yield FoundSecret(*found.span(1), "Jupyter server token")
    for found in _BASIC.finditer(text):
        user, _, password = _bytes(found[1]).decode("ascii", "replace").partition(":")
        if user.isalnum() and _is_random(password):
            yield FoundSecret(*found.span(1), "client secret (Basic authentication)")


def _is_random(value: str, *, digits: int = 2) -> bool:
    has_digits = sum(character.isdigit() for character in value) >= digits
    return has_digits and len(set(value)) >= _LEAST_VARIETY and not _SAMPLE.search(value)


def _decoded(segment: str) -> dict[str, Any]:
    """Return the JSON object that a token's segment holds; an empty one if it holds none."""
    try:
        found = json.loads(_bytes(segment))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _bytes(segment: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except binascii.Error:
        return b""
