"""A plan's calls, one after the other.

Each step is told when it is done, so whatever ends the command, what was done stands there; it goes on when run again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..aws_api import ApiError, call
from ..errors import CognitoError
from .output import say
from .read import checked_client_id
from .show import step_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .plan import Plan

__all__ = ["carry_out"]

_AGAIN = "Run this again: it finds what is done, and goes on."


def carry_out(api: Any, plan: Plan) -> str:  # noqa: ANN401 - a boto3 client
    """Make the calls, tell each, and return the app client's id.

    Parameters
    ----------
    api : boto3 client
        From `aws_api.user_pools_api`.
    plan : Plan
        What is to be done.

    Raises
    ------
    CognitoError
        If a call fails, or is interrupted.
    """
    client_id = plan.client_id
    say("")
    for step in plan.steps:
        if step.call is None:
            continue
        parameters, text = dict(step.call.parameters), step.text
        if "ClientId" in parameters:
            parameters["ClientId"] = client_id
        made = _done(api, step.call.operation, parameters)
        if made is not None:
            client_id, text = made, f"{parameters['ClientName']} ({made})"
        say(step_line("done:", step.subject, text))
    if client_id is None:
        raise AssertionError("a plan has an app client, or makes one")
    return client_id


def _done(api: Any, operation: str, parameters: Mapping[str, Any]) -> str | None:  # noqa: ANN401 - a boto3 client
    """Make one call; return the id of the app client that it has made."""
    try:
        answer = call(api, operation, **parameters)
        return checked_client_id(answer) if operation == "CreateUserPoolClient" else None
    except CognitoError as error:
        failure = CognitoError(error.message, hint=f"{_hint(error, operation)} {_AGAIN}".strip())
    except KeyboardInterrupt:
        failure = CognitoError(f"\nStopped during {operation}; it may have been done or not.", hint=_AGAIN)
    raise failure


def _hint(error: CognitoError, operation: str) -> str:
    code = error.code if isinstance(error, ApiError) else None
    if operation == "CreateUserPoolDomain" and code == "InvalidParameterException":
        # All else was checked before, but DescribeUserPoolDomain does not show the prefixes of other accounts
        return "If the prefix is taken, choose another with --domain-prefix: it is unique in its region."
    return error.hint or ""
