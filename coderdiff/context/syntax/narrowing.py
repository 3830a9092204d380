"""Where a check of a name's type has held: `if isinstance(x, Circle):`, `if (!(x instanceof Circle)) return`."""

from __future__ import annotations

import tree_sitter

from coderdiff.context.records import TO_THE_END

_BRANCHES = frozenset({"if_statement", "elif_clause", "while_statement"})
_AROUND = frozenset({"parenthesized_expression"})
_NOT = frozenset({"not_operator", "unary_expression"})
_JOINED = frozenset({"boolean_operator", "binary_expression"})
_LEAVES = frozenset(
    {"return_statement", "raise_statement", "throw_statement", "continue_statement", "break_statement"}
)
_FUNCTIONS = frozenset(
    (
        *("function_definition", "function_declaration", "method_definition", "arrow_function"),
        *("function_expression", "lambda"),
    )
)

Lines = tuple[int, int]
"""The line that a check ends on, and the last one that it holds on."""


def lines_narrowed(check: tree_sitter.Node) -> Lines | None:
    """The lines (1-based) on which a check is known to have been true; None if it is not known of any.

    Empty lines behind a branch are its own: what is written there next may belong to it.
    """
    failed = False
    inner, outer = check, check.parent
    while outer is not None:
        kind = outer.type
        if kind in _NOT and outer.children[0].type in ("not", "!"):
            failed = not failed
        elif kind in _JOINED:
            operator = outer.child_by_field_name("operator")
            wanted = ("or", "||") if failed else ("and", "&&")
            if operator is None or operator.type not in wanted:
                return None
        elif kind == "assert_statement":
            return None if failed else (outer.end_point[0] + 1, _last_line(outer.parent))
        elif kind in _BRANCHES:
            return _of_branch(outer, inner, failed)
        elif kind not in _AROUND:
            return None
        inner, outer = outer, outer.parent
    return None


def _of_branch(branch: tree_sitter.Node, condition: tree_sitter.Node, failed: bool) -> Lines | None:
    body = branch.child_by_field_name("consequence") or branch.child_by_field_name("body")
    if body is None or branch.child_by_field_name("condition") != condition:
        return None
    if not failed:
        return condition.end_point[0] + 1, _last_line(body)
    leaves = any(each.type in _LEAVES for each in (body, *body.named_children[-1:]))
    if branch.type != "if_statement" or not leaves or branch.child_by_field_name("alternative"):
        return None
    return branch.end_point[0] + 1, _last_line(branch.parent)


def _last_line(node: tree_sitter.Node | None) -> int:
    """The last line before anything that follows a node in its function; `TO_THE_END` if nothing does."""
    while node is not None and node.type not in _FUNCTIONS:
        following = node.next_sibling
        if following is not None and following.end_byte > following.start_byte:
            return following.start_point[0] + (0 if following.start_point[0] > node.end_point[0] else 1)
        node = node.parent
    return TO_THE_END
