"""The syntax guard: does a file still parse with a completion in it, and how much of the completion to keep.

What parses is the language's own business, one line of `GRAMMARS` each. For Python it is CPython's parser,
which is stricter than tree-sitter's grammar and is what will read the file in the end.

A file in the middle of being edited is the normal case: where something else in it is broken, only the part
that nothing but the completion can have broken is judged.
"""

from __future__ import annotations

import ast
import re
import symtable
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from keyword import kwlist
from pathlib import PurePath

import tree_sitter
import tree_sitter_python

from coderdiff.decoding.reach import reachable_python
from coderdiff.decoding.scopes import Scope, scopes_around, whole_file
from coderdiff.decoding.unfinished import Lacking, lacking, line_tail, nothing_follows

MOST_CUTS = 24
"""How many shortened completions are tried, each a parse of the smallest scope around the hole."""

MOST_CUT_CHARS = 400_000
"""How much source those parses may read, all together."""

MOST_CONFIRMED = 4
"""How many of them are then tried in the whole file, where that is larger than the smallest scope."""

LARGE_FILE_CHARS = 200_000
"""A larger file is not parsed whole: the top-level statement around the hole is judged on its own."""

MOST_CLOSED = 4
"""Brackets that are closed behind a text, at most."""

_TOKEN = re.compile(r"\w+|[^\w\s]")
_BINDS_LEFT = frozenset("([.=:")
"""No cut before one of these: it would turn a call into its function, an assignment into its target."""


@dataclass(frozen=True)
class Grammar:
    """A language the guard can judge.

    `first_error` gives the offset in a source by which its first error shows (its length when unknown), None
    when it parses. `scopes` gives the statements around a hole that is to hold a text, outermost first, from
    prefix, text and suffix. `keywords` say nothing on their own. `reachable` gives a text, between prefix and suffix,
    without what nothing can reach. `lacking` says what would finish the last statement of prefix and text.
    """

    name: str
    first_error: Callable[[str], int | None]
    scopes: Callable[[str, str, str], list[Scope]]
    keywords: frozenset[str]
    reachable: Callable[[str, str, str], str]
    lacking: Callable[[str, str], Lacking]


_warnings_lock = threading.Lock()


def python_error(source: str) -> int | None:
    """Offset by which the first error shows to the running interpreter; None where `ast.parse` succeeds.

    A symbol table is made instead of a tree: the same parser, in a third of the time, since no Python objects
    are built. It rejects a few things that `ast.parse` accepts (a stray `nonlocal`), so such a rejection is
    checked.
    """
    content = source.removeprefix("\ufeff")
    with _warnings_lock, warnings.catch_warnings():  # of invalid escapes; the filters are global
        warnings.simplefilter("ignore")
        for parse in (_make_symbols, ast.parse):
            try:
                parse(content)
            except SyntaxError as error:
                found = len(source) - len(content) + _offset(content, error)
                # The parser's own error shows its line; that of a symbol table has none.
                if error.text is not None:
                    return found
            except ValueError:  # NUL, lone surrogates: no Python source
                return len(source)
            except (RecursionError, MemoryError):  # too deep for this interpreter: its limit, not an error
                return _tree_sitter_error(source)
            else:
                return None
    return found


def _make_symbols(source: str) -> None:
    symtable.symtable(source, "<completion>", "exec")


def _offset(source: str, error: SyntaxError) -> int:
    """Where the range that an error names ends, as an offset; the source's length if it names none in it."""
    line, column = error.lineno or 0, error.offset or 0
    line, column = max((line, column), (error.end_lineno or 0, error.end_offset or 0))
    start = 0
    for _ in range(line - 1):
        start = source.find("\n", start) + 1
        if not start:
            return len(source)
    return min(len(source), start + max(0, column - 1)) if line else len(source)


def _tree_sitter_error(source: str) -> int | None:
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_python.language()))
    return len(source) if parser.parse(source.encode()).root_node.has_error else None


PYTHON = Grammar("python", python_error, scopes_around, frozenset(kwlist), reachable_python, lacking)

GRAMMARS = {".py": PYTHON, ".pyi": PYTHON, ".pyw": PYTHON}
"""File suffix (lower case) -> grammar."""


def guard_for(path: str | None) -> SyntaxGuard | None:
    """The guard for a file of this name; None without a name or where no grammar is known."""
    grammar = GRAMMARS.get(PurePath(path).suffix.lower()) if path else None
    return SyntaxGuard(grammar) if grammar else None


