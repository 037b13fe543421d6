"""Libraries that write down what nobody may read are silent while they handle it.

At level DEBUG httpx and httpcore log addresses with their queries, and botocore the bodies of answers, a client secret
among them, and the session token that it signs with (measured). A logger's filter sees nothing of what its children
hand on to the handlers, so each of the children gets one.
"""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["unlogged"]


@contextlib.contextmanager
def unlogged(*libraries: str) -> Iterator[None]:
    """Drop what libraries log, in all threads; two such times may overlap.

    Parameters
    ----------
    *libraries : str
        Names of loggers; the loggers below them, as far as they exist by now, are meant too.
    """

    def nothing(_: logging.LogRecord) -> bool:  # one for each time: removing it ends no other's
        return False

    loggers = [logging.getLogger(name) for name in _with_children(libraries)]
    for logger in loggers:
        logger.addFilter(nothing)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(nothing)


def _with_children(libraries: tuple[str, ...]) -> list[str]:
    known = list(logging.Logger.manager.loggerDict)
    return [*libraries, *(name for name in known if name.startswith(tuple(f"{each}." for each in libraries)))]
