"""%cognito_login, %cognito_logout, %cognito_status, %cognito_doctor: parse, call, show.

Loading this file must stay cheap: it is what ``%load_ext`` waits for.
"""

from __future__ import annotations

import keyword
import re
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring

if TYPE_CHECKING:
    from concurrent.futures import Future

    from IPython.core.interactiveshell import InteractiveShell

    from .session import Session

__all__ = ["CognitoMagics", "load", "unload"]

_MAGICS = ("cognito_login", "cognito_logout", "cognito_status", "cognito_doctor")
_SECRET = re.compile(r"--[\w-]*(secret|token|password)", re.IGNORECASE)
_OPTIONS = ("--force", "--no-wait", "--timeout", "--receiver", "--as")


@magics_class
class CognitoMagics(Magics):
    """The line magics."""

    shell: InteractiveShell
    pending: Future[Session] | None = None  # the latest sign-in of --no-wait: it supersedes the one before

    @magic_arguments()
    @argument("profile", nargs="?", help="a profile of cognito.toml")
    @argument("--force", action="store_true", help="sign in anew even if there is a session")
    @argument("--no-wait", action="store_true", help="show the button and return at once")
    @argument("--timeout", type=float, default=600.0, metavar="S", help="seconds to finish (default 600)")
    @argument("--receiver", default="auto", help="auto, jupyter, loopback or paste")
    @argument("--as", dest="name", default="cognito", metavar="NAME", help="variable to bind (default cognito)")
    @line_magic
    def cognito_login(self, line: str) -> None:
        """Sign in; the session becomes the variable `cognito`."""
        from .flow import login, login_later  # noqa: PLC0415 - %load_ext must stay cheap

        _refuse_secrets(line)
        options = parse_argstring(self.cognito_login, line)
        if not options.name.isidentifier() or keyword.iskeyword(options.name):
            raise UsageError(f"--as {options.name!r}: that is no name of a variable")
        how = {"timeout": options.timeout, "force": options.force, "receiver": options.receiver}
        if options.no_wait:
            self.pending = login_later(options.profile, then=lambda it: self.shell.push({options.name: it}), **how)
        else:
            self.shell.push({options.name: login(options.profile, **how)})

    @magic_arguments()
    @argument("profile", nargs="?", help="whose session; default the one signed in last")
    @line_magic
    def cognito_logout(self, line: str) -> None:
        """Sign out: revoke the tokens, and show the link that ends the browser's session."""
        from .flow import logout  # noqa: PLC0415 - %load_ext must stay cheap

        logout(parse_argstring(self.cognito_logout, line).profile)

    @magic_arguments()
    @argument("profile", nargs="?", help="whose session; default all")
    @line_magic
    def cognito_status(self, line: str) -> None:
        """Show who is signed in."""
        from .status import show_status  # noqa: PLC0415 - %load_ext must stay cheap

        show_status(parse_argstring(self.cognito_status, line).profile)

    @magic_arguments()
    @argument("profile", nargs="?", help="a profile of cognito.toml")
    @line_magic
    def cognito_doctor(self, line: str) -> None:
        """Look for what will keep a sign-in from working, and say how to mend it."""
        from .doctor import show_in_notebook  # noqa: PLC0415 - %load_ext must stay cheap

        show_in_notebook(parse_argstring(self.cognito_doctor, line).profile)


def load(shell: InteractiveShell) -> None:
    """Register the magics and take the server's capability out of the environment."""
    from .tokens.access import take_server_access  # noqa: PLC0415

    take_server_access()
    shell.register_magics(CognitoMagics)
    for magic in _MAGICS:
        shell.set_hook("complete_command", _complete, str_key=f"%{magic}")


def unload(shell: InteractiveShell) -> None:
    """Withdraw what is pending, forget all sessions and remove the magics."""
    from .registry import current_sessions  # noqa: PLC0415

    magics = shell.magics_manager.registry.pop(CognitoMagics.__name__, None)
    if magics is not None and magics.pending is not None:
        magics.pending.cancel()
    for session in current_sessions():
        session.close()
    for magic in _MAGICS:
        shell.magics_manager.magics["line"].pop(magic, None)
        shell.strdispatchers["complete_command"].strs.pop(f"%{magic}", None)


def _complete(_shell: object, event: Any) -> list[str]:  # noqa: ANN401 - IPython's event
    from .profiles import profile_names  # noqa: PLC0415

    options = _OPTIONS if event.command == "%cognito_login" else ()
    return [*profile_names(), *options]


def _refuse_secrets(line: str) -> None:
    """Refuse options for secrets, of which there are none: argparse would repeat the value below the cell."""
    if _SECRET.search(line):
        raise UsageError(
            "no secret on this line: it is saved with the notebook and in IPython's history. Delete it here, and set "
            "COGNITO_NB_CLIENT_SECRET or COGNITO_NB_REFRESH_TOKEN before Jupyter starts."
        )
