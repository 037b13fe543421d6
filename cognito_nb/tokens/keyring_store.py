"""The setting ``remember = "keyring"``: a session in the operating system's keyring, for all of the user's kernels.

The refresh token and who it is are kept, no other token. The turn is a lock on a file, which the operating system takes
back when a process dies. What may block (the keyring, the file system) runs on a thread of the store's own, one call
after the other: a call whose caller has gone is done whole all the same, and the turn is released after it.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
from typing import TYPE_CHECKING, TypeVar

from ..errors import CognitoError, ConfigurationError, NetworkError
from .store import Kept, record_key
from .worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from filelock import BaseFileLock

    from ..config import CognitoConfig
    from ..secret import Secret
    from .keyring_entries import Entries

__all__ = ["KeyringStore"]

T = TypeVar("T")
_STEP = 0.15  # seconds between two looks at whether the turn is free
_REFRESHING = 2.0  # seconds for which the turn is waited for in any case: refreshes are short, sign-ins long
_ANSWER = 30.0  # seconds that a keyring has to answer; it may be asking the user to unlock it
_SIGN_OUT = 10.0  # seconds for which a sign-out waits for the turn: no refresh takes longer
_RELEASE = 1.0  # seconds that giving the turn back may hold up a caller
_LONGEST_OWNER = 200
_ELSE = 'or set remember to "server" or "kernel".'


class KeyringStore:
    """Remembers one session in the keyring.

    Parameters
    ----------
    config : CognitoConfig
        Whose session: issuer, client id and profile tell one from another.
    """

    name = "the operating system's keyring"
    tells_changes = False

    def __init__(self, config: CognitoConfig) -> None:
        self._config = config
        self._key = record_key(config)[:32]
        self._worker = Worker(_explained)
        self._opened: Entries | None = None

    @classmethod
    def of(cls, config: CognitoConfig) -> KeyringStore:
        """Return the store for these settings; the keyring itself is asked with the first turn.

        Raises
        ------
        ConfigurationError
            If the extra ``keyring`` is not installed.
        """
        if any(importlib.util.find_spec(name) is None for name in ("keyring", "filelock")):
            raise ConfigurationError(
                'remember = "keyring" needs a package that is not installed',
                setting="remember",
                source=config.sources.get("remember", "keyword"),
                hint="Run: pip install 'cognito_nb[keyring]'",
            )
        return cls(config)

    async def take_turn(self, *, wait: bool) -> _KeyringTurn | None:
        """Return the turn; None if another kernel has it and `wait` is false.

        Raises
        ------
        ConfigurationError
            If there is no keyring, or it is locked.
        NetworkError
            If it does not answer.
        """
        turn = await self._turn(wait=wait)
        if turn is None:
            return None
        try:
            turn.kept = await self.run(self._read)
        except BaseException:
            await turn.release()
            raise
        return turn

    async def read(self) -> Kept | None:
        """Return what is kept, whoever's turn it is; raises as `take_turn`."""
        return await self.run(lambda: self._ours(self._entries().read()))

    async def forget(self) -> Kept | None:
        """Delete what is kept, and return it. Who refreshes at this moment is waited for, or it would be kept anew.

        Raises
        ------
        ConfigurationError, NetworkError
            If it must be taken as still kept.
        """
        turn = None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_SIGN_OUT):
                turn = await self._turn(wait=True)
        try:
            return await self.run(self._delete)
        finally:
            if turn is not None:
                await turn.release()

    async def changed(self) -> Kept | None:
        """Is never called: a keyring tells nobody of changes."""
        raise NotImplementedError

    async def aclose(self) -> None:
        """End the thread; it is not waited for."""
        self._worker.close()

    async def run(self, call: Callable[[], T]) -> T:
        """Await a call that may block, in the order of all such calls.

        Raises
        ------
        ConfigurationError
            If it fails.
        NetworkError
            If there is no answer in time.
        """
        with contextlib.suppress(TimeoutError):
            return await self._worker.run(call, timeout=_ANSWER)
        raise NetworkError(
            f"The operating system's keyring did not answer within {_ANSWER:.0f} seconds.",
            hint="It may be waiting to be unlocked: look for its window, then try again.",
        )

    async def run_soon(self, call: Callable[[], None]) -> None:
        """Have a call made after all that were begun; waits for it only a moment."""
        with contextlib.suppress(TimeoutError, CognitoError):
            await self._worker.run(call, timeout=_RELEASE)

    def write(self, kept: Kept) -> None:
        """Put this in place of what is kept; blocks."""
        self._entries().write(kept.to_text())

    async def _turn(self, *, wait: bool) -> _KeyringTurn | None:
        turn = _KeyringTurn(self, self._key)
        clock = asyncio.get_running_loop().time
        give_up = clock() + _REFRESHING
        try:
            while not await self.run(turn.acquire):
                if not wait and clock() >= give_up:
                    return None
                await asyncio.sleep(_STEP)
        except BaseException:  # a cancelled caller may have got it all the same
            await turn.release()
            raise
        return turn

    def _entries(self) -> Entries:
        if self._opened is None:
            from .keyring_entries import Entries, system_keyring  # noqa: PLC0415 - takes 100 ms, here on its own thread

            owner = f"{self._config.profile} ({self._config.client_id})"[:_LONGEST_OWNER]
            self._opened = Entries(system_keyring(), f"cognito_nb/{self._key}", owner)
        return self._opened

    def _read(self) -> Kept | None:
        text = self._entries().read()
        if text is None:
            self._entries().try_out()  # a sign-in comes now: what cannot be kept afterwards is said before
        return self._ours(text)

    def _delete(self) -> Kept | None:
        text = self._entries().read()
        self._entries().delete()
        return self._ours(text)

    def _ours(self, text: Secret | None) -> Kept | None:
        kept = Kept.from_text(text) if text is not None else None
        whose = (self._config.issuer, self._config.client_id)
        return kept if kept is not None and (kept.issuer, kept.client_id) == whose else None


