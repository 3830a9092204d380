"""From where definitions may be used, as their languages say it: by a word of the signature, a label above, a name.

Only what is not free to all is told. Where a signature does not say it, the lines of the class do, read once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from coderdiff.context.records import Definition
from coderdiff.context.retrieval.known import Access, Known
from coderdiff.context.retrieval.lookup import Here
from coderdiff.context.retrieval.rustpaths import IMPL

_MODIFIER = re.compile(r"\b(public|private|protected|internal|pub|default|open)\b")
_LABEL = re.compile(r"\b(public|private|protected)\s*(?:slots|Q_SLOTS)?\s*:(?!:)|[{}\n]")
_IN_QUOTES = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)'|//[^\n]*")
_RUBY_SECTION = re.compile(r"^(\s*)(private|protected|public)\s*(?:#.*)?$")
_RUBY_NAMES = re.compile(
    r"^\s*(?:private|protected|private_class_method)\s+(?:def\s+(?:self\.)?(\w+[?!=]?)|(:.*))"
)
_SYMBOL = re.compile(r":(\w+[?!=]?)")

_MOST_LINES = 3_000
"""A class is looked through so far for labels, a file of Rust for the `impl` that a method is in."""


def restricted(known: Known, members: Mapping[str, Here]) -> dict[str, Access]:
    """Those of some definitions, by name, that are not free to be used anywhere."""
    if all(_is_python(known, path) for path in {here.path for here in members.values()}):
        return {name: "custom" for name in members if _is_customary(name)}
    return restricted_one_by_one(known, members)


def restricted_one_by_one(known: Known, members: Mapping[str, Here]) -> dict[str, Access]:
    """The same in any language."""
    found: dict[str, Access] = {}
    in_class: dict[Here, dict[str, Here]] = {}
    of_rust: dict[str, Here] = {}
    path, facts, language = None, None, None
    for name, here in members.items():
        if here.path != path:  # thousands of members come from a few files
            path = here.path
            facts = known.facts(path)
            language = facts.language if facts is not None else None
        if language == "python":
            if _is_customary(name):
                found[name] = "custom"
            continue
        scope = here.definition.scope
        around = facts.at(scope) if facts is not None and scope else None
        said: Access | None = None
        if language == "go":
            said = None if name[:1].isupper() else "folder"
        elif language == "rust":
            if not here.definition.signature.startswith(("pub", "#[macro")):
                of_rust[name] = here
        elif language in _BY_LABELS:
            if around is not None and around.kind in _LABELLED:
                in_class.setdefault(Here(here.path, around), {})[name] = here
        elif language in _BY_WORDS:
            said = _by_words(language, here.definition, around)
        if said is not None:
            found[name] = said
    found.update(_in_rust(known, of_rust))
    for cls, inside in in_class.items():
        find = _in_ruby if cls.path.endswith(".rb") else _in_cpp
        found.update(find(cls.definition, _text(known, cls), inside))
    return found


def _is_python(known: Known, path: str) -> bool:
    facts = known.facts(path)
    return facts is not None and facts.language == "python"


def _is_customary(name: str) -> bool:
    """Whether Python's programmers keep a name to themselves."""
    return name.startswith("_") and not name.endswith("__")


_BY_WORDS = frozenset({"java", "c_sharp", "typescript", "tsx", "javascript", "php"})
_SILENT_IN_CLASSES = frozenset({"java", "c_sharp"})
"""Languages in which a member of a class that says nothing is not free."""

_RECORD = re.compile(r"\brecord\b")

_BY_LABELS = frozenset({"cpp", "ruby"})
_LABELLED = frozenset({"class", "module"})


@lru_cache(maxsize=1 << 14)
def _by_words(language: str, definition: Definition, around: Definition | None) -> Access | None:
    name, signature = definition.name, definition.signature
    said = set(_MODIFIER.findall(signature.partition(name)[0]))
    if "private" in said or name.startswith("#"):
        return "protected" if "protected" in said else "private"
    if "protected" in said:
        return None if "internal" in said else "protected"
    if said or language not in _SILENT_IN_CLASSES or (around is not None and around.kind != "class"):
        return None
    if around is not None and definition.kind == "field" and _RECORD.search(around.signature):
        return None
    return "folder" if language == "java" else ("private" if around is not None else None)


def _text(known: Known, around: Here) -> str:
    definition = around.definition
    last = min(definition.end_line, definition.start_line + _MOST_LINES)
    (text,) = known.lookup.lines([(around.path, definition.start_line, last)])
    return text or ""


def _in_cpp(around: Definition, text: str, members: Mapping[str, Here]) -> Iterable[tuple[str, Access]]:
    """By the last label above, or else by what a class or a struct begins with. Of several on a line any may count."""
    head = around.signature.partition(around.name)[0]
    access = "private" if head.rfind("class") > head.rfind("struct") else "public"
    by_line: dict[int, set[str]] = {}
    line, depth = around.start_line, 0
    for token in _LABEL.finditer(_IN_QUOTES.sub("", text)):
        if token[0] == "\n":
            line += 1
        elif token[1] is None:
            depth += 1 if token[0] == "{" else -1
        elif depth == 1:
            access = token[1]
        if depth == 1:
            by_line.setdefault(line, set()).add(access)
    for name, here in members.items():
        said = by_line.get(here.definition.start_line, {"public"})
        if "public" not in said:
            yield name, "protected" if "protected" in said else "private"


def _in_ruby(around: Definition, text: str, members: Mapping[str, Here]) -> Iterable[tuple[str, Access]]:
    """Private methods are had by those that extend a class too."""
    sections: list[tuple[int, str, bool]] = []
    named: set[str] = set()
    lines = text.split("\n")
    for at, written in enumerate(lines):
        if section := _RUBY_SECTION.match(written):
            sections.append((at, section[1], section[2] != "public"))
        elif names := _RUBY_NAMES.match(written):
            named.update([names[1]] if names[1] else _SYMBOL.findall(names[2]))
    for name, here in members.items():
        at = here.definition.start_line - around.start_line
        own = lines[at] if 0 <= at < len(lines) else ""
        indent = own[: len(own) - len(own.lstrip())]
        above = [hides for line, its, hides in sections if line < at and its == indent]
        if here.definition.kind == "method" and (name in named or (above and above[-1])):
            yield name, "protected"


def _in_rust(known: Known, members: Mapping[str, Here]) -> Iterable[tuple[str, Access]]:
    """What has no `pub` is its module's, but for what is in a trait or an enum, and in an `impl` of a trait."""
    lines: dict[str, list[str]] = {}
    for name, (path, definition) in members.items():
        facts = known.facts(path)
        around = facts.at(definition.scope) if facts is not None and definition.scope else None
        if definition.kind == "module" or (around is not None and around.kind == "interface"):
            continue
        is_inside = around is not None and around.start_line <= definition.start_line <= around.end_line
        if is_inside and around is not None and around.kind == "enum":
            continue
        if definition.scope and not is_inside:
            if path not in lines:
                (text,) = known.lookup.lines([(path, 1, _MOST_LINES)])
                lines[path] = (text or "").split("\n")
            if _is_of_trait(lines[path], definition.start_line):
                continue
        yield name, "module"


def _is_of_trait(lines: list[str], line: int) -> bool:
    """Whether a method's line is in an `impl` of a trait."""
    above = (IMPL.match(text) for text in reversed(lines[: line - 1]))
    found = next((each for each in above if each), None)
    return found is not None and found[2] is not None
