"""The Authorization header: where it may go, how it is shown, and what to say when an API has refused it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from ..causes import cause_of
from ..errors import UntrustedOriginError
from ..protocol.bearer import bearer_error
from ..urls import origin_of, url_fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .refresh import RefreshEngine
    from .source import TokenKind, Tokens

__all__ = [
    "Origins",
    "UnshownHeader",
    "advice",
    "allowed_origins",
    "bearer",
    "check_kind",
    "headers_for",
    "redirected",
    "untrusted",
]

Origins = frozenset[tuple[str, str, int]]


def allowed_origins(urls: Iterable[str]) -> Origins:
    """Return the origins of URLs that a token may be sent to: scheme, host, port.

    Raises
    ------
    UntrustedOriginError
        If a URL is not https, or http on loopback.
    """
    urls = tuple(urls)
    for url in urls:
        if fault := url_fault(url, private=True):
            raise UntrustedOriginError(
                f"No token goes to {_shown(url)!r}, which {fault}.", hint="Use the API's https URL."
            )
    return frozenset(origin_of(url) for url in urls)


def check_kind(kind: str) -> None:
    """Refuse the name of a token that is none: what was meant must not be guessed.

    Raises
    ------
    ValueError
        Naming the two.
    """
    if kind not in ("access", "id"):
        raise ValueError(f'token must be "access" or "id", not {kind!r}')


def untrusted(place: str, origins: Origins) -> UntrustedOriginError:
    """Return the error for a place that nobody allowed, such as ``https://api.example.com``."""
    return UntrustedOriginError(
        f"No token goes to {_shown(place)}: allowed is {_listed(origins)}.",
        hint="Add the origin to the setting api_origins, or make a client for it: session.client(base_url).",
    )


def redirected(source: str, place: str, origins: Origins) -> UntrustedOriginError:
    """Return the error for a redirect to a place that nobody allowed."""
    return UntrustedOriginError(
        f"{_shown(source)} redirects to {_shown(place)}, where no token goes: allowed is {_listed(origins)}.",
        hint="Add the origin to the setting api_origins; or call with follow_redirects=False and get the answer's "
        'headers["location"] with httpx, without a token, as session.open does.',
    )


def bearer(tokens: Tokens, kind: TokenKind) -> str:
    """Return the header's value (RFC 6750 §2.1).

    Raises
    ------
    NotSignedInError
        If the session has no such token.
    """
    return f"Bearer {tokens.get(kind).token.reveal()}"


def advice(tokens: Tokens, kind: TokenKind, response_headers: Mapping[str, str]) -> str:
    """Return which token an API has refused, and which to try; for the reason phrase that clients show.

    API Gateway's Cognito authorizers want the ID token unless they ask for scopes; then they want the access token.
    """
    sent, other = ("access", "id") if kind == "access" else ("id", "access")
    if bearer_error(response_headers).get("error") == "insufficient_scope":
        return f"sent: the {sent} token; it lacks a scope"
    if other == "id" and tokens.id is None:
        return "sent: the access token; this session has no other: its scopes lack openid"
    return f"sent: the {sent} token. {cause_of(f'{other}_token_needed').fix}"


class UnshownHeader(str):
    """A header's value for libraries that take nothing but strings: its `repr` is masked, and it is not pickled.

    The mask lies in the value, not in the dict around it: users merge that with headers of their own.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "'Bearer ***'"

    def __copy__(self) -> UnshownHeader:
        return self

    def __deepcopy__(self, memo: object) -> UnshownHeader:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        message = "a token cannot be pickled: it must not leave this kernel"
        raise TypeError(message)


def headers_for(url: str, engine: RefreshEngine, origins: Origins, kind: TokenKind) -> dict[str, str]:
    """Return the header for one URL; the token in it is not renewed.

    Raises
    ------
    UntrustedOriginError
        If nobody allowed the URL's origin.
    NotSignedInError, SessionExpiredError, TokenVerificationError, TokenResponseError, ProtocolError, NetworkError
        If there is no token to be had.
    """
    check_kind(kind)
    if not allowed_origins([url]) <= origins:
        raise untrusted(url, origins)
    return {"Authorization": UnshownHeader(bearer(engine.current(), kind))}


def _listed(origins: Origins) -> str:
    return ", ".join(sorted(f"{scheme}://{host}:{port}" for scheme, host, port in origins)) or "nothing"


def _shown(url: str) -> str:
    return url.partition("?")[0].rpartition("@")[2][:100]  # without a password or a query
