"""What can stand before a dot beside classes: modules of CommonJS, namespaces, objects that are written out."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from coderdiff.context.retrieval.lookup import Overlay
from coderdiff.context.retrieval.modules.find import Modules
from coderdiff.context.retrieval.resolve import Resolver
from coderdiff.context.syntax.symbols import read_symbols

from .lookups import Sources, buffers, resolver, said


def owner(asked: Resolver, path: str, expression: str, scope: str = "") -> str | None:
    """What an expression at the end of a file means."""
    return said(asked.owner(path, scope, expression, 99))


def members(files: Mapping[str, str], path: str, expression: str) -> set[str]:
    """The names that may follow an expression's dot."""
    asked = resolver(files, path)
    found = asked.owner(path, "", expression, 99)
    return set(asked.classes.members(found)) if found else set()


COMMON = {
    "db.js": "class Ring { turn() {} }\nfunction open() {}\nmodule.exports = { Ring, open };\n",
    "solo.js": "class Helper {}\nclass Solo { go() {} }\nmodule.exports = Solo;\n",
    "named.js": "class Helper {}\nmodule.exports = class Named { stay() {} };\n",
    "app.js": """\
        const db = require("./db");
        const S = require("./solo");
        const N = require("./named");
        const { Ring: R } = require("./db");
        const ring = new db.Ring();
        const s = new S();
    """,
}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("db", "db.js"),
        ("new db.Ring()", "db.js:Ring"),
        ("db.Ring", "db.js:Ring"),
        ("ring", "db.js:Ring"),
        ("new R()", "db.js:Ring"),
        ("new S()", "solo.js:Solo"),
        ("s", "solo.js:Solo"),
        ("new N()", "named.js:Named"),
    ],
)
def test_what_is_required(expression: str, expected: str) -> None:
    assert owner(resolver(COMMON, "app.js"), "app.js", expression) == expected


NAMESPACES = {
    "lib/util.rb": "module Util\n  def self.clean(x)\n  end\n  module Deep\n    def self.dive\n    end\n  end\nend\n",
    "lib/more.rb": "module Util\n  def self.more\n  end\nend\n",
    "app.rb": 'require_relative "lib/util"\n',
    "acme.hpp": "namespace acme {\nvoid turn();\nnamespace detail {\nint deep();\n}\n}\n",
    "other.hpp": "namespace acme {\nclass Ring {};\n}\n",
    "app.cpp": '#include "acme.hpp"\n#include "other.hpp"\nint main() {}\n',
    "ns.ts": """\
        export namespace NS {
          export function make(): Ring { return new Ring(); }
          export class Ring { turn() {} }
        }
    """,
    "app.ts": 'import { NS } from "./ns";\n',
    "a.rs": "pub mod inner {\n    pub fn go() {}\n}\nmod tests {\n    fn one() {}\n}\n",
    "b.rs": "mod a;\nuse a::inner;\nmod tests {\n    fn two() {}\n}\n",
}


@pytest.mark.parametrize(
    ("path", "expression", "expected"),
    [
        ("app.rb", "Util", {"clean", "Deep", "more"}),
        ("app.rb", "Util::Deep", {"dive"}),
        ("app.cpp", "acme", {"turn", "detail", "Ring"}),
        ("app.cpp", "acme::detail", {"deep"}),
        ("app.ts", "NS", {"make", "Ring"}),
        ("app.ts", "new NS.Ring()", {"turn"}),
        ("app.ts", "NS.make()", {"turn"}),
        ("b.rs", "inner", {"go"}),
        ("elsewhere.rs", "tests", {"one"}),  # in Rust each file has its own
    ],
)
def test_namespaces_have_members(path: str, expression: str, expected: set[str]) -> None:
    assert members(NAMESPACES | {"elsewhere.rs": ""}, path, expression) == expected


OBJECTS = {
    "api.ts": """\
        import { send } from "./send";
        export const api = { get() {}, post: send, list: () => 1, put, limits: { deep: 1 } };
        export const Colour = { RED: "red", BLUE: "blue" } as const;
        export const ring: Ring = { turn() {} };
        export class Ring { turn() {} spin() {} }
        export function go() {
          const own = { first: 1 };
        }
    """,
    "app.ts": 'import { api, Colour, ring } from "./api";\n',
    "store.js": "const store = { load() {}, size: 1 };\nmodule.exports = { store };\n",
    "app.js": 'const { store } = require("./store");\n',
}


@pytest.mark.parametrize(
    ("path", "expression", "expected"),
    [
        ("app.ts", "api", {"get", "post", "list", "put", "limits"}),
        ("app.ts", "Colour", {"RED", "BLUE"}),
        ("app.ts", "ring", {"turn", "spin"}),
        ("app.js", "store", {"load", "size"}),
    ],
)
def test_objects_that_are_written_out_have_members(path: str, expression: str, expected: set[str]) -> None:
    assert members(OBJECTS, path, expression) == expected


