"""One sign-in, from settings to a verified session, without a view.

What can be known is known before a button is shown (settings, discovery, the server extension); while the user
types, the keys are fetched and the connection to the token endpoint is kept warm, so that one round trip is left once
the code arrives.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .causes import cause_of
from .errors import CognitoError, ConfigurationError, NetworkError, SignInError, SignInTimeoutError
from .protocol.authorize import new_authorization_request, validate_authorization_response
from .receivers import ways
from .registry import must_ask_again
from .resumption import Resumption
from .tokens.transport import Transport
from .tokens.user_pool import UserPool, discover
from .wire import LIFE_MARGIN, MAX_LIFE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from .config import CognitoConfig
    from .protocol.authorize import AuthorizationRequest
    from .receivers import Receiver, Way
    from .session import Session
    from .wire import Answered

__all__ = ["MAX_TIMEOUT", "SignIn"]

MAX_TIMEOUT = MAX_LIFE_SECONDS - LIFE_MARGIN  # seconds; the server keeps no sign-in longer than an hour

_SOURCES = {  # by the receiver's name
    "jupyter": "sign-in through the Jupyter server",
    "loopback": "sign-in on a port of this machine",
    "paste": "sign-in by a pasted address",
}

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
        Whether to sign in anew though a session is remembered, and whoever it is: Cognito then asks for the user.
    by_program : bool
        Whether a program opens the browser.

    Attributes
    ----------
    reason : str
        Why the answer comes back the way it does.

    Raises
    ------
    ConfigurationError
        If no receiver works here, the session cannot be remembered as asked, or the time is out of range.
    """

    def __init__(
        self, config: CognitoConfig, *, timeout: float, receiver: str, force: bool = False, by_program: bool = False
    ) -> None:
        if not 0 < timeout <= MAX_TIMEOUT:
            raise ConfigurationError(
                f"timeout must be above 0 and at most {MAX_TIMEOUT:.0f} seconds.", setting="timeout"
            )
        self.config = config
        self.timeout = timeout
        self._receiver_name = receiver
        self._force = force
        self._by_program = by_program
        self._receiver: Receiver | None = None  # chosen when it is needed: a remembered session needs none
        self.reason = ""
        self._transport = Transport()
        self.background = self._transport.background
        self.resumption = Resumption(config, self._transport, force=force)
        self._user_pool: UserPool | None = None
        self._request: AuthorizationRequest | None = None
        self._session: Session | None = None
        self._began = 0.0  # by a clock that counts the machine's sleep, too
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
        possible = ways(self._receiver_name, config, by_program=self._by_program)
        self._user_pool = self.resumption.user_pool or await discover(config, self._transport)
        options = config.authorization_options
        if self._force or must_ask_again(config):
            options = {"prompt": "login", **options}  # the browser's session at Cognito would answer for up to an hour
        self._request = new_authorization_request(
            self._user_pool.metadata, client_id=config.client_id or "", scopes=tuple(config.scopes), options=options
        )
        self._began = time.time()
        await self._start(possible, self._request)

    @property
    def receiver(self) -> Receiver:
        """How the answer comes back."""
        if self._receiver is None:
            raise SignInError("The sign-in was not prepared.")
        return self._receiver

    @property
    def host(self) -> str:
        """The host whose page will ask for the password."""
        return urlsplit(self._prepared[0].metadata.authorization_endpoint).netloc

    async def is_started(self) -> bool:
        """Tell whether a browser has gone on to Cognito: a newer sign-in would take its answer away.

        Raises
        ------
        NetworkError
            If the Jupyter server is gone.
        """
        return await self.receiver.is_started()

    async def finish(self) -> Session:
        """Wait for the answer and turn it into a session; whoever receives it makes it the current one.

        Raises
        ------
        SignInError, TokenResponseError, TokenVerificationError, ProtocolError, NetworkError
            Then nothing is kept, and no pending sign-in is left behind.
        """
        try:
            with self.config.named_in_errors():
                session = await self._session_from(await self._answer())
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
        tokens = session.token_source.wipe("The sign-in was withdrawn.") if session else None
        if tokens is not None:
            await self.resumption.forget()
            await self._prepared[0].revoke_quietly(tokens.refresh_token)

    def close(self) -> None:
        """Give up: end the loop and close the connections. Not after `finish` has returned a session."""
        self._transport.close()

    async def _start(self, possible: tuple[Way, ...], request: AuthorizationRequest) -> None:
        """Start the first receiver that can be: a Jupyter server may be gone by now."""
        for way in possible:
            self._receiver, self.reason = way.make(), way.reason
            try:
                await self._receiver.start(request, self.config, timeout=self.timeout)
            except NetworkError:
                if way is possible[-1]:
                    raise
                await self._receiver.aclose()
            else:
                return

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
            cause=cause.code,
            sent={
                "client_id": self.config.client_id or "",
                "redirect_uris": self.receiver.redirect_uri
                or " ".join(self.config.redirect_uris)
                or "this server's own callback",
                "scope": " ".join(self.config.scopes),
            },
        )

    async def _session_from(self, answered: Answered) -> Session:
        user_pool, request = self._prepared
        code = validate_authorization_response(request, answered.params, redirect_uri=answered.redirect_uri)
        tokens = await user_pool.exchange(code, waited=time.time() - self._began)
        self._session = session = await self.resumption.settle(user_pool, tokens, source=_SOURCES[self.receiver.name])
        return session

    async def _tell(self, error: CognitoError | None) -> None:
        try:
            if not isinstance(error, SignInTimeoutError):
                await self.receiver.report(ok=error is None, cause=error.cause if error else None)
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
