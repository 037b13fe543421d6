"""What the Jupyter server extension leaves in its kernels' environment.

It is taken out of there on first use, so that ``%env`` and child processes do not show it. This file loads nothing
heavy: ``%load_ext`` runs it.
"""

from __future__ import annotations

import functools
import os
from typing import NamedTuple
from urllib.parse import urlsplit

from ..environment import ENV_SERVER_CA, ENV_SERVER_TOKEN, ENV_SERVER_URL
from ..secret import Secret

__all__ = ["ServerAccess", "take_server_access"]


class ServerAccess(NamedTuple):
    """What the Jupyter server left in its kernels' environment.

    Attributes
    ----------
    url : str
        Its address as this machine sees it, base_url included, with a slash at the end.
    capability : Secret
        Opens the ``cognito/api`` routes.
    ca_file : str or None
        Its own certificate, when it serves TLS.
    """

    url: str
    capability: Secret
    ca_file: str | None = None

    def absolute(self, path: str) -> str:
        """Return the URL of an absolute path on the server."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}{path}"


@functools.cache
def take_server_access() -> ServerAccess | None:
    """Take the capability out of the environment and keep it; None if no server extension has left one."""
    url = os.environ.pop(ENV_SERVER_URL, None)
    capability = os.environ.pop(ENV_SERVER_TOKEN, None)
    ca_file = os.environ.pop(ENV_SERVER_CA, None)
    if not url or not capability:
        return None
    return ServerAccess(url if url.endswith("/") else f"{url}/", Secret(capability), ca_file)
