"""What kind of file a path names: whether it can be an example for code of a language, whether it holds tests."""

from __future__ import annotations

import re
from functools import lru_cache

from coderdiff.context.paths import name_of, suffix_of
from coderdiff.context.retrieval.known import SCRIPTS
from coderdiff.context.syntax.languages import language_of

_C = frozenset({"c", "cpp"})

_OF_SCRIPTS = frozenset({".vue", ".svelte", ".astro"})
"""Files without a syntax of ours that hold scripts."""

_SCHEMAS = frozenset({".sql", ".proto", ".graphql", ".gql", ".prisma", ".thrift"})
"""Files without a syntax of ours whose names code of any language uses."""


@lru_cache(maxsize=1 << 14)
def is_example(path: str, language: str | None) -> bool:
    """Whether lines of a file can show how something is done in code of a language: of its own family, or of a schema.

    Settings and prose have the words of code without being any. To a file without a language all files are alike.
    """
    if language is None:
        return True
    other = language_of(path)
    if other is None:
        suffix = suffix_of(path).lower()
        return suffix in _SCHEMAS or (suffix in _OF_SCRIPTS and language in SCRIPTS)
    return any(language in family and other.name in family for family in ({language}, SCRIPTS, _C))


@lru_cache(maxsize=1 << 14)
def is_test(path: str) -> bool:
    """Whether a file is called like one of tests: `test_desk.py`, `desk_test.go`, `desk.spec.ts`, `DeskTest.java`."""
    return bool(_TEST.search(name_of(path)))


_TEST = re.compile(
    r"^(?:test_.*|conftest)\.pyi?$|_(?:tests?|spec)\.\w+$|\.(?:test|spec)\.\w+$|(?:\w(?:Tests?|Spec)|[a-z0-9]IT)\.(?:java|cs|php)$"
)
