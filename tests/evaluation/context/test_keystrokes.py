from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coderdiff.context.repository import Repository
from coderdiff.evaluation.context import keystrokes
from coderdiff.evaluation.context.cursors import draw_cursors
from coderdiff.evaluation.context.keystrokes import Spread, Took, Typed, percentile
from coderdiff.evaluation.context.tree import Tree


@settings(max_examples=50)
@given(st.lists(st.integers(0, 20), min_size=1), st.integers(1, 100))
def test_a_percentile_is_the_smallest_value_that_covers_it(values: list[int], percent: int) -> None:
    found = percentile(values, percent)
    assert 100 * sum(value <= found for value in values) >= percent * len(values)
    assert 100 * sum(value < found for value in values) < percent * len(values)


def test_figures_are_over_all_keystrokes() -> None:
    one, two, three, four, five, six = (Took(float(each), each / 10) for each in range(1, 7))
    found = keystrokes.figures(
        [
            Typed(six, three, (one, two, three), two, (True, False, True)),
            Typed(five, six, (four,), one, (True,)),
        ]
    )
    assert (found.lines, found.keystrokes, found.unchanged) == (2, 4, 0.75)
    assert found.opening == Spread(5.0, 6.0, 0.5, 0.6)
    assert found.fresh == Spread(3.0, 6.0, 0.3, 0.6)
    assert found.again == Spread(2.0, 4.0, 0.2, 0.4)
    assert found.entered == Spread(1.0, 2.0, 0.1, 0.2)


def test_every_character_of_the_line_is_asked_for(shop: Tree, tmp_path: Path) -> None:
    cursor = next(each for each in draw_cursors(shop, 100, 1) if each.path == "shop/checkout.py")
    with Repository.open(shop.root, tmp_path / "index") as repository:
        repository.refresh()
        asked: list[tuple[str, int]] = []
        answer = repository.context

        def listening(document, offset, budget, count):  # type: ignore[no-untyped-def]
            asked.append((document.text, offset))
            return answer(document, offset, budget, count)

        repository.context = listening  # type: ignore[method-assign]
        typed = keystrokes.type_line(repository, cursor, 1000)
    assert asked[:2] == [(cursor.document.text, 0), (cursor.document.text, cursor.offset)]
    end = cursor.offset + len(cursor.held_out)
    assert asked[-2] == (shop.texts[cursor.path], end)
    text, offset = asked[-1]
    assert text[end:offset] == "\n" + " " * (cursor.offset - text.rfind("\n", 0, cursor.offset) - 1)
    assert text[:end] + text[offset:] == shop.texts[cursor.path]
    assert len(asked) == len(cursor.held_out) + 3
    assert len(typed.again) == len(typed.unchanged) == len(cursor.held_out)
    assert min(each.wall_ms for each in (typed.opening, typed.fresh, typed.entered, *typed.again)) > 0


def test_a_pack_that_changes_is_seen(shop: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With half of the budget at every other character the pack cannot stay as it is."""
    cursor = next(each for each in draw_cursors(shop, 100, 1) if each.path == "shop/checkout.py")
    with Repository.open(shop.root, tmp_path / "index") as repository:
        repository.refresh()
        steady = keystrokes.type_line(repository, cursor, 1000)
        answer = repository.context
        monkeypatch.setattr(
            repository,
            "context",
            lambda document, offset, budget, count: answer(document, offset, budget * (offset % 2), count),
        )
        fickle = keystrokes.type_line(repository, cursor, 1000)
    assert any(steady.unchanged)
    assert not any(fickle.unchanged)
