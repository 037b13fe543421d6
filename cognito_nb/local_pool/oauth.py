"""The pool's OAuth server: Authlib's authorization server on tornado, with Cognito's client authentication and errors.

An answer is a triple of status, body and header fields, which the handlers write. The grants are in `grants.py`.
RFC 6749; where Cognito differs, its developer guide.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlencode, urlsplit

from authlib.oauth2 import AuthorizationServer, OAuth2Error, OAuth2Request
from authlib.oauth2.rfc6749 import InvalidClientError, InvalidRequestError, OAuth2Payload

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tornado.httputil import HTTPServerRequest

    from .clients import AppClient
    from .pool import UserPool

__all__ = ["Answer", "OAuthRequest", "PoolAuthorizationServer", "callback_url"]

Answer: TypeAlias = tuple[int, Any, list[tuple[str, str]]]


class OAuthRequest(OAuth2Request):  # type: ignore[misc]  # Authlib is untyped
    """A request as Authlib sees it: parameters come from the query or from the form, never from both."""

    def __init__(self, request: HTTPServerRequest, arguments: Mapping[str, list[bytes]]) -> None:
        # Authlib refuses plain http, in most versions on loopback too, and looks at nothing else of the URI
        super().__init__(request.method or "GET", f"https://{request.host}{request.path}", headers=request.headers)
        self.payload = _Payload(arguments)

    @classmethod
    def from_query(cls, request: HTTPServerRequest) -> OAuthRequest:
        """Read an authorization request."""
        return cls(request, request.query_arguments)

    @classmethod
    def from_form(cls, request: HTTPServerRequest) -> OAuthRequest:
        """Read a token or revocation request."""
        return cls(request, request.body_arguments)

    @property
    def form(self) -> dict[str, str]:
        """The parameters; Authlib asks for them by this name at the token endpoint."""
        parameters: dict[str, str] = self.payload.data
        return parameters

    @property
    def repeats_a_parameter(self) -> bool:
        """Whether a parameter comes twice, which RFC 6749 section 3.2 forbids."""
        return any(len(values) > 1 for values in self.payload.datalist.values())


class _Payload(OAuth2Payload):  # type: ignore[misc]  # Authlib is untyped
    def __init__(self, arguments: Mapping[str, list[bytes]]) -> None:
        self._values = {name: [value.decode(errors="replace") for value in all_] for name, all_ in arguments.items()}

    @property
    def data(self) -> dict[str, str]:
        return {name: values[0] for name, values in self._values.items()}

    @property
    def datalist(self) -> dict[str, list[str]]:
        return self._values


class PoolAuthorizationServer(AuthorizationServer):  # type: ignore[misc]  # Authlib is untyped
    """Authorization server of one pool."""

    def __init__(self, pool: UserPool) -> None:
        super().__init__()
        self.pool = pool

    def query_client(self, client_id: str | None) -> AppClient | None:
        """Return the app client of this id."""
        return self.pool.clients.get(client_id or "")

    def create_oauth2_request(self, request: OAuthRequest) -> OAuthRequest:
        """Return the request, which the handlers have translated already."""
        return request

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Ignore Authlib's signals: nobody listens."""

    def save_token(self, token: object, request: object) -> None:
        """Do nothing: the grants keep what must be kept."""

    def handle_response(self, status: int, body: object, headers: list[tuple[str, str]]) -> Answer:
        """Return the answer as plain data."""
        return status, body, headers

    def handle_error_response(self, _request: OAuthRequest, error: OAuth2Error) -> Answer:
        """Return an error of the token or revocation endpoint: Cognito's has a description in one case only."""
        body = {"error": error.error}
        if error.description == "invalid_redirect":
            body["error_description"] = error.description
        return error.status_code, body, []

    def create_token_response(self, request: OAuthRequest) -> Answer:
        """Answer a token request."""
        if not request.payload.grant_type:
            return self.handle_error_response(request, InvalidRequestError())
        answer: Answer = super().create_token_response(request)
        return answer

    def authenticate_client(self, request: OAuthRequest, _methods: list[str], endpoint: str = "token") -> AppClient:
        """Authenticate a client by Cognito's rules: a public one must not send an Authorization header at all.

        Raises
        ------
        InvalidClientError
            For an unknown client, a wrong secret, and for two ways of authentication in one request.
        """
        try:
            return self._authenticate(request)
        except InvalidClientError:
            if endpoint == "token" and self.pool.switches.failed_authentication_uses_code:
                self.pool.use_code(request.form.get("code", ""))
            raise

    def _authenticate(self, request: OAuthRequest) -> AppClient:
        client_id, secret = request.form.get("client_id"), request.form.get("client_secret")
        header = request.headers.get("Authorization")
        if header is not None:
            if secret:  # RFC 6749 section 2.3: not more than one method
                raise InvalidClientError
            basic_id, secret = _basic_credentials(header)
            if client_id not in {None, basic_id}:
                raise InvalidClientError
            client_id = basic_id
        client: AppClient | None = self.query_client(client_id)
        if client is None or not client.check_client_secret(secret):
            raise InvalidClientError
        request.auth_method = "none" if secret is None else "client_secret_post"
        return client


def callback_url(
    redirect_uri: str, parameters: Mapping[str, str | None], *, keep_query: bool = True, fragment: bool = False
) -> str:
    """Return a callback URL with the parameters of an authorization response that are not ``None``.

    A registered ``https://localhost`` comes back as ``https://localhost/?code=...``. The implicit flow's parameters
    are in the fragment, errors too.
    """
    answer = urlencode({name: value for name, value in parameters.items() if value is not None})
    parts = urlsplit(redirect_uri)
    if parts.netloc and not parts.path:
        parts = parts._replace(path="/")
    query = parts.query if keep_query else ""
    if fragment:
        return parts._replace(query=query, fragment=answer).geturl()
    return parts._replace(query=f"{query}&{answer}" if query else answer).geturl()


def _basic_credentials(header: str) -> tuple[str | None, str]:
    scheme, _, encoded = header.partition(" ")
    try:
        client_id, colon, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None, ""
    return (client_id, secret) if scheme.lower() == "basic" and colon else (None, "")
