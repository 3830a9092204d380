"""What the line that is being written asks for by itself: members behind a dot, a module's names, what a call takes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from coderdiff.context.files.scan import Scanner
from coderdiff.context.index.index import Index
from coderdiff.context.repository import Context, Repository
from coderdiff.types import Document

from .indexing import write

BUDGET = 168
"""What the shipped model is shown."""


def count(text: str) -> int:
    """Lexemes."""
    return len(re.findall(r"\w+|[^\w\s]", text))


class Shop:
    """A repository of a few files, asked at marks (`|`) in a text of another one."""

    def __init__(self, root: Path, files: dict[str, str]) -> None:
        write(root, files)
        self.repository = Repository(Index.in_memory(root), Scanner(root))
        self.repository.refresh()

    def asked(self, path: str, marked: str, budget: int = BUDGET) -> Context:
        offset = marked.index("|")
        return self.repository.context(Document(marked.replace("|", "", 1), path), offset, budget, count)

    def shown(self, path: str, marked: str, budget: int = BUDGET) -> str:
        context = self.asked(path, marked, budget)
        return "\n".join(f"# {each.path}\n{each.text}" for each in context.snippets)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "shop"


METHODS = [
    "cancel_order", "find_recent", "list_for_customer", "refund_all", "ship_to_address", "apply_discount",
    "remove_discount", "split_parcels", "merge_parcels", "archive_old", "restore_archived", "notify_customer",
    "export_ledger", "import_ledger", "recompute_totals",
]  # fmt: skip
SERVICE = "class OrderService:\n    def pay(self, order_id: int, token: str) -> bool: ...\n\n" + "".join(
    f"    def {name}(self, order_id: int) -> None:\n        self.log('{name}')\n\n" for name in METHODS
)


def test_a_member_is_shown_whose_name_the_file_has_elsewhere(root: Path) -> None:
    shop = Shop(root, {"service.py": SERVICE})
    text = (
        "from service import OrderService\n\n\n"
        "def pay(service: OrderService, order_id: int):\n    return service.|\n"
    )
    shown = shop.shown("handlers.py", text)
    assert re.search(r"\bpay\b", shown)
    assert all(name in shown for name in METHODS)
    assert re.search(r"\bpay\b", shop.shown("handlers.py", text.replace("\n\n\n", "\n# we pay\n\n")))
