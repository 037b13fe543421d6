"""What a ``cognito.toml`` may say: it is shared, and a cloned repository's was written by somebody else.

Such a file must not send code and verifier elsewhere behind a genuine sign-in page. So it names no endpoint outside
this machine but AWS's own: an issuer in AWS's form for the file's own user pool, and no domain but AWS's (a custom
domain needs no setting: discovery names it). From the environment or as a keyword, each of them is allowed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

from .aws_names import is_aws_domain, pool_of_issuer
from .errors import ConfigurationError, public_text
from .urls import is_loopback, url_fault

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["refuse_diversion", "refuse_untrusted"]

_DESTINATION = ("user_pool_id", "client_id", "issuer", "domain", "region", "endpoints")


def refuse_untrusted(table: Mapping[str, Any], source: str) -> None:
    """Refuse what only the user's own environment or code may set.

    Parameters
    ----------
    table : mapping of str to Any
        A profile of the file.
    source : str
        Where it stands, for the error.

    Raises
    ------
    ConfigurationError
        Naming the setting, and where to set it instead.
    """

    def refuse(setting: str, reason: str, hint: str) -> NoReturn:
        raise ConfigurationError(f"{setting} {reason}", setting=setting.partition(".")[0], source=source, hint=hint)

    unshared = "must not stand in a file that is shared."
    if "client_secret" in table:
        refuse("client_secret", unshared, "Set COGNITO_NB_CLIENT_SECRET, or make a public app client: PKCE needs none.")
    if "refresh_token" in table:
        refuse("refresh_token", unshared, "Set COGNITO_NB_REFRESH_TOKEN.")
    endpoints = table.get("endpoints")
    for name, url in endpoints.items() if isinstance(endpoints, dict) else ():
        if not _is_here(url):
            setting = f"endpoints.{public_text(name, limit=40)}"
            refuse(setting, "in a file may only name this machine (loopback).", "Set COGNITO_NB_ENDPOINTS instead.")
    issuer, domain = table.get("issuer"), table.get("domain")
    if isinstance(issuer, str) and not _is_here(issuer):
        pool = pool_of_issuer(issuer)
        if pool is None or pool != table.get("user_pool_id"):
            reason = "in a file may only be AWS's own for the file's user_pool_id, or on this machine (loopback)."
            refuse("issuer", reason, "Leave it out: user_pool_id tells it. Or set COGNITO_NB_ISSUER.")
    if isinstance(domain, str) and not _is_here(domain) and not is_aws_domain(domain):
        reason = "in a file may only be AWS's own (amazoncognito.com), or on this machine (loopback)."
        refuse("domain", reason, "Leave it out: discovery names a custom domain. Or set COGNITO_NB_DOMAIN.")


def refuse_diversion(sources: Mapping[str, str]) -> None:
    """Refuse a file that says where a refresh token from the environment goes: it is sent without anybody's click.

    Parameters
    ----------
    sources : mapping of str to str
        Where each setting came from.

    Raises
    ------
    ConfigurationError
        Naming what to set beside the token.
    """
    from_file = [
        name for name in _DESTINATION if "environment variable" not in sources.get(name, "environment variable")
    ]
    if from_file:
        raise ConfigurationError(
            f"The setting refresh_token belongs to one app client, and a file says which: {', '.join(from_file)}.",
            setting="refresh_token",
            source=sources["refresh_token"],
            hint="Set COGNITO_NB_USER_POOL_ID and COGNITO_NB_CLIENT_ID beside it, and whatever else is named here.",
        )


def _is_here(url: object) -> bool:
    return isinstance(url, str) and url_fault(url) is None and is_loopback(urlsplit(url).hostname)
