"""What a line asks for by itself, read from its text; and what answers that."""

from __future__ import annotations

import pytest

from coderdiff.context.retrieval.asked import Line, line_at
from coderdiff.context.retrieval.meaning import Definitions
from coderdiff.context.retrieval.view import Words, view_of
from coderdiff.context.syntax.languages import language_of
from coderdiff.context.syntax.symbols import read_symbols

from .lookups import resolver


def line_of(marked: str, path: str) -> Line:
    """What is asked at the mark."""
    before, _, after = marked.partition("|")
    language = language_of(path)
    return line_at(before, after, language.name if language else None)


@pytest.mark.parametrize(
    ("path", "marked", "module"),
    [
        ("a.py", "from pkg.errors import |", "pkg.errors"),
        ("a.py", "    from ..errors import A, B|", "..errors"),
        ("a.py", "from . import |", "."),
        ("a.py", "from x import (\n    A,\n    |\n)", "x"),
        ("a.py", "from x import (A)\n|", None),
        ("a.py", "from x import A\n|", None),
        ("a.py", "from x|", None),
        ("a.py", "yield from x.y|", None),
        ("a.ts", "import { | } from '@/lib/utils'", "@/lib/utils"),
        ("a.ts", 'import React, { use| } from "react";', "react"),
        ("a.ts", "import { A } from './a'\nconst b = { | }\nfrom('x')", None),
        ("a.ts", "import { |", None),
        ("a.js", "const { a, | } = require('./b')", "./b"),
        ("A.java", "import com.acme.shop.user.|", "com.acme.shop.user"),
        ("A.java", "import static com.acme.Money.of|", "com.acme.Money"),
        ("A.java", "import com|", None),
        ("a.rs", "use crate::model::|", "crate::model"),
        ("a.rs", "pub use super::model::{Order, |};", "super::model"),
        ("a.rs", "let x = model::|", None),
        ("a.php", "<?php\nuse App\\Models\\|", "App\\Models"),
        ("a.go", 'import "acme/|', None),
        ("notes.txt", "from x import |", None),
    ],
)
def test_the_module_of_an_import(path: str, marked: str, module: str | None) -> None:
    assert line_of(marked, path).module == module


def test_behind_a_dot_there_is_a_receiver() -> None:
    assert line_of("x = self.client.ge|", "a.py") == Line("self.client")


@pytest.mark.parametrize(
    ("path", "text", "own", "module"),
    [
        ("pkg/errors.py", "class Found: ...\n", "pkg/desk.py", ".errors"),
        ("src/com/acme/user/Found.java", "package com.acme.user;\npublic class Found {}\n",
         "src/com/acme/Desk.java", "com.acme.user"),
        ("src/model.rs", "pub struct Found { pub id: u32 }\n", "src/main.rs", "crate::model"),
        ("app/Models/Found.php", "<?php\nnamespace App\\Models;\n\nclass Found {}\n", "app/Desk.php", "App\\Models"),
        ("src/lib/utils.ts", "export class Found {}\n", "src/desk.ts", "@/lib/utils"),
    ],
)  # fmt: skip
def test_what_a_module_holds(path: str, text: str, own: str, module: str) -> None:
    symbols = read_symbols(own, b"")
    view = view_of(own, ("",), 1, symbols, Words())
    found = Definitions(resolver({path: text, own: ""}, own), view).names_in(module, {})
    assert [(each.here.path, each.name) for each in found] == [(path, "Found")]


def test_private_names_come_last() -> None:
    files = {"errors.py": "_inner = 1\ndef _helper(): ...\nclass Found: ...\n", "desk.py": ""}
    view = view_of("desk.py", ("",), 1, read_symbols("desk.py", b""), Words())
    found = Definitions(resolver(files, "desk.py"), view).names_in("errors", {})
    assert found[0].name == "Found"
    assert len(found) == 3


@pytest.mark.parametrize(
    ("path", "marked", "call", "literal"),
    [
        ("a.py", "x = format_money(|", "format_money", None),
        ("a.py", "x = format_money(a, f(b), [1, |", "format_money", None),
        ("a.py", "if user.check_password(|", "user.check_password", None),
        ("a.py", "shelf.put(\n    1,\n    key={'a': |", "shelf.put", None),
        ("a.py", "f(a)\n|", None, None),
        ("a.py", "f('(')|", None, None),
        ("a.py", "f(1)  # g(\n|", None, None),
        ("a.py", "def area(self, |", None, None),
        ("a.py", "class Circle(|", None, None),
        ("a.py", "x = f((a + |", "f", None),
        ("a.py", "return (|", None, None),
        ("a.py", "f(x) and g(|", "g", None),
        ("a.ts", "if (|", None, None),
        ("a.ts", "save({ name: |", "save", None),
        ("a.ts", "it('x', () => {\n  |", None, None),
        ("a.ts", "const u: User = { |", None, "User"),
        ("a.ts", "const u = new Map<string, User>(|", "Map", None),
        ("a.go", "c := store.Config{|", None, "store.Config"),
        ("a.go", "cs := []*Config{{Host: |", None, "Config"),
        ("a.go", "func f() Config {\n\t|", None, None),
        ("a.go", "func (s *Shelf) Put(|", None, None),
        ("a.go", "x := f(Config{A: 1}, |", "f", None),
        ("a.rs", "let o = Order {\n    id: 1,\n    |", None, "Order"),
        ("a.rs", "impl Order {\n    |", None, None),
        ("a.rs", "fn f<'a>(x: &'a str) -> Order {\n    |", None, None),
        ("a.rs", "let o = model::Order { |", None, "model::Order"),
        ("a.rs", "let o = parse::<Order>(|", "parse", None),
        ("a.cs", "var o = new Order { |", None, "Order"),
        ("A.java", "new Order(|", "Order", None),
        ("a.php", "$user->pay(|", "$user->pay", None),
        ("a.php", "User::find(|", "User::find", None),
    ],
)  # fmt: skip
def test_what_is_open_at_the_cursor(path: str, marked: str, call: str | None, literal: str | None) -> None:
    line = line_of(marked, path)
    assert (line.call, line.literal) == (call, literal)


def test_tests_are_neighbours_of_tests_alone() -> None:
    files = {"a_test.go": "package a\n\nfunc TestAll() {}\n", "b.go": "package a\n\nfunc Sweep() {}\n"}
    for own, wanted in (("desk.go", {"Sweep"}), ("desk_test.go", {"Sweep", "TestAll"})):
        view = view_of(own, ("package a",), 1, read_symbols(own, b"package a"), Words())
        found = Definitions(resolver({**files, own: "package a"}, own), view).beside({})
        assert {each.name for each in found} == wanted
