"""What nobody outside AWS knows for certain about Cognito: each point is a switch, the default is the likeliest.

A client that works with one setting of a switch only depends on something unconfirmed. The looks of throttling, of
firewalls and of outages are unconfirmed too; they are faults, see `Fault`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["ErrorCode", "Switches"]

ErrorCode: TypeAlias = Literal["invalid_client", "invalid_grant", "invalid_request", "unauthorized_client"]

_MOST_TOKEN_SESSIONS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """How the pool behaves where Cognito's behaviour is unconfirmed.

    Parameters
    ----------
    wrong_verifier_uses_code
        Whether a code is spent by a wrong or missing ``code_verifier``.
    needless_verifier_ignored
        Whether a ``code_verifier`` without a challenge in the authorization request does no harm.
    foreign_code_error
        Error for the code of another client.
    failed_authentication_uses_code
        Whether a code is spent by a token request that fails client authentication.
    wrong_redirect_uses_code
        Whether a code is spent by a token request with another ``redirect_uri``.
    unknown_scope_ignored
        Whether a scope that the client does not have is left out, instead of ``invalid_scope``.
    scope_without_openid_dropped
        Whether ``email``, ``phone`` and ``profile`` are left out when ``openid`` is missing, instead of
        ``invalid_scope``.
    state_on_errors
        Whether an error at the callback comes with the request's ``state``.
    error_page_redirects
        Whether an error that must not reach the callback is a redirect to ``/error``, instead of the page at once.
    userinfo_error_body
        Whether userInfo's refusals have a JSON body beside the header field.
    userinfo_post
        Whether userInfo takes POST, instead of answering 405.
    token_get_is_invalid_request
        Whether GET of the token endpoint is 400 ``invalid_request``, instead of an empty 405.
    reuse_revokes_family
        Whether a rotated-out refresh token that is used after its grace ends the whole sign-in.
    grace_gives_refresh_token
        Whether a rotated-out refresh token that is used within its grace gives a refresh token again.
    nonce_on_refresh
        Whether a refreshed ID token has the ``nonce`` of the sign-in.
    at_hash_on_refresh
        Whether a refreshed ID token has an ``at_hash``, that of the new access token.
    id_token_without_openid_on_refresh
        Whether a refresh gives an ID token to a sign-in that did not ask for ``openid``.
    callback_query_compared
        Whether the query of a registered callback URL counts when it is compared.
    callback_query_kept
        Whether the query of a callback URL stays, and the answer is joined to it with ``&``.
    discovery_names_all_endpoints
        Whether the discovery document has ``end_session_endpoint`` and ``revocation_endpoint``.
    expired_page_status
        HTTP status of the page for a sign-in that took too long.
    foreign_refresh_token_error
        Error for the refresh token of another client.
    json_state_refused
        Whether a ``state`` that is a JSON object ends on an empty page with status 400, as some have seen.
    has_domain
        Whether the pool has a domain; without one its OAuth endpoints are 404 and not in the discovery document.
    server_side_token_check
        Whether the identity pool refuses the ID token of a revoked sign-in; a setting of real ones, off by default.
    token_sessions
        Sign-ins of one user, 1 to 100, whose refresh tokens work; one more ends the least recently used.

    Raises
    ------
    ValueError
        For a number of token sessions that Cognito does not allow.
    """

    wrong_verifier_uses_code: bool = True
    needless_verifier_ignored: bool = True
    foreign_code_error: ErrorCode = "invalid_grant"
    failed_authentication_uses_code: bool = False
    wrong_redirect_uses_code: bool = False
    unknown_scope_ignored: bool = False
    scope_without_openid_dropped: bool = False
    state_on_errors: bool = True
    error_page_redirects: bool = True
    userinfo_error_body: bool = False
    userinfo_post: bool = False
    token_get_is_invalid_request: bool = False
    reuse_revokes_family: bool = False
    grace_gives_refresh_token: bool = True
    nonce_on_refresh: bool = True
    at_hash_on_refresh: bool = True
    id_token_without_openid_on_refresh: bool = False
    callback_query_compared: bool = True
    callback_query_kept: bool = True
    discovery_names_all_endpoints: bool = False
    expired_page_status: int = 400
    foreign_refresh_token_error: ErrorCode = "invalid_grant"
    json_state_refused: bool = False
    has_domain: bool = True
    server_side_token_check: bool = False
    token_sessions: int = 20

    def __post_init__(self) -> None:
        if not 1 <= self.token_sessions <= _MOST_TOKEN_SESSIONS:
            raise ValueError(f"token_sessions must be 1 to {_MOST_TOKEN_SESSIONS}")
