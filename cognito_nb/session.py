"""Session: the user's one object, and the registry of current sessions."""

from __future__ import annotations

import contextlib
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NoReturn

from .errors import NotSignedInError
from .tokens.auth import CognitoAuth, allowed_origins, signing_async_client, signing_client
from .tokens.refresh import RefreshEngine
from .tokens.source import TokenKind, Tokens, TokenSource
from .user import User

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from .config import CognitoConfig
    from .secret import Secret
    from .tokens.user_pool import UserPool

__all__ = ["Session", "current_session", "current_sessions", "find_session", "keep_session", "signed_out_here"]

_current: dict[str, Session] = {}  # by profile, the most recent sign-in last
_signed_out: set[tuple[str, str | None]] = set()  # issuers and clients whose user asked to be forgotten
_lock = threading.Lock()


class Session:
    """A signed-in user, made by `cognito_nb.login`: makes HTTP clients that send the tokens, and renews them."""

    def __init__(self, config: CognitoConfig, user_pool: UserPool, tokens: Tokens) -> None:
        self.config = config
        self.source = TokenSource(tokens)
        self.signed_in_at = self.source.clock()
        self._asked = frozenset(config.scopes)  # of the sign-in; `config` may be replaced by a later login's
        self._user_pool = user_pool
        self._background = user_pool.transport.background
        self._engine = RefreshEngine(self.source, user_pool)

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

        Raises
        ------
        NotSignedInError
            After sign-out.
        """
        tokens = self.source.tokens
        return (tokens.id or tokens.access).claims

    @property
    def scopes(self) -> tuple[str, ...]:
        """The granted scopes, which may be fewer than were asked for (RFC 6749 §3.3)."""
        return tuple(str(self.source.tokens.access.claims.get("scope", "")).split())

    @property
    def missing_scopes(self) -> tuple[str, ...]:
        """The scopes that were asked for and not granted."""
        granted = self.scopes
        return tuple(scope for scope in self.config.scopes if scope not in granted)

    @property
    def expires_at(self) -> datetime:
        """When the access token ends; the session renews it by itself."""
        return datetime.fromtimestamp(self.source.tokens.expires_at, UTC)

    @property
    def is_alive(self) -> bool:
        """Whether the session has tokens: not signed out, not ended."""
        return self.source.is_alive

    @property
    def can_refresh(self) -> bool:
        """Whether there is a refresh token."""
        return self.source.is_alive and self.source.tokens.refresh_token is not None

    @property
    def logout_url(self) -> str | None:
        """The address that ends the browser's session at Cognito; None without the setting ``logout_uri``."""
        return self._user_pool.logout_url(self.config.logout_uri)

    def client(self, base_url: str, *, token: TokenKind = "access", **httpx_options: Any) -> httpx.Client:  # noqa: ANN401
        """Return an httpx client that signs requests to one API.

        Parameters
        ----------
        base_url : str
            The API, https or on loopback. Tokens go to its origin and the setting ``api_origins`` only.
        token : {"access", "id"}
            Which token is sent.
        **httpx_options
            Further options of `httpx.Client`.

        Raises
        ------
        UntrustedOriginError
            If `base_url` is not https.
        """
        return signing_client(self.auth(base_url, token=token), base_url, httpx_options)

    def async_client(self, base_url: str, *, token: TokenKind = "access", **httpx_options: Any) -> httpx.AsyncClient:  # noqa: ANN401
        """Return the same as an `httpx.AsyncClient`."""
        return signing_async_client(self.auth(base_url, token=token), base_url, httpx_options)

    def auth(self, *origins: str, token: TokenKind = "access") -> CognitoAuth:
        """Return the authentication alone, for an httpx client of your own.

        Parameters
        ----------
        *origins : str
            URLs whose origins may get the token, besides the setting ``api_origins``.
        token : {"access", "id"}
            Which token is sent.

        Raises
        ------
        UntrustedOriginError
            If an origin is not https, nor on loopback.
        """
        return CognitoAuth(self._engine, allowed_origins((*origins, *self.config.api_origins)), token)

    def refresh(self) -> None:
        """Renew the tokens now.

        Raises
        ------
        NotSignedInError, SessionExpiredError, TokenVerificationError, TokenResponseError, ProtocolError, NetworkError
            If they cannot be renewed.
        """
        self._engine.renew(self.source.tokens)

    async def arefresh(self) -> None:
        """Renew the tokens now, without blocking the event loop."""
        await self._engine.arenew(self.source.tokens)

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
        refresh_token = self._forget()
        try:
            if refresh_token is not None:
                self._background.run(self._user_pool.revoke(refresh_token))
        finally:
            self.close()

    async def arevoke(self) -> None:
        """Do the same without blocking the event loop."""
        refresh_token = self._forget()
        try:
            if refresh_token is not None:
                await self._background.arun(self._user_pool.revoke(refresh_token))
        finally:
            self.close()

    def close(self, reason: str = "You are signed out.") -> None:
        """Forget the tokens and close the connections, without telling Cognito."""
        self.source.wipe(reason)
        _forget_session(self)
        self._user_pool.transport.close()

    def retire(self, reason: str) -> None:
        """Forget the tokens, and let Cognito know without waiting for its answer."""
        tokens = self.source.wipe(reason)
        _forget_session(self)
        if tokens is None or tokens.refresh_token is None:
            self._user_pool.transport.close()
            return
        with contextlib.suppress(NotSignedInError):  # in a forked child the session is the parent's to end
            told = self._background.submit(self._user_pool.revoke_quietly(tokens.refresh_token))
            told.add_done_callback(lambda _: self._user_pool.transport.close())

    def __repr__(self) -> str:
        state = "signed in" if self.is_alive else "signed out"
        return f"<Session {state}, user pool {self.config.label}, profile {self.config.profile}>"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        message = "a Session cannot be pickled or copied: its tokens must not leave this kernel"
        raise TypeError(message)

    def _forget(self) -> Secret | None:
        tokens = self.source.wipe()
        with _lock:
            _signed_out.add((self.config.issuer, self.config.client_id))
        return tokens.refresh_token if tokens else None


