"""Where a session is remembered beyond its kernel (setting ``remember``): what is kept, and whose turn it is.

The default is the kernel's memory, and then there is no store. A `Store` serves one user pool, app client and profile.
Who signs in or refreshes has the one `Turn` first, over all kernels: ten kernels that start at once cause one sign-in,
and a rotated refresh token is sent once.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import CognitoError
from ..protocol.http import parse_json_object
from ..secret import Secret

if TYPE_CHECKING:
    from ..config import CognitoConfig
    from .source import Tokens

__all__ = ["Kept", "Store", "Turn", "open_store", "record_key"]

_VERSION = 1
_SECRETS = ("refresh_token", "access_token", "id_token", "nonce")


@dataclass(frozen=True, slots=True)
class Kept:
    """What is remembered of a session.

    Attributes
    ----------
    issuer, client_id : str
        Whose tokens they are; others never get them.
    subject, username : str
        Who is signed in; empty where only the first answer will tell (an injected refresh token).
    auth_time : int or None
        When, in seconds since the epoch; a refreshed ID token must not name another time.
    scopes : tuple of str
        What the sign-in asked for.
    refresh_token : Secret or None
        None once it is dead: then only the identity is left, so that nobody else takes its place unnoticed.
    access_token, id_token, nonce : Secret or None
        Only where the store is memory: tokens are verified anew by whoever takes them.
    expires_at : float
        Seconds since the epoch, by this machine's clock, at which the access token ends.
    """

    issuer: str
    client_id: str
    subject: str
    username: str
    auth_time: int | None
    scopes: tuple[str, ...]
    refresh_token: Secret | None
    access_token: Secret | None = None
    id_token: Secret | None = None
    nonce: Secret | None = None
    expires_at: float = 0.0

    @classmethod
    def of(cls, tokens: Tokens, config: CognitoConfig, scopes: tuple[str, ...]) -> Kept:
        """Return all that there is to remember of tokens."""
        claims = (tokens.id or tokens.access).claims
        auth_time = claims.get("auth_time")
        return cls(
            issuer=config.issuer,
            client_id=config.client_id or "",
            subject=tokens.access.subject,
            username=str(tokens.access.claims.get("username", "")),
            auth_time=auth_time if type(auth_time) is int else None,
            scopes=scopes,
            refresh_token=tokens.refresh_token,
            access_token=tokens.access.token,
            id_token=tokens.id.token if tokens.id else None,
            nonce=tokens.nonce,
            expires_at=tokens.expires_at,
        )

    def serves(self, config: CognitoConfig) -> bool:
        """Tell whether a sign-in with these settings would give no more than this, and it can still be renewed."""
        same = (self.issuer, self.client_id) == (config.issuer, config.client_id)
        return same and self.refresh_token is not None and set(self.scopes).issuperset(config.scopes)

    def identity(self) -> Kept:
        """Return who it was, without any token."""
        return replace(self, refresh_token=None, access_token=None, id_token=None, nonce=None, expires_at=0.0)

    def renewable(self) -> Kept:
        """Return what a store on disk may hold: the refresh token and who it is, nothing else."""
        return replace(self.identity(), refresh_token=self.refresh_token)

    def to_text(self) -> Secret:
        """Return it as JSON, which is secret as a whole."""
        fields: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        fields |= {name: fields[name].reveal() for name in _SECRETS if fields[name] is not None}
        return Secret(json.dumps({"v": _VERSION, **fields}))

    @classmethod
    def from_text(cls, text: Secret) -> Kept | None:
        """Read it back; None for anything else, such as what a later version has written."""
        try:
            fields = parse_json_object(text.reveal().encode(), what="What was remembered")
        except (CognitoError, UnicodeError):
            return None
        texts = ("issuer", "client_id", "subject", "username")
        sound = (
            fields.pop("v", None) == _VERSION
            and set(fields) == set(cls.__slots__)
            and all(isinstance(fields[name], str) for name in texts)
            and all(fields[name] is None or isinstance(fields[name], str) for name in _SECRETS)
            and (fields["auth_time"] is None or type(fields["auth_time"]) is int)
            and isinstance(fields["expires_at"], int | float)
            and isinstance(fields["scopes"], list)
            and all(isinstance(scope, str) for scope in fields["scopes"])
        )
        if not sound:
            return None
        fields |= {name: Secret(fields[name]) for name in _SECRETS if fields[name] is not None}
        return cls(**{**fields, "scopes": tuple(fields["scopes"])})


class Turn(Protocol):
    """The one right to sign in or to refresh, over all kernels; it ends by itself if its holder dies.

    Attributes
    ----------
    kept : Kept or None
        What was remembered when the turn began.
    """

    kept: Kept | None

    async def keep(self, kept: Kept) -> None:
        """Remember this in place of what was."""

    async def release(self) -> None:
        """Let the next kernel have its turn; a second call does nothing."""


class Store(Protocol):
    """Remembers one session; its coroutines run on the session's own loop.

    All may raise ConfigurationError (the store cannot be used: told before a sign-in starts) and NetworkError (it gives
    no answer now).

    Attributes
    ----------
    name : str
        Where it is, for messages: "the Jupyter server's memory".
    tells_changes : bool
        Whether `changed` works.
    """

    name: str
    tells_changes: bool

    async def take_turn(self, *, wait: bool) -> Turn | None:
        """Return the turn; None if another kernel has it and `wait` is false."""

    async def read(self) -> Kept | None:
        """Return what is kept, whoever's turn it is."""

    async def forget(self) -> Kept | None:
        """Remember nothing any more, whoever's turn it is, and return what it was; other kernels' sessions end."""

    async def changed(self) -> Kept | None:
        """Return what is remembered once it is not what this store has kept or told last; None once it is forgotten.

        Never ends without a change: as long as nothing was ever kept, that nothing is kept is none.
        """

    async def aclose(self) -> None:
        """Close its connections."""


def record_key(config: CognitoConfig) -> str:
    """Return the name of a config's record: an opaque hash of whose tokens they are and of where they would be sent.

    The latter, since a cloned cognito.toml may name endpoints on this machine: what is remembered of the genuine ones
    is not found with it.
    """
    destination = [config.domain, sorted(config.endpoints.items())]
    whose = [config.issuer, config.client_id, config.resource, config.profile]
    return hashlib.sha256(json.dumps([*whose, *destination]).encode()).hexdigest()


def open_store(config: CognitoConfig) -> Store | None:
    """Return the store of the setting ``remember``; None for the kernel's memory.

    Raises
    ------
    ConfigurationError
        If it cannot be used here, with what to do.
    """
    if config.injected is not None:
        from .injected_store import InjectedStore  # noqa: PLC0415 - most sessions need no store

        return InjectedStore(config)
    if config.remember == "server":
        from .server_store import ServerStore  # noqa: PLC0415 - most sessions need no store

        return ServerStore.of(config)
    if config.remember == "keyring":
        from .keyring_store import KeyringStore  # noqa: PLC0415 - needs the extra `keyring`

        return KeyringStore.of(config)
    return None
