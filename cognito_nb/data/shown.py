"""What is shown of an answer: never a user name, a password or a query, which can be the whole of a permission."""

from __future__ import annotations

import httpx

from ..shown_text import public_text

__all__ = ["MOST_SHOWN", "shown", "status_error"]

MOST_SHOWN = 1000  # bytes of an error's body


def shown(url: httpx.URL | str) -> str:
    """Return a URL without what may be secret in it."""
    try:
        return str(httpx.URL(url).copy_with(query=None, fragment=None, username=None, password=None))
    except httpx.InvalidURL:
        return "(no URL)"


def status_error(response: httpx.Response, body: bytes) -> httpx.HTTPStatusError:
    """Return the error for a status from 400, with what the API said in the start of its answer."""
    said = public_text(body[:MOST_SHOWN].decode(errors="replace")).strip()
    status = f"{response.status_code} {public_text(response.reason_phrase)}"
    return httpx.HTTPStatusError(
        f"{status} for {response.request.method} {shown(response.url)}: {said or 'no details'}",
        request=response.request,
        response=response,
    )
