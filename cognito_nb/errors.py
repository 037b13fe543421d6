"""Every exception of the package, ordered by what the reader does next.

::

    CognitoError
    ├── ConfigurationError            fix a setting
    ├── NotSignedInError              run %cognito_login
    ├── InteractionRequiredError      no person can answer here
    ├── SignInError                   the sign-in did not finish
    │   ├── AuthorizationResponseError    Cognito said no
    │   ├── StateMismatchError            the answer belongs to another sign-in, browser or issuer
    │   └── SignInTimeoutError            nobody finished in time (also a TimeoutError)
    ├── TokenResponseError            the token endpoint refused
    │   └── SessionExpiredError           the refresh token is dead: sign in again
    ├── TokenVerificationError        a JWT failed a check
    ├── ProtocolError                 an answer that the RFCs do not allow
    ├── NetworkError                  no usable answer
    └── UntrustedOriginError          a token was about to go to an origin that nobody allowed

No message and no attribute holds a token, code, verifier or secret: text that came from outside passes
through `shown_text.public_text` first.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from .causes import cause_of
from .shown_text import cut, printable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypedDict, Unpack

    class _More(TypedDict, total=False):
        hint: str | None
        sent: Mapping[str, str] | None
        cause: str | None


__all__ = [
    "AuthorizationResponseError",
    "CognitoError",
    "ConfigurationError",
    "InteractionRequiredError",
    "NetworkError",
    "NotSignedInError",
    "ProtocolError",
    "SessionExpiredError",
    "SignInError",
    "SignInTimeoutError",
    "StateMismatchError",
    "TokenResponseError",
    "TokenVerificationError",
    "UntrustedOriginError",
]

_LONGEST_TEXT, _LONGEST_SENT, _LONGEST_HINT = 500, 180, 240  # characters of an error as it is shown
_WRAPPER = textwrap.TextWrapper(90, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)  # columns


class CognitoError(Exception):
    """Base of all errors of this package.

    Parameters
    ----------
    message, hint : str
        What happened, and the next step, in one sentence each; without a hint it is the cause's.
    sent : mapping of str to str, optional
        Public values that were sent (client id, redirect URI, scopes), for the reader to compare.
    cause : str, optional
        The code under which `causes` explains it.

    Attributes
    ----------
    at_aws : mapping of str to str or None
        ``user_pool_id``, ``client_id`` and ``region``, once it is known that AWS's console and CLI show them.
    """

    cause: str | None = None

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        sent: Mapping[str, str] | None = None,
        cause: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = cause_of(cause).fix if hint is None and cause is not None else hint
        self.sent = dict(sent or {})
        self.at_aws: Mapping[str, str] | None = None
        if cause is not None:
            self.cause = cause

    @property
    def details(self) -> tuple[tuple[str, str], ...]:
        """What ends the search, beside message and hint: headings and texts, such as the likely causes."""
        if self.cause is None:
            return ()
        found = cause_of(self.cause).details(self.at_aws)
        return tuple((heading, text) for heading, text in found if text not in self.message)

    def __str__(self) -> str:
        sent = ", ".join(f"{name}={value}" for name, value in self.sent.items())
        rest = f"\nSent: {cut(sent, _LONGEST_SENT)}" if sent else ""
        if self.hint:
            rest += f"\nNext step: {cut(self.hint, _LONGEST_HINT)}"
        return cut(self.message, _LONGEST_TEXT - len(rest)) + rest

    def _render_traceback_(self, *_: object) -> list[str]:
        """Show the error in IPython without the frames, which help nobody here, but with what ends the search."""
        lines = [*f"{type(self).__name__}: {self}".split("\n"), *(": ".join(pair) for pair in self.details)]
        command = lines.pop() if lines[-1].startswith("AWS CLI") else ""  # in one piece, to be copied
        return [*map(_WRAPPER.fill, lines), *filter(None, [command])]


class ConfigurationError(CognitoError):
    """A setting is missing, misspelt or not allowed.

    Attributes
    ----------
    setting : str or None
        Name of the setting at fault.
    source : str or None
        Where its value came from: ``"keyword"``, an environment variable, or a file and profile.
    """

    def __init__(
        self, message: str, *, setting: str | None = None, source: str | None = None, **more: Unpack[_More]
    ) -> None:
        text = message if source is None else f"{message} (from {source})"  # a folder may be named by anybody
        super().__init__(printable(text, line_ends=True), **more)
        self.setting, self.source = setting, source


class NotSignedInError(CognitoError):
    """There is no session; run ``%cognito_login``."""


class InteractionRequiredError(CognitoError):
    """A person has to sign in, and none can answer here (papermill, nbclient, CI)."""


class SignInError(CognitoError):
    """The sign-in did not finish."""


class AuthorizationResponseError(SignInError):
    """Cognito answered the authorization request with an error (RFC 6749 §4.1.2.1).

    Attributes
    ----------
    error : str or None
        The error code, such as ``access_denied``.
    error_description : str or None
        The provider's own words, made fit to be shown.
    """

    def __init__(
        self,
        message: str,
        *,
        error: str | None = None,
        error_description: str | None = None,
        **more: Unpack[_More],
    ) -> None:
        super().__init__(message, **more)
        self.error = error
        self.error_description = error_description


class StateMismatchError(SignInError):
    """The answer belongs to another sign-in, browser or issuer (RFC 9700 §4.7, RFC 9207), or to an unexpected user."""

    cause = "state_mismatch"


class SignInTimeoutError(SignInError, TimeoutError):
    """Nobody finished the sign-in in time."""


class TokenResponseError(CognitoError):
    """The token endpoint refused (RFC 6749 §5.2).

    Attributes
    ----------
    error : str or None
        The error code, such as ``invalid_grant``.
    error_description : str or None
        The provider's own words, made fit to be shown.
    status_code : int or None
        HTTP status of the answer.
    """

    def __init__(
        self,
        message: str,
        *,
        error: str | None = None,
        error_description: str | None = None,
        status_code: int | None = None,
        **more: Unpack[_More],
    ) -> None:
        super().__init__(message, **more)
        self.error = error
        self.error_description = error_description
        self.status_code = status_code


class SessionExpiredError(TokenResponseError):
    """The refresh token is dead: sign in again."""


class TokenVerificationError(CognitoError):
    """A JWT failed a check; nothing of the answer was kept.

    Attributes
    ----------
    claim : str or None
        The claim or header at fault, such as ``aud`` or ``signature``.
    expected, actual : str or None
        What was wanted and what came, never the token.
    """

    cause = "verification"

    def __init__(
        self,
        message: str,
        *,
        claim: str | None = None,
        expected: str | None = None,
        actual: str | None = None,
        **more: Unpack[_More],
    ) -> None:
        super().__init__(message, **more)
        self.claim = claim
        self.expected = expected
        self.actual = actual


class ProtocolError(CognitoError):
    """An answer that the RFCs do not allow."""


class NetworkError(CognitoError):
    """No usable answer: time, connection, TLS, 5xx, or a body too large.

    Attributes
    ----------
    status_code : int or None
        HTTP status, if one came.
    retry_after : float or None
        Seconds that the server asked to wait, if it did.
    """

    def __init__(
        self,
        message: str,
        *,
        status_code: int | None = None,
        retry_after: float | None = None,
        **more: Unpack[_More],
    ) -> None:
        super().__init__(message, **more)
        self.status_code = status_code
        self.retry_after = retry_after


class UntrustedOriginError(CognitoError):
    """A token was about to go to an origin that nobody allowed; nothing was sent."""
