"""What the comment above a definition says it is or gives, where the code does not: PHPDoc, JSDoc, YARD."""

from __future__ import annotations

import re

from coderdiff.context.retrieval.known import Known
from coderdiff.context.retrieval.lookup import Here

_MOST_LINES = 30

_TYPE = r"[\w\\?|$\[\]-]+(?:<[^<>\n]*(?:<[^<>\n]*>[^<>\n]*)*>)?(?:\[\])*(?:\|[\w\\]+(?:\[\])*)*"
_SAYS = {
    "php": re.compile(rf"@(?:(?:phpstan|psalm)-)?(?:return|var)\s+({_TYPE})"),
    "javascript": re.compile(r"@(?:returns?|type)\s*\{([^{}\n]+)\}"),
    "ruby": re.compile(r"@return\s*\[([^\n]+?)\](?:\s|$)", re.MULTILINE),
}
_COMMENT = re.compile(r"\s*(?:/?\*|//|#(?!\[))")
_BETWEEN = re.compile(r"\s*(?:@\w|#\[|\[\w)")
_MANY_IN_PHP = re.compile(
    r"^[\w\\-]*(?:array|list|iterable|Collection|Generator|Iterator|Traversable)<(?:[^<>,]+,\s*)?(.+)>"
)
"""Of keys and values PHP's loops get the values."""


def said_above(known: Known, here: Here) -> str | None:
    """The type that the comment right above a definition gives to what it returns or is."""
    facts = known.facts(here.path)
    pattern = _SAYS.get(facts.language or "") if facts is not None else None
    first = here.definition.start_line
    if pattern is None or facts is None or first == 1:
        return None
    (text,) = known.lookup.lines([(here.path, max(1, first - _MOST_LINES), first - 1)])
    comment: list[str] = []
    for line in reversed((text or "").split("\n")):
        if _COMMENT.match(line):
            comment.append(line)
        elif not _BETWEEN.match(line):
            break
    found = pattern.search("\n".join(reversed(comment)))
    if found is None:
        return None
    many = _MANY_IN_PHP.match(found[1]) if facts.language == "php" else None
    return f"list<{many[1]}>" if many else found[1]
