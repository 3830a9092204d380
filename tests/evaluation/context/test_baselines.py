"""Each baseline does on a tiny repository what it is described to do."""

from __future__ import annotations

import numpy as np
import pytest

from coderdiff.evaluation.context.bm25 import Bm25, terms
from coderdiff.evaluation.context.cursors import draw_cursors
from coderdiff.evaluation.context.jaccard import WINDOW_LINES, JaccardWindows, words
from coderdiff.evaluation.context.lexemes import cost
from coderdiff.evaluation.context.repository_map import RepositoryMap, pagerank
from coderdiff.evaluation.context.skeletons import ImportSkeletons, imported_files
from coderdiff.evaluation.context.systems import System
from coderdiff.evaluation.context.tree import Tree
from coderdiff.types import Document, Snippet

from .conftest import MakeTree


def pack(system: System, text: str, path: str, budget: int = 1000) -> tuple[Snippet, ...]:
    [found] = system.packs(Document(text, path), len(text), [budget])
    return found


@pytest.mark.parametrize("make", [Bm25, JaccardWindows, RepositoryMap, ImportSkeletons])
def test_no_baseline_overspends_or_shows_the_file_itself(make: type[System], shop: Tree) -> None:
    system = make(shop)  # type: ignore[call-arg]
    budgets = [0, 5, 20, 60, 1000]
    for cursor in draw_cursors(shop, 100, seed=1):
        packs = system.packs(cursor.document, cursor.offset, budgets)
        costs = [cost(each) for each in packs]
        assert all(spent <= budget for spent, budget in zip(costs, budgets, strict=True))
        assert costs == sorted(costs)
        assert costs[-1] > 0
        assert all(snippet.path != cursor.path for each in packs for snippet in each)


class TestBm25:
    def test_terms_are_names_and_their_parts(self) -> None:
        assert sorted(terms("getUser(user_id)")) == ["get", "getuser", "id", "user", "user", "user_id"]

    def test_the_chunk_most_like_the_lines_around_the_cursor_is_first(self, make_tree: MakeTree) -> None:
        filler = "".join(f"filler{number} = 0\n" for number in range(10))
        tree = make_tree(
            {
                "a.py": filler + "open_account(owner)\nclose_account(owner)\n",
                "b.py": "owner = 1\n",
                "me.py": "open_account(owner)\n",
            }
        )
        found = pack(Bm25(tree), "open_account(owner)\n", "me.py")
        assert [(each.path, each.start_line) for each in found] == [("a.py", 11), ("b.py", 1)]
        assert found[0].text.startswith("open_account(owner)\nclose_account(owner)")

    def test_lines_after_the_cursor_count(self, make_tree: MakeTree) -> None:
        tree = make_tree({"a.py": "needle = 1\n", "me.py": "\nneedle\n"})
        system = Bm25(tree)
        assert system.packs(Document("\nneedle\n", "me.py"), 0, [100]) != [()]
        far = "\n" * 6 + "needle\n"
        assert system.packs(Document(far, "me.py"), 0, [100]) == [()]


class TestJaccard:
    def test_words_are_runs_of_letters_and_digits(self) -> None:
        assert words("for user_name in self.getAll(3):") == {"user", "name", "getall", "3"}

    def test_against_every_window_of_every_file(self, make_tree: MakeTree) -> None:
        """The vectorised count agrees with sets of words, window by window."""
        rng = np.random.default_rng(3)

        def file(lines: int) -> str:
            return "".join(
                " ".join(f"w{word}" for word in rng.integers(0, 120, 3)) + "\n" for _ in range(lines)
            )

        tree = make_tree({"a.py": file(200), "b.py": file(90), "c.py": file(5), "me.py": file(70)})
        text = tree.texts["me.py"]
        found = pack(JaccardWindows(tree), text, "me.py", budget=10_000)
        wanted = words("\n".join(text.split("\n")[-WINDOW_LINES:]))

        def likeness(lines: list[str]) -> float:
            have = words("\n".join(lines))
            return len(have & wanted) / len(have | wanted)

        best = {}
        for path in ("a.py", "b.py", "c.py"):
            lines = tree.texts[path].split("\n")
            windows = [
                lines[start : start + WINDOW_LINES] for start in range(max(1, len(lines) - WINDOW_LINES + 1))
            ]
            best[path] = max(map(likeness, windows))
        assert [each.path for each in found] == sorted(best, key=lambda path: -best[path])
        for each in found:
            assert likeness(each.text.split("\n")) == best[each.path]
            lines = tree.texts[each.path].split("\n")
            assert each.text.split("\n") == lines[each.start_line - 1 : each.end_line]


