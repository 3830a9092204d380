"""The names that stand in defining positions, held against patterns that say the same slowly."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from coderdiff.context.syntax.positions import names_by_position

LANGUAGES = ("typescript", "java", "go", "rust", "php", "ruby", "bash")
"""One of each kind: the others share what finds their names."""

SIGNS = (
    *"a1(){}[]<>=:;,.*&~\"'#$@|-+?!",
    *("b1", "cé", "_d", "//", "/*", "*/", "=>", "::", "()", "||="),
    *(f"{word} " for word in ("const", "let", "async", "function", "enum", "class", "return", "static")),
    *(" ", " ", " ", "  ", "\n", "\n", "\t"),
)
TEXTS = st.lists(st.sampled_from(SIGNS), max_size=40).map("".join)

TYPED = re.compile(r"([\w>\]?*&)]+)\s+[*&]*(~?\w+)\s*(?=(?:<[\w\s,.?]*>\s*)?[=;,({\[):])")
STARRED = re.compile(r"[*&]\s*(?:const\s+)?(\w+)\s*(?=[=;,({\[)])")
FURTHER = re.compile(r",\s*[*&]*(\w+)\s*(?=[^()\n]*[;{])")
ALONE = re.compile(
    r"\n[ \t]*(\w+)[ \t]*(?=(?:\([^\n]*\)[ \t]*)?(?:=[^=\n]*)?[,;{]?[ \t]*(?://[^\n]*|/\*[^\n]*)?\n)"
)
MEMBER = re.compile(
    r"[\n{;][ \t]*[*]?[ \t]*[\"']?([#$\w]+)[\"']?[?!]?[ \t]*"
    r"(?:[:=;]|\([^;\n]*[{(,][ \t]*(?=\n)|\([^\n]*\)[ \t]*[:{]|<[^\n]*\()"
)
VALUE = re.compile(r"([#$\w]+)[\"']?[ \t]*[:=][ \t]*(?:async\b|function\b|\(|[\w$]+[ \t]*=>)")
UNPACKED = re.compile(r"\b(?:const|let|var)\s*([{\[][^=;]*[}\]])\s*=")
FIELD = re.compile(r"[\n{,(]\s*(?:pub(?:\([^)]*\))?\s+)?(?:r#)?(\w+)\s*:(?!:)")
VARIANT = re.compile(r"[\n{,]\s*(\w+)\s*(?=[,({=}]|\n)")
RUBY_GIVEN = re.compile(r"([@$]{0,2}\b\w+)\s*(?:\|\||&&|[-+*/|&])?=(?![=~>])")
CALLED = re.compile(r"([\w:.+@-]+)\s*\(\s*\)")
BASH_GIVEN = re.compile(r"(\w+)(?:\[[^\]\n]*\])?\+?=")

NEVER = {"if", "const", "function", "return"}


def by(*patterns: re.Pattern[str]) -> Callable[[str], Iterable[str]]:
    return lambda text: (name for pattern in patterns for name in pattern.findall(text))


def typed(text: str) -> Iterable[str]:
    return (name for before, name in TYPED.findall(text) if before != "return")


def unpacked(text: str) -> Iterable[str]:
    return (name for listed in UNPACKED.findall(text) for name in re.findall(r"[\w$#@]+", listed))


@pytest.mark.parametrize(
    ("language", "plain"),
    [
        ("java", typed),
        ("java", by(STARRED, FURTHER, ALONE)),
        ("typescript", by(MEMBER, VALUE, ALONE)),
        ("typescript", unpacked),
        ("rust", by(FIELD, VARIANT)),
        ("ruby", by(RUBY_GIVEN)),
        ("bash", by(CALLED, BASH_GIVEN)),
    ],
)
def test_no_name_is_missed_that_a_plain_pattern_finds(
    language: str, plain: Callable[[str], Iterable[str]]
) -> None:
    @given(TEXTS)
    @example("int a, " + "b, " * 50 + "c;")
    @example("int a, " + "b, " * 50 + "c,\n d;")
    @example("f(a, " + "b, " * 50 + "c) , d\n , e;")
    @example("Map<Key first, Value> second {")
    @example("{a() {b(c) {d<e> (f; g(h,\n")
    @example("\n\n \n  a: b,\n\n  c\n\n")
    @example("a[b]=c d[e=f]+=g h[i[j]=k\n")
    def check(text: str) -> None:
        wanted = {name for name in plain("\n" + text) if not name[0].isdigit()} - NEVER
        assert wanted - names_by_position(language, text) == set()

    check()


PIECES = (
    *("a,", "a ", "((", "<a", "a.a ", "{", "enum {", "const a, ", "a:", "\n ", " ", "@a ", "/*", "#[", "=>"),
    *(
        "a[",
        "{a(",
        "const{",
        "func (",
        "\npub(",
        "enum ",
        "class ",
        ";a()",
        "a <",
        ", ",
        "a=",
        "//",
        "a)",
        "\n,",
    ),
    *("(*", "operator ", "enum{,//", "enum{,/*", "$a ", "export ", "\n", "a = b, ", "{a<", "= "),
)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("piece", PIECES)
def test_a_long_line_of_the_same_has_the_names_of_a_short_one(language: str, piece: str) -> None:
    # Were each piece to look at all that follow, most of these would take seconds or minutes.
    assert names_by_position(language, piece * (100_000 // len(piece))) == names_by_position(
        language, piece * 100
    )


@pytest.mark.parametrize("language", ["java", "cpp", "c_sharp"])
def test_an_enum_may_end_with_a_line_of_slashes(language: str) -> None:
    # There are 10 ** 20 ways to divide it into comments.
    text = "enum Colour {\n    RED, // as a rose\n    BLUE,\n    " + "/" * 100 + "\n}\n"
    assert names_by_position(language, text) == {"Colour", "RED", "BLUE"}
