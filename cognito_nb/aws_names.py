"""How AWS names user pools, issuers, domains and attributes (Cognito developer guide; botocore's patterns)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

__all__ = [
    "CLIENT_ID",
    "REGION",
    "USER_POOL_ID",
    "domain_of_prefix",
    "is_aws_domain",
    "is_prefix",
    "issuer_of",
    "pool_of_issuer",
    "region_of",
    "unreadable_attributes",
]

REGION = r"[a-z]{2,5}(-[a-z]+)+-\d"
USER_POOL_ID, CLIENT_ID = r"[\w-]{1,50}_[0-9a-zA-Z]{1,50}", r"[\w+]{1,128}"  # UserPoolIdType, ClientIdType
_ISSUER = re.compile(r"https://(?:issuer-)?cognito-idp\.([a-z0-9-]+)\.amazonaws\.(?:com|eu)/(\1_[0-9a-zA-Z]+)")
_PREFIX = re.compile(r"[a-z0-9-]{1,63}")
_BEHIND = {"email": ("email", "email_verified"), "phone": ("phone_number", "phone_number_verified")}
_DOMAIN = re.compile(r"(?:https://)?[a-z0-9-]+\.auth(?:-fips)?\.[a-z0-9-]+\.amazoncognito\.com/?")


def region_of(user_pool_id: str | None) -> str | None:
    """Return the region that a user pool id begins with, or None if it names none."""
    region = (user_pool_id or "").rpartition("_")[0]
    return region if re.fullmatch(REGION, region) else None


def issuer_of(user_pool_id: str, region: str) -> str:
    """Return a user pool's issuer in its original form."""
    suffix = "amazonaws.eu" if region.startswith("eusc-") else "amazonaws.com"
    return f"https://cognito-idp.{region}.{suffix}/{user_pool_id}"


def pool_of_issuer(issuer: str) -> str | None:
    """Return the user pool id that an issuer of AWS's names, in either form, or None if it is not AWS's."""
    found = _ISSUER.fullmatch(issuer)
    return found[2] if found else None


def is_prefix(domain: str) -> bool:
    """Tell whether a domain is given by its prefix alone."""
    return _PREFIX.fullmatch(domain) is not None and domain != "localhost"


def domain_of_prefix(prefix: str, region: str) -> str:
    """Return the host name of a prefix domain; GovCloud has FIPS endpoints only."""
    host = "auth-fips" if region.startswith("us-gov-") else "auth"
    return f"{prefix}.{host}.{region}.amazoncognito.com"


def is_aws_domain(domain: str) -> bool:
    """Tell whether a domain is AWS's own: a prefix, or the host name or URL that it makes."""
    return is_prefix(domain) or _DOMAIN.fullmatch(domain) is not None


def unreadable_attributes(scopes: Iterable[str], readable: Collection[str] | None) -> list[str]:
    """Return the attributes behind scopes that an app client may not read: its codes are then refused.

    Parameters
    ----------
    scopes : iterable of str
        What is asked for.
    readable : collection of str or None
        The app client's ``ReadAttributes``; unset, it may read all ("Using attribute permissions", developer guide).
    """
    behind = [name for scope in scopes for name in _BEHIND.get(scope, ())]
    return [name for name in behind if readable and name not in readable]
