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

    Raises
    ------
    ValueError
        For a number of token sessions that Cognito does not allow.
    """

    # Whether a code is spent by a wrong or missing ``code_verifier``
    wrong_verifier_uses_code: bool = True
    # Whether a ``code_verifier`` that is not 43 to 128 unreserved characters (RFC 7636) is as good as a wrong one
    verifier_form_checked: bool = True
    # Whether a ``code_verifier`` without a challenge in the authorization request does no harm
    needless_verifier_ignored: bool = True
    # Error for the code of another client
    foreign_code_error: ErrorCode = "invalid_grant"
    # Whether a code is spent by a token request that fails client authentication
    failed_authentication_uses_code: bool = False
    # Whether a code is spent by a token request with another ``redirect_uri``
    wrong_redirect_uses_code: bool = False
    # Whether a scope that the client does not have is left out, instead of ``invalid_scope``
    unknown_scope_ignored: bool = False
    # Whether ``email``, ``phone`` and ``profile`` are left out when ``openid`` is missing, instead of ``invalid_scope``
    scope_without_openid_dropped: bool = False
    # Whether an error at the callback comes with the request's ``state``
    state_on_errors: bool = True
    # Whether an error that must not reach the callback is a redirect to ``/error``, instead of the page at once
    error_page_redirects: bool = True
    # Whether userInfo's refusals have a JSON body beside the header field
    userinfo_error_body: bool = False
    # Whether userInfo takes POST, instead of answering 405
    userinfo_post: bool = False
    # Whether GET of the token endpoint is 400 ``invalid_request``, instead of an empty 405
    token_get_is_invalid_request: bool = False
    # Whether a rotated-out refresh token that is used after its grace ends the whole sign-in
    reuse_revokes_family: bool = False
    # Whether the revocation of a rotated-out refresh token ends the whole sign-in, instead of nothing
    revoking_rotated_out_ends_family: bool = True
    # Whether a rotated-out refresh token that is used within its grace gives a refresh token again
    grace_gives_refresh_token: bool = True
    # Whether a refreshed ID token has the ``nonce`` of the sign-in
    nonce_on_refresh: bool = True
    # Whether a refreshed ID token has an ``at_hash``, that of the new access token
    at_hash_on_refresh: bool = True
    # Whether a refresh gives an ID token to a sign-in that did not ask for ``openid``
    id_token_without_openid_on_refresh: bool = False
    # Whether the query of a registered callback URL counts when it is compared
    callback_query_compared: bool = True
    # Whether the query of a callback URL stays, and the answer is joined to it with ``&``
    callback_query_kept: bool = True
    # Whether the discovery document has ``end_session_endpoint`` and ``revocation_endpoint``
    discovery_names_all_endpoints: bool = False
    # Whether the pool's own page has *Cancel*, for ``access_denied`` without an external provider. Cognito's own has no
    # such button; the pages of external providers have one, and so does the stand-in for them in any case
    sign_in_page_can_cancel: bool = True
    # Whether the sign-in page has a style. A client made by the API on a domain with managed login has none, and its
    # page is "Login pages unavailable" then: its words are known, its HTTP status is not, and 403 here
    login_page_branded: bool = True
    # HTTP status of the page for a sign-in that took too long
    expired_page_status: int = 400
    # Error for the refresh token of another client
    foreign_refresh_token_error: ErrorCode = "invalid_grant"
    # Whether a ``state`` that is a JSON object ends on an empty page with status 400, as some have seen
    json_state_refused: bool = False
    # Whether the pool has a domain; without one its OAuth endpoints are 404 and not in the discovery document
    has_domain: bool = True
    # Whether the identity pool refuses the ID token of a revoked sign-in; a setting of real ones, off by default
    server_side_token_check: bool = False
    # Sign-ins of one user, 1 to 100, whose refresh tokens work; one more ends the least recently used
    token_sessions: int = 20

    def __post_init__(self) -> None:
        if not 1 <= self.token_sessions <= _MOST_TOKEN_SESSIONS:
            raise ValueError(f"token_sessions must be 1 to {_MOST_TOKEN_SESSIONS}")
