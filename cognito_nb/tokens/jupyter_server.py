"""The one HTTP client of the wire between kernel and Jupyter server.

Environment proxies are ignored: they break loopback calls (measured).
"""

from __future__ import annotations

import json
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.parse import unquote

import httpx

from .. import wire
from ..errors import CognitoError, ConfigurationError, NetworkError, ProtocolError, SignInError
from ..protocol.http import parse_json_object, without_frames

if TYPE_CHECKING:
    from collections.abc import Callable

    from .access import ServerAccess

__all__ = ["UPDATE", "JupyterServer", "read_answer", "refusal"]

T = TypeVar("T")
_REPLY_SECONDS = 10.0
_END = "-----END CERTIFICATE-----"
UPDATE = "Install the same version of cognito_nb in the server's and the kernel's environment, then restart both."


class JupyterServer:
    """The server extension as the kernel talks to it; made and used on one event loop."""

    def __init__(self, access: ServerAccess) -> None:
        scheme, _, rest = access.url.partition("://")
        transport = None
        base_url = access.url
        if scheme == "http+unix":
            socket, _, path = rest.partition("/")
            transport = httpx.AsyncHTTPTransport(uds=unquote(socket))
            base_url = f"http://localhost/{path}"
        try:
            self._client = httpx.AsyncClient(
                base_url=base_url,
                transport=transport,
                trust_env=False,
                verify=_server_context(access.ca_file),
                timeout=_REPLY_SECONDS,
                headers={wire.CAPABILITY_HEADER: access.capability.reveal()},
            )
        except (OSError, ValueError, httpx.InvalidURL) as error:
            reason = type(error).__name__
        else:
            return
        raise ConfigurationError(
            f"What the Jupyter server left in this kernel's environment cannot be used ({reason}).",
            setting=wire.ENV_SERVER_CA if access.ca_file else wire.ENV_SERVER_URL,
            hint="If Jupyter was restarted or its certificate renewed, restart the kernel.",
        )

    async def create(self, request: wire.SignInRequest) -> wire.SignInCreated:
        """Register a sign-in that this kernel waits for.

        Raises
        ------
        ConfigurationError
            If the extension is absent, of another wire version, or does not know this kernel.
        NetworkError, ProtocolError
            If the server gives no usable answer, or has too many sign-ins.
        """
        response = await self.send("POST", wire.SIGN_INS_PATH, request)
        if response.status_code != httpx.codes.CREATED:
            raise refusal(response.status_code)
        return read_answer(response, wire.SignInCreated.from_json)

    async def poll(self, sign_in_id: str) -> wire.Answered | wire.Ended | None:
        """Wait for the authorization response; None if there is none yet.

        Raises
        ------
        SignInError
            If the server does not know the sign-in any more.
        NetworkError, ProtocolError
            If the server gives no usable answer.
        """
        path = f"{wire.SIGN_INS_PATH}/{sign_in_id}?wait={wire.LONG_POLL_SECONDS:.0f}"
        response = await self.send("GET", path, longer=wire.LONG_POLL_SECONDS)
        if response.status_code == httpx.codes.NO_CONTENT:
            return None
        if response.status_code in (httpx.codes.FORBIDDEN, httpx.codes.NOT_FOUND):
            raise SignInError(
                "The Jupyter server does not know this sign-in any more.",
                hint="If Jupyter was restarted, restart the kernel; else run %cognito_login again.",
            )
        if response.status_code != httpx.codes.OK:
            raise refusal(response.status_code)
        return read_answer(response, wire.read_poll)

    async def is_started(self, sign_in_id: str) -> bool:
        """Tell whether a browser has gone on to Cognito with a sign-in, answered or not.

        Raises
        ------
        NetworkError
            If the server does not answer.
        """
        response = await self.send("GET", f"{wire.SIGN_INS_PATH}/{sign_in_id}")
        return wire.STARTED_HEADER in response.headers

    async def report(self, sign_in_id: str, *, ok: bool, cause: str | None) -> None:
        """Tell how the sign-in ended, for the page that the browser shows; `cause` is a code of `causes`."""
        await self.send("POST", f"{wire.SIGN_INS_PATH}/{sign_in_id}/outcome", _Outcome(ok, cause))

    async def withdraw(self, sign_in_id: str) -> None:
        """Leave no pending sign-in behind."""
        await self.send("DELETE", f"{wire.SIGN_INS_PATH}/{sign_in_id}")

    async def aclose(self) -> None:
        """Close the connection."""
        await self._client.aclose()

    async def send(
        self, method: str, path: str, message: _Message | None = None, *, longer: float = 0.0
    ) -> httpx.Response:
        """Send a message; it becomes text below this frame only, which the error shows."""
        headers = {} if message is None else {"Content-Type": "application/json"}
        try:
            return await self._client.request(
                method,
                path,
                content=None if message is None else json.dumps(message.to_json()),
                headers=headers,
                timeout=_REPLY_SECONDS + longer,
            )
        except (httpx.HTTPError, OSError) as error:
            reason = type(error).__name__
        raise NetworkError(
            f"The Jupyter server at {self._client.base_url.host} does not answer its kernel ({reason}).",
            cause="server_gone",
        )


class _Message(Protocol):
    def to_json(self) -> dict[str, Any]:
        """Return the body to send."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    ok: bool
    cause: str | None

    def to_json(self) -> dict[str, Any]:
        return {"ok": self.ok, "cause": self.cause}


def _server_context(ca_file: str | None) -> ssl.SSLContext:
    """Trust the server's own certificate and no other; its name does not matter on loopback."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca_file is not None:
        context.check_hostname = False
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        # The first certificate only: a chain's others vouch for anybody's server.
        chain = Path(ca_file).read_text("ascii", "replace")
        context.load_verify_locations(cadata=chain[: chain.find(_END) + len(_END)])
    return context


@without_frames
def read_answer(response: httpx.Response, reader: Callable[[object], T]) -> T:
    """Read an answer of the wire; raises ProtocolError if it has the wrong form."""
    try:
        return reader(parse_json_object(response.content, what="The Jupyter server's answer"))
    except wire.WireError as error:
        field = error.args[0]
    raise ProtocolError(f"The Jupyter server's answer has no usable {field}.", hint=UPDATE)


def refusal(status: int) -> CognitoError:
    """Return the error that a status stands for."""
    if status == httpx.codes.CONFLICT:
        return ConfigurationError("The Jupyter server runs another version of cognito_nb.", cause="versions_differ")
    if status == httpx.codes.FORBIDDEN:
        return ConfigurationError(
            "The Jupyter server does not know this kernel.",
            hint="Jupyter was restarted since the kernel started: restart the kernel.",
            cause="server_gone",
        )
    if status == httpx.codes.NOT_FOUND:
        return ConfigurationError(
            "The Jupyter server does not know this sign-in, or the cognito_nb extension is switched off.",
            hint="Check `jupyter server extension list`; if Jupyter was restarted, run %cognito_login again.",
            cause="extension_missing",
        )
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return NetworkError("The Jupyter server has too many sign-ins waiting.", hint="Try again in a few minutes.")
    return ProtocolError(f"The Jupyter server answered with HTTP status {status}.", hint=UPDATE)
