"""What is there: the user pool, its domain, the app client, the login page's style. Reads only.

A client's secret, which DescribeUserPoolClient shows, is dropped at once: here it is only known whether there is one.
Names and ids come from others, or from an endpoint that is not AWS: each id has AWS's form and each text is one line,
so that neither a terminal nor a printed command takes it for more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..aws_api import NotFoundError, call, unusable_answer
from ..aws_names import CLIENT_ID, USER_POOL_ID
from ..errors import ConfigurationError
from ..shown_text import printable
from .domain import CLASSIC, MANAGED_LOGIN, Domain, checked_prefix, default_prefix, login_version

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["There", "UserPool", "checked_client_id", "find_user_pool", "read_there", "update_members"]

_PAGE = 60  # the most that a list operation answers at once
_PAGES = 100
_SHOWN = 12  # user pools in an error
_LONGEST = 255  # characters of a name: a domain's


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
    NetworkError
        If AWS is not reached, or its answer is unusable.
    """
    listed = _pages(api, "ListUserPools", "UserPools")
    pools = [(_checked(pool.get("Id"), USER_POOL_ID, "ListUserPools"), _shown(pool, "Name")) for pool in listed]
    region = api.meta.region_name
    if not pools:
        hint = "Create a user pool in the Cognito console, or name another --region."
        raise ConfigurationError(f"There is no user pool in {region}.", setting="user_pool_id", hint=hint)
    if len(pools) == 1:
        return pools[0][0]
    rows = [f"  {pool_id}  {name}" for pool_id, name in pools[:_SHOWN]]
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
    asked_version: int | None,
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
    asked_version : int or None
        The version that a new domain's login pages are to have; default the best that the user pool's plan has.

    Raises
    ------
    ConfigurationError
        If something named is not there, the name is ambiguous, or the prefix is somebody else's.
    NetworkError
        If AWS is not reached, or its answer is unusable.
    """
    pool, domain_names = _pool(api, user_pool_id)
    domain = next(filter(None, (_described(api, name, pool) for name in domain_names)), None)
    new_domain = None
    if domain is None:
        domain, new_domain = _of_prefix(api, pool, domain_prefix, asked_version)
    client_id = client_id or _client_of_name(api, pool.id, client_name)
    client, has_secret = _client(api, pool.id, client_id) if client_id else (None, False)
    is_managed = any(each.version == MANAGED_LOGIN for each in (domain, new_domain) if each)
    has_style = client is not None and is_managed and _has_style(api, pool.id, client["ClientId"])
    return There(pool, domain, new_domain, client, has_secret, has_style)


def checked_client_id(answer: Mapping[str, Any]) -> str:
    """Return the id of the app client that AWS has made.

    Parameters
    ----------
    answer : mapping of str to Any
        That of CreateUserPoolClient.

    Raises
    ------
    NetworkError
        If it has none that could be AWS's: it goes into a file and into commands to copy.
    """
    return _checked(answer.get("UserPoolClient", {}).get("ClientId"), CLIENT_ID, "CreateUserPoolClient")


def update_members(api: Any) -> frozenset[str]:  # noqa: ANN401 - a boto3 client
    """Return what UpdateUserPoolClient takes, by botocore's own service model.

    Parameters
    ----------
    api : boto3 client
        From `aws_api.user_pools_api`.
    """
    return frozenset(api.meta.service_model.operation_model("UpdateUserPoolClient").input_shape.members)


def _pool(api: Any, user_pool_id: str) -> tuple[UserPool, list[str]]:  # noqa: ANN401 - a boto3 client
    """Return the user pool and the names of its domains, the one that notebooks use first."""
    region = api.meta.region_name
    try:
        found = _member(api, "DescribeUserPool", "UserPool", UserPoolId=user_pool_id)
    except NotFoundError:
        hint = "Compare --user-pool-id, or user_pool_id in cognito.toml, and the region with the console."
        raise ConfigurationError(
            f"There is no user pool {user_pool_id} in {region}.", setting="user_pool_id", hint=hint
        ) from None
    pool = UserPool(user_pool_id, region, _shown(found, "Name"), _shown(found, "UserPoolTier") or None)
    # Of two domains the custom one counts: no other is in the discovery document ("Configuring a user pool domain")
    return pool, [name for kind in ("CustomDomain", "Domain") if (name := _shown(found, kind))]


def _of_prefix(
    api: Any,  # noqa: ANN401 - a boto3 client
    pool: UserPool,
    prefix: str | None,
    asked_version: int | None,
) -> tuple[Domain | None, Domain | None]:
    """Return the domain of a prefix if the pool has it already, or else the one that can be made of it."""
    prefix = checked_prefix(prefix or default_prefix(pool.name or "", pool.id))
    if domain := _described(api, prefix, pool):
        return domain, None
    return None, Domain(prefix, pool.region, login_version(pool.tier, asked_version))


def _described(api: Any, name: str, pool: UserPool) -> Domain | None:  # noqa: ANN401 - a boto3 client
    """Return the pool's domain of a name, or None if nobody has it."""
    try:
        found = _member(api, "DescribeUserPoolDomain", "DomainDescription", Domain=name)
    except NotFoundError:
        return None
    if not (owner := found.get("UserPoolId")):
        return None
    if _checked(owner, USER_POOL_ID, "DescribeUserPoolDomain") != pool.id:
        raise ConfigurationError(
            f"The domain prefix {name} is taken by another user pool, {owner}.",
            setting="domain",
            hint="Choose another with --domain-prefix; a prefix is unique in its region.",
        )
    return Domain(name, pool.region, found.get("ManagedLoginVersion") or CLASSIC)


