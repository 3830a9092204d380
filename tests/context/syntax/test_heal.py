"""Broken code: what is being typed hides nothing of the rest of the file, in any language."""

from __future__ import annotations

import pytest

from coderdiff.context.records import FileSymbols
from coderdiff.context.syntax import heal as healing
from coderdiff.context.syntax.document import OpenDocument
from coderdiff.context.syntax.heal import heal
from coderdiff.context.syntax.languages import language_for
from coderdiff.context.syntax.parse import parse
from coderdiff.context.syntax.symbols import read_symbols

from ..cpu_time import cpu_seconds
from .unfinished import PYTHON, TYPINGS, Typing


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Healing has all the time it takes: what is found is asked, not how fast this machine is beside other work."""
    monkeypatch.setattr(healing, "SECONDS", 10.0)
    monkeypatch.setattr(healing, "MOST_SECONDS", 10.0)


def symbols(path: str, text: str) -> FileSymbols:
    return read_symbols(path, text.encode())


def whole_and_typed(typing: Typing, place: str, line: str) -> list[str]:
    """What is wrong with the definitions after a line was typed."""
    typed_at = typing.text[: typing.text.index("{" + place + "}")].count("\n") + 1
    before = {each.qualified: each for each in symbols(typing.path, typing.whole()).definitions}
    after = {each.qualified: each for each in symbols(typing.path, typing.typed(place, line)).definitions}
    wrong = [f"lost {name}" for name in before if name not in after]
    for name, each in after.items():
        if name not in before:
            if each.start_line != typed_at:
                wrong.append(f"made up {name} in line {each.start_line}")
            continue
        was = before[name]
        if each.kind != was.kind or each.start_line not in (was.start_line, typed_at):
            wrong.append(f"{name} is a {each.kind} in line {each.start_line}")
    return wrong


@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize("typing", TYPINGS, ids=lambda typing: typing.path)
def test_an_unfinished_line_hides_no_definition(typing: Typing) -> None:
    wrong = {
        (place, line): found
        for place, lines in typing.lines.items()
        for line in lines
        if (found := whole_and_typed(typing, place, line))
    }
    assert not wrong


@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize("typing", TYPINGS, ids=lambda typing: typing.path)
def test_a_new_line_below_an_unfinished_one_hides_no_definition(typing: Typing) -> None:
    """The line to mend is the one that was being typed, not the empty one that the edit ends on, nor the next."""
    before = {each.qualified for each in symbols(typing.path, typing.whole()).definitions}
    lost = {}
    for line in typing.lines["body"]:
        whole = typing.whole()
        at = len(typing.text.partition("{body}")[0].replace("{top}", "").replace("{member}", ""))
        indent = whole[whole.rfind("\n", 0, at) + 1 : at]
        document = OpenDocument(typing.path, whole)
        document.symbols()
        for typed in (line, f"{line}\n{indent}"):
            document.update(whole[:at] + typed + whole[at:])
            found = {each.qualified for each in document.symbols().definitions}
            if missing := before - found:
                lost[typed] = missing
    assert not lost


@pytest.mark.usefixtures("unhurried")
def test_an_argument_that_lacks_its_comma_is_mended_at_once() -> None:
    """In a list over many lines; more tries are time that every keystroke takes."""
    text = (
        "def f():\n    return g(\n        a=1,\n        {}\n        c=3,\n    )\n"
        + "\n\ndef h():\n    pass\n" * 40
    )
    language = language_for("a.py", b"")
    assert language is not None
    content = text.format("b=some_").encode()
    healed = heal(language, content, parse(language, content))
    assert (healed.weight, healed.content) == (0, text.format("b=some_,").encode())


@pytest.mark.parametrize("typing", TYPINGS, ids=lambda typing: typing.path)
def test_whole_code_is_not_touched(typing: Typing) -> None:
    content = typing.whole().encode()
    language = language_for(typing.path, content)
    assert language is not None
    tree = parse(language, content)
    healed = heal(language, content, tree)
    assert healed.tree is tree
    assert healed.content is content
    assert not symbols(typing.path, typing.whole()).broken


@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize("typing", TYPINGS, ids=lambda typing: typing.path)
def test_mended_text_has_the_same_lines(typing: Typing) -> None:
    for place, lines in typing.lines.items():
        for line in lines:
            content = typing.typed(place, line).encode()
            language = language_for(typing.path, content)
            assert language is not None
            healed = heal(language, content, parse(language, content))
            assert healed.content.count(b"\n") == content.count(b"\n"), (place, line)


def test_a_mended_file_is_still_called_broken() -> None:
    assert symbols("a.py", PYTHON.typed("body", "x = foo(")).broken


@pytest.mark.usefixtures("unhurried")
def test_what_the_unfinished_line_says_is_kept() -> None:
    found = symbols("a.py", PYTHON.typed("member", "def f(self, by: int"))
    names = {each.qualified: each.signature for each in found.definitions}
    assert names["Shape.f"] == "def f(self, by: int)"
    found = symbols("a.py", PYTHON.typed("body", "x = helper(total, self."))
    assert "helper" in {each.name for each in found.references}


@pytest.mark.usefixtures("unhurried")
def test_several_unfinished_lines() -> None:
    text = PYTHON.text
    for place, line in (("top", "def f("), ("member", 'x = """abc'), ("body", "x = foo(1, [")):
        text = text.replace("{" + place + "}", line)
    names = {each.qualified for each in symbols("a.py", text).definitions}
    assert {"before", "Shape", "Shape.area", "Shape.grow", "after", "LIMIT"} <= names


