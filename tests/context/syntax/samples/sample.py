#!/usr/bin/env python3
"""Shapes and what they cost."""

from __future__ import annotations

import json
import os.path as paths
from collections.abc import Iterable
from dataclasses import dataclass

from ..base import Named
from ..store import *
from . import units

LIMIT: int = 10
first, second = 1, 2
Pair = tuple[int, int]
type Names = list[str]


class Shape(Named, metaclass=Meta):
    """A shape.

    More about it.
    """

    size: int = 1
    label = "shape"

    def __init__(self, store: Store, *names: str, scale: float = 1.0) -> None:
        self.store = store
        self.client = Client(store)
        self.scale: float = scale

    @property
    def area(self) -> float:
        """Its area."""
        return self.scale * units.square(self.size)

    @staticmethod
    async def load(path: str) -> Shape:
        with open(path) as file:
            data = json.load(file)
        made = Shape(data["store"])
        other = made
        await other.client.ready()
        return made

    class Error(Exception):
        pass


# What it costs.
def price_of(
    shapes: Iterable[Shape],  # all of them
    rate=LIMIT,
) -> float:
    def inner(each: Shape) -> float:
        return each.area * rate

    try:
        return sum(inner(shape) for shape in shapes)
    except (Shape.Error, KeyError) as error:
        raise ValueError(paths.join("a", str(error))) from error


@dataclass(frozen=True)
class Circle(Shape):
    radius: float = 2

    def area(self) -> float:
        return 3 * self.radius**2
