"""Whole files to repeat from: the likest ones, safe to show, the same while one types."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from coderdiff.context.files.scan import Scanner
from coderdiff.context.index.build import refresh
from coderdiff.context.index.index import Index
from coderdiff.context.retrieval.related import MOST_FILE_CHARS, STRIDE, RelatedFiles

HERE = ["from shapes import Circle", "", "def price(circle: Circle) -> float:", "    return circle.area() * "]
SECRET = "AKIA" + "Q7RZ5T2LK9WMXB3C"
FILES = {
    "shapes.py": "class Circle:\n    def area(self) -> float:\n        return 3.0\n",
    "prices.py": f'def price_of(circle):\n    return circle.area() * rate\n\nAWS_ACCESS_KEY_ID = "{SECRET}"\n',
    "other.py": "import json\n\nprint(json.dumps([]))\n",
    "shop.py": "\n".join(HERE),
}


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    with Index.in_memory(tmp_path) as opened:
        refresh(opened, Scanner(tmp_path))
        yield opened


def paths(index: Index, line: int = 4, opened: dict[str, str] | None = None) -> list[str | None]:
    return [each.path for each in RelatedFiles(index).of("shop.py", HERE, line, opened or {})]


def test_the_likest_files_and_not_the_file_itself(index: Index) -> None:
    found = paths(index)
    assert set(found[:2]) == {"prices.py", "shapes.py"}
    assert "shop.py" not in found


def test_no_secret_can_be_repeated(index: Index) -> None:
    for opened in ({}, {"prices.py": FILES["prices.py"] + "# typed\n"}):
        texts = [each.text for each in RelatedFiles(index).of("shop.py", HERE, 4, opened)]
        assert not any(SECRET in text for text in texts)
        assert any("circle.area() * rate" in text for text in texts)


def test_what_is_open_counts_instead_of_what_is_on_disk(index: Index) -> None:
    found = RelatedFiles(index).of("shop.py", HERE, 4, {"shapes.py": "class Circle:\n    radius = 1\n"})
    assert "radius = 1" in {each.path: each.text for each in found}["shapes.py"]


def test_typing_on_and_the_lines_of_one_stride_change_nothing(index: Index) -> None:
    related = RelatedFiles(index)
    first = related.of("shop.py", HERE, 1, {})
    assert related.of("shop.py", [*HERE[:-1], HERE[-1] + "json.dumps("], STRIDE, {}) is first


def test_of_a_long_file_what_stands_around_its_likest_lines_is_taken(index: Index, tmp_path: Path) -> None:
    filler = "".join(f"def value_{number}(given):\n    return given + {number}\n\n" for number in range(800))
    (tmp_path / "prices.py").write_text(filler + FILES["prices.py"] + filler)
    refresh(index, Scanner(tmp_path))
    texts = {each.path: each.text for each in RelatedFiles(index).of("shop.py", HERE, 4, {})}
    assert len(texts["prices.py"]) <= MOST_FILE_CHARS
    assert "return circle.area() * rate\n" in texts["prices.py"]
