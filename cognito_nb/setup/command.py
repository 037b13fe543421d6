"""The command itself: reads, shows the plan, asks, acts, and writes the file.

Whatever it can refuse, it refuses before AWS is changed. The file is read again before it is written: while the
question waits, others may write into it.
"""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..aws_api import user_pools_api
from ..aws_names import region_of
from ..errors import CognitoError, ConfigurationError
from .carry_out import carry_out
from .domain import Domain, checked_prefix, login_version
from .file import read_team_file, refuse_unwritable, write_text
from .output import say, show_any_letter, tell
from .plan import make_plan
from .profile_text import table_text, with_profile
from .read import There, UserPool, find_user_pool, read_there, update_members
from .show import as_calls, as_cli, as_text, keyring_lines, step_line
from .template import as_template
from .wish import CLIENT_NAME, profile_values, refuse_unusable, wanted_client

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from .client import Wanted
    from .file import TeamFile
    from .plan import Plan

__all__ = ["run_command"]

_USAGE = 2


@dataclass(frozen=True, slots=True)
class _Work:
    """What is there, what is wanted, and what is to be done."""

    api: Any
    file: TeamFile
    wanted: Wanted
    plan: Plan

    def values(self, options: argparse.Namespace, file: TeamFile, client_id: str | None) -> dict[str, Any]:
        """Return what a file's profile has to say; the id of a new app client is None."""
        user_pool_id = self.plan.there.pool.id
        values = profile_values(options, file.table, self.wanted, user_pool_id=user_pool_id, client_id=client_id)
        refuse_unusable(values, file.profile, str(file.path), file.table)
        return values


def run_command(options: argparse.Namespace) -> int:
    """Run the command and return its exit code.

    Parameters
    ----------
    options : argparse.Namespace
        From `options.add_arguments`.
    """
    show_any_letter()
    try:
        return _run(options)
    except CognitoError as error:
        tell(error.message)  # in full: it may be a list, or a text to paste
        if error.hint:
            tell(f"Next step: {error.hint}")
    return 1


def _run(options: argparse.Namespace) -> int:
    work = _planned(options)
    plan, file = work.plan, work.file
    values = work.values(options, file, plan.client_id)
    if options.format:
        return _print_format(options, plan)
    text = _text_with(file, values)
    changed = text != file.text
    say(as_text(plan, _file_line(file, values, changed=changed)))
    if not plan.calls and not changed:
        say("\nNothing to change.")
        return 0
    if options.dry_run:
        say(f"\n{as_calls(plan)}" if plan.calls else "\nNothing to change in AWS.")
        return 0
    if changed:
        refuse_unwritable(file.path, text)
    if (refused := _refused(options, plan)) is not None:
        return refused
    client_id = carry_out(work.api, plan)
    if changed:
        _write(options, work, client_id)
    say(_next_steps(options, work, client_id))
    return 0


def _planned(options: argparse.Namespace) -> _Work:
    """Read file and user pool; nothing is changed."""
    file = read_team_file(options.file, options.profile)
    wanted = wanted_client(options, file.table)
    user_pool_id = options.user_pool_id or file.table.get("user_pool_id")
    region = _region(options, user_pool_id)
    api, fault = _connected(options, region)
    there = _read(options, file, api, user_pool_id) if api else _unread(options, file, fault, user_pool_id, region)
    members = update_members(api) if api else frozenset()
    return _Work(api, file, wanted, make_plan(there, wanted, members, _unused(options, there)))


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


def _read(options: argparse.Namespace, file: TeamFile, api: Any, user_pool_id: str | None) -> There:  # noqa: ANN401 - a boto3 client
    user_pool_id = user_pool_id or find_user_pool(api)
    return read_there(
        api,
        user_pool_id,
        client_id=options.client_id or file.client_id(user_pool_id),
        client_name=options.client_name or CLIENT_NAME,
        domain_prefix=options.domain_prefix,
        asked_version=options.login_version,
    )


