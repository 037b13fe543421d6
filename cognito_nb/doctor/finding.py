"""What one check of the doctor has found, and how it is put into words: those of faults are `causes`' own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from ..causes import cause_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..errors import CognitoError

__all__ = ["Finding", "Status", "found", "of_error", "ok"]

_WITHOUT_ROW = "Correct what the cause names, then run this again."

Status: TypeAlias = Literal["ok", "warning", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The outcome of one check.

    Attributes
    ----------
    id : str
        The check, and after a colon what it looked at, such as ``authorize:http://localhost:8888/cognito/callback``.
    status : str
        ``ok``, ``warning`` or ``failed``.
    title : str
        What was looked at, and what it is, on one line.
    cause : str
        What is wrong, after the code of its row in `causes`; empty if all is well.
    fix : str
        The next step; empty if all is well.
    code : str
        The row's code alone.
    console, command : str
        The page of AWS's console and the reading AWS CLI line that show it, if there are any.
    """

    id: str
    status: Status
    title: str
    cause: str = ""
    fix: str = ""
    code: str = ""
    console: str = ""
    command: str = ""

    def to_json(self) -> dict[str, str]:
        """Return the row that scripts get."""
        return {"id": self.id, "status": self.status, "cause": self.cause, "fix": self.fix}


def ok(id_: str, title: str) -> Finding:
    """Return what a check says that found nothing wrong."""
    return Finding(id=id_, status="ok", title=title)


def found(
    id_: str,
    title: str,
    code: str,
    *,
    status: Status = "failed",
    detail: str = "",
    fix: str = "",
    aws: Mapping[str, str] | None = None,
) -> Finding:
    """Return what a check says that found a fault.

    Parameters
    ----------
    id_, title : str
        Of the finding.
    code : str
        A row of `causes`; empty for what is in no table, with `detail` and `fix` in its place.
    status : str
        ``warning`` if signing in may work all the same.
    detail, fix : str
        Words for this very case; default the row's.
    aws : mapping of str to str, optional
        ``user_pool_id``, ``client_id`` and ``region``, where there is a console and a CLI to look with.
    """
    row = cause_of(code)
    words = detail or " ".join([f"{row.title}.", *row.likely])
    return Finding(
        id=id_,
        status=status,
        title=title,
        cause=f"{code}: {words}" if code else words,
        fix=fix or (row.fix if code else _WITHOUT_ROW),
        code=code,
        console=row.console if aws else "",
        command=row.command_for(aws) if aws else "",
    )


def of_error(
    id_: str,
    title: str,
    error: CognitoError,
    *,
    status: Status = "failed",
    issuer: str = "",
    aws: Mapping[str, str] | None = None,
) -> Finding:
    """Return what a check says that ended with an error: the error's own words.

    Parameters
    ----------
    id_, title : str
        Of the finding.
    error : CognitoError
        What has ended the check.
    status : str
        As for `found`.
    issuer : str, optional
        The user pool, to be looked at where an error has no words for what to do.
    aws : mapping of str to str, optional
        As for `found`.
    """
    fix = error.hint or ""
    if not fix and error.cause is None:
        page = f"{issuer}/.well-known/openid-configuration" if issuer else "the address"
        fix = f"A proxy or a captive portal may have answered: open {page} in a browser."
    return found(id_, title, error.cause or "", status=status, detail=error.message, fix=fix, aws=aws)
