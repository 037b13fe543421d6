"""The options of ``jupyter cognito setup``; cheap to import, for every command line is built with them."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from urllib.parse import urlsplit

from ..urls import url_fault

__all__ = ["PROFILE_NAME", "add_arguments"]

PROFILE_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")  # of those that setup writes: no quotes are needed

_EPILOG = """\
An existing app client keeps everything that it has: URLs and scopes are added, nothing is taken away. --strict goes
further, and may break other applications that share it.

IAM actions: cognito-idp:ListUserPools (without --user-pool-id), DescribeUserPool, DescribeUserPoolDomain,
CreateUserPoolDomain, ListUserPoolClients, DescribeUserPoolClient, CreateUserPoolClient, UpdateUserPoolClient,
DescribeManagedLoginBrandingByClient, CreateManagedLoginBranding.

Exit code: 0 done, or nothing to do; 1 failed or not wanted; 2 wrong usage, or nobody there to ask.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a parser the options of the command.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        That of ``setup``.
    """
    parser.description = (
        "Prepare a user pool for notebooks: domain, app client, login page, and the team's cognito.toml."
    )
    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    _add_what(parser)
    _add_urls(parser)
    _add_how(parser)
    aws = parser.add_argument_group("AWS")
    aws.add_argument("--region", help="default: the user pool's, else AWS's own settings")
    aws.add_argument("--aws-profile", metavar="NAME", help="a profile of AWS's own settings")
    aws.add_argument(
        "--endpoint-url", metavar="URL", help="where another user pool service listens, such as an emulator"
    )


def _add_what(parser: argparse.ArgumentParser) -> None:
    what = parser.add_argument_group("what it is about")
    what.add_argument(
        "--user-pool-id", metavar="ID", help="default: the profile's in cognito.toml, else the region's only one"
    )
    what.add_argument(
        "--client-id", metavar="ID", help="the app client to prepare; default: the profile's, else the one of that name"
    )
    what.add_argument("--client-name", metavar="NAME", help="default: notebooks")
    what.add_argument(
        "--with-secret", action="store_true", help="an app client with a secret; default: public, by PKCE"
    )
    what.add_argument(
        "--scope",
        metavar="SCOPE",
        type=_scope,
        action="append",
        default=[],
        help="one more; may be repeated; default: openid email profile",
    )
    what.add_argument(
        "--domain-prefix", metavar="PREFIX", help="for a user pool without a domain; default: by its name"
    )
    what.add_argument(
        "--login-version",
        type=int,
        choices=(1, 2),
        help="of a new domain: 2 managed login, 1 classic; default: what the pool's plan allows",
    )
    what.add_argument(
        "--strict",
        action="store_true",
        help="bring an existing app client to what a new one has: code grant only, refresh token rotation, no hints"
        " whether a user exists",
    )


def _add_urls(parser: argparse.ArgumentParser) -> None:
    urls = parser.add_argument_group("where notebooks run (this machine, ports 8888 to 8892, is always among it)")
    urls.add_argument(
        "--hub", metavar="URL", type=_hub, action=_Once, help="a JupyterHub, such as https://hub.example.org"
    )
    urls.add_argument(
        "--callback-url", metavar="URL", type=_url, action="append", default=[], help="another one; may be repeated"
    )
    urls.add_argument(
        "--api-origin",
        metavar="URL",
        type=_origin,
        action="append",
        default=[],
        help="an API that notebooks call, for cognito.toml; may be repeated",
    )


def _add_how(parser: argparse.ArgumentParser) -> None:
    how = parser.add_argument_group("how")
    how.add_argument(
        "--profile",
        metavar="NAME",
        type=_profile,
        help="in cognito.toml; default: the one that notebooks use, else dev",
    )
    how.add_argument("--file", metavar="PATH", type=Path, help="default: the nearest cognito.toml, else a new one here")
    how.add_argument("--yes", action="store_true", help="do not ask")
    how.add_argument("--dry-run", action="store_true", help="print the plan and its API calls, and change nothing")
    how.add_argument(
        "--format",
        choices=("cli", "cloudformation"),
        help="print commands of the AWS CLI, or a template, and change nothing",
    )


def _scope(text: str) -> str:
    if not text or any(map(str.isspace, text)):  # what else a scope may not have is said where the settings are checked
        raise argparse.ArgumentTypeError(f"{text[:100]!r} is no scope; for several, repeat --scope")
    return text


def _url(text: str) -> str:
    if fault := url_fault(text, private=True):
        raise argparse.ArgumentTypeError(f"{text[:100]!r} {fault}")
    return text


def _origin(text: str) -> str:
    if urlsplit(_url(text)).path not in ("", "/") or "?" in text:
        raise argparse.ArgumentTypeError("an origin has no path, as in https://api.example.com")
    return text


def _hub(text: str) -> str:
    if "?" in _url(text):
        raise argparse.ArgumentTypeError("a JupyterHub's address has no query, as in https://hub.example.org")
    return text.rstrip("/").removesuffix("/hub")


def _profile(text: str) -> str:
    if not PROFILE_NAME.fullmatch(text):
        raise argparse.ArgumentTypeError("a profile's name has letters, digits, - and _ only")
    return text


class _Once(argparse.Action):
    """An option of which a second one would silently take the first one's place."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: object, *_: object
    ) -> None:
        if getattr(namespace, self.dest) is not None:
            parser.error(f"{self.option_strings[0]} is given twice; the addresses of another: --callback-url")
        setattr(namespace, self.dest, values)
