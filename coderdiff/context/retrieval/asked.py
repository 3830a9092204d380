"""What the line that is being written asks for by itself, read from the text around the cursor: no tree, no symbols.

It changes when a dot, an import or a bracket is written, and not with the letters of a name: so what is shown for it
stands as long as the question does.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from coderdiff.context.retrieval.view import receiver_before

MOST_CHARS = 800
"""Characters before and behind the cursor that are looked at: an import or a call may go over several lines."""


class Line(NamedTuple):
    """What a line asks for: what stands before its dot (`receiver`), or the module that it imports names from."""

    receiver: str | None = None
    module: str | None = None


def line_at(before: str, after: str, language: str | None) -> Line:
    """What is asked for between two halves of a text."""
    before, after = before[-MOST_CHARS:], after[:MOST_CHARS]
    module = module_at(before, after, language)
    return Line(module=module) if module is not None else Line(receiver_before(before))


def module_at(before: str, after: str, language: str | None) -> str | None:
    """The module that names are being imported from at a cursor, as its language writes it; None at any other place."""
    pattern = _IMPORTS.get(language or "")
    found = pattern.search(before) if pattern is not None and _mentions_import(before, after) else None
    if found is None:
        return None
    if language not in _SCRIPTS:
        return found[1]
    behind = _FROM_BEHIND.match(after)
    return behind[1] if behind else None


def _mentions_import(before: str, after: str) -> bool:
    """Tells most places, where there is none, without a look at each line."""
    return "import" in before or "use " in before or "export" in before or "require" in after


_SCRIPTS = frozenset({"javascript", "typescript", "tsx"})
_NAMES_OF_SCRIPTS = re.compile(
    r"(?:^|[\n;])\s*(?:(?:import|export)\b\s*(?:type\b\s*)?(?:[\w$]+\s*,\s*)?|(?:const|let|var)\s*)\{[^{}]*\Z"
)
_FROM_BEHIND = re.compile(
    r"[^{}'\";]*\}\s*(?:from\s*|=\s*(?:require|await\s+import)\s*\(\s*)['\"]([^'\"\n]+)['\"]"
)

_IMPORTS: dict[str, re.Pattern[str]] = {
    "python": re.compile(
        r"(?:^|\n)[ \t]*from[ \t]+(\.+[\w.]*|\w[\w.]*)[ \t]+import\b[ \t]*(?:\([^()]*|[\w ,\t]*)\Z"
    ),
    **dict.fromkeys(_SCRIPTS, _NAMES_OF_SCRIPTS),
    "java": re.compile(r"(?:^|\n)[ \t]*import\s+(?:static\s+)?([\w.]+)\.\w*\Z"),
    "rust": re.compile(r"(?:^|\n)[ \t]*(?:pub(?:\(\w+\))?\s+)?use\s+((?:\w+::)*\w+)::(?:\{[^{};]*|\w*)\Z"),
    "php": re.compile(r"(?:^|\n)[ \t]*use\s+(?:(?:function|const)\s+)?\\?(\w[\w\\]*)\\(?:\{[^{};]*|\w*)\Z"),
}
"""How an import begins that has named its module. In Go and C# an import names nothing that its module holds."""
