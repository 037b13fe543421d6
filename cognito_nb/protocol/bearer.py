"""Bearer tokens and /oauth2/userInfo (RFC 6750, OpenID Connect Core §5.3).

Cognito writes its WWW-Authenticate header without the scheme, so the header is read leniently.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ..errors import ProtocolError, TokenResponseError, TokenVerificationError
from ..shown_text import public_text
from .http import HttpRequest, HttpResponse, read_json, try_later, without_frames

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..secret import Secret

__all__ = ["bearer_error", "process_userinfo_response", "userinfo_request"]

_ENDPOINT = "userInfo endpoint"
_PARAMETER = re.compile(r'\b(error|error_description|scope)\s*=\s*"([^"\\]{0,300})"')


def userinfo_request(userinfo_endpoint: str, access_token: Secret) -> HttpRequest:
    """Build the request; the token goes into the header only (RFC 6750 §2)."""
    headers = {"Accept": "application/json", "Authorization": f"Bearer {access_token.reveal()}"}
    return HttpRequest(_ENDPOINT, "GET", userinfo_endpoint, headers)


@without_frames
def process_userinfo_response(response: HttpResponse, *, subject: str) -> dict[str, Any]:
    """Read the user's attributes; Cognito sends ``email_verified`` as a string here.

    Parameters
    ----------
    response : HttpResponse
        The answer.
    subject : str
        ``sub`` of the verified ID token; an answer about anybody else is refused (§5.3.2).

    Raises
    ------
    TokenResponseError
        If the endpoint refused the token: without ``openid``, revoked or expired.
    TokenVerificationError
        If the answer is about another user.
    ProtocolError, NetworkError
        If the answer is unusable.
    """
    if response.status in (400, 401, 403):
        if b"TooManyRequests" in response.content:  # Cognito's throttling may come as a 400
            raise try_later(response, _ENDPOINT)
        found = bearer_error(response.headers)
        reason = found.get("error_description") or found.get("error") or "no reason given"
        scope = found.get("scope") or "openid"
        raise TokenResponseError(
            f"The {_ENDPOINT} refused the access token: {reason}",
            error=found.get("error"),
            error_description=found.get("error_description"),
            status_code=response.status,
            hint=f"The token needs the scope {scope}; after a sign-out elsewhere, run %cognito_login again.",
            cause="openid_missing",
        )
    attributes = read_json(response, endpoint=_ENDPOINT)
    actual = attributes.get("sub")
    if not isinstance(actual, str):
        raise ProtocolError(f"The {_ENDPOINT}'s answer has no usable sub.")
    if actual != subject:
        raise TokenVerificationError(f"The {_ENDPOINT} answered about another user (sub differs).", claim="sub")
    return attributes


def bearer_error(headers: Mapping[str, str]) -> dict[str, str]:
    """Return ``error``, ``error_description`` and ``scope`` of a WWW-Authenticate header, made fit to be shown."""
    header = headers.get("www-authenticate", "")[:2000]
    return {name: public_text(value) for name, value in _PARAMETER.findall(header)}
