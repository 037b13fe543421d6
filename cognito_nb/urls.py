"""Which URLs may be used at all: https, or http on this machine; no user names, no private networks."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import quote, urlsplit

__all__ = ["is_loopback", "origin_of", "url_fault", "with_redirect_uri"]

_LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
_PRINTABLE = re.compile(r"[!-\[\]-~]{1,1024}")  # ASCII without blanks and backslash
_NETLOC = re.compile(r"(?:[^\[\]]+|\[[0-9a-fA-F:.]+\](?::\d*)?)")  # brackets around the whole host, or none
_HOST = re.compile(  # the last label is no number, or the resolver would take the name for an address: 0xa9fea9fe
    r"(?=[a-z0-9])(?=.{1,253}\Z)(?:[a-z0-9_-]{1,63}\.)*(?!0x[0-9a-f]*\Z)(?=[^.]*[a-z])[a-z0-9_-]{0,62}[a-z0-9]"
)


def is_loopback(host: str | None) -> bool:
    """Tell whether a host name means this machine: ``localhost``, ``127.0.0.1`` or ``::1``."""
    return host in _LOOPBACK_HOSTS


def origin_of(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port of a URL, in lower case and with the default port filled in.

    Raises
    ------
    ValueError
        If the URL has no host or an impossible port.
    """
    parts = urlsplit(url)
    if not parts.hostname:
        raise ValueError("no host")
    port = parts.port if parts.port is not None else {"https": 443, "http": 80}.get(parts.scheme, 0)
    return parts.scheme, parts.hostname.rstrip("."), port


def with_redirect_uri(authorization_url: str, redirect_uri: str) -> str:
    """Return an authorization request that is complete but for its redirect URI, with it."""
    separator = "&" if "?" in authorization_url else "?"
    return f"{authorization_url}{separator}redirect_uri={quote(redirect_uri, safe='')}"


def url_fault(url: object, *, private: bool = False) -> str | None:
    """Return why a URL may not be used, as the end of a sentence, or None if it may.

    Parameters
    ----------
    url : object
        The value of a setting, or what a discovery document holds.
    private : bool
        Whether the address of another machine may stand for its name, as it does for a company's own API; a user pool
        has a public name.
    """
    if not isinstance(url, str) or not _PRINTABLE.fullmatch(url):
        return "is no absolute URL of printable ASCII characters"
    try:
        parts, port = urlsplit(url), urlsplit(url).port
    except ValueError:
        return "is no URL"
    host = parts.hostname or ""
    rules = (
        (parts.scheme in ("https", "http") and bool(host), "must start with https:// and name a host"),
        ("@" not in parts.netloc and port != 0, "must not hold a user name or port 0"),
        (not parts.netloc.endswith(":"), "must not end its host with a colon"),  # "gopher:" is no host
        ("#" not in url, "must not hold a fragment (#)"),
        (
            parts.scheme == "https" or is_loopback(host),
            "must be https: plain http is for localhost, 127.0.0.1 and [::1] only",
        ),
        (
            _NETLOC.fullmatch(parts.netloc)
            and (is_loopback(host) or _has_name(host) or (private and _is_address(host))),
            "has no valid host name, or points into a private network",
        ),
    )
    return next((fault for holds, fault in rules if not holds), None)


def _has_name(host: str) -> bool:
    return _HOST.fullmatch(host) is not None


def _is_address(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return not (address.is_link_local or address.is_multicast or address.is_unspecified or address.is_loopback)
