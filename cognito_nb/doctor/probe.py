"""The authorize probe: a well-formed authorization request that nobody signs in with, followed to the login page.

It goes to Cognito as a browser's would, without cookies, once for each callback URL; `classify` says what the first
answer means. Nothing of it can be used: the verifier is dropped, and no code is ever issued.
"""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING

from ..errors import CognitoError
from ..protocol.authorize import new_authorization_request
from ..protocol.http import HttpRequest
from ..protocol.signout import logout_url
from ..urls import with_redirect_uri
from .classify import Outcome, classify
from .differences import difference
from .finding import ok

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ..protocol.http import HttpResponse
    from ..protocol.metadata import Metadata
    from .case import Case
    from .finding import Finding

__all__ = ["check_authorization", "check_logout", "look", "scope_fault"]

_LOGS = ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.proxy")  # they print addresses with their queries
_MOST_URLS = 12  # callback URLs that are tried: those of a team, not all hundred that Cognito allows


def check_authorization(case: Case) -> Iterator[Finding]:
    """Try every callback URL; what has nothing to do with the URL is said of the first one.

    Parameters
    ----------
    case : Case
        With the user pool's endpoints.
    """
    told: set[str] = set()
    for number, redirect_uri in enumerate(case.callbacks[:_MOST_URLS]):
        id_ = f"authorize:{redirect_uri}"
        title = f"Authorization request with {redirect_uri}"
        try:
            outcome = case.run(look(case, redirect_uri))
            if outcome.code == "redirect_mismatch":
                yield _not_registered(case, id_, title, redirect_uri, is_first=number == 0)
            elif outcome.code not in told:
                yield _finding(case, id_, title, redirect_uri, outcome)
        except CognitoError as error:
            yield case.of_error(id_, title, error)
            return
        if outcome.code:
            told.add(outcome.code)
    if len(case.callbacks) > _MOST_URLS:
        yield ok("authorize", f"Only the first {_MOST_URLS} of {len(case.callbacks)} callback URLs are tried")


def check_logout(case: Case) -> Iterator[Finding]:
    """Try the sign-out URL: /logout without a session goes there at once if it is registered."""
    logout_uri, metadata = case.config.logout_uri, case.metadata
    if logout_uri is None or metadata is None or metadata.end_session_endpoint is None:
        return
    if "client_unknown" in case.reported:  # whose sign-out URLs would it be?
        return
    url = logout_url(metadata.end_session_endpoint, client_id=case.config.client_id or "", logout_uri=logout_uri)
    title = f"Sign-out that returns to {logout_uri}"
    try:
        response = case.run(_get(case, url))
        code = _classified(response, url, logout_uri).code
    except CognitoError as error:
        yield case.of_error("logout", title, error)
        return
    if response.headers.get("location") == logout_uri:
        yield ok("logout", title)
        return
    if code in ("throttled", "server_error"):
        yield case.found("logout", title, code)
        return
    near = difference(logout_uri, (case.app_client or {}).get("LogoutURLs", ()))
    yield case.found(
        "logout",
        title,
        "logout_uri_not_registered",
        detail=_sentence("The app client does not have this sign-out URL", near),
        fix=f"Add exactly {logout_uri} to the app client's allowed sign-out URLs, or correct the setting logout_uri.",
    )


async def look(
    case: Case, redirect_uri: str, *, scopes: Sequence[str] | None = None, options: Mapping[str, str] | None = None
) -> Outcome:
    """Send one authorization request, and go on to the login page if it is a good one.

    Parameters
    ----------
    case : Case
        The user pool and app client.
    redirect_uri : str
        The callback URL to name.
    scopes, options
        Instead of the settings' own.

    Raises
    ------
    CognitoError
        If there is no usable answer.
    """
    config, scopes = case.config, tuple(case.config.scopes if scopes is None else scopes)
    request = new_authorization_request(
        _metadata(case),
        client_id=config.client_id or "",
        scopes=scopes,
        options=config.authorization_options if options is None else options,
    )
    asked = with_redirect_uri(request.url.reveal(), redirect_uri)
    with _unlogged(request.state.reveal()):
        response = await _get(case, asked)
        outcome = _classified(response, asked, redirect_uri)
        if outcome.next_url:
            asked = outcome.next_url
            outcome = _classified(await _get(case, asked), asked, redirect_uri, is_page=True)
    return outcome


