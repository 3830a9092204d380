"""Words in a defining position: what a file of any language but Python seems to define (`names.py`).

Every file of a repository is read so when it is taken in, and some are one line of a million characters. The engine
is fast where it may look for a letter or a sign, and slow where every character may be a beginning, as with a word of
which the sign behind it tells: one that fails is tried again from each of its letters. So patterns

- begin with a literal, or with a choice of literals or of characters, which the engine finds at the speed of memory;
- are turned where only the sign behind a name tells: the text is read backwards, and the sign comes first;
- do not give back what they took, where that could not help;
- never look from every place of a line for what stands at its end: that is found once, or the match takes all up to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

_Finder = Callable[[str], Iterable[str]]

_WORD = re.compile(r"[\w$#@]+")
_NEVER = frozenset(
    (
        *("if", "else", "for", "while", "do", "return", "switch", "case", "break", "continue"),
        *("const", "import", "function"),
    )
)


def names_by_position(language: str, text: str) -> set[str]:
    """The words of a text that stand where its language defines names."""
    found = set(_FINDERS[language]("\n" + text))
    # A qualified name is written with dots in a tree's records, whatever the language's sign is.
    found |= {name.replace("::", ".") for name in found if "::" in name}
    return {name for name in found - _NEVER if not name[:1].isdigit()}


def _word(*words: str) -> str:
    """A pattern of any of these where a word begins.

    The engine looks for the letters that they begin with. `\b` in front it would try at every character, so that no
    letter stands before is asked behind the word.
    """
    rests: dict[str, list[str]] = {}
    for word in words:
        rests.setdefault(word[0], []).append(rf"{word[1:]}(?<!\w{word})")
    choices = "|".join(rf"{first}(?:{'|'.join(rest)})" for first, rest in rests.items())
    return f"(?:{choices})"


def _turned(names: Iterable[str]) -> Iterator[str]:
    """Names that were found in a text read backwards, where the sign behind a name comes before it."""
    return (name[::-1] for name in set(names))


def _before(text: str, signs: Iterable[re.Match[str]], turned_name: re.Pattern[str]) -> Iterator[str]:
    """The names before these signs."""
    turned = text[::-1]
    for sign in signs:
        if found := turned_name.match(turned, len(text) - sign.start()):
            yield found[1][::-1]


_SCRIPT_KEYWORDS = (
    *("function", "class", "interface", "enum", "type", "namespace", "module", "const", "let", "var", "get"),
    *("set", "static", "async", "abstract", "readonly", "public", "private", "protected", "declare"),
    *("override", "accessor", "default"),
)
_SCRIPT_GAP = r"\b[ \t]*+(?:\*[ \t]*+)?"
_SCRIPT_WORDS = re.compile(
    rf"{_word(*_SCRIPT_KEYWORDS)}{_SCRIPT_GAP}(?:(?:{'|'.join(_SCRIPT_KEYWORDS)}){_SCRIPT_GAP})*[\"']?([#$\w.-]++)"
)
_SCRIPT_MEMBER = re.compile(r"[\n{;][ \t]*+[*]?[ \t]*+[\"']?([#$\w]++)[\"']?+[?!]?+[ \t]*+(?=([:=;(<]))")
_SCRIPT_BODY = re.compile(r"[ \t]*+[:{]")
_SCRIPT_GIVEN = re.compile(r"\.([#$\w]++)[ \t]*+=(?!=)")
# Takes all up to the sign, which tells for every `const` before it.
_SCRIPT_UNPACKED = tuple(
    re.compile(rf"{word}(?<!\w{word})\s*+([{{\[][^=;]*+)(=?)") for word in ("const", "let", "var")
)
_SCRIPT_LISTED = re.compile(r",\s*+([#$\w]++)[?]?\s*(?:[:=,;})](?!=)|(?=\n))")
_SCRIPT_VALUES = tuple(
    re.compile(rf"{sign}(?=[ \t]*+(?:\(|async\b|function\b|[\w$]++[ \t]*+=>))") for sign in ":="
)
_SCRIPT_NAME_TURNED = re.compile(r"[ \t]*+[\"']?([#$\w]++)")

# Goes on to the semicolon where no body follows: an `enum` before that has none either.
_ENUM = re.compile(r"enum(?<!\wenum)\b[^{;]*+(?:\{([^}]*+)\}?)?")
# Comments are taken whole, or a line of slashes would be divided in every way there is; the name may lack, lest what
# was passed over is read again from its commas; what has no end is followed only so far.
_ITEM = re.compile(
    r"(?:^|,|;)\s*+(?:(?://[^\n]*+|/\*[^\n]{0,500}?\*/|#?\[[^\]]{0,500}+\]|@\w++)\s*+)*(\w++)?"
)
_TYPED_TURNED = re.compile(r"[=;,({\[):](?=\s*+(?:>[\w\s,.?]*+<\s*+)?(\w++~?)[*&]*+\s++([\w>\]?*&)]++))")
_NO_TYPES = (
    *("return", "new", "throw", "goto", "case", "delete", "else", "in", "is", "as", "await", "yield"),
    *("import", "package", "using", "extends", "implements", "throws", "instanceof", "typeof", "sizeof"),
    *("co_return", "co_await", "co_yield", "not", "and", "or", "do"),
)
_NO_TYPES_TURNED = frozenset(word[::-1] for word in _NO_TYPES)
# With a blank behind the star it is typed, too.
_STARRED = tuple(re.compile(rf"{sign}(\w++)(?=\s*+[=;,({{\[)])") for sign in (r"\*", "&"))
_BRACED = re.compile(r"\}\s*+\**+(\w++)(?=\s*+[;,\[])")
# The second group says that the sign is further off than it looked.
_FURTHER = re.compile(r",\s*+[*&]*+(\w++)\s*+(?=[^()\n;{]{0,60}+(?:[;{]|([^()\n])))")
_FURTHER_END = re.compile(r"[()\n;{]")
# To be looked for in whole lines, so that a comment needs no look at its end.
_ALONE = re.compile(
    r"\n[ \t]*+(\w++)[ \t]*+(?=(?:\([^\n]*\)[ \t]*+)?(?:=[^=\n]*)?[,;{]?[ \t]*+(?:\n|//|/\*))"
)
_DEFINE = re.compile(r"#[ \t]*+define[ \t]++(\w++)")
_OF_CLASS = re.compile(r"::\s*+(~?\w++)(?=\s*+[({=;])")
_OPERATOR = re.compile(r"(operator\s*(?:\(\)|\[\]|[^\s\w(]+|[ \t]\w[\w:]*(?:[ \t]*[*&])*|\"\"\s*\w+))\s*\(")
_NAMERS = (
    *("class", "struct", "union", "enum", "interface", "record", "namespace", "concept", "using", "delegate"),
    *("typedef", "event"),
)
_NAMED = re.compile(_word(*_NAMERS) + r"\s++(?:class\s++|struct\s++)?([\w.:]++)")
_KEYED = re.compile(r"\(\s*+\*\s*+(\w++)\s*+\)")


def _of_scripts(text: str) -> Iterator[str]:
    for pattern in (_SCRIPT_WORDS, _SCRIPT_GIVEN, _SCRIPT_LISTED):
        yield from pattern.findall(text)
    yield from _script_members(text)
    for pattern in _SCRIPT_VALUES:
        yield from _before(text, pattern.finditer(text), _SCRIPT_NAME_TURNED)
    yield from _alone(text)
    for pattern in _SCRIPT_UNPACKED:
        for listed, given in pattern.findall(text):
            if given and listed.rstrip().endswith(("}", "]")):
                yield from _WORD.findall(listed)
    for listed in _ENUM.findall(text):
        yield from _WORD.findall(listed)


def _script_members(text: str) -> Iterator[str]:
    """What begins a line or a block: `name: ...`, `name = ...`, `name(...) {`, `name<...>(`, an unended `name(...`.

    What is asked of the rest of a line is found once for the line, which may be the whole file.
    """
    # Where the match before ended, and of the line: its end, its last sign if the next line goes on with it, its
    # last semicolon, and behind its last body and its last bracket.
    at = end = last = ended = body = opened = -1
    for found in _SCRIPT_MEMBER.finditer(text):
        if found.start() < at:
            continue
        sign = found[2]
        if sign in "(<":
            start = found.end() + 1
            if start > end:
                end = text.find("\n", start)
                if end < 0:
                    end = len(text)
                rest = text[start:end].rstrip(" \t")
                last = start + len(rest) - 1 if rest.endswith(("{", "(", ",")) and end < len(text) else -1
                ended = text.rfind(";", start, end)
                opened = text.rfind("(", start, end) + 1
                body = -1
            if sign == "<":
                stop = opened
            elif last >= start > ended:
                stop = end
            else:
                if body < 0:
                    body = _last_body(text, start, end)
                stop = body
            if stop < start:
                continue
            at = stop
        else:
            at = found.end() + 1
        yield found[1]


def _last_body(text: str, start: int, end: int) -> int:
    """Behind the last `) {` or `):` of a line, or 0."""
    while (end := text.rfind(")", start, end)) >= 0:
        if found := _SCRIPT_BODY.match(text, end + 1):
            return found.end()
    return 0


def _alone(text: str) -> list[str]:
    """Words that are alone in a line, but for brackets, a value, a sign or a comment."""
    return _ALONE.findall(text, 0, text.rfind("\n") + 1)


def _of_c_like(text: str) -> Iterator[str]:
    typed = _TYPED_TURNED.findall(text[::-1])
    yield from _turned(name for name, before in typed if before not in _NO_TYPES_TURNED)
    for pattern in (*_STARRED, _BRACED, _DEFINE, _OF_CLASS, _OPERATOR, _NAMED, _KEYED):
        yield from pattern.findall(text)
    yield from _further(text)
    yield from _alone(text)
    for listed in _ENUM.findall(text):
        yield from filter(None, _ITEM.findall(listed))


def _further(text: str) -> Iterator[str]:
    """The later names of `int a, b;`: those with no bracket between them and the sign."""
    at = 0
    end = -1
    while found := _FURTHER.search(text, at):
        at = found.end()
        if found[2]:
            # The sign is far: where a line is long it is looked for once for all its names.
            if at > end:
                stop = _FURTHER_END.search(text, at)
                end = stop.start() if stop else len(text)
            if text[end : end + 1] not in (";", "{"):
                # None before that counts, but the last, if a line ends there, may go on behind it.
                at = max(at, text.rfind(",", at, end))
                continue
        yield found[1]


# What has no end is followed only so far.
_GO_WORDS = re.compile(
    _word("func", "type", "var", "const") + r"\s++(?:\([^)\n]{0,300}+\)\s*+)?(\w++(?:\s*+,\s*+\w++)*)"
)
_GO_LINES = re.compile(
    r"[\n{;][ \t]*+(\w++(?:[ \t]*+,[ \t]*+\w++)*)[ \t]*(?:[ \t][\w*(.<]|[=(\[]|(?=\n)|(?=//))"
)


def _of_go(text: str) -> Iterator[str]:
    for pattern in (_GO_WORDS, _GO_LINES):
        for listed in pattern.findall(text):
            yield from _WORD.findall(listed)


_RUST_WORDS = re.compile(
    _word("fn", "struct", "enum", "union", "trait", "mod", "type", "const", "static", "macro_rules!")
    + r"\s++(?:mut\s++)?(?:r#)?(\w+)"
)
# Of a run of empty lines the last begins: each would read all that follow. What has no end is followed only so far.
_RUST_FIELDS = re.compile(
    r"(?:\n[^\S\n]*+|\{\s*+|,\s*+|\(\s*+)(?:pub(?:\([^)]{0,200}+\))?\s++)?(?:r#)?(\w++)\s*+:(?!:)"
)
_RUST_VARIANTS = re.compile(r"(?:\n[^\S\n]*+|\{\s*+|,\s*+)(\w++)(?=\s*+[,({=}]|[^\S\n]*+\n)")


def _of_rust(text: str) -> Iterator[str]:
    for pattern in (_RUST_WORDS, _RUST_FIELDS, _RUST_VARIANTS):
        yield from pattern.findall(text)


_PHP_WORDS = re.compile(
    r"[citefnCITEFN](?<!\w.)(?i:(?<=c)(?:lass|onst|ase)|(?<=i)nterface|(?<=t)rait|(?<=e)num|(?<=f)unction"
    r"|(?<=n)amespace)\s++(?:&\s*+)?(\w[\w\\]*+)"
)
_PHP_VARIABLES = re.compile(r"(\$(\w++))(?=\s*+[=;,)])")
_PHP_GIVEN = re.compile(r"->(\w++)\s*+=(?!=)")
_PHP_TYPED = re.compile(r"const(?<!\wconst)\s++[\w|?\\]++\s++(\w++)|,\s*+(\w++)\s*+=")
_PHP_DEFINE = re.compile(r"define(?<!\wdefine)\s*+\(\s*+[\"']([^\"']++)")


def _of_php(text: str) -> Iterator[str]:
    for pattern in (_PHP_WORDS, _PHP_GIVEN, _PHP_DEFINE):
        yield from pattern.findall(text)
    for pattern in (_PHP_VARIABLES, _PHP_TYPED):
        for several in pattern.findall(text):
            yield from filter(None, several)


_RUBY_DEF = re.compile(r"def(?<!\wdef)\s++(?:[\w@]++\.)?([^\s(;.]++)")
_RUBY_WORDS = re.compile(
    _word("class", "module", "alias", "alias_method", "define_method") + r"[ \t(]++:?([\w:?!=@$]++)"
)
_RUBY_GIVEN_TURNED = re.compile(r"=(?<![=~>]=)(?:\|\||&&|[-+*/|&])?\s*+(?=(\w++[@$]{0,2}))")
_RUBY_SYMBOLS = re.compile(r":(\w++[?!=]?)")
_RUBY_LISTED = re.compile(r"\n[ \t]*+([@$]*+\w++(?:[ \t]*+,[ \t]*+[*]?[@$]*+\w++)+)[ \t]*+=")


def _of_ruby(text: str) -> Iterator[str]:
    for pattern in (_RUBY_DEF, _RUBY_WORDS, _RUBY_SYMBOLS):
        yield from pattern.findall(text)
    yield from _turned(_RUBY_GIVEN_TURNED.findall(text[::-1]))
    for listed in _RUBY_LISTED.findall(text):
        yield from _WORD.findall(listed)


_BASH_CALLED_TURNED = re.compile(r"\)\s*+\(\s*+(?=([\w:.+@-]++))")
_BASH_FUNCTION = re.compile(r"function(?<!\wfunction)\s++([^\s({;]++)")
_BASH_GIVEN_TURNED = re.compile(r"=\+?(?=(\w++))")
# Takes all up to the bracket, which tells for every `[` before it.
_BASH_FIELD = re.compile(r"\[(?<=\w.)[^\]\n]*+(?:\]\+?(?=(=)))?")
_BASH_NAME_TURNED = re.compile(r"(\w++)")
_BASH_DECLARED = re.compile(_word("export", "local", "declare", "readonly", "typeset") + r"\b([^\n;&|]*+)")


def _of_bash(text: str) -> Iterator[str]:
    turned = text[::-1]
    yield from _turned(_BASH_CALLED_TURNED.findall(turned))
    yield from _turned(_BASH_GIVEN_TURNED.findall(turned))
    yield from _before(text, (field for field in _BASH_FIELD.finditer(text) if field[1]), _BASH_NAME_TURNED)
    yield from _BASH_FUNCTION.findall(text)
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
