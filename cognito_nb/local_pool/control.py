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
import json
from dataclasses import asdict, dataclass, fields
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from tornado.web import Finish

from .faults import Fault
from .web import JsonHandler, endpoint_names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .server import LocalUserPool

__all__ = ["CONTROL_ROUTES"]

_THIS_MACHINE = frozenset({"127.0.0.1", "localhost", "[::1]"})
_CENTURIES = 1e10  # seconds


@dataclass(frozen=True, slots=True)
class _Field:
    fits: Callable[[Any], bool]
    takes: str
    required: bool = True


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
    """Base of them all: neither recorded nor slowed, and closed to web pages."""

    endpoint = ""
    cross_origin = False
    pool: LocalUserPool

    async def prepare(self) -> None:
        headers = self.request.headers
        if self.request.host_name not in _THIS_MACHINE:
            self.refuse(403, "Host takes 127.0.0.1, localhost or [::1]")
        if "Origin" in headers or headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
            self.refuse(403, "no web page may control the pool")
        media_type = headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if media_type != "application/json" and (self.request.method == "POST" or self.request.body):
            self.refuse(415, "Content-Type takes application/json")

    def refuse(self, status: int, message: str) -> NoReturn:
        """Answer with an error, and go no further."""
        self.write_json(status, {"error": message})
        raise Finish

    def write_error(self, status_code: int, **_: Any) -> None:  # noqa: ANN401 - tornado's signature
        self.write_json(status_code, {"error": self._reason})


class _ActionHandler(_ControlHandler):
    """Base of what is asked for by POST; ``takes`` are the fields of the body."""

    takes: ClassVar[Mapping[str, _Field]] = {}

    def fields(self) -> Mapping[str, _Field]:
        return self.takes

    async def post(self) -> None:
        try:
            answer = await self.act(self._read())
        except ValueError as error:
            self.refuse(400, str(error))
        self.write_json(200, answer)

    async def act(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Do what the body asks for, and say what came of it; a ValueError says why not."""
        raise NotImplementedError

    def _read(self) -> dict[str, Any]:
        try:
            body = json.loads(self.request.body or b"{}")
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            raise ValueError("the body takes a JSON object")  # noqa: TRY004 - the caller's mistake
        known = self.fields()
        if unknown := body.keys() - known.keys():
            raise ValueError(f"no field {min(unknown)!r}; there are {', '.join(known)}")
        for name, field in known.items():
            if field.required if name not in body else not field.fits(body[name]):
                raise ValueError(f"{name} takes {field.takes}")
        return body


class _PoolHandler(_ControlHandler):
    def get(self) -> None:
        pool = self.pool
        users = [
            {"username": user.username, "name": user.name, "groups": user.groups, "attributes": dict(user.attributes)}
            for user in pool.users
        ]
        facts = {
            "issuer": pool.issuer,
            "user_pool_id": pool.user_pool_id,
            "domain": pool.domain,
            "api_url": pool.api_url,
            "client_ids": list(pool.clients),
            "users": users,
            "endpoints": endpoint_names(),
            "faults": pool.faults.pending(),
            "latency": pool.latency,
            "time": pool.clock(),
        }
        self.write_json(200, facts)


class _FaultsHandler(_ActionHandler):
    takes: ClassVar = {"endpoint": _TEXT} | dict.fromkeys(
        ("times", *(field.name for field in fields(Fault))), _CHECKED_BY_FAULT
    )

    async def act(self, asked: dict[str, Any]) -> dict[str, Any]:
        endpoint, times = asked.pop("endpoint"), asked.pop("times", 1)
        self.pool.fail(endpoint, Fault(**asked), times=times)
        return {"faults": self.pool.faults.pending()}

    def delete(self) -> None:
        self.pool.heal()
        self.write_json(200, {"faults": self.pool.faults.pending()})


class _FaultHandler(_ControlHandler):
    def delete(self, endpoint: str) -> None:
        try:
            self.pool.heal(endpoint)
        except ValueError as error:
            self.refuse(404, str(error))
        self.write_json(200, {"faults": self.pool.faults.pending()})


class _KeysHandler(_ActionHandler):
    takes: ClassVar = {"keep_old": _FLAG}

    async def act(self, asked: dict[str, Any]) -> dict[str, Any]:
        await asyncio.to_thread(self.pool.rotate_keys, keep_old=asked.get("keep_old", False))
        return {"kids": [key["kid"] for key in self.pool.keys.jwks()["keys"]]}


class _ClockHandler(_ActionHandler):
    takes: ClassVar = {"advance": _SHIFT}

    async def act(self, asked: dict[str, Any]) -> dict[str, Any]:
        self.pool.advance(asked["advance"])
        return {"time": self.pool.clock()}


class _LatencyHandler(_ActionHandler):
    def fields(self) -> Mapping[str, _Field]:
        return dict.fromkeys(endpoint_names(), _LATENCY)

    async def act(self, asked: dict[str, Any]) -> dict[str, Any]:
        self.pool.latency.update(asked)
        return {"latency": self.pool.latency}


class _RequestsHandler(_ControlHandler):
    def get(self) -> None:
        self.write_json(200, {"requests": [asdict(request) for request in self.pool.requests]})

    def delete(self) -> None:
        self.pool.requests.clear()
        self.write_json(200, {"requests": []})


class _UsersHandler(_ActionHandler):
    takes: ClassVar = {
        "username": _TEXT,
        "password": _MAY_BE_TEXT,
        "groups": _TEXTS,
        "attributes": _ATTRIBUTES,
        "provider": _MAY_BE_TEXT,
    }

    async def act(self, asked: dict[str, Any]) -> dict[str, Any]:
        user = self.pool.add_user(**asked)
        return {"username": user.username, "sub": user.sub}


class _CallbacksHandler(_ActionHandler):
    takes: ClassVar = {"url": _TEXT}

    async def act(self, asked: dict[str, Any]) -> dict[str, Any]:
        self.pool.register_callback(asked["url"])
        return {"url": asked["url"]}


class _LogoutsHandler(_ActionHandler):
    takes: ClassVar = {"url": _TEXT}

    async def act(self, asked: dict[str, Any]) -> dict[str, Any]:
        self.pool.register_logout(asked["url"])
        return {"url": asked["url"]}


class _SignInHandler(_ActionHandler):
    takes: ClassVar = {"authorization_url": _TEXT, "username": _TEXT, "password": _TEXT}

    async def act(self, asked: dict[str, Any]) -> dict[str, Any]:
        try:
            # A thread: the visit is blocking, and this very loop has to answer it
            return {"callback": await asyncio.to_thread(self.pool.sign_in, **asked)}
        except (OSError, HTTPException) as error:
            raise ValueError(f"the pool broke off the sign-in ({type(error).__name__})") from None


class _UnknownHandler(_ControlHandler):
    async def prepare(self) -> None:
        await super().prepare()
        self.refuse(404, "there is no such control")


CONTROL_ROUTES = (
    ("/_control", _PoolHandler),
    ("/_control/faults", _FaultsHandler),
    ("/_control/faults/([^/]+)", _FaultHandler),
    ("/_control/keys", _KeysHandler),
    ("/_control/clock", _ClockHandler),
    ("/_control/latency", _LatencyHandler),
    ("/_control/requests", _RequestsHandler),
    ("/_control/users", _UsersHandler),
    ("/_control/callbacks", _CallbacksHandler),
    ("/_control/logouts", _LogoutsHandler),
    ("/_control/sign-in", _SignInHandler),
    ("/_control/.*", _UnknownHandler),
)
