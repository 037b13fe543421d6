"""Whether cognito_nb is where it must be: in the Jupyter server's environment, switched on, and in the kernel's.

In a terminal, ``jupyter cognito doctor`` runs in Jupyter's own environment and asks each kernel's Python; in a kernel
it asks the Python of the server that started it, and the server itself over the wire.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._version import __version__
from ..errors import CognitoError
from ..tokens.access import take_server_access
from ..wire import SIGN_INS_PATH, WIRE_VERSION
from .finding import found, of_error, ok
from .pythons import Installed, ask, here

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..tokens.access import ServerAccess
    from ..tokens.transport import Transport
    from .finding import Finding

__all__ = ["check_from_kernel", "check_from_terminal"]

_PYTHON = re.compile(r"python[0-9.]*(\.exe)?", re.IGNORECASE)
_INSTALL = "{python} -m pip install cognito_nb, then restart {what}."
_ENABLE = "Run: jupyter server extension enable cognito_nb, then restart Jupyter."
_BAD_REQUEST, _FORBIDDEN, _CONFLICT = 400, 403, 409  # HTTP statuses
_CAPABILITY = "Capability of the Jupyter server"


def check_from_terminal() -> Iterator[Finding]:
    """Look at Jupyter's own environment, in which this runs, and ask the Python of every kernel."""
    server = here()
    yield _extension(server, f"Jupyter server's environment: cognito_nb {__version__} in {sys.prefix}")
    names, pythons = [], []
    for name, spec in _python_kernels().items():
        names.append((name, str(spec.get("display_name", name))))
        pythons.append((_interpreter(spec["argv"][0]), spec.get("env") or {}))
    kernels = ask(pythons)
    if not kernels:
        yield found(
            "kernels",
            "Kernels of this Jupyter",
            "kernel_package_missing",
            status="warning",
            detail="Jupyter has no Python kernel here.",
            fix="Install one: python -m pip install ipykernel cognito_nb",
        )
    for (name, display_name), kernel in zip(names, kernels, strict=True):
        others = any(other.version for other in kernels)
        yield _kernel(f"kernel:{name}", display_name, kernel, server=server, others=others)


def check_from_kernel(transport: Transport) -> Iterator[Finding]:
    """Look at this kernel, the Python of the process that started it, and ask the server over the wire.

    Parameters
    ----------
    transport : Transport
        Whose loop the question runs on.
    """
    kernel, access = here(), take_server_access()
    yield ok("kernel", f"This kernel: cognito_nb {__version__} (wire version {WIRE_VERSION}) in {sys.prefix}")
    python = _python_of_parent()
    servers = [server for server in ask([(python, {})] if python else [], of_server=True) if server.answered]
    for server in servers:
        if server.version is None:
            yield found(
                "extension",
                f"Jupyter server's environment ({server.python})",
                "extension_missing",
                status="warning",
                detail="cognito_nb is not installed there.",
                fix=_INSTALL.format(python=server.python, what="Jupyter"),
            )
        else:
            yield _versions("extension", f"Jupyter server's environment ({server.python})", server, kernel)
    if access is None:
        yield _no_access(servers)
    else:
        yield _of_wire(transport, access)


def _extension(server: Installed, title: str) -> Finding:
    if server.enabled:
        return ok("extension", f"{title}, extension enabled")
    if server.enabled is None:
        detail, fix = "jupyter_server is not installed here.", "Run this command in Jupyter's own environment."
    else:
        detail, fix = "The server extension is not enabled in Jupyter's settings here.", _ENABLE
    return found("extension", title, "extension_missing", detail=detail, fix=fix)


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
            fix=_INSTALL.format(python=kernel.python, what="the kernel"),
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
        fix=f"{installed.python} -m pip install cognito_nb=={own.version}, then restart Jupyter and the kernel.",
    )


def _no_access(servers: list[Installed]) -> Finding:
    if any(server.version and server.enabled for server in servers):
        detail = "The server has the extension, but gave this kernel nothing: it was enabled after Jupyter had started."
        fix = "Restart Jupyter, and the kernel with it."
    elif any(server.version for server in servers):
        detail, fix = "The server extension is not enabled in the Jupyter server's environment.", _ENABLE
    else:
        detail = "No Jupyter server with the cognito_nb extension has started this kernel."
        fix = (
            "Install cognito_nb in the Jupyter server's environment, then restart Jupyter. In VS Code and in scripts "
            "there is nothing to do: the receiver below needs no server."
        )
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
    if answer == _BAD_REQUEST:
        return ok("capability", f"{_CAPABILITY}: it knows this kernel, and speaks wire version {WIRE_VERSION}")
    refused = refusal(answer)
    code = {_CONFLICT: "versions_differ", _FORBIDDEN: "server_gone"}.get(answer, "extension_missing")
    return found("capability", _CAPABILITY, code, detail=refused.message, fix=refused.hint or "")


@dataclass(frozen=True, slots=True)
class _Question:
    """The version, and no sign-in."""

    def to_json(self) -> dict[str, Any]:
        return {"wire": WIRE_VERSION}


def _python_kernels() -> dict[str, dict[str, Any]]:
    from jupyter_client.kernelspec import KernelSpecManager  # noqa: PLC0415 - in a terminal only

    specs = {name: entry["spec"] for name, entry in KernelSpecManager().get_all_specs().items()}
    return {name: spec for name, spec in sorted(specs.items()) if spec.get("language") == "python" and spec.get("argv")}


def _interpreter(program: str) -> str:
    """Return what Jupyter starts for the first word of a kernel's command: a bare ``python`` is its own."""
    if _PYTHON.fullmatch(program):
        return sys.executable
    return program if Path(program).is_absolute() else shutil.which(program) or program


def _python_of_parent() -> str | None:
    """Return the interpreter of the process that started this kernel, if it is one; psutil comes with ipykernel."""
    try:
        import psutil  # type: ignore[import-untyped]  # noqa: PLC0415 - in a kernel only
    except ImportError:
        return None
    try:
        command = psutil.Process(os.getppid()).cmdline()
    except psutil.Error:
        return None
    program = command[0] if command else ""
    # Not the process's executable: in a virtual environment that is the base Python
    found_at = program if Path(program).is_absolute() else shutil.which(program)
    return found_at if found_at and _PYTHON.fullmatch(Path(found_at).name) else None
