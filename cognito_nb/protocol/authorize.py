"""The authorization request, and validation of its response (RFC 6749 §4.1, RFC 9207, Cognito's /oauth2/authorize).

The request leaves here without ``redirect_uri``: the Jupyter server adds the one that the user's browser can
come back to.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from ..causes import cause_of
from ..errors import AuthorizationResponseError, ProtocolError, StateMismatchError
from ..secret import Secret
from ..shown_text import public_text
from .pkce import code_challenge, new_code_verifier

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .metadata import Metadata

__all__ = ["AuthorizationCode", "AuthorizationRequest", "new_authorization_request", "validate_authorization_response"]

_CODE = re.compile(r"[ -~]{1,4096}")  # RFC 6749 appendix A.11
_VALIDATED = object()
_CAUSES = {  # of an error
    "access_denied": "access_denied",
    "invalid_scope": "scope_not_enabled",
    "login_required": "login_required",
    "server_error": "server_error",
    "unauthorized_client": "code_grant_not_allowed",
}
_WORDS = (  # of an invalid_request's description → its cause (Cognito developer guide, "Authorize endpoint")
    (re.compile(r"failed with error|invocation failed"), "lambda_trigger_failed"),
    (re.compile(r"attributes? required", re.IGNORECASE), "attributes_required"),
    (
        re.compile(r"IdP|jwks uri|getting token|Error - \d{3}|Connection reset|timed out", re.IGNORECASE),
        "identity_provider_failed",
    ),
)


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """One sign-in: what was asked, and what the answer must fit.

    Attributes
    ----------
    issuer, client_id : str
        Whom the answer must come from and whom it is for.
    scopes : tuple of str
        The scopes asked for.
    state, nonce, code_verifier : Secret
        256 random bits each (RFC 9700 §2.1, OpenID Connect Core §3.1.2.1, RFC 7636).
    url : Secret
        The authorization request, complete but for ``redirect_uri``.
    iss_in_response : bool
        Whether the answer must carry ``iss``.
    """

    issuer: str
    client_id: str
    scopes: tuple[str, ...]
    state: Secret
    nonce: Secret
    code_verifier: Secret
    url: Secret
    iss_in_response: bool


@dataclass(frozen=True, slots=True)
class AuthorizationCode:
    """A code whose response passed every check; only `validate_authorization_response` makes one."""

    code: Secret
    redirect_uri: str
    request: AuthorizationRequest
    _proof: object = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        if self._proof is not _VALIDATED:
            raise TypeError("an AuthorizationCode comes from validate_authorization_response only")


def new_authorization_request(
    metadata: Metadata, *, client_id: str, scopes: tuple[str, ...], options: Mapping[str, str]
) -> AuthorizationRequest:
    """Start a sign-in with fresh `state`, `nonce` and `code_verifier`.

    Parameters
    ----------
    metadata : Metadata
        The user pool.
    client_id : str
        The app client.
    scopes : tuple of str
        Always sent: without ``scope`` Cognito grants all that the app client has.
    options : mapping of str to str
        Cognito's optional parameters: ``identity_provider``, ``idp_identifier``, ``login_hint``, ``lang``,
        ``prompt``, ``resource``.
    """
    state, nonce = Secret(secrets.token_urlsafe(32)), Secret(secrets.token_urlsafe(32))
    code_verifier = new_code_verifier()
    parameters = {
        **options,  # first: none of them replaces what follows
        "response_type": "code",
        "client_id": client_id,
        "scope": " ".join(scopes),
        "state": state.reveal(),
        "nonce": nonce.reveal(),
        "code_challenge": code_challenge(code_verifier),
        "code_challenge_method": "S256",
    }
    return AuthorizationRequest(
        issuer=metadata.issuer,
        client_id=client_id,
        scopes=scopes,
        state=state,
        nonce=nonce,
        code_verifier=code_verifier,
        url=Secret(f"{metadata.authorization_endpoint}?{urlencode(parameters)}"),
        iss_in_response=metadata.iss_in_response,
    )


def validate_authorization_response(
    request: AuthorizationRequest, params: Mapping[str, Secret], *, redirect_uri: str
) -> AuthorizationCode:
    """Check an authorization response against the request it answers (RFC 6749 §4.1.2, RFC 9207 §2.4).

    Parameters
    ----------
    request : AuthorizationRequest
        The sign-in that waits.
    params : mapping of str to Secret
        The response's parameters; whoever parsed the query has refused repeated ones.
    redirect_uri : str
        What the request went out with; the token request repeats it.

    Raises
    ------
    StateMismatchError
        If `state` or `iss` belongs to another sign-in. Checked first: an error proves nothing about its sender.
    AuthorizationResponseError
        If Cognito said no. Cognito leaves out `state` on some errors; no error ever counts as success.
    ProtocolError
        If the response holds both a code and an error, or no usable code.
    """
    state, error = params.get("state"), params.get("error")
    if state != request.state and not (state is None and error is not None):
        raise StateMismatchError("The answer belongs to another sign-in (state differs).", cause="state_mismatch")
    _check_issuer(request, params.get("iss"))
    code = params.get("code")
    if error is not None and code is not None:
        raise ProtocolError("The authorization response holds both a code and an error.")
    if error is not None:
        raise _refusal(request, params, redirect_uri)
    if code is None or not _CODE.fullmatch(code.reveal()):
        raise ProtocolError("The authorization response holds no usable code.")
    return AuthorizationCode(code, redirect_uri, request, _VALIDATED)


def _check_issuer(request: AuthorizationRequest, iss: Secret | None) -> None:
    """Compare `iss` as a string (RFC 9207 §2.4)."""
    if iss is None and request.iss_in_response:
        raise StateMismatchError("The answer does not name its issuer (iss is missing).", cause="state_mismatch")
    if iss is not None and iss != Secret(request.issuer):
        raise StateMismatchError("The answer comes from another issuer (iss differs).", cause="state_mismatch")


def _refusal(
    request: AuthorizationRequest, params: Mapping[str, Secret], redirect_uri: str
) -> AuthorizationResponseError:
    error, description = public_text(params["error"].reveal(), limit=60), None
    hint = "Run %cognito_login again."
    if "state" in params:
        hint = "Read Cognito's words above; then run %cognito_login again."
        if "error_description" in params:
            description = public_text(params["error_description"].reveal())
    cause = _cause(error, description or "")
    if cause is None and "state" not in params:  # anybody may have sent it: no foreign words then
        error = "error"
    sent = {"client_id": request.client_id, "redirect_uri": redirect_uri, "scope": " ".join(request.scopes)}
    return AuthorizationResponseError(
        f"{cause_of(cause).title if cause else 'Cognito refused the sign-in'}: {error}"
        + (f" ({description})" if description else ""),
        error=error,
        error_description=description,
        hint=None if cause else hint,
        sent=None if error == "access_denied" else sent,  # a person's no: nothing to compare
        cause=cause,
    )


def _cause(error: str, description: str) -> str | None:
    """Return the code of the cause; an invalid_request's is told by Cognito's own words."""
    if error == "invalid_request":
        return next((cause for words, cause in _WORDS if words.search(description)), error)
    return _CAUSES.get(error)
