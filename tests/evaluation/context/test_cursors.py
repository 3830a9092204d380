from __future__ import annotations

from coderdiff.evaluation.context.cursors import Cursor, draw_cursors
from coderdiff.evaluation.context.lexemes import identifiers
from coderdiff.evaluation.context.tree import Tree

from .conftest import MakeTree


def at(tree: Tree, path: str) -> dict[str, list[Cursor]]:
    """All cursors of a file, by the line that they hold out."""
    found: dict[str, list[Cursor]] = {}
    for cursor in draw_cursors(tree, 10_000, seed=1):
        if cursor.path == path:
            line = tree.texts[path].split("\n")[cursor.document.text[: cursor.offset].count("\n")]
            found.setdefault(line.strip(), []).append(cursor)
    return found


def test_a_line_that_needs_another_file_is_emptied(shop: Tree) -> None:
    cursors = at(shop, "shop/checkout.py")
    assert list(cursors) == [
        "warehouse.reserve_item(item)",
        "return sum(warehouse.price_of(item) for item in basket)",
    ]
    line, member = cursors["warehouse.reserve_item(item)"]
    assert (line.kind, member.kind) == ("line", "member")
    assert line.needed == member.needed == {"reserve_item"}
    assert line.document.text[: line.offset].endswith("basket:\n        ")
    assert line.held_out == "warehouse.reserve_item(item)"
    assert member.document.text[: member.offset].endswith("        warehouse.")
    assert member.held_out == "reserve_item(item)"
    for cursor in (line, member):
        text, offset = cursor.document.text, cursor.offset
        assert text[:offset] + cursor.held_out + text[offset:] == shop.texts["shop/checkout.py"]
        assert not cursor.needed & set(identifiers(text))


def test_what_the_rest_of_the_file_says_is_not_needed(make_tree: MakeTree) -> None:
    tree = make_tree(
        {
            "a.py": "def wanted(): ...\ndef other(): ...\n",
            "b.py": "def f(x):\n    x.wanted(x.other())\n    # other things\n",
        }
    )
    [cursors] = at(tree, "b.py").values()
    assert [cursor.needed for cursor in cursors] == [{"wanted"}, {"wanted"}]


def test_what_python_or_another_library_has_is_not_needed(make_tree: MakeTree) -> None:
    tree = make_tree(
        {
            "a.py": "def append(): ...\ndef sqrt(): ...\ndef mine(): ...\nprint = 1\n",
            "b.py": "import math\ndef f(x):\n    x.append(1)\n    print(math.sqrt(2))\n    x.mine()\n",
            "c.py": "import a\ndef f(x):\n    a.sqrt()\n",
        }
    )
    assert list(at(tree, "b.py")) == ["x.mine()"]
    assert list(at(tree, "c.py")) == ["a.sqrt()"]


def test_a_member_cursor_needs_what_stands_behind_it(make_tree: MakeTree) -> None:
    tree = make_tree(
        {
            "a.py": "def first(): ...\ndef second(): ...\ndef bare(): ...\n",
            "b.py": "from a import *\ndef f(x):\n    bare(x.first(x.second))\n",
            "c.py": "from a import *\ndef f(x):\n    bare(x)\n",
        }
    )
    [[line, member]] = at(tree, "b.py").values()
    assert line.needed == {"bare", "first", "second"}
    assert member.needed == {"first", "second"}
    assert member.document.text.endswith("    bare(x.\n")
    [[only]] = at(tree, "c.py").values()
    assert only.kind == "line"


def test_a_seed_draws_the_same_lines(make_tree: MakeTree) -> None:
    lines = "".join(f"    x.name{number}()\n" for number in range(30))
    tree = make_tree(
        {
            "a.py": "".join(f"def name{number}(): ...\n" for number in range(30)),
            "b.py": "def f(x):\n" + lines,
        }
    )
    drawn = draw_cursors(tree, 8, seed=5)
    assert len(drawn) == 16
    assert drawn == draw_cursors(tree, 8, seed=5)
    assert drawn != draw_cursors(tree, 8, seed=6)
    offsets = [cursor.offset for cursor in drawn]
    assert offsets == sorted(offsets)
