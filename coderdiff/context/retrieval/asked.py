"""What the line that is being written asks for by itself, read from the text around the cursor: no tree, no symbols.

It changes when a dot, an import or a bracket is written, and not with the letters of a name: so what is shown for it
stands as long as the question does.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from coderdiff.context.retrieval.expressions import words
from coderdiff.context.retrieval.view import receiver_before

MOST_CHARS = 800
"""Characters before and behind the cursor that are looked at: an import or a call may go over several lines."""


class Line(NamedTuple):
    """What a line asks for: what stands before its dot (`receiver`), or the module that it imports names from; and what
    is called where brackets are open (`call`: "user.check_password"), or the type whose fields are (`literal`).

    `parameters` says whether it names those of what may be a test; `element` is the component whose attributes it
    writes.
    """

    receiver: str | None = None
    module: str | None = None
    call: str | None = None
    literal: str | None = None
    parameters: bool = False
    element: str | None = None


def line_at(before: str, after: str, language: str | None) -> Line:
    """What is asked for between two halves of a text."""
    before, after = before[-MOST_CHARS:], after[:MOST_CHARS]
    module = module_at(before, after, language)
    if module is not None:
        return Line(module=module)
    if language == "python" and _PARAMETERS.search(before):
        return Line(parameters=True)
    if language in _HAVE_ELEMENTS and (element := _ELEMENT.search(before)):
        return Line(element=element[1])
    call, literal = opened_at(before, language)
    return Line(receiver_before(before), None, call, literal)


_PARAMETERS = re.compile(
    r"(?:\bdef[ \t]+test\w*|\bfixture\b(?:\([^()\n]*\))?[ \t]*\n[ \t]*(?:async[ \t]+)?def[ \t]+\w+)"
    r"[ \t]*\((?:[^()]*,)?\s*\w*\Z"
)
"""Where a test of Python, or a fixture, says by name what it takes."""


_HAVE_ELEMENTS = frozenset({"tsx", "javascript"})
_ELEMENT = re.compile(
    r"<([A-Z][\w.]*)"
    r"(?:\s+(?:[\w-]+(?:=(?:\"[^\"\n]*\"|'[^'\n]*'|\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}))?|\{\.\.\.[^{}]*\}))*"
    r"\s+[\w-]*\Z"
)
"""A component that is being written with its attributes (React's `<OrderCard order={order} `)."""


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


def opened_at(before: str, language: str | None) -> tuple[str | None, str | None]:
    """What is called by the innermost open call up to a cursor, or the type of the innermost open literal.

    Lists, groups and objects without a type are looked through; a block ends the search.
    """
    start = before.find("\n") + 1 if len(before) == MOST_CHARS else 0
    opened: list[int] = []
    for token in _TOKENS.get(language or "", _TOKEN).finditer(before, start):
        if token[0] in "([{":
            opened.append(token.start())
        elif token[0] in ")]}" and opened:
            opened.pop()
    for at in reversed(opened[-_MOST_OPEN:]):
        if before[at] == "(":
            name = _CALLED.search(before, max(start, at - _MOST_HEAD), at)
            if name is not None and name[1] not in _GROUPS:
                is_call = name[1] not in _NOT_CALLED and not _NEW_FUNCTION.search(
                    before, start, name.start(1)
                )
                return (receiver_before(before[: name.end(1)] + ".") if is_call else None), None
        elif before[at] == "{":
            head = before[max(start, at - _MOST_HEAD) : at]
            if (pattern := _LITERALS.get(language or "")) and (literal := pattern.search(head)):
                return None, literal[1]
            if not head.rstrip().endswith(_BEFORE_OBJECTS):
                break
    return None, None


_MOST_OPEN = 12
"""Brackets in brackets that are looked through."""

_MOST_HEAD = 120
"""Characters before a bracket that may say what it opens."""

_STRING = r"\"(?:[^\"\\\n]|\\.)*\"|"
_QUOTED = r"'(?:[^'\\\n]|\\.)*'|"
_BRACKETS = r"[()\[\]{}]"
_TOKEN = re.compile(f"{_STRING}{_QUOTED}`[^`]*`|//[^\\n]*|{_BRACKETS}")
_TOKENS = {
    **dict.fromkeys(("python", "ruby", "bash"), re.compile(f"{_STRING}{_QUOTED}#[^\\n]*|{_BRACKETS}")),
    "rust": re.compile(rf"{_STRING}'(?:[^'\\\n]|\\.)'|//[^\n]*|{_BRACKETS}"),
}
"""Brackets, and what they do not count in. Rust has quotes that open nothing: `'a`."""

_CALLED = re.compile(r"(?<![\w$])([A-Za-z_$][\w$]*[?!]?)(?:(?:::)?<[\w ,.<>\[\]?]*>)?[ \t]*\Z")
_GROUPS = words("return in and or not await yield is else case assert del throw typeof print echo")
"""What stands before a bracket that groups."""

_NOT_CALLED = words("if elif for foreach while switch match catch with def fn func function lambda async")
_NEW_FUNCTION = re.compile(
    r"\b(?:def|class|function|fn|func|sub|macro_rules!)\s+(?:self\.)?\Z|\bfunc\s*\([^()]*\)\s*\Z"
)
_BEFORE_OBJECTS = ("(", "[", "{", ",", ":", "=")

_LITERALS: dict[str, re.Pattern[str]] = {
    "go": re.compile(r"(?<![\w.])([A-Za-z_]\w*(?:\.\w+)?)\Z"),
    "rust": re.compile(
        r"^(?!.*\b(?:if|while|match|for|impl|struct|enum|trait|union|mod)\b[^;(){}\n]*\Z)(?!.*->\s*[\w:<>]+\s*\Z)"
        r".*?(?<![\w:])((?:\w+::)*[A-Z]\w*)\s*\Z",
        re.DOTALL,
    ),
    "c_sharp": re.compile(r"\bnew\s+([\w.]+)\s*(?:\([^()]*\))?\s*\Z"),
    "cpp": re.compile(
        r"(?<![\w:])(?<!class )(?<!struct )(?<!enum )(?<!union )(?<!namespace )((?:\w+::)*[A-Z]\w*)\Z"
    ),
    **dict.fromkeys(("typescript", "tsx"), re.compile(r":\s*([A-Z][\w.]*)\s*=\s*\Z")),
}
"""What stands before a bracket that opens a value of a type. Go's blocks have a blank before theirs."""
