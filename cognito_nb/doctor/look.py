"""One look at Cognito's pages: an authorization request that nobody signs in with, followed to the login page.

It goes to Cognito as a browser's would, without cookies; `classify` says what the answer means. Nothing of it can be
used: the verifier is dropped, and no code is ever issued.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import CognitoError
from ..protocol.authorize import new_authorization_request
from ..protocol.http import HttpRequest
from ..unlogged import unlogged
from ..urls import with_redirect_uri
from .classify import Outcome, classify

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..protocol.http import HttpResponse
    from ..protocol.metadata import Metadata
    from .case import Case

__all__ = ["classified", "get_page", "look"]

_LOGS = ("httpx", "httpcore")  # they print addresses with their queries


async def look(
    case: Case,
    redirect_uri: str,
    *,
    scopes: Sequence[str] | None = None,
    options: Mapping[str, str] | None = None,
    to_the_page: bool = True,
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
    to_the_page : bool
        Whether to go on to the login page.

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
    with unlogged(*_LOGS):
        outcome = classified(await get_page(case, asked), asked, redirect_uri)
        if outcome.next_url and to_the_page:
            asked = outcome.next_url
            outcome = classified(await get_page(case, asked), asked, redirect_uri, is_page=True)
    return outcome


async def get_page(case: Case, url: str) -> HttpResponse:
    """Ask for a page as a browser does.

    Parameters
    ----------
    case : Case
        The user pool.
    url : str
        Of one of its pages.

    Raises
    ------
    CognitoError
        If there is no usable answer.
    """
    return await case.transport.send(HttpRequest("sign-in page", "GET", url, {"Accept": "text/html"}))


def classified(response: HttpResponse, asked: str, redirect_uri: str, *, is_page: bool = False) -> Outcome:
    """Return what an answer means; the parameters are those of `classify`."""
    location, body = response.headers.get("location", ""), response.content.decode("utf-8", "replace")
    return classify(response.status, location, body, asked=asked, redirect_uri=redirect_uri, is_page=is_page)


def _metadata(case: Case) -> Metadata:
    if case.metadata is None:
        raise CognitoError("The user pool was not found.")
    return case.metadata
