"""What a ``cognito.toml`` may say: it is shared, and a cloned repository's was written by somebody else.

Such a file must not send code and verifier elsewhere behind a genuine sign-in page. So it names no endpoint outside
this machine but AWS's own: an issuer in AWS's form for the file's own user pool, and no domain but AWS's (a custom
domain needs no setting: discovery names it). From the environment or as a keyword, each of them is allowed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

from .aws_names import is_aws_domain, pool_of_issuer
from .config_checks import CLIENT_CREDENTIALS, IN_KEYRING
from .errors import ConfigurationError
from .secret import Secret
from .shown_text import public_text
from .urls import is_loopback, url_fault

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["refuse_diversion", "refuse_untrusted"]

_ROUTE = ("issuer", "domain", "endpoints")
_DESTINATION = ("user_pool_id", "client_id", "region", *_ROUTE)


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
    if table.get("client_secret", IN_KEYRING) != IN_KEYRING:
        refuse("client_secret", unshared, f'Set COGNITO_NB_CLIENT_SECRET, or client_secret = "{IN_KEYRING}" here.')
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


def refuse_diversion(values: Mapping[str, Any], sources: Mapping[str, str]) -> None:
    """Refuse a file that says where a secret goes that is not the file's, and that is sent without anybody's click.

    That is a refresh token, or a client's own secret. The keyring has one for each user pool, so there a file may name
    the pool, but no other way to it.

    Parameters
    ----------
    values : mapping of str to Any
        The settings.
    sources : mapping of str to str
        Where each setting came from.

    Raises
    ------
    ConfigurationError
        Naming what to set beside the secret.
    """
    setting = "client_secret"
    places: tuple[str, ...] = _DESTINATION
    if "refresh_token" in values:
        setting = "refresh_token"
    elif values.get("client_secret") in (IN_KEYRING, Secret(IN_KEYRING)):
        places = _ROUTE
    elif "client_secret" not in values or values.get("grant") != CLIENT_CREDENTIALS:
        return
    from_file = [name for name in places if "environment variable" not in sources.get(name, "environment variable")]
    if from_file:
        raise ConfigurationError(
            f"The setting {setting} belongs to one app client, and a file says which: {', '.join(from_file)}.",
            setting=setting,
            source=sources[setting],
            hint="Set COGNITO_NB_USER_POOL_ID and COGNITO_NB_CLIENT_ID beside it, and whatever else is named here.",
        )


def _is_here(url: object) -> bool:
    return isinstance(url, str) and url_fault(url) is None and is_loopback(urlsplit(url).hostname)
