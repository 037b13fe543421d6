"""Tokens that the user brings, such as a JupyterHub's: verified as if the token endpoint had just sent them."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..errors import ConfigurationError, SessionExpiredError, TokenVerificationError
from ..secret import Secret
from .store import Kept
from .user_pool import discover

if TYPE_CHECKING:
    from typing import TypeAlias

    from ..config import CognitoConfig
    from .source import Tokens
    from .transport import Transport
    from .user_pool import UserPool

    Given: TypeAlias = Secret | str | None

__all__ = ["GIVEN", "GivenTokens", "hidden"]

GIVEN = "given tokens"  # as the source of a session
_AGE = ("iat", "exp")  # a token of the day before yesterday is refused by the first
_TOKEN = re.compile(r"[!-~]{1,65536}")


def hidden(token: Given) -> Secret | None:
    """Return a token as the opaque type; never raises, so that no frame shows it."""
    return Secret(token) if isinstance(token, str) else token


@dataclass(frozen=True, slots=True)
class GivenTokens:
    """Tokens of one user pool and app client, as somebody says.

    Attributes
    ----------
    refresh_token, access_token, id_token : Secret or None
        As far as there are any.
    """

    refresh_token: Secret | None
    access_token: Secret | None
    id_token: Secret | None

    async def verify(self, config: CognitoConfig, transport: Transport) -> tuple[UserPool, Tokens]:
        """Return them verified, or renewed where the access token has expired or was not given.

        Raises
        ------
        ConfigurationError
            If they cannot make a session, before any request.
        SessionExpiredError, TokenVerificationError, TokenResponseError, ProtocolError, NetworkError
            If they are refused, or cannot be verified now.
        """
        self._check(config)
        user_pool = await discover(config, transport)
        kept = Kept(
            issuer=config.issuer,
            client_id=config.client_id or "",
            subject="",  # the tokens tell
            username="",
            auth_time=None,
            scopes=tuple(config.scopes),
            refresh_token=self.refresh_token,
            id_token=self.id_token,
        )
        if self.access_token is not None:
            try:
                tokens = await user_pool.verify(kept, self.access_token)
            except TokenVerificationError as error:
                if error.claim not in _AGE or self.refresh_token is None:
                    raise
            else:
                ends = min(token.expires_at for token in (tokens.access, tokens.id) if token is not None)
                return user_pool, tokens.until(ends, now=time.time())
        return user_pool, await _renewed(user_pool, kept)

    def _check(self, config: CognitoConfig) -> None:
        if config.is_for_client:
            raise ConfigurationError(
                'With grant = "client_credentials" no tokens are given: the app client asks for its own.',
                setting="grant",
                hint="Call cn.login().",
            )
        if self.refresh_token is None and self.access_token is None:
            raise ConfigurationError("Neither a refresh_token nor an access_token was given.", setting="refresh_token")
        if self.id_token is not None and self.access_token is None:
            raise ConfigurationError(
                "An id_token was given without the access_token that came with it.",
                setting="id_token",
                hint="Leave it out: refreshing brings a new one.",
            )
        for name in self.__slots__:
            token = getattr(self, name)
            if token is not None and not (isinstance(token, Secret) and _TOKEN.fullmatch(token.reveal())):
                raise ConfigurationError(f"The given {name} cannot be one (not shown).", setting=name)


async def _renewed(user_pool: UserPool, kept: Kept) -> Tokens:
    async def keep(_rotated: Secret) -> None:
        """Do nothing: the tokens that come hold it."""

    try:
        return await user_pool.resume(replace(kept, id_token=None), keep=keep)
    except SessionExpiredError as error:
        refused = error.error
    raise SessionExpiredError(
        f"Cognito refused the given refresh_token ({refused}).",
        error=refused,
        hint="Get a new one from where it came from, or sign in: %cognito_login.",
    )
