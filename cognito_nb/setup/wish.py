"""What is wanted: from the options, and from what the team's ``cognito.toml`` says already. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..config import DEFAULT_SCOPES, SETTINGS, CognitoConfig
from ..config_checks import IN_KEYRING
from ..errors import ConfigurationError, public_text
from ..receivers.loopback import DEFAULT_REDIRECT_URIS
from ..shared_file import refuse_untrusted
from ..wire import CALLBACK_PATH
from .client import Wanted

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

__all__ = ["CLIENT_NAME", "profile_values", "refuse_unusable", "wanted_client"]

CLIENT_NAME = "notebooks"  # of a new app client, if nobody gives it another

_ADDRESSES = ("domain", "endpoints", "issuer")  # settings that belong to one user pool
_SIGNED_OUT = "lab"  # where a browser goes after the sign-out; JupyterLab and Notebook 7 both serve it


def wanted_client(options: argparse.Namespace, table: Mapping[str, Any]) -> Wanted:
    """Return what the app client has to be.

    Parameters
    ----------
    options : argparse.Namespace
        From `options.add_arguments`.
    table : mapping of str to Any
        What the profile says already: its URLs and scopes are wanted, too.
    """
    local_logout = [uri.replace(CALLBACK_PATH, _SIGNED_OUT) for uri in DEFAULT_REDIRECT_URIS]
    hub_callback = [f"{options.hub}/hub/user-redirect/{CALLBACK_PATH}"] if options.hub else []
    callbacks = [*DEFAULT_REDIRECT_URIS, *hub_callback, *options.callback_url, *_texts(table, "redirect_uris")]
    logouts = [*local_logout, *_hub_home(options), *_texts(table, "logout_uri")]
    return Wanted(
        name=options.client_name or CLIENT_NAME,
        with_secret=options.with_secret or "client_secret" in table,
        scopes=_once([*_texts(table, "scopes"), *options.scope]) or DEFAULT_SCOPES,
        callback_urls=_once(callbacks),
        logout_urls=_once(logouts),
        strict=options.strict,
    )


def profile_values(
    options: argparse.Namespace, table: Mapping[str, Any], wanted: Wanted, *, user_pool_id: str, client_id: str
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
        What the notebooks sign in to.

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


def refuse_unusable(values: Mapping[str, Any], profile: str, source: str) -> None:
    """Refuse a profile that could not be loaded later.

    Parameters
    ----------
    values : mapping of str to Any
        From `profile_values`.
    profile : str
        Its name.
    source : str
        The file.

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
    CognitoConfig(**values, profile=profile, sources=dict.fromkeys(values, source))


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
