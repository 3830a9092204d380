"""What a script exports under another name, and as its default."""

from __future__ import annotations

import pytest

from coderdiff.context.syntax.symbols import read_symbols

from .lookups import resolver, said

FILES = {
    "lists.ts": """\
        import { Far } from "./far";
        class Other { go() {} }
        class Zed { stay() {} }
        class Out2 { never() {} }
        export { Other as Out, Zed as default, Far as Near, Other as Out2 };
    """,
    "far.ts": "export class Far { away() {} }\n",
    "said.ts": "class One { go() {} }\nclass Two {}\nexport default Two;\n",
    "declared.ts": "export class One { go() {} }\nexport default class Two {}\n",
    "anonymous.ts": """\
        class B { base() {} }
        export default class extends B { anonM() {} }
        export function other() {}
    """,
    "called.ts": "class B {}\nexport default function (size: number): B { return new B(); }\n",
    "default.ts": "class Elsewhere {}\nexport default new Elsewhere();\n",
    "loop.ts": "export { b as a, a as b };\n",
    "common.js": """\
        class Ring {}
        class Disc {}
        exports.Circle = Ring;
        module.exports.Round = Disc;
        module.exports = { Flat: Disc, Ring };
    """,
    "app.ts": """\
        import D, { Out, Near, Out2 } from "./lists";
        import S from "./said";
        import L from "./declared";
        import A from "./anonymous";
        import F from "./called";
        import { a } from "./loop";
        import { Circle, Round, Flat } from "./common";
    """,
}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Out", "lists.ts:Other"),
        ("Out2", "lists.ts:Other"),
        ("Near", "far.ts:Far"),
        ("D", "lists.ts:Zed"),
        ("S", "said.ts:Two"),
        ("L", "declared.ts:Two"),
        ("A", "anonymous.ts:default"),
        ("F", "called.ts:default"),
        ("a", None),
        ("Circle", "common.js:Ring"),
        ("Round", "common.js:Disc"),
        ("Flat", "common.js:Disc"),
    ],
)
def test_names_that_exports_give(name: str, expected: str | None) -> None:
    assert said(resolver(FILES, "app.ts").names.named("app.ts", name)) == expected


def test_a_class_without_a_name_keeps_its_members_to_itself() -> None:
    asked = resolver(FILES, "app.ts")
    owner = asked.owner("app.ts", "", "new A()", 99)
    assert owner is not None
    assert set(asked.classes.members(owner)) == {"anonM", "base"}
    facts = asked.known.facts("anonymous.ts")
    assert facts is not None
    assert set(facts.top) == {"B", "default", "other"}


def test_an_exported_name_is_a_use_of_it() -> None:
    symbols = read_symbols("a.ts", b"class One {}\nexport { One as Two };\n")
    assert [(each.name, each.line) for each in symbols.references] == [("One", 2)]
    assert [(each.module, each.name, each.alias) for each in symbols.imports] == [("", "One", "Two")]
