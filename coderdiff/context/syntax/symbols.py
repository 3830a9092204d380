"""One file's bytes -> its `FileSymbols`: parse, mend what is broken, read the tree, cut into chunks.

How a tree becomes symbols, and how a query file says what is what, stands at the top of `reader.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import tree_sitter

from coderdiff.context.records import Definition, FileSymbols
from coderdiff.context.syntax import chunks
from coderdiff.context.syntax.heal import heal
from coderdiff.context.syntax.languages import Language, language_for
from coderdiff.context.syntax.macros import without_macros
from coderdiff.context.syntax.parse import parse
from coderdiff.context.syntax.parts import Part
from coderdiff.context.syntax.reader import read_part
from coderdiff.context.syntax.scopes import CLASSES, VALUES
from coderdiff.context.syntax.source import Source

_HAVE_BASES = CLASSES | {"module"}
"""A module of Ruby includes others."""


def read_symbols(path: str, content: bytes, uses: bool = True) -> FileSymbols:
    """All that the parser says of a file, without `uses` all but its references and what its names get (`reader.py`);
    of one in an unknown language only its chunks.

    The path only tells the language; nothing is read. Any bytes will do: it never raises, and takes less than a
    second of CPU for a file of up to a megabyte.
    """
    language = language_for(path, content)
    if language is None:
        source = Source(content)
        return FileSymbols(None, source.lines, chunks=chunks.cut(source.line_texts()))
    content = without_macros(language, content)
    tree = parse(language, content)
    healed = heal(language, content, tree)
    symbols = from_tree(language, healed.tree, Source(healed.content), uses)
    return replace(symbols, broken=True) if tree.root_node.has_error else symbols


def from_tree(language: Language, tree: tree_sitter.Tree, source: Source, uses: bool = True) -> FileSymbols:
    """The symbols of a file that is parsed already; `uses` is `read_symbols`'s."""
    part = read_part(language, tree, source, uses=uses)
    definitions = join_definitions(part.definitions.records, inherited([part]))
    return FileSymbols(
        language=language.name,
        lines=source.lines,
        definitions=definitions,
        references=tuple(part.references.records),
        imports=tuple(part.imports.records),
        bindings=tuple(part.bindings.records),
        chunks=chunks.cut(source.line_texts()),
        broken=tree.root_node.has_error,
    )


def inherited(parts: Iterable[Part]) -> dict[str, list[str]]:
    """The bases that are said outside of the definitions themselves, by the definition's name."""
    bases: dict[str, list[str]] = {}
    for part in parts:
        for _, name, base in part.inherits:
            if base:
                bases.setdefault(name, []).append(base)
    return bases


def join_definitions(
    definitions: Iterable[Definition], bases: dict[str, list[str]]
) -> tuple[Definition, ...]:
    """All definitions of a file: one of a variable or field, the first that has a type, else the first."""
    kept: dict[tuple[str, str] | int, Definition] = {}
    for definition in definitions:
        if definition.kind in VALUES:
            key = (definition.scope, definition.name)
            first = kept.setdefault(key, definition)
            if first.type is None and definition.type is not None:
                kept[key] = definition
        elif bases and definition.kind in _HAVE_BASES and definition.name in bases:
            kept[len(kept)] = definition._replace(bases=(*definition.bases, *bases[definition.name]))
        else:
            kept[len(kept)] = definition
    return tuple(kept.values())
