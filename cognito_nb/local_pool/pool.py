"""What a user pool knows: users, groups, app clients, resource servers, keys, time; and what `UserPool` sums up.

No HTTP here: the handlers ask, this file answers. Everything is in memory and is touched by the server's own
thread; what other threads call (`add_user`, `register_callback`) is one atomic dict or list operation.
"""

from __future__ import annotations

import hmac
import re
import time
import uuid
from collections import deque
from dataclasses import dataclass, fields, replace
from types import NoneType
from typing import TYPE_CHECKING, Literal, TypeVar

from .browser_sessions import BrowserSessions
from .checks import check, items
from .clients import DEFAULT_CLIENT_ID, AppClient, check_urls
from .endpoints import Latency
from .faults import FaultPlan
from .issued import IssuedTokens
from .keys import PoolKeys
from .lifetimes import Lifetimes
from .providers import LOCAL_PROVIDER, IdentityProvider
from .scopes import DEMO_RESOURCE_SERVERS, SYSTEM_SCOPES, ResourceServer, all_scopes, check_scopes, granted_scopes
from .strictness import Switches
from .users import DEMO_GROUPS, DEMO_PASSWORD, DEMO_USERS, Group, User

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["RecordedRequest", "UserPool"]

_POOL_ID = re.compile(r"[\w-]+_[0-9a-zA-Z]+")
_LONGEST_PATH = 200

_Record = TypeVar("_Record")


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """One request that reached the pool: never its query, header fields or body; of the path 200 characters."""

    endpoint: str
    method: str
    path: str
    time: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", self.path[:_LONGEST_PATH])


