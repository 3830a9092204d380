"""What can stand before a dot beside classes: modules of CommonJS, namespaces, objects that are written out."""

from __future__ import annotations

import pytest

from coderdiff.context.retrieval.resolve import Resolver

from .lookups import resolver, said


def owner(asked: Resolver, path: str, expression: str, scope: str = "") -> str | None:
    """What an expression at the end of a file means."""
    return said(asked.owner(path, scope, expression, 99))


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
