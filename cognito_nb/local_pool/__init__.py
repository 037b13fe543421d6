"""A look-alike of an Amazon Cognito user pool on 127.0.0.1: for demos, examples and tests.

It shares no code with the client it is used to try out, so the two cannot agree by sharing a mistake. It is
no identity provider: users and keys live in memory, and its passwords are public.

What `LocalUserPool` is given replaces its defaults: with ``users`` there are no demo users, with ``clients`` the first
is the one that ``client_id`` names, with ``resource_servers`` the scope of the demo API is gone. A client without
``scopes`` may ask for all of the pool. `User`, `AppClient`, `Lifetimes`, `Switches` (what is unconfirmed about
Cognito, both ways) and `Fault` take keywords only. Here a web client, and a machine that gets tokens for itself::

    from cognito_nb.local_pool import AppClient, LocalUserPool, ResourceServer, User

    web = AppClient(client_id="web", rotation=True)
    machine = AppClient(
        client_id="machine",
        client_secret="secretOfAtLeast24Characters",
        flows=("client_credentials",),
        scopes=("orders/read",),
    )
    orders = ResourceServer("orders", ("read",))
    mary = User(username="mary", groups=("readers",), attributes={"email": "mary@example.com", "custom:team": "sea"})
    with LocalUserPool(users=[mary], clients=[web, machine], resource_servers=[orders]) as pool:
        pool.tokens("mary", scopes=["openid", "orders/read"])

The same in a file, whose tables are the parameters of `LocalUserPool` and whose keys are the fields of the classes; it
may also have ``[lifetimes]``, ``[switches]``, ``[[groups]]`` and ``[[identity_providers]]``. A pool is then
``LocalUserPool(**load_settings("pool.toml"))``; and ``load_settings("pool.toml") | {"port": 0}`` for tests, while
``python -m cognito_nb.local_pool --config pool.toml`` runs it alone::

    [pool]
    port = 9800

    [[users]]
    username = "mary"                  # password: DEMO_PASSWORD, unless given
    groups = ["readers"]
    attributes = { email = "mary@example.com", "custom:team" = "sea" }

    [[clients]]
    client_id = "web"
    rotation = true

    [[clients]]
    client_id = "machine"
    client_secret = "secretOfAtLeast24Characters"
    flows = ["client_credentials"]
    scopes = ["orders/read"]

    [[resource_servers]]
    identifier = "orders"
    scopes = ["read"]

A name is loaded when it is first used: pytest imports `cognito_nb.local_pool.fixture` in every run.
"""

from __future__ import annotations

import importlib
from importlib.util import find_spec

if find_spec("authlib") is None:
    # With the name of this package in it, `python -m cognito_nb.local_pool` prints one line and no traceback
    raise ImportError("the local user pool needs: pip install 'cognito_nb[local]'", name=__name__)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .clients import AppClient
    from .faults import Fault
    from .lifetimes import Lifetimes
    from .pool import RecordedRequest
    from .providers import IdentityProvider
    from .scopes import ResourceServer
    from .server import LocalUserPool
    from .settings import load_settings
    from .strictness import Switches
    from .users import DEMO_PASSWORD, Group, User
    from .visit import Browser

__all__ = [
    "DEMO_PASSWORD",
    "AppClient",
    "Browser",
    "Fault",
    "Group",
    "IdentityProvider",
    "Lifetimes",
    "LocalUserPool",
    "RecordedRequest",
    "ResourceServer",
    "Switches",
    "User",
    "load_settings",
]

_MODULES = (
    *("users", "lifetimes", "providers", "scopes", "strictness", "faults"),
    *("clients", "visit", "pool", "settings", "server"),
)


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the public name is
    if name in __all__:
        for module in _MODULES:
            home = importlib.import_module(f".{module}", __name__)
            if name in home.__all__:
                value = globals()[name] = getattr(home, name)
                return value
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    return list(__all__)
