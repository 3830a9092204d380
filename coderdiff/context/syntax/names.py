"""The names that a text seems to define, by its words alone: what is known of a file before it is parsed.

A search for a name's definition parses the files that may have it, so a name must not be missed, and one too many
costs only time. Python, whose blocks show by their indentation, is read closely; of the other languages any word in
a defining position counts. How many names are missed and how many are too many `tests/context/syntax/test_names.py`
holds against the trees.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Iterator, Sequence

from coderdiff.context.syntax.languages import Language

# Patterns begin with a literal wherever they can, which the engine looks for at the speed of memory, and do not
# give back what they took: these two made them five times as fast.
_WORD = re.compile(r"[\w$#@]+")
_OF_SELF = re.compile(r"self\.(\w++)[ \t]*+(?:=(?!=)|:)")
_OF_CLS = re.compile(r"cls\.(\w++)[ \t]*+(?:=(?!=)|:)")
_TELLING = (
    r"(?:(def|async[ \t]++def)[ \t]++(\w++)|class[ \t]++(\w++)"
    # At the margin these end the function before; "else: a = 1" gives a name.
    r"|(?<=\n)(if|else|elif|try|except|finally|with|for|while)\b[ \t]*+(:)?"
    r"|type[ \t]++(\w++)[ \t]*+(?:\[[^\n]*\][ \t]*+)?=(?!=)"
    r"|(\w++)[ \t]*+(?::|(,)|=(?!=)(?:[ \t]*+(\w++)[ \t]*+=(?!=))?))"
)
_STATEMENT = re.compile(rf"\n([ \t]*+)(?=\w){_TELLING}")
_IN_FUNCTION = tuple(
    re.compile(rf"\n([ \t]{{0,{depth}}}+(?=\w)|[ \t]*+(?=(?:async|class|def|type)[ \t])){_TELLING}")
    for depth in (0, 4, 8)
)
"""The same behind the head of a function that is indented by so many blanks or less: a variable further in than that
is the function's own, and most are."""

_BRACKET_ENDS = re.compile(r"\)[ \t]*+=(?!=)")
_BEHIND = re.compile(r":[ \t]++(\w++)[ \t]*+(?:=(?!=)|:)")
_CHAIN = re.compile(r"[^=!<>]=[ \t]*+(\w++)[ \t]*+(?==[^=])")
_NO_NAMES = frozenset(keyword.kwlist)
_NEVER = frozenset(
    (
        *(
            "if",
            "else",
            "for",
            "while",
            "return",
            "switch",
            "break",
            "continue",
            "case",
            "const",
            "do",
            "import",
        ),
        "function",
    )
)


def likely_names(language: Language | None, text: str) -> set[str]:
    """The names that a file of a language seems to define; none where the language is not known."""
    if language is None:
        return set()
    if language.name == "python":
        return {name for name in _of_python(text) if not name[0].isdigit()}
    found = set(_FINDERS[language.name]("\n" + text))
    # A qualified name is written with dots in a tree's records, whatever the language's sign is.
    found |= {name.replace("::", ".") for name in found if "::" in name}
    return {name for name in found - _NEVER if not name[:1].isdigit()}


def _of_python(text: str) -> set[str]:
    """Functions, classes and fields wherever they stand; variables that stand in no function."""
    text = f"\n{text}\n"
    names = set(_OF_SELF.findall(text))
    if "cls." in text:
        names.update(_OF_CLS.findall(text))
    names.update(_in_brackets(text))
    # What a line may stand in, outermost first: its indentation, and whether it is a function.
    around: list[tuple[int, bool]] = [(-1, False)]
    pattern = _STATEMENT
    found = pattern.search(text)
    while found:
        blanks, define, function, type_, block, colon, alias, name, comma, second = found.groups()
        depth = len(blanks)
        if not name:
            if alias:
                names.add(alias)
            else:
                while around[-1][0] >= depth:
                    around.pop()
                around.append((depth, define is not None))
                if not block:
                    names.add(function or type_)
                pattern = _in_function(depth) if define else _STATEMENT
        elif not depth or not _innermost(around, depth):
            if not comma:
                names.add(name)
        else:
            # A function's own.
            comma = second = colon = name = None
        if comma or second or colon or name in _NO_NAMES:
            names.update(_more(text[found.start() + 1 + depth : text.find("\n", found.end())], bool(comma)))
        found = pattern.search(text, found.end())
    return names - _NO_NAMES


def _in_brackets(text: str) -> Iterator[str]:
    """The targets of `(a, b) = ...`, which may stand on several lines."""
    for found in _BRACKET_ENDS.finditer(text):
        start = text.rfind("(", 0, found.start())
        if not text[text.rfind("\n", 0, start) + 1 : start].strip():
            yield from _WORD.findall(text[start : found.start()])