def _client_of_name(api: Any, user_pool_id: str, name: str) -> str | None:  # noqa: ANN401 - a boto3 client
    operation = "ListUserPoolClients"
    listed = _pages(api, operation, "UserPoolClients", UserPoolId=user_pool_id)
    ids = [_checked(each.get("ClientId"), CLIENT_ID, operation) for each in listed if each.get("ClientName") == name]
    if len(ids) > 1:
        raise ConfigurationError(
            f"{len(ids)} app clients have the name {name}:\n" + "\n".join(f"  {client_id}" for client_id in ids),
            setting="client_id",
            hint="Choose one with --client-id, or have another one made: --client-name NAME.",
        )
    return ids[0] if ids else None


def _client(api: Any, user_pool_id: str, client_id: str) -> tuple[dict[str, Any], bool]:  # noqa: ANN401 - as above
    operation = "DescribeUserPoolClient"
    try:
        found = _member(api, operation, "UserPoolClient", UserPoolId=user_pool_id, ClientId=client_id)
    except NotFoundError:
        raise ConfigurationError(
            f"The user pool {user_pool_id} has no app client {client_id}.",
            setting="client_id",
            hint="Compare --client-id, or client_id in cognito.toml, with the console; left out, one is found or made.",
        ) from None
    has_secret = bool(found.pop("ClientSecret", None))
    if found.get("ClientId") != client_id or not found.get("ClientName"):
        raise unusable_answer(operation)
    # An update sends all of it back, so nothing of it may be made fit to be shown
    if unfit := next((name for name, value in found.items() if not _is_clean(value)), None):
        hint = "Change it in the Cognito console, or name another --client-id."
        raise ConfigurationError(f"{unfit} of the app client {client_id} has control characters.", hint=hint)
    return found, has_secret


def _has_style(api: Any, user_pool_id: str, client_id: str) -> bool:  # noqa: ANN401 - a boto3 client
    try:
        call(api, "DescribeManagedLoginBrandingByClient", UserPoolId=user_pool_id, ClientId=client_id)
    except NotFoundError:
        return False
    return True


def _pages(api: Any, operation: str, name: str, **parameters: str) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - as above
    following: dict[str, str] = {}
    for _ in range(_PAGES):
        answer = call(api, operation, MaxResults=_PAGE, **parameters, **following)
        if name not in answer:
            raise unusable_answer(operation)
        yield from answer[name]
        if not answer.get("NextToken"):
            return
        following = {"NextToken": answer["NextToken"]}
    raise unusable_answer(operation)


def _member(api: Any, operation: str, name: str, **parameters: str) -> dict[str, Any]:  # noqa: ANN401 - as above
    answer = call(api, operation, **parameters)
    if name not in answer:
        raise unusable_answer(operation)
    found: dict[str, Any] = answer[name]
    return found


def _checked(value: str | None, pattern: str, operation: str) -> str:
    if value is None or not re.fullmatch(pattern, value, re.ASCII):
        raise unusable_answer(operation)
    return value


def _shown(found: Mapping[str, Any], name: str) -> str:
    return printable(found.get(name, ""), limit=_LONGEST)


def _is_clean(value: Any) -> bool:  # noqa: ANN401 - whatever a setting holds
    if isinstance(value, str):
        return value == printable(value)
    if isinstance(value, dict):
        return all(map(_is_clean, value.values()))
    return not isinstance(value, list) or all(map(_is_clean, value))
