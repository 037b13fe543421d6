"""The sign-ins that kernels wait for, in memory: created, started in one browser, answered once, ended.

Pure: no tornado, no clock (``now`` is a monotonic time in seconds), no waiting; `SignIns` calls ``on_change`` with
the id when there is something to fetch, and whoever waits is woken there. Every look-up is O(1); codes, states and
cookies are `Secret`, whose ``==`` is constant in time and whose hash is keyed, so a dict may be asked for one.

An answer is kept until its outcome is known or for `REFETCH_SECONDS` after it was first fetched: the connection may
break while it is delivered, only the capability opens it, and a code that is fetched twice is still exchanged once.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .secret import Secret
from .wire import COOKIE_PREFIX, MAX_SIGN_INS, MAX_SIGN_INS_PER_KERNEL, SILENCE_SECONDS, Answered, Ended

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from .wire import EndStatus, SignInRequest

__all__ = ["ENDED_SECONDS", "REFETCH_SECONDS", "FullError", "RefusedError", "SignIn", "SignIns"]

REFETCH_SECONDS = 30.0
ENDED_SECONDS = 600.0  # an ended sign-in is remembered so long, for "already used" and for its page
OK = "ok"  # how a sign-in ends that worked; any other end is a code of `causes`

_POLL_STATUS: dict[str, EndStatus] = {
    "expired": "expired",
    "withdrawn": "expired",
    "superseded": "superseded",
    "malformed": "error",
}


class RefusedError(Exception):
    """The request does not fit the sign-in; `cause` is a code of `causes`."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class FullError(Exception):
    """The server holds as many sign-ins as it may."""


@dataclass(slots=True)
class SignIn:
    """One sign-in; what is secret goes when it ends. Times are monotonic seconds.

    Attributes
    ----------
    id, kernel, profile : str
        Its name in paths and cookies, and who waits for it.
    state, authorization_url : Secret
        The authorization request; the URL lacks ``redirect_uri``.
    redirect_uris : tuple of str
        What the app client has registered.
    expires_at, seen_at : float
        When its life ends; when the kernel was last heard of.
    binding, redirect_uri : Secret or None, str
        The cookie of the browser that started it, and where this browser comes back to.
    answer, answered, fetched_at : Answered or None, bool, float or None
        The authorization response as long as it may be fetched, whether one came, when it was first fetched.
    ended, ended_at : str or None, float
        How it ended (`OK` or a code of `causes`), and when.
    """

    id: str
    kernel: str
    profile: str
    state: Secret
    authorization_url: Secret | None
    redirect_uris: tuple[str, ...]
    expires_at: float
    seen_at: float
    binding: Secret | None = None
    redirect_uri: str = ""
    answer: Answered | None = None
    answered: bool = False
    fetched_at: float | None = None
    ended: str | None = None
    ended_at: float = 0.0

    def owned_by(self, cookie: str | None) -> bool:
        """Tell whether `cookie` is the one of the browser that started this sign-in; constant in time."""
        return self.binding is not None and self.binding == Secret(cookie or "")