def _in_function(depth: int) -> re.Pattern[str]:
    """What is looked for behind the head of a function that is indented so far."""
    return _IN_FUNCTION[(depth + 3) // 4] if depth <= 8 else _STATEMENT


def _innermost(around: Sequence[tuple[int, bool]], depth: int) -> bool:
    """Whether the innermost that is less indented is a function."""
    at = -1
    while around[at][0] >= depth:
        at -= 1
    return around[at][1]


def _more(line: str, listed: bool) -> Iterator[str]:
    """Further names of a line: `a, b = ...`, `a = b = ...`, `else: a = ...`."""
    targets, sign, _ = line.partition("=")
    if listed and sign:
        yield from _WORD.findall(targets)
    yield from _CHAIN.findall(line)
    yield from _BEHIND.findall(line)


_Finder = Callable[[str], Iterator[str]]

_SCRIPT_WORDS = re.compile(
    r"\b(?:(?:function|class|interface|enum|type|namespace|module|const|let|var|get|set|static|async|abstract|readonly"
    r"|public|private|protected|declare|override|accessor|default)\b[ \t]*\*?[ \t]*)+[\"']?([#$\w.-]+)"
)
_SCRIPT_MEMBER = re.compile(
    r"[\n{;][ \t]*[*]?[ \t]*[\"']?([#$\w]+)[\"']?[?!]?[ \t]*"
    r"(?:[:=;]|\([^;\n]*[{(,][ \t]*(?=\n)|\([^\n]*\)[ \t]*[:{]|<[^\n]*\()"
)
_SCRIPT_GIVEN = re.compile(r"\.([#$\w]+)[ \t]*=(?!=)")
_SCRIPT_UNPACKED = re.compile(r"\b(?:const|let|var)\s*([{\[][^=;]*[}\]])\s*=")
_SCRIPT_LISTED = re.compile(r",\s*([#$\w]+)[?]?\s*(?:[:=,;})](?!=)|(?=\n))")
_SCRIPT_VALUE = re.compile(r"([#$\w]+)[\"']?[ \t]*[:=][ \t]*(?:async\b|function\b|\(|[\w$]+[ \t]*=>)")

_ENUM = re.compile(r"\benum\b[^{;]*\{([^}]*)\}?")
_ITEM = re.compile(r"(?:^|,|;)\s*(?:(?://[^\n]*|/\*.*?\*/|#\[[^\]]*\]|\[[^\]]*\]|@\w+)\s*)*(\w+)")
_TYPED = re.compile(r"([\w>\]?*&)]+)\s+[*&]*(~?\w+)\s*(?=(?:<[\w\s,.?]*>\s*)?[=;,({\[):])")
_STARRED = re.compile(r"[*&]\s*(?:const\s+)?(\w+)\s*(?=[=;,({\[)])")
_NO_TYPES = frozenset(
    (
        *(
            "return",
            "new",
            "throw",
            "goto",
            "case",
            "delete",
            "else",
            "in",
            "is",
            "as",
            "await",
            "yield",
            "import",
        ),
        *(
            "package",
            "using",
            "extends",
            "implements",
            "throws",
            "instanceof",
            "typeof",
            "sizeof",
            "co_return",
        ),
        *("co_await", "co_yield", "not", "and", "or", "do"),
    )
)
_BRACED = re.compile(r"\}\s*\**(\w+)\s*(?=[;,\[])")
_FURTHER = re.compile(r",\s*[*&]*(\w+)\s*(?=[^()\n]*[;{])")
_ALONE = re.compile(
    r"\n[ \t]*(\w+)[ \t]*(?=(?:\([^\n]*\)[ \t]*)?(?:=[^=\n]*)?[,;{]?[ \t]*(?://[^\n]*|/\*[^\n]*)?\n)"
)
_DEFINE = re.compile(r"#[ \t]*define[ \t]+(\w+)")
_OF_CLASS = re.compile(r"::\s*(~?\w+)\s*(?=[({=;])")
_OPERATOR = re.compile(r"(operator\s*(?:\(\)|\[\]|[^\s\w(]+|[ \t]\w[\w:]*(?:[ \t]*[*&])*|\"\"\s*\w+))\s*\(")
_NAMED = re.compile(
    r"\b(?:class|struct|union|enum|interface|record|@interface|namespace|concept|using|delegate|typedef|event)\s+"
    r"(?:class\s+|struct\s+)?([\w.:]+)"
)
_KEYED = re.compile(r"\(\s*\*\s*(\w+)\s*\)")


def _of_scripts(text: str) -> Iterator[str]:
    for pattern in (_SCRIPT_WORDS, _SCRIPT_MEMBER, _SCRIPT_GIVEN, _SCRIPT_LISTED, _SCRIPT_VALUE, _ALONE):
        yield from pattern.findall(text)
    for pattern in (_SCRIPT_UNPACKED, _ENUM):
        for listed in pattern.findall(text):
            yield from _WORD.findall(listed)


def _of_c_like(text: str) -> Iterator[str]:
    for before, name in _TYPED.findall(text):
        if before not in _NO_TYPES:
            yield name
    for pattern in (_STARRED, _BRACED, _FURTHER, _ALONE, _DEFINE, _OF_CLASS, _OPERATOR, _NAMED, _KEYED):
        yield from pattern.findall(text)
    for listed in _ENUM.findall(text):
        yield from _ITEM.findall(listed)


_GO_WORDS = re.compile(r"\b(?:func|type|var|const)\s+(?:\([^)\n]*\)\s*)?(\w+(?:\s*,\s*\w+)*)")
_GO_LINES = re.compile(r"[\n{;][ \t]*(\w+(?:[ \t]*,[ \t]*\w+)*)[ \t]*(?:[ \t][\w*(.<]|[=(\[]|(?=\n)|(?=//))")


def _of_go(text: str) -> Iterator[str]:
    for pattern in (_GO_WORDS, _GO_LINES):
        for listed in pattern.findall(text):
            yield from _WORD.findall(listed)


_RUST_WORDS = re.compile(
    r"\b(?:fn|struct|enum|union|trait|mod|type|const|static|macro_rules!)\s+(?:mut\s+)?(?:r#)?(\w+)"
)
_RUST_FIELDS = re.compile(r"[\n{,(]\s*(?:pub(?:\([^)]*\))?\s+)?(?:r#)?(\w+)\s*:(?!:)")
_RUST_VARIANTS = re.compile(r"[\n{,]\s*(\w+)\s*(?=[,({=}]|\n)")


def _of_rust(text: str) -> Iterator[str]:
    for pattern in (_RUST_WORDS, _RUST_FIELDS, _RUST_VARIANTS):
        yield from pattern.findall(text)


_PHP_WORDS = re.compile(
    r"(?i)\b(?:class|interface|trait|enum|function|const|namespace|case)\s+&?\s*(\w[\w\\]*)"
)
_PHP_VARIABLES = re.compile(r"(\$(\w+))\s*(?=[=;,)])")
_PHP_GIVEN = re.compile(r"->(\w+)\s*=(?!=)")
_PHP_TYPED = re.compile(r"\bconst\s+[\w|?\\]+\s+(\w+)|,\s*(\w+)\s*=")
_PHP_DEFINE = re.compile(r"\bdefine\s*\(\s*[\"']([^\"']+)")


def _of_php(text: str) -> Iterator[str]:
    for pattern in (_PHP_WORDS, _PHP_GIVEN, _PHP_DEFINE):
        yield from pattern.findall(text)
    for pattern in (_PHP_VARIABLES, _PHP_TYPED):
        for several in pattern.findall(text):
            yield from filter(None, several)


_RUBY_DEF = re.compile(r"\bdef\s+(?:[\w@]+\.)?([^\s(;.]+)")
_RUBY_WORDS = re.compile(r"\b(?:class|module|alias|alias_method|define_method)[ \t(]+:?([\w:?!=@$]+)")
_RUBY_GIVEN = re.compile(r"([@$]{0,2}\b\w+)\s*(?:\|\||&&|[-+*/|&])?=(?![=~>])")
_RUBY_SYMBOLS = re.compile(r":(\w+[?!=]?)")
_RUBY_LISTED = re.compile(r"\n[ \t]*([@$]*\w+(?:[ \t]*,[ \t]*[*]?[@$]*\w+)+)[ \t]*=")


def _of_ruby(text: str) -> Iterator[str]:
    for pattern in (_RUBY_DEF, _RUBY_WORDS, _RUBY_GIVEN, _RUBY_SYMBOLS):
        yield from pattern.findall(text)
    for listed in _RUBY_LISTED.findall(text):
        yield from _WORD.findall(listed)


_BASH_CALLED = re.compile(r"([\w:.+@-]+)\s*\(\s*\)")
_BASH_FUNCTION = re.compile(r"\bfunction\s+([^\s({;]+)")
_BASH_GIVEN = re.compile(r"(\w+)(?:\[[^\]\n]*\])?\+?=")
_BASH_DECLARED = re.compile(r"\b(?:export|local|declare|readonly|typeset)\b([^\n;&|]*)")


def _of_bash(text: str) -> Iterator[str]:
    for pattern in (_BASH_CALLED, _BASH_FUNCTION, _BASH_GIVEN):
        yield from pattern.findall(text)
    for listed in _BASH_DECLARED.findall(text):
        yield from _WORD.findall(listed)


_FINDERS: dict[str, _Finder] = {
    **dict.fromkeys(("javascript", "typescript", "tsx"), _of_scripts),
    **dict.fromkeys(("c", "cpp", "java", "c_sharp"), _of_c_like),
    "go": _of_go,
    "rust": _of_rust,
    "php": _of_php,
    "ruby": _of_ruby,
    "bash": _of_bash,
}
