"""Where this kernel runs, as far as a sign-in asks: on the machine of the user's browser, or elsewhere.

Only on the same one can it come back to a port that the kernel listens on. The table below is all that is looked at,
in its order; the first row that applies decides. Its variables and files are those by which each product is known to
tell itself apart.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ELSEWHERE", "Sign", "sign_of_elsewhere"]


@dataclass(frozen=True, slots=True)
class Sign:
    """A sign that the browser is on another machine than the kernel.

    Attributes
    ----------
    place : str
        What this is, as the user calls it.
    variables : tuple of str
        Environment variables, one of which is set there; with ``=value`` only to that value.
    files : tuple of str
        Files below the root folder, one of which exists there.
    """

    place: str
    variables: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    def applies(self, environ: Mapping[str, str], root: Path) -> bool:
        """Tell whether this is the place."""
        for variable in self.variables:
            name, has_value, value = variable.partition("=")
            if name in environ and (not has_value or environ[name] == value):
                return True
        return any((root / file).exists() for file in self.files)


ELSEWHERE = (
    Sign("Google Colab", ("COLAB_RELEASE_TAG", "COLAB_BACKEND_VERSION")),
    Sign("Kaggle", ("KAGGLE_KERNEL_RUN_TYPE",)),
    Sign(
        "Amazon SageMaker",
        ("SAGEMAKER_DOMAIN_ID", "SAGEMAKER_SPACE_NAME"),
        ("opt/ml/metadata/resource-metadata.json",),
    ),
    Sign("Databricks", ("DATABRICKS_RUNTIME_VERSION",)),
    Sign("Deepnote", ("DEEPNOTE_PROJECT_ID",)),
    Sign("Binder", ("BINDER_SERVICE_HOST", "BINDER_REPO_URL")),
    Sign("GitHub Codespaces", ("CODESPACES=true",)),
    Sign("Gitpod", ("GITPOD_WORKSPACE_ID",)),
    Sign("a kernel gateway", ("KERNEL_GATEWAY",)),
    Sign("a JupyterHub whose servers lack the cognito_nb extension", ("JUPYTERHUB_API_TOKEN",)),
    Sign("a VS Code dev container", ("REMOTE_CONTAINERS=true",)),
    Sign("VS Code's remote server", ("VSCODE_AGENT_FOLDER",)),
    Sign("an SSH session", ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY")),
    Sign("Kubernetes", ("KUBERNETES_SERVICE_HOST",)),
    Sign("a container", (), (".dockerenv", "run/.containerenv")),
)
_HEADLESS = Sign("a machine without a screen")
_SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME")  # WSL has Windows' browser


def sign_of_elsewhere(
    environ: Mapping[str, str] = os.environ, *, platform: str = sys.platform, root: Path = Path("/")
) -> Sign | None:
    """Return the sign that the user's browser is on another machine; None if it is on this one.

    Parameters
    ----------
    environ : Mapping of str to str
        The kernel's environment.
    platform : str
        As `sys.platform`.
    root : Path
        Where the files of the table are looked for.
    """
    found = next((sign for sign in ELSEWHERE if sign.applies(environ, root)), None)
    if found is None and platform == "linux" and not any(name in environ for name in _SCREENS):
        return _HEADLESS
    return found
