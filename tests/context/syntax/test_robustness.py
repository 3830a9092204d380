"""Any bytes at all: reading symbols never raises, and no file takes long."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from coderdiff.context.syntax.languages import LANGUAGES, language_for
from coderdiff.context.syntax.parse import MOST_DEPTH, parse
from coderdiff.context.syntax.symbols import read_symbols

from ..cpu_time import cpu_seconds

SAMPLES = sorted(Path(__file__).with_name("samples").iterdir())
VARIANTS = 300
MOST_SECONDS = 1.0


def variant(content: bytes, draw: random.Random) -> bytes:
    """The content mutated, truncated, spliced with random bytes or with itself."""
    at = draw.randrange(len(content) + 1)
    to = min(len(content), at + draw.randrange(200))
    noise = draw.randbytes(draw.randrange(1, 60))
    match draw.randrange(7):
        case 0:
            return content[:at]
        case 1:
            return content[at:]
        case 2:
            return content[:at] + noise + content[at:]
        case 3:
            return content[:at] + content[to:]
        case 4:
            return content[:at] + content[at:to] * draw.randrange(2, 20) + content[to:]
        case 5:
            return (
                content[:at]
                + draw.choice((b"(", b"{", b"[", b'"', b"'", b"`", b"/*", b"<", b"\x00"))
                + content[at:]
            )
        case _:
            changed = bytearray(content)
            for _ in range(draw.randrange(1, 30)):
                changed[draw.randrange(len(changed))] = draw.randrange(256)
            return bytes(changed)


def seconds(path: str, content: bytes) -> float:
    return cpu_seconds(lambda: read_symbols(path, content), MOST_SECONDS)


def test_there_is_a_sample_of_every_language() -> None:
    found = {language_for(path.name, path.read_bytes()) for path in SAMPLES}
    assert found == set(LANGUAGES)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_mutated_truncated_and_binary_files(sample: Path) -> None:
    draw = random.Random(sample.name)
    content = sample.read_bytes()
    slow = [at for at in range(VARIANTS) if seconds(sample.name, variant(content, draw)) > MOST_SECONDS]
    assert not slow


PATHOLOGICAL = {
    "empty": b"",
    "one line feed": b"\n",
    "blanks": b" \t\r\n" * 1000,
    "lone carriage returns": b"a = 1\r" * 1000,
    "zeros": bytes(10_000),
    "invalid UTF-8": bytes(range(128, 256)) * 100,
    "a mark before the text": b"\xef\xbb\xbfclass A { int x; }\n",
    "a long line": b"a.b(c) + " * 12_000,
    "a long word": b"x" * 100_000,
    "a long string": b'x = "' + b"y" * 100_000 + b'"\n',
    "a string without end": b'x = "' + b"a b\n" * 20_000,
    **{
        f"deep {opening}": opening.encode() * 20_000
        for opening in ("(", "[", "{", "<", "/*", '"', "'", "`", "a(")
    },
    "deep pairs": b"(" * 5_000 + b")" * 5_000,
    "calls in calls": b"f(" * 2_000 + b")" * 2_000,
    "deep blocks": b"".join(b" " * at + b"if x:\n" for at in range(300)),
    "many errors": b"def ( ) ] } = = \n" * 5_000,
    "many open lines": b"x = foo(\n" * 5_000,
}


@pytest.mark.parametrize("name", PATHOLOGICAL)
def test_pathological_files(name: str) -> None:
    slow = {
        sample.name: taken
        for sample in SAMPLES
        if (taken := seconds(sample.name, PATHOLOGICAL[name])) > MOST_SECONDS
    }
    assert not slow


def test_brackets_too_deep_hide_nothing_behind_them() -> None:
    """What is nested beyond all code is left out; what follows keeps its line."""
    deep = "[" * (MOST_DEPTH + 200) + "\n" + "]" * (MOST_DEPTH + 200)
    text = f"x = '';\n/* */ y = {deep};\nfunction after() {{ return 1 }}\n"
    assert [(each.name, each.start_line) for each in read_symbols("a.js", text.encode()).definitions] == [
        ("after", 4)
    ]


@pytest.mark.parametrize("brackets", ["()", "[]", "{}", "<>"])
def test_a_tree_covers_the_whole_file_however_deep(brackets: str) -> None:
    language = language_for("a.js", b"")
    assert language is not None
    for text in (brackets[0] * 2_000 + brackets[1] * 2_000, brackets[0] * 2_000, brackets[1] * 2_000):
        assert parse(language, f"{text};\n".encode()).root_node.end_byte == len(text) + 2