def current_session(profile: str | None = None) -> Session:
    """Return the session of a profile, or the one signed in last.

    Parameters
    ----------
    profile : str, optional
        The profile's name.

    Raises
    ------
    NotSignedInError
        If there is none.
    """
    found = next(reversed(current_sessions()), None) if profile is None else _current.get(profile)
    if found is not None and found.is_alive:
        return found
    whose = "" if profile is None else f" with the profile {profile!r}"
    raise NotSignedInError(f"You are not signed in{whose}.", hint=f"Run %cognito_login {profile or ''}".rstrip() + ".")


def current_sessions() -> list[Session]:
    """Return the sessions that are alive, in the order of their sign-ins."""
    with _lock:
        return [session for session in dict.fromkeys(_current.values()) if session.is_alive]


def keep_session(session: Session, profile: str) -> None:
    """Make a session the current one of a profile; the one that was is ended, so that no two users get mixed up."""
    with _lock:
        replaced = _current.pop(profile, None)
        _current[profile] = session
        _signed_out.discard((session.config.issuer, session.config.client_id))
        in_use = replaced in _current.values()
    if replaced is not None and not in_use:
        replaced.retire("A newer sign-in has taken this session's place.")


def _forget_session(session: Session) -> None:
    with _lock:
        for profile in [name for name, current in _current.items() if current is session]:
            del _current[profile]


def signed_out_here(config: CognitoConfig) -> bool:
    """Tell whether the user signed out in this kernel: then the next sign-in asks for the password again."""
    return (config.issuer, config.client_id) in _signed_out


def find_session(config: CognitoConfig) -> Session | None:
    """Return a session that serves a config: same issuer, client and resource, at least its scopes.

    The profile's own session counts, and another profile's only where that one has none: two users stay two users.
    """
    own = _current.get(config.profile)
    candidates = [own] if own is not None and own.is_alive else reversed(current_sessions())
    for session in candidates:
        had = session.config
        same = (had.issuer, had.client_id, had.resource) == (config.issuer, config.client_id, config.resource)
        if same and session._asked.issuperset(config.scopes):  # noqa: SLF001 - what was asked for, granted or not
            return session
    return None
