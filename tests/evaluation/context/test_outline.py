from __future__ import annotations

from textwrap import dedent

import pytest

from coderdiff.evaluation.context.outline import Outline, outline_of

TEXT = dedent(
    """
    import numpy as np
    from shop.stock import Warehouse as W
    from . import near

    LIMIT, OTHER = 1, 2


    @decorated
    class Big(W):
        size: int = 3

        def f(
            self,
            x: int,
        ) -> str:
            def local(): ...
            self.state = np.random.rand(LIMIT)
            return near.call(x).then

        async def g(self): return [y for y in self.state]

    if LIMIT:
        def late(): ...
    """
).lstrip("\n")


def uses(text: str) -> list[tuple[str, str | None]]:
    return [(use.name, use.root) for use in outline_of(text).uses]


def test_definitions_that_other_files_can_reach() -> None:
    outline = outline_of(TEXT)
    assert outline.names == {"LIMIT", "OTHER", "Big", "size", "f", "g", "late", "state"}
    assert [entry.name for entry in outline.entries if entry.around] == ["size", "f", "g"]


def test_a_skeleton_is_headers_below_their_classes() -> None:
    outline = outline_of(TEXT)
    f = next(index for index, entry in enumerate(outline.entries) if entry.name == "f")
    assert outline.skeleton({f}) == "class Big(W):\n    def f( self, x: int, ) -> str:"
    assert "    async def g(self):\n" in outline.skeleton()
    assert "rand" not in outline.skeleton()


def test_uses_know_where_they_stand() -> None:
    text = "é = 'ü'; total = é.first(2).second + third\n"
    found = outline_of(text).uses
    assert [(use.name, use.root) for use in found] == [("first", "é"), ("second", None), ("third", None)]
    assert all(text[use.column :].startswith(use.name) for use in found)


def test_what_is_no_use() -> None:
    assert uses("self.x = 1\ncls.y = 1\n") == [("self", None), ("cls", None)]
    assert uses("import a.b\nz = 1\ndef f(g): ...\n") == []
    assert uses("[v for v in 'ab'], lambda w: w\n") == []
    assert uses("other.x = 1\n") == [("other", None), ("x", "other")]


def test_absolute_imports_by_the_name_that_they_bind() -> None:
    assert outline_of(TEXT).imported == {"np": "numpy", "W": "shop.stock"}


@pytest.mark.parametrize("broken", ["def f(:\n", "x = '\0'\n", "(" * 5000])
def test_a_file_that_does_not_parse_has_no_outline(broken: str) -> None:
    assert outline_of(broken) == Outline()
