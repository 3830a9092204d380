"""Bytes as lines and text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from coderdiff.context.syntax.source import Source


@given(st.binary(max_size=80) | st.text("aé\n\r ", max_size=80).map(str.encode))
def test_lines_and_offsets(content: bytes) -> None:
    source = Source(content)
    pieces = content.split(b"\n")
    assert source.lines == len(pieces) - (pieces[-1] == b"")
    assert len(source.line_texts()) == source.lines
    for offset in range(len(content) + 1):
        assert source.line_of(offset) == content.count(b"\n", 0, offset) + 1
    for line in range(1, source.lines + 1):
        assert source.line_of(source.line_start(line)) == line
        assert source.line_text(line) == pieces[line - 1].decode("utf-8", "replace").rstrip("\r")
    assert source.line_start(source.lines + 2) == len(content)


def test_text_by_byte_offsets() -> None:
    source = Source("é = 'ü'\n".encode())
    assert source.text(0, 2) == "é"
    assert Source(b"a\xffb").text(0, 3) == "a\ufffdb"
