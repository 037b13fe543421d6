"""UserPool: a user pool and app client as this kernel talks to them; what it returns has been verified."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import CognitoError, ConfigurationError, SessionExpiredError, TokenVerificationError
from ..protocol.bearer import process_userinfo_response, userinfo_request
from ..protocol.claims import LEEWAY, unverified_kid, verify_access_token, verify_id_token
from ..protocol.metadata import Metadata, discovery_request, metadata_of_domain, process_discovery_response
from ..protocol.signout import logout_url, process_revocation_response, revocation_request
from ..protocol.token import authorization_code_grant_request, process_token_response, refresh_token_grant_request
from .keys import KeyCache
from .source import Tokens

if TYPE_CHECKING:
    from ..config import CognitoConfig
    from ..protocol.authorize import AuthorizationCode
    from ..protocol.claims import VerifiedToken
    from ..protocol.http import HttpRequest
    from ..protocol.token import TokenSet
    from ..secret import Secret
    from .transport import Transport

__all__ = ["PASSING_CLAIMS", "UserPool", "discover"]

PASSING_CLAIMS = frozenset({"iat", "exp", "nbf", "kid"})  # they fail for a clock or a key set that is behind, too

_log = logging.getLogger(__name__)


async def discover(config: CognitoConfig, transport: Transport) -> UserPool:
    """Find a user pool's endpoints, before any button is shown.

    Raises
    ------
    ConfigurationError
        If the pool does not exist or has no domain.
    NetworkError, ProtocolError
        If there is no usable answer.
    """
    if config.domain is not None:
        metadata = metadata_of_domain(config.issuer, config.domain, endpoints=config.endpoints)
    else:
        response = await transport.send(discovery_request(config.issuer))
        metadata = process_discovery_response(response, issuer=config.issuer, endpoints=config.endpoints)
    return UserPool(config, transport, metadata, KeyCache(transport, metadata.jwks_uri))


@dataclass(frozen=True, slots=True)
class UserPool:
    """A user pool whose endpoints are known; the coroutines run on the transport's loop."""

    config: CognitoConfig
    transport: Transport
    metadata: Metadata
    keys: KeyCache

    async def exchange(self, code: AuthorizationCode) -> Tokens:
        """Exchange a code for tokens, and verify them; one round trip if the keys are at hand.

        Raises
        ------
        TokenResponseError, TokenVerificationError, ProtocolError, NetworkError
            Then nothing is kept; a refresh token that came with refused tokens is revoked.
        """
        request = authorization_code_grant_request(self.metadata.token_endpoint, code, client_secret=self.config.secret)
        answer, started = await self._ask(request, openid="openid" in code.request.scopes, refreshing=False)
        try:
            return await self._verify(answer, started, nonce=code.request.nonce, before=None)
        except CognitoError:
            await self.revoke_quietly(answer.refresh_token)
            raise

    async def refresh(self, tokens: Tokens) -> Tokens:
        """Renew the tokens; without a new refresh token the old one stays (Cognito's default).

        Raises
        ------
        SessionExpiredError
            If the refresh token is dead or there is none.
        TokenVerificationError
            If the answer belongs to another user, issuer or client.
        TokenResponseError, ProtocolError, NetworkError
            If there is no usable answer.
        """
        if tokens.refresh_token is None:
            raise SessionExpiredError(
                "This session cannot be renewed: Cognito gave no refresh token.", hint="Run %cognito_login again."
            )
        request = refresh_token_grant_request(
            self.metadata.token_endpoint,
            tokens.refresh_token,
            client_id=self.config.client_id or "",
            client_secret=self.config.secret,
        )
        answer, started = await self._ask(request, openid=False, refreshing=True)
        try:
            return await self._verify(answer, started, nonce=tokens.nonce, before=tokens)
        except TokenVerificationError as error:
            if error.claim not in PASSING_CLAIMS:
                await self.revoke_quietly(answer.refresh_token)
            raise

    async def userinfo(self, tokens: Tokens) -> dict[str, Any]:
        """Ask /oauth2/userInfo, the cheapest check that the session still lives at Cognito.

        Raises
        ------
        ConfigurationError
            If the pool's endpoint is not known.
        TokenResponseError, TokenVerificationError, ProtocolError, NetworkError
            If there is no usable answer.
        """
        if self.metadata.userinfo_endpoint is None:
            raise ConfigurationError("The user pool names no userInfo endpoint.", setting="domain")
        response = await self.transport.send(userinfo_request(self.metadata.userinfo_endpoint, tokens.access.token))
        return process_userinfo_response(response, subject=tokens.access.subject)

    async def revoke(self, refresh_token: Secret) -> None:
        """Revoke a refresh token and what was issued from it.

        Raises
        ------
        ConfigurationError
            If the pool's endpoint is not known.
        TokenResponseError, ProtocolError, NetworkError
            If it must be taken as still alive.
        """
        if self.metadata.revocation_endpoint is None:
            raise ConfigurationError("The user pool names no revocation endpoint.", setting="domain")
        request = revocation_request(
            self.metadata.revocation_endpoint,
            refresh_token,
            client_id=self.config.client_id or "",
            client_secret=self.config.secret,
        )
        process_revocation_response(await self.transport.send(request))

    async def revoke_quietly(self, refresh_token: Secret | None) -> None:
        """Revoke a refresh token that nobody will use, as far as Cognito answers."""
        if refresh_token is None:
            return
        try:
            await self.revoke(refresh_token)
        except CognitoError as error:
            _log.debug("revocation failed: %s", type(error).__name__)

    def logout_url(self, logout_uri: str | None) -> str | None:
        """Return the address that ends the browser's session at Cognito, if it and `logout_uri` are known."""
        end_session = self.metadata.end_session_endpoint
        if end_session is None or logout_uri is None:
            return None
        return logout_url(end_session, client_id=self.config.client_id or "", logout_uri=logout_uri)

    async def _ask(self, request: HttpRequest, *, openid: bool, refreshing: bool) -> tuple[TokenSet, float]:
        """Send a grant; returned with the monotonic time of asking, from which the life is counted."""
        started = time.monotonic()
        response = await self.transport.send(request)
        client_id = self.config.client_id or ""
        return process_token_response(response, client_id=client_id, openid=openid, refreshing=refreshing), started

    async def _verify(self, answer: TokenSet, started: float, *, nonce: Secret | None, before: Tokens | None) -> Tokens:
        config, now = self.config, time.time()
        issuer, client_id = self.metadata.issuer, config.client_id or ""
        kids = [unverified_kid(token) for token in (answer.id_token, answer.access_token) if token is not None]
        keys = await self.keys.key_set(*kids)
        id_token = before.id if before else None
        if answer.id_token is not None:
            id_token = verify_id_token(
                answer.id_token,
                keys,
                issuer=issuer,
                client_id=client_id,
                nonce=nonce,
                nonce_required=before is None,
                access_token=answer.access_token,
                now=now,
            )
        subject = before.access.subject if before else id_token.subject if id_token else None
        if id_token is not None and id_token.subject != subject:
            raise TokenVerificationError("ID token refused: sub belongs to another user", claim="sub")
        access = verify_access_token(
            answer.access_token,
            keys,
            issuer=issuer,
            client_id=client_id,
            resource=config.resource,
            subject=subject,
            now=now,
        )
        if before is not None:
            _check_continuity(before.id, id_token)
        # The token may have been issued a while ago; within the leeway the clocks may differ.
        life = min(access.expires_at - int(access.claims["iat"]), access.expires_at - now + LEEWAY)
        life = min(life, answer.expires_in or life)
        return Tokens(
            access,
            id_token,
            answer.refresh_token or (before.refresh_token if before else None),
            nonce,
            expires_at=now + life,
            deadline=started + life,
        )


def _check_continuity(before: VerifiedToken | None, after: VerifiedToken | None) -> None:
    """Refuse a refreshed ID token of another sign-in (OpenID Connect Core §12.2)."""
    if before is None or after is None:
        return
    if before.claims.get("auth_time") != after.claims.get("auth_time"):
        raise TokenVerificationError("ID token refused: auth_time belongs to another sign-in", claim="auth_time")
