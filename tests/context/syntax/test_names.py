"""The names that words alone give, held against those of the trees."""

from __future__ import annotations

import sysconfig
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderdiff.context.index.intake import safe_text
from coderdiff.context.syntax.languages import LANGUAGES, language_for
from coderdiff.context.syntax.names import likely_names
from coderdiff.context.syntax.symbols import read_symbols

SAMPLES = sorted((Path(__file__).parent / "samples").iterdir())
MODULES = (
    "argparse",
    "ast",
    "configparser",
    "dataclasses",
    "enum",
    "inspect",
    "pathlib",
    "socket",
    "typing",
    "uuid",
)
LEAST_PRECISION = 0.3
"""Of a sample's likely names so many must be names: one too many costs a parse."""


def both(path: str, content: bytes) -> tuple[set[str], set[str]]:
    """The names of the words, and those of the tree."""
    text = safe_text(content)
    symbols = read_symbols(path, text.encode(errors="replace"), uses=False)
    return likely_names(language_for(path, content), text), {each.name for each in symbols.definitions}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_no_name_of_a_sample_is_missed(sample: Path) -> None:
    likely, true = both(sample.name, sample.read_bytes())
    assert true - likely == set()
    assert len(likely & true) >= LEAST_PRECISION * len(likely)


def test_one_name_of_a_hundred_at_most_is_missed_in_pythons_own_modules() -> None:
    found = wanted = guessed = 0
    for module in MODULES:
        path = Path(sysconfig.get_paths()["stdlib"]) / f"{module}.py"
        likely, true = both(path.name, path.read_bytes())
        found += len(likely & true)
        wanted += len(true)
        guessed += len(likely)
    assert found >= 0.99 * wanted
    assert found >= 0.75 * guessed


def test_python_variables_count_where_no_function_is_around() -> None:
    text = """import os
limit = 1
one, two = 1, 2
(three, four) = 3, 4
five = six = 5
if os.name:
    seven: int = 7
else: eight = 8
type Nine = int


def function(parameter):
    local = 1
    self.ten = local


class Thing:
    eleven = 11
    async def method(self):
        inner = 1
        cls.twelve = 12
    thirteen = 13


if limit:
    fourteen = 14
"""
    assert likely_names(language_for("a.py", b""), text) == {
        *(
            "limit",
            "Nine",
            "function",
            "Thing",
            "method",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
        ),
        *("eight", "ten", "eleven", "twelve", "thirteen", "fourteen"),
    }


def test_an_unknown_language_has_no_names() -> None:
    assert likely_names(None, "def area(): pass\n") == set()


def test_a_number_in_brackets_that_are_given_a_value_is_no_name() -> None:
    [python] = [language for language in LANGUAGES if language.name == "python"]
    assert likely_names(python, "(\n    first,\n    1,\n) = pair\n") == {"first"}


@given(
    st.sampled_from(LANGUAGES),
    st.text(alphabet=st.sampled_from("ab1_ \n\t(){}[]<>=:;,.*&\"'#$@|-"), max_size=80),
)
def test_any_text_has_names_or_none(language, text: str) -> None:
    assert all(name and not name[0].isdigit() for name in likely_names(language, text))
