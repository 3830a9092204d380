from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from coderdiff.errors import InputError
from coderdiff.evaluation.context.packages import SPLITS, pinned_packages, unpacked
from coderdiff.training.corpus import packages as corpus
from coderdiff.training.corpus.sources import open_wheel


def names(split: str) -> set[str]:
    return {package.name for package in pinned_packages(split)}


def test_reported_packages_were_never_trained_on_nor_tuned_on() -> None:
    assert len(names("report")) >= 6
    assert not names("report") & names("tuning")
    assert not names("report") & {package.name for package in corpus.pinned_packages()}


def test_tuning_packages_are_the_bytes_of_the_corpus() -> None:
    pins = {package.name: (package.version, package.sha256) for package in corpus.pinned_packages()}
    for package in pinned_packages("tuning"):
        assert (package.version, package.sha256) == pins[package.name]


def test_only_some_in_the_order_of_their_names() -> None:
    assert [each.name for each in pinned_packages("report", ["trio", "kombu"])] == ["kombu", "trio"]


@pytest.mark.parametrize(("split", "only"), [("test", []), ("report", ["tornado"]), ("tuning", ["nonsense"])])
def test_an_unknown_name_is_one_line_that_says_what_there_is(split: str, only: list[str]) -> None:
    with pytest.raises(InputError, match="choose among") as raised:
        pinned_packages(split, only)
    assert str(raised.value).count("\n") == 0
    assert set(SPLITS) == {"tuning", "report"}


def test_a_wheel_is_unpacked_as_its_python_files_alone(tmp_path: Path) -> None:
    wheel = tmp_path / "shop-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("shop/__init__.py", "x = 'ü'\r\ny = 2\r\n".encode())
        archive.writestr("shop/latin.py", "x = 'ü'".encode("latin-1"))
        archive.writestr("shop/data.json", "{}")
        archive.writestr("shop-1.0.dist-info/METADATA", "Name: shop\nVersion: 1.0\nLicense-Expression: MIT\n")
    with unpacked(open_wheel(wheel, "test")) as tree:
        assert (tree.name, dict(tree.texts)) == ("shop", {"shop/__init__.py": "x = 'ü'\ny = 2\n"})
        files = [path for path in tree.root.rglob("*") if path.is_file()]
        assert [path.relative_to(tree.root).as_posix() for path in files] == ["shop/__init__.py"]
        assert files[0].read_bytes() == "x = 'ü'\ny = 2\n".encode()
    assert not tree.root.exists()
