"""The probe of the sign-in page: every callback URL is tried, and the sign-out URL; each fault is named."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..errors import CognitoError
from ..protocol.signout import logout_url
from .differences import difference
from .finding import ok
from .look import classified, get_page, look
from .narrowing import has_other_loopback, option_at_fault, refused_scopes, registered_neighbour, scope_fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .case import Case
    from .classify import Outcome
    from .finding import Finding

__all__ = ["check_authorization", "check_logout"]

_MOST_URLS = 12  # callback URLs that are tried: those of a team, not all hundred that Cognito allows
_NOWHERE = "https://jupyter.invalid/cognito/callback"  # RFC 2606: a name that nobody has


def check_authorization(case: Case) -> Iterator[Finding]:
    """Try every callback URL; what has nothing to do with the URL is said of the first one.

    Parameters
    ----------
    case : Case
        With the user pool's endpoints.
    """
    told: set[str] = set()
    for number, redirect_uri in enumerate(case.callbacks[:_MOST_URLS]):
        if case.time_is_up:
            count = len(case.callbacks) - number
            yield ok("authorize", f"{count} callback URL{'s' * (count > 1)} not tried: the answers are slow")
            return
        id_ = f"authorize:{redirect_uri}"
        title = f"Authorization request with {redirect_uri}"
        try:
            outcome = case.run(look(case, redirect_uri))
        except CognitoError as error:
            yield case.of_error(id_, title, error)
            return
        kind = "blocked" if outcome.blocked else outcome.code
        if kind == "redirect_mismatch":
            yield _not_registered(case, id_, title, redirect_uri, is_first=number == 0)
        elif kind not in told:
            yield _finding(case, id_, title, redirect_uri, outcome)
        told |= {kind} - {""}
    if len(case.callbacks) > _MOST_URLS:
        yield ok("authorize", f"Only the first {_MOST_URLS} of {len(case.callbacks)} callback URLs are tried")
    if not case.callbacks:
        yield _without_url(case)


def check_logout(case: Case) -> Iterator[Finding]:
    """Try the sign-out URL: /logout without a session goes there at once if it is registered."""
    logout_uri, metadata = case.config.logout_uri, case.metadata
    if logout_uri is None or metadata is None or metadata.end_session_endpoint is None or case.time_is_up:
        return
    if "client_unknown" in case.reported:  # whose sign-out URLs would it be?
        return
    url = logout_url(metadata.end_session_endpoint, client_id=case.config.client_id or "", logout_uri=logout_uri)
    title = f"Sign-out that returns to {logout_uri}"
    try:
        response = case.run(get_page(case, url))
        outcome = classified(response, url, logout_uri)
    except CognitoError as error:
        yield case.of_error("logout", title, error)
        return
    if response.headers.get("location") == logout_uri:
        yield ok("logout", title)
        return
    if outcome.blocked:
        yield _blocked(case, "logout", title, outcome)
        return
    if outcome.code in ("throttled", "server_error"):
        yield case.found("logout", title, outcome.code)
        return
    near = difference(logout_uri, (case.app_client or {}).get("LogoutURLs", ()))
    yield case.found(
        "logout",
        title,
        "logout_uri_not_registered",
        detail=_sentence("The app client does not have this sign-out URL", near),
        fix=f"Add exactly {logout_uri} to the app client's allowed sign-out URLs, or correct the setting logout_uri.",
    )


def _without_url(case: Case) -> Finding:
    """Name a URL that nobody has: what Cognito looks at before the URL is told all the same."""
    title = "Authorization request"
    try:
        outcome = case.run(look(case, _NOWHERE))
    except CognitoError as error:
        return case.of_error("authorize", title, error)
    if not outcome.is_good and outcome.code != "redirect_mismatch":
        return _finding(case, "authorize", title, _NOWHERE, outcome)
    why = "only the browser knows this server's host, and redirect_uris is not set"
    return ok("authorize", f"The app client can sign people in; no callback URL is tried: {why}")


def _finding(case: Case, id_: str, title: str, redirect_uri: str, outcome: Outcome) -> Finding:
    if outcome.is_good:
        return _goes_on(case, id_, title, outcome)
    if outcome.blocked:
        return _blocked(case, id_, title, outcome)
    if outcome.code == "scope_not_enabled":
        return scope_fault(case, id_, title, refused_scopes(case, redirect_uri))
    if outcome.code == "invalid_request":
        return _refused(case, id_, title, redirect_uri, outcome)
    detail = fix = ""
    if outcome.code == "no_domain" and case.metadata is not None:
        detail = f"{urlsplit(case.metadata.authorization_endpoint).netloc} has no sign-in page ({outcome.words})."
        fix = "Correct the setting domain, or leave it out: the user pool tells it." if case.config.domain else ""
    elif outcome.code in ("server_error", "login_page_unbranded") and outcome.words:
        detail = f"Cognito answers: {outcome.words}."
    return case.found(id_, title, outcome.code, detail=detail, fix=fix)


def _goes_on(case: Case, id_: str, title: str, outcome: Outcome) -> Finding:
    """Tell a good request; to leave Cognito without a word is right for a single provider only."""
    if not outcome.host:
        return ok(id_, f"{title}: the login page answers")
    config, providers = case.config, (case.app_client or {}).get("SupportedIdentityProviders", ())
    if config.identity_provider or config.idp_identifier or (len(providers) == 1 and providers[0] != "COGNITO"):
        return ok(id_, f"{title}: goes on to {outcome.host}")
    return case.found(
        id_,
        title,
        "",
        status="warning",
        detail=f"It goes on to {outcome.host}, though neither identity_provider nor idp_identifier is set.",
        fix="If the app client's only identity provider is there, all is well; else a proxy or a captive portal "
        f"answers in Cognito's place: open {case.config.issuer}/.well-known/openid-configuration in a browser.",
    )


def _blocked(case: Case, id_: str, title: str, outcome: Outcome) -> Finding:
    """Warn only: a rule may stop programs and let browsers pass."""
    return case.found(
        id_,
        title,
        "",
        status="warning",
        detail=f"The page was refused with {outcome.words}, which is not Cognito's form.",
        fix="A firewall (AWS WAF), a proxy or a captive portal may have answered: open the user pool's sign-in page in "
        "a browser. If that is refused, too, look at the rules of the user pool's web ACL.",
    )


def _refused(case: Case, id_: str, title: str, redirect_uri: str, outcome: Outcome) -> Finding:
    """Name the setting that Cognito refuses, or repeat its words."""
    if option := option_at_fault(case, redirect_uri):
        detail = f"Cognito refuses the setting {option}: without it, the same request is a good one."
        code = "no_identity_provider" if option in ("identity_provider", "idp_identifier") else "invalid_request"
        return case.found(id_, title, code, detail=detail, fix=f"Correct {option}, or leave it out.")
    options = ", ".join(case.config.authorization_options)
    fix = f"Leave out {options}." if options else "Compare the app client's login pages and Lambda triggers with it."
    detail = f"Cognito answers: {outcome.words}." if outcome.words else "Cognito says no more."
    return case.found(id_, title, outcome.code, detail=detail, fix=fix)


def _not_registered(case: Case, id_: str, title: str, redirect_uri: str, *, is_first: bool) -> Finding:
    case.named.add(redirect_uri)
    # The other loopback name: nobody asked for it, or sign-in works with the one that is registered
    spare = (not is_first and not case.config.redirect_uris) or has_other_loopback(case, redirect_uri)
    if case.app_client is not None:
        registered = tuple(case.app_client.get("CallbackURLs", ()))
    else:
        registered = () if spare else registered_neighbour(case, redirect_uri)
    return case.found(
        id_,
        title,
        "redirect_mismatch",
        status="warning" if spare else "failed",
        detail=_sentence("The app client does not have this callback URL", difference(redirect_uri, registered)),
        fix=case.registering(redirect_uri),
    )


def _sentence(said: str, more: str) -> str:
    return f"{said}; {more}." if more else f"{said}."
