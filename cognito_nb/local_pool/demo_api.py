"""A protected API beside the pool, on a port of its own: what notebooks call with their session.

================================  ==================================  =================================================
route                             takes                               answers
================================  ==================================  =================================================
``GET /health``                   nothing                             ``{"status": "ok"}``
``GET /me``                       access token                        user name, groups, scopes
``GET /orders``                   access token                        ``items``, ``next_cursor``, ``next`` (a URL); by
                                                                      ``limit`` and ``cursor``; ``country`` (``DE``),
                                                                      ``from`` and ``to`` (ISO dates, inclusive) filter
``GET /orders/{id}``              access token                        one order, or 404
``GET /orders/{id}/notes``        access token                        ``items``: the notes on the order, oldest first
``POST /orders/{id}/notes``       access token, ``{"text": ...}``     201 and the note; text of 1 to 1,000 characters
``GET /customers``                access token                        ``items``, ``total``, ``offset``; by offset, limit
``GET /shipments``                access token                        an array; by ``limit`` and ``page`` (from 1); the
                                                                      next page in ``Link`` (RFC 8288)
``GET /reports/revenue``          scope ``demo-api/reports.read``     ``items``: orders and revenue by month and country
``GET /audit``                    group ``admins``                    ``items``: the last 100 requests to the pool
``GET /profile``                  ID token                            name, e-mail address, team
``GET /slow?seconds=1``           access token                        after 0 to 30 seconds
``GET /limited``                  access token                        calls left; 429 and ``Retry-After`` from the sixth
                                                                      call of one user in a second
``GET /flaky``                    access token                        the number of the call; 503 for every third
================================  ==================================  =================================================

A page has up to 500 records, 100 unless told. ``orders.customer_id`` is a ``customers.id``, ``shipments.order_id`` an
``orders.id``. Refusals are ``{"error": ...}``, 401 and 403 by RFC 6750; ``/profile`` refuses as API Gateway does.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from .api_auth import AccessTokenHandler, ApiHandler, BadParameterError, IdTokenHandler
from .demo_collections import CustomersHandler, OrderHandler, OrdersHandler, RevenueHandler, ShipmentsHandler
from .demo_data import Record, orders

if TYPE_CHECKING:
    from .pool import UserPool

__all__ = ["ApiMemory", "api_routes"]

_LONGEST_NOTE = 1_000
_LONGEST_WAIT = 30
_CALLS_PER_SECOND = 5
_FAILS_EVERY = 3


@dataclass(slots=True)
class ApiMemory:
    """What the API of one pool keeps between calls."""

    notes: defaultdict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))
    recent_calls: defaultdict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))
    flaky_calls: int = 0


def api_routes(pool: UserPool, memory: ApiMemory) -> list[Any]:
    """Return the API's routes for a tornado application."""
    plain = {"pool": pool}
    remembering = {"pool": pool, "memory": memory}
    return [
        ("/health", _HealthHandler, plain),
        ("/me", _MeHandler, plain),
        ("/orders", OrdersHandler, plain),
        ("/orders/([^/]+)", OrderHandler, plain),
        ("/orders/([^/]+)/notes", _NotesHandler, remembering),
        ("/customers", CustomersHandler, plain),
        ("/shipments", ShipmentsHandler, plain),
        ("/reports/revenue", RevenueHandler, plain),
        ("/audit", _AuditHandler, plain),
        ("/profile", _ProfileHandler, plain),
        ("/slow", _SlowHandler, plain),
        ("/limited", _LimitedHandler, remembering),
        ("/flaky", _FlakyHandler, remembering),
    ]


class _RememberingHandler(AccessTokenHandler):
    memory: ApiMemory

    def initialize(self, pool: UserPool, memory: ApiMemory) -> None:  # type: ignore[override]  # the route's arguments
        super().initialize(pool)
        self.memory = memory


class _NotesHandler(_RememberingHandler):
    endpoint = "notes"

    def get(self, order_id: str) -> None:
        if order_id not in orders().by_id:
            self.send_error(404)
            return
        self.write_json(200, {"items": self.memory.notes.get(order_id, [])})

    def post(self, order_id: str) -> None:
        if order_id not in orders().by_id:
            self.send_error(404)
            return
        note = {
            "order_id": order_id,
            "text": self._text(),
            "author": self.claims.get("username", self.claims["client_id"]),  # a client of its own has no user
            "created": datetime.fromtimestamp(self.pool.clock(), UTC).isoformat(timespec="seconds"),
        }
        self.memory.notes[order_id].append(note)
        self.write_json(201, note)

    def _text(self) -> str:
        text = (self.json_object() or {}).get("text")
        if not isinstance(text, str) or not 1 <= len(text) <= _LONGEST_NOTE:
            raise BadParameterError(f'the body must be JSON with a "text" of 1 to {_LONGEST_NOTE} characters')
        return text


class _AuditHandler(AccessTokenHandler):
    endpoint = "audit"
    group = "admins"

    def get(self) -> None:
        items = [
            {"time": request.time, "endpoint": request.endpoint, "method": request.method, "path": request.path}
            for request in list(self.pool.requests)[-100:]
        ]
        self.write_json(200, {"items": items})


class _ProfileHandler(IdTokenHandler):
    endpoint = "profile"

    def get(self) -> None:
        self.write_json(200, {name: self.claims.get(name) for name in ("name", "email", "custom:team")})


class _SlowHandler(AccessTokenHandler):
    endpoint = "slow"

    async def get(self) -> None:
        try:
            seconds = float(self.get_query_argument("seconds", "1"))
        except ValueError:
            seconds = -1
        if not 0 <= seconds <= _LONGEST_WAIT:
            raise BadParameterError(f"seconds must be a number from 0 to {_LONGEST_WAIT}")
        await asyncio.sleep(seconds)
        self.write_json(200, {"seconds": seconds})


class _LimitedHandler(_RememberingHandler):
    endpoint = "limited"

    def get(self) -> None:
        calls, now = self.memory.recent_calls[self.claims["sub"]], self.pool.clock()
        while calls and not 0 <= now - calls[0] < 1:
            calls.popleft()
        if len(calls) >= _CALLS_PER_SECOND:
            self.set_header("Retry-After", "1")
            self.write_json(429, {"error": f"up to {_CALLS_PER_SECOND} calls a second"})
            return
        calls.append(now)
        self.write_json(200, {"left": _CALLS_PER_SECOND - len(calls)})


class _FlakyHandler(_RememberingHandler):
    endpoint = "flaky"

    def get(self) -> None:
        self.memory.flaky_calls += 1
        if self.memory.flaky_calls % _FAILS_EVERY == 0:
            self.send_error(503)
            return
        self.write_json(200, {"call": self.memory.flaky_calls})


class _MeHandler(AccessTokenHandler):
    endpoint = "me"

    def get(self) -> None:
        groups, scopes = self.claims.get("cognito:groups", []), self.claims["scope"].split()
        self.write_json(200, {"username": self.claims.get("username"), "groups": groups, "scopes": scopes})


class _HealthHandler(ApiHandler):
    endpoint = "health"

    def get(self) -> None:
        self.write_json(200, {"status": "ok"})
