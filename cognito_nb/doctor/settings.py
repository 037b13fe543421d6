"""Where each setting came from, and what it is: public values only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..config import DEFAULT_SCOPES, SETTINGS
from .finding import ok

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..config import CognitoConfig
    from .finding import Finding

__all__ = ["check_settings"]

_HIDDEN = ("client_secret", "refresh_token")
_LONGEST = 100  # characters of a value
_ALWAYS = ("user_pool_id", "client_id")  # shown wherever they come from


def check_settings(config: CognitoConfig) -> Iterator[Finding]:
    """Say of each setting that somebody has set where it came from.

    Parameters
    ----------
    config : CognitoConfig
        The settings, which have passed their own checks.
    """
    for name in SETTINGS:
        value, source = getattr(config, name), config.sources.get(name)
        if value is None or (source is None and name not in _ALWAYS):
            continue
        yield ok(f"setting:{name}", f"{name} = {_shown(config, name, value)}  (from {source or 'a keyword'})")
    if "scopes" not in config.sources and tuple(config.scopes) == DEFAULT_SCOPES:
        yield ok("setting:scopes", f"scopes = {' '.join(config.scopes)}  (the default)")


def _shown(config: CognitoConfig, name: str, value: object) -> str:
    if name in _HIDDEN:
        return "in the keyring" if name == "client_secret" and config.keeps_secret_in_keyring else "set"
    text = " ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    if hasattr(value, "items"):
        text = " ".join(f"{key}={entry}" for key, entry in value.items())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
