"""Where in a JSON answer the records are."""

from __future__ import annotations

from typing import Any, TypeAlias

__all__ = ["Json", "at", "records_of"]

Json: TypeAlias = Any  # what `json.loads` makes

_USUAL = ("items", "data", "results", "records", "value", "values", "entries", "rows", "content", "Items")


def at(body: Json, path: str) -> Json:
    """Return what stands at a path of keys such as ``data.items``; None if there is nothing."""
    for key in path.split("."):
        if not isinstance(body, dict):
            return None
        body = body.get(key)
    return body


def records_of(body: Json, path: str | None) -> list[Json]:
    """Return the records of one answer.

    Parameters
    ----------
    body : object
        The answer, from JSON.
    path : str or None
        Where the list is, such as ``items`` or ``data.items``; empty: the answer is one record, or a list of them.
        None: an array is the list; in an object it is the member with a usual name, or else its only list of objects;
        an object without any is one record.

    Raises
    ------
    ValueError
        If there is no list at the path, or several members could be meant.
    """
    if path:
        found = at(body, path)
        if not isinstance(found, list):
            raise ValueError(f"there is no list at records={path!r}{_has(body)}")
        return found
    if isinstance(body, list):
        return body
    if path == "" or not isinstance(body, dict):
        return [body]
    usual = [name for name in _USUAL if isinstance(body.get(name), list)]
    if len(usual) == 1:
        return body[usual[0]]  # type: ignore[no-any-return]
    lists = usual or [name for name, value in body.items() if _is_list_of_objects(value)]
    if not lists:
        return [body]
    if len(lists) == 1 and "id" not in body:
        return body[lists[0]]  # type: ignore[no-any-return]
    raise ValueError(
        f"which member holds the records: {', '.join(map(repr, lists))}? Name it, as in records={lists[0]!r}; "
        'records="" if each answer is one record'
    )


def _is_list_of_objects(value: Json) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(entry, dict) for entry in value)


def _has(body: Json) -> str:
    if isinstance(body, dict):
        return f": the answer has {', '.join(map(repr, list(body)[:20])) or 'no members'}"
    return f": the answer is {'an array' if isinstance(body, list) else 'no object'}"
