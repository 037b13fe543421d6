"""`Cause`: what a failure means for the person who sees it, and the words that many rows share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["AGAIN", "CLIENT_PAGE", "LOGIN_PAGES", "Cause", "about_pool", "describe_client"]

AGAIN = "Run %cognito_login again."
CLIENT_PAGE = "User pools → your pool → App clients → your client"  # in the console
LOGIN_PAGES = f"{CLIENT_PAGE} → Login pages"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A row of the table.

    Parameters
    ----------
    code : str
        Its key.
    title : str
        What happened, in a few words.
    likely : tuple of str
        Likely causes, the most likely first.
    fix : str
        The next step.
    tell : str
        How to tell which of the causes it is; empty where nothing is to be told apart.
    console : str
        The page of the AWS console that shows it; empty where that shows nothing.
    command : str
        A line for the AWS CLI that shows it and changes nothing, with ``{user_pool_id}``, ``{client_id}`` and
        ``{region}`` to be filled in: `command_for`.
    """

    code: str
    title: str
    likely: tuple[str, ...]
    fix: str
    tell: str = ""
    console: str = ""
    command: str = ""

    def command_for(self, names: Mapping[str, str]) -> str:
        """Return the command for a user pool and app client.

        Parameters
        ----------
        names : mapping of str to str
            ``user_pool_id``, ``client_id`` and ``region``.
        """
        return self.command.format_map(names)

    def details(self, names: Mapping[str, str] | None = None) -> tuple[tuple[str, str], ...]:
        """Return what helps to end the search, as pairs of a heading and a text, in the order of reading.

        Parameters
        ----------
        names : mapping of str to str, optional
            As for `command_for`; None for a user pool that is not at AWS, where neither console nor CLI would help.
        """
        pairs = (
            *(("Likely" if at == 0 else "Or", text) for at, text in enumerate(self.likely)),
            ("How to tell", self.tell),
            ("AWS console", self.console if names else ""),
            ("AWS CLI", self.command_for(names) if names else ""),
        )
        return tuple((heading, text) for heading, text in pairs if text)


def about_pool(command: str, rest: str = "") -> str:
    """Return a line for the AWS CLI about the user pool.

    Parameters
    ----------
    command : str
        Of ``aws cognito-idp``.
    rest : str, optional
        What follows the user pool, with the blank before it.
    """
    return f"aws cognito-idp {command} --region {{region}} --user-pool-id {{user_pool_id}}{rest}"


def describe_client(query: str) -> str:
    """Return the command that shows one thing about an app client: the whole answer would show its secret, too.

    Parameters
    ----------
    query : str
        In JMESPath, below ``UserPoolClient``.
    """
    return about_pool("describe-user-pool-client", f" --client-id {{client_id}} --query 'UserPoolClient.{query}'")
