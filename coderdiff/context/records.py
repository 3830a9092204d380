"""What tree-sitter reads in one file, as plain values: the words that parser, index and retrieval share.

Lines are 1-based and inclusive; columns are not kept. A scope is the dotted name of the definitions around
a place ("Circle.area"), "" at the top of the file. Records are tuples: a file has thousands, and all of them move
when a line is entered above.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

DefinitionKind = Literal[
    "module", "class", "interface", "enum", "function", "method", "field", "variable", "type", "macro"
]
ReferenceKind = Literal["call", "attribute", "type", "name"]
BindingForm = Literal["type", "made", "value"]


class Definition(NamedTuple):
    """A named thing and where it stands.

    `signature` is what a reader needs to use it, on one line, without its body: at most `SIGNATURE_CHARS`
    characters, blanks collapsed ("def area(self, scale: float = 1) -> float"). `doc` is the first line of its
    docstring or leading doc comment, "" if it has none. `bases` are the names a class extends or implements, as
    written. `type` is the declared type of a field or variable, or a function's result; None if none is written.
    """

    name: str
    kind: DefinitionKind
    scope: str
    start_line: int
    end_line: int
    signature: str
    doc: str = ""
    bases: tuple[str, ...] = ()
    type: str | None = None

    @property
    def qualified(self) -> str:
        """Scope and name: "Circle.area"."""
        return f"{self.scope}.{self.name}" if self.scope else self.name


class Reference(NamedTuple):
    """A use of a name. `receiver` is the text before its dot ("self", "self.client", "np"); None if there is none."""

    name: str
    kind: ReferenceKind
    line: int
    scope: str
    receiver: str | None = None


class Import(NamedTuple):
    """One name brought into a file: `from ..shapes import Circle as C` is module "..shapes", name "Circle", alias "C".

    `module` is as the language writes it ("..shapes", "./shapes", "com.acme.Shapes", "crate::shapes", "shapes.h").
    `name` None brings the module itself; "*" brings all of it. `alias` is the name it has in this file.
    """

    module: str
    name: str | None
    alias: str
    line: int


TO_THE_END = 1 << 40
"""The last line of what holds to the end of its scope."""


class Binding(NamedTuple):
    """What a name is said or made to be: `x: Circle`, `x = Circle(2)`, `self.shape = Circle(2)`, a parameter's type.

    `target` is as written ("x", "self.shape"). `type` is by `form` the annotation ("type"), the called name ("made":
    "shapes.Circle", which may be a function, whose result type counts), or an expression ("value": "shapes[0]").
    `steps` lead from that to the target: "each" of it, what is "entered" with it, its part "0", its member ".x" ...
    The binding holds in all of its scope, or where `until` is given from `line` to that one, which may be `TO_THE_END`.
    """

    target: str
    type: str
    form: BindingForm
    line: int
    scope: str
    steps: tuple[str, ...] = ()
    until: int | None = None


@dataclass(frozen=True, slots=True)
class FileSymbols:
    """All that is known of one file's contents. `chunks` are line ranges (start, end) that cut it at syntax borders,
    10 to 20 lines each, together the whole file; `broken` says that the parser met errors."""

    language: str | None
    lines: int
    definitions: tuple[Definition, ...] = ()
    references: Sequence[Reference] = ()
    imports: tuple[Import, ...] = ()
    bindings: tuple[Binding, ...] = ()
    chunks: tuple[tuple[int, int], ...] = ()
    broken: bool = False


SIGNATURE_CHARS = 240
"""A signature is cut here: documentation in parameter lists would fill a pack (FastAPI's do)."""
