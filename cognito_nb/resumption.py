"""What came before this kernel's sign-in: a session that another kernel has left, and the turn to sign in.

Without the setting ``remember`` there is neither, and all of it does nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from .errors import CognitoError, NotSignedInError, SessionExpiredError, StateMismatchError, TokenVerificationError
from .registry import ask_again, current_session
from .session import Session
from .shown_text import public_text
from .sign_out import SignOut, failure_of
from .tokens.memory import Memory
from .tokens.store import open_store
from .tokens.transport import Transport
from .tokens.user_pool import UserPool, discover
from .tokens.verification import PASSING_CLAIMS
from .user import may_be_named

if TYPE_CHECKING:
    from .config import CognitoConfig
    from .secret import Secret
    from .tokens.memory import SessionTurn
    from .tokens.source import Tokens
    from .tokens.store import Kept

__all__ = ["RememberedSession", "Resumption"]

_PATIENCE = 5.0  # seconds for another kernel's refresh to end; what takes longer is a sign-in


class Resumption:
    """Takes up a remembered session, or sees to it that no other kernel signs in at the same time.

    Parameters
    ----------
    config : CognitoConfig
        The user pool and app client.
    transport : Transport
        What the session will use; its coroutines run on the transport's loop.
    force : bool
        Whether to sign in anew though a session is remembered, and whoever it is.

    Attributes
    ----------
    must_wait : bool
        Whether another kernel had the turn when it was asked for last: it is signing in.

    Raises
    ------
    ConfigurationError
        If the session cannot be remembered as asked.
    """

    def __init__(self, config: CognitoConfig, transport: Transport, *, force: bool) -> None:
        self._config = config
        self._transport = transport
        self._force = force
        self._memory = Memory(open_store(config), config)
        self._turn: SessionTurn | None = None
        self.must_wait = False
        self.user_pool: UserPool | None = None
        transport.at_end.append(self._memory.aclose)

    @property
    def is_possible(self) -> bool:
        """Whether there may be a session without a person: a remembered one, or an app client's own."""
        return self._memory.has_store or self._config.is_for_client

    async def resume(self, *, wait: bool) -> Session | None:
        """Return the remembered session; None if there is none, or if another kernel has the turn and `wait` is false.

        Raises
        ------
        ConfigurationError, NetworkError, ProtocolError, TokenResponseError, TokenVerificationError
            If there is one that cannot be taken up now.
        """
        if self._config.is_for_client:
            return await self._session_of_client()
        self._turn = turn = await self._memory.take_turn(wait=wait)
        self.must_wait = turn is None
        kept = turn.kept if turn else None
        if turn is None or kept is None:
            return None
        session = None
        if not self._force and kept.serves(self._config):
            session = await self._take_up(kept, turn)
        if session is not None or (turn.kept is not None and turn.kept.refresh_token is not None):
            await self.release()  # other kernels live on it, and have to renew it while a person signs in
        return session

    async def settle(self, user_pool: UserPool, tokens: Tokens, *, source: str) -> Session:
        """Make the session of verified tokens, remember it, and let the next kernel have its turn.

        Raises
        ------
        StateMismatchError
            If another user is remembered, signed in or named by `login_hint`, and nobody asked for the change; the
            tokens are revoked.
        """
        turn = self._turn = self._turn or await self._memory.turn_if_possible(patience=_PATIENCE)
        before = turn.kept
        expected = None if self._force else _expected_instead(self._config, before, tokens)
        if expected is not None:
            await user_pool.revoke_quietly(tokens.refresh_token)
            await self.release()
            ask_again(self._config)
            raise StateMismatchError(f"Another user has signed in than {expected}.", cause="another_user")
        await turn.keep(tokens)
        await self.release()
        if before is not None:
            await user_pool.revoke_quietly(before.refresh_token)
        return Session(self._config, user_pool, tokens, self._memory, source=source)

    async def forget(self) -> None:
        """Remember nothing of a sign-in that was settled and is not wanted any more."""
        with contextlib.suppress(CognitoError):
            await self._memory.forget()

    async def release(self) -> None:
        """Let the next kernel have its turn; a second call does nothing."""
        turn, self._turn = self._turn, None
        if turn is not None:
            await turn.release()

    async def _session_of_client(self) -> Session:
        user_pool = await discover(self._config, self._transport)
        tokens = await user_pool.ask_for_client()
        return Session(self._config, user_pool, tokens, self._memory, source="client credentials")

    async def _take_up(self, kept: Kept, turn: SessionTurn) -> Session | None:
        """Make a session of what is remembered; None if it has expired."""
        self._memory.scopes = kept.scopes
        self.user_pool = await discover(self._config, self._transport)
        try:
            tokens = await self.user_pool.resume(kept, keep=turn.keep_rotated)
        except SessionExpiredError as error:
            await turn.end()
            refused = error.error
        except TokenVerificationError as error:
            if error.claim not in PASSING_CLAIMS:
                await turn.end()  # the answer was somebody else's: as for a refresh, that ends it
            raise
        else:
            await turn.keep(tokens)
            return Session(self._config, self.user_pool, tokens, self._memory, source=self._memory.store_name)
        if self._config.injected is not None:  # nobody is there to sign in instead
            raise SessionExpiredError(
                f"Cognito refused the setting refresh_token ({refused}).",
                error=refused,
                hint="Set COGNITO_NB_REFRESH_TOKEN to a new one; where a person is there, unset it and sign in.",
            )
        self._memory.scopes = tuple(self._config.scopes)
        return None


