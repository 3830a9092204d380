"""What was changed lately: told from texts, moved by later edits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from coderdiff.context.retrieval.edits import MOST_EDITS, MOST_LINES, EditLog

TEN = [f"line {number}" for number in range(1, 11)]


def changed(lines: list[str], at: int, *new: str, gone: int = 1) -> list[str]:
    """Lines with `gone` of them from line `at` (1-based) on replaced."""
    return [*lines[: at - 1], *new, *lines[at - 1 + gone :]]


def test_an_edit_is_shown_to_other_files_only() -> None:
    log = EditLog()
    new = changed(TEN, 5, "changed")
    log.note("a.py", TEN, new)
    assert log.elsewhere("a.py", {"a.py": new}) == ()
    [edit] = log.elsewhere("b.py", {"a.py": new})
    assert (edit.path, edit.start_line, edit.end_line) == ("a.py", 3, 7)
    assert edit.text == "line 3\nline 4\nchanged\nline 6\nline 7"


def test_typing_is_one_edit() -> None:
    log = EditLog()
    lines = TEN
    for text in ("c", "ch", "cha"):
        lines, before = changed(lines, 5, text), lines
        log.note("a.py", before, lines)
    before, lines = lines, changed(lines, 6, "", "next", gone=0)
    log.note("a.py", before, lines)
    [edit] = log.elsewhere("b.py", {"a.py": lines})
    assert "cha" in edit.text
    assert "next" in edit.text


def test_later_edits_move_earlier_ones() -> None:
    log = EditLog()
    lines = [f"line {number}" for number in range(40)]
    new = changed(lines, 31, "changed")
    log.note("a.py", lines, new)
    newer = changed(new, 2, "one", "two", "three", gone=0)
    log.note("a.py", new, newer)
    texts = [edit.text for edit in log.elsewhere("b.py", {"a.py": newer})]
    assert any("changed" in text.split("\n")[2] for text in texts)


def test_what_was_edited_and_deleted_is_forgotten() -> None:
    log = EditLog()
    lines = [f"line {number}" for number in range(40)]
    new = changed(lines, 31, "changed")
    log.note("a.py", lines, new)
    log.note("a.py", new, new[:20])
    assert all("changed" not in edit.text for edit in log.elsewhere("b.py", {"a.py": new[:20]}))


def test_a_paste_is_no_edit_and_the_log_is_bounded() -> None:
    log = EditLog()
    log.note("a.py", [], ["x"] * (MOST_LINES + 1))
    assert log.elsewhere("b.py", {"a.py": ["x"] * (MOST_LINES + 1)}) == ()
    for number in range(2 * MOST_EDITS):
        log.note(f"{number}.py", TEN, changed(TEN, 5, "new"))
    assert len(log.elsewhere("b.py", {f"{number}.py": TEN for number in range(2 * MOST_EDITS)})) == MOST_EDITS


def test_files_that_are_not_open_any_more_are_left_out() -> None:
    log = EditLog()
    log.note("a.py", TEN, changed(TEN, 5, "new"))
    assert log.elsewhere("b.py", {}) == ()


@given(st.data())
def test_any_edits_leave_lines_that_exist(data: st.DataObject) -> None:
    log = EditLog()
    lines = [str(number) for number in range(30)]
    for _ in range(6):
        at = data.draw(st.integers(0, len(lines)))
        gone = data.draw(st.integers(0, 4))
        more = data.draw(st.lists(st.sampled_from(["a", "b"]), max_size=4))
        new = [*lines[:at], *more, *lines[at + gone :]]
        log.note("a.py", lines, new)
        lines = new
    for edit in log.elsewhere("b.py", {"a.py": lines}):
        assert edit.start_line >= 1
        assert edit.end_line <= max(1, len(lines))
        assert edit.text == "\n".join(lines[edit.start_line - 1 : edit.end_line])
