"""The command itself: reads, shows the plan, asks, acts, and writes the file.

Each step is told when it is done, so whatever ends the command, what was done stands there; it goes on when run again.
"""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..aws_api import ApiError, call, user_pools_api
from ..aws_names import region_of
from ..errors import CognitoError, ConfigurationError
from ..profiles import find_file
from .domain import Domain, checked_prefix, login_version
from .file import profile_in, read_text, table_text, with_profile, write_text
from .plan import NEW_CLIENT_ID, make_plan
from .read import There, UserPool, find_user_pool, read_there, update_members
from .show import as_calls, as_cli, as_text, step_line
from .template import as_template
from .wish import CLIENT_NAME, profile_values, refuse_unusable, wanted_client

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from .client import Wanted
    from .plan import Plan

__all__ = ["run_command"]

_USAGE = 2


@dataclass(frozen=True, slots=True)
class _TeamFile:
    """The file as it is, and what its profile says."""

    path: Path
    text: str
    table: dict[str, Any]

    @property
    def place(self) -> str:
        """How it is shown."""
        with contextlib.suppress(ValueError):
            return str(self.path.resolve().relative_to(Path.cwd()))
        return str(self.path)

    def client_id(self, user_pool_id: str | None) -> str | None:
        """Return the app client of the profile, if that is of this user pool."""
        return self.table.get("client_id") if self.table.get("user_pool_id") in (None, user_pool_id) else None


def run_command(options: argparse.Namespace) -> int:
    """Run the command and return its exit code.

    Parameters
    ----------
    options : argparse.Namespace
        From `options.add_arguments`.
    """
    try:
        return _run(options)
    except CognitoError as error:
        _tell(error.message)  # in full: it may be a list, or a text to paste
        if error.hint:
            _tell(f"Next step: {error.hint}")
    except KeyboardInterrupt:
        _tell("\nStopped. Only what is marked as done was changed.")
    return 1


def _run(options: argparse.Namespace) -> int:
    file = _team_file(options)
    wanted = wanted_client(options, file.table)
    user_pool_id = options.user_pool_id or file.table.get("user_pool_id")
    region = _region(options, user_pool_id)
    api, fault = _connected(options, region)
    there = _read(options, file, api, user_pool_id) if api else _unread(options, file, fault, user_pool_id, region)
    members = update_members(api) if api else frozenset()
    plan = make_plan(there, wanted, members, _unused(options, there))
    values = profile_values(options, file.table, wanted, user_pool_id=there.pool.id, client_id=plan.client_id)
    usable = {**values, "client_id": "unknown"} if plan.client_id == NEW_CLIENT_ID else values
    refuse_unusable(usable, options.profile, str(file.path))
    if options.format:
        return _print_format(options, plan)
    changed = with_profile(file.text, options.profile, values, str(file.path)) != file.text
    _say(as_text(plan, _file_line(file, options.profile, values, changed=changed)))
    if not plan.calls and not changed:
        _say("\nNothing to change.")
        return 0
    if options.dry_run:
        _say(f"\n{as_calls(plan)}" if plan.calls else "\nNothing to change in AWS.")
        return 0
    if (refused := _refused(options)) is not None:
        return refused
    client_id = _carry_out(api, plan)
    if changed:
        _write(file, options.profile, {**values, "client_id": client_id})
    _say(_next_steps(options, file, wanted, there.pool, client_id))
    return 0


def _team_file(options: argparse.Namespace) -> _TeamFile:
    path = options.file or find_file() or Path("cognito.toml")
    text = read_text(path)
    file = _TeamFile(path, text, profile_in(text, options.profile, str(path)))
    pool = options.user_pool_id or f"{file.table.get('region', 'eu-west-1')}_unknown"
    if file.table:  # its faults come first: what it says is used from here on
        refuse_unusable({"user_pool_id": pool, "client_id": "unknown", **file.table}, options.profile, str(path))
    return file


def _region(options: argparse.Namespace, user_pool_id: str | None) -> str | None:
    own = region_of(user_pool_id)
    if options.region and own not in (None, options.region):
        hint = "Leave --region out."
        raise ConfigurationError(f"{user_pool_id} is in {own}, not in {options.region}.", setting="region", hint=hint)
    return options.region or own


def _connected(options: argparse.Namespace, region: str | None) -> tuple[Any, str]:
    """Return boto3's client; where a format can do without, None and why there is none."""
    try:
        return user_pools_api(region=region, aws_profile=options.aws_profile, endpoint_url=options.endpoint_url), ""
    except ConfigurationError as error:
        if not options.format:
            raise
        return None, error.message


def _read(options: argparse.Namespace, file: _TeamFile, api: Any, user_pool_id: str | None) -> There:  # noqa: ANN401 - a boto3 client
    user_pool_id = user_pool_id or find_user_pool(api)
    return read_there(
        api,
        user_pool_id,
        client_id=options.client_id or file.client_id(user_pool_id),
        client_name=options.client_name or CLIENT_NAME,
        domain_prefix=options.domain_prefix,
        wish=options.login_version,
    )


def _unread(
    options: argparse.Namespace, file: _TeamFile, fault: str, user_pool_id: str | None, region: str | None
) -> There:
    """Return what can be said of a user pool without asking AWS: that the app client is a new one."""
    if not user_pool_id or not region or options.client_id or file.client_id(user_pool_id):
        hint = "Without AWS, --format works for a new app client only: give --user-pool-id, and no --client-id."
        raise ConfigurationError(fault, hint=hint)
    _tell(
        f"# Nothing was read from AWS ({fault.rstrip('.')}): this is for a new app client. It has a domain only with"
        " --domain-prefix; an app client of a domain with managed login needs a login style, too."
    )
    prefix, version = options.domain_prefix, login_version(None, options.login_version)
    new_domain = Domain(checked_prefix(prefix), region, version) if prefix else None
    return There(UserPool(user_pool_id, region), new_domain=new_domain)