def test_private_fields_of_scripts() -> None:
    files = {
        "ring.ts": "export class Ring { turn() {} }\n",
        "app.ts": """\
            import { Ring } from "./ring";
            class App {
              #said: Ring;
              #made = new Ring();
              go() {
                this.#given = new Ring();
              }
            }
        """,
    }
    asked = resolver(files, "app.ts")
    for expression in ("this.#said", "this.#made", "this.#given"):
        assert owner(asked, "app.ts", expression, "App.go") == "ring.ts:Ring"


def test_names_of_php_from_the_root() -> None:
    files = {
        "src/Shapes/Ring.php": "<?php\nnamespace Acme\\Shapes;\nclass Ring { public function turn() {} }\n",
        "app.php": """\
            <?php
            function go() {
                $ring = new \\Acme\\Shapes\\Ring();
            }
        """,
    }
    asked = resolver(files, "app.php")
    for expression in ("$ring", "new \\Acme\\Shapes\\Ring()", "\\Acme\\Shapes\\Ring", "Acme\\Shapes\\Ring"):
        assert owner(asked, "app.php", expression, "go") == "src/Shapes/Ring.php:Ring"


def test_constants_of_php_that_are_defined_in_either_quotes() -> None:
    text = b'<?php\ndefine(\'ONE\', 1);\ndefine("TWO", 2);\ndefine("A_$x", 3);\n'
    symbols = read_symbols("a.php", text)
    assert [(each.name, each.kind) for each in symbols.definitions] == [
        ("ONE", "variable"),
        ("TWO", "variable"),
    ]


def test_values_in_brackets_and_calls_with_types() -> None:
    files = {
        "ring.ts": """\
            export class Ring { turn(): Ring { return this; } }
            export async function make<T>(): Promise<Ring> {}
        """,
        "app.ts": 'import { Ring, make } from "./ring";\nconst ring = new Ring();\n',
    }
    asked = resolver(files, "app.ts")
    for expression in (
        "(ring)",
        "(await ring.turn())",
        "(new Ring(1)).turn()",
        "make<Ring>()",
        "(await make<A<B>>()).turn()",
        "((ring))",
    ):
        assert owner(asked, "app.ts", expression) == "ring.ts:Ring"
    for expression in ("(", "()", "((", "(1)", "(ring", "(ring + ring).turn()", "(" * 9000):
        assert asked.owner("app.ts", "", expression, 9) is None


CRATES = {
    "Cargo.toml": '[workspace]\nmembers = ["core", "app"]\n',
    "core/Cargo.toml": '[package]\nname = "shop-core"\n',
    "core/src/lib.rs": "pub mod model;\npub fn start() {}\npub mod inner {\n    pub fn deep() {}\n}\n",
    "core/src/model.rs": "pub struct Order {}\nimpl Order {\n    pub fn pay(&self) {}\n}\npub fn load() -> Order {}\n",
    "app/Cargo.toml": '[package]\nname = "app"\n',
    "app/src/lib.rs": "mod util;\nmod web;\npub fn run() {}\n",
    "app/src/util.rs": "pub fn trim() {}\n",
    "app/src/web.rs": "mod pages;\npub fn serve() {}\n",
    "app/src/web/pages.rs": """\
        struct Page { util: Page }
        impl Page {
            fn show(&self) {
            }
        }
        mod tests {
            fn one() {
            }
        }
    """,
}


@pytest.mark.parametrize(
    ("expression", "scope", "expected"),
    [
        ("crate", "", {"run"}),
        ("crate::util", "Page.show", {"trim"}),
        ("super", "Page.show", {"serve"}),
        ("super::super", "", {"run"}),
        ("super::super::util", "", {"trim"}),
        ("super", "tests.one", set()),  # this very file, which shows itself
        ("super::super", "tests.one", {"serve"}),
        ("super::super::super::util", "tests.one", {"trim"}),
        ("shop_core", "", {"start", "inner", "deep"}),  # blocks are seen through
        ("shop_core::inner", "", {"deep"}),
        ("shop_core::model", "", {"Order", "load"}),
        ("shop_core::model::Order", "", {"pay"}),
        ("shop_core::model::load()", "", {"pay"}),
        ("other_crate::model", "", set()),
        ("util", "", set()),
        ("self.util", "Page.show", set()),
    ],
)
def test_paths_of_rust_need_no_import(expression: str, scope: str, expected: set[str]) -> None:
    own = "app/src/web/pages.rs"
    overlay = Overlay(Sources(CRATES), buffers({own: CRATES[own]}))
    asked = Resolver(overlay, Modules(overlay.paths(), CRATES.get), own)
    found = asked.owner(own, scope, expression, 4 if scope.startswith("Page") else 99)
    assert (set(asked.classes.members(found)) if found else set()) == expected


def test_a_path_of_rust_that_begins_with_the_file() -> None:
    files = {
        "src/web.rs": "mod pages;\n",
        "src/web/pages.rs": "pub fn show() {}\n",
        "src/pages.rs": "fn no() {}\n",
    }
    assert members(files, "src/web.rs", "self::pages") == {"show"}
