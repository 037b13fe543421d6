"""Session: the user's one object."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn

from .calls import AuthenticatedCalls
from .errors import NotSignedInError
from .sign_out import end_everywhere
from .tokens.given import GIVEN, GivenTokens, hidden
from .tokens.memory import Memory
from .tokens.other_kernels import hear
from .tokens.reach import Reach
from .tokens.refresh import RefreshEngine
from .tokens.source import Tokens, TokenSource
from .tokens.transport import Transport
from .user import User

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .config import CognitoConfig
    from .sign_out import SignOut
    from .tokens.given import Given
    from .tokens.user_pool import UserPool

__all__ = ["Session"]


class Session(AuthenticatedCalls):
    """A signed-in user, made by `cognito_nb.login`: makes HTTP clients that send the tokens, and renews them.

    Attributes
    ----------
    source : str
        Where it came from, such as ``sign-in through the Jupyter server`` or ``COGNITO_NB_REFRESH_TOKEN``.
    """

    def __init__(
        self, config: CognitoConfig, user_pool: UserPool, tokens: Tokens, memory: Memory, *, source: str
    ) -> None:
        self.config = config
        self.source = source
        self.token_source = TokenSource(tokens)
        self.signed_in_at = self.token_source.clock()
        self.reach = Reach.of(tokens)
        self._injected = config.injected
        self.was_signed_out = False  # by the user, who then is asked for the password again
        self._user_pool = user_pool
        self._background = user_pool.transport.background
        self._memory = memory
        self._engine = RefreshEngine(self.token_source, user_pool, self._memory)
        if self._memory.has_store:
            self._background.submit(self._memory.follow(functools.partial(hear, self.token_source, user_pool)))

    @classmethod
    def from_tokens(
        cls, config: CognitoConfig, *, refresh_token: Given = None, access_token: Given = None, id_token: Given = None
    ) -> Session:
        """Return a session from tokens that somebody else has got, verified all the same; no profile's current one.

        Parameters
        ----------
        config : CognitoConfig
            The user pool and app client that they must be of.
        refresh_token, access_token, id_token : str or Secret, optional
            A refresh token alone is used at once. Without one, the session ends with the access token.

        Raises
        ------
        ConfigurationError
            If there is neither of the first two, an ID token without its access token, or one that cannot be one.
        SessionExpiredError, TokenVerificationError, TokenResponseError, ProtocolError, NetworkError
            If they are refused, or cannot be verified now.
        """
        refresh_token, access_token, id_token = map(hidden, (refresh_token, access_token, id_token))
        transport = Transport()
        try:
            given = GivenTokens(refresh_token, access_token, id_token)
            user_pool, tokens = transport.background.run(given.verify(config, transport))
            return cls(config, user_pool, tokens, Memory(None, config), source=GIVEN)
        except BaseException:
            transport.close()
            raise

    @property
    def user(self) -> User:
        """Who is signed in.

        Raises
        ------
        NotSignedInError
            After sign-out.
        """
        return User.from_claims(self.claims)

    @property
    def claims(self) -> Mapping[str, Any]:
        """The verified claims of the ID token (of the access token without ``openid``), read only.

        Without the nonce, which is not the user's: claims get shown, and what is shown is saved with the notebook.

        Raises
        ------
        NotSignedInError
            After sign-out.
        """
        tokens = self.token_source.tokens
        claims = (tokens.id or tokens.access).claims
        return MappingProxyType({name: value for name, value in claims.items() if name != "nonce"})

    @property
    def scopes(self) -> tuple[str, ...]:
        """The granted scopes, which may be fewer than were asked for (RFC 6749 §3.3)."""
        return tuple(str(self.token_source.tokens.access.claims.get("scope", "")).split())

    @property
    def missing_scopes(self) -> tuple[str, ...]:
        """The scopes that were asked for and not granted."""
        granted = self.scopes
        return tuple(scope for scope in self.config.scopes if scope not in granted)

    @property
    def unasked_scopes(self) -> tuple[str, ...]:
        """The scopes that were granted though the sign-in did not ask for them, which a correct provider never does."""
        asked = self._memory.scopes or self.scopes  # an app client that names none asks for all that it has
        given = self.source == GIVEN or self.config.injected is not None
        return () if given else tuple(scope for scope in self.scopes if scope not in asked)

    @property
    def expires_at(self) -> datetime:
        """When the access token ends; the session renews it by itself."""
        return datetime.fromtimestamp(self.token_source.tokens.expires_at, UTC)

    @property
    def is_alive(self) -> bool:
        """Whether the session has tokens: not signed out, not ended."""
        return self.token_source.is_alive

    @property
    def can_refresh(self) -> bool:
        """Whether it can be renewed: by a refresh token, or as an app client's own."""
        return self.token_source.is_alive and self.token_source.tokens.can_be_renewed

    @property
    def remembered_by(self) -> str | None:
        """What remembers the session beyond this kernel, by the setting ``remember``; None for the kernel alone."""
        return self._memory.where

    @property
    def not_remembered(self) -> str | None:
        """Why it is not remembered though it should be; None if it is."""
        return self._memory.failure if self._memory.where is not None else None

    @property
    def logout_url(self) -> str | None:
        """The address that ends the browser's session at Cognito; None without the setting ``logout_uri``."""
        return self._user_pool.logout_url(self.config.logout_uri)

    def serves(self, config: CognitoConfig) -> bool:
        """Tell whether this is what a sign-in with these settings would give: issuer, client, resource, scopes."""
        had = self.config
        if config.injected is not None and config.injected != self._injected:
            return False  # another refresh token may be another user's
        if not set(config.api_origins) <= set(had.api_origins) and config.sources.get("api_origins", "keyword") not in {
            "keyword",
            *had.sources.values(),
        }:
            return False  # another file than the one the user signed in with would send the tokens further
        names = ("issuer", "client_id", "grant", "resource", "domain", "endpoints")
        same = all(getattr(had, name) == getattr(config, name) for name in names)
        asked = set(self._memory.scopes)  # granted or not; an app client that names none asks for all
        return same and (asked.issuperset(config.scopes) if config.scopes else not asked)

    def refresh(self) -> None:
        """Renew the tokens now.

        Raises
        ------
        NotSignedInError, SessionExpiredError, TokenVerificationError, TokenResponseError, ProtocolError, NetworkError
            If they cannot be renewed.
        """
        self._engine.renew(self.token_source.tokens)

    async def arefresh(self) -> None:
        """Renew the tokens now, without blocking the event loop."""
        await self._engine.arenew(self.token_source.tokens)

    def userinfo(self) -> dict[str, Any]:
        """Return the user's attributes from /oauth2/userInfo, which also shows that Cognito still knows the session.

        Raises
        ------
        ConfigurationError, NotSignedInError, TokenResponseError, TokenVerificationError, ProtocolError, NetworkError
            If there is no usable answer.
        """
        return self._background.run(self._user_pool.userinfo(self._engine.current()))

    async def auserinfo(self) -> dict[str, Any]:
        """Return the same without blocking the event loop."""
        return await self._background.arun(self._user_pool.userinfo(await self._engine.acurrent()))

    def revoke(self) -> None:
        """End the session here and at Cognito (RFC 7009); it is ended here whatever Cognito answers.

        Raises
        ------
        ConfigurationError, TokenResponseError, ProtocolError, NetworkError
            If the refresh token must be taken as still alive at Cognito.
        """
        ended = self.sign_out()
        if ended is not None:
            ended.check()

    async def arevoke(self) -> None:
        """Do the same without blocking the event loop."""
        ended = await self.asign_out()
        if ended is not None:
            ended.check()

    def sign_out(self) -> SignOut | None:
        """Do the same, and return what became of it; None if the session had ended before."""
        tokens = self._forget()
        try:
            if tokens is None:
                return None
            return self._background.run(end_everywhere(self._memory, self._user_pool, tokens))
        finally:
            self.close()

    async def asign_out(self) -> SignOut | None:
        """Do the same without blocking the event loop."""
        tokens = self._forget()
        try:
            if tokens is None:
                return None
            return await self._background.arun(end_everywhere(self._memory, self._user_pool, tokens))
        finally:
            await asyncio.to_thread(self.close)  # it waits for the session's thread

    def on_refresh(self, callback: Callable[[Session], object]) -> Callable[[Session], object]:
        """Have a function called after each refresh, once the new tokens are in place.

        Parameters
        ----------
        callback : callable
            Gets the session, on a thread of its own; what it raises is logged and changes nothing.

        Returns
        -------
        callable
            The same function, so that this serves as a decorator.
        """
        self.token_source.on_refresh.append(functools.partial(callback, self))
        return callback

    def on_expired(self, callback: Callable[[Session], object]) -> Callable[[Session], object]:
        """Have a function called once the session has ended by itself: not at sign-out. As for `on_refresh`."""
        self.token_source.on_expired.append(functools.partial(callback, self))
        return callback

    def close(self, reason: str = "You are signed out.") -> None:
        """Forget the tokens and close the connections, without telling Cognito."""
        self.token_source.wipe(reason)
        self._user_pool.transport.close()

    def hand_over(self, newer: Session) -> None:
        """Let the clients of this session, if it ended by itself, go on with a newer sign-in of the same user.

        Not if that one's tokens have more power, or may go to fewer places than the clients know.
        """
        may = self.serves(newer.config) and self.reach.covers(newer.reach, newer.config.api_origins)
        if may and self.token_source.ended_by_itself:
            self._engine.hand_over(newer._engine)

    def retire(self, reason: str) -> None:
        """Forget the tokens, and let Cognito know without waiting for its answer; what is remembered lives on."""
        tokens = self.token_source.wipe(reason)
        if tokens is None or tokens.refresh_token is None or self._memory.has_store:
            self._user_pool.transport.close()
            return
        with contextlib.suppress(NotSignedInError):  # in a forked child the session is the parent's to end
            told = self._background.submit(self._user_pool.revoke_quietly(tokens.refresh_token))
            told.add_done_callback(lambda _: self._user_pool.transport.close())

    def __repr__(self) -> str:
        state = "signed in" if self.is_alive else "signed out"
        return f"<Session {state}, user pool {self.config.label}, profile {self.config.profile}>"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a Session cannot be pickled or copied: its tokens must not leave this kernel")

    def _forget(self) -> Tokens | None:
        self.was_signed_out = True
        return self.token_source.wipe()