def _unused(options: argparse.Namespace, there: There) -> Iterator[str]:
    """Say which options have no effect, for what they name is there."""
    client_name, prefix, version = options.client_name, options.domain_prefix, options.login_version
    if there.client and client_name not in (None, there.client["ClientName"]):
        yield (
            f"--client-name {client_name} is not used: --client-id, or the profile, says which app client. For another,"
            " name another --profile."
        )
    if there.domain and prefix not in (None, there.domain.name):
        yield f"--domain-prefix {prefix} is not used: the user pool has a domain."
    if there.domain and version not in (None, there.domain.version):
        yield f"--login-version {version} is not used: the user pool's domain has another."


def _print_format(options: argparse.Namespace, plan: Plan) -> int:
    for note in plan.notes:
        _tell(f"# {note}")
    if options.format == "cli":
        _say(as_cli(plan, aws_profile=options.aws_profile, endpoint_url=options.endpoint_url))
    else:
        _say(as_template(plan))
        if plan.there.client:
            _tell(
                f"# The app client {plan.client_id} exists. First import it into the stack, alone and as it is now: an"
                " import changes\n# nothing and takes no outputs. Then update the stack with this template."
            )
    _tell("# Afterwards run this without --format: it finds everything in place, and writes cognito.toml.")
    return 0


def _file_line(file: _TeamFile, profile: str, values: dict[str, Any], *, changed: bool) -> str:
    text = f"{profile} in {file.place}"
    if not file.table or not changed:
        return step_line("+" if changed else "=", "profile", text)
    names = [name for name, value in values.items() if file.table.get(name) != value]
    return step_line("~", "profile", f"{text}: {', '.join(names)}")


def _refused(options: argparse.Namespace) -> int | None:
    """Ask; return the exit code of a no, or None to go on."""
    if options.yes:
        return None
    if not sys.stdin.isatty():
        _tell("\nNothing was changed: there is no terminal to ask on. Add --yes to go on without a question.")
        return _USAGE
    try:
        answer = input("\nGo on? [y/N] ")
    except (EOFError, KeyboardInterrupt):
        answer = ""
        _say("")
    if answer.strip().lower() in ("y", "yes"):
        return None
    _say("Nothing was changed.")
    return 1


def _carry_out(api: Any, plan: Plan) -> str:  # noqa: ANN401 - a boto3 client
    """Make the calls, tell each, and return the app client's id."""
    client_id = plan.client_id
    _say("")
    for step in plan.steps:
        if step.call is None:
            continue
        parameters, text = dict(step.call.parameters), step.text
        if parameters.get("ClientId") == NEW_CLIENT_ID:
            parameters["ClientId"] = client_id
        answer = _done(api, step.call.operation, parameters)
        if step.call.operation == "CreateUserPoolClient":
            client_id = answer["UserPoolClient"]["ClientId"]
            text = f"{parameters['ClientName']} ({client_id})"
        _say(step_line("done:", step.subject, text))
    return client_id


def _done(api: Any, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - a boto3 client
    again = "Run this again: it finds what is done, and goes on."
    try:
        return call(api, operation, **parameters)
    except ApiError as error:
        failure = _explained(error, operation, parameters)
    except CognitoError as error:
        failure = CognitoError(error.message, hint=f"{error.hint or ''} {again}".strip())
    except KeyboardInterrupt:
        failure = CognitoError(f"\nStopped during {operation}; it may have been done or not.", hint=again)
    raise failure


def _explained(error: ApiError, operation: str, parameters: dict[str, Any]) -> CognitoError:
    """Tell a taken prefix: DescribeUserPoolDomain does not show those of other accounts."""
    taken = "another user pool" in error.message or "already exists" in error.message
    if operation != "CreateUserPoolDomain" or not taken:
        return error
    hint = "Choose another with --domain-prefix; a prefix is unique in its region, over all accounts."
    return ConfigurationError(f"The domain prefix {parameters['Domain']} is taken.", setting="domain", hint=hint)


def _write(file: _TeamFile, profile: str, values: dict[str, Any]) -> None:
    try:
        write_text(file.path, with_profile(file.text, profile, values, str(file.path)))
    except ConfigurationError as error:
        raise ConfigurationError(f"{error.message}\n\n{table_text(profile, values)}", hint=error.hint) from None
    _say(step_line("done:", "profile", f"{profile} in {file.place}"))


def _next_steps(options: argparse.Namespace, file: _TeamFile, wanted: Wanted, pool: UserPool, client_id: str) -> str:
    lines = ["", f"Commit {file.place} with the notebooks: nothing in it is secret."]
    if wanted.with_secret:
        read = f"--region {pool.region} --user-pool-id {pool.id} --client-id {client_id}"
        lines += [
            "Each user puts the app client's secret into their keyring, once; it is not shown on the way:",
            f"  aws cognito-idp describe-user-pool-client {read} \\",
            "    --query UserPoolClient.ClientSecret --output text \\",
            f'    | python -m keyring set "cognito_nb client_secret {pool.id}" {client_id}',
        ]
    return "\n".join([*lines, f"Then, in a notebook: %load_ext cognito_nb, and %cognito_login {options.profile}"])


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - the command's answer


def _tell(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - what a pipe does not get
