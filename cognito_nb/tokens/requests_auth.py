"""CognitoRequestsAuth: signs what `requests` sends to allowed origins, and retries once after a 401."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NoReturn, Self
from urllib.parse import urljoin

from ..errors import ConfigurationError
from ..secret import Secret
from ..urls import origin_of
from .authorization import Origins, advice, bearer, check_kind, untrusted

try:
    import requests.auth
except ImportError:
    raise ConfigurationError("requests is not installed.", hint="pip install requests") from None

if TYPE_CHECKING:
    from .refresh import RefreshEngine
    from .source import TokenKind, Tokens

__all__ = ["CognitoRequestsAuth"]


class CognitoRequestsAuth(requests.auth.AuthBase):
    """Authentication for `requests`.

    Parameters
    ----------
    engine : RefreshEngine
        Where tokens come from.
    origins : frozenset of (str, str, int)
        Where they may go: scheme, host, port.
    kind : {"access", "id"}
        Which token is sent.
    """

    def __init__(self, engine: RefreshEngine, origins: Origins, kind: TokenKind) -> None:
        check_kind(kind)
        self._engine = engine
        self._origins = origins
        self._kind = kind

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign a request, unless it brings its own Authorization.

        Raises
        ------
        UntrustedOriginError
            If nobody allowed its origin.
        NotSignedInError, SessionExpiredError, TokenVerificationError, TokenResponseError, ProtocolError, NetworkError
            If there is no token to be had.
        """
        if "Authorization" in request.headers:
            return request
        if _origin(request.url) not in self._origins:
            raise untrusted(request.url or "", self._origins)
        self._sign(request, self._engine.current())
        request.register_hook("response", _Hook(self, _position(request.body)))
        return request

    def answered(self, response: requests.Response, start: int | None, options: dict[str, Any]) -> requests.Response:
        """Retry a 401, and take the token off what the user keeps; called for each answer on a chain of redirects.

        Parameters
        ----------
        response : requests.Response
            The answer to a signed request.
        start : int or None
            Where the request's body begins, if it is a file's.
        options : dict
            What the request was sent with.
        """
        request = response.request
        sent = request.headers.get("Authorization")
        if not isinstance(sent, _Masked):  # a redirect has left the origin, or it is the user's own
            return response
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            tokens = sent.tokens
            if self._engine.may_renew(tokens) and _rewind(request.body, start):
                tokens = self._engine.renew_refused(tokens)
                response = self._again(response, tokens, options)
            if response.status_code == HTTPStatus.UNAUTHORIZED:
                response.reason = f"Unauthorized ({advice(tokens, self._kind, response.headers)})"
        if not _stays(response):  # requests makes the redirected request of this one, with its header
            del request.headers["Authorization"]
        return response

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        message = "an authentication cannot be pickled or copied: its tokens must not leave this kernel"
        raise TypeError(message)

    def _sign(self, request: requests.PreparedRequest, tokens: Tokens) -> None:
        request.headers["Authorization"] = _Masked(tokens, bearer(tokens, self._kind))

    def _again(self, refused: requests.Response, tokens: Tokens, options: dict[str, Any]) -> requests.Response:
        refused.content  # noqa: B018 - read, so that the connection can be used again
        refused.close()
        self._sign(refused.request, tokens)
        response = refused.connection.send(refused.request, **options)
        response.history = [*response.history, refused]
        return response


@dataclass(slots=True)
class _Hook:
    """What requests calls for an answer; responses, which hold it, can be pickled: without it."""

    auth: CognitoRequestsAuth | None = None
    start: int | None = None

    def __call__(self, response: requests.Response, **options: Any) -> requests.Response:  # noqa: ANN401 - as `send` has them
        return response if self.auth is None else self.auth.answered(response, self.start, options)

    def __reduce__(self) -> tuple[type[_Hook], tuple[()]]:
        return _Hook, ()


class _Masked(str):
    """The header's value, of which only the bytes on the wire show the token; those http.client gets by `encode`.

    requests keeps signed requests where nobody can take the token off: in the exceptions that it raises.
    """

    __slots__ = ("_value", "tokens")

    tokens: Tokens
    _value: Secret

    def __new__(cls, tokens: Tokens, value: str) -> Self:
        masked = super().__new__(cls, "Bearer ***")
        masked.tokens, masked._value = tokens, Secret(value)
        return masked

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        return self._value.reveal().encode(encoding, errors)

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (str(self),)


def _origin(url: str | None) -> tuple[str, str, int] | None:
    try:
        return origin_of(url or "")
    except ValueError:
        return None


def _stays(response: requests.Response) -> bool:
    """Tell whether a redirect leads to the same origin."""
    if not response.is_redirect:
        return False
    try:
        return origin_of(urljoin(response.url, response.headers["location"])) == origin_of(response.url)
    except ValueError:
        return False


def _position(body: object) -> int | None:
    """Return where a body begins that is read from a file; None if it cannot be read twice."""
    if body is None or isinstance(body, bytes | str):
        return 0
    try:
        return body.tell()  # type: ignore[attr-defined, no-any-return]
    except (AttributeError, OSError):
        return None


def _rewind(body: object, start: int | None) -> bool:
    """Make a body ready to be sent again; False if it cannot be."""
    if body is None or isinstance(body, bytes | str):
        return True
    if start is None:
        return False
    try:
        body.seek(start)  # type: ignore[attr-defined]
    except (AttributeError, OSError):
        return False
    return True
