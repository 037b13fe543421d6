"""One sign-in, from settings to a verified session, without a view.

What can be known is known before a button is shown (settings, discovery, the server extension); while the user
types, the keys are fetched and the connection to the token endpoint is kept warm, so that one round trip is left once
the code arrives.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .causes import cause_of
from .errors import (
    AuthorizationResponseError,
    CognitoError,
    ConfigurationError,
    NetworkError,
    SignInError,
    SignInTimeoutError,
    StateMismatchError,
    TokenResponseError,
    TokenVerificationError,
)
from .protocol.authorize import new_authorization_request, validate_authorization_response
from .receivers import JupyterReceiver, choose_receiver
from .registry import signed_out_here
from .resumption import Resumption
from .tokens.transport import Transport
from .tokens.user_pool import UserPool, discover
from .wire import LIFE_MARGIN, MAX_LIFE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from .config import CognitoConfig
    from .protocol.authorize import AuthorizationRequest
    from .session import Session
    from .wire import Answered

__all__ = ["MAX_TIMEOUT", "SignIn", "cause_code"]

MAX_TIMEOUT = MAX_LIFE_SECONDS - LIFE_MARGIN  # seconds; the server keeps no sign-in longer than an hour

_log = logging.getLogger(__name__)


class SignIn:
    """One sign-in; its coroutines run on its own background loop, which the session then keeps.

    Parameters
    ----------
    config : CognitoConfig
        The user pool and app client.
    timeout : float
        Seconds that the user has.
    receiver : str
        One of `receivers.RECEIVERS`.
    force : bool
        Whether to sign in anew though a session is remembered, and whoever it is.

    Raises
    ------
    ConfigurationError
        If no receiver works here, the session cannot be remembered as asked, or the time is out of range.
    """

    def __init__(self, config: CognitoConfig, *, timeout: float, receiver: str, force: bool = False) -> None:
        if not 0 < timeout <= MAX_TIMEOUT:
            raise ConfigurationError(
                f"timeout must be above 0 and at most {MAX_TIMEOUT:.0f} seconds.", setting="timeout"
            )
        self.config = config
        self.timeout = timeout
        self._receiver_name = receiver
        self._receiver: JupyterReceiver | None = None  # chosen when it is needed: a remembered session needs none
        self._transport = Transport()
        self.background = self._transport.background
        self.resumption = Resumption(config, self._transport, force=force)
        self._user_pool: UserPool | None = None
        self._request: AuthorizationRequest | None = None
        self._session: Session | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def wait_for_others(self) -> Session | None:
        """Wait until no other kernel signs in; return the session that came of it, or None: then it is our turn.

        Raises
        ------
        SignInTimeoutError
            If that takes longer than the user has.
        ConfigurationError, NetworkError, ProtocolError, TokenResponseError, TokenVerificationError
            If there is a session that cannot be taken up now.
        """
        try:
            async with asyncio.timeout(self.timeout):
                return await self.resumption.resume(wait=True)
        except TimeoutError as error:
            if isinstance(error, CognitoError):
                raise
        raise SignInTimeoutError(
            f"Another notebook has been signing in for {self.timeout:.0f} seconds.",
            hint="Finish or interrupt it there, then run %cognito_login again.",
        )

    async def prepare(self) -> None:
        """Find the user pool, make the authorization request, and register it with the receiver.

        Raises
        ------
        ConfigurationError, NetworkError, ProtocolError
            Before any browser opens.
        """
        config = self.config
        if self._receiver is None:
            self._receiver = choose_receiver(self._receiver_name)
        self._user_pool = self.resumption.user_pool or await discover(config, self._transport)
        options = config.authorization_options
        if signed_out_here(config):
            options = {"prompt": "login", **options}  # the browser's Cognito session outlives a sign-out by an hour
        self._request = new_authorization_request(
            self._user_pool.metadata, client_id=config.client_id or "", scopes=tuple(config.scopes), options=options
        )
        await self.receiver.start(self._request, config, timeout=self.timeout)

    @property
    def receiver(self) -> JupyterReceiver:
        """How the answer comes back."""
        if self._receiver is None:
            raise SignInError("The sign-in was not prepared.")
        return self._receiver

    @property
    def host(self) -> str:
        """The host whose page will ask for the password."""
        return urlsplit(self._prepared[0].metadata.authorization_endpoint).netloc

    async def finish(self) -> Session:
        """Wait for the answer and turn it into a session; whoever receives it makes it the current one.

        Raises
        ------
        SignInError, TokenResponseError, TokenVerificationError, ProtocolError, NetworkError
            Then nothing is kept, and no pending sign-in is left behind.
        """
        try:
            answered = await self._answer()
            session = await self._session_from(answered)
        except CognitoError as error:
            await self._tell(error)
            raise
        except asyncio.CancelledError:
            await self.withdraw()
            raise
        self._meanwhile(self._tell(None))  # the caller need not wait for it
        return session

    async def withdraw(self) -> None:
        """Leave nothing behind, at any time: no turn, no pending sign-in, and no tokens that nobody has come for."""
        await self.resumption.release()
        if self._receiver is not None:
            await self._receiver.withdraw()
        session, self._session = self._session, None
        tokens = session.source.wipe("The sign-in was withdrawn.") if session else None
        if tokens is not None:
            await self.resumption.forget()
            await self._prepared[0].revoke_quietly(tokens.refresh_token)

    def close(self) -> None:
        """Give up: end the loop and close the connections. Not after `finish` has returned a session."""
        self._transport.close()

    async def _answer(self) -> Answered:
        metadata = self._prepared[0].metadata
        self._meanwhile(self._prefetch_keys())  # one that is still under way serves the verification
        warm = self._meanwhile(self._transport.keep_warm(metadata.token_endpoint))
        try:
            async with asyncio.timeout(self.timeout):
                return await self.receiver.answer()
        except TimeoutError as error:
            if isinstance(error, CognitoError):
                raise
        finally:
            warm.cancel()
        await self.receiver.withdraw()
        cause = cause_of("timeout")
        raise SignInTimeoutError(
            f"{cause.title} ({self.timeout:.0f} seconds). Likely: {' '.join(cause.likely)}",
            hint=cause.fix,
            sent={
                "client_id": self.config.client_id or "",
                "redirect_uris": " ".join(self.config.redirect_uris) or "this server's own callback",
                "scope": " ".join(self.config.scopes),
            },
        )

    async def _session_from(self, answered: Answered) -> Session:
        user_pool, request = self._prepared
        code = validate_authorization_response(request, answered.params, redirect_uri=answered.redirect_uri)
        tokens = await user_pool.exchange(code)
        self._session = session = await self.resumption.settle(user_pool, tokens)
        return session

    async def _tell(self, error: CognitoError | None) -> None:
        try:
            if not isinstance(error, SignInTimeoutError):
                await self.receiver.report(ok=error is None, cause=cause_code(error) if error else None)
        finally:
            await self.receiver.aclose()

    def _meanwhile(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)  # the loop itself holds tasks weakly
        task.add_done_callback(self._tasks.discard)
        return task

    async def _prefetch_keys(self) -> None:
        try:
            await self._prepared[0].keys.prefetch()
        except CognitoError as error:
            _log.debug("keys not prefetched: %s", type(error).__name__)

    @property
    def _prepared(self) -> tuple[UserPool, AuthorizationRequest]:
        if self._user_pool is None or self._request is None:
            raise SignInError("The sign-in was not prepared.")
        return self._user_pool, self._request


def cause_code(error: CognitoError) -> str:
    """Return the code under which `causes` explains an error."""
    if isinstance(error, AuthorizationResponseError | TokenResponseError):
        return error.error or "error"
    codes = {
        StateMismatchError: "state_mismatch",
        TokenVerificationError: "verification",
        NetworkError: "network",
        SignInTimeoutError: "timeout",
    }
    return codes.get(type(error), "error")
