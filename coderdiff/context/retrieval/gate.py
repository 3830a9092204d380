"""When to retrieve nothing: a cursor that needs no name from elsewhere gets no answer from there.

Most lines need none (on five repositories 3 to 13% of the lines with a call used a name that only other files have),
and what is not needed costs tokens and may mislead. Told are the places where it is plain: comments, strings, a name
that is being invented, a line that is a keyword. Everything else is left to the score floor of `pack.py`.
"""

from __future__ import annotations

import re

import tree_sitter

_COMMENTS = re.compile(r"comment")
_STRINGS = re.compile(r"string|heredoc|template_substitution_text|char_literal|rune_literal")
_CODE_IN_STRINGS = re.compile(r"interpolation|template_substitution|substitution|expansion|embedded")
_MODIFIERS = (
    r"(?:(?:async|export|default|public|private|protected|static|abstract|final|unsafe|const|pub(?:\(\w+\))?)"
    r"\s+)*"
)
_NEW_NAME = re.compile(
    rf"^\s*{_MODIFIERS}(?:def|class|function|fn|func|struct|interface|enum|trait|module|namespace|type)\s+\w*$"
    r"|\b(?:as|for|catch|lambda|let|var)\s+\w*$"
)
_KEYWORD_ALONE = re.compile(
    r"^\s*[})\]]*\s*(?:else|try|finally|pass|break|continue|do|loop|begin|end|then|fi|done|esac|ensure|default)\b\s*[:{;]?$"
)
_NUMBER = re.compile(r"(?:^|[^\w.])\d[\w.]*$")


def reason_for_nothing(before: str, tree: tree_sitter.Tree | None, offset: int) -> str | None:
    """Why this cursor needs nothing from other files, in a few words; None where it may.

    `before` is its line up to the cursor, `tree` its file's syntax tree (None if the language is not known), `offset`
    the cursor in the tree's bytes.
    """
    if _NEW_NAME.search(before):
        return "a new name is being written"
    if _KEYWORD_ALONE.match(before):
        return "a keyword on its own"
    if _NUMBER.search(before):
        return "a number is being written"
    if tree is None:
        return None
    return _written_text(tree, offset) or ("in a string" if _in_open_quote(before) else None)


def _written_text(tree: tree_sitter.Tree, offset: int) -> str | None:
    """Whether the cursor is in a comment or a string, and not in code within a string."""
    node: tree_sitter.Node | None = tree.root_node.descendant_for_byte_range(max(0, offset - 1), offset)
    while node is not None:
        if _CODE_IN_STRINGS.search(node.type):
            return None
        inside = node.start_byte < offset
        if inside and _COMMENTS.search(node.type):
            return "in a comment"
        if inside and _STRINGS.search(node.type) and offset < node.end_byte:
            return "in a string"
        node = node.parent
    return None


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
    return opened is not None and before.count("{", start) <= before.count("}", start)
