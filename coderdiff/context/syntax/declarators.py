"""Names in C's declarators: `int *(*handlers[4])(void)` declares `handlers`, and no query can say how deep it is."""

from __future__ import annotations

from dataclasses import dataclass

import tree_sitter

_DEEPEST = 64
"""How deep a declarator is followed."""

_WRAPPERS = frozenset(
    {
        *("pointer_declarator", "array_declarator", "function_declarator", "init_declarator"),
        *("parenthesized_declarator", "reference_declarator", "attributed_declarator", "bitfield_clause"),
        *("variadic_declarator", "pointer_type_declarator", "structured_binding_declarator"),
    }
)
_NAMES = frozenset(
    {
        *("identifier", "field_identifier", "type_identifier", "namespace_identifier"),
        *("destructor_name", "operator_name", "template_function", "primitive_type"),
        "nested_namespace_specifier",
    }
)


@dataclass(frozen=True, slots=True)
class Declared:
    """The name in a declarator, the types before its `::`, and whether it is a function that is declared."""

    name: tree_sitter.Node
    within: tuple[tree_sitter.Node, ...]
    function: bool


def declared(node: tree_sitter.Node) -> Declared | None:
    """What a declarator declares; None if it has no name (an abstract one, a conversion operator)."""
    within: list[tree_sitter.Node] = []
    function = False
    for _ in range(_DEEPEST):
        kind = node.type
        inner: tree_sitter.Node | None
        if kind in _NAMES:
            return Declared(node, tuple(within), function)
        if kind == "qualified_identifier":
            scope = node.child_by_field_name("scope")
            if scope is not None:
                within.append(scope)
            inner = node.child_by_field_name("name")
        elif kind in _WRAPPERS:
            function = kind == "function_declarator"
            inner = node.child_by_field_name("declarator") or _first_wrapped(node)
        else:
            return None
        if inner is None:
            return None
        node = inner
    return None


def _first_wrapped(node: tree_sitter.Node) -> tree_sitter.Node | None:
    for child in node.named_children[:4]:
        if child.type in _WRAPPERS or child.type in _NAMES or child.type == "qualified_identifier":
            return child
    return None
