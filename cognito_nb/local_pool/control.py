"""A pool's controls as JSON over HTTP: for a pool in another process, and for tests in other languages.

====================================  ==========================================================================
below ``/_control``, on the pool's    takes, and does
own port
====================================  ==========================================================================
``GET /_control``                     nothing; tells what the pool is, and which endpoints can fail
``POST /_control/faults``             ``endpoint``, ``times`` (1; null for ever) and the fields of `Fault`
``DELETE /_control/faults``           heals all endpoints, ``/_control/faults/token`` one
``POST /_control/keys``               ``keep_old`` (false); rotates the signing keys
``POST /_control/clock``              ``advance``: seconds
``POST /_control/latency``            a number of seconds for each endpoint named; 0 ends it
``GET, DELETE /_control/requests``    nothing; tells or forgets what arrived
``POST /_control/users``              ``username``, ``password``, ``groups``, ``attributes``, ``provider``; adds or
                                      replaces one
``POST /_control/callbacks``          ``url``; registers it with every app client
``POST /_control/logouts``            the same for sign-out
``POST /_control/sign-in``            ``authorization_url``, ``username``, ``password``; answers ``callback``
====================================  ==========================================================================

A request that is refused is answered with 4xx and ``{"error": ...}``.

Every pool has it. It listens on loopback, where any local user reaches it; but what the pool guards is public
anyway, its passwords first of all. Web pages in the user's browser do not: a request must name this machine as its
host (else DNS rebinding), come from no page (``Origin``, ``Sec-Fetch-Site``), and bring JSON by its media type,
which no form can send.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass, fields
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from tornado.web import Finish

from .endpoints import ENDPOINTS
from .faults import Fault
from .web import JsonHandler

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .server import LocalUserPool

__all__ = ["CONTROL_ROUTES"]

_CENTURIES = 1e10  # seconds


@dataclass(frozen=True, slots=True)
class _Field:
    fits: Callable[[Any], bool]
    takes: str
    required: bool = True


class _Control(NamedTuple):
    takes: Mapping[str, _Field]
    act: Callable[[LocalUserPool, dict[str, Any]], dict[str, Any]]


def _is_seconds(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _CENTURIES


def _optional(fits: Callable[[Any], bool], takes: str) -> _Field:
    return _Field(fits, takes, required=False)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


_TEXT = _Field(_is_text, "a string")
_MAY_BE_TEXT = _optional(_is_text, "a string")
_FLAG = _optional(lambda value: isinstance(value, bool), "true or false")
_TEXTS = _optional(
    lambda value: isinstance(value, list) and all(isinstance(item, str) for item in value), "a list of strings"
)
_ATTRIBUTES = _optional(
    lambda value: isinstance(value, dict) and all(isinstance(item, str) for item in value.values()),
    "an object of strings",
)
_SHIFT = _Field(_is_seconds, "a number of seconds")
_LATENCY = _optional(lambda value: _is_seconds(value) and value >= 0, "a number of seconds")
_CHECKED_BY_FAULT = _optional(lambda _: True, "")


class _ControlHandler(JsonHandler):
    """All of them: neither recorded nor slowed, and closed to web pages."""

    endpoint = ""
    pool: LocalUserPool

    async def prepare(self) -> None:
        self.check_host()
        headers = self.request.headers
        if "Origin" in headers or headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
            self.refuse(403, "no web page may control the pool")
        media_type = headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if media_type != "application/json" and (self.request.method == "POST" or self.request.body):
            self.refuse(415, "Content-Type takes application/json")

    async def get(self, path: str) -> None:
        """Do what the method and the path stand for."""
        path, _, endpoint = path.partition("/")
        controls = _CONTROLS.get(f"{path}/*" if endpoint else path)
        if controls is None:
            self.refuse(404, "there is no such control")
        control = controls.get(self.request.method or "")
        if control is None:
            self.refuse(405, "Method Not Allowed")
        try:
            asked = {"endpoint": endpoint} if endpoint else self._read(control.takes)
            # A thread: keys take their time, and a sign-in waits for answers of this very loop
            answer = await asyncio.to_thread(control.act, self.pool, asked)
        except ValueError as error:
            self.refuse(400, str(error))
        self.write_json(200, answer)

    post = delete = get

    def _read(self, known: Mapping[str, _Field]) -> dict[str, Any]:
        body = self.json_object() if self.request.body else {}
        if body is None:
            raise ValueError("the body takes a JSON object")
        if unknown := body.keys() - known.keys():
            raise ValueError(f"no field {min(unknown)!r}; there are {', '.join(known)}")
        for name, field in known.items():
            if field.required if name not in body else not field.fits(body[name]):
                raise ValueError(f"{name} takes {field.takes}")
        return body

    def refuse(self, status: int, message: str) -> NoReturn:
        """Answer with an error, and go no further."""
        self.write_json(status, {"error": message})
        raise Finish

    def write_error(self, status_code: int, **_: Any) -> None:  # noqa: ANN401 - tornado's signature
        self.write_json(status_code, {"error": self._reason})


def _describe(pool: LocalUserPool, _asked: dict[str, Any]) -> dict[str, Any]:
    users = [
        {"username": user.username, "name": user.name, "groups": user.groups, "attributes": dict(user.attributes)}
        for user in pool.users
    ]
    return {
        "issuer": pool.issuer,
        "user_pool_id": pool.user_pool_id,
        "domain": pool.domain,
        "api_url": pool.api_url,
        "client_ids": list(pool.clients),
        "users": users,
        "endpoints": ENDPOINTS,
        "faults": pool.faults.pending(),
        "latency": dict(pool.latency),
        "time": pool.clock(),
    }


def _fail(pool: LocalUserPool, asked: dict[str, Any]) -> dict[str, Any]:
    endpoint, times = asked.pop("endpoint"), asked.pop("times", 1)
    pool.fail(endpoint, Fault(**asked), times=times)
    return {"faults": pool.faults.pending()}


def _heal(pool: LocalUserPool, asked: dict[str, Any]) -> dict[str, Any]:
    pool.heal(**asked)
    return {"faults": pool.faults.pending()}


def _rotate_keys(pool: LocalUserPool, asked: dict[str, Any]) -> dict[str, Any]:
    pool.rotate_keys(**asked)
    return {"kids": [key["kid"] for key in pool.keys.jwks()["keys"]]}


def _advance(pool: LocalUserPool, asked: dict[str, Any]) -> dict[str, Any]:
    pool.advance(asked["advance"])
    return {"time": pool.clock()}


def _slow_down(pool: LocalUserPool, asked: dict[str, Any]) -> dict[str, Any]:
    pool.latency.update(asked)
    return {"latency": dict(pool.latency)}


def _tell_requests(pool: LocalUserPool, _asked: dict[str, Any]) -> dict[str, Any]:
    return {"requests": [asdict(request) for request in list(pool.requests)]}


def _forget_requests(pool: LocalUserPool, _asked: dict[str, Any]) -> dict[str, Any]:
    pool.requests.clear()
    return {"requests": []}


def _add_user(pool: LocalUserPool, asked: dict[str, Any]) -> dict[str, Any]:
    user = pool.add_user(**asked)
    return {"username": user.username, "sub": user.sub}


def _register_callback(pool: LocalUserPool, asked: dict[str, Any]) -> dict[str, Any]:
    pool.register_callback(**asked)
    return asked


def _register_logout(pool: LocalUserPool, asked: dict[str, Any]) -> dict[str, Any]:
    pool.register_logout(**asked)
    return asked


def _sign_in(pool: LocalUserPool, asked: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"callback": pool.sign_in(**asked)}
    except (OSError, HTTPException) as error:
        raise ValueError(f"the pool broke off the sign-in ({type(error).__name__})") from None


_FAULT = {"endpoint": _TEXT} | dict.fromkeys(("times", *(field.name for field in fields(Fault))), _CHECKED_BY_FAULT)
_USER = {
    "username": _TEXT,
    "password": _MAY_BE_TEXT,
    "groups": _TEXTS,
    "attributes": _ATTRIBUTES,
    "provider": _MAY_BE_TEXT,
}
_CONTROLS: dict[str, dict[str, _Control]] = {
    "": {"GET": _Control({}, _describe)},
    "faults": {"POST": _Control(_FAULT, _fail), "DELETE": _Control({}, _heal)},
    "faults/*": {"DELETE": _Control({}, _heal)},
    "keys": {"POST": _Control({"keep_old": _FLAG}, _rotate_keys)},
    "clock": {"POST": _Control({"advance": _SHIFT}, _advance)},
    "latency": {"POST": _Control(dict.fromkeys(ENDPOINTS, _LATENCY), _slow_down)},
    "requests": {"GET": _Control({}, _tell_requests), "DELETE": _Control({}, _forget_requests)},
    "users": {"POST": _Control(_USER, _add_user)},
    "callbacks": {"POST": _Control({"url": _TEXT}, _register_callback)},
    "logouts": {"POST": _Control({"url": _TEXT}, _register_logout)},
    "sign-in": {
        "POST": _Control({"authorization_url": _TEXT, "username": _TEXT, "password": _TEXT}, _sign_in),
    },
}
CONTROL_ROUTES = (("/_control()", _ControlHandler), ("/_control/(.*)", _ControlHandler))
