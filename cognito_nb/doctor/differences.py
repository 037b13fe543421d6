"""How a URL differs from those that are registered: Cognito compares them as strings, and so does nobody's eye. Pure.

Source: "App client terms" in the Cognito developer guide: a callback URL matches to the letter, up to the last slash.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from ..urls import is_loopback

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["difference", "neighbours", "other_loopback"]

_PORTS = {"http": 80, "https": 443}
_JUPYTERS = range(8888, 8893)  # the port that Jupyter takes, and the next ones if it is taken
_MOST = 3  # differences beyond which two URLs have nothing to do with each other


def difference(url: str, registered: Iterable[str]) -> str:
    """Return in what a URL differs from the nearest of those that are registered.

    Parameters
    ----------
    url : str
        What would be sent.
    registered : iterable of str
        What the app client, or cognito.toml, has.

    Returns
    -------
    str
        Such as ``the nearest is http://localhost:8889/cognito/callback (port 8889, not 8888)``; empty if the URL is
        registered, or none is near.
    """
    registered = tuple(registered)
    if url in registered:
        return ""
    near = min(((_parts_that_differ(url, each), each) for each in registered), key=_distance, default=None)
    if near is None or not 0 < len(near[0]) <= _MOST:
        return ""
    return f"the nearest is {near[1]} ({', '.join(near[0])})"


def neighbours(url: str) -> tuple[str, ...]:
    """Return the URLs that are registered by mistake in the place of this one, up to eight, the likeliest first.

    Parameters
    ----------
    url : str
        A callback URL.
    """
    parts = urlsplit(url)
    near = [urlunsplit(parts._replace(path=parts.path[:-1] if parts.path.endswith("/") else f"{parts.path}/"))]
    if is_loopback(parts.hostname):  # elsewhere a user pool takes https only
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        near.append(other_loopback(url))
        near.append(urlunsplit(parts._replace(scheme="http" if parts.scheme == "https" else "https")))
        near += [urlunsplit(parts._replace(netloc=f"{host}:{port}")) for port in _JUPYTERS if port != parts.port]
    return tuple(near)


def other_loopback(url: str) -> str:
    """Return a URL under the other name of this machine, localhost or 127.0.0.1; empty if its host is another.

    Parameters
    ----------
    url : str
        A callback URL.
    """
    parts = urlsplit(url)
    if not is_loopback(parts.hostname):
        return ""
    name = "localhost" if parts.hostname != "localhost" else "127.0.0.1"
    return urlunsplit(parts._replace(netloc=f"{name}:{parts.port}" if parts.port else name))


def _distance(entry: tuple[list[str], str]) -> tuple[int, str]:
    return len(entry[0]) or _MOST + 1, entry[1]


def _parts_that_differ(url: str, other: str) -> list[str]:
    """Name what differs, as it is in `other`; nothing if the URLs have nothing in common."""
    if url.lower() == other.lower():
        return ["other upper and lower case"]
    if url.rstrip("/") == other.rstrip("/"):
        return ["with a slash at the end" if other.endswith("/") else "without a slash at the end"]
    try:
        ours, theirs = urlsplit(url), urlsplit(other)
        ports = tuple(parts.port or _PORTS.get(parts.scheme) for parts in (ours, theirs))
    except ValueError:  # no port
        return []
    found = []
    if ours.scheme != theirs.scheme:
        found.append(f"{theirs.scheme}, not {ours.scheme}")
    if ours.hostname != theirs.hostname:
        if ours.path != theirs.path and not (is_loopback(ours.hostname) and is_loopback(theirs.hostname)):
            return []
        found.append(f"host {theirs.hostname}, not {ours.hostname}")
    if ports[0] != ports[1] and (ours.port or theirs.port):
        found.append(f"port {ports[1]}, not {ports[0]}")
    if ours.path != theirs.path:
        found.append(_of_paths(ours.path, theirs.path))
    if ours.query != theirs.query:
        found.append("another query")
    return found


def _of_paths(ours: str, theirs: str) -> str:
    if ours.lower() == theirs.lower():
        return "path in other upper and lower case"
    if ours.rstrip("/") == theirs.rstrip("/"):
        return "with a slash at the end" if theirs.endswith("/") else "without a slash at the end"
    return f"path {theirs or '/'}, not {ours or '/'}"
