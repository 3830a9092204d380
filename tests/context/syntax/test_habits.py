"""Ways to finish a line or to stand in for it: never a line more or fewer."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from coderdiff.context.syntax.habits import habits_of
from coderdiff.context.syntax.languages import LANGUAGES

languages = st.sampled_from(sorted({language.name for language in LANGUAGES}))
lines = st.text("ab.=<({,\"' \t\n", max_size=30).map(str.encode)


@given(languages, lines, st.sampled_from((b"", b")", b'"', b"]}")), st.booleans())
def test_lines_keep_their_numbers(language: str, text: bytes, closing: bytes, listed: bool) -> None:
    habits = habits_of(language)
    for ways in (habits.completed, habits.replaced):
        for way in ways(text, closing, listed):
            assert way.count(b"\n") == text.count(b"\n")


def test_the_likeliest_comes_first() -> None:
    assert next(habits_of("python").completed(b"x = a.", b"", False)) == b"x = a.x"
    assert next(habits_of("go").completed(b"x := ", b"", False)) == b"x := x; "
    assert next(habits_of("java").completed(b"f(a", b")", True)) == b"f(a),"


def test_a_stand_in_is_indented_as_the_lines_were() -> None:
    assert next(habits_of("bash").replaced(b"  if x\n  then", b"", False)) == b"  :\n"
