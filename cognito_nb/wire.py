"""What the kernel and the Jupyter server say to each other: paths, fields, header, environment names, limits.

Both sides import this file and nothing else of each other. The capability in `CAPABILITY_HEADER` opens the
``cognito/api`` routes only. A kernel of another `WIRE_VERSION` is refused with 409, so that a package
updated in one environment only is told apart from a fault.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from urllib.parse import parse_qs, urlsplit

from .environment import ENV_SERVER_CA, ENV_SERVER_TOKEN, ENV_SERVER_URL
from .secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "CALLBACK_PATH",
    "CAPABILITY_HEADER",
    "COOKIE_PREFIX",
    "ENV_SERVER_CA",
    "ENV_SERVER_TOKEN",
    "ENV_SERVER_URL",
    "LIFE_MARGIN",
    "LONG_POLL_SECONDS",
    "MAX_BODY_BYTES",
    "MAX_LIFE_SECONDS",
    "MAX_SIGN_INS",
    "MAX_SIGN_INS_PER_KERNEL",
    "SIGN_INS_PATH",
    "SILENCE_SECONDS",
    "STARTED_HEADER",
    "START_PATH",
    "WIRE_VERSION",
    "Answered",
    "Ended",
    "SignInCreated",
    "SignInRequest",
    "WireError",
    "mapping_of",
    "number_of",
    "read_poll",
    "text_of",
    "wire_version",
]

WIRE_VERSION = 1

CAPABILITY_HEADER = "X-Cognito-NB-Capability"
COOKIE_PREFIX = "cognito_nb_"  # + sign-in id
STARTED_HEADER = "X-Cognito-NB-Started"  # of the answer to a poll: a browser has gone on to Cognito

# All paths are relative to the server's base_url.
SIGN_INS_PATH = "cognito/api/sign-ins"  # POST; /ID GET ?wait=seconds, DELETE; /ID/outcome POST
START_PATH = "cognito/start"  # /ID
CALLBACK_PATH = "cognito/callback"  # /ID: the outcome, for the page that waits for it

LONG_POLL_SECONDS = 25.0
SILENCE_SECONDS = 90.0  # no poll for so long: the kernel is gone
MAX_LIFE_SECONDS = 3600.0
LIFE_MARGIN = 30.0  # the server keeps a sign-in this much longer than the kernel waits for it
MAX_SIGN_INS_PER_KERNEL = 8
MAX_SIGN_INS = 1000
MAX_BODY_BYTES = 64 * 1024

_ID = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_STATE = re.compile(r"[A-Za-z0-9_-]{16,256}")  # the alphabet that Cognito echoes unharmed
_MAX_REDIRECT_URIS = 100  # Cognito's own limit of callback URLs per app client
_MAX_URL = 8192


class WireError(ValueError):
    """A message of the other side does not have the agreed form; the text names the field, never its value."""


@dataclass(frozen=True, slots=True)
class SignInRequest:
    """``POST cognito/api/sign-ins``: a sign-in that a kernel waits for.

    Attributes
    ----------
    kernel : str
        Random id of the kernel's process (not Jupyter's kernel id).
    profile : str
        Name of the profile, for the page; one sign-in per kernel and profile is alive.
    issuer : str
        Issuer of the user pool.
    state : Secret
        `state` of the authorization request.
    authorization_url : Secret
        The authorization request, complete but for ``redirect_uri``.
    redirect_uris : tuple of str
        What the app client has registered; empty means the server's own callback.
    expires_in : float
        Life in seconds.
    """

    kernel: str
    profile: str
    issuer: str
    state: Secret
    authorization_url: Secret
    redirect_uris: tuple[str, ...]
    expires_in: float

    def to_json(self) -> dict[str, Any]:
        """Return the body to send."""
        return {
            "wire": WIRE_VERSION,
            "kernel": self.kernel,
            "profile": self.profile,
            "issuer": self.issuer,
            "state": self.state.reveal(),
            "authorization_url": self.authorization_url.reveal(),
            "redirect_uris": list(self.redirect_uris),
            "expires_in": self.expires_in,
        }

    @classmethod
    def from_json(cls, body: object) -> SignInRequest:
        """Read a body; the version is checked before (`wire_version`).

        Raises
        ------
        WireError
            If a field is absent or has the wrong form.
        """
        fields = mapping_of(body)
        redirect_uris = fields.get("redirect_uris")
        if not isinstance(redirect_uris, list) or len(redirect_uris) > _MAX_REDIRECT_URIS:
            raise WireError("redirect_uris")
        expires_in = number_of(fields, "expires_in")
        if not 0 < expires_in <= MAX_LIFE_SECONDS:
            raise WireError("expires_in")
        return cls(
            kernel=text_of(fields, "kernel", pattern=_ID),
            profile=text_of(fields, "profile"),
            issuer=_url(fields.get("issuer"), "issuer"),
            state=Secret(text_of(fields, "state", pattern=_STATE)),
            authorization_url=Secret(_authorization_url(fields.get("authorization_url"))),
            redirect_uris=tuple(_url(uri, "redirect_uris") for uri in redirect_uris),
            expires_in=expires_in,
        )


@dataclass(frozen=True, slots=True)
class SignInCreated:
    """201 answer to a `SignInRequest`.

    Attributes
    ----------
    id : str
        The sign-in, in all further paths.
    start_path : str
        Absolute path (base_url included) that the browser opens; it holds no protocol data.
    expires_in : float
        Life in seconds that the server gives it.
    """

    id: str
    start_path: str
    expires_in: float

    def to_json(self) -> dict[str, Any]:
        """Return the body to send."""
        return {"id": self.id, "start_path": self.start_path, "expires_in": self.expires_in}

    @classmethod
    def from_json(cls, body: object) -> SignInCreated:
        """Read a body; raises `WireError` if it has the wrong form."""
        fields = mapping_of(body)
        start_path = text_of(fields, "start_path")
        if not start_path.startswith("/") or start_path.startswith("//"):
            raise WireError("start_path")
        return cls(text_of(fields, "id", pattern=_ID), start_path, number_of(fields, "expires_in"))


@dataclass(frozen=True, slots=True)
class Answered:
    """200 of the long poll: the authorization response has come.

    Attributes
    ----------
    params : Mapping of str to Secret
        The response's parameters, each sent once; without ``state`` for the error answers that omit it.
    redirect_uri : str
        The redirect URI that the authorization request went out with.
    """

    params: Mapping[str, Secret]
    redirect_uri: str

    def to_json(self) -> dict[str, Any]:
        """Return the body to send."""
        params = {name: value.reveal() for name, value in self.params.items()}
        return {"status": "answered", "params": params, "redirect_uri": self.redirect_uri}


EndStatus: TypeAlias = Literal["error", "expired", "superseded"]


@dataclass(frozen=True, slots=True)
class Ended:
    """200 of the long poll: no answer will come."""

    status: EndStatus

    def to_json(self) -> dict[str, Any]:
        """Return the body to send."""
        return {"status": self.status}


def read_poll(body: object) -> Answered | Ended:
    """Read a 200 answer of the long poll; raises `WireError` if it has the wrong form."""
    fields = mapping_of(body)
    status = fields.get("status")
    if status in ("error", "expired", "superseded"):
        return Ended(status)
    params = fields.get("params")
    if status != "answered" or not isinstance(params, dict):
        raise WireError("status")
    if not all(isinstance(value, str) for value in params.values()):
        raise WireError("params")
    return Answered(
        {name: Secret(value) for name, value in params.items()}, _url(fields.get("redirect_uri"), "redirect_uri")
    )


def wire_version(body: object) -> int | None:
    """Return the version that a body was written for, or None if it tells none."""
    version = mapping_of(body).get("wire")
    return version if type(version) is int else None


def mapping_of(body: object) -> dict[str, Any]:
    """Return the fields of a body; like all that follows, raises `WireError` for anything else."""
    if not isinstance(body, dict):
        raise WireError("body")
    return body


def text_of(fields: dict[str, Any], name: str, *, pattern: re.Pattern[str] | None = None) -> str:
    """Return a field that is a string, of this form throughout."""
    value = fields.get(name)
    if not isinstance(value, str) or len(value) > _MAX_URL or (pattern and not pattern.fullmatch(value)):
        raise WireError(name)
    return value


def number_of(fields: dict[str, Any], name: str) -> float:
    """Return a field that is a number."""
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WireError(name)
    try:
        return float(value)
    except OverflowError:  # JSON knows integers of any size
        raise WireError(name) from None


def _authorization_url(value: object) -> str:
    """Read the authorization request: the server adds ``redirect_uri``, which must then be the only one."""
    url = _url(value, "authorization_url")
    parts = urlsplit(url)
    if parts.fragment or "redirect_uri" in parse_qs(parts.query, keep_blank_values=True):
        raise WireError("authorization_url")
    return url


def _url(value: object, name: str) -> str:
    if not isinstance(value, str) or len(value) > _MAX_URL or not re.fullmatch(r"https?://[!-~]+", value):
        raise WireError(name)
    try:
        urlsplit(value).port  # noqa: B018 - both raise ValueError, for "http://[::1" and for port 99999
    except ValueError:
        raise WireError(name) from None
    return value
