"""Which files are worth learning from: each filter gives a reason to leave a file out, or None.

The rules follow what public code corpora settled on (The Stack, StarCoder): no generated, minified, vendored
or tabular files, nothing that does not parse. The limits are constants, so that a reader sees them in one
place.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable
from pathlib import PurePosixPath

import numpy as np

Filter = Callable[[str], str | None]
"""From a file's path in its package, or from its text, to a reason to leave the file out, or None."""

MIN_CHARACTERS = 200
MAX_CHARACTERS = 200_000
MAX_LINE = 1_000
MAX_MEAN_LINE = 100
MIN_LETTERS = 0.5
MAX_DIGITS = 0.2
MAX_NON_ASCII = 0.1
MAX_TABLE_LINES = 0.5
HEADER_LINES = 20

_VENDOR_FOLDERS = frozenset(
    {
        *("vendor", "vendors", "vendored", "vendored_packages", "_vendor", "_vendored"),
        *("third_party", "thirdparty", "_thirdparty", "3rdparty", "extern", "externals"),
        *("bundled", "_bundled", "site-packages", "node_modules", "typeshed"),
    }
)
_TEST_FOLDERS = frozenset({"test", "tests", "_tests", "unittests", "idle_test"})
_LOCALE_FOLDERS = frozenset({"locale", "locales", "translations"})
_MIGRATION = re.compile(r"^(?:\d{3,}|[0-9a-f]{8,})_.*\.py$")
_PROTOBUF = re.compile(r"_pb2(?:_grpc)?\.py$")
_GENERATED = re.compile(
    r"\bauto-?\s?generated\b|\bautomatically\sgenerated\b|@generated\b|\bgenerated\scode\b"
    r"|\b(?:file|module|code|script|section)\s(?:is|was|has\sbeen)\sgenerated\b|\bfile\sgenerated\sby\b"
    r"|^[\W_]*(?:python\scharacter\smapping\scodec\s.*)?generated\s(?:by|from|with|using)\b"
    r"|\bdo\s+not\s+(?:edit|modify)\b|\bdon't\sedit\b",
    re.IGNORECASE | re.MULTILINE,
)
_LITERAL = re.compile(
    r"""[rbu]?"(?:[^"\\\n]|\\.)*"|[rbu]?'(?:[^'\\\n]|\\.)*'"""
    r"""|\b(?:0x[0-9a-f]+|\d[\d.]*(?:e[-+]?\d+)?j?|None|True|False)\b""",
    re.IGNORECASE,
)
_TABLE_LINE = re.compile(r"^[ \t(\[{]*\x00[\x00 \t,:()\[\]{}+-]*(?:#.*)?$", re.MULTILINE)


def decode(data: bytes) -> str | None:
    """The text of a file with `\\n` line ends and without byte-order mark; None if it is not UTF-8 text."""
    if b"\0" in data:
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def is_test(path: str) -> bool:
    """Whether `path` is a package's own test or test support."""
    parts = PurePosixPath(path).parts
    name = parts[-1]
    return (
        not _TEST_FOLDERS.isdisjoint(parts[:-1])
        or name.startswith("test_")
        or name.endswith(("_test.py", "_tests.py"))
        or name in ("conftest.py", "tests.py", "test.py")
    )


def vendored(path: str) -> str | None:
    """Another project's code, carried along."""
    return "vendored" if not _VENDOR_FOLDERS.isdisjoint(PurePosixPath(path).parts[:-1]) else None


def machine_written(path: str) -> str | None:
    """Database migrations, protocol buffers and locale tables: known by their place and name."""
    *folders, name = PurePosixPath(path).parts
    if _PROTOBUF.search(name):
        return "protocol buffers"
    if not _LOCALE_FOLDERS.isdisjoint(folders):
        return "locale table"
    if ("migrations" in folders or "versions" in folders) and _MIGRATION.match(name):
        return "migration"
    return None


def wrong_size(text: str) -> str | None:
    """Too little to learn from, or so much that one file would weigh too heavily."""
    if len(text) < MIN_CHARACTERS:
        return "too small"
    return "too large" if len(text) > MAX_CHARACTERS else None


def generated(text: str) -> str | None:
    """A head that says that a program wrote the file."""
    head = "\n".join(text.split("\n", HEADER_LINES)[:HEADER_LINES])
    return "generated" if _GENERATED.search(head) else None


def minified(text: str) -> str | None:
    """Lines longer than people write them."""
    lines = [len(line) for line in text.split("\n") if line]
    if not lines:
        return "too small"
    return "long lines" if max(lines) > MAX_LINE or sum(lines) / len(lines) > MAX_MEAN_LINE else None


def mostly_data(text: str) -> str | None:
    """Few letters, many digits or another script than ASCII: data in the shape of code."""
    counts = np.bincount(np.frombuffer(text.encode("utf-8"), np.uint8), minlength=256)
    solid = int(counts.sum() - counts[[9, 10, 12, 32]].sum())
    letters = int(counts[65:91].sum() + counts[97:123].sum() + counts[95])
    digits = int(counts[48:58].sum())
    if (
        letters < MIN_LETTERS * solid
        or digits > MAX_DIGITS * solid
        or int(counts[128:].sum()) > MAX_NON_ASCII * solid
    ):
        return "mostly data"
    return None


def literal_table(text: str) -> str | None:
    """More than half of the lines hold literals and punctuation and nothing else."""
    lines = sum(1 for line in text.split("\n") if line.strip())
    tables = len(_TABLE_LINE.findall(_LITERAL.sub("\0", text)))
    return "literal table" if tables > MAX_TABLE_LINES * lines else None


def not_python(text: str) -> str | None:
    """Not Python 3 for the interpreter that builds the corpus (templates, Python 2, newer syntax)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return "does not parse"
    return None


PATH_FILTERS: tuple[Filter, ...] = (vendored, machine_written)
TEXT_FILTERS: tuple[Filter, ...] = (wrong_size, generated, minified, mostly_data, literal_table, not_python)
"""The cheap ones first."""


def reason_to_drop(path: str, text: str) -> str | None:
    """The first filter's reason to leave the file out, or None to keep it."""
    for judged, filters in ((path, PATH_FILTERS), (text, TEXT_FILTERS)):
        for judge in filters:
            reason = judge(judged)
            if reason is not None:
                return reason
    return None
