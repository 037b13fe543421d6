"""What is there: the user pool, its domain, the app client, the login page's style. Reads only.

A client's secret, which DescribeUserPoolClient shows, is dropped at once: here it is only known whether there is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..aws_api import NotFoundError, call
from ..errors import ConfigurationError, public_text
from .domain import CLASSIC, MANAGED_LOGIN, Domain, checked_prefix, default_prefix, login_version

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["There", "UserPool", "find_user_pool", "read_there", "update_members"]

_PAGE = 60  # the most that a list operation answers at once
_SHOWN = 12  # user pools in an error


@dataclass(frozen=True, slots=True)
class UserPool:
    """A user pool.

    Parameters
    ----------
    id, region : str
        Its id, and the region that it is in.
    name, tier : str or None
        Its name and plan; None if AWS was not asked.
    """

    id: str
    region: str
    name: str | None = None
    tier: str | None = None


@dataclass(frozen=True, slots=True)
class There:
    """What the user pool has already.

    Parameters
    ----------
    pool : UserPool
        The user pool.
    domain : Domain or None
        The domain that notebooks use: the custom one, if there is one.
    new_domain : Domain or None
        The domain that can be made, where it has none.
    client : mapping of str to Any or None
        The app client as DescribeUserPoolClient shows it, but for its secret.
    has_secret : bool
        Whether the app client has a secret.
    has_style : bool
        Whether its managed login pages have a style; without one they do not work.
    """

    pool: UserPool
    domain: Domain | None = None
    new_domain: Domain | None = None
    client: Mapping[str, Any] | None = None
    has_secret: bool = False
    has_style: bool = False


def find_user_pool(api: Any) -> str:  # noqa: ANN401 - a boto3 client
    """Return the id of the region's only user pool.

    Parameters
    ----------
    api : boto3 client
        From `aws_api.user_pools_api`.

    Raises
    ------
    ConfigurationError
        If there is none, or if there are several: it lists them.
    """
    pools = list(_pages(api, "ListUserPools", "UserPools", {}))
    region = api.meta.region_name
    if not pools:
        hint = "Create a user pool in the Cognito console, or name another --region."
        raise ConfigurationError(f"There is no user pool in {region}.", setting="user_pool_id", hint=hint)
    if len(pools) == 1:
        return str(pools[0]["Id"])
    rows = [f"  {pool['Id']}  {public_text(pool['Name'], limit=60)}" for pool in pools[:_SHOWN]]
    more = [f"  … and {len(pools) - _SHOWN} more"] if len(pools) > _SHOWN else []
    text = "\n".join([f"There are {len(pools)} user pools in {region}:", *rows, *more])
    raise ConfigurationError(text, setting="user_pool_id", hint="Choose one with --user-pool-id.")


def read_there(
    api: Any,  # noqa: ANN401 - a boto3 client
    user_pool_id: str,
    *,
    client_id: str | None,
    client_name: str,
    domain_prefix: str | None,
    wish: int | None,
) -> There:
    """Return what the user pool has already.

    Parameters
    ----------
    api : boto3 client
        From `aws_api.user_pools_api`.
    user_pool_id : str
        The user pool.
    client_id : str or None
        The app client; default the one of that name, which may be missing.
    client_name : str
        Its name.
    domain_prefix : str or None
        Of a new domain.
    wish : int or None
        The version of a new domain's login pages.

    Raises
    ------
    ConfigurationError
        If something named is not there, the name is ambiguous, or the prefix is somebody else's.
    NetworkError
        If AWS is not reached.
    """
    region = api.meta.region_name
    try:
        found = call(api, "DescribeUserPool", UserPoolId=user_pool_id)["UserPool"]
    except NotFoundError:
        hint = "Compare --user-pool-id, or user_pool_id in cognito.toml, and the region with the console."
        raise ConfigurationError(
            f"There is no user pool {user_pool_id} in {region}.", setting="user_pool_id", hint=hint
        ) from None
    pool = UserPool(user_pool_id, region, found.get("Name") or "", found.get("UserPoolTier"))
    # Of two domains the custom one counts: no other is in the discovery document ("Configuring a user pool domain")
    names = filter(None, (found.get("CustomDomain"), found.get("Domain")))
    domain, new_domain = next(filter(None, (_described(api, name, pool) for name in names)), None), None
    if domain is None:
        prefix = checked_prefix(domain_prefix or default_prefix(pool.name or "", pool.id))
        domain = _described(api, prefix, pool)
        if domain is None:
            new_domain = Domain(prefix, region, login_version(pool.tier, wish))
    client_id = client_id or _client_of_name(api, pool.id, client_name)
    client, has_secret = _client(api, pool.id, client_id) if client_id else (None, False)
    version = (domain or new_domain or Domain("", region, CLASSIC)).version
    has_style = client is not None and version == MANAGED_LOGIN and _has_style(api, pool.id, client["ClientId"])
    return There(pool, domain, new_domain, client, has_secret, has_style)


def update_members(api: Any) -> frozenset[str]:  # noqa: ANN401 - a boto3 client
    """Return what UpdateUserPoolClient takes, by botocore's own service model.

    Parameters
    ----------
    api : boto3 client
        From `aws_api.user_pools_api`.
    """
    return frozenset(api.meta.service_model.operation_model("UpdateUserPoolClient").input_shape.members)


def _described(api: Any, name: str, pool: UserPool) -> Domain | None:  # noqa: ANN401 - a boto3 client
    """Return the pool's domain of a name, or None if nobody has it."""
    try:
        found = call(api, "DescribeUserPoolDomain", Domain=name)["DomainDescription"]
    except NotFoundError:
        return None
    owner = found.get("UserPoolId")
    if owner not in (None, pool.id):
        raise ConfigurationError(
            f"The domain prefix {name} is taken by another user pool, {owner}.",
            setting="domain",
            hint="Choose another with --domain-prefix; a prefix is unique in its region.",
        )
    return Domain(name, pool.region, found.get("ManagedLoginVersion") or CLASSIC) if owner else None


