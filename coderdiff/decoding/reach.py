"""Statements that nothing can reach: a small model that has said `return` often goes on saying it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import tree_sitter
import tree_sitter_python

_LEAVING = frozenset({"return_statement", "raise_statement", "break_statement", "continue_statement"})
_MAY_LEAVE = re.compile(r"^[ \t]*(?:return|raise|break|continue)\b.*\n\s*\S", re.MULTILINE)
_GENERATOR = b"yield"
"""Behind a `return` it makes a generator of a function that gives nothing: people write that."""


def reachable_python(prefix: str, text: str, suffix: str) -> str:
    """`text` up to the first of its statements that stands right behind one that leaves their block.

    Parsed is the file with the text in it, and only where a line of the text may be such a one.
    """
    head = prefix[prefix.rfind("\n") + 1 :]
    if not _MAY_LEAVE.search(head + text):
        return text
    before, own = prefix.encode("utf-8", "surrogatepass"), text.encode("utf-8", "surrogatepass")
    content = before + own + suffix.encode("utf-8", "surrogatepass")
    start, end = len(before), len(before) + len(own)
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_python.language()))
    for node in _overlapping(parser.parse(content).root_node, start, end):
        if node.type in _LEAVING and start < node.end_byte:
            behind = node.next_named_sibling
            while behind is not None and behind.type == "comment":
                behind = behind.next_named_sibling
            unreached = behind is not None and node.end_byte < behind.start_byte < end
            if unreached and _GENERATOR not in content[node.end_byte : end]:
                return own[: node.end_byte - start].decode("utf-8", "surrogatepass")
    return text


def _overlapping(node: tree_sitter.Node, start: int, end: int) -> Iterator[tree_sitter.Node]:
    """The nodes that have bytes of a range, in the order of the text."""
    for child in node.children:
        if child.start_byte < end and start < child.end_byte:
            yield child
            yield from _overlapping(child, start, end)
