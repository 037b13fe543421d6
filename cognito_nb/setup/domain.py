"""The user pool's domain: the prefix of a new one, and which login pages it shows. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..aws_names import domain_of_prefix
from ..errors import ConfigurationError
from ..shown_text import public_text

__all__ = ["CLASSIC", "FULL_PLANS", "MANAGED_LOGIN", "Domain", "checked_prefix", "default_prefix", "login_version"]

MANAGED_LOGIN, CLASSIC = 2, 1  # ManagedLoginVersion
FULL_PLANS = ("ESSENTIALS", "PLUS")  # UserPoolTier; the plan beside them, LITE, has no managed login and no rotation

_PREFIX = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")  # CreateUserPoolDomain (API reference)
_RESERVED = re.compile("aws|amazon|cognito")  # "Configuring a user pool domain" (developer guide)
_LONGEST_NAME = 40  # characters of the pool's name in a prefix


@dataclass(frozen=True, slots=True)
class Domain:
    """A user pool's domain.

    Parameters
    ----------
    name : str
        A prefix, or a custom domain's host name.
    region : str
        The user pool's.
    version : int
        Of its login pages: 2 is managed login, 1 the classic ones.
    """

    name: str
    region: str
    version: int

    @property
    def url(self) -> str:
        """Where the login pages are."""
        return f"https://{self.name if '.' in self.name else domain_of_prefix(self.name, self.region)}"

    @property
    def pages(self) -> str:
        """What its login pages are called."""
        return "managed login" if self.version == MANAGED_LOGIN else "classic login pages"


def default_prefix(pool_name: str, user_pool_id: str) -> str:
    """Return a prefix that nobody else is likely to have: the pool's name and its id, by AWS's rules.

    Parameters
    ----------
    pool_name, user_pool_id : str
        Of the user pool.
    """
    name = re.sub("[^a-z0-9]+", "-", _allowed(pool_name.lower()))[:_LONGEST_NAME].strip("-")
    return _allowed(f"{name or 'notebooks'}-{user_pool_id.rpartition('_')[2].lower()}").strip("-")[:63]


def checked_prefix(prefix: str) -> str:
    """Return a prefix that AWS takes.

    Parameters
    ----------
    prefix : str
        As somebody wrote it.

    Raises
    ------
    ConfigurationError
        Naming the rule that it breaks.
    """
    if not _PREFIX.fullmatch(prefix):
        reason = "has 1 to 63 lower-case letters, digits and hyphens, and neither starts nor ends with a hyphen"
    elif found := _RESERVED.search(prefix):
        reason = f"must not contain {found[0]!r}"
    else:
        return prefix
    raise ConfigurationError(
        f"{public_text(prefix, limit=80)!r} is no domain prefix: it {reason}.",
        setting="domain",
        hint="Choose another with --domain-prefix.",
    )


def login_version(tier: str | None, asked: int | None) -> int:
    """Return the ManagedLoginVersion of a new domain.

    Parameters
    ----------
    tier : str or None
        The pool's plan; managed login needs one of `FULL_PLANS`. None if it is unknown.
    asked : int or None
        What the user asked for.
    """
    return asked or (MANAGED_LOGIN if tier in FULL_PLANS else CLASSIC)


def _allowed(text: str) -> str:
    while _RESERVED.search(text):  # what is left may make a new one: "aamazonws"
        text = _RESERVED.sub("", text)
    return text
