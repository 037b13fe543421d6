"""The receiver that would be chosen, and the exact callback URLs that a sign-in from here would name.

Cognito compares them as strings, so whichever of them ``redirect_uris`` lacks is a sign-in that will not come back.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
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
    from collections.abc import Iterator, Mapping

    from .case import Case
    from .finding import Finding

__all__ = ["Place", "check_callbacks", "check_receiver", "place_of"]

_USER_REDIRECT = f"hub/user-redirect/{CALLBACK_PATH}"
_LOOPBACK_NAMES = ("localhost", "127.0.0.1")
_FORBIDDEN = 403  # HTTP status
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
    """

    name: str
    urls: tuple[str, ...]
    paths: tuple[str, ...]

    def fitting(self, redirect_uris: tuple[str, ...]) -> tuple[str, ...]:
        """Return those of the configured URLs that may lead a browser here."""
        exact = tuple(uri for uri in redirect_uris if uri in self.urls)
        if exact or (self.urls and sign_of_elsewhere() is None):
            return exact
        return tuple(uri for uri in redirect_uris if urlsplit(uri).path in self.paths and uri.startswith("https:"))


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
    if "JUPYTERHUB_SERVICE_PREFIX" in environ:
        path = (
            own if environ.get("JUPYTERHUB_SERVER_NAME") else environ.get("JUPYTERHUB_BASE_URL", "/") + _USER_REDIRECT
        )
        host = environ.get("JUPYTERHUB_HOST") or environ.get("JUPYTERHUB_PUBLIC_HUB_URL") or ""
        public = urlsplit(environ.get("JUPYTERHUB_PUBLIC_URL") or host)
        urls = (f"{public.scheme}://{public.netloc}{path}",) if public.netloc else ()
        return Place("this user's server on the JupyterHub", urls, (path, own))
    if "unix" in parts.scheme:
        return Place("Jupyter server on a unix socket", (), (own,))
    if is_loopback(parts.hostname):
        port = f":{parts.port}" if parts.port else ""
        return Place(name, tuple(f"{parts.scheme}://{host}{port}{own}" for host in _LOOPBACK_NAMES), (own,))
    return Place(name, (f"https://{parts.netloc}{own}",), (own,))


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
    configured = tuple(case.config.redirect_uris)
    places = _places(case)
    case.callbacks = configured or tuple(url for place in places.values() for url in place.urls)
    if not places:
        case.callbacks = configured or place_of(_USUAL, {}).urls
    if case.in_kernel and not places:
        yield from _of_kernel_alone(case)
        return
    if not places:
        more = "the setting redirect_uris" if configured else f"the usual {_USUAL}"
        yield ok("callback", f"No Jupyter server runs here now: the callback URLs are those of {more}")
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
        yield _of_place(case, place, configured)


def _of_place(case: Case, place: Place, configured: tuple[str, ...]) -> Finding:
    urls = " or ".join(place.urls) or f"https://(the browser's host){place.paths[0]}"
    id_ = f"callback:{place.urls[0] if place.urls else place.paths[0]}"
    title = f"{place.name}: its callback URL is {urls}"
    if not configured:
        return ok(id_, f"{title} (redirect_uris is not set: the browser's address decides)")
    fitting = place.fitting(configured)
    if fitting:
        case.callbacks = (*fitting, *(uri for uri in configured if uri not in fitting))
        return ok(id_, f"{place.name}: its callback URL {' and '.join(fitting)} is configured")
    wanted = place.urls[0] if place.urls else f"https://HOST{place.paths[0]}"
    near = difference(wanted, configured)
    return case.found(
        id_,
        title,
        "redirect_not_registered",
        detail=f"redirect_uris lacks this server's URL{f'; {near}' if near else ''}.",
        fix=f'Add "{wanted}" to redirect_uris ({case.config.sources.get("redirect_uris", "a keyword")}) and to the app '
        "client's allowed callback URLs.",
    )


def _of_kernel_alone(case: Case) -> Iterator[Finding]:
    """Say where a kernel without a server of ours waits, or where a pasted address begins."""
    if case.receiver == "loopback":
        case.callbacks = loopback_uris(case.config)
    elif not case.config.redirect_uris:  # as the paste receiver chooses: the port that is the least likely in use
        case.callbacks = tuple(uri for uri in DEFAULT_REDIRECT_URIS if urlsplit(uri).hostname == "localhost")[-1:]
    if not case.config.redirect_uris:
        case.callbacks = case.callbacks[: len(_LOOPBACK_NAMES)]  # the first port that is free is taken
    yield ok("callback", f"Callback URLs of the {case.receiver} receiver: {', '.join(case.callbacks)}")


def _places(case: Case) -> dict[str, Place]:
    """Return the servers by their address: those of this user, or the one that has started this kernel."""
    if not case.in_kernel:
        return {url: place_of(url, {}) for url in _running_servers()}
    access = take_server_access()
    return {} if access is None else {access.url: place_of(access.url, os.environ)}


def _has_extension(case: Case, url: str) -> bool:
    """Tell whether a running server has loaded the extension: it asks whoever comes for its capability."""
    request = HttpRequest("Jupyter server", "GET", f"{url.rstrip('/')}/{SIGN_INS_PATH}/doctor")
    try:
        response = case.run(case.transport.send(request))
    except CognitoError:  # a certificate of its own, a unix socket: nothing is known then
        return True
    return response.status == _FORBIDDEN and b"capability" in response.content


def _running_servers() -> list[str]:
    """Return the addresses of this user's Jupyter servers; their files hold tokens, of which nothing is kept."""
    try:
        from jupyter_server.serverapp import list_running_servers  # noqa: PLC0415 - in a terminal only
    except ImportError:
        return []
    return sorted({str(server.get("url", "")) for server in list_running_servers()} - {""})