class TestImportSkeletons:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("import pkg.a\n", ["pkg/a.py"]),
            ("import os, pkg.sub.b as b  # c\n", ["pkg/sub/b.py"]),
            ("from pkg import a\n", ["pkg/__init__.py", "pkg/a.py"]),
            ("from .a import (\n    x,  # why\n    y,\n)\n", ["pkg/a.py"]),
            ("from ..a import x\n", []),
            ("from . import a, sub\n", ["pkg/__init__.py", "pkg/a.py", "pkg/sub/__init__.py"]),
            ("def f():\n    from .sub.b import x\nif x:\n", ["pkg/sub/b.py"]),
            ("from .sub import b\nfrom .a import *\n", ["pkg/sub/__init__.py", "pkg/sub/b.py", "pkg/a.py"]),
        ],
    )
    def test_imports_lead_to_files(self, text: str, found: list[str]) -> None:
        files = ["pkg/__init__.py", "pkg/a.py", "pkg/sub/__init__.py", "pkg/sub/b.py", "pkg/me.py"]
        assert imported_files(text, "pkg/me.py", files) == found

    def test_two_dots_are_the_folder_above(self) -> None:
        assert imported_files("from ..a import x\n", "pkg/sub/b.py", ["pkg/a.py"]) == ["pkg/a.py"]

    def test_headers_of_the_imported_module_alone(self, shop: Tree) -> None:
        [found] = pack(ImportSkeletons(shop), "from .stock import Warehouse\n", "shop/checkout.py")
        assert found.path == "shop/stock.py"
        assert found.text == (
            "class Warehouse:\n    open_hours = (9, 17)\n    def reserve_item(self, item: str) -> None:\n"
            "    def price_of( self, item: str, ) -> float:"
        )


class TestRepositoryMap:
    def test_ranks_are_those_of_the_random_walk(self) -> None:
        """Two nodes that point at each other and one that points nowhere, against the walk's own equation."""
        source, target = np.array([0, 0, 1]), np.array([1, 2, 0])
        restart = np.array([1.0, 0.0, 0.0])
        ranks, shares = pagerank(source, target, np.array([3.0, 1.0, 5.0]), restart)
        assert shares == pytest.approx([0.75, 0.25, 1.0])
        moves = np.array([[0, 0.75, 0.25], [1, 0, 0], [1, 0, 0]])
        walk = np.linalg.solve(np.eye(3) - 0.85 * moves.T, 0.15 * restart)
        assert ranks == pytest.approx(walk, abs=1e-5)
        assert ranks.sum() == pytest.approx(1.0)

    def test_what_the_file_uses_is_first_and_what_nobody_uses_is_not_there(self, shop: Tree) -> None:
        text = "from shop.stock import Warehouse\n\n\ndef pay(warehouse: Warehouse, basket):\n    "
        found = pack(RepositoryMap(shop), text, "shop/checkout.py")
        assert found[0].path == "shop/stock.py"
        assert "class Warehouse:" in found[0].text
        assert "def reserve_item(self" in found[0].text
        assert all(each.path != "shop/weather.py" for each in found)

    def test_mentioned_names_come_before_others(self, make_tree: MakeTree) -> None:
        users = {
            f"user{number}.py": f"import defs\ndefs.{name}()\n" for number, name in enumerate(["one", "two"])
        }
        text = "def use(defs):\n" + "    defs.one()\n    defs.two()\n" + "\n" * 20
        tree = make_tree({"defs.py": "def one(): ...\ndef two(): ...\n", "me.py": text, **users})
        system = RepositoryMap(tree)
        room = cost(pack(system, text, "me.py")) - 1  # for one of the two
        assert "def one" in pack(system, text + "one", "me.py", room)[0].text
        assert "def two" in pack(system, text + "two", "me.py", room)[0].text