def _client_of_name(api: Any, user_pool_id: str, name: str) -> str | None:  # noqa: ANN401 - a boto3 client
    clients = _pages(api, "ListUserPoolClients", "UserPoolClients", {"UserPoolId": user_pool_id})
    ids = [str(client["ClientId"]) for client in clients if client.get("ClientName") == name]
    if len(ids) > 1:
        raise ConfigurationError(
            f"{len(ids)} app clients have the name {name}:\n" + "\n".join(f"  {client_id}" for client_id in ids),
            setting="client_id",
            hint="Choose one with --client-id, or have another one made: --client-name NAME.",
        )
    return ids[0] if ids else None


def _client(api: Any, user_pool_id: str, client_id: str) -> tuple[dict[str, Any], bool]:  # noqa: ANN401 - as above
    try:
        found = call(api, "DescribeUserPoolClient", UserPoolId=user_pool_id, ClientId=client_id)["UserPoolClient"]
    except NotFoundError:
        raise ConfigurationError(
            f"The user pool {user_pool_id} has no app client {client_id}.",
            setting="client_id",
            hint="Compare --client-id, or client_id in cognito.toml, with the console; left out, one is found or made.",
        ) from None
    return found, bool(found.pop("ClientSecret", None))


def _has_style(api: Any, user_pool_id: str, client_id: str) -> bool:  # noqa: ANN401 - a boto3 client
    try:
        call(api, "DescribeManagedLoginBrandingByClient", UserPoolId=user_pool_id, ClientId=client_id)
    except NotFoundError:
        return False
    return True


def _pages(api: Any, operation: str, name: str, parameters: Mapping[str, str]) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - as above
    following: dict[str, str] = {}
    while True:
        answer = call(api, operation, MaxResults=_PAGE, **parameters, **following)
        yield from answer[name]
        if not answer.get("NextToken"):
            return
        following = {"NextToken": answer["NextToken"]}
