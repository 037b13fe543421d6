"""Whether cognito_nb is where it must be: in the Jupyter server's environment, switched on, and in the kernel's.

In a terminal, ``jupyter cognito doctor`` runs in Jupyter's own environment and asks each kernel's Python; in a kernel
it asks the Python of the server that started it, and the server itself over the wire. A sign-in without a browser needs
no server extension.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._version import __version__
from ..errors import CognitoError
from ..tokens.access import take_server_access
from ..wire import SIGN_INS_PATH, WIRE_VERSION
from .finding import found, of_error, ok
from .pythons import Installed, ask, here
from .shell import line_to_copy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..tokens.access import ServerAccess
    from ..tokens.transport import Transport
    from .finding import Finding

__all__ = ["check_from_kernel", "check_from_terminal"]

_VERSION = sys.version_info
_OWN_PYTHONS = ("python", f"python{_VERSION.major}", f"python{_VERSION.major}.{_VERSION.minor}")
_SERVER = re.compile(  # names of the programs and modules that are a Jupyter server
    r"(^|[ ])jupyter(hub)?-(lab|labhub|notebook|nbclassic|server|singleuser)(-script\.py|\.exe)?([ ]|$)"
    r"|-m (jupyterlab|notebook|nbclassic|jupyter_server|jupyterhub\.singleuser)(\.\w+)?([ ]|$)"
)
_SESSION = "JPY_SESSION_NAME"  # in the kernel of a notebook that a Jupyter server has open
_MOST_WORDS = 6  # of a command, before the server's own options
_ENABLE = "Run: jupyter server extension enable cognito_nb, then restart Jupyter."
_CAPABILITY = "Capability of the Jupyter server"


def check_from_terminal(*, by_browser: bool = True) -> Iterator[Finding]:
    """Look at Jupyter's own environment, in which this runs, and ask the Python of every kernel.

    Parameters
    ----------
    by_browser : bool
        Whether a sign-in comes back by a browser, for which the server extension is.
    """
    server = here()
    title = f"Jupyter server's environment: cognito_nb {__version__} in {sys.prefix}"
    yield _extension(server, title) if by_browser else ok("extension", title)
    specs = _python_kernels()
    kernels = ask([(_interpreter(spec["argv"]), spec["env"]) for spec in specs.values()])
    if not kernels:
        yield found(
            "kernels",
            "Kernels of this Jupyter",
            "kernel_package_missing",
            status="warning",
            detail="Jupyter has no Python kernel here.",
            fix="Install one: python -m pip install ipykernel cognito_nb",
        )
    others = any(kernel.version for kernel in kernels)
    for (name, spec), kernel in zip(specs.items(), kernels, strict=True):
        yield _kernel(f"kernel:{name}", str(spec.get("display_name", name)), kernel, server=server, others=others)


def check_from_kernel(transport: Transport, *, by_browser: bool = True) -> Iterator[Finding]:
    """Look at this kernel, the Python of the server that started it, and ask that server over the wire.

    Parameters
    ----------
    transport : Transport
        Whose loop the question runs on.
    by_browser : bool
        Whether a sign-in comes back by a browser, for which the server extension is.
    """
    kernel, access = here(), take_server_access()
    yield ok("kernel", f"This kernel: cognito_nb {__version__} (wire version {WIRE_VERSION}) in {sys.prefix}")
    if not by_browser:
        return
    command = _command_of_parent()
    is_server = access is not None or _SESSION in os.environ or _is_server(command)
    # Not the process's executable: in a virtual environment that is the base Python
    asked = ask([(program, {}) for program in command[:1] if is_server], of_server=True)
    servers = [server for server in asked if server.answered]
    yield from (_of_server(server, kernel) for server in servers)
    if access is not None:
        yield _of_wire(transport, access)
    elif is_server:
        yield _no_access(servers)
    else:
        yield ok("capability", "No Jupyter server has started this kernel (VS Code, a script): none is needed")


def _extension(server: Installed, title: str) -> Finding:
    if server.enabled:
        return ok("extension", f"{title}, extension enabled")
    if server.enabled is None:
        detail, fix = "jupyter_server is not installed here.", "Run this command in Jupyter's own environment."
    else:
        detail, fix = "The server extension is not enabled in Jupyter's settings here.", _ENABLE
    return found("extension", title, "extension_missing", detail=detail, fix=fix)


def _of_server(server: Installed, kernel: Installed) -> Finding:
    title = f"Jupyter server's environment ({server.python})"
    if server.version is not None:
        return _versions("extension", title, server, kernel)
    detail, fix = "cognito_nb is not installed there.", _install(server.python, "Jupyter")
    return found("extension", title, "extension_missing", status="warning", detail=detail, fix=fix)


def _kernel(id_: str, name: str, kernel: Installed, *, server: Installed, others: bool) -> Finding:
    title = f"Kernel {name!r} ({kernel.python})"
    if not kernel.answered:
        return found(
            id_,
            title,
            "kernel_package_missing",
            status="warning",
            detail="This kernel's Python could not be asked whether it has cognito_nb.",
            fix="Run %load_ext cognito_nb in a notebook with this kernel.",
        )
    if kernel.version is None:
        return found(
            id_,
            title,
            "kernel_package_missing",
            status="warning" if others else "failed",
            detail="cognito_nb is not installed in this kernel's environment.",
            fix=_install(kernel.python, "the kernel"),
        )
    return _versions(id_, title, kernel, server)


def _versions(id_: str, title: str, installed: Installed, own: Installed) -> Finding:
    title = f"{title}: cognito_nb {installed.version} (wire version {installed.wire})"
    if installed.version == own.version:
        return ok(id_, title)
    differs = installed.wire != own.wire
    return found(
        id_,
        title,
        "versions_differ",
        status="failed" if differs else "warning",
        detail=f"cognito_nb is {installed.version} there and {own.version} in {own.python}"
        + ("; they cannot speak to each other." if differs else "; they understand each other."),
        fix=_install(installed.python, "Jupyter and the kernel", f"cognito_nb=={own.version}"),
    )


def _no_access(servers: list[Installed]) -> Finding:
    if any(server.version and server.enabled for server in servers):
        detail = "The server has the extension, but gave this kernel nothing: it was enabled after Jupyter had started."
        fix = "Restart Jupyter, and the kernel with it."
    elif any(server.version for server in servers):
        detail, fix = "The server extension is not enabled in the Jupyter server's environment.", _ENABLE
    else:
        detail = "The Jupyter server that has started this kernel lacks the cognito_nb extension."
        fix = "Install cognito_nb in the Jupyter server's environment, then restart Jupyter, and the kernel with it."
    return found("capability", _CAPABILITY, "extension_missing", status="warning", detail=detail, fix=fix)


def _of_wire(transport: Transport, access: ServerAccess) -> Finding:
    """Send the server a sign-in that is none: it answers by capability, then by wire version, then refuses the rest."""
    from ..tokens.jupyter_server import JupyterServer, refusal  # noqa: PLC0415 - it brings httpx

    async def status() -> int:
        server = JupyterServer(access)
        try:
            return (await server.send("POST", SIGN_INS_PATH, _Question())).status_code
        finally:
            await server.aclose()

    try:
        answer = transport.background.run(status())
    except CognitoError as error:
        return of_error("capability", _CAPABILITY, error)
    if answer == HTTPStatus.BAD_REQUEST:
        return ok("capability", f"{_CAPABILITY}: it knows this kernel, and speaks wire version {WIRE_VERSION}")
    return of_error("capability", _CAPABILITY, refusal(answer))


@dataclass(frozen=True, slots=True)
class _Question:
    """The version, and no sign-in."""

    def to_json(self) -> dict[str, Any]:
        return {"wire": WIRE_VERSION}


def _install(python: str, restarted: str, package: str = "cognito_nb") -> str:
    """Return the fix by pip; a folder's name may hold anything."""
    line = line_to_copy([python, "-m", "pip", "install", package])
    return f"{line or f'Install {package} for that Python'}, then restart {restarted}."


