"""What may be meant by a line that is not finished, and what may stand in its place: one set of habits a language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

ERROR_WEIGHT = 10
"""What an error counts besides its bytes, and what a token counts that the parser had to make up."""

_ENDS_IN_NAME = re.compile(rb"(?:[.$@<]|->|::)$")
_ENDS_OPEN = re.compile(
    rb"(?:[=+\-*/%,&|^!?:~>]|\b(?:and|or|not|in|is|if|for|of|import|use|using|from|require|source|return|new|as|extends"
    rb"|await|throw|raise|include|class|struct|def|fn|func|function))$"
)


@dataclass(frozen=True, slots=True)
class Habits:
    """What may end a line to make it whole, what may stand for a whole line, what may end a line that goes on with the
    next one by mistake, and what weight of errors is let be.

    Where indentation says what is in what, a small error hides nothing; where braces say it, a missing one may.
    """

    ends: tuple[bytes, ...]
    stand_ins: tuple[bytes, ...]
    stops: tuple[bytes, ...] = (b"x",)
    harmless: int = 0

    def completed(self, text: bytes, closing: bytes, listed: bool) -> Iterator[bytes]:
        """What some lines may be meant to become, the likeliest first; as many lines. `listed`: one of a list's."""
        line = text.rstrip()
        blank = text[len(line) :].replace(b"\r", b"")
        if not line:
            return
        stems = [line + closing]
        if _ENDS_IN_NAME.search(line):
            stems.insert(0, line + (b"x>" if line.endswith(b"<") else b"x") + closing)
        elif _ENDS_OPEN.search(line):
            stems.insert(0, line + b" x" + closing)
        elif closing[:1] in (b")", b"]"):
            stems.append(line + b" x" + closing)
        elif closing[:1] in (b'"', b"`"):
            stems.append(line + b"}" + closing)
        ends = self.ends
        if listed:
            ends = (b",", *ends)
        for stem in stems:
            for end in ends:
                yield stem + end + blank

    def replaced(self, text: bytes, _closing: bytes, _listed: bool) -> Iterator[bytes]:
        """What may stand for some lines; as many lines."""
        indent = text[: len(text) - len(text.lstrip())]
        breaks = b"\n" * text.count(b"\n", len(indent))
        for stand_in in self.stand_ins:
            yield indent + stand_in + breaks


_BRACES = Habits(
    (b";", b"", b" {}", b"() {}", b"() {", b" {"), (b"", b"{", b"x {"), (b"x;", b"x();", b"x,", b"x")
)
_OTHERS = {
    "python": Habits(
        (b"", b" pass", b": pass", b":", b"(): pass"),
        (b"pass", b"if 1:", b"try:", b"def x():"),
        harmless=ERROR_WEIGHT + 2,
    ),
    "ruby": Habits((b"", b"; end", b" x; end"), (b"", b"begin", b"def x", b"if x")),
    "bash": Habits(
        (b"", b"; then :; fi", b"; do :; done", b"() { :; }"), (b":", b"{", b"if :; then", b"while :; do")
    ),
}


def habits_of(language: str) -> Habits:
    """Those of a language by its name; most are of braces."""
    return _OTHERS.get(language, _BRACES)
