"""What a Python file defines and where it uses names, read with CPython's own parser.

The yardstick of this benchmark and the baselines' view of a file: it shares nothing with the index that is measured.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

_HEADER_CHARS = 240
_INDENT = "    "


@dataclass(frozen=True, slots=True)
class Entry:
    """A definition that other files can reach: a class, a function, or a name assigned in a module or a class.

    `header` is its text without the body, on one line; `around` are the indices of the classes around it.
    """

    name: str
    header: str
    line: int
    around: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Use:
    """A name that is read, or stands behind a dot; 1-based line, 0-based column in characters.

    `root` is the first name of what stands before the dot ("np" of `np.random.rand`), None if it starts with no name
    or there is no dot. A name that its own line binds (`for x in`, `lambda x`) and `self.x =` are no uses.
    """

    name: str
    line: int
    column: int
    root: str | None


@dataclass(frozen=True, slots=True)
class Outline:
    """A file's definitions and uses in source order, the attributes that its methods set on `self`, and what its
    imports bind: name to module, as written in an absolute import, relative ones left out."""

    entries: tuple[Entry, ...] = ()
    attributes: frozenset[str] = frozenset()
    uses: tuple[Use, ...] = ()
    imported: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> frozenset[str]:
        """All that the file defines."""
        return self.attributes | {entry.name for entry in self.entries}

    def skeleton(self, chosen: Collection[int] | None = None) -> str:
        """The headers of the chosen entries (all by default), each below those of the classes around it."""
        wanted = range(len(self.entries)) if chosen is None else chosen
        shown = sorted({*wanted, *(outer for index in wanted for outer in self.entries[index].around)})
        entries = [self.entries[index] for index in shown]
        return "\n".join(_INDENT * len(entry.around) + entry.header for entry in entries)


def outline_of(text: str) -> Outline:
    """The outline of a file's text, empty if it does not parse."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Outline()
    lines = text.split("\n")
    entries: list[Entry] = []
    attributes: set[str] = set()
    _read_block(module.body, lines, (), entries, attributes)
    uses = sorted(_uses(module, lines), key=lambda use: (use.line, use.column))
    return Outline(tuple(entries), frozenset(attributes), tuple(uses), _imported(module))


def _read_block(
    block: Sequence[ast.stmt],
    lines: Sequence[str],
    around: tuple[int, ...],
    entries: list[Entry],
    attributes: set[str],
) -> None:
    """Add what the statements of a module or a class define, those below `if`, `try` and `with` too."""
    for node in block:
        match node:
            case ast.ClassDef():
                entries.append(Entry(node.name, _header(node, lines), node.lineno, around))
                _read_block(node.body, lines, (*around, len(entries) - 1), entries, attributes)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                entries.append(Entry(node.name, _header(node, lines), node.lineno, around))
                if around:
                    attributes |= _set_on_self(node)
            case ast.Assign() | ast.AnnAssign():
                header = lines[node.lineno - 1].strip()[:_HEADER_CHARS]
                entries += (Entry(name, header, node.lineno, around) for name in _assigned(node))
            case _:
                for inner in _blocks(node):
                    _read_block(inner, lines, around, entries, attributes)


def _blocks(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    for part in ("body", "orelse", "finalbody"):
        yield getattr(node, part, [])
    for handler in getattr(node, "handlers", []):
        yield handler.body


def _header(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, lines: Sequence[str]) -> str:
    """`class A(B):` or `def f(x) -> C:` as written, from its keyword to where its body starts."""
    first = node.body[0]
    start = min([first.lineno, *(each.lineno for each in getattr(first, "decorator_list", []))])
    if start > node.lineno:
        head = " ".join(lines[node.lineno - 1 : start - 1])
    else:
        head = lines[start - 1].encode()[: first.col_offset].decode("utf-8", "ignore")
    return " ".join(head.split())[:_HEADER_CHARS]


def _assigned(node: ast.Assign | ast.AnnAssign) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    found = [each for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)]
    return [name.id for name in found if isinstance(name.ctx, ast.Store)]


def _set_on_self(method: ast.AST) -> set[str]:
    return {node.attr for node in ast.walk(method) if isinstance(node, ast.Attribute) and _sets_on_self(node)}


def _sets_on_self(node: ast.Attribute) -> bool:
    return (
        isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
        and node.value.id in ("self", "cls")
    )


def _uses(module: ast.Module, lines: Sequence[str]) -> Iterator[Use]:
    bound = {each for node in ast.walk(module) for each in _binds(node)}
    for node in ast.walk(module):
        if (
            isinstance(node, ast.Name)
            and isinstance(node.ctx, ast.Load)
            and (node.lineno, node.id) not in bound
        ):
            name, line, column, root = node.id, node.lineno, node.col_offset, None
        elif isinstance(node, ast.Attribute) and not _sets_on_self(node):
            assert node.end_lineno is not None
            assert node.end_col_offset is not None
            name, line, root = node.attr, node.end_lineno, _root(node)
            column = node.end_col_offset - len(name.encode())
        else:
            continue
        # Columns are bytes there, and before CPython 3.12 wrong inside of f-strings: these uses are left out.
        place = len(lines[line - 1].encode()[: max(0, column)].decode("utf-8", "ignore"))
        if lines[line - 1].startswith(name, place):
            yield Use(name, line, place, root)


def _binds(node: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, name) that a node binds."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.lineno, node.id
    elif isinstance(node, ast.arg):
        yield node.lineno, node.arg


def _root(node: ast.Attribute) -> str | None:
    value = node.value
    while isinstance(value, ast.Attribute):
        value = value.value
    return value.id if isinstance(value, ast.Name) else None


def _imported(module: ast.Module) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            found |= {alias.asname or alias.name.partition(".")[0]: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {alias.asname or alias.name: node.module for alias in node.names}
    return found
