"""Asks again, with one thing changed, so that a finding names the very scope, setting or callback URL at fault.

Cognito tells in each answer whether it would go on, so a few requests find what its words leave open. What is refused
once is certain; without an answer, or if the time is up, less is said.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from ..errors import CognitoError
from .differences import neighbours, other_loopback
from .look import look

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .case import Case
    from .classify import Outcome
    from .finding import Finding

__all__ = ["has_other_loopback", "option_at_fault", "refused_scopes", "registered_neighbour", "scope_fault"]

_NEED_OPENID = ("email", "phone", "profile")
_AFTER_THE_URL = ("", "scope_not_enabled", "code_grant_not_allowed")  # what Cognito says once it knows the callback URL
_MOST_NAMES = 5  # scopes that are named


def refused_scopes(case: Case, redirect_uri: str) -> list[str]:
    """Return the scopes that the app client does not have.

    Parameters
    ----------
    case : Case
        The examination.
    redirect_uri : str
        A callback URL that is registered.
    """
    refused: list[str] = []
    for scope in sorted(case.config.scopes, key=lambda scope: scope != "openid"):
        needs_openid = scope in _NEED_OPENID
        if needs_openid and "openid" in refused:
            continue
        outcome = _asked(case, redirect_uri, scopes=("openid", scope) if needs_openid else (scope,))
        if outcome is None:
            break
        if outcome.code == "scope_not_enabled":
            refused.append(scope)
    return refused


def option_at_fault(case: Case, redirect_uri: str) -> str:
    """Return the optional parameter without which the request is a good one; empty if it is none of them alone.

    Parameters
    ----------
    case : Case
        The examination.
    redirect_uri : str
        A callback URL that is registered.
    """
    options = case.config.authorization_options
    for name in options:
        rest = {other: value for other, value in options.items() if other != name}
        outcome = _asked(case, redirect_uri, options=rest)
        if outcome is not None and outcome.is_good:
            return name
    return ""


def registered_neighbour(case: Case, redirect_uri: str) -> tuple[str, ...]:
    """Return a callback URL that the app client has in the place of one that it lacks; none if it has none.

    Parameters
    ----------
    case : Case
        The examination.
    redirect_uri : str
        A callback URL that Cognito does not know.
    """
    found = (url for url in neighbours(redirect_uri) if _is_registered(case, url))
    return tuple(itertools.islice(found, 1))


def has_other_loopback(case: Case, redirect_uri: str) -> bool:
    """Tell whether the same URL under the other loopback name is to be used here, and registered.

    Parameters
    ----------
    case : Case
        The examination.
    redirect_uri : str
        A callback URL that Cognito does not know.
    """
    other = other_loopback(redirect_uri)
    return other in case.callbacks and _is_registered(case, other)


def scope_fault(case: Case, id_: str, title: str, refused: Sequence[str]) -> Finding:
    """Return the finding that names the very scopes.

    Parameters
    ----------
    case : Case
        The examination.
    id_, title : str
        Of the finding.
    refused : sequence of str
        The scopes that the app client does not have; none if they could not be told apart.
    """
    if not refused:
        return case.found(id_, title, "scope_not_enabled")
    case.named.update(refused)
    names, verb = ", ".join(refused[:_MOST_NAMES]), "is" if len(refused) == 1 else "are"
    names += f" and {len(refused) - _MOST_NAMES} more" if len(refused) > _MOST_NAMES else ""
    which = names if len(refused) <= _MOST_NAMES else "them"
    return case.found(
        id_,
        title,
        "scope_not_enabled",
        detail=f"{names} {verb} not enabled on the app client.",
        fix=f"Enable {which} on the app client (a custom scope needs its resource server, too), or take {which} out of "
        "the setting scopes.",
    )


def _is_registered(case: Case, redirect_uri: str) -> bool:
    outcome = _asked(case, redirect_uri)
    return outcome is not None and outcome.code in _AFTER_THE_URL and not outcome.blocked


def _asked(
    case: Case,
    redirect_uri: str,
    *,
    scopes: Sequence[str] | None = None,
    options: Mapping[str, str] | None = None,
) -> Outcome | None:
    """Return what Cognito says to a changed request; None without an answer, or if the time is up."""
    if case.time_is_up:
        return None
    try:
        return case.run(look(case, redirect_uri, scopes=scopes, options=options, to_the_page=False))
    except CognitoError:
        return None
