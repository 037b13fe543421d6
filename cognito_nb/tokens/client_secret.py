"""The setting ``client_secret = "keyring"``: the app client's secret from the operating system's keyring.

It is looked up when a sign-in starts, and only where the setting says so: a keyring may ask the user to unlock it. Each
user pool has an entry of its own, so that a shared file that names another pool does not get this one's secret.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.util
from typing import TYPE_CHECKING

from ..errors import ConfigurationError, NetworkError
from ..secret import Secret
from .worker import Worker

if TYPE_CHECKING:
    from ..config import CognitoConfig

__all__ = ["with_secret_from_keyring"]

_ANSWER = 30.0  # seconds that a keyring has to answer; it may be asking the user to unlock it
_ELSE = "or set COGNITO_NB_CLIENT_SECRET."


async def with_secret_from_keyring(config: CognitoConfig) -> CognitoConfig:
    """Return the same settings with the secret in place of the word that says where it is.

    Raises
    ------
    ConfigurationError
        If there is no keyring, no such entry, or the keyring is locked.
    NetworkError
        If it does not answer.
    """
    if importlib.util.find_spec("keyring") is None:
        raise _refusal("needs a package that is not installed", f"Run: pip install 'cognito_nb[keyring]', {_ELSE}")
    service, client_id = f"cognito_nb client_secret {config.user_pool_id or config.issuer}", config.client_id or ""
    secret = await _look_up(service, client_id)
    if secret is None:
        raise _refusal("finds none there", f'Run: python -m keyring set "{service}" {client_id}, {_ELSE}')
    sources = {**config.sources, "client_secret": "the operating system's keyring"}
    return dataclasses.replace(config, client_secret=secret, sources=sources)


async def _look_up(service: str, client_id: str) -> Secret | None:
    worker = Worker(_explained)
    try:
        with contextlib.suppress(TimeoutError):
            return await worker.run(lambda: _read(service, client_id), timeout=_ANSWER)
    finally:
        worker.close()
    raise NetworkError(
        f"The operating system's keyring did not answer within {_ANSWER:.0f} seconds.",
        hint="It may be waiting to be unlocked: look for its window, then try again.",
    )


def _read(service: str, client_id: str) -> Secret | None:
    """Ask the keyring; blocks."""
    from .keyring_entries import system_keyring  # noqa: PLC0415 - takes 100 ms, here on a thread of its own

    value = system_keyring().get_password(service, client_id)
    return Secret(value) if value else None


def _explained(error: Exception) -> ConfigurationError:
    """Return what the user reads of a failure, never a backend's own words."""
    name = type(error).__name__
    if isinstance(error, ConfigurationError):
        return _refusal("finds no keyring of the operating system", f"Start one, {_ELSE}")
    if name in ("KeyringLocked", "InitError"):
        return _refusal("finds the keyring locked", f"Unlock it and try again, {_ELSE}")
    return _refusal(f"finds a keyring that does not work ({name})", f"Try python -m keyring --list-backends, {_ELSE}")


def _refusal(reason: str, hint: str) -> ConfigurationError:
    return ConfigurationError(f'client_secret = "keyring" {reason}.', setting="client_secret", hint=hint)
