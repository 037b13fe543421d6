"""The token endpoint: its grants (RFC 6749 §4.1.3, §4.4, §6, Cognito's /oauth2/token).

A public client sends its ``client_id`` in the body and no Authorization header (Cognito refuses any); a client with
a secret authenticates by Basic only (one method per request, OAuth 2.1 §2.4).
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus, urlencode

from ..causes import cause_of
from ..errors import ProtocolError, SessionExpiredError, TokenResponseError
from ..secret import Secret
from ..shown_text import public_text
from .http import HttpRequest, HttpResponse, read_json, read_refusal, server_time, without_frames

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from .authorize import AuthorizationCode

__all__ = [
    "TOKEN_ENDPOINT",
    "TokenSet",
    "authorization_code_grant_request",
    "client_credentials_grant_request",
    "client_form_request",
    "process_token_response",
    "refresh_token_grant_request",
]

TOKEN_ENDPOINT = "token endpoint"  # noqa: S105 - a name
_MAX_TOKEN = 64 * 1024
_TOKEN = re.compile(rf"[!-~]{{1,{_MAX_TOKEN}}}")  # RFC 6749 appendix A.12, A.17; blanks may not go into a header
_MAX_LIFE = 24 * 3600  # Cognito's longest access token
_CODE_LIFE = 300.0  # seconds (Cognito developer guide, "Token endpoint")
_CLIENT_CAUSES = {  # error → cause, where the app client asks for itself
    "unauthorized_client": "client_credentials_not_allowed",
    "invalid_scope": "custom_scope_needed",
    "invalid_grant": "client_switched_off",
}


@dataclass(frozen=True, slots=True)
class TokenSet:
    """A token response of the right form; its JWTs are not verified yet.

    Attributes
    ----------
    access_token : Secret
        The access token.
    id_token, refresh_token : Secret or None
        As far as the answer had them: a refresh has no new refresh token unless the app client rotates them.
    expires_in : int or None
        Life of the access token in seconds.
    server_time : float or None
        The endpoint's clock when it answered, in seconds since the epoch.
    """

    access_token: Secret
    id_token: Secret | None
    refresh_token: Secret | None
    expires_in: int | None
    server_time: float | None = None


def authorization_code_grant_request(
    token_endpoint: str, code: AuthorizationCode, *, client_secret: Secret | None
) -> HttpRequest:
    """Build the request that exchanges a validated code (RFC 6749 §4.1.3, RFC 7636 §4.5)."""
    form = {
        "grant_type": "authorization_code",
        "code": code.code.reveal(),
        "redirect_uri": code.redirect_uri,
        "code_verifier": code.request.code_verifier.reveal(),
    }
    return client_form_request(
        TOKEN_ENDPOINT, token_endpoint, form, client_id=code.request.client_id, client_secret=client_secret
    )


def refresh_token_grant_request(
    token_endpoint: str, refresh_token: Secret, *, client_id: str, client_secret: Secret | None
) -> HttpRequest:
    """Build the request that refreshes the tokens (RFC 6749 §6); Cognito knows no narrowing of scopes here."""
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token.reveal()}
    return client_form_request(TOKEN_ENDPOINT, token_endpoint, form, client_id=client_id, client_secret=client_secret)


def client_credentials_grant_request(
    token_endpoint: str, *, client_id: str, client_secret: Secret | None, scopes: Sequence[str]
) -> HttpRequest:
    """Build the request of an app client that asks for itself (RFC 6749 §4.4.2); without scopes it asks for all."""
    form = {"grant_type": "client_credentials"} | ({"scope": " ".join(scopes)} if scopes else {})
    return client_form_request(TOKEN_ENDPOINT, token_endpoint, form, client_id=client_id, client_secret=client_secret)


def client_form_request(
    endpoint: str, url: str, form: dict[str, str], *, client_id: str, client_secret: Secret | None
) -> HttpRequest:
    """Build a form POST that authenticates the client the one way that its kind may (RFC 6749 §2.3.1)."""
    headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
    if client_secret is None:
        form = {"client_id": client_id, **form}
    else:
        pair = f"{quote_plus(client_id)}:{quote_plus(client_secret.reveal())}"
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode("ascii")).decode("ascii")
    return HttpRequest(endpoint, "POST", url, headers, urlencode(form).encode("ascii"))


@without_frames
def process_token_response(
    response: HttpResponse,
    *,
    client_id: str,
    openid: bool,
    refreshing: bool,
    by_client: bool = False,
    has_secret: bool = False,
    waited: float = 0.0,
) -> TokenSet:
    """Read a token response (RFC 6749 §5).

    Parameters
    ----------
    response : HttpResponse
        The answer to one of the grant requests.
    client_id : str
        The app client, for the error's text.
    openid : bool
        Whether an ID token must be there (OpenID Connect Core §3.1.3.3).
    refreshing : bool
        Whether this renews a session: then ``invalid_grant`` ends it.
    by_client : bool, optional
        Whether the app client asks for itself: then other refusals end its session, too.
    has_secret : bool, optional
        Whether the request had a client secret.
    waited : float, optional
        Seconds since the sign-in began: no code of it is older.

    Raises
    ------
    TokenResponseError
        If the endpoint refused.
    SessionExpiredError
        If it refused the refresh token, or the app client whose session it is.
    ProtocolError
        If a member is absent or of the wrong type.
    NetworkError
        For 429, 5xx and throttling that comes as 400.
    """
    if response.status in (400, 401, 403):
        causes = {"invalid_client": "secret_not_wanted" if has_secret else "secret_missing"}
        if by_client:
            causes |= _CLIENT_CAUSES
        elif refreshing:
            causes["invalid_grant"] = "refresh_refused"
        else:
            causes["invalid_grant"] = "code_too_old" if waited > _CODE_LIFE else "code_refused"
            causes["unauthorized_client"] = "redirect_differs"
        final = set(causes) if by_client else {"invalid_grant"}
        raise _refusal(response, client_id=client_id, causes=causes, final=final if refreshing else ())
    answer = read_json(response, endpoint=TOKEN_ENDPOINT)
    if "error" in answer:
        raise ProtocolError(f"The {TOKEN_ENDPOINT} answered 200 with an error.")
    token_type = answer.get("token_type")
    if not isinstance(token_type, str) or token_type.lower() != "bearer":
        raise ProtocolError(f"The {TOKEN_ENDPOINT} answered with an unknown token_type.")
    access_token, id_token = _token(answer, "access_token"), _token(answer, "id_token")
    if access_token is None:
        raise ProtocolError(f"The {TOKEN_ENDPOINT}'s answer has no access_token.")
    if id_token is None and openid:
        raise ProtocolError(f"The {TOKEN_ENDPOINT}'s answer has no id_token, though openid was asked for.")
    refresh_token = _token(answer, "refresh_token")
    return TokenSet(access_token, id_token, refresh_token, _expires_in(answer), server_time(response))


def _token(answer: dict[str, Any], name: str) -> Secret | None:
    value = answer.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not _TOKEN.fullmatch(value):
        why = " (too large)" if isinstance(value, str) and len(value) > _MAX_TOKEN else ""
        raise ProtocolError(f"The {TOKEN_ENDPOINT}'s answer has no usable {name}{why}.")
    return Secret(value)


def _expires_in(answer: dict[str, Any]) -> int | None:
    value = answer.get("expires_in")
    if value is None:
        return None
    if type(value) is not int or not 0 < value <= _MAX_LIFE:
        raise ProtocolError(f"The {TOKEN_ENDPOINT}'s answer has no usable expires_in.")
    return value


def _refusal(
    response: HttpResponse, *, client_id: str, causes: Mapping[str, str], final: Collection[str]
) -> TokenResponseError:
    """Return the error of a refusal; one of `final` ends the session."""
    answer = read_refusal(response, endpoint=TOKEN_ENDPOINT)
    if not isinstance(answer.get("error"), str):
        raise ProtocolError(f"The {TOKEN_ENDPOINT} refused (HTTP {response.status}) without an error code.")
    error = public_text(answer["error"], limit=60)
    description = public_text(answer["error_description"]) if "error_description" in answer else None
    cause = causes.get(error, "token_request_refused")
    kind, title = TokenResponseError, cause_of(cause).title
    if error in final:
        kind, title = SessionExpiredError, "The session has ended"
    return kind(
        f"{title}: {error}" + (f" ({description})" if description else ""),
        error=error,
        error_description=description,
        status_code=response.status,
        sent={"client_id": client_id},
        cause=cause,
    )