class SignIns:
    """All sign-ins of one server.

    Parameters
    ----------
    on_change : callable
        Called with the id of a sign-in that was answered or has ended.
    """

    def __init__(self, on_change: Callable[[str], None]) -> None:
        self._on_change = on_change
        self._by_id: dict[str, SignIn] = {}
        self._by_state: dict[Secret, SignIn] = {}
        self._by_kernel: dict[str, dict[str, SignIn]] = {}  # live ones, by profile, the oldest first
        self._ended: dict[str, SignIn] = {}  # the oldest first

    def __len__(self) -> int:
        """Return the number of live sign-ins."""
        return len(self._by_id) - len(self._ended)

    def create(self, request: SignInRequest, *, now: float) -> SignIn:
        """Take a sign-in in; the same kernel's older one for this profile, or its oldest of too many, is superseded.

        Raises
        ------
        FullError
            If the server is full; nobody's sign-in is pushed out.
        RefusedError
            If the state is in use.
        """
        if request.state in self._by_state:
            raise RefusedError("state_mismatch")
        self.sweep(now=now)
        siblings = self._by_kernel.get(request.kernel, {})
        oldest = next(iter(siblings.values())) if len(siblings) >= MAX_SIGN_INS_PER_KERNEL else None
        leaving = siblings.get(request.profile, oldest)
        if leaving is None and len(self) >= MAX_SIGN_INS:
            raise FullError
        if leaving is not None:
            self._end(leaving, "superseded", now)
        sign_in = SignIn(
            id=secrets.token_urlsafe(16),
            kernel=request.kernel,
            profile=request.profile,
            state=request.state,
            authorization_url=request.authorization_url,
            redirect_uris=request.redirect_uris,
            expires_at=now + request.expires_in,
            seen_at=now,
        )
        self._by_id[sign_in.id] = self._by_state[sign_in.state] = sign_in
        self._by_kernel.setdefault(sign_in.kernel, {})[sign_in.profile] = sign_in
        return sign_in

    def find(self, sign_in_id: str, *, now: float) -> SignIn:
        """Return a sign-in, live or ended; raises `RefusedError` ("unknown")."""
        sign_in = self._by_id.get(sign_in_id)
        if sign_in is None:
            raise RefusedError("unknown")
        self._settle(sign_in, now)
        return sign_in

    def find_live(self, sign_in_id: str, *, now: float) -> SignIn:
        """Return a sign-in that may be started; raises `RefusedError` with what it has become."""
        return self._live(self.find(sign_in_id, now=now))

    def start(self, sign_in_id: str, cookie: str | None, redirect_uri: str, *, now: float) -> tuple[Secret, Secret]:
        """Bind a sign-in to the browser that opens it; `cookie` shows that it is the same one again.

        Returns
        -------
        tuple of Secret
            The value of the binding cookie, and the authorization request's URL without ``redirect_uri``.

        Raises
        ------
        RefusedError
            If it is unknown, used or ended, or belongs to another browser.
        """
        sign_in = self.find_live(sign_in_id, now=now)
        if sign_in.authorization_url is None or (sign_in.binding is not None and not sign_in.owned_by(cookie)):
            raise RefusedError("wrong_browser")
        sign_in.binding = sign_in.binding or Secret(secrets.token_urlsafe(32))
        sign_in.redirect_uri = redirect_uri
        return sign_in.binding, sign_in.authorization_url

    def answer(self, params: Mapping[str, str], cookies: Mapping[str, str], *, now: float) -> SignIn:
        """Take the authorization response for the sign-in that state and cookie both name; one use.

        An error that came without state ends the one sign-in that this browser has under way: Cognito omits the
        state from some of its errors.

        Raises
        ------
        RefusedError
            If there is no such sign-in, or it is another browser's, used or ended. No kernel hears of it.
        """
        if not params:
            raise RefusedError("query_stripped")
        if "state" in params:
            sign_in = self._addressed(params["state"], cookies, now)
        else:
            sign_in = self._only_one_of(cookies, now, error="error" in params)
        sign_in.answered = True
        sign_in.authorization_url = None
        sign_in.answer = Answered({name: Secret(value) for name, value in params.items()}, sign_in.redirect_uri)
        self._on_change(sign_in.id)
        return sign_in

    def spoil(self, states: Iterable[str], cookies: Mapping[str, str], *, now: float) -> None:
        """End the sign-ins that a malformed response named rightly: what was presented once is used up."""
        for state in states:
            try:
                self._end(self._addressed(state, cookies, now), "malformed", now)
            except RefusedError:
                continue

    def poll(self, sign_in_id: str, *, now: float) -> Answered | Ended | None:
        """Return what the kernel waits for, or None as long as there is nothing.

        Raises
        ------
        RefusedError
            If the sign-in is unknown, or its outcome is known already.
        """
        sign_in = self.find(sign_in_id, now=now)
        if sign_in.ended is not None:
            if sign_in.ended not in _POLL_STATUS:
                raise RefusedError("unknown")
            return Ended(_POLL_STATUS[sign_in.ended])
        sign_in.seen_at = now
        if sign_in.answered and sign_in.answer is None:
            raise RefusedError("unknown")
        if sign_in.answer is not None and sign_in.fetched_at is None:
            sign_in.fetched_at = now
        return sign_in.answer

    def finish(self, sign_in_id: str, cause: str, *, now: float) -> None:
        """End a sign-in with what the kernel made of it: `OK`, or a code of `causes`; raises `RefusedError`."""
        self._end(self.find(sign_in_id, now=now), cause, now)

    def sweep(self, *, now: float) -> None:
        """Settle every sign-in, and forget the ended ones that are old or too many."""
        for sign_in in [*self._by_id.values()]:
            self._settle(sign_in, now)
        for sign_in in [*self._ended.values()]:
            if len(self._ended) <= MAX_SIGN_INS and now - sign_in.ended_at < ENDED_SECONDS:
                break
            del self._ended[sign_in.id], self._by_id[sign_in.id], self._by_state[sign_in.state]

    def _addressed(self, state: str, cookies: Mapping[str, str], now: float) -> SignIn:
        """Return the live sign-in of a state, if this is its browser."""
        sign_in = self._by_state.get(Secret(state))
        if sign_in is None:
            raise RefusedError("unknown")
        self._settle(sign_in, now)
        # Before the cookie: an expired sign-in's cookie has expired with it, and the page should say "expired".
        self._live(sign_in)
        if not sign_in.owned_by(cookies.get(COOKIE_PREFIX + sign_in.id)):
            raise RefusedError("wrong_browser")
        return sign_in

    def _only_one_of(self, cookies: Mapping[str, str], now: float, *, error: bool) -> SignIn:
        """Return the one live sign-in that this browser's cookies name."""
        ids = [name.removeprefix(COOKIE_PREFIX) for name in cookies if name.startswith(COOKIE_PREFIX)]
        found = []
        for sign_in in filter(None, map(self._by_id.get, ids)):
            self._settle(sign_in, now)
            live = sign_in.ended is None and not sign_in.answered
            if live and sign_in.owned_by(cookies[COOKIE_PREFIX + sign_in.id]):
                found.append(sign_in)
        if not error or len(found) != 1:
            raise RefusedError("unknown")
        return found[0]

    @staticmethod
    def _live(sign_in: SignIn) -> SignIn:
        if sign_in.answered:
            raise RefusedError("used")
        if sign_in.ended is not None:
            raise RefusedError(sign_in.ended)
        return sign_in

    def _settle(self, sign_in: SignIn, now: float) -> None:
        """Let time take effect on a sign-in."""
        if sign_in.ended is not None:
            return
        if sign_in.fetched_at is not None and now - sign_in.fetched_at >= REFETCH_SECONDS:
            sign_in.answer = None
        if now >= sign_in.expires_at:
            self._end(sign_in, "expired", now)
        elif now - sign_in.seen_at >= SILENCE_SECONDS:
            self._end(sign_in, "withdrawn", now)

    def _end(self, sign_in: SignIn, cause: str, now: float) -> None:
        """End a live sign-in; the first end stands."""
        if sign_in.ended is not None:
            return
        sign_in.ended, sign_in.ended_at = cause, now
        sign_in.answer = sign_in.authorization_url = None
        self._ended[sign_in.id] = sign_in
        siblings = self._by_kernel[sign_in.kernel]
        del siblings[sign_in.profile]
        if not siblings:
            del self._by_kernel[sign_in.kernel]
        self._on_change(sign_in.id)