@pytest.mark.usefixtures("unhurried")
def test_an_indented_call_over_many_lines_is_closed_behind_its_last_one() -> None:
    text = "def f():\n    x = foo(\n        1,\n        bar,\n\n\ndef g():\n    return 1\n"
    found = symbols("a.py", text)
    assert {each.qualified for each in found.definitions} == {"f", "g"}
    assert "bar" in {each.name for each in found.references}


@pytest.mark.parametrize("typing", TYPINGS, ids=lambda typing: typing.path)
def test_a_long_broken_file_is_read_in_time(typing: Typing) -> None:
    """300 KB with an unfinished line and an unclosed bracket every 500 lines."""
    line = next(iter(typing.lines["body"]))
    part = typing.typed("body", line) + "\n" + typing.typed("body", "x = foo(") + "\n"
    text = (part + typing.whole() * 15) * (300_000 // (len(part) + 15 * len(typing.whole())) + 1)
    assert symbols(typing.path, text).definitions
    assert cpu_seconds(lambda: symbols(typing.path, text), 1.0) < 1.0


RUNS_ON = {
    "a.rs": "fn main() {\n    handlers::\n    handlers::serve(1);\n}\n",
    "a.py": "def f():\n    order.\n\n    # then\n    other.serve(1)\n",
    "a.ts": "function f() {\n    order.\n    other.serve(1);\n}\n",
    "a.cs": "class A { void F() {\n    order.\n    other.serve(1);\n} }\n",
    "a.java": "class A { void f() {\n    order.\n    other.serve(1);\n} }\n",
    "a.cpp": "void f() {\n    acme::\n    acme::serve(1);\n}\n",
    "a.go": "package a\nfunc f() {\n\torder.\n\tother.serve(1)\n}\n",
    "a.rb": "def f\n    Order::\n    other.serve(1)\nend\n",
    "a.php": "<?php\nfunction f() {\n    $order->\n    serve(1);\n}\n",
}


@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize("path", RUNS_ON)
def test_a_line_that_ends_with_its_dot_takes_nothing_from_the_next(path: str) -> None:
    text = RUNS_ON[path]
    written = next(each for each in symbols(path, text).references if each.name == "serve")
    assert " " not in (written.receiver or "")
    assert written.receiver in {"handlers", "other", "acme", None}
    document = OpenDocument(path, text.replace("order.", "order").replace("::\n", "\n"))
    _ = document.symbols()
    document.update(text)
    again = next(each for each in document.symbols().references if each.name == "serve")
    assert again.receiver == written.receiver


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.ts", "function f() {\n    return order.\n        first.\n        serve(1);\n}\n"),
        ("a.go", "package a\nfunc f() {\n\treturn order.\n\t\tFirst().\n\t\tserve(1)\n}\n"),
        ("a.java", "class A { void f() {\n    int a =\n        order.\n        serve(1);\n} }\n"),
        ("a.py", 'def f():\n    """The first.\n    serve(1)\n    """\n    order.serve(1)\n'),
    ],
)
def test_dots_at_the_ends_of_lines_that_are_meant(path: str, text: str) -> None:
    written = next(each for each in symbols(path, text).references if each.name == "serve")
    assert written.receiver
