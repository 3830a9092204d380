"""The languages we read: how a file's language is told, and where its grammar and its query file are.

Grammars are packages of their own and load on first use: a Python project never pays for the other eleven.
"""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files

import tree_sitter

from coderdiff.context.paths import name_of, suffix_of

_VERSION = re.compile(r"[/.]v\d+$")


@dataclass(frozen=True)
class Language:
    """One language.

    `suffixes` and `names` (of whole files) are lower case, `interpreters` are those of a "#!" line, `comment`
    starts a comment to the line's end, `docstrings` says that documentation stands in the body,
    `separator` that the last part of an imported module's name is its name in the file. `package`
    and `entry` name the grammar, `queries` the query files: languages that share a grammar's words share a file.
    """

    name: str
    suffixes: tuple[str, ...]
    comment: str
    package: str
    queries: tuple[str, ...]
    entry: str = "language"
    names: tuple[str, ...] = ()
    interpreters: tuple[str, ...] = ()
    docstrings: bool = False
    separator: str | None = None
    declarators: bool = False

    def alias_of(self, module: str) -> str:
        """What an imported module is called in the file where no alias is written."""
        if self.separator is None:
            return module
        return _VERSION.sub("", module).rpartition(self.separator)[2]

    @cached_property
    def grammar(self) -> tree_sitter.Language:
        """The tree-sitter grammar, loaded on first use."""
        module = importlib.import_module(self.package)
        return tree_sitter.Language(getattr(module, self.entry)())

    @cached_property
    def query_text(self) -> str:
        """Our query files for this language, one after the other."""
        folder = files("coderdiff.context.syntax").joinpath("queries")
        return "\n".join(folder.joinpath(f"{name}.scm").read_text(encoding="utf-8") for name in self.queries)


LANGUAGES: tuple[Language, ...] = (
    Language(
        "python",
        (".py", ".pyi", ".pyw"),
        "#",
        "tree_sitter_python",
        ("python",),
        names=("sconstruct", "sconscript", "wscript"),
        interpreters=("python",),
        docstrings=True,
    ),
    Language(
        "javascript",
        (".js", ".mjs", ".cjs", ".jsx"),
        "//",
        "tree_sitter_javascript",
        ("ecmascript", "javascript", "jsx"),
        names=("jakefile",),
        interpreters=("node", "nodejs", "deno", "bun"),
    ),
    Language(
        "typescript",
        (".ts", ".mts", ".cts"),
        "//",
        "tree_sitter_typescript",
        ("ecmascript", "typescript"),
        entry="language_typescript",
        interpreters=("ts-node", "tsx"),
    ),
    Language(
        "tsx",
        (".tsx",),
        "//",
        "tree_sitter_typescript",
        ("ecmascript", "typescript", "jsx"),
        entry="language_tsx",
    ),
    Language("go", (".go",), "//", "tree_sitter_go", ("go",), separator="/"),
    Language("rust", (".rs",), "//", "tree_sitter_rust", ("rust",)),
    Language("java", (".java",), "//", "tree_sitter_java", ("java",), separator="."),
    Language("c", (".c", ".h"), "//", "tree_sitter_c", ("c",), declarators=True),
    Language(
        "cpp",
        (
            ".cpp",
            ".cc",
            ".cxx",
            ".c++",
            ".hpp",
            ".hh",
            ".hxx",
            ".h++",
            ".ipp",
            ".tpp",
            ".inl",
            ".ino",
            ".cu",
            ".cuh",
        ),
        "//",
        "tree_sitter_cpp",
        ("c", "cpp"),
        declarators=True,
    ),
    Language("c_sharp", (".cs", ".csx"), "//", "tree_sitter_c_sharp", ("c_sharp",), separator="."),
    Language(
        "ruby",
        (".rb", ".rake", ".gemspec", ".ru", ".podspec"),
        "#",
        "tree_sitter_ruby",
        ("ruby",),
        names=("rakefile", "gemfile", "guardfile", "vagrantfile", "podfile", "fastfile", "capfile"),
        interpreters=("ruby",),
    ),
    Language(
        "php",
        (".php", ".phtml", ".inc"),
        "//",
        "tree_sitter_php",
        ("php",),
        entry="language_php",
        interpreters=("php",),
    ),
    Language(
        "bash",
        (".sh", ".bash", ".zsh", ".ksh", ".bats"),
        "#",
        "tree_sitter_bash",
        ("bash",),
        names=(".bashrc", ".bash_profile", ".profile", ".zshrc"),
        interpreters=("bash", "sh", "dash", "zsh", "ksh"),
    ),
)
"""Every language that has a query file."""

_BY_SUFFIX = {suffix: language for language in LANGUAGES for suffix in language.suffixes}
_BY_NAME = {name: language for language in LANGUAGES for name in language.names}
_BY_INTERPRETER = {name: language for language in LANGUAGES for name in language.interpreters}
_SHEBANG = re.compile(r"#!\s*(?:\S*/)?(?:env\s+(?:-\S+\s+|\w+=\S*\s+)*)?(?:\S*/)?([A-Za-z-]+)[\d.]*(?:\s|$)")


_CPP_HEADER = re.compile(
    rb"^[ \t]*(?:class\s+\w+\s*(?:final\s*)?[:{;]|namespace\s+[\w:]*\s*\{|template\s*<|(?:public|private|protected)\s*:"
    rb"|using\s+\w|constexpr\s)",
    re.MULTILINE,
)
_HEADER_BYTES = 50_000
"""How much of a `.h` file is looked at to tell C from C++."""


def language_of(path: str, first_line: str = "") -> Language | None:
    """The language of a file by its suffix, its name, or the interpreter in its first line; None if unknown."""
    suffix = suffix_of(path)
    language = _BY_SUFFIX.get(suffix.lower()) or _BY_NAME.get(name_of(path).lower())
    if language or suffix or not first_line.startswith("#!"):
        return language
    shebang = _SHEBANG.match(first_line)
    return _BY_INTERPRETER.get(shebang[1].lower()) if shebang else None


def language_for(path: str, content: bytes) -> Language | None:
    """The language of a file whose content is at hand, which tells a C header from one of C++."""
    first = content[:200].split(b"\n", 1)[0].decode("utf-8", "replace") if content[:2] == b"#!" else ""
    language = language_of(path, first)
    if path[-2:] in (".h", ".H") and _CPP_HEADER.search(content, 0, _HEADER_BYTES):
        return _BY_SUFFIX[".hpp"]
    return language
