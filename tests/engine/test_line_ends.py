"""Line ends: what is answered in a file of Windows is what would be answered in one of Unix."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderdiff.engine.engine import Engine
from coderdiff.engine.line_ends import folded, unfolded
from coderdiff.model.loader import Checkpoint
from coderdiff.types import Completion, Document, Draft, FillRequest, Hole, Limits

TEXT = st.lists(st.sampled_from(["a", "é", "\r\n", "\n", "\r", "\ufeff", "𝄞"]), max_size=12).map("".join)


def request(text: str, start: int, end: int) -> FillRequest:
    return FillRequest(Document(text, "a.py"), Hole(start, end), Limits(max_tokens=24, stop=("\r\n\r\n",)))


@given(TEXT, st.data())
def test_a_hole_stays_between_the_same_characters(text: str, data: st.DataObject):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    inner, _ = folded(request(text, start, end))
    clean = inner.document.text
    assert "\r\n" not in clean or "\r\r\n" in text
    hole = inner.hole
    assert 0 <= hole.start <= hole.end <= len(clean)
    for at, moved in ((start, hole.start), (end, hole.end)):
        if text[at - 1 : at + 1] != "\r\n" or not at:
            assert clean[:moved] == text[:at].removeprefix("\ufeff").replace("\r\n", "\n")
            assert clean[moved:] == (text[at:] if at else text.removeprefix("\ufeff")).replace("\r\n", "\n")


def test_most_lines_decide():
    assert folded(request("a\r\nb\r\nc\n", 0, 0))[1] == "\r\n"
    assert folded(request("a\r\nb\nc\n", 0, 0))[1] == "\n"
    assert folded(request("a\r\n", 0, 0))[0].limits.stop == ("\n\n",)
    assert unfolded("x\ny", "\r\n") == "x\r\ny"


@pytest.mark.parametrize("at", [50, 150, 300])
def test_answers_and_drafts_differ_in_nothing_but_line_ends(checkpoint: Checkpoint, source: str, at: int):
    windows = "\ufeff" + source.replace("\n", "\r\n")
    place = 1 + len(source[:at].replace("\n", "\r\n"))

    def drafts(text: str, start: int) -> tuple[list[Draft], Completion]:
        steps = Engine(checkpoint).fill(request(text, start, start))
        shown = []
        while True:
            try:
                shown.append(next(steps))
            except StopIteration as stop:
                return shown, stop.value

    ours, answer = drafts(windows, place)
    theirs, expected = drafts(source, at)
    assert answer.text == expected.text.replace("\n", "\r\n")
    assert [draft.text for draft in ours] == [draft.text.replace("\n", "\r\n") for draft in theirs]
    assert answer.tokens == expected.tokens
