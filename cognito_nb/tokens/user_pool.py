"""UserPool: a user pool and app client as this kernel talks to them; what it returns has been verified."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import CognitoError, ConfigurationError, SessionExpiredError, TokenVerificationError
from ..protocol.bearer import process_userinfo_response, userinfo_request
from ..protocol.claims import unverified_kid
from ..protocol.metadata import Metadata, discovery_request, metadata_of_domain, process_discovery_response
from ..protocol.signout import logout_url, process_revocation_response, revocation_request
from ..protocol.token import (
    TokenSet,
    authorization_code_grant_request,
    client_credentials_grant_request,
    process_token_response,
    refresh_token_grant_request,
)
from .keys import KeyCache
from .source import Tokens
from .verification import PASSING_CLAIMS, Known, life_of, verify_answer, with_clocks

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import TypeAlias

    from ..config import CognitoConfig
    from ..protocol.authorize import AuthorizationCode
    from ..protocol.http import HttpRequest
    from ..secret import Secret
    from .store import Kept
    from .transport import Transport

    Keep: TypeAlias = Callable[[Secret], Awaitable[None]]

__all__ = ["UserPool", "discover"]

_WORTHWHILE = 30.0  # seconds that a remembered access token must have left to be taken as it is

_log = logging.getLogger(__name__)


async def discover(config: CognitoConfig, transport: Transport) -> UserPool:
    """Find a user pool's endpoints, before any button is shown, and the client secret where it is in the keyring.

    Raises
    ------
    ConfigurationError
        If the pool does not exist or has no domain, or the keyring no secret.
    NetworkError, ProtocolError
        If there is no usable answer.
    """
    if config.keeps_secret_in_keyring:
        from .client_secret import with_secret_from_keyring  # noqa: PLC0415 - of the extra `keyring`

        config = await with_secret_from_keyring(config)
    if config.domain is not None:
        metadata = metadata_of_domain(config.issuer, config.domain, endpoints=config.endpoints)
    else:
        with config.named_in_errors():
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

    async def exchange(self, code: AuthorizationCode, *, waited: float = 0.0) -> Tokens:
        """Exchange a code for tokens, and verify them; one round trip if the keys are at hand.

        `waited` is the seconds since the sign-in began, for the error.

        Raises
        ------
        TokenResponseError, TokenVerificationError, ProtocolError, NetworkError
            Then nothing is kept; a refresh token that came with refused tokens is revoked.
        """
        request = authorization_code_grant_request(self.metadata.token_endpoint, code, client_secret=self.config.secret)
        openid = "openid" in code.request.scopes
        answer, started = await self._ask(request, openid=openid, refreshing=False, waited=waited)
        try:
            return await self._verify(answer, started, nonce=code.request.nonce, known=None)
        except CognitoError:
            await self.revoke_quietly(answer.refresh_token)
            raise

    async def ask_for_client(self, *, refreshing: bool = False) -> Tokens:
        """Ask for an access token of the app client itself, which is also how that is renewed (RFC 6749 §4.4).

        Raises
        ------
        TokenResponseError, TokenVerificationError, ProtocolError, NetworkError
            If there is no usable answer; SessionExpiredError if that ends a session.
        """
        config, client_id = self.config, self.config.client_id or ""
        request = client_credentials_grant_request(
            self.metadata.token_endpoint,
            client_id=client_id,
            client_secret=config.secret,
            scopes=tuple(config.scopes),
        )
        answer, started = await self._ask(request, openid=False, refreshing=refreshing)
        itself = Known(client_id, None, None, None)
        return await self._verify(answer, started, nonce=None, known=itself)

    async def refresh(self, tokens: Tokens, *, keep: Keep) -> Tokens:
        """Renew the tokens; without a new refresh token the old one stays (Cognito's default).

        Parameters
        ----------
        tokens : Tokens
            The current ones.
        keep : callable
            Awaited with a new refresh token (rotation) before anything else can fail: the old one may be dead by now.

        Raises
        ------
        SessionExpiredError
            If the refresh token is dead or there is none.
        TokenVerificationError
            If the answer belongs to another user, issuer or client.
        TokenResponseError, ProtocolError, NetworkError
            If there is no usable answer.
        """
        if self.config.is_for_client:
            return await self.ask_for_client(refreshing=True)
        auth_time = tokens.id.claims.get("auth_time") if tokens.id else None
        known = Known(tokens.access.subject, auth_time, tokens.id, tokens.refresh_token)
        return await self._renew(known, nonce=tokens.nonce, keep=keep)

    async def adopt(self, kept: Kept) -> Tokens | None:
        """Verify remembered tokens as if they had just come; None if they are about to end, or none to be had."""
        now = time.time()
        if kept.access_token is None:
            return None
        try:
            tokens = await self.verify(kept, kept.access_token)
        except TokenVerificationError:
            return None  # keys were rotated, say: a refresh decides
        worthwhile = kept.expires_at - now > min(_WORTHWHILE, tokens.life / 2)
        return tokens.until(kept.expires_at, now=now) if worthwhile else None

    async def verify(self, kept: Kept, access_token: Secret) -> Tokens:
        """Verify tokens that did not come just now.

        Raises
        ------
        TokenVerificationError, NetworkError, ProtocolError
            If they are refused, or there are no keys to be had.
        """
        answer = TokenSet(access_token, kept.id_token, kept.refresh_token, None)
        known = Known(kept.subject, kept.auth_time, None, kept.refresh_token)  # a refreshed ID token has no nonce
        return await self._verify(answer, time.monotonic(), nonce=kept.nonce, known=known)

    async def resume(self, kept: Kept, *, keep: Keep) -> Tokens:
        """Turn what was remembered into tokens: those there are, while they live, else renewed ones.

        Raises
        ------
        SessionExpiredError, TokenVerificationError, TokenResponseError, ProtocolError, NetworkError
            As for `refresh`.
        """
        known = Known(kept.subject, kept.auth_time, None, kept.refresh_token)
        return await self.adopt(kept) or await self._renew(known, nonce=kept.nonce, keep=keep)

    async def _renew(self, known: Known, *, nonce: Secret | None, keep: Keep) -> Tokens:
        if known.refresh_token is None:
            raise SessionExpiredError(
                "This session cannot be renewed: it has no refresh token.", hint="Run %cognito_login again."
            )
        request = refresh_token_grant_request(
            self.metadata.token_endpoint,
            known.refresh_token,
            client_id=self.config.client_id or "",
            client_secret=self.config.secret,
        )
        answer, started = await self._ask(request, openid=False, refreshing=True)
        if answer.refresh_token is not None:
            await keep(answer.refresh_token)
        try:
            return await self._verify(answer, started, nonce=nonce, known=known)
        except TokenVerificationError as error:
            if error.claim not in PASSING_CLAIMS:
                await self.revoke_quietly(answer.refresh_token)
            raise

    async def userinfo(self, tokens: Tokens) -> dict[str, Any]:
        """Ask /oauth2/userInfo, the cheapest check that the session still lives at Cognito.

        Raises
        ------
        ConfigurationError
            If the pool's endpoint is not known, or the app client is its own user.
        TokenResponseError, TokenVerificationError, ProtocolError, NetworkError
            If there is no usable answer.
        """
        if self.config.is_for_client:
            raise ConfigurationError(
                "There is no user to tell about: the app client has signed in for itself.", setting="grant"
            )
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
        if end_session is None or logout_uri is None or self.config.is_for_client:
            return None
        return logout_url(end_session, client_id=self.config.client_id or "", logout_uri=logout_uri)

    async def _ask(
        self, request: HttpRequest, *, openid: bool, refreshing: bool, waited: float = 0.0
    ) -> tuple[TokenSet, float]:
        """Send a grant; returned with the monotonic time of asking, from which the life is counted."""
        started, config = time.monotonic(), self.config
        with config.named_in_errors():
            answer = process_token_response(
                await self.transport.send(request),
                client_id=config.client_id or "",
                openid=openid,
                refreshing=refreshing,
                by_client=config.is_for_client,
                has_secret=config.secret is not None,
                waited=waited,
            )
        return answer, started

    async def _verify(self, answer: TokenSet, started: float, *, nonce: Secret | None, known: Known | None) -> Tokens:
        """Verify an answer whole; where a time is wrong, tell whose clock may be."""
        now = time.time()
        named = (("ID token", answer.id_token), ("access token", answer.access_token))
        kids = [unverified_kid(token, kind=kind) for kind, token in named if token is not None]
        keys = await self.keys.key_set(*kids)
        try:
            id_token, access = verify_answer(
                answer,
                keys,
                issuer=self.metadata.issuer,
                client_id=self.config.client_id or "",
                resource=self.config.resource,
                nonce=nonce,
                known=known,
                now=now,
            )
        except TokenVerificationError as error:
            refusal = with_clocks(error, now=now, server_time=answer.server_time)
        else:
            return Tokens.issued(
                access,
                id_token,
                refresh_token=answer.refresh_token or (known.refresh_token if known else None),
                nonce=nonce,
                life=life_of(answer, access, id_token if answer.id_token else None, now=now),
                now=now,
                started=started,
                by_client=self.config.is_for_client,
            )
        raise refusal
