"""A plan as a person reads it, as API calls, and as commands of the AWS CLI. Pure."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..urls import is_loopback
from .plan import NEW_CLIENT_ID

if TYPE_CHECKING:
    from .plan import Call, Plan, Step

__all__ = ["as_calls", "as_cli", "as_text", "step_line"]

_SUBJECT, _NAME = 12, 26  # columns


def as_text(plan: Plan, file_line: str) -> str:
    """Return the plan for a person: one line for each thing, and below it what changes.

    Parameters
    ----------
    plan : Plan
        What is to be done in AWS.
    file_line : str
        What is to be done in the file, from `step_line`.
    """
    pool = plan.there.pool
    lines = [f"User pool {pool.name} ({', '.join(filter(None, [pool.id, pool.tier and f'plan {pool.tier}']))})", ""]
    for step in plan.steps:
        lines.append(step_line(step.sign, step.subject, step.text))
        lines += _changed_lines(step)
    lines.append(file_line)
    if plan.notes:
        lines += ["", *(f"! {note}" for note in plan.notes)]
    return "\n".join(lines)


def step_line(sign: str, subject: str, text: str) -> str:
    """Return the line of one thing.

    Parameters
    ----------
    sign, subject, text : str
        As in `Step`.
    """
    return f"{sign} {subject:<{_SUBJECT}}  {text}"


def as_calls(plan: Plan) -> str:
    """Return the API calls with their parameters.

    Parameters
    ----------
    plan : Plan
        What is to be done.
    """
    return "\n\n".join(f"{call.operation} {_json(call)}" for call in plan.calls)


def as_cli(plan: Plan, *, aws_profile: str | None = None, endpoint_url: str | None = None) -> str:
    """Return commands of the AWS CLI, for a POSIX shell.

    Parameters
    ----------
    plan : Plan
        What is to be done.
    aws_profile, endpoint_url : str, optional
        The CLI's own options.
    """
    common = {"region": plan.there.pool.region, "profile": aws_profile, "endpoint-url": endpoint_url}
    options = [part for name, value in common.items() if value for part in (f"--{name}", value)]
    return "\n\n".join(_command(call, options) for call in plan.calls) or "# Nothing to change."


def _command(call: Call, options: list[str]) -> str:
    """Return one command. Its parameters are JSON: CLI 1 would fetch a URL that is an option of its own."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "-", call.operation).lower()
    command = shlex.join(["aws", "cognito-idp", name, *options])
    if call.parameters.get("ClientId") == NEW_CLIENT_ID:
        command += ' --client-id "$CLIENT_ID"'
    command += f" --cli-input-json {shlex.quote(_json(call, without=NEW_CLIENT_ID))}"
    if "UserPoolClient" in call.operation:  # the answer has the secret, if there is one: only the id leaves the CLI
        command += " --query UserPoolClient.ClientId --output text"
    return f'CLIENT_ID=$({command}) && echo "$CLIENT_ID"' if call.operation == "CreateUserPoolClient" else command


def _json(call: Call, without: str | None = None) -> str:
    parameters = {name: value for name, value in call.parameters.items() if value != without}
    return json.dumps(parameters, indent=2, ensure_ascii=False)


def _changed_lines(step: Step) -> list[str]:
    column = " " * (_SUBJECT + 4)
    following = f"\n{column}{'':<{_NAME}}  "
    return [f"{column}{name:<{_NAME}}  {following.join(_change(*pair))}" for name, pair in step.changed.items()]


def _change(before: Any, after: Any) -> list[str]:  # noqa: ANN401 - whatever a parameter holds
    """Return the lines that tell a change."""
    if before is None:
        return _items(after) if isinstance(after, list) else [_shown(after)]
    if not isinstance(after, list) or not isinstance(before, list):
        return [f"{_shown(before)} -> {_shown(after)}"]
    added, removed = [x for x in after if x not in before], [x for x in before if x not in after]
    return [f"{sign} {item}" for sign, items in (("+", added), ("-", removed)) for item in _items(items)]


def _items(values: list[str]) -> list[str]:
    """Return a list's lines: words in one; of URLs, those of this machine in one, each other in its own.

    A file may come from somebody else's repository, so no address that gets authorization codes is left out.
    """
    local = [value for value in values if is_loopback(urlsplit(value).hostname)]
    others = [value for value in values if "://" in value and value not in local]
    words = [value for value in values if "://" not in value]
    summary = [f"{local[0]} and {len(local) - 1} more on this machine"] if len(local) > 1 else local
    return [" ".join(words)] * bool(words) + summary + others


def _shown(value: Any) -> str:  # noqa: ANN401 - the same
    if isinstance(value, list):
        return " ".join(value) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_shown(item)}" for name, item in value.items()) or "none"
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
