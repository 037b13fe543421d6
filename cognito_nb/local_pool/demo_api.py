"""A protected API beside the pool, on a port of its own: what notebooks call with their session.

It is a resource server as one would be written for Cognito: it knows the issuer, the key set and its app clients,
and takes access tokens only. RFC 6750; "Verifying a JSON web token" in the Cognito developer guide.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any
from urllib.parse import urlencode

from .demo_data import orders
from .web import JsonHandler

__all__ = ["HealthHandler", "MeHandler", "OrdersHandler"]

_DEFAULT_LIMIT = 100
_LARGEST_LIMIT = 500


class _ApiHandler(JsonHandler):
    cross_origin = False


class _ProtectedHandler(_ApiHandler):
    claims: dict[str, Any]

    async def prepare(self) -> None:
        await super().prepare()
        scheme, _, token = self.request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            self._refuse("Bearer")  # RFC 6750 section 3.1: no error code for a request without credentials
            return
        claims = self._verify(token)
        if claims is None:
            self._refuse('Bearer error="invalid_token"')
            return
        self.claims = claims

    def _verify(self, token: str) -> dict[str, Any] | None:
        pool = self.pool
        claims = pool.keys.access_token.verify(token, issuer=pool.issuer, now=pool.clock())
        # The ID token's key differs, so token_use is a second lock: on a real pool the key set holds both
        if claims is None or claims.get("token_use") != "access" or claims.get("client_id") not in pool.clients:
            return None
        return claims

    def _refuse(self, challenge: str) -> None:
        self.set_header("WWW-Authenticate", challenge)
        self.write_json(401, {"error": "unauthorized"})


class OrdersHandler(_ProtectedHandler):
    """``GET /orders?limit=&cursor=``: records, a page at a time."""

    endpoint = "orders"

    def get(self) -> None:
        """Answer with one page and where the next one is."""
        try:
            limit = int(self.get_query_argument("limit", str(_DEFAULT_LIMIT)))
            start = _position(self.get_query_argument("cursor", ""))
        except ValueError:
            limit, start = 0, 0
        if not 1 <= limit <= _LARGEST_LIMIT:
            self.write_json(400, {"error": f"limit must be 1 to {_LARGEST_LIMIT}, cursor one that came with a page"})
            return
        records = orders()
        end = start + limit
        cursor = _cursor(end) if end < len(records) else None
        following = f"{self.pool.api_url}/orders?{urlencode({'limit': limit, 'cursor': cursor})}" if cursor else None
        self.write_json(200, {"items": records[start:end], "next_cursor": cursor, "next": following})


class MeHandler(_ProtectedHandler):
    """``GET /me``: whom the API takes the caller for."""

    endpoint = "me"

    def get(self) -> None:
        """Answer with user name, groups and scopes."""
        groups, scopes = self.claims.get("cognito:groups", []), self.claims["scope"].split()
        self.write_json(200, {"username": self.claims["username"], "groups": groups, "scopes": scopes})


class HealthHandler(_ApiHandler):
    """``GET /health``: open to all."""

    endpoint = "health"

    def get(self) -> None:
        """Answer that the API is up."""
        self.write_json(200, {"status": "ok"})


def _cursor(position: int) -> str:
    return base64.urlsafe_b64encode(f"orders:{position}".encode()).decode()


def _position(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        kind, _, position = base64.urlsafe_b64decode(cursor).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        kind, position = "", ""
    if kind != "orders" or not position.isdecimal():
        raise ValueError("not a cursor of this API")
    return int(position)
