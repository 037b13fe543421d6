"""The progress bar: tqdm's, in a notebook as in a terminal, if it is installed."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import Protocol

__all__ = ["Bar", "progress_bar"]


class Bar(Protocol):
    """What is used of a bar."""

    def update(self) -> object:
        """Count one more."""
        ...

    def close(self) -> object:
        """Leave it as it is."""
        ...


def progress_bar(total: int | None) -> Bar | None:
    """Return a bar, or None without tqdm; where neither a notebook nor a terminal shows it, it stays silent."""
    if find_spec("tqdm") is None:
        return None
    from tqdm.auto import tqdm  # noqa: PLC0415 - optional

    # A notebook's stderr is no terminal, so tqdm would take None for "do not show" there
    disable = None if "ipykernel" not in sys.modules else False
    bar: Bar = tqdm(total=total, unit=" answers", disable=disable)
    return bar