class _KeyringTurn:
    """A turn: the lock, and what was kept when it began."""

    def __init__(self, store: KeyringStore, key: str) -> None:
        self.kept: Kept | None = None
        self._store = store
        self._key = key
        self._lock: BaseFileLock | None = None

    async def keep(self, kept: Kept) -> None:
        """Keep the refresh token and who it is; without rotation that stays the same, and nothing is written."""
        renewable = kept.renewable()
        if renewable != self.kept:
            await self._store.run(lambda: self._store.write(renewable))
            self.kept = renewable

    async def release(self) -> None:
        """Let the next kernel have its turn; if the keyring is stuck, that is once it goes on."""
        await self._store.run_soon(self._release)

    def acquire(self) -> bool:
        """Take the lock if it is free; blocks no longer than the file system."""
        from filelock import FileLock, Timeout  # noqa: PLC0415 - of the extra `keyring`
        from platformdirs import user_state_path  # noqa: PLC0415 - the same

        folder = user_state_path("cognito_nb", appauthor=False)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = self._lock or FileLock(folder / f"{self._key}.lock", mode=0o600)
            self._lock.acquire(blocking=False)
        except Timeout:
            return False
        except OSError as error:
            reason = type(error).__name__
        else:
            return True
        raise ConfigurationError(
            f"No lock file can be made in {folder} ({reason}).",
            setting="remember",
            hint=f"Make the folder writable, {_ELSE}",
        )

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.release()


def _explained(error: Exception) -> CognitoError:
    """Return what the user reads of a failure: never a backend's own words, which may hold what was written."""
    if isinstance(error, CognitoError):
        return error
    name = type(error).__name__
    if name in ("KeyringLocked", "InitError"):
        what, hint = "is locked", f"Unlock it and try again, {_ELSE}"
    else:
        what, hint = f"does not work ({name})", f"Find out with: python -m keyring --list-backends, {_ELSE}"
    return ConfigurationError(f"The operating system's keyring {what}.", setting="remember", hint=hint)
