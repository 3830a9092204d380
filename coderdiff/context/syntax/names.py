"""The names that a text seems to define, by its words alone: what is known of a file before it is parsed.

A search for a name's definition parses the files that may have it, so a name must not be missed, and one too many
costs only time. Python, whose blocks show by their indentation, is read closely; of the other languages any word in
a defining position counts. How many names are missed and how many are too many `tests/context/syntax/test_names.py`
holds against the trees.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Sequence

from coderdiff.context.syntax.languages import Language
from coderdiff.context.syntax.positions import names_by_position

# Patterns begin with a literal wherever they can, which the engine looks for at the speed of memory, and do not
# give back what they took: these two made them five times as fast.
_WORD = re.compile(r"[\w$#@]+")
_OF_SELF = re.compile(r"self\.(\w++)[ \t]*+(?:=(?!=)|:)")
_OF_CLS = re.compile(r"cls\.(\w++)[ \t]*+(?:=(?!=)|:)")
_TELLING = (
    r"(?:(def|async[ \t]++def)[ \t]++(\w++)|class[ \t]++(\w++)"
    # At the margin these end the function before; "else: a = 1" gives a name.
    r"|(?<=\n)(if|else|elif|try|except|finally|with|for|while)\b[ \t]*+(:)?"
    r"|type[ \t]++(\w++)[ \t]*+(?:\[[^\n]*\][ \t]*+)?=(?!=)"
    r"|(\w++)[ \t]*+(?::|(,)|=(?!=)(?:[ \t]*+(\w++)[ \t]*+=(?!=))?))"
)
_STATEMENT = re.compile(rf"\n([ \t]*+)(?=\w){_TELLING}")
_IN_FUNCTION = tuple(
    re.compile(rf"\n([ \t]{{0,{depth}}}+(?=\w)|[ \t]*+(?=(?:async|class|def|type)[ \t])){_TELLING}")
    for depth in (0, 4, 8)
)
"""The same behind the head of a function that is indented by so many blanks or less: a variable further in than that
is the function's own, and most are."""

_BRACKET_ENDS = re.compile(r"\)[ \t]*+=(?!=)")
_BEHIND = re.compile(r":[ \t]++(\w++)[ \t]*+(?:=(?!=)|:)")
_CHAIN = re.compile(r"[^=!<>]=[ \t]*+(\w++)[ \t]*+(?==[^=])")
_NO_NAMES = frozenset(keyword.kwlist)


def likely_names(language: Language | None, text: str) -> set[str]:
    """The names that a file of a language seems to define; none where the language is not known."""
    if language is None:
        return set()
    if language.name == "python":
        return {name for name in _of_python(text) if not name[0].isdigit()}
    return names_by_position(language.name, text)


def _of_python(text: str) -> set[str]:
    """Functions, classes and fields wherever they stand; variables that stand in no function."""
    text = f"\n{text}\n"
    names = set(_OF_SELF.findall(text))
    if "cls." in text:
        names.update(_OF_CLS.findall(text))
    names.update(_in_brackets(text))
    # What a line may stand in, outermost first: its indentation, and whether it is a function.
    around: list[tuple[int, bool]] = [(-1, False)]
    pattern = _STATEMENT
    found = pattern.search(text)
    while found:
        blanks, define, function, type_, block, colon, alias, name, comma, second = found.groups()
        depth = len(blanks)
        if not name:
            if alias:
                names.add(alias)
            else:
                while around[-1][0] >= depth:
                    around.pop()
                around.append((depth, define is not None))
                if not block:
                    names.add(function or type_)
                pattern = _in_function(depth) if define else _STATEMENT
        elif not depth or not _innermost(around, depth):
            if not comma:
                names.add(name)
        else:
            # A function's own.
            comma = second = colon = name = None
        if comma or second or colon or name in _NO_NAMES:
            names.update(_more(text[found.start() + 1 + depth : text.find("\n", found.end())], bool(comma)))
        found = pattern.search(text, found.end())
    return names - _NO_NAMES


def _in_brackets(text: str) -> Iterator[str]:
    """The targets of `(a, b) = ...`, which may stand on several lines."""
    for found in _BRACKET_ENDS.finditer(text):
        start = text.rfind("(", 0, found.start())
        if not text[text.rfind("\n", 0, start) + 1 : start].strip():
            yield from _WORD.findall(text[start : found.start()])


def _in_function(depth: int) -> re.Pattern[str]:
    """What is looked for behind the head of a function that is indented so far."""
    return _IN_FUNCTION[(depth + 3) // 4] if depth <= 8 else _STATEMENT


def _innermost(around: Sequence[tuple[int, bool]], depth: int) -> bool:
    """Whether the innermost that is less indented is a function."""
    at = -1
    while around[at][0] >= depth:
        at -= 1
    return around[at][1]


def _more(line: str, listed: bool) -> Iterator[str]:
    """Further names of a line: `a, b = ...`, `a = b = ...`, `else: a = ...`."""
    targets, sign, _ = line.partition("=")
    if listed and sign:
        yield from _WORD.findall(targets)
    yield from _CHAIN.findall(line)
    yield from _BEHIND.findall(line)
