"""The receiver that would be chosen, and the exact callback URLs that a sign-in from here would name.

Cognito compares them as strings, so whichever of them ``redirect_uris`` lacks is a sign-in that will not come back.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..errors import CognitoError
from ..protocol.http import HttpRequest
from ..receivers import ways
from ..receivers.loopback import DEFAULT_REDIRECT_URIS, loopback_uris
from ..receivers.surroundings import sign_of_elsewhere
from ..tokens.access import take_server_access
from ..urls import is_loopback
from ..wire import CALLBACK_PATH, SIGN_INS_PATH
from .differences import difference
from .finding import ok
from .pythons import extension_is_enabled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ..config import CognitoConfig
    from .case import Case
    from .finding import Finding

__all__ = ["Place", "callbacks_of", "check_callbacks", "check_receiver", "place_of"]

_USER_REDIRECT = f"hub/user-redirect/{CALLBACK_PATH}"
_LOOPBACK_NAMES = ("localhost", "127.0.0.1")
_EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 - what a server that listens on all interfaces may name
_ADDRESS = re.compile(r"(https?|http\+unix)://[^@?#\s]{1,300}")  # of a server; its file may be anybody's
_USUAL = "http://localhost:8888/"  # where Jupyter is, if nothing says otherwise


@dataclass(frozen=True, slots=True)
class Place:
    """Where browsers see a Jupyter server, as far as this machine can tell.

    Attributes
    ----------
    name : str
        The server, for people.
    urls : tuple of str
        Its callback URLs; empty where only the browser knows the host.
    paths : tuple of str
        The paths of them: behind a proxy, the host may be any.
    is_public : bool
        Whether it is there for other machines, too: a proxy with TLS may stand before it.
    is_forwarded : bool
        Whether browsers surely come to another address than its own: a Hub's, a proxy's, a tunnel's.
    """

    name: str
    urls: tuple[str, ...]
    paths: tuple[str, ...]
    is_public: bool = False
    is_forwarded: bool = False

    def fitting(self, redirect_uris: tuple[str, ...]) -> tuple[str, ...]:
        """Return those of the configured URLs that may lead a browser here."""
        exact = tuple(uri for uri in redirect_uris if uri in self.urls)
        return exact or tuple(uri for uri in redirect_uris if self._may_be_seen_at(uri))

    def _may_be_seen_at(self, uri: str) -> bool:
        """As the server itself decides it (`server.redirects`), but for what only the browser's address tells."""
        parts, is_forwarded = urlsplit(uri), self.is_forwarded or sign_of_elsewhere() is not None
        by_proxy = parts.scheme == "https" and (is_forwarded or self.is_public)
        by_tunnel = is_loopback(parts.hostname) and is_forwarded
        return parts.path in self.paths and (by_proxy or by_tunnel)


def place_of(url: str, environ: Mapping[str, str]) -> Place:
    """Return where browsers see the server at a URL.

    Parameters
    ----------
    url : str
        The server as this machine sees it, base_url included.
    environ : mapping of str to str
        In which a JupyterHub tells its single-user servers about itself.
    """
    parts = urlsplit(url)
    base_url = f"{parts.path.rstrip('/')}/" if "unix" not in parts.scheme else parts.path
    own = f"{base_url}{CALLBACK_PATH}"
    name = f"Jupyter server at {parts.scheme}://{parts.netloc}{base_url}"
    prefix = environ.get("JUPYTERHUB_SERVICE_PREFIX")
    if prefix and base_url.startswith(prefix):  # another server may run in a Hub's terminal
        path = (
            own if environ.get("JUPYTERHUB_SERVER_NAME") else environ.get("JUPYTERHUB_BASE_URL", "/") + _USER_REDIRECT
        )
        host = environ.get("JUPYTERHUB_HOST") or environ.get("JUPYTERHUB_PUBLIC_HUB_URL") or ""
        public = urlsplit(environ.get("JUPYTERHUB_PUBLIC_URL") or host)
        known = (f"{public.scheme}://{public.netloc}{path}",) if public.netloc else ()
        return Place("this user's server on the JupyterHub", known, (path, own), is_forwarded=True)
    if "unix" in parts.scheme:
        return Place("Jupyter server on a unix socket", (), (own,), is_forwarded=True)
    is_local, port = is_loopback(parts.hostname), f":{parts.port}" if parts.port else ""
    if is_local or (parts.hostname or "") in (*_EVERYWHERE, socket.gethostname().lower()):
        # Its own name stands for all interfaces: whoever sits at this machine comes by a loopback name
        urls = tuple(f"{parts.scheme}://{host}{port}{own}" for host in _LOOPBACK_NAMES)
        return Place(name, urls, (own,), is_public=not is_local)
    return Place(name, (f"https://{parts.netloc}{own}",), (own,), is_public=True)


