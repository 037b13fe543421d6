"""Which redirect URI brings this browser back to this server: pure.

The browser's own host decides, as it stands in the Host header (``X-Forwarded-Host`` is anybody's word).
Behind a TLS proxy tornado's scheme is unreliable (measured), and Cognito takes plain http on loopback only:
so the scheme is https everywhere but on loopback.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..urls import is_loopback
from ..wire import CALLBACK_PATH, START_PATH

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Place", "choose", "start_under_registered_name"]

_DEFAULT_PORTS = {"http": 80, "https": 443}
_USER_REDIRECT = "hub/user-redirect/" + CALLBACK_PATH  # one URL for all users of a Hub, default servers only


@dataclass(frozen=True, slots=True)
class Place:
    """Where the browser sees this server.

    Attributes
    ----------
    host : str
        Its host name, in lower case and without brackets.
    port : int or None
        Its port, if it is not the scheme's own.
    scheme : str
        The scheme that tornado saw; it counts on loopback only.
    base_url : str
        Path of the server, with slashes at both ends.
    hub_path : str or None
        On a JupyterHub, path of the Hub's own route to this user's callback.
    hub_url : str or None
        The same as a URL, where the Hub says that it has a host name of its own (a sub-domain for each user).
    """

    host: str
    port: int | None
    scheme: str
    base_url: str
    hub_path: str | None = None
    hub_url: str | None = None

    @classmethod
    def of(cls, host: str, scheme: str, base_url: str, environ: Mapping[str, str]) -> Place:
        """Read a Host header; the Hub tells a single-user server about itself in its environment.

        Raises
        ------
        ValueError
            If the header is no host and port.
        """
        parts = urlsplit(f"//{host}")
        on_hub = "JUPYTERHUB_SERVICE_PREFIX" in environ or base_url.startswith("/user/")
        if not on_hub or environ.get("JUPYTERHUB_SERVER_NAME"):  # the route leads to default servers only
            return cls(parts.hostname or "", parts.port, scheme, base_url)
        hub_path, hub = environ.get("JUPYTERHUB_BASE_URL", "/") + _USER_REDIRECT, environ.get("JUPYTERHUB_HOST", "")
        elsewhere = urlsplit(hub).hostname not in (None, parts.hostname)
        return cls(
            parts.hostname or "", parts.port, scheme, base_url, hub_path, f"{hub}{hub_path}" if elsewhere else None
        )

    @property
    def paths(self) -> tuple[str, ...]:
        """Paths that lead to this server's callback; its own first, as the Hub's log shows the code."""
        own = self.base_url + CALLBACK_PATH
        return (own,) if self.hub_path is None else (own, self.hub_path)

    @property
    def default(self) -> str:
        """The redirect URI where none is configured, and the one to register where none fits."""
        if self.hub_url is not None:
            return self.hub_url
        scheme = self.scheme if is_loopback(self.host) else "https"
        netloc = f"[{self.host}]" if ":" in self.host else self.host
        if self.port not in (None, _DEFAULT_PORTS[scheme]):
            netloc += f":{self.port}"
        return f"{scheme}://{netloc}{self.paths[-1]}"


def choose(redirect_uris: Sequence[str], place: Place) -> str | None:
    """Return the redirect URI, exactly as configured, that leads this browser here, or None."""
    if not redirect_uris:
        return place.default
    fitting = [uri for uri in redirect_uris if _leads_here(uri, place) and urlsplit(uri).hostname == place.host]

    def order(uri: str) -> tuple[int, bool]:
        return place.paths.index(urlsplit(uri).path), urlsplit(uri).scheme != place.scheme

    return min(fitting, key=order, default=place.hub_url if place.hub_url in redirect_uris else None)


def start_under_registered_name(redirect_uris: Sequence[str], place: Place, sign_in_id: str) -> str | None:
    """Return the start page under the loopback name that is registered, if only that name differs."""
    if not is_loopback(place.host):
        return None
    for uri in redirect_uris:
        parts = urlsplit(uri)
        if is_loopback(parts.hostname) and _leads_here(uri, place):
            return f"{parts.scheme}://{parts.netloc}{place.base_url}{START_PATH}/{sign_in_id}"
    return None


def _leads_here(uri: str, place: Place) -> bool:
    """Compare all but the host name; a browser that names no port is on the default port of the URI's scheme."""
    parts = urlsplit(uri)
    secure = parts.scheme == "https" or is_loopback(parts.hostname)
    default = _DEFAULT_PORTS[parts.scheme]
    return secure and parts.path in place.paths and (parts.port or default) == (place.port or default)
