"""Signing out: /oauth2/revoke (RFC 7009) and the browser's /logout.

Revocation ends the refresh token and what was issued from it; /logout ends the browser's session with Cognito. Neither
does the other's work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from ..errors import TokenResponseError
from ..shown_text import public_text
from .http import HttpRequest, HttpResponse, read_json, read_refusal, without_frames
from .token import client_form_request

if TYPE_CHECKING:
    from ..secret import Secret

__all__ = ["logout_url", "process_revocation_response", "revocation_request"]

_ENDPOINT = "revocation endpoint"


def revocation_request(
    revocation_endpoint: str, refresh_token: Secret, *, client_id: str, client_secret: Secret | None
) -> HttpRequest:
    """Build the request that revokes a refresh token; Cognito refuses other tokens and knows no hint."""
    form = {"token": refresh_token.reveal()}
    return client_form_request(_ENDPOINT, revocation_endpoint, form, client_id=client_id, client_secret=client_secret)


@without_frames
def process_revocation_response(response: HttpResponse) -> None:
    """Read the answer; 200 also stands for a token that was dead already (RFC 7009 §2.2).

    Raises
    ------
    TokenResponseError
        If the endpoint refused, for instance because the app client has revocation switched off.
    NetworkError, ProtocolError
        If the answer is unusable; the token must then be taken as still alive.
    """
    if response.status == 200:  # noqa: PLR2004 - HTTP status
        return
    if response.status in (400, 401):
        error = public_text(read_refusal(response, endpoint=_ENDPOINT).get("error"), limit=60)
        raise TokenResponseError(
            f"The {_ENDPOINT} refused: {error}",
            error=error,
            status_code=response.status,
            cause="revocation_off",
        )
    read_json(response, endpoint=_ENDPOINT)  # raises: it takes nothing but 200


def logout_url(end_session_endpoint: str, *, client_id: str, logout_uri: str) -> str:
    """Return the address that ends the browser's session; `logout_uri` must be registered to the letter."""
    return f"{end_session_endpoint}?{urlencode({'client_id': client_id, 'logout_uri': logout_uri})}"
