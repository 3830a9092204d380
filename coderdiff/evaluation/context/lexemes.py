"""The measure of length here: lexemes, which favour no tokenizer. And the words of a text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from coderdiff.context.retrieval.render import heading
from coderdiff.types import Snippet

_LEXEME = re.compile(r"\d[\w.]*|\w+|[^\w\s]")
_IDENTIFIER = re.compile(r"(?<!\w)[^\W\d]\w*")


def count_lexemes(text: str) -> int:
    """How many identifiers (keywords too), numbers and single punctuation marks are in a text."""
    return len(_LEXEME.findall(text))


def cost(pack: Iterable[Snippet]) -> int:
    """Lexemes of a pack, each snippet with the path heading that a prompt puts before it."""
    return sum(count_lexemes(heading(snippet.path) + snippet.text) for snippet in pack)


def identifiers(text: str) -> list[str]:
    """Every identifier of a text, keywords and the words of comments and strings too, in order."""
    return _IDENTIFIER.findall(text)
