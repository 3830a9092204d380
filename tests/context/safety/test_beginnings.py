"""Patterns looked for at once, against each by itself."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from coderdiff.context.safety.beginnings import Beginnings, Sought

SOUGHT = (
    Sought(b"key", re.compile(b"key"), 1),
    Sought(b"key", re.compile(rb"Key(?=\n)", re.IGNORECASE), 2),
    Sought(b"\nab", re.compile(rb"\nAB_?"), 4),
    Sought(b"sk\n", re.compile(rb"(?<=[\n_])sk\n"), 8),
)


@given(st.text(alphabet="keyKAbBs_\n", max_size=40))
def test_each_pattern_is_found_wherever_it_matches(letters: str) -> None:
    text = letters.encode()
    expected = {(at, each.mark) for at in range(len(text)) for each in SOUGHT if each.pattern.match(text, at)}
    found = list(Beginnings(SOUGHT).found(text, text.lower()))
    assert sorted(found) == sorted(expected)
