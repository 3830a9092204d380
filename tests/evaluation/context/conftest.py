from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from coderdiff.evaluation.context.tree import Tree

MakeTree = Callable[[dict[str, str]], Tree]


@pytest.fixture
def make_tree(tmp_path: Path) -> MakeTree:
    """Writes a repository from indented texts by path."""
    folder = tmp_path / "tree"
    folder.mkdir()
    return lambda texts: Tree.write(
        "made-up", folder, {path: dedent(text).lstrip("\n") for path, text in texts.items()}
    )


@pytest.fixture
def shop(make_tree: MakeTree) -> Tree:
    """Three modules of a shop: `checkout` uses what `stock` defines, and `report` shows how it is used."""
    return make_tree(
        {
            "shop/__init__.py": "",
            "shop/checkout.py": """
                from shop.stock import Warehouse


                def pay(warehouse: Warehouse, basket):
                    for item in basket:
                        warehouse.reserve_item(item)
                    return sum(warehouse.price_of(item) for item in basket)
                """,
            "shop/report.py": """
                from shop.stock import Warehouse


                def show(warehouse: Warehouse, basket):
                    for item in basket:
                        warehouse.reserve_item(item)
                        print(item)
                """,
            "shop/stock.py": """
                class Warehouse:
                    '''All that is there.'''

                    open_hours = (9, 17)

                    def reserve_item(self, item: str) -> None:
                        '''Put one aside.'''
                        self.reserved = item

                    def price_of(
                        self,
                        item: str,
                    ) -> float:
                        return 1.0
                """,
            "shop/weather.py": """
                def forecast(day):
                    return "rain"
                """,
        }
    )
