"""The records of the demo API: orders of a small wholesaler in 2025, the same in every run."""

from __future__ import annotations

import random
from datetime import date, timedelta
from functools import cache
from typing import TypeAlias

__all__ = ["Order", "orders"]

Order: TypeAlias = dict[str, str | int | float]

_COUNT = 5_000
_NOVEMBER = 304  # day of the year from which twice as much is sold
_CUSTOMERS = [
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


@cache
def orders() -> tuple[Order, ...]:
    """Return all orders, oldest first; made at the first call."""
    chance = random.Random(2025)  # noqa: S311 - made-up data, not a secret
    days = sorted(
        chance.choices(range(365), weights=[2.0 if day >= _NOVEMBER else 1.0 for day in range(365)], k=_COUNT)
    )
    return tuple(_order(chance, number, day) for number, day in enumerate(days, start=1))


def _order(chance: random.Random, number: int, day: int) -> Order:
    customer, country = chance.choice(_CUSTOMERS)
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
