"""C and C++ without the macros that stand before a declaration or inside of it: the parser cannot know what they are.

`FOO_API int area(int x);`, `int __init begin(void)`, `class SHOP_EXPORT Basket : public Base {`: to a parser that does
not run the preprocessor the macro is a type, what follows is an error, and the declaration is lost. So such macros are
written over with blanks before parsing; all places stay. Only where the words that follow make a whole declaration
without it, a word is taken for a macro: `HANDLE file;` keeps its type.
"""

from __future__ import annotations

import re

from coderdiff.context.syntax.languages import Language

_LANGUAGES = frozenset(("c", "cpp"))

_KNOWN = (
    r"__(?:attribute|attribute__|declspec|based|cdecl|clrcall|stdcall|fastcall|thiscall|vectorcall|restrict__|restrict"
    r"|inline|inline__|forceinline|extension__|thread|unaligned|asm__|asm|volatile__|typeof__|alignof|alignof__|try"
    r"|finally|except|leave|int64|int128)\b"
)
"""Words that the grammars know."""

_SURE = (
    r"[A-Z][A-Z0-9_]{0,100}_(?:API|EXPORTS?|EXPORTED|IMPORT|INLINE|PUBLIC|PRIVATE|LOCAL|HIDDEN|VISIBLE|DLL|DECL|EXTERN|DEPRECATED"
    r"|NORETURN|NODISCARD|CONSTEXPR|UNUSED|ATTR|FUNC)\b"
)
_MACRO = rf"(?:{_SURE}|[A-Z][A-Z0-9_]{{3,100}}\b|(?!{_KNOWN})__[a-z]\w{{0,100}}\b)"
_QUALIFIER = (
    r"(?:static|extern|inline|const|volatile|constexpr|virtual|explicit|friend|unsigned|signed|long|short|struct|union"
    r"|enum|class|mutable|thread_local|register|__inline|__inline__|__extension__)\b"
)
_STATEMENT = (
    r"(?:return|else|case|goto|typedef|using|namespace|new|delete|throw|operator|template|do|if|while|for)\b"
)
_TYPE = rf"(?!{_QUALIFIER}|{_STATEMENT})[A-Za-z_][\w:]{{0,100}}+(?:<[^<>;\n]{{0,100}}+>)?"
_PLAIN_TYPE = (
    r"(?:(?:unsigned|signed|long|short)\s{1,8}){0,3}(?:unsigned|signed|long|short|int|char|double)\b"
)
_STARS = r"(?:\s{1,8}+(?:[*&]{1,3}\s{0,8}+)?|[*&]{1,3}\s{0,8}+)"
_NAME = r"(?!operator\b)[A-Za-z_~][\w:~]{0,200}+[ \t]{0,8}+"
_START = rf"^[ \t]{{0,100}}+(?:{_QUALIFIER}[ \t]{{1,8}}){{0,4}}"


def _before(macro: str) -> re.Pattern[bytes]:
    """Macros before the type: a type and a name must follow."""
    return re.compile(
        rf"(?P<kept>{_START})(?P<macro>(?:{macro}\s{{1,8}}){{1,4}})"
        rf"(?=(?:{_QUALIFIER}\s{{1,8}}){{0,4}}(?:{_PLAIN_TYPE}|{_TYPE}){_STARS}{_NAME}[(;=\[,{{:])".encode(),
        re.MULTILINE,
    )


_PATTERNS = (
    _before(_SURE),
    # Between a function's type and its name.
    re.compile(
        rf"(?P<kept>{_START}(?:{_PLAIN_TYPE}|{_TYPE}){_STARS})(?P<macro>(?:{_MACRO}\s{{1,8}}){{1,3}})(?={_NAME}\()".encode(),
        re.MULTILINE,
    ),
    _before(_MACRO),
    # Between "class" and its name; without a body or a base only a sure one: it may be a variable's type.
    re.compile(
        rf"(?P<kept>\b(?:class|struct|union)[ \t]{{1,8}}+)(?P<macro>(?:(?P<sure>{_SURE})|{_MACRO})[ \t]{{1,8}}+)"
        rf"(?=[A-Za-z_]\w{{0,200}}+\s{{0,8}}+(?:final\s{{0,8}}+)?(?:\{{|:(?!:)|(?(sure);|(?!))))".encode()
    ),
)
_MAY_BE = re.compile(rb"\b(?:[A-Z][A-Z0-9_]{3}|__[a-z])")
_INK = re.compile(rb"\S")


def without_macros(language: Language | None, content: bytes) -> bytes:
    """The content of a file with blanks for such macros; of other languages as it is."""
    if language is not None and language.name in _LANGUAGES and _MAY_BE.search(content):
        for pattern in _PATTERNS:
            content = pattern.sub(_blanked, content)
    return content


def _blanked(found: re.Match[bytes]) -> bytes:
    return found["kept"] + _INK.sub(b" ", found["macro"])
