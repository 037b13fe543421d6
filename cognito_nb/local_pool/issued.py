"""What the pool handed out and may have to take back: authorization codes, refresh tokens, token sessions.

A token session is what stems from one sign-in, by its ``origin_jti``; a user has 20 at most, and one more ends the
least recently used. Sources: "Refresh tokens", "Revoking tokens" in the Cognito developer guide, and its quotas.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from .lifetimes import LONGEST_TOKEN, drop_ended

if TYPE_CHECKING:
    from collections.abc import Callable

    from .strictness import Switches
    from .tokens import Authorization

__all__ = ["AuthorizationCode", "IssuedTokens", "RefreshToken"]


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
    """A refresh token that was handed out; ``usable_until`` is earlier than its expiry once it was rotated out."""

    token: str = field(repr=False)
    authorization: Authorization
    expires_at: float
    usable_until: float

    @property
    def rotated_out(self) -> bool:
        """Whether it gave way to another."""
        return self.usable_until < self.expires_at


class IssuedTokens:
    """The part of a pool that looks after codes and refresh tokens."""

    clock: Callable[[], float]
    switches: Switches

    def __init__(self) -> None:
        self._codes: dict[str, AuthorizationCode] = {}
        self._refresh_tokens: dict[str, RefreshToken] = {}
        self._token_sessions: dict[str, dict[str, float]] = {}  # by sub: expiry by origin_jti, last used last
        self._revoked: dict[str, float] = {}  # by origin_jti: when its last access and ID token has expired

    # Authorization codes: five minutes, one use

    def save_code(self, code: AuthorizationCode) -> None:
        """Keep a code until it is used; forget those that have expired."""
        drop_ended(self._codes, lambda each: each.expires_at <= self.clock())
        self._codes[code.code] = code

    def code(self, code: str) -> AuthorizationCode | None:
        """Return a code that is neither used nor expired."""
        found = self._codes.get(code)
        return found if found is not None and found.expires_at > self.clock() else None

    def use_code(self, code: str) -> None:
        """Use a code up."""
        self._codes.pop(code, None)

    # Refresh tokens

    def save_refresh_token(self, token: str, authorization: Authorization, expires_at: float) -> None:
        """Keep a refresh token, and forget dead ones; one that came out of a rotation keeps the expiry of the first."""
        drop_ended(self._refresh_tokens, lambda each: self.refresh_token(each.token) is None)
        self._refresh_tokens[token] = RefreshToken(token, authorization, expires_at, expires_at)
        self.use_token_session(authorization, expires_at)

    def use_token_session(self, authorization: Authorization, expires_at: float) -> None:
        """Note that a token session is new or was used, and end the least recently used above the limit."""
        sessions = self._token_sessions.get(authorization.user.sub, {})
        sessions.pop(authorization.origin_jti, None)
        now, others = self.clock(), self.switches.token_sessions - 1
        live = [(origin_jti, expiry) for origin_jti, expiry in sessions.items() if expiry > now]
        kept = dict(live[max(0, len(live) - others) :])
        self._token_sessions[authorization.user.sub] = kept | {authorization.origin_jti: expires_at}

    def refresh_token(self, token: str) -> RefreshToken | None:
        """Return a refresh token whose token session lives; it may have been rotated out."""
        found = self._refresh_tokens.get(token)
        if found is None or found.expires_at <= self.clock():
            return None
        sessions = self._token_sessions.get(found.authorization.user.sub, {})
        return found if found.authorization.origin_jti in sessions else None

    def is_usable(self, token: RefreshToken) -> bool:
        """Tell whether a refresh token was not rotated out, or not long enough ago."""
        return token.usable_until > self.clock()

    def retire_refresh_token(self, old: RefreshToken, grace: float) -> None:
        """After a rotation: the old token works for the grace period only, counted from its first use."""
        usable_until = min(old.usable_until, self.clock() + grace)
        self._refresh_tokens[old.token] = replace(old, usable_until=usable_until)

    # Revocation

    def revoke(self, token: RefreshToken) -> None:
        """Revoke a refresh token and every token that stems from the same sign-in."""
        authorization = token.authorization
        self._end_token_session(authorization.user.sub, authorization.origin_jti)

    def sign_out_everywhere(self, user_sub: str) -> None:
        """Revoke all tokens of a user, as ``GlobalSignOut`` does; browser sessions are untouched."""
        for origin_jti in list(self._token_sessions.get(user_sub, {})):
            self._end_token_session(user_sub, origin_jti)

    def is_revoked(self, origin_jti: str) -> bool:
        """Tell whether the tokens of this sign-in were revoked."""
        return origin_jti in self._revoked

    def _end_token_session(self, user_sub: str, origin_jti: str) -> None:
        now = self.clock()
        drop_ended(self._revoked, lambda forgotten_at: forgotten_at <= now)
        self._revoked[origin_jti] = now + LONGEST_TOKEN
        self._token_sessions.get(user_sub, {}).pop(origin_jti, None)
