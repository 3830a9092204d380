"""What a small shop has in stock: items, orders that take from it, and a list of what to buy."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path


class OutOfStockError(Exception):
    """An order asks for more than there is."""


@dataclass
class Item:
    """One kind of goods; `reorder_at` is the stock at which more should be bought."""

    sku: str
    name: str
    price: Decimal
    quantity: int = 0
    reorder_at: int = 5

    @property
    def value(self) -> Decimal:
        """What the stock of this item is worth."""
        return self.price * self.quantity

    def take(self, quantity: int) -> None:
        """Remove some from stock. Raises OutOfStockError if there are not as many."""
        if quantity > self.quantity:
            raise OutOfStockError(f"{self.name}: {quantity} wanted, {self.quantity} in stock")
        self.quantity -= quantity


@dataclass
class Inventory:
    """All items, by stock keeping unit."""

    items: dict[str, Item] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items.values())

    def add(self, item: Item) -> None:
        """Put an item on the shelf; more of a known one adds to its quantity."""
        known = self.items.get(item.sku)
        if known is None:
            self.items[item.sku] = item
        else:
            known.quantity += item.quantity

    def fulfil(self, order: dict[str, int]) -> Decimal:
        """Take a whole order from stock and return its price; an order that cannot be met changes nothing."""
        for sku, quantity in order.items():
            if self.items[sku].quantity < quantity:
                raise OutOfStockError(f"{sku}: {quantity} wanted, {self.items[sku].quantity} in stock")
        total = Decimal(0)
        for sku, quantity in order.items():
            item = self.items[sku]
            item.take(quantity)
            total += item.price * quantity
        return total

    def total_value(self) -> Decimal:
        """What the whole stock is worth."""
        return sum((item.value for item in self), Decimal(0))

    def to_reorder(self) -> list[Item]:
        """Items that run low, the scarcest first."""
        low = [item for item in self if item.quantity <= item.reorder_at]
        return sorted(low, key=lambda item: item.quantity)


def read_items(rows: Iterable[dict[str, str]]) -> Iterator[Item]:
    """Make items of the rows of a table with the columns sku, name, price and quantity."""
    for row in rows:
        yield Item(
            sku=row["sku"],
            name=row["name"],
            price=Decimal(row["price"]),
            quantity=int(row["quantity"]),
        )


def load(path: Path) -> Inventory:
    """Read an inventory from a CSV file with a header line."""
    inventory = Inventory()
    with path.open(newline="", encoding="utf-8") as file:
        for item in read_items(csv.DictReader(file)):
            inventory.add(item)
    return inventory
