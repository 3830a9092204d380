"""From a decoded middle to the completion: trim its end, drop what the suffix has, ask the syntax guard.

Text in, text out. What is dropped without a guard's word was measured on holes in real files, where the right
answer is known: see each rule.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from coderdiff.decoding.syntax import SyntaxGuard

MOST_BLANK_LINES = 2
"""Blank lines left where completion and suffix meet, unless the suffix brings more."""

REPEATED_LINES = 4
REPEATED_TOKENS = 6
"""How often a cycle of lines, or of tokens, comes in a row before the completion counts as stuck."""

_BRACKETS = ("()", "[]", "{}")
_LONG_QUOTES = ('"""', "'''", "`")
_GOES_ON = frozenset(":,\\=+-*/%|&<>.?")
_TOKEN = re.compile(r"\w+|[^\w\s]")
_WORD = re.compile(r"\w")
_DEFINITION = re.compile(r"\s*(?:async )?(?:class|def|fn|func|function|interface|struct) \w")


@dataclass(frozen=True)
class Finished:
    """The completion's text. `withdrawn`: the model gave text, and none of it was fit to show."""

    text: str
    withdrawn: bool


def finish(prefix: str, middle: str, suffix: str, guard: SyntaxGuard | None = None) -> Finished:
    """Make the decoded `middle` fit to stand between prefix and suffix, or withdraw it.

    In order: trailing blanks go; so does what nothing can reach; of a middle that is stuck in a cycle of lines the
    first round is left, and of one on a line that the user began, with nothing behind it, that line; lines that only
    repeat the suffix go; then the guard keeps, shortens or withdraws the rest. Without a guard, closing brackets and
    quotes that the suffix has already go where counting says that they are too many.
    """
    text = trim_end(middle, suffix)
    if not text.strip():
        return Finished("", withdrawn=False)
    if guard is not None:
        text = guard.reachable(prefix, text, suffix)
    text = trim_end(first_line(prefix, unstuck(prefix, text), suffix), suffix)
    if is_stuck(text):
        return Finished("", withdrawn=True)
    own = trim_end(drop_repeated_lines(text, suffix), suffix)
    if not own.strip():
        return Finished("", withdrawn=True)
    fitted: str | None
    if guard is None:
        fitted = drop_closed(prefix, own, suffix)
    else:
        fitted = guard.fit(prefix, own, suffix, overlaps(own, suffix))
        if own not in (fitted, text) and guard.parses(prefix + text + suffix):
            fitted = text  # it was no repetition, then
    if fitted is None or not fitted.strip():
        return Finished("", withdrawn=True)
    return Finished(fitted, withdrawn=False)


def trim_end(text: str, suffix: str) -> str:
    """Without blanks before the suffix' line end, nor more than `MOST_BLANK_LINES` before its text."""
    if suffix and suffix[0] not in "\r\n":
        return text  # the line goes on: a blank may matter
    body = text.rstrip()
    tail = text[len(body) :]
    own = suffix[: len(suffix) - len(suffix.lstrip())].count("\n")
    room = max(0, MOST_BLANK_LINES + 1 - own) if suffix else 1
    line_end = "\r\n" if "\r\n" in tail else "\n"
    return body + line_end * min(room, tail.count("\n"))


def drop_repeated_lines(text: str, suffix: str) -> str:
    """Without an end that says again what the suffix goes on to say.

    Dropped: an end of `text` equal to the start of the suffix up to a line end, if it has a word in it; and
    everything from where two lines in a row, or one that begins a definition, are the suffix' next lines.
    2 right answers of 12,528 (holes in the standard library and five packages) would have been changed.
    """
    for end in reversed(_line_ends(suffix)):
        repeated = suffix[:end].rstrip()
        body = text.rstrip()
        if _WORD.search(repeated) and body.endswith(repeated) and _whole_words(body, repeated):
            text = body[: len(body) - len(repeated)]
            break
    following = [line for line in suffix.split("\n", 20)[1:20] if line.strip()][:2]
    if not following or suffix[0] not in "\r\n":
        return text
    lines = text.split("\n")
    for at in range(1, len(lines)):
        if lines[at] != following[0] or not _WORD.search(lines[at]):
            continue
        rest = [line for line in lines[at + 1 :] if line.strip()]
        again = len(following) == 2 and rest[:1] == following[1:]
        if again or _DEFINITION.match(lines[at]):
            return "\n".join(lines[:at])
    return text


def overlaps(text: str, suffix: str) -> list[int]:
    """Lengths of `text` without an end that the suffix' line starts with; the largest overlap first."""
    line = suffix[: _line_ends(suffix)[0]]
    return [len(text) - n for n in range(min(len(line), len(text)), 0, -1) if text.endswith(line[:n])]


def drop_closed(prefix: str, text: str, suffix: str) -> str:
    """Without closing brackets and quotes at its end that the suffix' line has again, if those are too many.

    For languages without a grammar: brackets are counted in the file, quotes in the hole's line, literally.
    """

    def surplus(candidate: str) -> int:
        file = prefix + candidate + suffix
        line = prefix[prefix.rfind("\n") + 1 :] + candidate + suffix[: _line_ends(suffix)[0]]
        brackets = sum(max(0, file.count(pair[1]) - file.count(pair[0])) for pair in _BRACKETS)
        return brackets + sum(line.count(quote) % 2 for quote in "\"'`")

    without = [text[:cut] for cut in overlaps(text, suffix) if not _WORD.search(text[cut:])]
    return min((text, *without), key=surplus)  # the first of equals: whole before shortened


