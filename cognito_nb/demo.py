"""``jupyter cognito demo``: a local user pool, a demo API and Jupyter in a working folder, without AWS."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import argparse

    from .local_pool import LocalUserPool

__all__ = ["run"]

_HERE = Path(__file__).parent
_START_PAGE = "00_start_here.ipynb"
_NEEDED = ("authlib", "ipykernel", "pandas", "matplotlib")  # by the pool and by the notebooks
_PATIENCE = 10.0  # seconds that Jupyter has to end
_PAUSE = 0.1  # seconds between two looks whether it listens


class _FrontEnd(NamedTuple):
    name: str
    module: str
    app: str  # the application whose settings it reads
    path: str  # where its pages show a notebook


_LAB = _FrontEnd("JupyterLab", "jupyterlab", "LabApp", "/lab/tree")
_NOTEBOOK = _FrontEnd("Jupyter Notebook", "notebook", "JupyterNotebookApp", "/notebooks")

_SETTINGS = """\
# Written by `jupyter cognito demo`, anew at each start: the local user pool's port changes.
default = "demo"

[profiles.demo]
issuer        = "{issuer}"
user_pool_id  = "{user_pool_id}"
client_id     = "{client_id}"
redirect_uris = {redirect_uris}
logout_uri    = "{logout_uri}"
api_origins   = ["{api_url}"]
"""

_JUPYTER = ".jupyter"  # in the demo's folder: settings that Jupyter reads beside the user's own
# Its first question, about news, would cover the start page; LabApp.news_url=None does not stop it (measured).
_NO_NEWS = '{"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": true}}'


def run(options: argparse.Namespace) -> int:
    """Run the demo until it is interrupted, and return the exit code: 0 fine, 1 failed.

    Parameters
    ----------
    options : argparse.Namespace
        ``notebook``, ``port``, ``no_browser``, ``folder`` and ``jupyter``: Jupyter's own.
    """
    front_end, folder = _NOTEBOOK if options.notebook else _LAB, options.folder
    missing = [module for module in (*_NEEDED, front_end.module) if find_spec(module) is None]
    if missing:
        return _fail(f"The demo needs {', '.join(missing)}: pip install 'cognito_nb[demo]'")
    try:
        port = _free_port(options.port)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", "ports go up to 65535")
        return _fail(f"Port {options.port} cannot be used: {reason}. Choose another with --port.")
    from .local_pool import LocalUserPool  # noqa: PLC0415 - needs the extra `local`

    callbacks = [f"http://{host}:{port}/cognito/callback" for host in ("localhost", "127.0.0.1")]
    with LocalUserPool() as pool:
        for callback in callbacks:
            pool.register_callback(callback)
        try:
            _prepare(folder, pool, callbacks)
        except OSError as error:
            return _fail(f"The folder {folder} cannot be used: {error.strerror}. Choose another with --folder.")
        extra = [*(["--no-browser"] if options.no_browser else []), *options.jupyter]
        return _run_jupyter(front_end, pool, port=port, folder=folder, options=extra)


def _free_port(port: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        return int(probe.getsockname()[1])


def _prepare(folder: Path, pool: LocalUserPool, callbacks: list[str]) -> None:
    """Copy the example notebooks that the folder does not have, and write the settings.

    One that is there stays as it is, even one of an earlier version: whoever opened it has changed it by running it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    packaged = _HERE / "notebooks"
    source = packaged if packaged.is_dir() else _HERE.parent / "notebooks"  # the latter in a checkout
    for notebook in sorted(source.glob("*.ipynb")):
        if not (folder / notebook.name).exists():
            shutil.copyfile(notebook, folder / notebook.name)
    settings = _SETTINGS.format(
        issuer=pool.issuer,
        user_pool_id=pool.user_pool_id,
        client_id=pool.client_id,
        redirect_uris="[" + ", ".join(f'"{callback}"' for callback in callbacks) + "]",
        logout_uri=pool.signed_out_url,
        api_url=pool.api_url,
    )
    target = folder / "cognito.toml"
    if target.exists() and not target.read_text("utf-8").startswith(_SETTINGS.partition("\n")[0]):
        raise FileExistsError(errno.EEXIST, "it holds a cognito.toml that the demo has not written")
    target.write_text(settings, encoding="utf-8")
    page_config = folder / _JUPYTER / "labconfig" / "page_config.json"
    page_config.parent.mkdir(parents=True, exist_ok=True)
    page_config.write_text(_NO_NEWS, encoding="utf-8")


def _run_jupyter(front_end: _FrontEnd, pool: LocalUserPool, *, port: int, folder: Path, options: list[str]) -> int:
    token = secrets.token_urlsafe(24)
    page = f"{front_end.path}/{_START_PAGE}"
    command = [
        *(sys.executable, "-m", front_end.module, f"--port={port}", "--ip=127.0.0.1", "--ServerApp.port_retries=0"),
        *(f"--ServerApp.root_dir={folder.resolve()}", f"--{front_end.app}.default_url={page}"),
        f"--LabApp.workspaces_dir={folder.resolve() / '.workspaces'}",  # spares the open tabs of the user's own
        *(f"--{app}.log_level=ERROR" for app in ("ServerApp", _LAB.app, _NOTEBOOK.app)),  # the welcome stays in sight
        "--MappingKernelManager.transport_encryption=auto",  # a kernel without it warns in the terminal
        *(("--allow-root",) if _is_root() else ()),  # containers; it listens on loopback only
        *options,
    ]
    # The user's own settings would win over the demo's cognito.toml.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COGNITO_NB_")}
    config_path = os.pathsep.join([str(folder.resolve() / _JUPYTER), *filter(None, [kept.get("JUPYTER_CONFIG_PATH")])])
    environment = {**kept, "JUPYTER_TOKEN": token, "JUPYTER_CONFIG_PATH": config_path}
    for ending in ("SIGINT", "SIGTERM", "SIGHUP"):  # the last when the terminal is closed; Windows has none
        if hasattr(signal, ending):
            signal.signal(getattr(signal, ending), signal.default_int_handler)
    # A session of its own, or Ctrl-C would make Jupyter ask whether it may end.
    server = subprocess.Popen(command, env=environment, cwd=folder, start_new_session=True)  # noqa: S603 - our own command
    try:
        if _listens(port, server):
            address = f"http://localhost:{port}{page}?token={token}"
            print(_welcome(front_end, pool, address), flush=True)  # noqa: T201 - what the user asked for
        return server.wait()
    except KeyboardInterrupt:
        print(f"\nEnding {front_end.name} and the local user pool …", flush=True)  # noqa: T201 - answers Ctrl-C
        return 0
    finally:
        server.terminate()
        try:
            server.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            server.kill()


def _listens(port: int, server: subprocess.Popen[bytes]) -> bool:
    """Wait until Jupyter answers; False if it has ended."""
    while server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(_PAUSE)
    return False


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _welcome(front_end: _FrontEnd, pool: LocalUserPool, address: str) -> str:
    users = "\n".join(f"    {user.username:<8} {user.password:<16} {user.name}" for user in pool.users)
    return (
        f"cognito_nb demo: a local user pool ({pool.domain}) and {front_end.name}, on this machine only.\n\n"
        f"  Open        {address}\n\n  Sign in as\n{users}\n\n  Ctrl-C ends both."
    )


def _fail(message: str) -> int:
    print(message, file=sys.stderr)  # noqa: T201 - the command's error
    return 1
