"""What is wanted: from the options, and from what the team's ``cognito.toml`` says already. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..aws_names import REGION
from ..config import DEFAULT_SCOPES, SETTINGS, CognitoConfig
from ..config_checks import CLIENT_CREDENTIALS, IN_KEYRING
from ..errors import ConfigurationError
from ..receivers.loopback import DEFAULT_REDIRECT_URIS
from ..shared_file import refuse_untrusted
from ..shown_text import public_text
from ..urls import is_loopback
from ..wire import CALLBACK_PATH
from .client import Wanted

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

__all__ = ["CLIENT_NAME", "LOCAL_URLS", "profile_values", "refuse_unusable", "wanted_client"]

CLIENT_NAME = "notebooks"  # of a new app client, if nobody gives it another

_ADDRESSES = ("domain", "endpoints", "issuer")  # settings that belong to one user pool
_SIGNED_OUT = "lab"  # where a browser goes after the sign-out; JupyterLab and Notebook 7 both serve it
_LOCAL_LOGOUTS = tuple(uri.replace(CALLBACK_PATH, _SIGNED_OUT) for uri in DEFAULT_REDIRECT_URIS)
LOCAL_URLS = frozenset((*DEFAULT_REDIRECT_URIS, *_LOCAL_LOGOUTS))  # what every app client for notebooks has
_OPTIONS = {  # where a value comes from that the file does not have
    "user_pool_id": "--user-pool-id, or AWS",
    "client_id": "--client-id, or AWS",
    "scopes": "--scope",
    "redirect_uris": "--callback-url, or --hub",
    "logout_uri": "--hub",
    "api_origins": "--api-origin",
}


def wanted_client(options: argparse.Namespace, table: Mapping[str, Any]) -> Wanted:
    """Return what the app client has to be.

    Parameters
    ----------
    options : argparse.Namespace
        From `options.add_arguments`.
    table : mapping of str to Any
        What the profile says already: its URLs and scopes are wanted, too.
    """
    hub_callback = [f"{options.hub}/hub/user-redirect/{CALLBACK_PATH}"] if options.hub else []
    asked, filed = [*DEFAULT_REDIRECT_URIS, *hub_callback, *options.callback_url], _texts(table, "redirect_uris")
    logouts = [*_LOCAL_LOGOUTS, *_hub_home(options), *_texts(table, "logout_uri")]
    return Wanted(
        name=options.client_name or CLIENT_NAME,
        with_secret=options.with_secret or "client_secret" in table,
        scopes=_once([*(_texts(table, "scopes") or DEFAULT_SCOPES), *options.scope]),
        callback_urls=_once([*asked, *filed]),
        logout_urls=_once(logouts),
        unasked_urls=_once([uri for uri in filed if uri not in asked and not is_loopback(urlsplit(uri).hostname)]),
        strict=options.strict,
    )


def profile_values(
    options: argparse.Namespace, table: Mapping[str, Any], wanted: Wanted, *, user_pool_id: str, client_id: str | None
) -> dict[str, Any]:
    """Return what the profile has to say: all that it says, and what is new.

    Parameters
    ----------
    options : argparse.Namespace
        From `options.add_arguments`.
    table : mapping of str to Any
        What it says already.
    wanted : Wanted
        From `wanted_client`.
    user_pool_id, client_id : str
        What the notebooks sign in to; the app client is None until it is made.

    Raises
    ------
    ConfigurationError
        If the profile is another user pool's, and names an address of that.
    """
    before = table.get("user_pool_id", user_pool_id)
    if before != user_pool_id and (left := [name for name in _ADDRESSES if name in table]):
        raise ConfigurationError(
            f"The profile is for {before}, and so are its settings: {', '.join(left)}.",
            setting=left[0],
            hint=f"Remove them from the file to have it for {user_pool_id}, or name another with --profile.",
        )
    values = {**table, "user_pool_id": user_pool_id, "client_id": client_id}
    if wanted.with_secret:
        values.setdefault("client_secret", IN_KEYRING)
    if wanted.scopes != DEFAULT_SCOPES:
        _add(values, "scopes", wanted.scopes)
    _add(values, "redirect_uris", wanted.callback_urls)
    values.setdefault("logout_uri", next(iter([*_hub_home(options), *wanted.logout_urls])))
    _add(values, "api_origins", options.api_origin)
    return values


def refuse_unusable(
    values: Mapping[str, Any], profile: str, source: str, before: Mapping[str, Any] | None = None
) -> None:
    """Refuse a profile that could not be loaded later, or whose app client is not for people.

    Parameters
    ----------
    values : mapping of str to Any
        From the file, or from `profile_values`; ids that it does not have yet are no fault.
    profile : str
        Its name.
    source : str
        The file.
    before : mapping of str to Any, optional
        What the file says, to tell it apart from what the options say; default all.

    Raises
    ------
    ConfigurationError
        Naming the setting and the fix.
    """
    source = f"profile {profile!r} in {source}"
    if unknown := next((name for name in values if name not in SETTINGS), None):
        raise ConfigurationError(
            f"There is no setting {public_text(unknown, limit=60)!r}", setting=unknown, source=source
        )
    refuse_untrusted(values, source)
    if values.get("grant") == CLIENT_CREDENTIALS:
        hint = "Name another --profile: setup prepares an app client for people's sign-ins."
        reason = "The setting grant has the app client sign in for itself"
        raise ConfigurationError(reason, setting="grant", source=source, hint=hint)
    said = values if before is None else before
    sources = {
        name: source if said.get(name) == value else _OPTIONS.get(name, source) for name, value in values.items()
    }
    region = str(values.get("region"))
    stand_ins = {
        "user_pool_id": f"{region if re.fullmatch(REGION, region) else 'eu-west-1'}_unknown",
        "client_id": "unknown",
    }
    known = {name: value for name, value in values.items() if value is not None}
    CognitoConfig(**{**stand_ins, **known}, profile=profile, sources=sources)


def _add(values: dict[str, Any], name: str, needed: Sequence[str]) -> None:
    """Add to a list what it lacks; one that lacks nothing stays as it is written."""
    there = _texts(values, name)
    if set(needed) - set(there):
        values[name] = list(_once([*there, *needed]))


def _hub_home(options: argparse.Namespace) -> list[str]:
    return [f"{options.hub}/hub/home"] if options.hub else []


def _texts(table: Mapping[str, Any], name: str) -> list[str]:
    """Return a setting's texts; a list may also be written as one text, separated by spaces."""
    value = table.get(name, ())
    return value.split() if isinstance(value, str) else [item for item in value if isinstance(item, str)]


def _once(items: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))
