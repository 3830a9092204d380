"""Ignore files against the git at hand: the same line of the same file decides about every entry of a tree."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coderdiff.context.files.ignore import MAX_IGNORE_BYTES, IgnoreFile, key_of

from .gitting import repository, speaking_lines

FOLDERS = ("a", "b", "ab", "a.b", "A", "a b", "é")
LEAVES = (
    "a",
    "b",
    "ab",
    "abb",
    "B",
    "a.b",
    "c.a",
    "[a]",
    "a]",
    "-",
    "^",
    "#a",
    "!a",
    "a\\",
    "a ",
    " ",
    "é",
    "a*",
    "\xa0",
)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = repository(tmp_path_factory.mktemp("ignore"))
    folders = ["", *FOLDERS, *(f"{one}/{two}" for one in ("a", "b", "A") for two in ("a", "ab", "b"))]
    for folder in folders:
        (top / folder).mkdir(exist_ok=True)
    for path in (top / folder / name for folder in folders for name in LEAVES):
        if not path.exists():
            path.write_text("")
    (top / "a" / os.fsdecode(b"\xff\xfe")).write_text("")
    return top


def entries(top: Path) -> list[tuple[str, bool]]:
    """Path and whether it is a folder, folders before what is in them."""
    found = []
    for where, folders, files in os.walk(top):
        if ".git" in folders:
            folders.remove(".git")
        lead = os.path.relpath(where, top) + "/" if where != str(top) else ""
        found += [(lead + name, True) for name in folders]
        found += [(lead + name, False) for name in files if lead or name != ".gitignore"]
    return sorted(found, key=lambda entry: (entry[0].count("/"), entry[0]))


def assert_same_as_git(top: Path, content: bytes, ignore_case: bool = False) -> None:
    (top / ".gitignore").write_bytes(content)
    ours = IgnoreFile(".gitignore", content, ignore_case)
    found = entries(top)
    theirs = speaking_lines(top, [path for path, _ in found], "-c", f"core.ignoreCase={ignore_case}".lower())
    decided: dict[str, tuple[str, int, bool] | None] = {}
    for path, is_folder in found:
        above = decided.get(path.rpartition("/")[0])
        line = ours.match(key_of(path), is_folder)
        said = (line.source, line.number, line.negated) if line else None
        decided[path] = above if above and not above[2] else said
    assert {path: line for path, line in decided.items() if line != theirs[path]} == {}, content


PIECES = st.one_of(
    st.sampled_from(["a", "b", "ab", ".b", "c", "A", "B", " ", "é", "\xa0", "-", "]", "^", "!", "#"]),
    st.sampled_from(
        ["*", "**", "?", "/", "/**/", "**/", "/**", "\\", "\\a", "\\*", "\\ ", "\\[", "\\/", "***"]
    ),
    st.sampled_from(
        [
            "[ab]",
            "[!a]",
            "[^b]",
            "[a-c]",
            "[]a]",
            "[]-a]",
            "[a-]",
            "[!]a]",
            "[[:alpha:]]",
            "[[:upper:]b]",
            "[",
            "[a",
        ]
    ),
    st.sampled_from(
        [
            "[[:nope:]]",
            "[\\]a]",
            "[a\\-c]",
            "[[a]]",
            "[/]",
            "a/",
            "/a",
            "[--a]",
            "[c-a]",
            "[[:space:]]",
            "[!/]",
        ]
    ),
)
LINES = st.one_of(
    st.lists(PIECES, min_size=1, max_size=6).map("".join),
    st.builds(
        "{}{}{}".format,
        st.sampled_from(["", "!", "/", "!/", "\\"]),
        PIECES,
        st.sampled_from(["", "/", " ", "\\ ", "\r"]),
    ),
    st.sampled_from(
        [
            "",
            "#a",
            "\\#a",
            "\\!a",
            "!",
            "/",
            "//",
            "!/",
            "a/b",
            "a/**",
            "**/b",
            "a/**/b",
            "*",
            "!*/",
            "a\\",
            "  ",
        ]
    ),
)
FILES = st.lists(LINES, min_size=1, max_size=5).map("\n".join)


@settings(max_examples=250)
@given(FILES, st.booleans())
def test_any_file_means_what_it_means_to_git(tree: Path, text: str, ignore_case: bool) -> None:
    assert_same_as_git(tree, text.encode(), ignore_case)


@settings(max_examples=50)
@given(st.binary(max_size=30))
def test_any_bytes_mean_what_they_mean_to_git(tree: Path, content: bytes) -> None:
    if b"\0" not in content:
        assert_same_as_git(tree, content)


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfa\n!b\n",
        b"a\r\n!b\r\nab\r",
        b"\xff*\n",
        b"[\x80-\xff]*\n",
        b"a/*\n!a/ab\n",
        b"*\n!*/\n!*.b\n",
        b"a**/b\n",
        b"a/**b\n",
        b"**/**/b\n",
        b"/**\n!/a/\n",
        b"a \nb\\ \n\\ \n",
        b"a\\",
        b"[[:alpha:][:digit:]]\n",
        b"[[:alpha:]-z]\n",
        b"?\n!??\n",
    ],
)
@pytest.mark.parametrize("ignore_case", [False, True])
def test_quirks(tree: Path, content: bytes, ignore_case: bool) -> None:
    assert_same_as_git(tree, content, ignore_case)


def test_a_line_says_where_it_stands() -> None:
    file = IgnoreFile("src/.gitignore", b"# logs\n\n*.log\n!keep.log\n")
    ignored, kept = file.match("deep/a.log", folder=False), file.match("keep.log", folder=False)
    assert ignored is not None
    assert (str(ignored), ignored.negated) == ("src/.gitignore:3", False)
    assert kept is not None
    assert (str(kept), kept.negated) == ("src/.gitignore:4", True)
    assert file.match("a.py", folder=False) is None


@pytest.mark.parametrize("content", [b"", b"\n\n", b"# only\n#comments\n", b"/\n!\n  \n"])
def test_a_file_without_patterns_is_false(content: bytes) -> None:
    assert not IgnoreFile(".gitignore", content)


def test_no_more_than_the_limit_is_read() -> None:
    content = b"# " + b"x" * MAX_IGNORE_BYTES + b"\n*.py\n"
    assert not IgnoreFile(".gitignore", content)


@pytest.mark.parametrize(
    "pattern",
    [
        "*a" * 40,
        "**/a" * 30 + "/b",
        "a*" * 30 + "/b",
        "*" * 200 + "b",
        "[a-z]*" * 40,
        "/**/" + "a/**/" * 30 + "b",
        "?*" * 40,
    ],
)
def test_no_pattern_makes_matching_slow(pattern: str) -> None:
    file = IgnoreFile(".gitignore", f"{pattern}\n".encode())
    started = time.process_time()
    for path in ("a" * 250, "a/" * 120 + "a", "/".join(["a" * 60] * 30)):
        file.match(path, folder=False)
    assert time.process_time() - started < 0.2


def test_many_lines_cost_little() -> None:
    lines = [
        f"/build_{number}/\nname_{number}\n*.ext{number}\nsrc/**/gen_{number}_*\n" for number in range(500)
    ]
    file = IgnoreFile(".gitignore", "".join(lines).encode())
    started = time.process_time()
    for number in range(2_000):
        assert file.match(f"src/module_{number}/file.py", folder=False) is None
    assert time.process_time() - started < 2
    assert str(file.match("src/x/gen_499_a", folder=False)) == ".gitignore:2000"