def _expected_instead(config: CognitoConfig, before: Kept | None, tokens: Tokens) -> str | None:
    """Return whom the answer was expected of, if that is another user."""
    if before is not None and before.subject != tokens.access.subject:
        return f"the remembered one ({before.username or before.subject})"
    with contextlib.suppress(NotSignedInError):
        session = current_session(config.profile)
        if session.config.issuer == config.issuer and session.user.sub != tokens.access.subject:
            return f"the one whose session this would replace ({session.user.username})"
    hint = config.login_hint
    if hint is not None and not may_be_named((tokens.id or tokens.access).claims, hint):
        return f"the one that the setting login_hint names ({public_text(hint)})"
    return None


class RememberedSession:
    """A session that this kernel has not taken up, or not yet: it can be ended from here all the same.

    Parameters
    ----------
    config : CognitoConfig
        The user pool and app client.

    Attributes
    ----------
    logout_url : str or None
        The address that ends the browser's session at Cognito, once that is known.

    Raises
    ------
    ConfigurationError
        If nothing can be remembered as asked.
    """

    def __init__(self, config: CognitoConfig) -> None:
        self.config = config
        self.logout_url: str | None = None
        self._memory = Memory(open_store(config), config)
        self._transport = Transport()
        self._transport.at_end.append(self._memory.aclose)

    def sign_out(self) -> SignOut | None:
        """End it everywhere, and at Cognito; returns what became of it, None if nobody is remembered.

        Raises
        ------
        ConfigurationError, ProtocolError, NetworkError
            If what is remembered cannot be reached: then nothing has ended.
        """
        try:
            return self._transport.background.run(self._end())
        finally:
            self._transport.close()

    async def asign_out(self) -> SignOut | None:
        """Do the same without blocking the event loop."""
        try:
            return await self._transport.background.arun(self._end())
        finally:
            await asyncio.to_thread(self._transport.close)  # it waits for the thread

    async def _end(self) -> SignOut | None:
        kept = await self._memory.forget()
        if kept is None:
            return None
        if kept.refresh_token is None:
            return SignOut(revoked=False)
        failure = await failure_of(self._revoke(kept.refresh_token))
        return SignOut(revoked=failure is None, not_revoked=failure, valid_until=kept.expires_at)

    async def _revoke(self, refresh_token: Secret) -> None:
        user_pool = await discover(self.config, self._transport)
        self.logout_url = user_pool.logout_url(self.config.logout_uri)
        await user_pool.revoke(refresh_token)
