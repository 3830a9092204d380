"""Skeletons: the chosen definitions of one file, byte for byte."""

from __future__ import annotations

from textwrap import dedent

from hypothesis import given
from hypothesis import strategies as st

from coderdiff.context.records import Definition, DefinitionKind
from coderdiff.context.retrieval.render import Shown, heading, skeleton


def shown(line: int, qualified: str, signature: str = "", kind: DefinitionKind = "function") -> Shown:
    scope, _, name = qualified.rpartition(".")
    return Shown(Definition(name, kind, scope, line, line + 1, signature or f"def {name}()"), bool(signature))


CLIENT = [
    shown(1, "DEFAULT_PORT"),
    shown(3, "Client", "class Client(Base)", "class"),
    shown(4, "Client.get", "def get(self, url: str) -> Response"),
    shown(8, "Client.post"),
    shown(9, "Client.put"),
    shown(12, "Client.Options", "class Options", "class"),
    shown(13, "Client.Options.retries"),
    shown(20, "connect", "def connect(host: str) -> Client"),
    shown(30, "close"),
]
TEXT = dedent(
    """\
    class Client(Base)
        def get(self, url: str) -> Response
        class Options
            retries
        post put
    def connect(host: str) -> Client
    DEFAULT_PORT close"""
)


def test_heads_stand_in_source_order_and_bare_names_behind_them() -> None:
    assert skeleton(CLIENT) == TEXT


@given(st.permutations(CLIENT))
def test_the_order_of_the_input_does_not_show(mixed: list[Shown]) -> None:
    assert skeleton(mixed) == TEXT


def test_names_alone_are_one_line() -> None:
    assert skeleton([shown(3, "b"), shown(1, "a"), shown(2, "c")]) == "a c b"


def test_a_name_that_is_defined_twice_stands_once() -> None:
    assert skeleton([shown(1, "a"), shown(5, "a")]) == "a"


def test_scopes_that_are_not_chosen_are_named_for_what_is_in_them() -> None:
    deep = [shown(9, "A.B.c", "def c(self)"), shown(4, "A.d")]
    assert skeleton(deep) == "A:\n    B:\n        def c(self)\n    d"


def test_a_class_by_name_with_a_member_heads_it() -> None:
    assert skeleton([shown(1, "A", kind="class"), shown(2, "A.b")]) == "A:\n    b"


def test_overloads_keep_every_signature() -> None:
    both = [shown(1, "f", "f(int) -> int"), shown(3, "f", "f(str) -> str"), shown(5, "f", "f(str) -> str")]
    assert skeleton(both) == "f(int) -> int\nf(str) -> str"


def test_nothing_is_no_text() -> None:
    assert skeleton([]) == ""


def test_a_heading_is_the_path_on_its_own_line() -> None:
    assert heading("app/shop.py") == "# app/shop.py\n"
