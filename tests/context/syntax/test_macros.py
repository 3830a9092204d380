"""Macros before and inside of declarations hide nothing; types and expressions are not taken for macros."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderdiff.context.syntax.document import OpenDocument
from coderdiff.context.syntax.languages import language_for
from coderdiff.context.syntax.macros import without_macros
from coderdiff.context.syntax.symbols import read_symbols


def defined(path: str, text: str) -> list[str]:
    symbols = read_symbols(path, text.encode())
    assert not symbols.broken, text
    return sorted(f"{each.kind} {each.qualified}: {each.signature}" for each in symbols.definitions)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("FOO_API int foo_bar(int x);\n", "int foo_bar(int x);\n"),
        ("FOO_API const char *name(void);\n", "const char *name(void);\n"),
        ("extern FOO_EXPORT int count;\n", "extern int count;\n"),
        (
            "static __always_inline int f(int x) { return x; }\n",
            "static int f(int x) { return x; }\n",
        ),
        ("int __init foo_init(void) { return 0; }\n", "int foo_init(void) { return 0; }\n"),
        ("BOOL WINAPI go(HANDLE h) { return 1; }\n", "BOOL go(HANDLE h) { return 1; }\n"),
        ("FOO_API FOO_NORETURN void stop(void);\n", "void stop(void);\n"),
        ("G_BEGIN_DECLS\n\nint x;\nvoid f(void);\n", "\n\nint x;\nvoid f(void);\n"),
        ("struct PACKED point { int x; };\n", "struct point { int x; };\n"),
    ],
)
def test_declarations_behind_macros_in_c(text: str, plain: str) -> None:
    assert defined("a.c", text) == defined("a.c", plain) != []


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("class MYLIB_EXPORT Foo { void go(); int x; };\n", "class Foo { void go(); int x; };\n"),
        (
            "class Q_CORE_EXPORT QFoo : public QObject { void f(); };\n",
            "class QFoo : public QObject { void f(); };\n",
        ),
        ("class FOO_API Foo final { int x; };\n", "class Foo final { int x; };\n"),
        (
            "class A {\n  FOO_API std::vector<int> all() const;\n  FOO_NODISCARD bool empty();\n};\n",
            "class A {\n  std::vector<int> all() const;\n  bool empty();\n};\n",
        ),
    ],
)
def test_declarations_behind_macros_in_cpp(text: str, plain: str) -> None:
    assert defined("a.cpp", text) == defined("a.cpp", plain) != []


@pytest.mark.parametrize(
    "text",
    [
        "HANDLE file;\nDWORD size = 5;\nBOOL done(void);\n",
        "UINT const limit = 3;\n",
        "struct LIST first;\nstruct LIST all = {1};\n",
        "__u32 size(struct node *first);\n",
        "static DWORD size(HANDLE file) { return 0; }\n",
        "void f(void) {\n  SIZE * count;\n  return VALUE;\n}\n",
        "enum { FIRST, SECOND };\n",
        "#define FOO_API int\n#define WIDE long\nint x;\n",
        "TEST(Area, OfNothing) { int x; }\n",
        "__attribute__((noreturn)) void stop(void);\n",
        "static __inline__ int f(int x) { return x; }\n",
    ],
)
def test_what_is_no_macro_stays(text: str) -> None:
    language = language_for("a.c", b"")
    assert without_macros(language, text.encode()) == text.encode()


def test_other_languages_are_left_alone() -> None:
    text = b"FOO_API int foo_bar(int x);\n"
    for path in ("a.java", "a.py", "a.go"):
        assert without_macros(language_for(path, b""), text) == text
    assert without_macros(None, text) == text


PIECES = st.sampled_from(
    [
        *"(){};=*:,<>\n",
        "\n",
        " ",
        " ",
        "FOO_API",
        "WINAPI",
        "__init",
        "int",
        "static",
        "class",
        "struct",
        "Foo",
        "é",
    ]
)


@given(st.lists(PIECES, max_size=20).map(" ".join), st.lists(PIECES, max_size=20).map(" ".join))
def test_places_stay_and_edits_leave_what_reading_it_all_gives(first: str, second: str) -> None:
    raw = first.encode()
    language = language_for("a.cpp", b"")
    content = without_macros(language, raw)
    assert len(content) == len(raw)
    assert [at for at, byte in enumerate(content) if byte == 10] == [
        at for at, byte in enumerate(raw) if byte == 10
    ]
    document = OpenDocument("a.cpp", first)
    document.update(first + second)
    fresh = OpenDocument("a.cpp", first + second)
    assert document.tree is not None
    assert fresh.tree is not None
    assert str(document.tree.root_node) == str(fresh.tree.root_node)


@pytest.mark.parametrize(
    "unit",
    [
        "FOO_API ",
        "A_",
        "__a",
        "class A_API ",
        "\t",
        "static ",
        "int * ",
        "a<",
        "FOO_API\n",
        "a::",
        "ABCD int\n",
    ],
)
def test_time_grows_with_the_text(unit: str) -> None:
    def seconds(size: int) -> float:
        content = (unit * (size // len(unit))).encode()
        start = time.process_time()
        without_macros(language_for("a.cpp", b""), content)
        return time.process_time() - start

    assert seconds(200_000) < 40 * seconds(25_000) + 0.05
