from __future__ import annotations

from coderdiff.context.index.recent import Recent


def test_the_values_asked_for_last_are_kept() -> None:
    recent: Recent[int, str] = Recent(2)
    made: list[int] = []

    def get(key: int) -> str:
        def make() -> str:
            made.append(key)
            return str(key)

        return recent.get(key, make)

    assert [get(1), get(2), get(1), get(3), get(1), get(2)] == ["1", "2", "1", "3", "1", "2"]
    assert made == [1, 2, 3, 2]
    assert recent.take() == ["1", "2"]
    assert recent.take() == []
    get(2)
    assert made[-1] == 2
    assert len(made) == 5


def test_what_could_not_be_made_is_made_again() -> None:
    recent: Recent[str, int | None] = Recent(2)
    answers: list[int | None] = [None, None, 3, 4]
    assert [recent.get("a", lambda: answers.pop(0)) for _ in range(4)] == [None, None, 3, 3]
