"""Where in JSON answers the records are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Json", "at", "records_of"]

Json: TypeAlias = Any  # what `json.loads` makes

_USUAL = ("items", "data", "results", "records", "value", "values", "entries", "rows", "content", "Items")


def at(body: Json, keys: Sequence[str]) -> Json:
    """Return what stands at a path of keys; None if there is nothing."""
    for key in keys:
        if not isinstance(body, dict):
            return None
        body = body.get(key)
    return body


def records_of(bodies: Sequence[Json], path: str | None) -> list[Json]:
    """Return the records of answers that are alike.

    Parameters
    ----------
    bodies : sequence of object
        The answers, from JSON.
    path : str or None
        Where the list is, such as ``items`` or ``data.items``; empty: each answer is one record, or a list of them.
        None: an array is the list; in objects it is the member with a usual name, or else their only list of objects;
        objects without any are one record each. It is the same member for all answers; an empty one has no record.

    Raises
    ------
    ValueError
        If an answer has no list at the path, or several members could be meant.
    """
    keys = _usual_path(bodies) if path is None else path.split(".") if path else ()
    found: list[Json] = []
    for body in bodies:
        found.extend(_list_at(body, keys) if keys else body if isinstance(body, list) else [body])
    return found


def _usual_path(bodies: Sequence[Json]) -> Sequence[str]:
    objects = [body for body in bodies if isinstance(body, dict)]
    names = [name for name in _USUAL if any(isinstance(body.get(name), list) for body in objects)]
    if not names:
        names = list(dict.fromkeys(name for body in objects for name in body if _is_list_of_objects(body[name])))
    if len(names) <= 1 and not (names and any("id" in body for body in objects)):
        return names
    raise ValueError(
        f"which member holds the records: {', '.join(map(repr, names))}? Name it, as in records={names[0]!r}; "
        'records="" if each answer is one record'
    )


def _list_at(body: Json, keys: Sequence[str]) -> list[Json]:
    holder, found = at(body, keys[:-1]), at(body, keys)
    if isinstance(found, list):
        return found
    if isinstance(holder, dict) and keys[-1] in holder and found is None:
        return []  # null, as Go writes an empty list
    raise ValueError(f"there is no list at records={'.'.join(keys)!r}{_has(body)}")


def _is_list_of_objects(value: Json) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(entry, dict) for entry in value)


def _has(body: Json) -> str:
    if isinstance(body, dict):
        return f": the answer has {', '.join(map(repr, list(body)[:20])) or 'no members'}"
    return f": the answer is {'an array' if isinstance(body, list) else 'no object'}"
