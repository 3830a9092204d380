"""Which language a file is in."""

from __future__ import annotations

import pytest

from coderdiff.context.syntax.languages import LANGUAGES, Language, language_for, language_of
from coderdiff.context.syntax.patterns import query_of


def name(path: str, content: bytes = b"") -> str | None:
    language = language_for(path, content)
    return language.name if language else None


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("a.py", "python"),
        ("A.PY", "python"),
        ("deep/er/a.pyi", "python"),
        ("SConstruct", "python"),
        ("a.mjs", "javascript"),
        ("a.jsx", "javascript"),
        ("a.ts", "typescript"),
        ("a.d.ts", "typescript"),
        ("a.tsx", "tsx"),
        ("a.go", "go"),
        ("a.rs", "rust"),
        ("A.java", "java"),
        ("a.c", "c"),
        ("a.cc", "cpp"),
        ("a.cs", "c_sharp"),
        ("Rakefile", "ruby"),
        ("a.php", "php"),
        (".bashrc", "bash"),
        ("a.txt", None),
        ("README", None),
        ("", None),
    ],
)
def test_by_suffix_and_name(path: str, language: str | None) -> None:
    assert name(path) == language


@pytest.mark.parametrize(
    ("line", "language"),
    [
        ("#!/usr/bin/python", "python"),
        ("#!/usr/bin/python3.11", "python"),
        ("#!/usr/bin/env python3", "python"),
        ("#!/usr/bin/env -S python3 -u", "python"),
        ("#!/usr/bin/env LANG=C ruby", "ruby"),
        ("#! /bin/sh -e", "bash"),
        ("#!/usr/bin/env node\r", "javascript"),
        ("#!/usr/bin/perl", None),
        ("#!", None),
        ("# python", None),
    ],
)
def test_by_interpreter(line: str, language: str | None) -> None:
    assert name("bin/tool", line.encode() + b"\nx\n") == language
    found = language_of("bin/tool", line)
    assert (found.name if found else None) == language


def test_a_suffix_says_more_than_an_interpreter() -> None:
    assert name("a.txt", b"#!/bin/sh\n") is None
    assert name("a.rb", b"#!/bin/sh\n") == "ruby"


@pytest.mark.parametrize(
    "text",
    [
        "class A {\n",
        "class A final : public B {\n",
        "namespace a::b {\n",
        "template <typename T>\n",
        "  public:\n",
        "using A = B;\n",
        "constexpr int a = 1;\n",
    ],
)
def test_a_header_of_cpp(text: str) -> None:
    assert name("a.h", ("#pragma once\n" + text).encode()) == "cpp"


def test_a_header_of_c() -> None:
    assert name("a.h", b"struct a { int class_; };\n/* the class A { of things */\nint f(void);\n") == "c"
    assert name("a.h") == "c"


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.name)
def test_every_language_has_a_grammar_and_a_query_that_fits_it(language: Language) -> None:
    assert any(pattern.role == "definition" for pattern in query_of(language).patterns)


def test_the_alias_of_a_module() -> None:
    named = {language.name: language for language in LANGUAGES}
    assert named["go"].alias_of("github.com/a/b/v2") == "b"
    assert named["go"].alias_of("gopkg.in/yaml.v3") == "yaml"
    assert named["java"].alias_of("java.util.List") == "List"
    assert named["python"].alias_of("os.path") == "os.path"