def callbacks_of(config: CognitoConfig, places: Iterable[Place], *, receiver: str | None = None) -> tuple[str, ...]:
    """Return the callback URLs that would be used here, the likeliest first.

    Parameters
    ----------
    config : CognitoConfig
        Whose ``redirect_uris`` may be empty: then they are the servers' own.
    places : iterable of Place
        The Jupyter servers here.
    receiver : str, optional
        That of a kernel without a server: it waits on a port of its own, or has the address pasted.
    """
    configured, places = tuple(config.redirect_uris), tuple(places)
    if places:
        fitting = dict.fromkeys(uri for place in places for uri in place.fitting(configured))
        others = tuple(uri for uri in configured if uri not in fitting)
        return (*fitting, *others) or tuple(url for place in places for url in place.urls)
    if receiver == "loopback":
        configured = loopback_uris(config)
    if receiver is None or config.redirect_uris:
        return configured or place_of(_USUAL, {}).urls
    if receiver == "loopback":
        return configured[: len(_LOOPBACK_NAMES)]  # the first port that is free is taken
    # As the paste receiver chooses: the port that is the least likely in use
    return tuple(uri for uri in DEFAULT_REDIRECT_URIS if urlsplit(uri).hostname == "localhost")[-1:]


def check_receiver(case: Case) -> Iterator[Finding]:
    """Say how the answer would come back, and why; leaves the receiver's name in `case.receiver`."""
    way = ways("auto", case.config, by_program=False)[0]
    case.receiver = way.make().name
    if case.in_kernel:
        yield ok("receiver", f"Receiver: {case.receiver}: {way.reason}")
        return
    first = "jupyter in notebooks, as the server has the extension; " if extension_is_enabled() else ""
    yield ok("receiver", f"Receiver: {first}{case.receiver} in this terminal: {way.reason}")


def check_callbacks(case: Case) -> Iterator[Finding]:
    """Compare the callback URLs of each server with ``redirect_uris``; leaves those to be tried in `case.callbacks`."""
    configured, places = tuple(case.config.redirect_uris), _places(case)
    alone = case.receiver if case.in_kernel and not places else None
    case.callbacks = callbacks_of(case.config, places.values(), receiver=alone)
    if alone is not None:
        yield ok("callback", f"Callback URLs of the {alone} receiver: {', '.join(case.callbacks)}")
    elif not places:
        more = "the setting redirect_uris" if configured else f"the usual {_USUAL}"
        yield ok("callback", f"No Jupyter server runs here now: the callback URLs are those of {more}")
    any_fits = any(place.fitting(configured) for place in places.values())
    for url, place in places.items():
        if not case.in_kernel and extension_is_enabled() and not _has_extension(case, url):
            yield case.found(
                f"extension:{url}",
                place.name,
                "extension_missing",
                status="warning",
                detail="This server runs without the extension: it was enabled after the server had started.",
                fix="Restart Jupyter.",
            )
        yield _of_place(case, place, configured, any_fits=any_fits)


def _of_place(case: Case, place: Place, configured: tuple[str, ...], *, any_fits: bool) -> Finding:
    urls = " or ".join(place.urls) or f"https://(the browser's host){place.paths[0]}"
    id_ = f"callback:{place.urls[0] if place.urls else place.paths[0]}"
    title = f"{place.name}: its callback URL is {urls}"
    if not configured:
        return ok(id_, f"{title} (redirect_uris is not set: the browser's address decides)")
    if fitting := place.fitting(configured):
        uris = " and ".join(fitting)
        if set(fitting) <= set(place.urls):
            return ok(id_, f"{place.name}: its callback URL {uris} is configured")
        return ok(id_, f"{place.name}: {uris} may lead a browser here (which host it sees, only the browser knows)")
    wanted = place.urls[0] if place.urls else f"https://HOST{place.paths[0]}"
    near = difference(wanted, configured)
    return case.found(
        id_,
        title,
        "redirect_not_registered",
        status="warning" if any_fits else "failed",  # one may sign in on the other server
        detail=f"redirect_uris lacks this server's URL{f'; {near}' if near else ''}.",
        fix=f'Add "{wanted}" to redirect_uris ({case.config.sources.get("redirect_uris", "a keyword")}) and to the app '
        "client's allowed callback URLs.",
    )


def _places(case: Case) -> dict[str, Place]:
    """Return the servers by their address: those of this user, or the one that has started this kernel."""
    if not case.in_kernel:
        return {url: place_of(url, os.environ) for url in _running_servers()}
    access = take_server_access()
    return {} if access is None else {access.url: place_of(access.url, os.environ)}


def _has_extension(case: Case, url: str) -> bool:
    """Tell whether a running server has loaded the extension: it asks whoever comes for its capability."""
    if case.time_is_up or not is_loopback(urlsplit(url).hostname):  # any other name would go to a company's proxy
        return True
    request = HttpRequest("Jupyter server", "GET", f"{url.rstrip('/')}/{SIGN_INS_PATH}/doctor")
    try:
        response = case.run(case.transport.send(request))
    except CognitoError:  # a certificate of its own, a unix socket: nothing is known then
        return True
    return response.status == HTTPStatus.FORBIDDEN and b"capability" in response.content


def _running_servers() -> list[str]:
    """Return the addresses of this user's Jupyter servers; their files hold tokens, of which nothing is kept."""
    try:
        from jupyter_server.serverapp import list_running_servers  # noqa: PLC0415 - in a terminal only
    except ImportError:
        return []
    urls: set[str] = set()
    with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):  # a file that is no server's ends it
        urls.update(str(server.get("url", "")) for server in list_running_servers())
    return sorted(filter(_is_address, urls))


def _is_address(url: str) -> bool:
    try:
        return _ADDRESS.fullmatch(url) is not None and urlsplit(url).port != 0
    except ValueError:
        return False
