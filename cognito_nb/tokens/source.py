"""TokenSource: the current tokens of one signed-in user, whole or not at all."""

from __future__ import annotations

import logging
import os
import random
import threading
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from ..errors import NotSignedInError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..protocol.claims import VerifiedToken
    from ..secret import Secret

__all__ = ["TokenKind", "TokenSource", "Tokens"]

TokenKind: TypeAlias = Literal["access", "id"]

_EARLY = 60.0  # seconds before their end at which tokens are renewed at the latest …
_EARLY_SHARE = 0.1  # … or in the last tenth of a long life; never before two thirds of a short one are over
_JITTER = 1.25
_AGAIN = "Run %cognito_login, then make your client again, from the new session."
_GO_ON = "Run %cognito_login; if you sign in as the same user, your clients go on."

_log = logging.getLogger(__name__)

_this_process = [os.getpid()]  # for the path of every call: the system call would be a quarter of it (measured)
if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(after_in_child=lambda: _this_process.__setitem__(0, os.getpid()))


@dataclass(frozen=True, slots=True)
class Tokens:
    """The verified tokens of one answer of the token endpoint.

    Attributes
    ----------
    access, id : VerifiedToken
        Both passed every check; `id` is None without the scope ``openid``.
    refresh_token : Secret or None
        Opaque; None if the app client gave none.
    nonce : Secret or None
        What the sign-in sent; an ID token of a refresh must not name another.
    expires_at : float
        Seconds since the epoch, by this kernel's clock.
    deadline : float
        The same in monotonic seconds: a clock that is set does not prolong a token's life.
    life : float
        Seconds for which they were given.
    early : float
        Seconds before their end at which they are renewed; jittered, so that ten kernels do not ask at once.
    by_client : bool
        Whether the app client asked for them itself (``client_credentials``): it may ask again at any time.
    signed : dict
        What callers have made of them and need again, by the kind of token; it goes with the tokens.
    """

    access: VerifiedToken
    id: VerifiedToken | None
    refresh_token: Secret | None
    nonce: Secret | None
    expires_at: float
    deadline: float
    life: float
    early: float
    by_client: bool = False
    signed: dict[TokenKind, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def issued(
        cls,
        access: VerifiedToken,
        id_token: VerifiedToken | None,
        *,
        refresh_token: Secret | None,
        nonce: Secret | None,
        life: float,
        now: float,
        started: float,
        by_client: bool = False,
    ) -> Tokens:
        """Make tokens that live for `life` seconds, counted from the question (`started`, monotonic) and from `now`."""
        early = min(max(_EARLY, _EARLY_SHARE * life), life / 3)
        early *= random.uniform(1.0, _JITTER)  # noqa: S311 - spreads load, hides nothing
        return cls(access, id_token, refresh_token, nonce, now + life, started + life, life, early, by_client)

    @property
    def can_be_renewed(self) -> bool:
        """Whether there is something to renew them with."""
        return self.by_client or self.refresh_token is not None

    def until(self, expires_at: float, *, now: float) -> Tokens:
        """Return the same with an end that is known: `expires_at` by the clock that says `now`, both in seconds."""
        return replace(self, expires_at=expires_at, deadline=self.deadline - self.life + expires_at - now)

    def get(self, kind: TokenKind) -> VerifiedToken:
        """Return the access or the ID token.

        Raises
        ------
        NotSignedInError
            If there is no ID token: the scope ``openid`` was not asked for.
        """
        token = self.access if kind == "access" else self.id
        if token is None:
            hint = "Send the access token." if self.by_client else "Add openid to scopes and sign in again."
            raise NotSignedInError("This session has no ID token.", hint=hint)
        return token


@dataclass(slots=True)
class TokenSource:
    """Holds the current tokens; replacing and wiping are atomic.

    Attributes
    ----------
    clock, monotonic : callable
        Seconds since the epoch, and monotonic seconds; both count, since one of them stands still while a laptop sleeps
        and the other can be set.
    watchers : list of callable
        Called, from any thread, after the tokens were replaced or wiped; they must not raise.
    on_refresh, on_expired : list of callable
        The user's functions: called without arguments, on a thread of their own, after new tokens are in place, and
        when the session has ended by itself, in this kernel or another; what they raise is logged.
    ended_by_itself : bool
        Whether it was not the user who ended the session.
    """

    _tokens: Tokens | None = field(repr=False)
    clock: Callable[[], float] = field(default=time.time, repr=False)
    monotonic: Callable[[], float] = field(default=time.monotonic, repr=False)
    _ended: str = "You are signed out."
    ended_by_itself: bool = False
    watchers: list[Callable[[], None]] = field(default_factory=list, init=False, repr=False, compare=False)
    on_refresh: list[Callable[[], object]] = field(default_factory=list, init=False, repr=False, compare=False)
    on_expired: list[Callable[[], object]] = field(default_factory=list, init=False, repr=False, compare=False)
    _process: int = field(default_factory=os.getpid, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False, compare=False)

    @property
    def tokens(self) -> Tokens:
        """The current tokens.

        Raises
        ------
        NotSignedInError
            After sign-out, when the session has ended, and in a forked child.
        """
        tokens = self._tokens
        if tokens is None:
            raise NotSignedInError(self._ended, hint=_GO_ON if self.ended_by_itself else _AGAIN)
        if os.getpid() != self._process:
            raise NotSignedInError(
                "A session cannot be used in a forked process.",
                hint="Make the calls in the parent, or sign in again in the child.",
            )
        return tokens

    @property
    def is_alive(self) -> bool:
        """Whether there are tokens, fresh or not."""
        return self._tokens is not None and os.getpid() == self._process

    def fresh(self) -> Tokens | None:
        """Return the tokens if no refresh is due; on the path of every call, hence without a detour."""
        tokens = self._tokens
        if (
            tokens is not None
            and tokens.deadline - tokens.early > self.monotonic()
            and tokens.expires_at - tokens.early > self.clock()
            and _this_process[0] == self._process
        ):
            return tokens
        return None

    def seconds_left(self, tokens: Tokens) -> float:
        """Return how long the access token lives on, in seconds; negative when it is dead."""
        return min(tokens.deadline - self.monotonic(), tokens.expires_at - self.clock())

    def replace(self, old: Tokens, new: Tokens) -> bool:
        """Put new tokens in the place of those they were made from; False if these are gone: the answer came late."""
        with self._lock:
            if self._tokens is not old:
                return False
            self._tokens = new
        self._tell()
        if new.access is not old.access:
            _announce(self.on_refresh)
        return True

    @property
    def reason(self) -> str:
        """Why there are no tokens any more."""
        return self._ended

    def wipe(
        self, reason: str = "You are signed out.", *, only: Tokens | None = None, by_itself: bool = False
    ) -> Tokens | None:
        """Forget the tokens and return them; `reason` is what later callers are told.

        With `only`, nothing happens if other tokens have taken the place of these.
        """
        with self._lock:
            if only is not None and self._tokens is not only:
                return None
            tokens, self._tokens = self._tokens, None
            if tokens is not None:
                self._ended, self.ended_by_itself = reason, by_itself
        if tokens is not None:
            self._tell()
            if by_itself:
                _announce(self.on_expired)
        return tokens

    def _tell(self) -> None:
        for watcher in tuple(self.watchers):
            watcher()


def _announce(callbacks: list[Callable[[], object]]) -> None:
    """Call the user's functions where they may block, and may use the session."""

    def call() -> None:
        for callback in due:
            try:
                callback()
            except Exception as error:  # noqa: BLE001 - the user's code must not end a refresh
                _log.warning("a callback of the session failed", exc_info=error)

    if due := tuple(callbacks):
        threading.Thread(target=call, name="cognito_nb events", daemon=True).start()
