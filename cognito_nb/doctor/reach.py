"""Whether the user pool can be reached: discovery, issuer and keys, with the proxy on the way, TLS, and the clocks."""

from __future__ import annotations

import contextlib
import re
import ssl
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from ..errors import CognitoError
from ..protocol.claims import LEEWAY
from ..protocol.http import server_time
from ..protocol.jwks import jwks_request, process_jwks_response
from ..protocol.metadata import discovery_request, metadata_of_domain, process_discovery_response
from ..shown_text import public_text
from ..urls import is_loopback
from .finding import ok

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..protocol.http import HttpRequest, HttpResponse
    from .case import Case
    from .finding import Finding

__all__ = ["certificate_issuer", "check_user_pool", "proxy_for"]

_NOTICEABLE = 5.0  # seconds of clock skew that are worth a warning; tokens forgive `LEEWAY`
_TLS_SECONDS = 5.0
_SOME_PROXY = "a proxy"  # one whose address cannot be told from its user and password
_HOST_PORT = re.compile(r"([A-Za-z0-9_.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?/?")


def check_user_pool(case: Case) -> Iterator[Finding]:
    """Fetch the discovery document and the keys, and compare the clocks; leaves the endpoints in `case.metadata`."""
    config = case.config
    responses: list[tuple[HttpResponse, float]] = []
    title = f"User pool {config.issuer}, {_way_to(config.issuer)}"
    try:
        if config.domain is None:
            responses.append(_timed(case, discovery_request(config.issuer)))
            case.metadata = process_discovery_response(
                responses[0][0], issuer=config.issuer, endpoints=config.endpoints
            )
        else:
            title = f"Endpoints from the setting domain ({config.domain}); the user pool is not asked for them"
            case.metadata = metadata_of_domain(config.issuer, config.domain, endpoints=config.endpoints)
    except CognitoError as error:
        yield _unreached(case, "discovery", title, error, config.issuer)
        yield from _check_clock(case, responses)
        return
    yield ok("discovery", title if config.domain else f"{title}{_issued(config.issuer)}")
    jwks_uri = case.metadata.jwks_uri
    title = f"Signing keys at {urlsplit(jwks_uri).netloc}"
    try:
        responses.append(_timed(case, jwks_request(jwks_uri)))
        count = len(process_jwks_response(responses[-1][0], now=case.clock()).keys)
    except CognitoError as error:
        # With discovery it is known by now that there is such a user pool
        unknown = config.domain is not None and bool(responses) and responses[-1][0].status == HTTPStatus.NOT_FOUND
        yield (
            case.found("jwks", title, "user_pool_unknown")
            if unknown
            else _unreached(case, "jwks", title, error, jwks_uri)
        )
    else:
        yield ok("jwks", f"{title}: {count}")
    yield from _check_clock(case, responses)


def proxy_for(url: str) -> str | None:
    """Return the proxy that the environment has for a URL, without user and password; None if there is none.

    A value that is more than scheme, host and port may hold a part of the password there: it is ``a proxy`` then.

    Parameters
    ----------
    url : str
        Where a request would go.
    """
    parts, proxies = urlsplit(url), getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy or is_loopback(parts.hostname) or proxy_bypass(parts.netloc):
        return None
    return _without_user(proxy)


def certificate_issuer(url: str) -> str:
    """Return the organisation that has issued a host's certificate, unverified; empty if that cannot be told.

    Parameters
    ----------
    url : str
        Of that host; it is connected to directly.
    """
    from cryptography import x509  # noqa: PLC0415 - PyJWT has loaded it by now

    parts = urlsplit(url)
    with contextlib.suppress(OSError, ValueError):
        pem = ssl.get_server_certificate((parts.hostname or "", parts.port or 443), timeout=_TLS_SECONDS)
        issuer = x509.load_pem_x509_certificate(pem.encode()).issuer
        names = issuer.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)
        return public_text(names[0].value if names else issuer.rfc4514_string(), limit=80)
    return ""


def _timed(case: Case, request: HttpRequest) -> tuple[HttpResponse, float]:
    """Return the answer, and how far this machine's clock is ahead of the one that answered (seconds)."""
    began = case.clock()
    response = case.run(case.transport.send(request))
    middle, theirs = (began + case.clock()) / 2, server_time(response)
    return response, 0.0 if theirs is None else middle - theirs - 0.5  # Date has whole seconds, cut off


def _check_clock(case: Case, responses: list[tuple[HttpResponse, float]]) -> Iterator[Finding]:
    skews = [skew for response, skew in responses if server_time(response) is not None]
    if not skews:
        return
    skew = min(skews, key=abs)
    if abs(skew) < _NOTICEABLE:
        yield ok("clock", "This machine's clock agrees with Cognito's")
        return
    which = "ahead of" if skew > 0 else "behind"
    yield case.found(
        "clock",
        "This machine's clock",
        "clock_wrong",
        status="failed" if abs(skew) > LEEWAY else "warning",
        detail=f"This machine's clock is {abs(skew):,.0f} s {which} Cognito's; tokens forgive {LEEWAY} s.",
        fix="Set this machine's clock by NTP (after sleep, containers and virtual machines lag).",
    )


def _way_to(url: str) -> str:
    if proxy := proxy_for(url):
        return f"reached through {proxy if proxy == _SOME_PROXY else f'the proxy {proxy}'}"
    return "without TLS, on this machine" if url.startswith("http:") else "reached without a proxy"


def _issued(url: str) -> str:
    """Say whose certificate a trusted host has: a company's proxy shows itself by it."""
    issuer = "" if url.startswith("http:") or proxy_for(url) else certificate_issuer(url)
    return f", certificate by {issuer}" if issuer else ""


def _unreached(case: Case, id_: str, title: str, error: CognitoError, url: str) -> Finding:
    finding = case.of_error(id_, title, error)
    if finding.code != "tls_untrusted" or proxy_for(url):
        return finding
    issuer = certificate_issuer(url)
    detail = error.message + (f" It was issued by: {issuer}." if issuer else "")
    return case.found(id_, title, finding.code, detail=detail)


def _without_user(proxy: str) -> str:
    """Cut before anything is parsed: a password may hold what ends a host, or makes it none."""
    scheme, has_scheme, rest = proxy.partition("://")
    host = (rest if has_scheme else proxy).rpartition("@")[2]
    if not _HOST_PORT.fullmatch(host):
        return _SOME_PROXY
    return f"{scheme if has_scheme and scheme.isalnum() else 'http'}://{host.rstrip('/')}"
