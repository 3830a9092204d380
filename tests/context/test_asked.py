"""What the line that is being written asks for by itself: members behind a dot, a module's names, what a call takes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from coderdiff.context.answer import Context
from coderdiff.context.files.scan import Scanner
from coderdiff.context.index.index import Index
from coderdiff.context.repository import Repository
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


ERRORS = "".join(
    f"class {name}(Exception):\n    pass\n\n\n" for name in ("CardDeclined", "StockGone", "AddressUnknown")
)


def noise(suffix: str, line: str) -> dict[str, str]:
    """Files beside that have other names."""
    return {f"other{each}{suffix}": line.replace("#", str(each)) for each in range(5)}


def test_an_import_looks_into_its_own_module(root: Path) -> None:
    shop = Shop(root, {"pkg/__init__.py": "", "pkg/errors.py": ERRORS, **noise(".py", "def far_#(): ...\n")})
    for marked in (
        "from pkg.errors import |\n\n\nx = 1\n",
        "import os\nfrom pkg.errors import (\n    StockGone,\n    |\n)\n",
    ):
        context = shop.asked("desk.py", marked)
        found = next(each for each in context.snippets if each.path == "pkg/errors.py")
        assert "CardDeclined" in found.text, marked
        assert "AddressUnknown" in found.text, marked
        assert shop.asked("desk.py", marked.replace("|", "Card|")).snippets == context.snippets
        shop.repository.forget()
    assert "CardDeclined" in shop.shown("pkg/desk.py", "from .errors import |\n")


def test_a_script_imports_from_the_module_behind_the_cursor(root: Path) -> None:
    lib = "export function formatMoney(cents: number): string { return '' }\nexport class Basket {}\n"
    shop = Shop(root, {"src/lib/utils.ts": lib, **noise(".ts", "export const far# = 1\n")})
    for marked in (
        "import { | } from '@/lib/utils'\n",
        "import type {\n  Basket,\n  |\n} from './lib/utils'\n",
        "const { | } = require('./lib/utils')\n",
        'export { | } from "./lib/utils"\n',
    ):
        assert "formatMoney" in shop.shown("src/desk.ts", marked), marked
        shop.repository.forget()


USERS = """class User:
    def __init__(self, name: str, email: str) -> None: ...

    def check_password(self, raw: str, rounds: int = 3) -> bool: ...

    def other(self): ...


def format_money(cents: int, currency: str) -> str: ...
"""


def test_an_open_call_brings_the_signature(root: Path) -> None:
    many = "".join(
        f"def far_{each}(user, money):\n    user.x_{each} = money + {each}\n\n\n" for each in range(30)
    )
    shop = Shop(root, {"users.py": USERS, "far.py": many})
    head = "from users import User, format_money\n\n\ndef far(user: User, money):\n    user.x = money\n"
    for typed, signature in (
        ("    text = format_money(|", "def format_money(cents: int, currency: str) -> str"),
        ("    if user.check_password(|", "def check_password(self, raw: str, rounds: int = 3) -> bool"),
        ("    user = User(|", "def __init__(self, name: str, email: str) -> None"),
    ):
        for budget in (60, BUDGET):
            shop.repository.forget()
            shop.shown("desk.py", head + "    |\n", budget)
            asked = shop.asked("desk.py", head + typed + "\n", budget)
            assert any(signature in each.text for each in asked.snippets), (typed, budget)
            for more in ("mo", "money, [", "money, 'x"):
                typed_on = head + typed.replace("|", f"{more}|") + "\n"
                assert shop.asked("desk.py", typed_on, budget).snippets == asked.snippets


def test_an_open_literal_brings_the_fields_of_its_type(root: Path) -> None:
    fields = "".join(f"\t{name} string\n" for name in ("Host", "Port", "Path", "Query"))
    store = f"package store\n\ntype Config struct {{\n{fields}}}\n"
    shop = Shop(root, {"go.mod": "module acme.com/shop\n", "store/store.go": store})
    text = 'package main\n\nimport "acme.com/shop/store"\n\nfunc main() {\n\tc := store.Config{|\n}\n'
    assert "Host string" in shop.shown("main.go", text)
    types = "export interface User {\n  fullName: string;\n  email: string;\n}\n"
    scripts = Shop(root / "web", {"types.ts": types})
    marked = "import { User } from './types'\n\nconst user: User = {|}\n"
    assert "fullName: string" in scripts.shown("desk.ts", marked)


def test_prose_and_settings_are_no_examples_of_code(root: Path) -> None:
    words = "checkout basket customer total_of apply_discount"
    files = {
        "README.md": f"# Shop\n\n{words}\n",
        "package.json": '{"name": "checkout", "keywords": ["basket", "customer", "total_of"]}\n',
        "pom.xml": "<project><name>checkout basket customer</name></project>\n",
        "schema.sql": "create table checkout (basket int, customer int, total_of int);\n",
        "web/desk.ts": "export function checkout(basket: number, customer: number) {}\n",
        "other.py": "def checkout_all(basket, customer):\n    return total_of(basket, customer)\n",
    }
    shop = Shop(root, files)
    marked = "def checkout(basket, customer):\n    total = total_of(basket)\n    |\n    return total\n"
    paths = {each.path for each in shop.asked("desk.py", marked, 1000).snippets}
    assert paths == {"other.py", "schema.sql"}
    assert "README.md" in {each.path for each in shop.asked("notes.txt", marked, 1000).snippets}


CARDS = """export interface CardProps {
  order: Order;
  onCancel?: (order: Order) => void;
}
type Plain = { plainTitle: string };

export function Card({ order, onCancel }: CardProps) {
  return <div />;
}
export const Second: React.FC<CardProps> = ({ order }) => <div />;
export class Third extends Component<CardProps> {}
export const Fourth = (props: Readonly<Plain>) => <div />;
"""


@pytest.mark.parametrize(
    ("written", "attribute"),
    [
        ("<Card |", "onCancel?:"),
        ("<Card |/>", "onCancel?:"),
        ("<Card order={order} onC|", "onCancel?:"),
        ("<Card\n      order={{ a: 1 }}\n      {...rest}\n      |", "onCancel?:"),
        ("<Second |", "onCancel?:"),
        ("<Third title='a' |", "onCancel?:"),
        ("<Fourth |", "plainTitle:"),
    ],
)
def test_an_element_brings_the_attributes_of_its_component(root: Path, written: str, attribute: str) -> None:
    many = "".join(
        f"export const far{each} = (order: Order, item: Card) => order.x{each};\n" for each in range(40)
    )
    shop = Shop(root, {"cards.tsx": CARDS + many, "far.tsx": many})
    head = "import { Card, Second, Third, Fourth } from './cards';\n\nexport function Page({ order }) {\n  return (\n"
    context = shop.asked("page.tsx", f"{head}    <ul>\n      {written}\n    </ul>\n  );\n}}\n")
    assert any("attribute of" in each.reason and attribute in each.text for each in context.snippets)
