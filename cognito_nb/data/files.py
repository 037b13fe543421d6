"""A file behind an API, for pandas, polars and pyarrow: ``pd.read_csv(session.open(url))``.

It is read whole before it is handed over: Parquet readers seek, data frames hold it all anyway, and nothing of it comes
to lie on a disk. Memory needed: the size of the file, once it is decoded from ``Content-Encoding``.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import httpx

from ..errors import public_text
from ..tokens.auth import signing_client

if TYPE_CHECKING:
    from ..tokens.auth import CognitoAuth

__all__ = ["open_url"]

_TIMEOUT = httpx.Timeout(10.0, read=60.0)  # seconds; an API may take its time over an export before the first byte
_MOST_SHOWN = 1000  # bytes of an error's body


def open_url(auth: CognitoAuth, url: str) -> BytesIO:
    """Return what a URL has as a binary file, at its start.

    Redirects are followed; one to another origin goes out without the token, as to the storage that serves an export.

    Raises
    ------
    UntrustedOriginError
        If nobody allowed the URL's origin.
    httpx.HTTPStatusError
        If the API answers with a status from 400: what it said is in the message, and after a 401 which token was sent.
    httpx.RequestError
        If no whole answer comes.
    """
    with (
        signing_client(auth, "", {"timeout": _TIMEOUT, "follow_redirects": True}) as client,
        client.stream("GET", url) as response,
    ):
        file = BytesIO()
        for chunk in response.iter_bytes():
            file.write(chunk)
            if response.is_error and file.tell() >= _MOST_SHOWN:
                break
    file.seek(0)
    if not response.is_error:
        return file
    said = public_text(file.read(_MOST_SHOWN).decode(errors="replace")).strip()
    raise httpx.HTTPStatusError(
        f"{response.status_code} {response.reason_phrase} for {_without_query(response.url)}: {said or 'no details'}",
        request=response.request,
        response=response,
    )


def _without_query(url: httpx.URL) -> str:
    return str(url.copy_with(query=None, fragment=None, username=None, password=None))  # storage signs in the query
