"""The canvas in a terminal: denoised in place among the file's lines, then the finished code.

How sure the model is shows in colour and without it: orange and underlined is unsure, plain is fair, blue is
sure and bold is very sure. (Orange and blue differ for every kind of colour vision, and stand out on dark and
on light backgrounds.) Drafted text is dim and italic, a masked token a dim block about as wide as the model's
best guess.
"""

from __future__ import annotations

import os
import time
from collections.abc import Generator

from rich.console import Console, Group
from rich.live import Live
from rich.style import Style
from rich.syntax import ANSISyntaxTheme, Syntax, SyntaxTheme
from rich.text import Text

from coderdiff.cli.window import Window, around, printable
from coderdiff.types import Completion, Draft, DraftToken, FillRequest, TokenState

_BAND = (  # least confidence, name, style
    (0.95, "very sure", Style(color="#2b7bba", bold=True)),
    (0.8, "sure", Style(color="#2b7bba")),
    (0.5, "fair", Style()),
    (0.0, "unsure", Style(color="#b5651d", underline=True)),
)
_DRAFTED = Style(dim=True, italic=True)
_MASKED = Style(dim=True)
_GUTTER = Style(dim=True)
_MARKED = Style(color="#2b7bba", bold=True)
_WIDEST_GUESS = 12
_TAB = 4
_REFRESH_MS = 15.0


def confidence_style(confidence: float) -> Style:
    """The style of a committed token: four bands of confidence."""
    return next((style for least, _, style in _BAND if confidence >= least), _BAND[-1][2])


def syntax_theme() -> SyntaxTheme:
    """The terminal's own sixteen colours, for the background that COLORFGBG tells, else for a dark one."""
    background = os.environ.get("COLORFGBG", "").rpartition(";")[2]
    light = background.isdecimal() and int(background) in {7, 15}
    theme = Syntax.get_theme("ansi_light" if light else "ansi_dark")
    assert isinstance(theme, ANSISyntaxTheme)
    return theme


def show_live(
    console: Console, request: FillRequest, steps: Generator[Draft, None, Completion], pace_ms: float = 0.0
) -> Completion:
    """Show the canvas, step by step, where it stands in its file, and return the completion.

    Each step stays for at least `pace_ms`; without a pace a step that comes too soon to be seen is skipped.
    What was shown is gone afterwards: `finished` prints the answer. Nothing is shown where the console is not
    a terminal.
    """
    window = around(request.document, request.hole, syntax_theme())
    with Live(console=console, auto_refresh=False, transient=True) as live:
        empty = Draft("", (), "", 0, 0, 0.0)
        live.update(canvas(console, window, empty), refresh=True)
        shown = time.perf_counter()
        while True:
            try:
                draft = next(steps)
            except StopIteration as done:
                completion: Completion = done.value
                time.sleep(pace_ms / 1000 if console.is_terminal else 0.0)
                return completion
            since = (time.perf_counter() - shown) * 1000
            if not console.is_terminal or (not pace_ms and since < _REFRESH_MS):
                continue
            time.sleep(max(0.0, pace_ms - since) / 1000)
            live.update(canvas(console, window, draft), refresh=True)
            shown = time.perf_counter()


def canvas(console: Console, window: Window, draft: Draft) -> Group:
    """One step: the window's lines with the canvas in the hole, how far it is, and what the styles mean."""
    block = "#" if console.options.ascii_only else "░"
    hole = Text(printable(draft.settled), no_wrap=True)
    for token in draft.tokens:
        hole.append_text(_token(token, block))
    committed = sum(token.state is TokenState.COMMITTED for token in draft.tokens)
    status = Text(no_wrap=True)
    cost = f"{_count(draft.forwards, 'forward')} · {draft.elapsed_ms:.0f} ms"
    status.append(f"{committed}/{len(draft.tokens)} committed · {cost}", style="dim")
    if draft.remasked:
        status.append(" · ", style="dim")
        status.append(f"{draft.remasked} remasked", style=_BAND[-1][2])
    lines = _numbered(console, window, hole, height=console.height - 4)
    return Group(lines, status, _legend(block))


def finished(
    console: Console, request: FillRequest, completion: Completion, above: int = 4, below: int = 3
) -> Text:
    """The code with the completion in its place: its lines marked in the margin, the rest dim."""
    window = around(request.document, request.hole, syntax_theme(), completion.text, above=above, below=below)
    window.filled.stylize(Style(bold=True))
    return _numbered(console, window, window.filled, height=console.height - 2)


def summary(completion: Completion) -> str:
    """One line: what it cost, who answered and how it ended."""
    cost = f"{_count(completion.tokens, 'token')} in {_count(completion.forwards, 'forward')}"
    likely = "" if completion.confidence is None else f" · {completion.confidence:.0%} likely to be kept"
    return (
        f"{cost} ({completion.tpf:.1f} a forward), {completion.latency_ms:.0f} ms{likely}"
        f" · {completion.model} · {completion.policy} · {completion.finish_reason}"
    )


def _token(token: DraftToken, block: str) -> Text:
    text = printable(token.text)
    if token.state is TokenState.MASKED:
        width = len(text.strip("\n")) or 1
        return Text(block * min(width, _WIDEST_GUESS), style=_MASKED)
    if token.state is TokenState.DRAFTED:
        return Text(text, style=_DRAFTED)
    return Text(text, style=confidence_style(token.confidence))


def _legend(block: str) -> Text:
    legend = Text(no_wrap=True)
    for _, name, style in _BAND:
        legend.append(name, style=style)
        legend.append("  ")
    legend.append("drafted", style=_DRAFTED)
    legend.append("  ")
    legend.append(f"{block * 3} masked", style=_MASKED)
    return legend


def _numbered(console: Console, window: Window, hole: Text, height: int) -> Text:
    """The window's lines with numbers, the hole's marked; if `height` is too little, the hole's end shows."""
    before, after = window.before.copy(), window.after.copy()
    before.stylize(Style(dim=True))
    after.stylize(Style(dim=True))
    text = Text.assemble(before, hole, after)
    text.expand_tabs(_TAB)
    lines = text.split("\n", allow_blank=True)
    first_marked = window.before.plain.count("\n")
    last_marked = first_marked + hole.plain.count("\n")
    stop = min(len(lines), max(height, last_marked + 1))
    start = max(0, stop - max(height, 1))
    digits = len(str(window.first_line + len(lines) - 1))
    marks = ("|", "#") if console.options.ascii_only else ("│", "┃")
    shown = []
    for index in range(start, stop):
        marked = first_marked <= index <= last_marked
        line = Text()
        line.append(f"{window.first_line + index:>{digits}} ", style=_GUTTER)
        line.append(f"{marks[marked]} ", style=_MARKED if marked else _GUTTER)
        line.append_text(lines[index])
        line.truncate(console.width, overflow="ellipsis")
        shown.append(line)
    return Text("\n", no_wrap=True).join(shown)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
