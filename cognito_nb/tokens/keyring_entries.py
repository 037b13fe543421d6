"""One text in the operating system's keyring, kept in parts; every call here may block, on a prompt to unlock say.

Windows takes 1,280 characters an entry, and Cognito's refresh tokens are longer. A *head* entry names the slot, the
generation and the number of the parts. A write fills the other slot and then writes the head, so a process that dies
leaves the old text or the new one, and a reader never joins parts of two writes.
"""

from __future__ import annotations

import re
import secrets
from itertools import takewhile
from typing import TYPE_CHECKING

import keyring
from keyring.backends.chainer import ChainerBackend

from ..errors import ConfigurationError
from ..secret import Secret

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

__all__ = ["PART", "Entries", "system_keyring"]

PART = 1200  # characters of the text in one entry
_MOST_PARTS = 64
_HEAD = re.compile(r"1:([ab]):([0-9a-f]{8}):([1-9][0-9]?)")
_SYSTEM = tuple(f"keyring.backends.{name}." for name in ("kwallet", "libsecret", "macOS", "SecretService", "Windows"))
_REFUSED = ("keyring.backends.fail.", "keyring.backends.null.", "keyrings.alt.")  # the last keep plain text in files


def system_keyring() -> KeyringBackend:
    """Return the keyring to use; of several, the operating system's own.

    Raises
    ------
    ConfigurationError
        If there is none, or only one that forgets or keeps its entries in a plain file.
    """
    found = keyring.get_keyring()
    several = isinstance(found, ChainerBackend)
    backends = found.backends if isinstance(found, ChainerBackend) else [found]
    for backend in backends:
        name = _name(backend)
        if name.startswith(_SYSTEM) or not (several or name.startswith(_REFUSED) or "plaintext" in name.lower()):
            return backend
    names = ", ".join(map(_name, backends)) or "none"
    raise ConfigurationError(
        f"There is no keyring of the operating system to remember the session in (found: {names}).",
        setting="remember",
        hint="On Linux, start GNOME Keyring or KWallet (python -m keyring --list-backends tells more), or set "
        'remember to "server" or "kernel".',
    )


class Entries:
    """The entries of one text.

    Parameters
    ----------
    backend : keyring.backend.KeyringBackend
        The keyring.
    name : str
        What tells these entries from others. Each has a service name of its own: Windows' backend shuffles the entries
        that share one, and two programs that write at once would lose some.
    owner : str
        The user name that a keyring's own window shows beside them.
    """

    def __init__(self, backend: KeyringBackend, name: str, owner: str) -> None:
        self._backend = backend
        self._name = name
        self._owner = owner

    def read(self) -> Secret | None:
        """Return the text; None if there is none, or not all of it."""
        slot, generation, count = self._head()
        parts = [self._get(f"{slot}{number}") or "" for number in range(count)]
        if not parts or not all(part.startswith(f"{generation}:") for part in parts):
            return None
        return Secret("".join(part.removeprefix(f"{generation}:") for part in parts))

    def write(self, text: Secret) -> None:
        """Put a text in place of what is there."""
        old, _, _ = self._head()
        slot, generation = "b" if old == "a" else "a", secrets.token_hex(4)
        value = text.reveal()
        parts = [value[start : start + PART] for start in range(0, len(value), PART)]
        for number, part in enumerate(parts):
            self._set(f"{slot}{number}", f"{generation}:{part}")
        self._set("head", f"1:{slot}:{generation}:{len(parts)}")
        self._sweep(slot, len(parts))
        self._sweep(old or "b", 0)

    def delete(self) -> None:
        """Leave nothing behind."""
        if self._get("head") is not None:
            self._delete("head")
        for slot in "ab":
            self._sweep(slot, 0)

    def try_out(self) -> None:
        """Write an entry and delete it; a locked keychain may well say that it has none without being unlocked."""
        self._set("test", "test")
        self._delete("test")

    def _head(self) -> tuple[str, str, int]:
        head = _HEAD.fullmatch(self._get("head") or "")
        return (head[1], head[2], int(head[3])) if head else ("", "", 0)

    def _sweep(self, slot: str, first: int) -> None:
        """Delete parts, the last one first: a sweep that is broken off leaves no hole for the next one to stop at."""
        left = takewhile(lambda number: self._get(f"{slot}{number}") is not None, range(first, _MOST_PARTS))
        for number in reversed(list(left)):
            self._delete(f"{slot}{number}")

    def _get(self, entry: str) -> str | None:
        return self._backend.get_password(f"{self._name}/{entry}", self._owner)

    def _set(self, entry: str, value: str) -> None:
        self._backend.set_password(f"{self._name}/{entry}", self._owner, value)

    def _delete(self, entry: str) -> None:
        self._backend.delete_password(f"{self._name}/{entry}", self._owner)


def _name(backend: KeyringBackend) -> str:
    return f"{type(backend).__module__}.{type(backend).__qualname__}"
