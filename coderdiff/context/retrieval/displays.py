"""Values that are written out in brackets: `(await x)`, `(a, b)`, `[Circle(n) for n in ns]`, `{"a": Circle(1)}`."""

from __future__ import annotations

from collections.abc import Callable

from coderdiff.context.retrieval.expressions import read_expression, split_at
from coderdiff.context.retrieval.known import Many, Table, Value

_MOST_SHOWN = 4
"""Elements that are looked at for one whose type is known."""


def displayed(
    text: str, value_of: Callable[[str], Value | None], each_of: Callable[[Value | None], Value | None]
) -> Value | None:
    """The value of an expression with its brackets. All elements of a list count as what the first known one is.

    `value_of` tells the value of an expression in it, `each_of` the elements of another list that is put in.
    """
    bracket, inside = text[0], text[1:-1].strip()
    if bracket == "(":
        return value_of(inside)
    form, parts = read_expression(inside)
    for part in parts[:_MOST_SHOWN] if form in ("row", "each") else (inside,):
        key, *behind = split_at(part, ":", angles=False) if bracket == "{" else (part,)
        if behind:
            value = value_of(behind[0])
            if value is not None:
                return Table(value_of(key), value)
            continue
        spread = part.startswith(("*", "..."))
        value = each_of(value_of(part.lstrip("*."))) if spread else value_of(part)
        if value is not None:
            return Many(value)
    return None
