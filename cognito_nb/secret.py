"""The opaque secret type: codes, verifiers, states and tokens travel in it.

A `Secret` shows nothing by accident: not in `repr`, `str`, f-strings, tracebacks that print locals,
pickles or copies. Whoever needs the value says so with `reveal()`, on the line that sends it.
"""

from __future__ import annotations

import hmac
from typing import NoReturn, final

__all__ = ["Secret"]


@final
class Secret:
    """A string that only `reveal()` shows.

    Parameters
    ----------
    value : str
        The text to hide.
    """

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """Return the hidden text."""
        return self.__value

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"

    def __format__(self, format_spec: str) -> str:
        return "***"

    def __bool__(self) -> bool:
        return bool(self.__value)

    def __eq__(self, other: object) -> bool:
        """Compare in constant time; a plain string never equals a secret."""
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(_octets(self.__value), _octets(other.reveal()))

    def __hash__(self) -> int:
        return hash((Secret, self.__value))

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        message = "a Secret cannot be pickled or copied: it must not leave this kernel"
        raise TypeError(message)


def _octets(value: str) -> bytes:
    """Encode whatever came: an exception over a lone surrogate would carry the value."""
    return value.encode("utf-8", "surrogatepass")