class UserPool(BrowserSessions, IssuedTokens):
    """The data of one pool; `LocalUserPool` makes it listen."""

    def __init__(  # noqa: PLR0913 - a pool has many parts
        self,
        *,
        pool_id: str,
        users: Iterable[User] | None = None,
        groups: Iterable[Group] | None = None,
        clients: Iterable[AppClient] | None = None,
        resource_servers: Iterable[ResourceServer] | None = None,
        identity_providers: Iterable[IdentityProvider] = (),
        lifetimes: Lifetimes | None = None,
        switches: Switches | None = None,
        keys: PoolKeys | None = None,
    ) -> None:
        check("pool_id", pool_id, str)
        check("lifetimes", lifetimes, Lifetimes, NoneType)
        check("switches", switches, Switches, NoneType)
        if not _POOL_ID.fullmatch(pool_id):
            raise ValueError(f"not a user pool id: {pool_id!r}")
        BrowserSessions.__init__(self)
        IssuedTokens.__init__(self)
        self.user_pool_id = pool_id
        self.domain = ""
        self.api_url = ""
        self.lifetimes = lifetimes or Lifetimes()
        self.switches = switches or Switches()
        self.keys = keys or PoolKeys.generate()
        self.clock: Callable[[], float] = time.time
        self._latency = Latency()
        self.faults = FaultPlan()
        self.requests: deque[RecordedRequest] = deque(maxlen=10_000)
        self._users = _by_name("users", DEMO_USERS if users is None else users, User)
        self.groups = _by_name("groups", DEMO_GROUPS if groups is None else groups, Group)
        servers = DEMO_RESOURCE_SERVERS if resource_servers is None else resource_servers
        self.resource_servers = _by_name("resource_servers", servers, ResourceServer)
        self.identity_providers = _by_name("identity_providers", identity_providers, IdentityProvider)
        given = _by_name("clients", [AppClient(client_id=DEFAULT_CLIENT_ID)] if clients is None else clients, AppClient)
        if not given:
            raise ValueError("clients: a pool has at least one")
        self.clients = {client_id: self._copy_of(client) for client_id, client in given.items()}
        self.assumed_roles: dict[str, str] = {}

    def _copy_of(self, client: AppClient) -> AppClient:
        """Return a client of the pool's own: what is registered with one pool is not with another."""
        servers = self.resource_servers
        if client.scopes is not None:
            check_scopes(client.client_id, client.scopes, servers)
        return replace(client, scopes=all_scopes(servers.values()) if client.scopes is None else client.scopes)

    @property
    def latency(self) -> Latency:
        """Seconds that every answer of an endpoint takes."""
        return self._latency

    @latency.setter
    def latency(self, seconds: Mapping[str, float]) -> None:
        self._latency = Latency(seconds)

    @property
    def issuer(self) -> str:
        """The ``iss`` of its tokens, below which the discovery document is found."""
        return f"{self.domain}/{self.user_pool_id}"

    @property
    def signed_out_url(self) -> str:
        """Where a client without a page of its own can send its users after sign-out."""
        return f"{self.domain}/signed-out"

    @property
    def identity_pool_id(self) -> str:
        """The id of the identity pool that takes this pool's ID tokens; the same for the same user pool id."""
        return f"eu-west-1:{uuid.uuid5(uuid.NAMESPACE_DNS, self.user_pool_id)}"

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
        self,
        username: str,
        password: str = DEMO_PASSWORD,
        *,
        groups: Iterable[str] = (),
        attributes: Mapping[str, str] | None = None,
        provider: str | None = None,
    ) -> User:
        """Add a user, or put another in the place of one of that name, and return it; `put_user` takes a `User`.

        Raises
        ------
        TypeError, ValueError
            As for `User`.
        """
        user = User(
            username=username,
            password=password,
            groups=groups,  # type: ignore[arg-type]  # it makes a tuple of them
            attributes={} if attributes is None else attributes,
            provider=provider,
        )
        self.put_user(user)
        return user

    def put_user(self, user: User) -> None:
        """Add a user, or replace one: with the same ``sub`` it is a change, which refreshed tokens show.

        Raises
        ------
        TypeError
            For what is no `User`.
        """
        check("user", user, User)
        self._users[user.username] = user

    def remove_user(self, username: str) -> None:
        """Delete a user: neither refresh token nor browser session works any more."""
        self._users.pop(username, None)

    def register_callback(self, url: str) -> None:
        """Register a callback URL with every app client.

        Raises
        ------
        ValueError
            For a URL that Cognito would refuse, and for the 101st of a client.
        """
        self._register("callback_urls", url)

    def register_logout(self, url: str) -> None:
        """Register a sign-out URL with every app client.

        Raises
        ------
        ValueError
            As for `register_callback`.
        """
        self._register("logout_urls", url)

    def _register(self, kind: Literal["callback_urls", "logout_urls"], url: str) -> None:
        lists = [getattr(client, kind) for client in self.clients.values()]
        for urls in lists:
            # The pool's own page, which no real pool has, does not count
            check_urls(kind, [url, *(each for each in urls if each not in {url, self.signed_out_url})])
        for urls in lists:
            if url not in urls:
                urls.append(url)

    def rotate_keys(self, *, keep_old: bool = False) -> None:
        """Sign with new keys from now on; takes some 120 ms.

        Parameters
        ----------
        keep_old
            Whether the old keys stay in the key set. Without them, tokens of before verify nowhere any more.
        """
        self.keys = self.keys.rotated(keep_old=keep_old)

    # Answers

    def user(self, username: str) -> User | None:
        """Return the user of this name."""
        return self._users.get(username)

    def current_user(self, user: User) -> User | None:
        """Return what the pool knows of a user now, or ``None`` if another has taken the place."""
        found = self._users.get(user.username)
        return found if found is not None and found.sub == user.sub else None

    def authenticate(self, username: str, password: str) -> User | None:
        """Return the user whose password this is."""
        user = self._users.get(username)
        # Compare in any case, so that time does not tell which names exist
        right = hmac.compare_digest((user.password if user else "").encode(), password.encode())
        return user if right and password else None

    def groups_of(self, user: User) -> list[Group]:
        """Return the groups of a user; one that nobody described has no role."""
        return [self.groups.get(name, Group(name)) for name in user.groups]

    def lifetimes_of(self, client_id: str) -> Lifetimes:
        """Return how long things of a client last."""
        client = self.clients.get(client_id)
        return client.lifetimes if client and client.lifetimes else self.lifetimes

    @property
    def longest_browser_session(self) -> float:
        """Seconds after which no client takes a browser session any more."""
        return max(self.lifetimes_of(client_id).browser_session for client_id in self.clients)

    def granted_scopes(
        self, client: AppClient, requested: str | None, *, custom_only: bool = False
    ) -> tuple[str, ...] | None:
        """Return the scopes that a request of a client gets, or ``None`` when it is not acceptable."""
        active = all_scopes(self.resource_servers.values())
        allowed = [scope for scope in client.scopes or () if not custom_only or scope not in SYSTEM_SCOPES]
        return granted_scopes(requested, allowed=allowed, active=active, switches=self.switches)

    def identity_provider(self, name: str) -> IdentityProvider:
        """Return the external provider of this name; one that nobody described has no identifiers."""
        return self.identity_providers.get(name, IdentityProvider(name))

    def provider_of(self, client: AppClient, *, name: str | None, identifier: str | None) -> str | None:
        """Return the name of the provider that an authorization request chooses, or ``None`` if it leaves the choice.

        Raises
        ------
        ValueError
            When the client has no such provider.
        """
        if not name and not identifier:
            only = client.identity_providers[0] if len(client.identity_providers) == 1 else LOCAL_PROVIDER
            return None if only == LOCAL_PROVIDER else only
        for known in client.identity_providers:
            if known == name or (not name and identifier in self.identity_provider(known).identifiers):
                return known
        raise ValueError("the client has no such identity provider")


def _by_name(argument: str, records: Iterable[_Record], kind: type[_Record]) -> dict[str, _Record]:
    """Return the records by their first field, which is the name of each."""
    key = fields(kind)[0].name  # type: ignore[arg-type]  # all are dataclasses
    named: dict[str, _Record] = {}
    for record in items(argument, records, kind):
        name = getattr(record, key)
        if name in named:
            raise ValueError(f"there is more than one {kind.__name__} with the {key} {name!r}")
        named[name] = record
    return named
