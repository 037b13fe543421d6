"""What a session does with its tokens: HTTP clients that send them, and data that comes through such a client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .data.calls import DataCalls
from .tokens.auth import CognitoAuth, auth_for_any_httpx
from .tokens.authorization import headers_for
from .tokens.clients import signing_async_client, signing_client

if TYPE_CHECKING:
    from io import BytesIO

    import httpx

    from .tokens.requests_auth import CognitoRequestsAuth
    from .tokens.source import TokenKind

__all__ = ["AuthenticatedCalls"]


class AuthenticatedCalls(DataCalls):
    """The part of a `Session` that calls APIs; what most sessions do not use is imported when it is."""

    def client(self, base_url: str, *, token: TokenKind = "access", **httpx_options: Any) -> httpx.Client:  # noqa: ANN401
        """Return an httpx client that signs requests to one API.

        Parameters
        ----------
        base_url : str
            The API, https or on loopback. Tokens go to its origin and the setting ``api_origins`` only.
        token : {"access", "id"}
            Which token is sent.
        **httpx_options
            Further options of `httpx.Client`. With ``follow_redirects=True`` each step is signed if its origin was
            named, and is an `UntrustedOriginError` if not.

        Raises
        ------
        UntrustedOriginError
            If `base_url` is not https.
        """
        return signing_client(CognitoAuth(self._engine, self._may_go_to(base_url), token), base_url, httpx_options)

    def async_client(self, base_url: str, *, token: TokenKind = "access", **httpx_options: Any) -> httpx.AsyncClient:  # noqa: ANN401
        """Return the same as an `httpx.AsyncClient`."""
        auth = CognitoAuth(self._engine, self._may_go_to(base_url), token)
        return signing_async_client(auth, base_url, httpx_options)

    def auth(self, *origins: str, token: TokenKind = "access") -> CognitoAuth:
        """Return the authentication alone, for an httpx or httpx2 client of your own.

        Responses hold no token. Where your client follows redirects, httpx sends none to another origin, and does not
        ask here; an error after a redirect within the origin holds one, in ``error.request``: do not pickle it.

        Parameters
        ----------
        *origins : str
            URLs whose origins may get the token, besides the setting ``api_origins``.
        token : {"access", "id"}
            Which token is sent.

        Raises
        ------
        UntrustedOriginError
            If an origin is not https, nor on loopback.
        """
        return auth_for_any_httpx()(self._engine, self._may_go_to(*origins), token)

    def requests_auth(self, *origins: str, token: TokenKind = "access") -> CognitoRequestsAuth:
        """Return the authentication for requests: ``requests.get(url, auth=session.requests_auth(url))``.

        It keeps the rules of `auth`. A body from a file is rewound for the second try, one from a generator is not sent
        again.

        Parameters
        ----------
        *origins : str
            URLs whose origins may get the token, besides the setting ``api_origins``.
        token : {"access", "id"}
            Which token is sent.

        Raises
        ------
        UntrustedOriginError
            If an origin is not https, nor on loopback.
        ConfigurationError
            If requests is not installed.
        """
        from .tokens.requests_auth import CognitoRequestsAuth  # noqa: PLC0415 - requests is optional

        return CognitoRequestsAuth(self._engine, self._may_go_to(*origins), token)

    def headers(self, url: str, *, token: TokenKind = "access") -> dict[str, str]:
        """Return the Authorization header for one URL, as pandas takes it: ``storage_options=session.headers(url)``.

        Prefer `open`: urllib, behind ``storage_options``, carries the header along when the API redirects to a foreign
        host (measured), and a header is not renewed. Its repr is masked.

        Parameters
        ----------
        url : str
            A URL of an origin in the setting ``api_origins``.
        token : {"access", "id"}
            Which token is sent.

        Raises
        ------
        UntrustedOriginError
            If the URL's origin is not in ``api_origins``.
        NotSignedInError, SessionExpiredError, TokenVerificationError, TokenResponseError, ProtocolError, NetworkError
            If there is no token to be had.
        """
        return headers_for(url, self._engine, self._may_go_to(), token)

    def open(self, url: str, *, token: TokenKind = "access") -> BytesIO:
        """Return what a URL has as a binary file, for pandas, polars or pyarrow: ``pd.read_csv(session.open(url))``.

        The file is in memory, and needs as much of it as it is large. Its name is not known to its reader, so say what
        the name would: ``pd.read_csv(session.open(".../orders.csv.gz"), compression="gzip")``.

        Parameters
        ----------
        url : str
            A URL of an origin in the setting ``api_origins``.
        token : {"access", "id"}
            Which token is sent; a redirect to another origin is followed without it.

        Raises
        ------
        UntrustedOriginError
            If the URL's origin is not in ``api_origins``.
        httpx.HTTPStatusError
            If the API answers with a status from 400; the message has what it said.
        httpx.RequestError
            If no whole answer comes.
        NotSignedInError, SessionExpiredError, TokenVerificationError, TokenResponseError, ProtocolError, NetworkError
            If there is no token to be had.
        """
        from .data.files import open_url  # noqa: PLC0415 - most sessions open none

        return open_url(CognitoAuth(self._engine, self._may_go_to(), token), url)