class SyntaxGuard:
    """Keeps, shortens or withdraws completions so that files parse. Holds nothing but its grammar."""

    def __init__(self, grammar: Grammar) -> None:
        self._grammar = grammar

    def parses(self, source: str) -> bool:
        """Whether the source has no syntax error."""
        return self._grammar.first_error(source) is None

    def reachable(self, prefix: str, text: str, suffix: str) -> str:
        """`text` without what nothing can reach."""
        return self._grammar.reachable(prefix, text, suffix)

    def fit(self, prefix: str, text: str, suffix: str, cuts: Sequence[int] = ()) -> str | None:
        """The longest start of `text` that leaves nothing broken between prefix and suffix; None to withdraw
        it.

        `cuts` are lengths of `text` to try before any other. The text is kept whole where the file then
        parses, or where it is the header of a statement that the user began and only the body is yet to come;
        with the closing brackets and the colon behind it that it lacks, where those make it parse. Otherwise
        it is cut: never within a word, never between a name and its call, attribute, assignment or
        annotation, and never down to keywords and punctuation or a name alone. Where something else is
        broken, not the file but the largest statement around the hole that is otherwise sound must parse, on
        its own. Where writing stopped at the hole, so that the statement is not finished behind it either, a
        text is kept with which it can be finished (`unfinished.py`).
        """
        file = whole_file(suffix)
        large = len(prefix) + len(text) + len(suffix) > LARGE_FILE_CHARS
        if not large and self.parses(file.around(prefix, text, suffix)):
            return text
        scopes = self._grammar.scopes(prefix, text, suffix)
        judged = self._sound_scope(prefix, suffix, file, scopes, large)
        sound = (large or judged is not file) and self._parses_in(judged, prefix, text, suffix)
        unfinished = nothing_follows(prefix, suffix)
        if sound or (not unfinished and self._is_header_alone(judged, prefix, text, suffix)):
            return text
        if not unfinished and (closed := self._closed(judged, prefix, text, suffix)) is not None:
            return closed
        smallest = scopes[-1] if scopes else file
        starts = self._shortened(smallest, prefix, text, suffix, cuts, self._parses_in)
        for shortened in islice(starts, MOST_CONFIRMED):
            if smallest is judged or self._parses_in(judged, prefix, shortened, suffix):
                return shortened
        return self._as_begun(judged, file, prefix, text, suffix) if unfinished else None

    def _as_begun(self, judged: Scope, file: Scope, prefix: str, text: str, suffix: str) -> str | None:
        """The longest start of the text with which what the user began can be finished; None if none can."""
        if any(self._may_go_on(scope, prefix, text, suffix) for scope in (judged, file)):
            return text  # the text may have made a clause of the hole's line, of a statement above it
        return next(self._shortened(judged, prefix, text, suffix, (), self._may_go_on), None)

    def _sound_scope(self, prefix: str, suffix: str, file: Scope, scopes: list[Scope], large: bool) -> Scope:
        """The largest scope in which nothing is broken but, maybe, the statement at the hole.

        Going inwards: where a scope does not parse although the statement around the hole is left out of it,
        the fault is not the completion's, and only what was left out can be judged.
        """
        judged = outer = file
        for scope in scopes:
            sources = outer.without(scope, prefix, suffix)
            if (large and outer is file) or not any(self.parses(source) for source in sources):
                judged = scope
            outer = scope
        return judged

    def _parses_in(self, scope: Scope, prefix: str, text: str, suffix: str) -> bool:
        """Whether the scope parses with the text."""
        return self.parses(scope.around(prefix, text, suffix))

    def _is_header_alone(self, scope: Scope, prefix: str, text: str, suffix: str) -> bool:
        """Whether the text ends the header of a statement that the user began, and only the body is yet to come."""
        lacks = self._grammar.lacking(prefix, text + line_tail(suffix))
        is_header = bool(lacks.bodies) and lacks.headed and lacks.begun and "\n" not in text
        return is_header and self._parses_ended(scope, prefix, text, suffix, lacks)

    def _closed(self, scope: Scope, prefix: str, text: str, suffix: str) -> str | None:
        """The text with brackets closed that it leaves open and its line does not close, and with its header's colon;
        None where the scope does not parse with those either."""
        if not _MAY_CLOSE.search(text) or not _ONLY_CLOSES.fullmatch(line_tail(suffix)):
            return None
        lacks = self._grammar.lacking(prefix, text)
        brackets = lacks.closers.replace("\n", "")[:MOST_CLOSED]
        colons = ("", ":") if lacks.bodies and not lacks.headed else ("",)
        ends = (brackets[:count] + colon for count in range(len(brackets) + 1) for colon in colons)
        return next(
            (text + end for end in ends if end and self._parses_in(scope, prefix, text + end, suffix)), None
        )

    def _may_go_on(self, scope: Scope, prefix: str, text: str, suffix: str) -> bool:
        """Whether only what is not written yet is missing: of a statement that the user began, or a header's body."""
        lacks = self._grammar.lacking(prefix, text + line_tail(suffix))
        natural = not lacks.own if lacks.begun else lacks.headed
        return natural and self._parses_ended(scope, prefix, text, suffix, lacks)

    def _parses_ended(self, scope: Scope, prefix: str, text: str, suffix: str, lacks: Lacking) -> bool:
        """Whether the scope parses with the text and one of the endings behind the hole's line."""
        tail = line_tail(suffix)
        rest, shorter = suffix[len(tail) :], replace(scope, end=max(0, scope.end - len(tail)))
        return any(self._parses_in(shorter, prefix, text + tail + end, rest) for end in lacks.endings)

    def _shortened(
        self,
        scope: Scope,
        prefix: str,
        text: str,
        suffix: str,
        cuts: Sequence[int],
        fits: Callable[[Scope, str, str, str], bool],
    ) -> Iterator[str]:
        """Starts of `text` with which it `fits` into the scope: at `cuts` first, then longest first."""
        size = len(scope.around(prefix, text, suffix))
        tried = {text}
        proposed = [text[:cut] for cut in cuts]
        hopeless = self._error_in_text(scope, prefix, text, suffix)
        for line in range(text.count("\n", 0, hopeless), -1, -1):
            proposed += (text[:cut] for cut in _cuts_on_line(text, line, suffix) if cut <= hopeless)
            for candidate in proposed:
                if candidate in tried or not self._says_something(prefix, candidate, suffix):
                    continue
                if len(tried) > MOST_CUTS or len(tried) * size > MOST_CUT_CHARS:
                    return
                tried.add(candidate)
                if fits(scope, prefix, candidate, suffix):
                    yield candidate
            proposed = []

    def _error_in_text(self, scope: Scope, prefix: str, text: str, suffix: str) -> int:
        """Offset in the text by which its error shows, so that a cut behind it is no use; else its length."""
        found = self._grammar.first_error(scope.around(prefix, text, suffix))
        before = len(scope.opening) + len(prefix) - scope.start
        return found - before if found is not None and before <= found <= before + len(text) else len(text)

    def _says_something(self, prefix: str, cut: str, suffix: str) -> bool:
        """Whether a shortened text is worth showing: more than keywords, and no name alone as a statement."""
        last_line = (prefix[prefix.rfind("\n") + 1 :] + cut).rpartition("\n")[2]
        if _ends_line(suffix) and _BARE_NAME.fullmatch(last_line):
            return False
        return any(word not in self._grammar.keywords for word in re.findall(r"\w+", cut))


