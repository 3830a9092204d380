"""What is read in one sample file a language: `expected/` says it line by line, checked by eye against the sample.

A line that starts with D is a definition (kind, qualified name, lines | signature | doc | bases | type), with I an
import (line, module, name, alias), with B a binding (lines, target, ": " and its type or " = " and its value, > and a
step each, scope), with R a reference (line, receiver and name, kind, scope).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from coderdiff.context.records import FileSymbols
from coderdiff.context.syntax.symbols import read_symbols

HERE = Path(__file__).parent
_SIGNS = {"type": ": ", "made": ": ", "value": " = "}
SAMPLES = sorted((HERE / "samples").iterdir())


def written_out(symbols: FileSymbols) -> list[str]:
    """The symbols as lines."""
    lines = [
        f"D {each.kind} {each.qualified} {each.start_line}-{each.end_line} | {each.signature} | {each.doc} | "
        f"{', '.join(each.bases)} | {each.type}"
        for each in symbols.definitions
    ]
    lines += [f"I {each.line} {each.module} {each.name} {each.alias}" for each in symbols.imports]
    lines += [
        f"B {each.line}{f'-{each.until}' if each.until else ''} {each.target}{_SIGNS[each.form]}{each.type}"
        f"{'()' if each.form == 'made' else ''}{''.join(f' >{step}' for step in each.steps)} in {each.scope}"
        for each in symbols.bindings
    ]
    lines += [
        f"R {each.line} {'' if each.receiver is None else each.receiver + ' . '}{each.name} {each.kind} in {each.scope}"
        for each in symbols.references
    ]
    return lines


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_what_a_sample_says(sample: Path) -> None:
    symbols = read_symbols(sample.name, sample.read_bytes())
    expected = (HERE / "expected" / f"{sample.name}.txt").read_text(encoding="utf-8").splitlines()
    assert written_out(symbols) == expected
    assert not symbols.broken


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_chunks_and_lines_cover_the_file(sample: Path) -> None:
    content = sample.read_bytes()
    symbols = read_symbols(sample.name, content)
    assert symbols.lines == content.count(b"\n")
    at = 1
    for first, last in symbols.chunks:
        assert first == at
        at = last + 1
    assert at == symbols.lines + 1


def test_windows_line_ends_change_nothing_but_line_ends() -> None:
    for sample in SAMPLES:
        content = sample.read_bytes()
        other = read_symbols(sample.name, content.replace(b"\n", b"\r\n"))
        same = read_symbols(sample.name, content)
        found = [(each.kind, each.qualified, each.start_line, each.end_line) for each in other.definitions]
        assert found == [
            (each.kind, each.qualified, each.start_line, each.end_line) for each in same.definitions
        ]


def test_an_unknown_language_has_lines_and_chunks_only() -> None:
    assert read_symbols("a.xyz", b"one\ntwo\n") == FileSymbols(None, 2, chunks=((1, 2),))
    assert read_symbols("a.xyz", b"") == FileSymbols(None, 0)


def test_a_variable_is_listed_once_where_its_type_is_written() -> None:
    text = b"class A:\n    def f(self):\n        self.x = 1\n        self.x: int = 2\n        self.x = 3\n"
    fields = [each for each in read_symbols("a.py", text).definitions if each.kind == "field"]
    assert [(each.start_line, each.type) for each in fields] == [(4, "int")]


def test_words_of_other_alphabets() -> None:
    text = 'class Größe:\n    """Maß."""\n\n    def länge(self, öl: Öl) -> Maß:\n        return öl.messen()\n'
    symbols = read_symbols("a.py", text.encode())
    assert [(each.qualified, each.doc) for each in symbols.definitions] == [
        ("Größe", "Maß."),
        ("Größe.länge", ""),
    ]
    assert ("öl", "messen") in {(each.receiver, each.name) for each in symbols.references}
