"""What a name stands for that neither an annotation nor a call gives directly: elements, attributes, choices."""

from __future__ import annotations

import time
from textwrap import indent

import pytest

from .lookups import resolver, said

SHAPES = """\
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Iterator, Self

class Ring:
    def turn(self): ...

class Circle:
    inner: Ring
    rings: list[Ring]
    by_name: dict[str, Ring]
    def __init__(self, ring: Ring):
        self.kept = ring
        self.made = Ring()
        self.chosen = ring or make_ring()
        self.few = [ring for _ in range(3)]
        self.through = self.inner
    @property
    def outer(self) -> "Ring": ...
    def grown(self) -> "Circle": ...
    def all(self) -> list[Ring]: ...
    async def later(self) -> Ring: ...

@dataclass
class Pair:
    circle: Circle
    rings: tuple[Ring, ...]
    both: tuple[Circle, Ring]

class Book:
    def __enter__(self) -> Ring: ...

class Own:
    def __enter__(self) -> Self: ...

class Plain:
    def close(self): ...

class Box:
    def __iter__(self) -> Iterator[Ring]: ...
    def __getitem__(self, key) -> Circle: ...

class Rings(list[Ring]):
    def sort_them(self): ...

class BrokenError(Exception):
    code = 1

def make_ring(): ...
def make_circle() -> Circle: ...
def circles() -> list[Circle]: ...
def maybe() -> Circle | None: ...
def pair() -> tuple[Circle, Ring]: ...
def by_name() -> dict[str, Circle]: ...
async def fetched() -> list[Ring]: ...
@contextmanager
def opened() -> Iterator[Circle]: ...
def anything(): ...

ALL = circles()
Discs = list[Circle]
"""

HEAD = """\
import typing
from collections.abc import AsyncIterator, Iterable
from itertools import chain
from typing import Callable, Optional, cast
from shapes import *

class Shop:
    def __init__(self, circle: Circle, maker: Callable[[int], Ring], discs: list[Circle] | None = None):
        self.circle = circle
        self.discs = discs or []
        self.made = [Ring() for _ in range(3)]
        self.either = circle or Circle()

    async def go(
        self, one: Circle, many: list[Circle], table: dict[str, Circle], several: Iterable["Ring"],
        nested: dict[str, list[Ring]], maybe_many: Optional[list[Ring]], couple: tuple[Circle, Ring],
        found, stream: AsyncIterator[Ring], maker: Callable[[int], Ring], discs: Discs, book: Book, own: Own,
        plain: Plain, box: Box, rings: Rings, keyed: dict[Circle, Ring], pairs: list[tuple[Circle, Ring]],
    ):
"""


