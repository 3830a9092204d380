from __future__ import annotations

from dataclasses import replace
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderdiff.context.index import codec
from coderdiff.context.index.codec import Blobs, DamagedError
from coderdiff.context.records import Binding, Definition, FileSymbols, Import, Reference

NAME = st.text(max_size=8)
LINE = st.integers(1, 10**6)
DEFINITIONS = st.builds(
    Definition, NAME, st.sampled_from(["class", "function", "field"]), NAME, LINE, LINE, NAME, NAME,
    st.lists(NAME, max_size=2).map(tuple), st.none() | NAME,
)  # fmt: skip
REFERENCES = st.builds(
    Reference, NAME, st.sampled_from(["call", "attribute", "type", "name"]), LINE, NAME, st.none() | NAME
)
SYMBOLS = st.builds(
    FileSymbols,
    st.none() | st.just("python"),
    LINE,
    st.lists(DEFINITIONS, max_size=3).map(tuple),
    st.lists(REFERENCES, max_size=6).map(tuple),
    st.lists(st.builds(Import, NAME, st.none() | NAME, NAME, LINE), max_size=2).map(tuple),
    st.lists(
        st.builds(Binding, NAME, NAME, st.sampled_from(["type", "made"]), LINE, NAME, st.just(()), st.none()),
        max_size=2,
    ).map(tuple),
    st.lists(st.tuples(LINE, LINE), max_size=3).map(tuple),
    st.booleans(),
)


@given(SYMBOLS)
def test_what_is_packed_comes_back(symbols: FileSymbols) -> None:
    blobs = codec.encode(symbols)
    assert codec.decode(blobs) == replace(symbols, references=())
    assert codec.definitions_of(blobs.definitions) == symbols.definitions


@given(st.text())
def test_text_comes_back_but_for_what_utf8_cannot_hold(text: str) -> None:
    expected = text.encode(errors="replace").decode()
    assert codec.unpack_text(codec.pack_text(text)) == expected


@given(st.text(alphabet="ab\né\r"), st.integers(1, 40), st.integers(0, 9), st.integers(1, 12))
def test_lines_are_those_of_the_whole_text(text: str, first: int, more: int, block: int) -> None:
    """However the text is cut into blocks."""
    with mock.patch.object(codec, "_BLOCK_BYTES", block):
        blob = codec.pack_text(text)
    assert codec.unpack_text(blob) == text
    assert codec.PackedLines(blob)(first, first + more) == "\n".join(
        text.split("\n")[first - 1 : first + more]
    )


def test_only_the_blocks_that_are_asked_for_are_inflated() -> None:
    text = "".join(f"line {number} of a long file\n" for number in range(10_000))
    blob = codec.pack_text(text)
    half = blob[: len(blob) // 2]
    assert codec.PackedLines(half)(5, 6) == "line 4 of a long file\nline 5 of a long file"
    with pytest.raises(DamagedError):
        codec.unpack_text(half)


@given(st.data())
def test_a_damaged_text_is_told_from_a_sound_one(data: st.DataObject) -> None:
    text = "one line\n" * 30
    with mock.patch.object(codec, "_BLOCK_BYTES", 64):
        blob = codec.pack_text(text)
    at = data.draw(st.integers(0, len(blob) - 1))
    flipped = bytes([*blob[:at], blob[at] ^ data.draw(st.integers(1, 255)), *blob[at + 1 :]])
    for bad in (flipped, blob[:at]):
        try:
            assert codec.unpack_text(bad) == text
            assert codec.PackedLines(bad)(9, 9) == "one line"
        except DamagedError:
            continue


@given(st.data())
def test_a_damaged_blob_blob_is_told_from_a_sound_one(data: st.DataObject) -> None:
    symbols = FileSymbols(
        "python", 3, (Definition("area", "function", "Circle", 2, 3, "def area(self)"),) * 5
    )
    blob = codec.encode(symbols).definitions
    at = data.draw(st.integers(0, len(blob) - 1))
    flipped = bytes([*blob[:at], blob[at] ^ data.draw(st.integers(1, 255)), *blob[at + 1 :]])
    for bad in (flipped, blob[:at]):
        try:
            # Some header bits of the format mean nothing: then all must be as it was.
            assert codec.definitions_of(bad) == symbols.definitions
        except DamagedError:
            continue


@pytest.mark.parametrize("value", [None, 7, "text", [], [1, 2, 3, 4, 5, 6], {"a": 1}, [[1]] * 6])
def test_other_values_are_damage_not_a_crash(value: object) -> None:
    blob = codec.pack(value)
    with pytest.raises(DamagedError):
        codec.decode(Blobs(codec.pack([]), blob))
    if value != []:
        with pytest.raises(DamagedError):
            codec.definitions_of(blob)


@pytest.mark.parametrize("blob", [b"", b"nonsense", None])
def test_no_blob_is_damage(blob: bytes) -> None:
    with pytest.raises(DamagedError):
        codec.unpack(blob)
    with pytest.raises(DamagedError):
        codec.unpack_text(blob)
    with pytest.raises(DamagedError):
        codec.PackedLines(blob)(1, 1)
