"""A session that goes on from a refresh token in the settings (``COGNITO_NB_REFRESH_TOKEN``): CI, papermill, scripts.

It lives in this kernel's memory like any other; the store only stands where its first refresh token comes from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .store import Kept

if TYPE_CHECKING:
    from ..config import CognitoConfig

__all__ = ["InjectedStore"]


class InjectedStore:
    """Holds what the session has come to since the injected refresh token; a `store.Store` and its own `store.Turn`."""

    tells_changes = False

    def __init__(self, config: CognitoConfig) -> None:
        where = config.sources.get("refresh_token", "the keyword refresh_token")
        self.name = where.removeprefix("environment variable ")
        self.kept: Kept | None = Kept(
            issuer=config.issuer,
            client_id=config.client_id or "",
            subject="",  # the first answer tells
            username="",
            auth_time=None,
            scopes=tuple(config.scopes),
            refresh_token=config.injected,
        )

    async def take_turn(self, *, wait: bool) -> InjectedStore:  # noqa: ARG002 - of the protocol: nobody else has it
        """Return at once: no other kernel knows of this session."""
        return self

    async def keep(self, kept: Kept) -> None:
        """Go on from this."""
        self.kept = kept

    async def release(self) -> None:
        """Do nothing: nobody waits."""

    async def read(self) -> Kept | None:
        """Return what there is."""
        return self.kept

    async def forget(self) -> Kept | None:
        """Forget, and return what it was."""
        kept, self.kept = self.kept, None
        return kept

    async def changed(self) -> Kept | None:
        """Return what there is: nobody else changes it."""
        return self.kept

    async def aclose(self) -> None:
        """Do nothing: there is no connection."""
