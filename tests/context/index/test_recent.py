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
    recent.clear()
    get(2)
    assert made[-1] == 2
    assert len(made) == 5


def test_none_is_a_value() -> None:
    recent: Recent[str, None] = Recent(2)
    made: list[str] = []
    for _ in range(3):
        recent.get("a", lambda: made.append("a"))
    assert made == ["a"]
