"""The demo API's collections, in three styles of paging: by cursor, by offset, by page with a ``Link`` header."""

from __future__ import annotations

import base64
import binascii
import json
import re
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from .api_auth import AccessTokenHandler, BadParameterError
from .demo_data import Table, customers, orders, revenue, shipments

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["CustomersHandler", "OrderHandler", "OrdersHandler", "RevenueHandler", "ShipmentsHandler"]

_DEFAULT_LIMIT = 100
_LARGEST_LIMIT = 500
_DIGITS = re.compile("[0-9]{1,9}")


class _CollectionHandler(AccessTokenHandler):
    def text(self, name: str, default: str = "") -> str:
        value: str = self.get_query_argument(name, default, strip=False)
        return value

    def number(self, name: str, default: int, *, at_least: int, at_most: int = 1_000_000) -> int:
        text = self.text(name, str(default))
        # Not int() alone, which takes 5_0 and the digits of other scripts
        if not _DIGITS.fullmatch(text) or not at_least <= int(text) <= at_most:
            raise BadParameterError(f"{name} must be a whole number from {at_least} to {at_most}")
        return int(text)

    def limit(self) -> int:
        return self.number("limit", _DEFAULT_LIMIT, at_least=1, at_most=_LARGEST_LIMIT)

    def day(self, name: str, default: date) -> str:
        try:
            return date.fromisoformat(self.text(name, default.isoformat())).isoformat()
        except ValueError:
            raise BadParameterError(f"{name} must be a date such as 2025-03-01") from None

    def link(self, **parameters: str | int) -> str:
        return f"{self.pool.api_url}{self.request.path}?{urlencode(parameters)}"


class OrdersHandler(_CollectionHandler):
    """``GET /orders``: by cursor, filtered."""

    endpoint = "orders"

    def get(self) -> None:
        """Answer with one page and where the next one is."""
        limit, start, table = self.limit(), _position(self.text("cursor")), orders()
        # One more than asked for: where the next page starts, so that none is empty
        found = list(islice(self._matching(table, start), limit + 1))
        cursor = _cursor(found[limit]) if len(found) > limit else None
        filters = {name: self.text(name) for name in ("country", "from", "to")}
        given = {name: value for name, value in filters.items() if value}
        following = self.link(limit=limit, cursor=cursor, **given) if cursor else None
        items = _array(table.encoded[index] for index in found[:limit])
        rest = json.dumps({"next_cursor": cursor, "next": following}).encode()
        self.write_encoded(b'{"items":' + items + b"," + rest[1:])

    def _matching(self, table: Table, start: int) -> Iterable[int]:
        first, last = self.day("from", date.min), self.day("to", date.max)
        country = self.text("country")
        if not re.fullmatch("([A-Z]{2})?", country):
            raise BadParameterError("country must be two capital letters such as DE")
        return (
            index
            for index, order in enumerate(table.records[start:], start)
            if first <= order["date"] <= last and country in {"", order["country"]}
        )


class OrderHandler(AccessTokenHandler):
    """``GET /orders/{id}``."""

    endpoint = "order"

    def get(self, order_id: str) -> None:
        """Answer with the order."""
        order = orders().by_id.get(order_id)
        if order is None:
            self.send_error(404)
            return
        self.write_encoded(order)


class CustomersHandler(_CollectionHandler):
    """``GET /customers``: by offset."""

    endpoint = "customers"

    def get(self) -> None:
        """Answer with one page, where it begins, and how many customers there are."""
        limit, offset, table = self.limit(), self.number("offset", 0, at_least=0), customers()
        items = _array(table.encoded[offset : offset + limit])
        self.write_encoded(b'{"items":' + items + b',"total":%d,"offset":%d}' % (len(table), offset))


class ShipmentsHandler(_CollectionHandler):
    """``GET /shipments``: by page number."""

    endpoint = "shipments"

    def get(self) -> None:
        """Answer with one page; the header says where the next one is."""
        limit, page, table = self.limit(), self.number("page", 1, at_least=1), shipments()
        last = -(-len(table) // limit)
        if page < last:
            links = {"next": page + 1, "last": last}
            fields = (f'<{self.link(limit=limit, page=number)}>; rel="{name}"' for name, number in links.items())
            self.set_header("Link", ", ".join(fields))
        self.write_encoded(_array(table.encoded[(page - 1) * limit : page * limit]))


class RevenueHandler(AccessTokenHandler):
    """``GET /reports/revenue``."""

    endpoint = "revenue"
    scope = "demo-api/reports.read"

    def get(self) -> None:
        """Answer with the whole report."""
        self.write_encoded(b'{"items":' + _array(revenue().encoded) + b"}")


def _array(encoded: Iterable[bytes]) -> bytes:
    return b"[" + b",".join(encoded) + b"]"


def _cursor(position: int) -> str:
    return base64.urlsafe_b64encode(f"orders:{position}".encode()).decode()


def _position(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        kind, _, position = base64.urlsafe_b64decode(cursor).decode().partition(":")
        start = int(position)
    except (binascii.Error, ValueError):  # not base64, not UTF-8, not ASCII, not a number
        kind, start = "", 0
    if kind != "orders" or start < 0:
        raise BadParameterError("cursor must be one that came with a page")
    return start
