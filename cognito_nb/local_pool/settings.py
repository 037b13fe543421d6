"""A pool described in a TOML file: its tables and keys are the parameters of `LocalUserPool` and its records' fields.

What a key may hold is read off the type hints, so there is no second list to keep in step. No refusal shows a value,
which may be a password.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin, get_type_hints

from .clients import AppClient
from .lifetimes import Lifetimes
from .providers import IdentityProvider
from .scopes import ResourceServer
from .strictness import Switches
from .users import Group, User

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

__all__ = ["load_settings"]

_POOL: dict[str, Any] = {"pool_id": str, "port": int, "api_port": int}
_TABLES: dict[str, type] = {"lifetimes": Lifetimes, "switches": Switches}
_RECORDS: dict[str, type] = {
    "users": User,
    "groups": Group,
    "clients": AppClient,
    "resource_servers": ResourceServer,
    "identity_providers": IdentityProvider,
}
_FOR_CHECKERS = {"Mapping": Mapping, "Lifetimes": Lifetimes}  # what the hints name and their modules do not import
_WORDS = {str: "a string", int: "a whole number", float: "a number", bool: "true or false"}


def load_settings(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return what a TOML file says of a pool, as the keyword arguments of `LocalUserPool`.

    Parameters
    ----------
    path
        The file: ``[pool]`` with pool_id, port and api_port; the tables ``[lifetimes]`` and ``[switches]``; the lists
        ``[[users]]``, ``[[groups]]``, ``[[clients]]``, ``[[resource_servers]]`` and ``[[identity_providers]]``, with
        the fields of the classes. What the file leaves out is as there: without ``[[users]]``, say, there are the
        demo users.

    Returns
    -------
    dict
        New records at each call: two pools share none.

    Raises
    ------
    OSError
        When the file cannot be read.
    ValueError
        Naming the file, the table, the key, and what it takes.

    Examples
    --------
    >>> pool = LocalUserPool(**load_settings("pool.toml"))  # doctest: +SKIP
    """
    document = _parse(Path(path))
    _refuse_unknown(document, ("pool", *_TABLES, *_RECORDS), str(path), "table")
    settings = _values(document.pop("pool", {}), _POOL, f"{path}, [pool]")
    for name, content in document.items():
        if name in _TABLES:
            settings[name] = _record(_TABLES[name], content, f"{path}, [{name}]")
            continue
        if not isinstance(content, list):
            raise ValueError(f"{path}, {name}: takes tables, each below a heading [[{name}]]")  # noqa: TRY004 - see _values
        where = f"{path}, [[{name}]]"
        settings[name] = [_record(_RECORDS[name], each, f"{where} no. {n}") for n, each in enumerate(content, start=1)]
    return settings


def _parse(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    try:
        return tomllib.loads(content.decode())
    except UnicodeDecodeError:
        raise ValueError(f"{path}: not UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path}: {error}") from None


def _record(kind: type, table: object, where: str) -> Any:  # noqa: ANN401 - an instance of `kind`
    hints = get_type_hints(kind, localns=_FOR_CHECKERS)
    values = _values(table, {field.name: hints[field.name] for field in fields(kind)}, where)
    key = fields(kind)[0]
    try:
        return kind(**values)
    except TypeError:
        raise ValueError(f"{where}: needs {key.name}") from None
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None


def _values(table: object, hints: Mapping[str, Any], where: str) -> dict[str, Any]:
    if not isinstance(table, dict):
        raise ValueError(f"{where}: must be a table")  # noqa: TRY004 - all faults of a file are of one type
    _refuse_unknown(table, hints, where, "key")
    return {key: _value(value, hints[key], f"{where}, {key}") for key, value in table.items()}


def _value(value: Any, hint: Any, where: str) -> Any:  # noqa: ANN401 - whatever the file and the hint say
    """Return a value as the hint has it: TOML knows neither tuples nor classes."""
    kind, arguments = get_origin(hint), get_args(hint)
    if kind in (Union, UnionType):
        return _value(value, next(each for each in arguments if each is not NoneType), where)
    if isinstance(hint, type) and is_dataclass(hint):
        return _record(hint, value, where)
    if kind in (list, tuple) and isinstance(value, list):
        return kind(_value(item, arguments[0], where) for item in value)
    if kind is Mapping and isinstance(value, dict):
        return {key: _value(item, arguments[1], f"{where}.{key}") for key, item in value.items()}
    allowed = {type(each) for each in arguments} if kind is Literal else {hint, int} if hint is float else {hint}
    if type(value) not in allowed or (kind is Literal and value not in arguments):  # type(): True is an int too
        raise ValueError(f"{where}: takes {_words(hint)}")
    return value


def _words(hint: Any) -> str:  # noqa: ANN401 - any type hint
    kind, arguments = get_origin(hint), get_args(hint)
    if kind is Literal:
        return f"one of {', '.join(map(str, arguments))}"
    if kind in (list, tuple):
        return f"a list, each item {_words(arguments[0])}"
    return _WORDS.get(hint, "a table")


def _refuse_unknown(table: Mapping[str, Any], known: Iterable[str], where: str, what: str) -> None:
    known = tuple(known)
    for name in table:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"Known: {', '.join(known)}."
            raise ValueError(f"{where}: there is no {what} {name!r}. {hint}")
