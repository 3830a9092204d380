"""Rust's paths that say where they begin: `crate::shapes`, `super::shapes::Circle`, `self::shapes`."""

from __future__ import annotations

import re

from coderdiff.context.retrieval.expressions import Segment
from coderdiff.context.retrieval.facts import Facts

_START = re.compile(r"\s*(?:&\s*)?(?:mut\s+)?(?:(?:crate|super)\b|self\s*::)")

IMPL = re.compile(
    r"^(\s*)(?:unsafe\s+)?impl\b(?:\s*<.*?>(?=\s))?\s+(?:((?:\w+::)*\w+)(?:<.*>)?\s+for\s+)?&?((?:\w+::)*\w+)"
)
"""The head of an `impl`: its indentation, the trait if it is of one, the type."""


def starts_path(expression: str) -> bool:
    """Whether an expression of Rust is such a path; `self.shape` is none."""
    return _START.match(expression) is not None


def seen_from_file(segments: tuple[Segment, ...], facts: Facts, scope: str) -> tuple[Segment, ...]:
    """A path in a scope as the file's top would say it: each `super` leads out of one module that is written as a
    block. None are left of what is the file itself."""
    parts = scope.split(".") if scope else []
    around = (facts.at(".".join(parts[:size])) for size in range(1, len(parts) + 1))
    inline = sum(each is not None and each.kind == "module" for each in around)
    if inline and segments[0].name == "self":
        return segments[1:]
    supers = next((at for at, each in enumerate(segments) if each.name != "super"), len(segments))
    return segments[min(supers, inline) :]
