"""What Cognito's first answer to an authorization request means, before anybody signs in. Pure.

A bad client or redirect URI is told to the person only: a redirect to ``/error?error=…``, or that page at once, with
HTTP status 400. What comes after those checks goes to the callback as ``error=…``; a good request goes on to
``/login``, or to the identity provider. Source: "Authorize endpoint" in the Cognito developer guide; the words of the
error page are as users have reported them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qs, urljoin, urlsplit

from ..shown_text import public_text

__all__ = ["Outcome", "classify"]

_LONGEST_HOST = 80  # characters
_WORDS = (  # of the error page, and of the parameter `error` in its address
    (re.compile(r"redirect_mismatch", re.IGNORECASE), "redirect_mismatch"),
    (re.compile(r"not enabled for OAuth ?2\.0 flows", re.IGNORECASE), "client_not_enabled"),
    (re.compile(r"client\b[^<.]{0,150}does not exist|invalid_client", re.IGNORECASE), "client_unknown"),
    (re.compile(r"login option is not available", re.IGNORECASE), "no_identity_provider"),
    (re.compile(r"required (string )?parameter", re.IGNORECASE), "parameter_missing"),
    (re.compile(r"login pages? (is |are )?unavailable", re.IGNORECASE), "login_page_unbranded"),
    (re.compile(r"too ?many ?requests", re.IGNORECASE), "throttled"),
)
_AT_CALLBACK = {
    "invalid_scope": "scope_not_enabled",
    "unauthorized_client": "code_grant_not_allowed",
    "login_required": "",  # prompt=none, and nobody is signed in: as it should be
    "server_error": "server_error",
    "temporarily_unavailable": "server_error",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an answer means.

    Attributes
    ----------
    code : str
        The row of `causes`; empty if the request is a good one, and if it is `blocked`.
    words : str
        Cognito's own words, made fit to be shown.
    next_url : str
        The login page to look at; empty if this was the end.
    host : str
        The identity provider's host, if it goes there, made fit to be shown.
    blocked : bool
        Whether a firewall has refused, so that nothing is known.
    """

    code: str = ""
    words: str = ""
    next_url: str = ""
    host: str = ""
    blocked: bool = False

    @property
    def is_good(self) -> bool:
        """Whether Cognito would let a person sign in."""
        return not self.code and not self.blocked


def classify(
    status: int,
    location: str,
    body: str,
    *,
    asked: str,
    redirect_uri: str,
    is_page: bool = False,
) -> Outcome:
    """Return what the first answer means.

    Parameters
    ----------
    status : int
        HTTP status.
    location, body : str
        The header field of that name, empty if there is none; the page.
    asked : str
        The URL that was requested.
    redirect_uri : str
        The one that the request named.
    is_page : bool
        Whether it was the login page that was asked.
    """
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST and location:
        return _of_redirect(location, asked=asked, redirect_uri=redirect_uri)
    code = next((code for pattern, code in _WORDS if pattern.search(body)), None)
    if code == "login_page_unbranded" or (code and status >= HTTPStatus.BAD_REQUEST):
        return Outcome(code)
    return Outcome() if status < HTTPStatus.BAD_REQUEST else _of_refusal(status, is_page=is_page)


def _of_refusal(status: int, *, is_page: bool) -> Outcome:
    """Return what a page without known words means."""
    words = f"HTTP status {status}"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Outcome("throttled")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Outcome("server_error", words)
    if status == HTTPStatus.FORBIDDEN:  # AWS WAF's; Cognito itself answers 400 ("AWS WAF web ACLs", developer guide)
        return Outcome(words=words, blocked=True)
    if status == HTTPStatus.NOT_FOUND and not is_page:  # every domain of a user pool has this endpoint
        return Outcome("no_domain", words)
    return Outcome("login_page_unbranded" if is_page else "invalid_request", words)


def _of_redirect(location: str, *, asked: str, redirect_uri: str) -> Outcome:
    try:
        target = urljoin(asked, location)
        to, of = urlsplit(target), urlsplit(asked)
        host = _shown_host(to.hostname or "", to.port)
    except ValueError:
        return Outcome("invalid_request", "a redirect to no URL")
    query = {name: values[0] for name, values in parse_qs(to.query).items()}
    if _is_place(target, redirect_uri) and "error" in query:
        return _at_callback(query["error"], query.get("error_description", ""))
    if to.scheme not in ("https", "http"):
        return Outcome("invalid_request", "a redirect to no web page")
    if (to.scheme, to.netloc) != (of.scheme, of.netloc):
        return Outcome(host=host)
    if not to.path.endswith("/error"):
        return Outcome(next_url=target)
    error = query.get("error", "")
    code = next((code for pattern, code in _WORDS if pattern.search(error)), "")
    return Outcome(code or _AT_CALLBACK.get(error) or "invalid_request", public_text(error))


def _shown_host(hostname: str, port: int | None) -> str:
    """Return where a redirect goes, without the user name before it; each label alone is short enough to be shown."""
    host = ".".join(public_text(label) for label in hostname.split(".")) + (f":{port}" if port else "")
    return host if len(host) <= _LONGEST_HOST else f"{host[: _LONGEST_HOST - 1]}…"


def _is_place(target: str, redirect_uri: str) -> bool:
    """Tell whether a redirect leads to the callback; ``https://localhost`` comes back with a slash."""
    to, callback = urlsplit(target), urlsplit(redirect_uri)
    return (to.scheme, to.netloc, to.path or "/") == (callback.scheme, callback.netloc, callback.path or "/")


def _at_callback(error: str, description: str) -> Outcome:
    words = public_text(f"{error} ({description})" if description else error)
    return Outcome(_AT_CALLBACK.get(error, "invalid_request"), words)
