"""Authorization requests: what is checked, in which order, and what the callback gets.

An error without a ``redirect_uri`` never reaches the callback. RFC 6749 section 4.1.1 and 4.2.1, RFC 8707.
Source: "Authorize endpoint" in the Cognito developer guide.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AccessDeniedError, InvalidRequestError, InvalidScopeError, grants

from .issued import AuthorizationCode
from .oauth import callback_url
from .tokens import Authorization, sign_tokens

if TYPE_CHECKING:
    from .browser_sessions import BrowserSession
    from .clients import AppClient
    from .oauth import Answer, OAuthRequest

__all__ = ["AuthorizationGrant"]

_PARAMETERS = frozenset(
    {
        "client_id",
        "code_challenge",
        "code_challenge_method",
        "identity_provider",
        "idp_identifier",
        "lang",
        "login_hint",
        "nonce",
        "prompt",
        "redirect_uri",
        "resource",
        "response_type",
        "scope",
        "state",
    }
)


class AuthorizationGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc]  # Authlib is untyped
    """Both flows at ``/oauth2/authorize``: authorization code and implicit.

    Attributes
    ----------
    provider : str or None
        Name of the identity provider that the request chose, once it was validated.
    """

    provider: str | None = None

    @classmethod
    def check_authorization_endpoint(cls, _request: OAuthRequest) -> bool:
        """Take every authorization request: which response type is acceptable depends on the client."""
        return True

    @classmethod
    def check_token_endpoint(cls, _request: OAuthRequest) -> bool:
        """Take no token request."""
        return False

    @staticmethod
    def validate_no_multiple_request_parameter(request: OAuthRequest) -> None:
        """Do nothing yet: where the error goes depends on the client and its redirect."""

    def validate_authorization_request(self) -> str:
        """Check a request and return the redirect URI: first what must not be redirected, then the rest."""
        payload = self.request.payload
        repeated = {name for name in _PARAMETERS if len(payload.datalist.get(name, ())) > 1}
        if repeated & {"client_id", "redirect_uri"}:
            raise OAuth2Error(error="invalid_request")
        redirect_uri = self.validate_authorization_redirect_uri(self.request, self._client())
        if repeated or not self._makes_sense():
            raise InvalidRequestError(redirect_uri=redirect_uri)
        super().validate_authorization_request()
        return redirect_uri

    def _client(self) -> AppClient:
        client_id = self.request.payload.client_id
        if not client_id:
            raise OAuth2Error(error="Required String parameter 'client_id' is not present")
        client: AppClient | None = self.server.query_client(client_id)
        if client is None:
            raise OAuth2Error(error="Client does not exist.")
        if not client.oauth_enabled:
            raise OAuth2Error(error="Client is not enabled for OAuth2.0 flows.")
        if not client.identity_providers:
            raise OAuth2Error(error="Login option is not available.")
        return client

    def validate_authorization_redirect_uri(self, request: OAuthRequest, client: AppClient) -> str:
        """Return the redirect URI of a request, or the client's default."""
        redirect_uri: str | None = request.payload.redirect_uri or client.get_default_redirect_uri()
        if redirect_uri is None:
            raise OAuth2Error(error="Required String parameter 'redirect_uri' is not present")
        known = client.check_redirect_uri(redirect_uri)
        if not known and not self.server.pool.switches.callback_query_compared:
            known = _without_query(redirect_uri) in map(_without_query, client.callback_urls)
        if not known:
            raise OAuth2Error(error="redirect_mismatch")
        return redirect_uri

    def _makes_sense(self) -> bool:
        """Choose the provider, and tell whether every parameter is one that can be answered."""
        data = self.request.payload.data
        prompts = data.get("prompt", "").split()
        name, identifier = data.get("identity_provider"), data.get("idp_identifier")
        try:
            self.provider = self.server.pool.provider_of(self._client(), name=name, identifier=identifier)
        except ValueError:
            return False
        return (
            data.get("response_type") in {"code", "token"}
            and not ("none" in prompts and len(prompts) > 1)
            and ("resource" not in data or _is_resource(data["resource"]))
        )

    def validate_requested_scope(self) -> None:
        """Refuse a scope that the client does not have, and one that makes no sense without ``openid``."""
        if self.server.pool.granted_scopes(self._client(), self.request.payload.scope) is None:
            raise InvalidScopeError

    def create_authorization_response(self, redirect_uri: str, grant_user: BrowserSession | None) -> Answer:
        """Answer with a code or with tokens, or with ``access_denied`` when nobody agreed."""
        if grant_user is None:
            raise AccessDeniedError(redirect_uri=redirect_uri)
        pool, payload = self.server.pool, self.request.payload
        authorization = Authorization(
            user=grant_user.user,
            client_id=payload.client_id,
            scopes=pool.granted_scopes(self.request.client, payload.scope),
            auth_time=int(grant_user.signed_in_at),
            # For a federated user Cognito makes one up where the client sent none
            nonce=payload.data.get("nonce") or (str(uuid.uuid4()) if grant_user.user.provider else None),
            resource=payload.data.get("resource"),
        )
        implicit = payload.response_type == "token"
        parameters = self._tokens(authorization) if implicit else self._code(authorization, redirect_uri)
        location = callback_url(
            redirect_uri,
            parameters | {"state": payload.state},
            keep_query=pool.switches.callback_query_kept,
            fragment=implicit,
        )
        return 302, "", [("Location", location)]

    def _code(self, authorization: Authorization, redirect_uri: str) -> dict[str, str | None]:
        pool = self.server.pool
        expires_at = pool.clock() + pool.lifetimes_of(authorization.client_id).code
        challenge = self.request.payload.data.get("code_challenge") or None
        code = AuthorizationCode(str(uuid.uuid4()), authorization, redirect_uri, challenge, expires_at)
        pool.save_code(code)
        return {"code": code.code}

    def _tokens(self, authorization: Authorization) -> dict[str, str | None]:
        tokens = sign_tokens(self.server.pool, authorization)
        return {**{name: str(value) for name, value in tokens.items()}, "token_type": "bearer"}


def _without_query(url: str) -> str:
    return url.partition("?")[0]


def _is_resource(url: str) -> bool:
    """Tell whether a resource indicator is acceptable: https, http to localhost, or a scheme of one's own."""
    try:
        parts = urlsplit(url)
    except ValueError:  # brackets that hold no IPv6 address
        return False
    if not parts.scheme or "#" in url:
        return False
    if parts.scheme == "http":
        return parts.hostname == "localhost"
    return parts.scheme != "https" or bool(parts.hostname)
