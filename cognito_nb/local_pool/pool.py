"""What a user pool knows: users, app clients, browser sessions, codes, refresh tokens, keys, time.

No HTTP here: the handlers ask, this file answers. Everything is in memory and is touched by the server's own
thread; what other threads call (`add_user`, `register_callback`) is one atomic dict or list operation.
"""

from __future__ import annotations

import hmac
import re
import secrets
import time
import uuid
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from .clients import DEFAULT_CLIENT_ID, AppClient, check_redirect_url
from .tokens import Authorization, PoolKeys
from .users import DEMO_USERS, User

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = [
    "AuthorizationCode",
    "BrowserSession",
    "Lifetimes",
    "RecordedRequest",
    "RefreshToken",
    "SignInPage",
    "UserPool",
]

_SHORTEST_TOKEN = 5
_POOL_ID = re.compile(r"[\w-]+_[0-9a-zA-Z]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetimes:
    """How long things last, in seconds; tokens at least 5, so that tests need not wait for Cognito's 300.

    Source: "TokenValidityUnits" in the API reference; section 7.5 of the wire contract.
    """

    access_token: int = 3600
    id_token: int = 3600
    refresh_token: int = 30 * 24 * 3600
    code: int = 300
    sign_in_page: int = 300
    browser_session: int = 3600

    def __post_init__(self) -> None:
        if min(self.access_token, self.id_token, self.refresh_token) < _SHORTEST_TOKEN:
            raise ValueError(f"tokens live at least {_SHORTEST_TOKEN} seconds")


@dataclass(frozen=True, slots=True)
class SignInPage:
    """A sign-in page that was shown, and to which browser."""

    browser: str
    usable_until: float


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """What the ``cognito`` cookie stands for: who signed in with this browser, and when."""

    user: User
    signed_in_at: float


@dataclass(frozen=True, slots=True)
class AuthorizationCode:
    """An unused authorization code and what it is bound to."""

    code: str = field(repr=False)
    authorization: Authorization
    redirect_uri: str
    code_challenge: str | None
    expires_at: float

    def get_redirect_uri(self) -> str:
        """Return the redirect URI, for Authlib."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """Return the scopes as one string, for Authlib."""
        return " ".join(self.authorization.scopes)


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A refresh token that was handed out; ``usable_until`` is earlier than its expiry once it was rotated."""

    token: str = field(repr=False)
    authorization: Authorization
    expires_at: float
    usable_until: float


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """One request that reached the pool: never its query, header fields or body."""

    endpoint: str
    method: str
    path: str
    time: float


class UserPool:
    """The data of one pool; `LocalUserPool` makes it listen."""

    def __init__(
        self, *, pool_id: str, users: Iterable[User] | None, clients: Iterable[AppClient] | None, lifetimes: Lifetimes
    ) -> None:
        if not _POOL_ID.fullmatch(pool_id):
            raise ValueError(f"not a user pool id: {pool_id!r}")
        self.user_pool_id = pool_id
        self.domain = ""
        self.api_url = ""
        self.lifetimes = lifetimes
        self.keys = PoolKeys.generate()
        self.clock: Callable[[], float] = time.time
        self.latency: dict[str, float] = {}
        self.requests: deque[RecordedRequest] = deque(maxlen=10_000)
        self._users = {user.username: user for user in (DEMO_USERS if users is None else users)}
        if clients is None:
            clients = [AppClient(client_id=DEFAULT_CLIENT_ID)]
        self.clients = {client.client_id: client for client in clients}
        self._sign_in_pages: dict[str, SignInPage] = {}
        self._sessions: dict[str, BrowserSession] = {}
        self._codes: dict[str, AuthorizationCode] = {}
        self._refresh_tokens: dict[str, RefreshToken] = {}
        self._revoked: set[str] = set()

    @property
    def issuer(self) -> str:
        """The ``iss`` of its tokens, below which the discovery document is found."""
        return f"{self.domain}/{self.user_pool_id}"

    @property
    def signed_out_url(self) -> str:
        """Where a client without a page of its own can send its users after sign-out."""
        return f"{self.domain}/signed-out"

    @property
    def client_id(self) -> str:
        """The id of the first app client."""
        return next(iter(self.clients))

    @property
    def users(self) -> list[User]:
        """The users, in the order in which they were added."""
        return list(self._users.values())

    # Set-up

    def add_user(
        self, username: str, password: str, *, groups: Iterable[str] = (), attributes: Mapping[str, str] | None = None
    ) -> User:
        """Add a user, or put another in the place of one of that name, and return it."""
        user = User(username=username, password=password, groups=tuple(groups), attributes=dict(attributes or {}))
        self._users[username] = user
        return user

    def register_callback(self, url: str) -> None:
        """Register a callback URL with every app client.

        Raises
        ------
        ValueError
            For a URL that Cognito would refuse: relative, with a fragment, or http to another machine.
        """
        check_redirect_url(url)
        for client in self.clients.values():
            if url not in client.callback_urls:
                client.callback_urls.append(url)

    def register_logout(self, url: str) -> None:
        """Register a sign-out URL with every app client.

        Raises
        ------
        ValueError
            As for `register_callback`.
        """
        check_redirect_url(url)
        for client in self.clients.values():
            if url not in client.logout_urls:
                client.logout_urls.append(url)

    # Browser sessions: an hour from the interactive sign-in, not from the last use

    def authenticate(self, username: str, password: str) -> User | None:
        """Return the user whose password this is."""
        user = self._users.get(username)
        # Compare in any case, so that time does not tell which names exist
        right = hmac.compare_digest((user.password if user else "").encode(), password.encode())
        return user if right else None

    def user(self, username: str) -> User | None:
        """Return the user of this name."""
        return self._users.get(username)

    def open_session(self, user: User) -> tuple[str, BrowserSession]:
        """Start a browser session; return the value of its cookie too."""
        session = BrowserSession(user, self.clock())
        cookie = secrets.token_urlsafe(32)
        self._sessions[cookie] = session
        return cookie, session

    def session(self, cookie: str | None) -> BrowserSession | None:
        """Return the live session behind a cookie."""
        session = self._sessions.get(cookie or "")
        if session and session.signed_in_at + self.lifetimes.browser_session > self.clock():
            return session
        return None

    def end_session(self, cookie: str | None) -> None:
        """End a browser session; tokens are untouched."""
        self._sessions.pop(cookie or "", None)

    # Sign-in pages: five minutes, and only in the browser that opened them

    def open_sign_in_page(self, browser: str) -> str:
        """Note that a browser was shown the page, forget pages that nobody can finish any more, return its id."""
        page_id, now = str(uuid.uuid4()), self.clock()
        live = {key: page for key, page in self._sign_in_pages.items() if page.usable_until > now}
        self._sign_in_pages = live | {page_id: SignInPage(browser, now + self.lifetimes.sign_in_page)}
        return page_id

    def is_open_sign_in_page(self, page_id: str, browser: str | None) -> bool:
        """Tell whether this browser may still finish this page."""
        page = self._sign_in_pages.get(page_id)
        return page is not None and page.browser == browser and page.usable_until > self.clock()

    def close_sign_in_page(self, page_id: str) -> None:
        """Forget a page that did its work."""
        self._sign_in_pages.pop(page_id, None)

    # Authorization codes: five minutes, one use

    def save_code(self, code: AuthorizationCode) -> None:
        """Keep a code until it is used."""
        self._codes[code.code] = code

    def code(self, code: str, client_id: str) -> AuthorizationCode | None:
        """Return a code that this client may still use."""
        found = self._codes.get(code)
        if found is None or found.authorization.client_id != client_id or found.expires_at <= self.clock():
            return None
        return found

    def use_code(self, code: AuthorizationCode) -> None:
        """Use a code up."""
        self._codes.pop(code.code, None)

    # Refresh tokens

    def save_refresh_token(self, token: str, authorization: Authorization, expires_at: float | None) -> None:
        """Keep a refresh token; one that came out of a rotation keeps the expiry of the first."""
        if expires_at is None:
            expires_at = self.clock() + self.lifetimes.refresh_token
        self._refresh_tokens[token] = RefreshToken(token, authorization, expires_at, expires_at)

    def refresh_token(self, token: str, client_id: str) -> RefreshToken | None:
        """Return a refresh token that this client may still use."""
        found = self._refresh_tokens.get(token)
        if found is None or found.authorization.client_id != client_id or found.usable_until <= self.clock():
            return None
        return None if self.is_revoked(found.authorization.origin_jti) else found

    def retire_refresh_token(self, old: RefreshToken, grace: float) -> None:
        """After a rotation: the old token works for the grace period only, counted from its first use."""
        usable_until = min(old.usable_until, self.clock() + grace)
        self._refresh_tokens[old.token] = replace(old, usable_until=usable_until)

    def revoke(self, token: RefreshToken) -> None:
        """Revoke a refresh token and every token that stems from the same sign-in."""
        self._revoked.add(token.authorization.origin_jti)

    def is_revoked(self, origin_jti: str) -> bool:
        """Tell whether the tokens of this sign-in were revoked."""
        return origin_jti in self._revoked
