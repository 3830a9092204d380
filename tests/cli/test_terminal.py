from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.text import Text

from coderdiff.cli import terminal
from coderdiff.cli.window import around, printable
from coderdiff.types import Completion, Document, Draft, FillRequest, Hole

from .conftest import ANSWER, COMMITTED, DRAFTS, MASKED, step

SOURCE = "".join(f"line{number} = {number}\n" for number in range(1, 31)).replace("line15 = 15", "total = ")
HOLE = Hole(SOURCE.index("total = ") + 8, SOURCE.index("total = ") + 8)
REQUEST = FillRequest(Document(SOURCE, "shop.py"), HOLE)
THEME = terminal.syntax_theme()


def console(width: int = 80, height: int = 24) -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=width, height=height, color_system=None)


def plain(draft: Draft, at: Console) -> list[str]:
    with at.capture() as captured:
        at.print(terminal.canvas(at, around(REQUEST.document, HOLE, THEME), draft))
    return [Text.from_ansi(line).plain.rstrip() for line in captured.get().splitlines()]


def test_the_canvas_stands_in_its_line_among_its_neighbours() -> None:
    lines = plain(DRAFTS[2], console())
    assert lines[:8] == [
        "11 │ line11 = 11",
        "12 │ line12 = 12",
        "13 │ line13 = 13",
        "14 │ line14 = 14",
        "15 ┃ total = price░░░count",
        "16 │ line16 = 16",
        "17 │ line17 = 17",
        "18 │ line18 = 18",
    ]
    assert lines[8] == "2/3 committed · 3 forwards · 26 ms · 1 remasked"


def test_states_differ_without_colour() -> None:
    styles = [
        terminal.confidence_style(0.99),
        terminal.confidence_style(0.6),
        terminal.confidence_style(0.1),
        terminal.confidence_style(0.0),
    ]
    looks = [(style.bold, style.underline, style.italic, style.dim) for style in styles]
    assert len(set(looks)) == 3
    assert looks[2] == looks[3]


def test_a_masked_line_break_does_not_move_the_code() -> None:
    draft = step(("a", COMMITTED, 1.0), ("\n    ", MASKED, 0.2), ("\n\n", MASKED, 0.2), forwards=1)
    lines = plain(draft, console())
    assert lines[4] == "15 ┃ total = a░░░░░"
    assert lines[5] == "16 │ line16 = 16"


def test_committed_lines_are_all_marked() -> None:
    lines = plain(step(("b\n    c", COMMITTED, 1.0), forwards=1, settled="a\n"), console())
    assert lines[4:8] == ["15 ┃ total = a", "16 ┃ b", "17 ┃     c", "18 │ line16 = 16"]


def test_a_canvas_too_tall_shows_its_end() -> None:
    tall = step(*((f"t{number}\n", COMMITTED, 1.0) for number in range(40)), forwards=1)
    lines = plain(tall, console(height=14))
    assert len(lines) <= 13
    assert any("t39" in line for line in lines)


def test_a_canvas_too_wide_is_cut() -> None:
    lines = plain(step(("x" * 200, COMMITTED, 1.0), forwards=1), console(width=40))
    assert all(len(line) <= 40 for line in lines[:8])


def test_code_cannot_drive_the_terminal() -> None:
    assert printable("\x1b[2J\x07\r\x9b é\t\n") == "␛[2J␇␍\ufffd é\t\n"
    draft = step(("\x1b]0;title\x07", COMMITTED, 1.0), forwards=1, settled="\x1b[2J")
    request = FillRequest(Document("a\x1b[31mb", "x\x1b.py"), Hole(0, 0))
    at = console()
    with at.capture() as captured:
        at.print(terminal.canvas(at, around(request.document, request.hole, THEME), draft))
        at.print(terminal.finished(at, request, Completion("\x1b[2J", "stop", 1, 1, 1.0, "m", "p")))
    assert not any(bad in captured.get() for bad in ("\x1b[2J", "\x1b]", "\x1b[31m", "\x07"))


def test_an_answer_is_shown_in_place_and_marked() -> None:
    at = console()
    answer = Completion("price *\\\n\tcount", "stop", 4, 4, 1.0, "m", "p")
    shown = terminal.finished(at, REQUEST, answer).plain.splitlines()
    assert shown[4:7] == ["15 ┃ total = price *\\", "16 ┃     count", "17 │ line16 = 16"]


def test_a_replaced_selection_is_gone() -> None:
    request = FillRequest(Document("a = old + 1\nb = 2\n", "x.py"), Hole(4, 7))
    shown = terminal.finished(console(), request, Completion("new", "stop", 1, 1, 1.0, "m", "p")).plain
    assert shown == "1 ┃ a = new + 1\n2 │ b = 2"


@pytest.mark.parametrize(
    ("tokens", "forwards", "expected"),
    [
        (12, 4, "12 tokens in 4 forwards (3.0 a forward), 38 ms · tiny · verified · stop"),
        (1, 1, "1 token in 1 forward (1.0 a forward), 38 ms · tiny · verified · stop"),
        (0, 0, "0 tokens in 0 forwards (0.0 a forward), 38 ms · tiny · verified · stop"),
    ],
)
def test_summary(tokens: int, forwards: int, expected: str) -> None:
    answer = Completion("x", "stop", tokens, forwards, 38.2, "tiny", "verified")
    assert terminal.summary(answer) == expected


def test_a_summary_says_how_likely_it_is_kept() -> None:
    answer = Completion("x", "stop", 1, 1, 38.2, "tiny", "verified", confidence=0.618)
    assert " ms · 62% likely to be kept · tiny" in terminal.summary(answer)


def test_live_returns_the_answer_and_clears_itself() -> None:
    def steps() -> object:
        yield from DRAFTS
        return ANSWER

    at = console()
    assert terminal.show_live(at, REQUEST, steps(), pace_ms=1) == ANSWER
    written = at.file.getvalue()
    assert written.count("committed") >= len(DRAFTS)
    assert written.endswith("\x1b[2K"), "the last thing is to clear what was shown"
    assert "\x1b[?25h" in written, "the cursor is back"
