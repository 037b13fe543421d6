"""A file behind an API, for pandas, polars and pyarrow: ``pd.read_csv(session.open(url))``.

It is read whole before it is handed over: Parquet readers seek, data frames hold it all anyway, and nothing of it comes
to lie on a disk. Memory needed: the size of the file, once it is decoded from ``Content-Encoding``.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import httpx

from ..tokens.clients import signing_client
from .shown import MOST_SHOWN, shown, status_error

if TYPE_CHECKING:
    from ..tokens.auth import CognitoAuth

__all__ = ["open_url"]

_TIMEOUT = httpx.Timeout(10.0, read=60.0)  # seconds; an API may take its time over an export before the first byte


def open_url(auth: CognitoAuth, url: str) -> BytesIO:
    """Return what a URL has as a binary file, at its start.

    Redirects are followed; one to another origin goes out without the token, as to the storage that serves an export.

    Raises
    ------
    ValueError
        If the URL is relative.
    UntrustedOriginError
        If nobody allowed the URL's origin.
    httpx.HTTPStatusError
        If the API answers with a status from 400: what it said is in the message, and after a 401 which token was sent.
    httpx.RequestError
        If no whole answer comes.
    """
    if httpx.URL(url).is_relative_url:
        raise ValueError(f"{shown(url)!r} is relative: give the whole URL")
    with (
        signing_client(auth, "", {"timeout": _TIMEOUT, "follow_redirects": True}, leaves_origins=True) as client,
        client.stream("GET", url) as response,
    ):
        file = BytesIO()
        for chunk in response.iter_bytes():
            file.write(chunk)
            if response.is_error and file.tell() >= MOST_SHOWN:
                break
    file.seek(0)
    if not response.is_error:
        return file
    raise status_error(response, file.read())
