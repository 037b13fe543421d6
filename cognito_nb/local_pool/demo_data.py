"""The records of the demo API: the books of a small wholesaler in 2025, the same in every run.

Each collection is made at its first call, by a random sequence of its own, so that one can change without the others.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any, TypeAlias

__all__ = ["Record", "Table", "customers", "orders", "revenue", "shipments"]

Record: TypeAlias = dict[str, Any]

_ORDER_COUNT = 5_000
_CUSTOMER_COUNT = 400
_NOVEMBER = 304  # day of the year from which twice as much is sold
_COMPANIES = [
    ("Northwind Traders", "GB"),
    ("Bergström & Söner", "SE"),
    ("Ateliers Lumière", "FR"),
    ("Hofmann Werkzeuge", "DE"),
    ("Casa Oliveira", "PT"),
    ("Tanaka Trading", "JP"),
    ("Great Lakes Supply", "US"),
    ("Maple & Pine Co.", "CA"),
    ("Kowalski Hurt", "PL"),
    ("Rossi Forniture", "IT"),
    ("Southern Cross Goods", "AU"),
    ("Van den Berg Handel", "NL"),
    ("Silva Distribuidora", "BR"),
    ("Pacific Rim Imports", "US"),
    ("Müller Bürobedarf", "DE"),
    ("Cardiff Office Depot", "GB"),
]
_PRODUCTS = [
    ("Desk lamp", "Lighting", 39.90),
    ("Floor lamp", "Lighting", 119.00),
    ("LED panel", "Lighting", 74.50),
    ("Office chair", "Furniture", 249.00),
    ("Standing desk", "Furniture", 579.00),
    ("Bookshelf", "Furniture", 139.00),
    ("Notebook A5", "Stationery", 4.20),
    ("Fountain pen", "Stationery", 28.00),
    ("Paper, 500 sheets", "Stationery", 6.75),
    ("Mechanical keyboard", "Electronics", 99.00),
    ("27-inch monitor", "Electronics", 329.00),
    ("USB-C dock", "Electronics", 149.00),
]
_STATUSES = (("delivered", 80), ("shipped", 8), ("processing", 6), ("returned", 4), ("cancelled", 2))
_CITIES = {
    "AU": ("Sydney", "Melbourne", "Perth"),
    "BR": ("São Paulo", "Curitiba", "Recife"),
    "CA": ("Toronto", "Montréal", "Vancouver"),
    "DE": ("Berlin", "Hamburg", "München", "Köln"),
    "FR": ("Paris", "Lyon", "Nantes"),
    "GB": ("London", "Leeds", "Cardiff", "Glasgow"),
    "IT": ("Milano", "Torino", "Bologna"),
    "JP": ("Tokyo", "Osaka", "Sapporo"),
    "NL": ("Amsterdam", "Utrecht", "Eindhoven"),
    "PL": ("Warszawa", "Kraków", "Gdańsk"),
    "PT": ("Lisboa", "Porto", "Braga"),
    "SE": ("Stockholm", "Göteborg", "Malmö"),
    "US": ("Chicago", "Seattle", "Boston", "Denver"),
}
_SEGMENTS = ("office", "retail", "hospitality", "education", "public sector")
_CARRIERS = ("Blue Parcel", "Harbour Freight Lines", "Swift Post", "Meridian Cargo")
_UNIT_WEIGHT = {"Lighting": 2.4, "Furniture": 18.0, "Stationery": 0.6, "Electronics": 3.1}  # kg


@dataclass(frozen=True, slots=True)
class Table:
    """Records in their order; each as JSON too, since encoding 500 of them takes longer than all else in a request."""

    records: tuple[Record, ...]
    encoded: tuple[bytes, ...]
    by_id: dict[str, bytes]

    @classmethod
    def of(cls, records: list[Record]) -> Table:
        """Make a table."""
        encoded = [json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() for record in records]
        ids = [record.get("id", "") for record in records]
        return cls(tuple(records), tuple(encoded), dict(zip(ids, encoded, strict=True)))

    def __len__(self) -> int:
        return len(self.records)


@cache
def customers() -> Table:
    """Return the buying accounts of the companies that order."""
    chance = random.Random(1995)  # noqa: S311 - made-up data, not a secret
    return Table.of([_customer(chance, number) for number in range(1, _CUSTOMER_COUNT + 1)])


@cache
def orders() -> Table:
    """Return all orders, oldest first."""
    chance = random.Random(2025)  # noqa: S311 - the same
    days = sorted(
        chance.choices(range(365), weights=[2.0 if day >= _NOVEMBER else 1.0 for day in range(365)], k=_ORDER_COUNT)
    )
    records = [_order(chance, number, day) for number, day in enumerate(days, start=1)]
    accounts = defaultdict(list)
    for customer in customers().records:
        accounts[customer["company"]].append(customer["id"])
    chooser = random.Random(7)  # noqa: S311 - the same
    return Table.of([record | {"customer_id": chooser.choice(accounts[record["customer"]])} for record in records])


@cache
def shipments() -> Table:
    """Return one shipment for each order that left the house."""
    chance = random.Random(4711)  # noqa: S311 - the same
    gone = [order for order in orders().records if order["status"] in {"delivered", "shipped", "returned"}]
    return Table.of([_shipment(chance, number, order) for number, order in enumerate(gone, start=1)])


@cache
def revenue() -> Table:
    """Return orders and revenue by month and country, without what was cancelled or returned."""
    totals = defaultdict(list)
    for order in orders().records:
        if order["status"] not in {"cancelled", "returned"}:
            totals[order["date"][:7], order["country"]].append(order["total"])
    rows = [
        {"month": month, "country": country, "orders": len(sums), "revenue": round(sum(sums), 2)}
        for (month, country), sums in sorted(totals.items())
    ]
    return Table.of(rows)


def _customer(chance: random.Random, number: int) -> Record:
    company, country = _COMPANIES[number % len(_COMPANIES)]
    since = date(2010, 1, 1) + timedelta(days=chance.randrange(15 * 365))
    return {
        "id": f"CUS-{number:04}",
        "company": company,
        "country": country,
        "city": chance.choice(_CITIES[country]),
        "segment": chance.choice(_SEGMENTS),
        "email": f"orders-{number:04}@example.com",
        "since": since.isoformat(),
    }


def _shipment(chance: random.Random, number: int, order: Record) -> Record:
    left = date.fromisoformat(order["date"]) + timedelta(days=chance.randint(0, 4))
    arrived = left + timedelta(days=chance.randint(1, 9))
    return {
        "id": f"SHP-2025-{number:05}",
        "order_id": order["id"],
        "carrier": chance.choice(_CARRIERS),
        "shipped": left.isoformat(),
        "delivered": None if order["status"] == "shipped" else arrived.isoformat(),
        "weight_kg": round(order["quantity"] * _UNIT_WEIGHT[order["category"]] * chance.uniform(0.8, 1.2), 1),
    }


def _order(chance: random.Random, number: int, day: int) -> Record:
    customer, country = chance.choice(_COMPANIES)
    product, category, price = chance.choice(_PRODUCTS)
    quantity = min(1 + int(chance.expovariate(0.25)), 60)
    unit_price = round(price * chance.choice((1.0, 1.0, 1.0, 0.95, 0.9)), 2)
    status = chance.choices([name for name, _ in _STATUSES], weights=[weight for _, weight in _STATUSES])[0]
    return {
        "id": f"ORD-2025-{number:05}",
        "date": (date(2025, 1, 1) + timedelta(days=day)).isoformat(),
        "customer": customer,
        "country": country,
        "product": product,
        "category": category,
        "quantity": quantity,
        "unit_price": unit_price,
        "total": round(quantity * unit_price, 2),
        "status": status,
    }