def found_at(body: str, expression: str) -> str | None:
    """What an expression is at the end of a method's body; the name of a class of `shapes.py`."""
    text = HEAD + indent(body, " " * 8)
    asked = resolver({"shapes.py": SHAPES, "app.py": text}, "app.py")
    owner = said(asked.owner("app.py", "Shop.go", expression, text.count("\n") + 1))
    return owner and owner.removeprefix("shapes.py:")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        # elements
        ("for x in many:\n    pass", "Circle"),
        ("for x in several:\n    pass", "Ring"),
        ("for x in table:\n    pass", None),
        ("for x in keyed:\n    pass", "Circle"),
        ("for x in table.values():\n    pass", "Circle"),
        ("for x in one.rings:\n    pass", "Ring"),
        ("for x in one.by_name.values():\n    pass", "Ring"),
        ("for x in circles():\n    pass", "Circle"),
        ("for x in one.all():\n    pass", "Ring"),
        ("for x in ALL:\n    pass", "Circle"),
        ("for x in discs:\n    pass", "Circle"),
        ("for x in maybe_many:\n    pass", "Ring"),
        ("for x in nested.values():\n    for x in x:\n        pass", "Ring"),
        ("for x in nested['a']:\n    pass", "Ring"),
        ("for x in box:\n    pass", "Ring"),
        ("for x in rings:\n    pass", "Ring"),
        ("for x in reversed(many):\n    pass", "Circle"),
        ("for x in sorted(one.rings, key=lambda x: x.y):\n    pass", "Ring"),
        ("for x in list(table.values()):\n    pass", "Circle"),
        ("for x in many[1:]:\n    pass", "Circle"),
        ("for x in many or []:\n    pass", "Circle"),
        ("for x in chain(several, found):\n    pass", "Ring"),
        ("for x in [one, found]:\n    pass", "Circle"),
        ("for x in (one, found):\n    pass", None),
        ("for x in (one, one):\n    pass", "Circle"),
        ("for x in self.discs:\n    pass", "Circle"),
        ("for x in self.made:\n    pass", "Ring"),
        ("for x in await fetched():\n    pass", "Ring"),
        ("async for x in stream:\n    pass", "Ring"),
        ("for x in one:\n    pass", None),
        ("for x in anything():\n    pass", None),
        ("for x in found:\n    pass", None),
        ("for x in filter(None, several):\n    pass", "Ring"),
        ("for x in map(maker, found):\n    pass", "Ring"),
        ("for x in map(make_circle, found):\n    pass", "Circle"),
        # taken apart
        ("for i, x in enumerate(many):\n    pass", "Circle"),
        ("for x, i in enumerate(many):\n    pass", None),
        ("for k, x in table.items():\n    pass", "Circle"),
        ("for x, _ in keyed.items():\n    pass", "Circle"),
        ("for i, (k, x) in enumerate(table.items()):\n    pass", "Circle"),
        ("for _, x in zip(found, several):\n    pass", "Ring"),
        ("for x, _ in pairs:\n    pass", "Circle"),
        ("for _, x in pairs:\n    pass", "Ring"),
        ("_, x = couple", "Ring"),
        ("x, _ = pair()", "Circle"),
        ("a, x = one, one.inner", "Ring"),
        ("(a, [x, b]) = one, couple", "Circle"),
        ("x, y = many", "Circle"),
        ("x, *rest = several", "Ring"),
        ("first, *x = several", "Ring"),
        ("x, y = found", None),
        # attributes
        ("x = one.inner", "Ring"),
        ("x = self.circle", "Circle"),
        ("x = self.circle.inner", "Ring"),
        ("x = self.circle.kept", "Ring"),
        ("x = self.circle.made", "Ring"),
        ("x = one.outer", "Ring"),
        ("x = one.chosen", "Ring"),
        ("x = one.few[0]", "Ring"),
        ("x = one.through", "Ring"),
        ("x = one.missing", None),
        ("x = self.either", "Circle"),
        ("x = found.inner", None),
        # items
        ("x = many[0]", "Circle"),
        ("x = many[-1].inner", "Ring"),
        ("x = table['a']", "Circle"),
        ("x = table.get('a')", "Circle"),
        ("x = table.setdefault('a', found)", "Circle"),
        ("x = nested['a'][0]", "Ring"),
        ("x = nested.get('a', [])[0]", "Ring"),
        ("x = couple[1]", "Ring"),
        ("x = couple[0]", "Circle"),
        ("x = couple[found]", None),
        ("x = many.pop()", "Circle"),
        ("x = next(iter(several))", "Ring"),
        ("x = next((each for each in many if each), None)", "Circle"),
        ("x = next(each.inner for each in many)", "Ring"),
        ("x = max(many, key=len)", "Circle"),
        ("x = box['a']", "Circle"),
        ("x = one['a']", None),
        ("k, x = table.popitem()", "Circle"),
        # choices
        ("x = found or Circle(1)", "Circle"),
        ("x = one if found else None", "Circle"),
        ("x = None if found else one", "Circle"),
        ("x = found if one else Ring()", "Ring"),
        ("x = found and one.inner", "Ring"),
        ("x = (found or one).inner", "Ring"),
        ("x = (\n    found\n    or Circle(1)\n)", "Circle"),
        ("x = not one", None),
        ("x = one == found", None),
        ("x = one + one", None),
        ("x = lambda: one", None),
        ("x = -one", None),
        ("x = 'one'", None),
        ("x = f'{one}'", None),
        # other names
        ("x = one", "Circle"),
        ("y = one.inner\nx = y", "Ring"),
        ("for y in many:\n    x = y", "Circle"),
        ("x = ALL[0]", "Circle"),
        ("x = one\nx = x.inner", "Ring"),
        ("x = one\nx = x or found", "Circle"),
        ("x = y = one", "Circle"),
        ("if x := one.inner:\n    pass", "Ring"),
        ("while (x := table.get('a')) is not None:\n    pass", "Circle"),
        # with
        ("with opened() as x:\n    pass", "Circle"),
        ("async with opened() as x:\n    pass", "Circle"),
        ("with book as x:\n    pass", "Ring"),
        ("with Book() as x:\n    pass", "Ring"),
        ("with own as x:\n    pass", "Own"),
        ("with plain as x:\n    pass", "Plain"),
        ("with anything() as x:\n    pass", None),
        ("with opened() as y, book as x:\n    pass", "Ring"),
        # calls
        ("x = await one.later()", "Ring"),
        ("x = (await fetched())[0]", "Ring"),
        ("x = maybe()", "Circle"),
        ("x = one.grown().grown().all()[0]", "Ring"),
        ("x = maker(1)", "Ring"),
        ("x = cast(Ring, found)", "Ring"),
        ("x = typing.cast('Ring', found)", "Ring"),
        ("x = cast('list[Ring]', found)[0]", "Ring"),
        ("x = found.copy()", None),
        ("x = many.copy()[0]", "Circle"),
        # narrowing
        ("assert isinstance(found, Ring)\nx = found", "Ring"),
        ("if isinstance(found, Ring):\n    x = found", "Ring"),
        ("if one and isinstance(found, Ring):\n    x = found", "Ring"),
        ("if isinstance(found, Ring) or one:\n    x = found", None),
        ("if isinstance(found, Ring):\n    pass\nx = found", None),
        ("if isinstance(found, Ring):\n    pass\nelse:\n    x = found", None),
        ("if one:\n    pass\nelif isinstance(found, Ring):\n    x = found", "Ring"),
        ("if not isinstance(found, Ring):\n    return\nx = found", "Ring"),
        ("if not isinstance(found, Ring):\n    pass\nx = found", None),
        ("if not isinstance(found, Ring):\n    x = found\n    return", None),
        ("match found:\n    case Ring() as x:\n        pass", "Ring"),
        # errors
        ("try:\n    pass\nexcept BrokenError as x:\n    pass", "BrokenError"),
        ("try:\n    pass\nexcept (BrokenError, ValueError) as x:\n    pass", "BrokenError"),
        # what is declared stays
        ("one = anything()\nx = one", "Circle"),
        ("x: Circle = anything()\nx = x.missing", "Circle"),
        ("x = Circle(1)\nx = anything()", None),
    ],
)  # fmt: skip
def test_values_in_python(body: str, expected: str | None) -> None:
    assert found_at(body, "x") == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("many[0]", "Circle"), ("many[0].inner", "Ring"), ("table['a'].rings[0]", "Ring"), ("couple[1]", "Ring"),
        ("self.discs[0]", "Circle"), ("self.made[0]", "Ring"), ("table.get('a')", "Circle"),
        ("next(iter(many))", "Circle"), ("cast(Ring, found)", "Ring"), ("(await fetched())[0]", "Ring"),
        ("many.pop().inner", "Ring"), ("self.circle.outer", "Ring"), ("maker(2)", "Ring"), ("ALL[0]", "Circle"),
        ("Circle(1).by_name['a']", "Ring"), ("nested['a'][0]", "Ring"), ("found[0]", None), ("one[0]", None),
        ("pairs[0][1]", "Ring"), ("'a'.join(many)", None), ("[one][0]", "Circle"), ("self", None),
    ],
)  # fmt: skip
def test_receivers_of_one_line(expression: str, expected: str | None) -> None:
    found = found_at("pass", expression)
    assert found == ("app.py:Shop" if expression == "self" else expected)


