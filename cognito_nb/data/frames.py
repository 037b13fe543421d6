"""to_frame: answers to a data frame, of pandas or polars."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal, overload

from .records import Json, records_of
from .shown import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd
    import polars as pl

__all__ = ["to_frame"]

_REDIRECT, _ERROR = 300, 400  # the first status that is one


@overload
def to_frame(responses: Any, records: str | None = None, *, frame: Literal["pandas"] = "pandas") -> pd.DataFrame: ...  # noqa: ANN401
@overload
def to_frame(responses: Any, records: str | None = None, *, frame: Literal["polars"]) -> pl.DataFrame: ...  # noqa: ANN401
def to_frame(responses: Any, records: str | None = None, *, frame: str = "pandas") -> Any:
    """Return the records of responses as a data frame, one row each.

    Parameters
    ----------
    responses : response, dict, list, or iterable of these
        What `Session.fetch`, `Session.pages` or a client returned, or JSON that was read from it already.
    records : str, optional
        Where in each the list of records is, such as ``"items"`` or ``"data.items"``; ``""`` if each is one record. By
        default an array is the list; in objects it is the member with a usual name (``items``, ``data``,
        ``results``, …) or else their only list of objects, the same in all; objects without any are one record each.
    frame : {"pandas", "polars"}
        Which library's frame; it must be installed.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        Objects within a record stay in their cell: `pandas.json_normalize` takes them apart.

    Raises
    ------
    ValueError
        If an answer is an error, a redirect or no JSON, or where the records are cannot be told.
    TypeError
        If there are no responses, but text.
    ImportError
        Without pandas or polars; the message says what to install.
    """
    if frame not in ("pandas", "polars"):
        message = f'frame must be "pandas" or "polars", not {frame!r}'
        raise ValueError(message)
    if find_spec(frame) is None:
        message = f"to_frame needs {frame}: pip install {frame}"
        raise ImportError(message, name=frame)
    rows = records_of(list(_bodies(responses)), records)
    if frame == "polars":
        import polars as pl  # noqa: PLC0415 - optional

        return pl.DataFrame(rows, infer_schema_length=None)  # a column may be empty for the first hundred rows
    import pandas as pd  # noqa: PLC0415 - optional

    return pd.DataFrame(rows)


def _bodies(responses: Any) -> Iterator[Json]:  # noqa: ANN401
    if isinstance(responses, dict) or _is_response(responses):
        responses = [responses]
    if isinstance(responses, str | bytes):
        raise TypeError("to_frame takes responses, or what json.loads has made of them, not text")
    if hasattr(responses, "__aiter__") and not hasattr(responses, "__next__"):
        raise ValueError("these answers come asynchronously: to_frame([answer async for answer in answers])")
    found: Iterable[Any] = responses
    for answer in found:
        if isinstance(answer, BaseException):  # what `on_error="return"` has put in an answer's place
            raise answer
        yield _json(answer) if _is_response(answer) else answer


def _is_response(answer: Any) -> bool:  # noqa: ANN401
    """Tell whether this is a response of httpx, httpx2 or requests."""
    return hasattr(answer, "status_code") and callable(getattr(answer, "json", None))


def _json(answer: Any) -> Json:  # noqa: ANN401
    place = shown(str(answer.url))
    if answer.status_code >= _ERROR:
        raise ValueError(f"one answer is an error: {answer.status_code} for {place}")
    if _REDIRECT <= answer.status_code < _ERROR and (location := answer.headers.get("location")):
        raise ValueError(
            f"one answer is a redirect, which is not followed: {answer.status_code} for {place}, to {shown(location)}"
        )
    try:
        return answer.json()
    except ValueError:
        kind = answer.headers.get("content-type", "without a content type")
    raise ValueError(f"one answer is no JSON: {answer.status_code}, {kind}, for {place}")
