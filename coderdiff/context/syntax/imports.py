"""Imports that nest too deeply for a query: `use a::{b::{c, d as e}, self}` is taken apart here, as text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

MOST_NAMES = 500
"""How many names of one import are read."""


@dataclass(frozen=True, slots=True)
class Part:
    """One name of an import: what `Import` says, and its offset in the import's text."""

    module: str
    name: str | None
    alias: str
    offset: int


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A path in a nested import and where it stands."""

    path: str
    alias: str | None
    offset: int


_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/|#[^\n]*", re.DOTALL)
_TOKEN = re.compile(r"[{},]|\bas\b|(?:\w+|\*|::|\\)+")


def _leaves(text: str) -> Iterator[_Leaf]:
    """Every path of a nested import, with the paths around it in front."""
    text = _COMMENT.sub(lambda comment: " " * len(comment[0]), text)
    around = [""]
    path, alias, offset, wants_alias = "", None, 0, False
    for found in _TOKEN.finditer(text):
        token = found[0]
        if token == "{":
            around.append(around[-1] + path)
            path = ""
        elif token in ("}", ","):
            if path:
                yield _Leaf(around[-1] + path, alias, offset)
            path, alias, wants_alias = "", None, False
            if token == "}" and len(around) > 1:
                around.pop()
        elif token == "as":
            wants_alias = True
        elif wants_alias:
            alias, wants_alias = token, False
        else:
            path, offset = path + token, found.start()
    if path:
        yield _Leaf(around[-1] + path, alias, offset)


def rust_use(text: str) -> Iterator[Part]:
    """The names of `use TEXT;`: the path's last part is the name, `self` the path before it."""
    for leaf in _leaves(text):
        module, _, name = leaf.path.rpartition("::")
        if name == "self" and module:
            yield Part(module, None, leaf.alias or module.rpartition("::")[2], leaf.offset)
        elif module:
            yield Part(module, name, leaf.alias or name, leaf.offset)
        else:
            yield Part(name, None, leaf.alias or name, leaf.offset)


_PHP_KEYWORD = re.compile(r"^\s*use\b(?:\s+(?:function|const)\b)?|(?<=[,{])\s*(?:function|const)\b")


def php_use(text: str) -> Iterator[Part]:
    """The names of a whole `use` declaration: classes, functions or constants by their full names."""
    bare = _PHP_KEYWORD.sub(lambda word: " " * len(word[0]), text)
    for leaf in _leaves(bare):
        module = leaf.path.strip("\\")
        yield Part(module, None, leaf.alias or module.rpartition("\\")[2], leaf.offset)


def cpp_using(text: str) -> Iterator[Part]:
    """The name of `using TEXT;`: `std::vector` is "vector" of "std"."""
    module, _, name = text.rpartition("::")
    yield Part(module, name, name, 0)


_READERS: dict[str, Callable[[str], Iterator[Part]]] = {
    "rust": rust_use,
    "php": php_use,
    "cpp": cpp_using,
}
"""Language -> what reads the text captured as `@import.text`."""


def take_apart(language: str, text: str, inline: int) -> Iterator[Part]:
    """The names of an import that stands in so many modules which are written as blocks."""
    for part in _READERS[language](text):
        seen = _from_file(part, inline) if language == "rust" and inline else part
        if seen is not None:
            yield seen


def _from_file(part: Part, inline: int) -> Part | None:
    """A name as the file's top would say it: each `super` leads out of one block; None for what the file itself has."""
    names = part.module.split("::")
    supers = next((at for at, name in enumerate(names) if name != "super"), len(names))
    if not supers:
        return part
    rest = names[min(supers, inline) :]
    if supers > inline:
        return replace(part, module="::".join(rest))
    if supers < inline or (not rest and part.name in (None, "*")):
        return None
    return replace(part, module="::".join(("self", *rest)))
