"""Keyrings of the tests' own, in place of the developer's: in memory, and in a folder for several processes."""

import hashlib
import os
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError

FOLDER = "TEST_KEYRING_FOLDER"
IN_FOLDER = "tokens.keyrings.FolderKeyring"  # for PYTHON_KEYRING_BACKEND


class Killed(BaseException):
    """Stands in for the end of the process."""


class MemoryKeyring(KeyringBackend):
    """Keeps its entries in a dictionary; `writes` are counted, and after `lives` of them the process "dies"."""

    priority = 1

    def __init__(self):
        super().__init__()
        self.entries = {}
        self.writes = 0
        self.lives = None

    def get_password(self, service, username):
        return self.entries.get((service, username))

    def set_password(self, service, username, password):
        self._live()
        self.entries[service, username] = password

    def delete_password(self, service, username):
        self._live()
        if self.entries.pop((service, username), None) is None:
            raise PasswordDeleteError("No such password")

    def _live(self):
        if self.lives is not None and self.writes >= self.lives:
            raise Killed
        self.writes += 1


class LockedKeyring(MemoryKeyring):
    """Is not unlocked by its user."""

    def get_password(self, service, username):
        raise KeyringLocked(f"cannot read {service}")


class TalkativeKeyring(MemoryKeyring):
    """Cannot write, and says in clear what."""

    def set_password(self, service, username, password):
        raise RuntimeError(f"cannot write {password}")


class StuckKeyring(MemoryKeyring):
    """Answers once `free` is set."""

    def __init__(self, free):
        super().__init__()
        self.free = free

    def get_password(self, service, username):
        self.free.wait(10)
        return super().get_password(service, username)


class FolderKeyring(KeyringBackend):
    """Keeps each entry in a file of a folder that the environment names."""

    priority = 1

    def get_password(self, service, username):
        path = self._path(service, username)
        return path.read_text("utf-8") if path.exists() else None

    def set_password(self, service, username, password):
        path = self._path(service, username)
        new = path.with_suffix(".new")
        new.write_text(password, "utf-8")
        new.replace(path)

    def delete_password(self, service, username):
        self._path(service, username).unlink()

    @staticmethod
    def _path(service, username):
        return Path(os.environ[FOLDER]) / hashlib.sha256(f"{service}\0{username}".encode()).hexdigest()