@pytest.mark.parametrize(
    ("body", "line", "expression", "expected"),
    [
        ("y = [\n    x.a\n    for x in many\n]\n", 1, "x", "Circle"),
        ("y = [\n    x.a\n    for k, x in nested.items()\n    for x in x\n]\n", 1, "x", "Ring"),
        ("y = [x for x in many]\n\n", 1, "x", None),
        ("x = one.inner\ny = [x for x in many]\n\n", 2, "x", "Ring"),
        ("y = {k: x for k, x in table.items()}\nz = y['a']\n", 2, "z", "Circle"),
        ("y = [each.inner for each in many]\n\n", 1, "y[0]", "Ring"),
        ("y = any(\n    x.a\n    for x in several)\n", 1, "x", "Ring"),
        ("if isinstance(found, Ring):\n    pass\n\n\n", 2, "found", "Ring"),
        ("if isinstance(found, Ring):\n    pass\n\n    found\nelse:\n    pass\n", 4, "found", None),
    ],
)  # fmt: skip
def test_names_that_hold_for_some_lines(body: str, line: int, expression: str, expected: str | None) -> None:
    text = HEAD + indent(body, " " * 8)
    asked = resolver({"shapes.py": SHAPES, "app.py": text}, "app.py")
    owner = said(asked.owner("app.py", "Shop.go", expression, HEAD.count("\n") + 1 + line))
    assert (owner and owner.removeprefix("shapes.py:")) == expected


def test_values_that_need_each_other_end() -> None:
    body = "a = b.x or c\nb = c[0] or a\nc = [a, b]\nx = x or x.y or x[0]\nfor a, b in c:\n    c = a, b\n"
    began = time.process_time()
    for expression in ("a", "b", "c", "x", "a.b.c[0]", "c[0]"):
        assert found_at(body, expression) is None
    many = "".join(
        f"a{each} = a{each + 1}.x or a{each + 2}.y or a{each + 3}[0] or a0\n" for each in range(40)
    )
    assert found_at(many, "a0") is None
    assert time.process_time() - began < 2.0
