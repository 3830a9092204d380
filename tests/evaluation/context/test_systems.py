from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from coderdiff.evaluation.context.lexemes import cost
from coderdiff.evaluation.context.systems import fill, snippet

LINES = st.lists(st.sampled_from(["", "a", "b(c)", "return x.y + 1"]), min_size=1, max_size=8)


@settings(max_examples=80)
@given(st.lists(LINES, max_size=5), st.integers(0, 80))
def test_no_further_line_of_the_ranking_would_fit(texts: list[list[str]], budget: int) -> None:
    ranked = [snippet(f"f{number}.py", 1, lines, "") for number, lines in enumerate(texts)]
    pack = fill(ranked, budget)
    assert cost(pack) <= budget
    whole = next((number for number, each in enumerate(pack) if each != ranked[number]), len(pack))
    assert whole >= len(pack) - 1
    if whole == len(ranked):
        return
    lines = texts[whole]
    kept = pack[whole].text.split("\n") if whole < len(pack) else []
    assert kept == lines[: len(kept)]
    more = [snippet(f"f{whole}.py", 1, lines[:end], "") for end in range(len(kept) + 1, len(lines) + 1)]
    told = [each for each in more if each.text.strip()]
    assert all(cost([*ranked[:whole], each]) > budget for each in told)


def test_the_first_that_does_not_fit_is_cut_at_a_line() -> None:
    whole = snippet("f.py", 11, ["a b c", "d e f", "g h i"], "")
    assert cost([whole]) == 4 + 9
    (cut,) = fill([whole], 4 + 7)
    assert (cut.text, cut.start_line, cut.end_line) == ("a b c\nd e f", 11, 12)
    assert fill([whole], 4 + 2) == ()
    assert fill([whole, whole], 4 + 9 + 4 + 3)[1].text == "a b c"
