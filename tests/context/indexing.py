"""What the tests of the index share: small repositories, and all that an index answers, to be compared."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path

from coderdiff.context.files.scan import Scanner
from coderdiff.context.index.build import BuildFigures, refresh
from coderdiff.context.index.fill import fill_in
from coderdiff.context.index.index import Index

SHAPES = '''"""Shapes."""

import math


class Circle:
    """A round shape."""

    def __init__(self, radius: float) -> None:
        self.radius = radius

    def area(self) -> float:
        """Its area."""
        return math.pi * self.radius**2


def total_area(circles):
    return sum(circle.area() for circle in circles)
'''
SHOP = """from shapes import Circle, total_area

prices = {"disc": 3}


def price_of(circle: Circle) -> float:
    return total_area([circle]) * prices["disc"]
"""
README = "# Shop\n\nSells discs by their area.\n"
FILES = {"shapes.py": SHAPES, "app/shop.py": SHOP, "README.md": README}


def write(root: Path, files: Mapping[str, str | bytes]) -> None:
    """Write files, as old ones whose times can be trusted."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        age(path)


def age(path: Path, seconds: float = 60.0) -> None:
    """Give a file a time of the past that no other one has."""
    _ticks.append(0)
    then = time.time_ns() - int(seconds * 1e9) + len(_ticks) * 7_001
    os.utime(path, ns=(then, then))


_ticks: list[int] = []


def module(number: int) -> str:
    """A file like no other, of about 30 lines."""
    methods = "".join(
        f"\n    def step_{number}_{each}(self, value):\n        return self.base_{number} + value * {each}\n"
        for each in range(6)
    )
    return f'"""Module {number}."""\n\n\nclass Thing{number}:\n    base_{number} = {number}\n{methods}'


def look(index: Index, root: Path, **options: object) -> BuildFigures:
    """The cold pass alone."""
    return refresh(index, Scanner(root), **options)  # type: ignore[arg-type]


def update(index: Index, root: Path, **options: object) -> BuildFigures:
    """Both passes."""
    figures = look(index, root, **options)
    fill_in(index)
    return figures


def everything(index: Index) -> dict[str, object]:
    """All that an index says of its files, without ids and generations."""
    said: dict[str, object] = {}
    for path in index.paths():
        said[path] = index.symbols(path), index.text(path), index.definitions_in(path)
    names = {definition.name for path in index.paths() for definition in index.definitions_in(path)}
    for name in sorted(names)[:: max(1, len(names) // 12)]:
        said[f"definitions of {name}"] = index.definitions(name, 10_000)
        said[f"references to {name}"] = index.references(name, 10_000)
        said[f"found for {name}"] = {(hit.path, hit.start_line) for hit in index.search([name], 10_000)}
    said["defined"] = index.defined(names)
    for path in index.paths():
        said[f"lines of {path}"] = index.lines([(path, 2, 4)])
    said["totals"] = index.totals()
    return said


def afresh(root: Path) -> dict[str, object]:
    """What an index that is built at once says."""
    with Index.in_memory(root) as index:
        update(index, root)
        return everything(index)
