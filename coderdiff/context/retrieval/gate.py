"""When to retrieve nothing: a cursor that needs no name from elsewhere gets no answer from there.

The name of a function is new too, but in a class that extends another: there it is likely to be one that a base has
named, and the methods that are yet to be written are what is needed next (`missing.py`).

Most lines need none (on five repositories 3 to 13% of the lines with a call used a name that only other files have),
and what is not needed costs tokens and may mislead. Told are the places where it is plain: comments, strings, a name
that is being invented, a line that is a keyword. Everything else is left to the score floor of `pack.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import tree_sitter

_COMMENTS = re.compile(r"comment")
_STRINGS = re.compile(r"string|heredoc|template_substitution_text|char_literal|rune_literal")
_CODE_IN_STRINGS = re.compile(r"interpolation|template_substitution|substitution|expansion|embedded")
_WITH_BARE_CODE = frozenset({"encapsed_string", "heredoc_body", "shell_command_expression"})
_TEXT_IN_THEM = frozenset({"string_content", "escape_sequence", "heredoc_content", "heredoc_end", "ERROR"})
"""PHP's strings have expressions right among their texts."""

_MODIFIERS = (
    r"(?:(?:async|export|default|public|private|protected|static|abstract|final|unsafe|const|pub(?:\(\w+\))?)"
    r"\s+)*"
)
_NEW_NAME = re.compile(
    rf"^\s*{_MODIFIERS}(?:def|class|function|fn|func|struct|interface|enum|trait|module|namespace|type)\s+\w*$"
    r"|\b(?:catch|lambda|let|var)\s+\w*$"
    r"|^(?!\s*(?:unsafe\s+)?impl\b).*\bfor\s+\w*$"
    r"|^[\s})]*(?:(?:async|pub(?:\(\w+\))?|extern)\s+)*(?:import|from|with|except|use|case|crate|foreach)\b.*\bas\s+\w*$"
    r"|^\s*export\s*(?:type\s*)?[{*].*\bas\s+\w*$"
)
"""`as` names something new in these statements alone: elsewhere a type follows it (TypeScript, C#, Rust)."""

_NEW_METHOD = re.compile(rf"^\s*{_MODIFIERS}(?:def|function|fn|func)\s+\w*$")

_TAG_IN_C = re.compile(r"^\s*(?:(static|const|extern|inline|register|volatile)\s+)*(?:struct|enum)\s+\w*$")
_KEYWORD_ALONE = re.compile(
    r"^\s*[})\]]*\s*(?:else|try|finally|pass|break|continue|do|loop|begin|end|then|fi|done|esac|ensure|default)\b\s*[:{;]?$"
)
_NUMBER = re.compile(r"(?:^|[^\w.])\d[\w.]*$")


def reason_for_nothing(
    before: str,
    tree: tree_sitter.Tree | None,
    offset: int,
    extends: Callable[[], bool] = lambda: False,
) -> str | None:
    """Why this cursor needs nothing from other files, in a few words; None where it may.

    `before` is its line up to the cursor, `tree` its file's syntax tree (None if the language is not known), `offset`
    the cursor in the tree's bytes; `extends` says whether it stands right in a class that extends something.
    """
    if (
        _NEW_NAME.search(before)
        and not (tree is not None and _is_tag_in_use(before, tree, offset))
        and not (_NEW_METHOD.match(before) and extends())
    ):
        return "a new name is being written"
    if _KEYWORD_ALONE.match(before):
        return "a keyword on its own"
    if _NUMBER.search(before):
        return "a number is being written"
    if tree is None:
        return None
    reason = _written_text(tree, offset)
    if reason is None and _in_open_quote(before):
        return "in a string"
    return reason or None


def _is_tag_in_use(before: str, tree: tree_sitter.Tree, offset: int) -> bool:
    """Whether a `struct` or `enum` of C or C++ is one that there is: behind a storage class, in a function, or in
    another struct of C (a class of C++ may have its own)."""
    tag = _TAG_IN_C.match(before)
    if tag is None or tree.root_node.type != "translation_unit":
        return False
    bodies = {"compound_statement", "field_declaration_list" if tree.language.name == "c" else ""}
    node = None if tag[1] else tree.root_node.descendant_for_byte_range(max(0, offset - 1), offset)
    while node is not None and node.type not in bodies:
        node = node.parent
    return bool(tag[1]) or node is not None


def _written_text(tree: tree_sitter.Tree, offset: int) -> str | None:
    """Whether the cursor is in a comment or a string; "" in code within a string, None elsewhere."""
    node: tree_sitter.Node | None = tree.root_node.descendant_for_byte_range(max(0, offset - 1), offset)
    while node is not None:
        if _CODE_IN_STRINGS.search(node.type) or _is_bare_code(node):
            return ""
        inside = node.start_byte < offset
        if inside and _COMMENTS.search(node.type):
            return "in a comment"
        if inside and _STRINGS.search(node.type) and offset < node.end_byte:
            return "in a string"
        node = node.parent
    return None


def _is_bare_code(node: tree_sitter.Node) -> bool:
    return (
        node.is_named
        and node.parent is not None
        and node.parent.type in _WITH_BARE_CODE
        and node.type not in _TEXT_IN_THEM
    )


def _in_open_quote(before: str) -> bool:
    """Whether a quote on this line is still open, which the parser takes for an error; not in code within it."""
    opened: str | None = None
    start = at = 0
    while at < len(before):
        character = before[at]
        if opened is not None and character == "\\":
            at += 1
        elif character == opened:
            opened = None
        elif opened is None and character == '"':
            opened, start = character, at
        at += 1
    if opened is None or before.count("{", start) > before.count("}", start):
        return False
    return "$(" not in before[start:] or before.count("(", start) <= before.count(")", start)
