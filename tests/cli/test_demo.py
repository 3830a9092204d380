from __future__ import annotations

import ast
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from coderdiff.cli.demo import Example, cut, examples, is_exact, parses
from coderdiff.errors import ConfigError
from coderdiff.examples import access_log, inventory, lru_cache
from coderdiff.types import Completion

from .conftest import Outcome, Scripted


def answer(text: str) -> Completion:
    return Completion(text, "stop", 1, 1, 1.0, "scripted", "p")


class TestHoles:
    @pytest.mark.parametrize("example", examples(), ids=lambda example: example.kind)
    def test_fit_their_files(self, example: Example) -> None:
        assert example.truth.strip()
        assert is_exact(example, answer(example.truth))
        assert parses(example, answer(example.truth))
        assert not is_exact(example, answer("wrong"))
        assert not parses(example, answer("(]"))

    def test_are_of_different_kinds(self) -> None:
        kinds = [example.kind for example in examples()]
        assert 4 <= len(kinds) == len(set(kinds))

    @pytest.mark.parametrize(
        "entry",
        [{"before": "x", "after": "\n"}, {"before": "a = ", "after": "?"}, {"before": "q", "after": "\n"}],
    )
    def test_that_do_not_fit_are_named(self, entry: dict[str, str]) -> None:
        with pytest.raises(ConfigError, match=r"the line hole does not fit f\.py"):
            cut({"kind": "line", "file": "f.py"} | entry, "a = x\nb = x\n")


class TestDemo:
    def test_shows_truth_and_sums_up(self, coderdiff: Callable[..., Outcome], scripted: Scripted) -> None:
        scripted.answer = answer(examples()[0].truth)
        outcome = coderdiff("demo", "--pace", 0)
        assert outcome.status == 0
        assert outcome.out.count("This is what the author wrote.") == 1
        assert outcome.out.count("The author wrote:") == len(examples()) - 1
        assert f"1 of {len(examples())}" in outcome.out
        assert "\x1b" not in outcome.out
        for example in examples():
            assert example.kind in outcome.out

    def test_the_model_never_sees_the_truth(
        self, coderdiff: Callable[..., Outcome], scripted: Scripted
    ) -> None:
        coderdiff("demo")
        for request, example in zip(scripted.requests[1:], examples(), strict=True):
            whole = request.document.text
            at = request.hole.start
            assert not whole[at:].startswith(example.truth)
            assert ast.parse(whole[:at] + example.truth + whole[at:])

    def test_says_when_there_is_no_answer(
        self, coderdiff: Callable[..., Outcome], scripted: Scripted
    ) -> None:
        scripted.answer = Completion("", "stop", 1, 1, 1.0, "scripted", "p", withdrawn=True)
        outcome = coderdiff("demo", "--pace", 0)
        assert outcome.out.count("Withdrawn: with it the file would not parse") == len(examples())
        assert outcome.out.count("no answer") == len(examples())


class TestExamples:
    """The code whose holes are shown works."""

    def test_lru_cache(self) -> None:
        tests = [value for name, value in vars(lru_cache).items() if name.startswith("test_")]
        assert len(tests) >= 4
        for test in tests:
            test()
        cache: lru_cache.LRUCache[str, int] = lru_cache.filled_cache()
        cache.clear()
        assert (len(cache), cache.hit_rate) == (0, 0.0)
        with pytest.raises(ValueError, match="capacity"):
            lru_cache.LRUCache(0)

    def test_inventory(self, tmp_path: Path) -> None:
        table = tmp_path / "stock.csv"
        table.write_text("sku,name,price,quantity\nt1,tea,2.50,4\nc1,coffee,7.00,10\nt1,tea,2.50,2\n")
        stock = inventory.load(table)
        assert len(stock) == 2
        assert stock.total_value() == Decimal("85.00")
        with pytest.raises(inventory.OutOfStockError):
            stock.fulfil({"c1": 1, "t1": 7})
        assert stock.items["c1"].quantity == 10
        assert stock.fulfil({"t1": 2, "c1": 1}) == Decimal("12.00")
        assert [item.sku for item in stock.to_reorder()] == ["t1"]
        with pytest.raises(inventory.OutOfStockError, match="coffee: 10 wanted, 9 in stock"):
            stock.items["c1"].take(10)

    def test_access_log(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        log = tmp_path / "access.log"
        line = '10.0.0.{} - - [01/Jan/2025:00:00:00 +0000] "GET {} HTTP/1.1" {} {} {}\n'
        log.write_text(
            line.format(1, "/", 200, 512, 0.010)
            + line.format(1, "/slow", 500, "-", 2.5)
            + "noise\n"
            + line.format(2, "/", 200, 512, "0.030")
        )
        assert access_log.main([str(log), "-n", "1"]) == 0
        assert capsys.readouterr().out.splitlines() == [
            "3 requests, 1 failed", "200: 2", "500: 1", "2.500 s  /slow", "2 from 10.0.0.1",
        ]  # fmt: skip
        log.write_text("noise\n")
        assert access_log.main([str(log)]) == 1
