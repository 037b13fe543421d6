"""A plan as a person reads it, as API calls, and as commands of the AWS CLI. Pure."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING, Any

from .wish import LOCAL_URLS

if TYPE_CHECKING:
    from .plan import Call, Plan, Step
    from .read import UserPool

__all__ = ["as_calls", "as_cli", "as_text", "keyring_lines", "step_line"]

_SUBJECT = 12  # columns


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
    return "\n\n".join(
        f"{call.operation} {_json(call, new_client='(id of the new app client)')}" for call in plan.calls
    )


def as_cli(plan: Plan, *, aws_profile: str | None = None, endpoint_url: str | None = None) -> str:
    """Return commands of the AWS CLI, for a POSIX shell.

    Parameters
    ----------
    plan : Plan
        What is to be done.
    aws_profile, endpoint_url : str, optional
        The CLI's own options.
    """
    options = _options(plan.there.pool, aws_profile, endpoint_url)
    return "\n\n".join(_command(call, options) for call in plan.calls) or "# Nothing to change."


def keyring_lines(
    pool: UserPool, client_id: str, *, aws_profile: str | None = None, endpoint_url: str | None = None
) -> list[str]:
    """Return how the app client's secret gets into a user's keyring, typed or from AWS; it is shown in neither case.

    Parameters
    ----------
    pool : UserPool
        Where the app client is.
    client_id : str
        Its id.
    aws_profile, endpoint_url : str, optional
        The AWS CLI's own options.
    """
    keyring = shlex.join(["python", "-m", "keyring", "set", f"cognito_nb client_secret {pool.id}", client_id])
    names = ["--user-pool-id", pool.id, "--client-id", client_id]
    reading = ["aws", "cognito-idp", "describe-user-pool-client", *_options(pool, aws_profile, endpoint_url), *names]
    return [
        "Each user puts the app client's secret into their keyring, once. This asks for it:",
        f"  {keyring}",
        "With AWS credentials that may read the app client, nobody has to type it:",
        f"  {shlex.join(reading)} \\",
        "    --query UserPoolClient.ClientSecret --output text \\",
        f"    | {keyring}",
    ]


def _options(pool: UserPool, aws_profile: str | None, endpoint_url: str | None) -> list[str]:
    common = {"region": pool.region, "profile": aws_profile, "endpoint-url": endpoint_url}
    return [part for name, value in common.items() if value for part in (f"--{name}", value)]


def _command(call: Call, options: list[str]) -> str:
    """Return one command. Its parameters are JSON: CLI 1 would fetch a URL that is an option of its own."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "-", call.operation).lower()
    command = shlex.join(["aws", "cognito-idp", name, *options])
    if call.awaits_client_id:
        command += ' --client-id "$CLIENT_ID"'
    command += f" --cli-input-json {shlex.quote(_json(call))}"
    if "UserPoolClient" in call.operation:  # the answer has the secret, if there is one: only the id leaves the CLI
        command += " --query UserPoolClient.ClientId --output text"
    return f'CLIENT_ID=$({command}) && echo "$CLIENT_ID"' if call.operation == "CreateUserPoolClient" else command


def _json(call: Call, new_client: str | None = None) -> str:
    """Return a call's parameters in ASCII: whatever they hold, a terminal shows it and a shell takes it as text."""
    parameters = {name: new_client if value is None else value for name, value in call.parameters.items()}
    return json.dumps({name: value for name, value in parameters.items() if value is not None}, indent=2)


def _changed_lines(step: Step) -> list[str]:
    column = " " * (_SUBJECT + 4)
    width = max(map(len, step.changed), default=0)
    following = f"\n{column}{'':<{width}}  "
    return [f"{column}{name:<{width}}  {following.join(_change(*pair))}" for name, pair in step.changed.items()]


def _change(before: Any, after: Any) -> list[str]:  # noqa: ANN401 - whatever a parameter holds
    """Return the lines that tell a change."""
    if before is None:
        return _items(after) if isinstance(after, list) else [_shown(after)]
    if not isinstance(after, list) or not isinstance(before, list):
        return [f"{_shown(before)} -> {_shown(after)}"]
    added, removed = [x for x in after if x not in before], [x for x in before if x not in after]
    return [f"{sign} {item}" for sign, items in (("+", added), ("-", removed)) for item in _items(items)]


def _items(values: list[str]) -> list[str]:
    """Return a list's lines: words in one; of URLs, those that setup itself adds in one, each other in its own.

    A file may come from somebody else's repository, so no address that gets authorization codes is left out.
    """
    local = [value for value in values if value in LOCAL_URLS]
    others = [value for value in values if "://" in value and value not in LOCAL_URLS]
    words = [value for value in values if "://" not in value]
    summary = [f"{local[0]} and {len(local) - 1} more on this machine"] if len(local) > 1 else local
    return [" ".join(words)] * bool(words) + summary + others


def _shown(value: Any) -> str:  # noqa: ANN401 - the same
    if isinstance(value, list):
        return " ".join(value) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_shown(item)}" for name, item in value.items()) or "none"
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