_ONLY_CLOSES = re.compile(r"[)\]},:; \t]*")

_MAY_CLOSE = re.compile(r"[\w)\]}\"']\Z")
"""What may stand before a closing bracket that is put behind it: a whole value, as far as its end tells."""

_BARE_NAME = re.compile(r"\s*[\w.]+\s*")


def _ends_line(suffix: str) -> bool:
    return not suffix or suffix[0] in "\r\n"


def _cuts_on_line(text: str, line: int, suffix: str) -> list[int]:
    """Lengths of `text` that end on one of its lines, between tokens, longest first."""
    start = 0
    for _ in range(line):
        start = text.index("\n", start) + 1
    end = text.find("\n", start)
    tokens = list(_TOKEN.finditer(text, start, len(text) if end < 0 else end))
    ends_line = _ends_line(suffix)
    cuts = []
    for at, token in reversed(list(enumerate(tokens))):
        following = tokens[at + 1] if at + 1 < len(tokens) else None
        if following and following[0] in _BINDS_LEFT:
            continue
        if not ends_line and following:
            cuts.append(following.start())  # what follows on the line keeps its distance
        if ends_line or not re.match(r"\w", suffix):
            cuts.append(token.end())
    if not ends_line and tokens and line:
        cuts.append(tokens[0].start())  # the suffix' own line takes this line's place
    return cuts
