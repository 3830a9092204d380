"""The names in a pattern that takes a value apart, and the steps from the value to each: `a, (b, *c)`, `{ x, y: z }`.

A step is the number of a part ("0", "-1" from behind), "rest" for `*c`, or a member (".x").
"""

from __future__ import annotations

from collections.abc import Iterator

import tree_sitter

from coderdiff.context.syntax.source import Source

_IN_A_ROW = frozenset(
    (
        *("pattern_list", "tuple_pattern", "list_pattern", "tuple", "expression_list", "array_pattern"),
        *("structured_binding_declarator", "slice_pattern"),
    )
)
_RESTS = frozenset({"list_splat_pattern", "rest_pattern"})
_WITH_DEFAULT = frozenset({"assignment_pattern", "object_assignment_pattern"})
_AROUND_ONE = frozenset(
    (
        *(
            "reference_declarator",
            "pointer_declarator",
            "as_pattern_target",
            "mut_pattern",
            "ref_pattern",
            "reference_pattern",
        ),
        "parenthesized_expression",
    )
)
"""Around one pattern that means what it means alone."""

_NAMES = frozenset(
    (
        *("identifier", "attribute", "shorthand_property_identifier_pattern", "member_expression"),
        *("field_expression", "selector_expression", "field_access", "member_access_expression"),
        *("instance_variable", "variable_name", "implicit_parameter"),
    )
)
_DEEPEST = 4

Steps = tuple[str, ...]


def names_in(
    node: tree_sitter.Node, source: Source, steps: Steps = ()
) -> Iterator[tuple[tree_sitter.Node, Steps]]:
    """Each name or attribute that a target gives a value to, and the way from the value to it."""
    kind = node.type
    if kind in _NAMES:
        yield node, steps
    elif len(steps) >= _DEEPEST:
        return
    elif kind in _IN_A_ROW:
        yield from _in_a_row(node, source, steps)
    elif kind == "object_pattern":
        for each in node.named_children:
            yield from _member_in(each, source, steps)
    elif kind in _WITH_DEFAULT and node.named_children:
        yield from names_in(node.named_children[0], source, steps)
    elif kind in _AROUND_ONE and node.named_children:
        yield from names_in(node.named_children[-1], source, steps)


def _in_a_row(
    node: tree_sitter.Node, source: Source, steps: Steps
) -> Iterator[tuple[tree_sitter.Node, Steps]]:
    """The parts are counted by their commas: one may be left out. Behind a rest they are counted from the end."""
    parts: list[tree_sitter.Node | None] = [None]
    for each in node.children:
        if each.type == ",":
            parts.append(None)
        elif each.is_named:
            parts[-1] = each
    if parts[-1] is None:
        parts.pop()
    if node.type == "expression_list" and len(parts) == 1 and parts[0] is not None:
        yield from names_in(parts[0], source, steps)
        return
    rest = next((at for at, each in enumerate(parts) if each is not None and each.type in _RESTS), len(parts))
    for at, part in enumerate(parts):
        if part is None:
            continue
        if at == rest:
            for inner in part.named_children[:1]:
                yield from names_in(inner, source, (*steps, "rest"))
        else:
            yield from names_in(part, source, (*steps, str(at if at < rest else at - len(parts))))


def _member_in(
    node: tree_sitter.Node, source: Source, steps: Steps
) -> Iterator[tuple[tree_sitter.Node, Steps]]:
    """One of the parts of `{ x, y: z, w = 1 }`."""
    if node.type == "pair_pattern":
        key, value = node.child_by_field_name("key"), node.child_by_field_name("value")
        if key is not None and value is not None and key.type == "property_identifier":
            yield from names_in(value, source, (*steps, f".{source.text(key.start_byte, key.end_byte)}"))
        return
    for name, _ in names_in(node, source):
        yield name, (*steps, f".{source.text(name.start_byte, name.end_byte)}")
