"""Checks of arguments: one of another type is refused at once, and by name.

Without them a string in place of a list counts as its letters, and a wrong number shows in the server's thread only.
No message shows a value, which may be a password.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

__all__ = ["check", "items"]

_Item = TypeVar("_Item")


def check(name: str, value: object, *kinds: type) -> None:
    """Refuse a value that is of none of the kinds.

    Parameters
    ----------
    name
        What the argument is called.
    value
        Its value; a truth value is no number, though Python takes it for one.
    kinds
        Types that it may have.

    Raises
    ------
    TypeError
        With the name and the types.
    """
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise TypeError(f"{name} takes {' or '.join(map(_word, kinds))}, not {_word(type(value))}")


def items(name: str, values: Iterable[_Item] | Any, kind: type[_Item]) -> list[_Item]:  # noqa: ANN401 - it is checked
    """Return what an argument lists.

    Parameters
    ----------
    name
        What the argument is called.
    values
        Any iterable but a string.
    kind
        Type of each item.

    Raises
    ------
    TypeError
        With the name and the type.
    """
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise TypeError(f"{name} takes a list of {kind.__name__}, not {_word(type(values))}")
    found = list(values)
    for item in found:
        if not isinstance(item, kind):
            raise TypeError(f"{name} takes a list of {kind.__name__}, not of {_word(type(item))}")
    return found


def _word(kind: type) -> str:
    return "None" if kind is type(None) else kind.__name__
