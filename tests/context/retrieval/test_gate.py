"""Where nothing is looked for, and where something is."""

from __future__ import annotations

import pytest

from coderdiff.context.retrieval.gate import reason_for_nothing
from coderdiff.context.syntax.document import OpenDocument


def reason(path: str, marked: str) -> str | None:
    """The answer at "|" in a file."""
    before, _, after = marked.partition("|")
    document = OpenDocument(path, before + after)
    return reason_for_nothing(before[before.rfind("\n") + 1 :], document.tree, len(before.encode()))


@pytest.mark.parametrize(
    ("path", "marked"),
    [
        ("a.py", "x = 1  # call the |"),
        ("a.py", "# ünïcode first\n# and |second\n"),
        ("a.rs", "fn f() {}\n// see |\n"),
        ("a.c", "/* long\n   | comment */ int x;\n"),
        ("a.sh", "ls # list |\n"),
    ],
)
def test_nothing_in_a_comment(path: str, marked: str) -> None:
    assert reason(path, marked) == "in a comment"


@pytest.mark.parametrize(
    ("path", "marked"),
    [
        ("a.py", 'x = "some |text"\n'),
        ("a.py", 'def f():\n    """Says |what."""\n'),
        ("a.ts", "const x = 'a |b';\n"),
        ("a.go", 'package a\nvar x = "a |b"\n'),
        ("a.rb", "x = 'a |b'\n"),
        ("A.java", 'class A { String x = "a |b"; }\n'),
        ("a.cs", 'class A { string x = "a |b"; }\n'),
        ("a.php", "<?php $x = 'a |b';\n"),
        ("a.py", 'print("hello the|\n\ndef g():\n    return 1\n'),
        ("a.rs", 'fn f() {\n  let x = "say \\"abc |\n}\n'),
        ("a.php", '<?php $x = "a |b {$c}";\n'),
        ("a.php", '<?php $x = "a {$c} b|";\n'),
        ("a.sh", 'x="a b|"\n'),
        ("a.sh", 'x="$(foo) b|"\n'),
    ],
)
def test_nothing_in_a_string(path: str, marked: str) -> None:
    assert reason(path, marked) == "in a string"


@pytest.mark.parametrize(
    ("path", "marked"),
    [
        ("a.py", 'x = f"{total|}"\n'),
        ("a.ts", "const x = `${total|}`;\n"),
        ("a.rb", 'x = "#{total|}"\n'),
        ("a.py", 'x = f"{total|\n'),
        ("a.sh", 'x="$(fo|)"\n'),
        ("a.sh", 'x="$(fo|\n'),
        ("a.sh", 'x="a ${fo|}"\n'),
        ("a.php", '<?php\nclass A { function f() {\n $x = "a {$this->|}";\n} }\n'),
        ("a.php", '<?php\nclass A { function f() {\n $x = "a {$this->fo|} b";\n} }\n'),
        ("a.php", '<?php\nclass A { function f() {\n $x = "a {$this->|";\n} }\n'),
        ("a.php", "<?php\nclass A { function f() {\n $x = <<<E\na {$this->fo|} b\nE;\n} }\n"),
    ],
)
def test_code_within_a_string_is_code(path: str, marked: str) -> None:
    assert reason(path, marked) is None


@pytest.mark.parametrize(
    "marked", ['x = "a"|\n', "x = |'a'\n", "x = 1  |# why\n", "f(|)\n", "x = self.|\n", "|"]
)
def test_something_beside_them(marked: str) -> None:
    assert reason("a.py", marked) is None


@pytest.mark.parametrize(
    "before",
    [
        "def tot",
        "class ",
        "    async def x",
        "export function to",
        "pub(crate) fn a",
        "import a as b",
        "from a import (b as c",
        "import { a as b",
        "export { a as b",
        "with open(x) as f",
        "    async with a() as b",
        "except ValueError as e",
        "pub use a::b as c",
        "for item",
        "x = [each for each",
    ],
)
def test_nothing_for_a_name_that_is_new(before: str) -> None:
    assert reason_for_nothing(before, None, len(before)) == "a new name is being written"


@pytest.mark.parametrize("before", ["else:", "    try", "} else {", "  break;", "fi", "finally:"])
def test_nothing_for_a_keyword_alone(before: str) -> None:
    assert reason_for_nothing(before, None, len(before)) == "a keyword on its own"


@pytest.mark.parametrize("before", ["x = 12", "wait(0.5", "0x1f"])
def test_nothing_for_a_number(before: str) -> None:
    assert reason_for_nothing(before, None, len(before)) == "a number is being written"


@pytest.mark.parametrize(
    "before",
    [
        "else: to",
        "def f(x: Cir",
        "class A(",
        "return ",
        "x = a1",
        "for x in it",
        "const a = b as Ci",
        "return b as Ci",
        "let x = y as u",
        "impl Turn for Ci",
        "unsafe impl<T> Turn for Ci",
    ],
)
def test_something_for_the_rest_of_such_lines(before: str) -> None:
    assert reason_for_nothing(before, None, len(before)) is None


@pytest.mark.parametrize(
    ("path", "marked"),
    [
        ("a.c", "int f(void) {\n  struct no|\n}\n"),
        ("a.c", "int f(void) {\n  enum mo|\n  return 1;\n}\n"),
        ("a.c", "struct a {\n  enum mo|\n};\n"),
        ("a.c", "static struct no|\n"),
        ("a.c", "extern const struct no|\n"),
        ("a.cpp", "int f() {\n  struct no|\n}\n"),
    ],
)
def test_something_for_a_struct_of_c_that_is_used(path: str, marked: str) -> None:
    assert reason(path, marked) is None


@pytest.mark.parametrize(
    ("path", "marked"),
    [
        ("a.c", "struct no|\n"),
        ("a.c", "int f(void) {\n  return 1;\n}\n\nenum no|\n"),
        ("a.cpp", "class A {\n  struct No|\n};\n"),
        ("A.cs", "class A {\n  public static class No|\n}\n"),
        ("a.rs", "pub struct No|\n"),
        ("a.go", "package a\n\nfunc f() {\n\ttype no|\n}\n"),
    ],
)
def test_nothing_for_a_struct_that_is_new(path: str, marked: str) -> None:
    assert reason(path, marked) == "a new name is being written"
