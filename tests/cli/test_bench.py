"""`coderdiff bench context` on a wheel made here, in place of the pinned ones; `batch` and `serve` on one file."""

from __future__ import annotations

import json
import textwrap
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from coderdiff.cli import bench_serve
from coderdiff.evaluation.context import packages
from coderdiff.model.loader import DEFAULT_MODEL
from coderdiff.training.corpus import shards
from coderdiff.training.corpus.packages import Package
from coderdiff.training.corpus.shards import Document
from coderdiff.training.corpus.sources import file_sha256

from .conftest import Outcome

Command = Callable[..., Outcome]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the wheel of a small package, which is all that is pinned."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    wheel = folder / "shop-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("shop/stock.py", "def nearest_shelf(number):\n    return number\n")
        archive.writestr(
            "shop/desk.py", "from shop import stock\n\n\ndef go():\n    return stock.nearest_shelf(1)\n"
        )
        archive.writestr("shop-1.0.dist-info/METADATA", "Name: shop\nVersion: 1.0\nLicense-Expression: MIT\n")
    pinned = [Package("shop", "1.0", "test", file_sha256(wheel))]
    monkeypatch.setattr(packages, "pinned_packages", lambda split, only: pinned)
    return folder


def test_tables_for_people_and_for_a_page(coderdiff: Command, cache: Path, tmp_path: Path) -> None:
    page = tmp_path / "context.md"
    page.write_text("# Context\n")
    outcome = coderdiff("bench", "context", "--cache", cache, "--budget", "50", "--report", page)
    assert outcome.status == 0
    assert "behind the dot, 50 lexemes" in outcome.out
    assert "shop" in outcome.out
    text = page.read_text()
    assert text.startswith("# Context\n\n<!-- context report -->\n**Recall")
    assert "| shop | 1 | 1 | 1.000 |" in text


def test_json_is_one_object(coderdiff: Command, cache: Path) -> None:
    arguments = ["--json", "--split", "tuning", "--cursors", "5", "--budget", "60", "--budget", "40"]
    outcome = coderdiff("bench", "context", "--cache", cache, *arguments)
    found = json.loads(outcome.out)
    assert (found["split"], found["lines"], found["budgets"], found["seed"]) == ("tuning", 5, [40, 60], 1)
    assert found["packages"] == [{"name": "shop", "version": "1.0"}]
    assert {row["budget"] for row in found["figures"][0]["recall"]} == {40, 60}


def test_a_folder_of_ones_own_is_timed(coderdiff: Command, tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "stock.py").write_text("def nearest_shelf(number):\n    return number\n")
    page = tmp_path / "context.md"
    outcome = coderdiff(
        "bench", "context", "--repository", tmp_path / "code", "--cursors", "2", "--report", page
    )
    assert outcome.status == 0
    assert "new line" in outcome.out
    assert "<!-- context latency -->\n**Index on one core**" in page.read_text()
    outcome = coderdiff("bench", "context", "--repository", tmp_path / "code", "--cursors", "2", "--json")
    assert json.loads(outcome.out)["figures"][0]["typing"]["lines"] == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["--split", "test"],
        ["--only", "nonsense"],
        ["--cursors", "0"],
        ["--repository", "nowhere"],
        ["--budget", "0"],
        ["--budget", "many"],
    ],
)
def test_bad_usage_is_status_2(coderdiff: Command, arguments: list[str]) -> None:
    outcome = coderdiff("bench", "context", *arguments)
    assert (outcome.status, outcome.out) == (2, "")
    assert "Traceback" not in outcome.err


@pytest.fixture
def corpus(monkeypatch: pytest.MonkeyPatch) -> None:
    document = Document("one", "1", "one/wrap.py", Path(textwrap.__file__).read_text())
    monkeypatch.setattr(shards, "read_split", lambda folder, split: iter([document]))


def test_requests_at_once(coderdiff: Command, corpus: None) -> None:
    arguments = ("bench", "batch", "--requests", 3, "--at-once", 1, "--at-once", 3, "--device", "cpu")
    found = json.loads(coderdiff(*arguments, "--dtype", "bfloat16", "--json").out)
    assert found["model"] == DEFAULT_MODEL
    assert [row["at_once"] for row in found["figures"]] == [1, 3]
    table = coderdiff(*arguments).out
    assert f"{DEFAULT_MODEL}, 3 requests" in table
    assert "1.00x" in table


@pytest.mark.parametrize("arguments", [["--at-once", "0"], ["--dtype", "int3"], ["--corpus", "nowhere"]])
def test_bad_usage_of_batch_is_status_2(coderdiff: Command, arguments: list[str]) -> None:
    outcome = coderdiff("bench", "batch", *arguments)
    assert (outcome.status, outcome.out) == (2, "")
    assert "Traceback" not in outcome.err


def test_a_server_under_load(coderdiff: Command, corpus: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_serve, "WARM_UP_S", 0.1)
    arguments = ("bench", "serve", "--requests", 24, "--threads", 1, "--minutes", 0.01)
    found = json.loads(coderdiff(*arguments, "--clients", 4, "--load", 0.5, "--rate", 3, "--json").out)
    loads = [row["load"] for row in found["figures"]]
    assert loads[:4] == ["one at a time", "4 clients", "one at a time", "3.00/s"]
    assert loads[4] == f"{found['figures'][1]['per_s'] / 2:.2f}/s"
    assert all(row["failed"] == row["stuck"] == row["left"] == 0 for row in found["figures"])
    assert found["alone_per_s"] > 0
    table = coderdiff(*arguments, "--rate", 3, "--cancel-share", 1).out
    assert "over HTTP" in table
    assert "cancelled" in table


@pytest.mark.parametrize(
    "arguments",
    [
        ["--clients", "0"],
        ["--cancel-share", "2"],
        ["--corpus", "nowhere"],
        ["--url", "http://127.0.0.1:9", "--threads", "2"],
    ],
)
def test_bad_usage_of_serve_is_status_2(coderdiff: Command, arguments: list[str]) -> None:
    outcome = coderdiff("bench", "serve", *arguments)
    assert (outcome.status, outcome.out) == (2, "")
    assert "Traceback" not in outcome.err


def test_no_server_to_load_is_status_2(coderdiff: Command, corpus: None) -> None:
    outcome = coderdiff("bench", "serve", "--requests", 3, "--clients", 1, "--url", "http://127.0.0.1:9")
    assert outcome.status == 2
    assert "no server answers at http://127.0.0.1:9" in outcome.err
