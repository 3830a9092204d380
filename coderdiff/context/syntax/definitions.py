"""A definition as captured -> its record: signature, documentation, bases, type."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import cast

import tree_sitter

from coderdiff.context.records import SIGNATURE_CHARS, Definition, DefinitionKind
from coderdiff.context.syntax import signatures
from coderdiff.context.syntax.languages import Language
from coderdiff.context.syntax.scopes import CLASSES, VALUES, Found
from coderdiff.context.syntax.source import Source

MOST_CHARS = 80
"""A receiver, a type or a base is written out up to this many bytes; a longer one is of no use to anybody."""

VALUE_CHARS = 120
"""The signature of a variable, field or macro, its value included, is cut here."""

MOST_HEAD_BYTES = 4_000
"""A definition's head longer than this is cut before anything else is done with it."""

UNTYPED = frozenset({"var", "auto", "let", "const"})
"""What stands in the place of a type and says none."""

_ENDS_OF_HEAD = " :{=;,"
_OPENS_LIST = re.compile(r"[{}(;,]")


def make_definition(language: Language, found: Found, source: Source) -> Definition:
    """The record of a definition."""
    captures = found.captures
    line = source.line_of(found.start)
    body = captures["body"][0].start_byte if "body" in captures else None
    types = captures.get("type")
    declared = written(types[0], source) if types else None
    return Definition(
        name=found.name,
        kind=cast(DefinitionKind, found.kind),
        scope=found.scope,
        start_line=line,
        end_line=source.line_of(max(found.start, found.end - 1)),
        signature=_signature(language, found, body, source),
        doc=_doc(language, found, line, body, source),
        bases=_bases(captures.get("bases", ()), source) if found.kind in CLASSES else (),
        type=declared if declared and declared not in UNTYPED else None,
    )


def written(node: tree_sitter.Node, source: Source) -> str:
    """A short node's text with its blanks collapsed; "" for a long one."""
    start, end = node.start_byte, node.end_byte
    return tidy(source.text(start, end)) if end - start <= MOST_CHARS else ""


def tidy(text: str) -> str:
    """The text on one line, its blanks collapsed."""
    return text if text.isidentifier() else " ".join(text.split())


def _signature(language: Language, found: Found, body: int | None, source: Source) -> str:
    head = found.captures["head"][0].start_byte if "head" in found.captures else found.start
    end = found.end if body is None else body
    text = source.text(head, min(end, head + MOST_HEAD_BYTES))
    if end < found.name_start:
        text = f"{text} {found.name}"
    limit = VALUE_CHARS if found.kind in VALUES or found.kind == "macro" else SIGNATURE_CHARS
    signature = signatures.one_line(text, language.comment, limit).strip(_ENDS_OF_HEAD)
    if head > found.start:
        return f"{signatures.short_decorators(source.text(found.start, head))} {signature}".lstrip()
    return signature


def _doc(language: Language, found: Found, line: int, body: int | None, source: Source) -> str:
    if language.docstrings and body is not None and found.kind not in VALUES:
        doc = signatures.docstring_line(source.text(body, body + MOST_HEAD_BYTES))
        if doc:
            return doc
    before = source.text(source.line_start(line), found.start)
    return "" if _OPENS_LIST.search(before) else signatures.comment_line(source, line, language.comment)


def _bases(nodes: Iterable[tree_sitter.Node], source: Source) -> tuple[str, ...]:
    bases: list[str] = []
    for node in nodes:
        text = source.text(node.start_byte, min(node.end_byte, node.start_byte + MOST_HEAD_BYTES))
        said = (base for base in signatures.split_bases(text) if "=" not in base)
        bases += (base if "<" in base.partition("(")[0] else base.partition("(")[0] for base in said)
    return tuple(base for base in bases if 0 < len(base) <= MOST_CHARS)