def first_line(prefix: str, text: str, suffix: str) -> str:
    """The text up to the end of the line that the user began, where nothing is behind the hole: nothing there tells a
    model where to stop. A line goes on while a bracket is open, or its end says so."""
    begun = prefix[prefix.rfind("\n") + 1 :]
    if suffix.strip() or not begun.strip():
        return text
    for end in (match.start() for match in re.finditer("\r?\n", text)):
        line = (begun + text[:end]).rstrip()
        closed = all(line.count(pair[0]) <= line.count(pair[1]) for pair in _BRACKETS)
        if closed and line[-1] not in _GOES_ON and not any(line.count(quotes) % 2 for quotes in _LONG_QUOTES):
            return text[:end]
    return text


def is_stuck(text: str) -> bool:
    """Whether most of the text is one cycle over and over: up to 4 lines 4 times, or up to 8 tokens 6 times.

    Rulers (`-----`) are no words and pass. 1 right answer of 12,528 is so, 10 nested calls of one function.
    """
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    tokens = _TOKEN.findall(text)
    return _cycle(lines, 4, REPEATED_LINES) is not None or _cycle(tokens, 8, REPEATED_TOKENS) is not None


def unstuck(prefix: str, text: str) -> str:
    """The text, or the lines up to the end of a cycle's first round where it is stuck in a cycle of lines.

    The line that the hole is on counts from its start: it may be the first that comes again and again.
    """
    begun = prefix[prefix.rfind("\n") + 1 :]
    lines = (begun + text).split("\n")
    filled = [number for number, line in enumerate(lines) if line.strip()]
    end = _cycle([lines[number].strip() for number in filled], 4, REPEATED_LINES)
    if end is None:
        return text
    return "\n".join(lines[: filled[end - 1] + 1])[len(begun) :].removesuffix("\r")


def _cycle(items: Sequence[str], longest_period: int, times: int) -> int | None:
    """Where the first round of a cycle ends that half of the items are, with a word or bracket in it, `times` in a row
    or more; None if there is none."""
    for period in range(1, longest_period + 1):
        run = 0
        for at in range(period, len(items)):
            run = run + 1 if items[at] == items[at - period] else 0
            length = run + period
            if run and length >= times * period and 2 * length >= len(items):
                cycle = items[at - period + 1 : at + 1]
                if any(_WORD.search(item) or item in "()[]{}" for item in cycle):
                    return at + 1 - length + period
    return None


def _line_ends(suffix: str) -> list[int]:
    """Offsets in the suffix where one of its first lines ends, without the line end."""
    ends, at = [], 0
    for line in suffix.split("\n", 20)[:20]:
        ends.append(at + len(line.rstrip("\r")))
        at += len(line) + 1
    return ends


def _whole_words(body: str, repeated: str) -> bool:
    """Whether the repetition starts between words: `rename` does not repeat a suffix `name`."""
    before = body[: len(body) - len(repeated)]
    return not (before and before[-1].isalnum() and repeated[0].isalnum())