def scope_fault(case: Case, id_: str, title: str, refused: Sequence[str]) -> Finding:
    """Return the finding that names the very scopes.

    Parameters
    ----------
    case : Case
        The examination.
    id_, title : str
        Of the finding.
    refused : sequence of str
        The scopes that the app client does not have; none if they could not be told apart.
    """
    if not refused:
        return case.found(id_, title, "scope_not_enabled")
    case.reported.update(refused)
    names, verb = ", ".join(refused), "is" if len(refused) == 1 else "are"
    return case.found(
        id_,
        title,
        "scope_not_enabled",
        detail=f"{names} {verb} not enabled on the app client.",
        fix=f"Enable {names} on the app client (a custom scope needs its resource server, too), or take {names} out of "
        "the setting scopes.",
    )


def _metadata(case: Case) -> Metadata:
    if case.metadata is None:
        raise CognitoError("The user pool was not found.")
    return case.metadata


async def _get(case: Case, url: str) -> HttpResponse:
    return await case.transport.send(HttpRequest("sign-in page", "GET", url, {"Accept": "text/html"}))


def _classified(response: HttpResponse, asked: str, redirect_uri: str, *, is_page: bool = False) -> Outcome:
    location, body = response.headers.get("location", ""), response.content.decode("utf-8", "replace")
    return classify(response.status, location, body, asked=asked, redirect_uri=redirect_uri, is_page=is_page)


def _finding(case: Case, id_: str, title: str, redirect_uri: str, outcome: Outcome) -> Finding:
    if not outcome.code:
        return ok(id_, f"{title}: {'goes on to ' + outcome.host if outcome.host else 'the login page answers'}")
    if outcome.code == "scope_not_enabled":
        return _of_scope(case, id_, title, redirect_uri)
    if outcome.code == "invalid_request" and (option := _option_at_fault(case, redirect_uri)):
        detail = f"Cognito refuses the setting {option}: without it, the same request is a good one."
        code = "no_identity_provider" if option in ("identity_provider", "idp_identifier") else "invalid_request"
        return case.found(id_, title, code, detail=detail, fix=f"Correct {option}, or leave it out.")
    if outcome.code in ("invalid_request", "server_error", "login_page_unbranded") and outcome.words:
        return case.found(id_, title, outcome.code, detail=f"Cognito answers: {outcome.words}.")
    return case.found(id_, title, outcome.code)


def _not_registered(case: Case, id_: str, title: str, redirect_uri: str, *, is_first: bool) -> Finding:
    case.reported.add(redirect_uri)
    registered = (case.app_client or {}).get("CallbackURLs", ())
    spare = not is_first and not case.config.redirect_uris  # the other loopback name, which nobody asked for
    return case.found(
        id_,
        title,
        "redirect_mismatch",
        status="warning" if spare else "failed",
        detail=_sentence("The app client does not have this callback URL", difference(redirect_uri, registered)),
        fix=case.registering(redirect_uri),
    )


def _of_scope(case: Case, id_: str, title: str, redirect_uri: str) -> Finding:
    """Ask once more for each scope, so that the fix names the very one."""
    refused: list[str] = []
    for scope in sorted(case.config.scopes, key=lambda scope: scope != "openid"):
        needs_openid = scope in ("email", "phone", "profile")
        if needs_openid and "openid" in refused:
            continue
        asked = ("openid", scope) if needs_openid else (scope,)
        if case.run(look(case, redirect_uri, scopes=asked)).code:
            refused.append(scope)
    return scope_fault(case, id_, title, refused)


def _option_at_fault(case: Case, redirect_uri: str) -> str:
    """Return the optional parameter without which the request is a good one."""
    options = case.config.authorization_options
    for name in options:
        rest = {other: value for other, value in options.items() if other != name}
        if not case.run(look(case, redirect_uri, options=rest)).code:
            return name
    return ""


def _sentence(said: str, more: str) -> str:
    return f"{said}; {more}." if more else f"{said}."


@contextlib.contextmanager
def _unlogged(state: str) -> Iterator[None]:
    """Keep addresses that look like a sign-in's out of the log of the HTTP library."""

    def has_none(record: logging.LogRecord) -> bool:
        return state not in record.getMessage()

    loggers = [logging.getLogger(name) for name in _LOGS]
    for logger in loggers:
        logger.addFilter(has_none)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(has_none)