def _unread(
    options: argparse.Namespace, file: TeamFile, fault: str, user_pool_id: str | None, region: str | None
) -> There:
    """Return what can be said of a user pool without asking AWS: that the app client is a new one."""
    if not user_pool_id or not region or options.client_id or file.client_id(user_pool_id):
        hint = (
            "Without AWS, --format works for a new app client only: give --user-pool-id, which begins with its region,"
            " and no --client-id."
        )
        raise ConfigurationError(fault, hint=hint)
    tell(
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
        tell(f"# {note}")
    if options.format == "cli":
        say(as_cli(plan, aws_profile=options.aws_profile, endpoint_url=options.endpoint_url))
    else:
        say(as_template(plan))
        if plan.there.client:
            tell(
                f"# The app client {plan.client_id} exists. First import it into the stack, alone and as it is now: an"
                " import changes\n# nothing and takes no outputs. Then update the stack with this template."
            )
    tell("# Afterwards run this without --format: it finds everything in place, and writes cognito.toml.")
    return 0


def _file_line(file: TeamFile, values: Mapping[str, Any], *, changed: bool) -> str:
    text = f"{file.profile} in {file.place}"
    if not file.table or not changed:
        return step_line("+" if changed else "=", "profile", text)
    names = [name for name, value in values.items() if file.table.get(name) != value]
    return step_line("~", "profile", f"{text}: {', '.join(names)}")


def _refused(options: argparse.Namespace, plan: Plan) -> int | None:
    """Ask; return the exit code of a no, or None to go on."""
    if options.yes:
        if plan.unasked_urls:
            raise ConfigurationError(
                f"cognito.toml, not your command line, has authorization codes sent to: {' '.join(plan.unasked_urls)}",
                setting="redirect_uris",
                hint="If that is right, give each as --callback-url; or leave --yes out, and answer.",
            )
        return None
    if sys.stdin is None or not sys.stdin.isatty():
        tell("\nNothing was changed: there is no terminal to ask on. Add --yes to go on without a question.")
        return _USAGE
    try:
        answer = input("\nGo on? [y/N] ")
    except (EOFError, KeyboardInterrupt):
        answer = ""
        say("")
    if answer.strip().lower() in ("y", "yes"):
        return None
    say("Nothing was changed.")
    return 1


def _text_with(file: TeamFile, values: Mapping[str, Any]) -> str:
    """Return the file's text with the profile; where that cannot be, say what belongs into it."""
    with _told_what_to_write(file.profile, values):
        return with_profile(file.text, file.profile, values, file.place)


def _write(options: argparse.Namespace, work: _Work, client_id: str) -> None:
    """Bring the profile into the file as it is by now: somebody may have written into it since."""
    before = work.file
    planned = work.values(options, before, client_id)
    with _told_what_to_write(before.profile, planned):
        file = read_team_file(before.path, before.profile)
        for name in ("user_pool_id", "client_id"):
            if file.table.get(name) not in (before.table.get(name), planned[name]):
                hint = "Decide which it is: that one, or what was done here."
                raise ConfigurationError(f"{file.place} has another {name} by now.", setting=name, hint=hint)
        values = work.values(options, file, client_id)
        write_text(file.path, with_profile(file.text, file.profile, values, file.place))
    say(step_line("done:", "profile", f"{before.profile} in {before.place}"))


@contextlib.contextmanager
def _told_what_to_write(profile: str, values: Mapping[str, Any]) -> Iterator[None]:
    try:
        yield
    except ConfigurationError as error:
        text = f"{error.message}\n\nThis belongs into it:\n\n{table_text(profile, values)}"
        failure = ConfigurationError(text, hint=error.hint)
    else:
        return
    raise failure


def _next_steps(options: argparse.Namespace, work: _Work, client_id: str) -> str:
    lines = ["", f"Commit {work.file.place} with the notebooks: nothing in it is secret."]
    if work.wanted.with_secret:
        pool, aws_profile = work.plan.there.pool, options.aws_profile
        lines += keyring_lines(pool, client_id, aws_profile=aws_profile, endpoint_url=options.endpoint_url)
    return "\n".join([*lines, f"Then, in a notebook: %load_ext cognito_nb, and %cognito_login {work.file.profile}"])