def _python_kernels() -> dict[str, dict[str, Any]]:
    """Return what Jupyter has of Python's kernels; anybody's package may have left a file that is none."""
    from jupyter_client.kernelspec import KernelSpecManager  # noqa: PLC0415 - in a terminal only

    specs = {name: entry["spec"] for name, entry in KernelSpecManager().get_all_specs().items()}
    return {
        name: {**spec, "env": _strings(spec.get("env"))}
        for name, spec in sorted(specs.items())
        if spec.get("language") == "python" and spec.get("argv") and all(isinstance(w, str) for w in spec["argv"])
    }


def _strings(env: object) -> dict[str, str]:
    pairs = env.items() if isinstance(env, Mapping) else ()
    return {name: value for name, value in pairs if isinstance(name, str) and isinstance(value, str)}


def _interpreter(argv: Sequence[str]) -> str:
    """Return what Jupyter starts for a kernel's command: a bare ``python`` of its version is its own."""
    program = argv[0].replace("{prefix}", sys.prefix)
    if program in _OWN_PYTHONS:
        return sys.executable
    if Path(program).name == "env" and len(argv) > 1:  # /usr/bin/env python
        program = argv[1]
    return program if Path(program).is_absolute() else shutil.which(program) or program


def _command_of_parent() -> list[str]:
    """Return the command of the process that started this kernel, empty if unknown; psutil comes with ipykernel."""
    try:
        import psutil  # type: ignore[import-untyped]  # noqa: PLC0415 - in a kernel only
    except ImportError:
        return []
    try:
        return [str(word) for word in psutil.Process(os.getppid()).cmdline()]
    except psutil.Error:
        return []


def _is_server(command: Sequence[str]) -> bool:
    """Tell whether a command is that of a Jupyter server; papermill, nbclient and editors start kernels, too."""
    names = (re.split(r"[/\\]", word)[-1] for word in command[:_MOST_WORDS])
    return _SERVER.search(" ".join(names)) is not None
