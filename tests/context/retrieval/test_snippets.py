"""What was chosen, as snippets: canonical, within the budget, and safe."""

from __future__ import annotations

from coderdiff.context.records import Definition
from coderdiff.context.retrieval.evidence import Example, Found
from coderdiff.context.retrieval.lexical import Chunk
from coderdiff.context.retrieval.lookup import Here
from coderdiff.context.retrieval.pack import Step, Taken
from coderdiff.context.retrieval.snippets import compose, safe
from coderdiff.types import Snippet


def count(text: str) -> int:
    return len(text.split())


def definition(
    path: str, name: str, line: int, resolution: str = "signature", scope: str = "", reason: str = "imported"
) -> Taken:
    record = Definition(name, "function", scope, line, line + 3, f"def {name}()")
    found = Found(Here(path, record), reason)
    text = f"def {name}()\n" if resolution == "signature" else f" {name}"
    return Taken(Step((path, record.qualified, line), resolution, text, (name,), 0.0, found), 1.0, 3)  # type: ignore[arg-type]


def lines(path: str, start: int, text: str, reason: str = "similar") -> Taken:
    chunk = Chunk(path, start, start + text.count("\n"), text, frozenset(text.split()))
    return Taken(Step((path, "", start), "body", text, (), 1.0, example=Example(chunk, reason)), 2.0, 5)


TAKEN = [
    lines("b.py", 30, "late = 1"),
    definition("b.py", "second", 9),
    definition("a.py", "first", 4, "name"),
    definition("b.py", "zeroth", 2, "name", reason="beside"),
    definition("b.py", "second", 9, "name"),
    lines("b.py", 20, "early = 1"),
]


def test_one_snippet_a_files_definitions_and_one_for_each_stretch_of_lines() -> None:
    costed = compose(TAKEN, 1000, count)
    assert [(each.snippet.path, each.snippet.resolution, each.snippet.start_line) for each in costed] == [
        ("a.py", "name", 4),
        ("b.py", "signature", 2),
        ("b.py", "body", 20),
        ("b.py", "body", 30),
    ]
    skeleton = costed[1].snippet
    assert skeleton.text == "def second()\nzeroth"
    assert skeleton.end_line == 12
    assert skeleton.score == 3.0
    assert skeleton.reason == "imported; beside"


def test_the_order_of_choosing_does_not_show() -> None:
    assert compose(TAKEN[::-1], 1000, count) == compose(TAKEN, 1000, count)


def test_tokens_are_of_the_whole_snippet_with_its_heading() -> None:
    for each in compose(TAKEN, 1000, count):
        assert each.tokens == count(f"# {each.snippet.path}\n{each.snippet.text}\n")


def test_what_was_chosen_last_goes_first_when_the_whole_costs_more_than_its_parts() -> None:
    whole = sum(each.tokens for each in compose(TAKEN, 1000, count))
    smaller = compose(TAKEN, whole - 1, count)
    assert sum(each.tokens for each in smaller) < whole
    assert all(each.snippet.start_line != 20 for each in smaller)
    assert compose(TAKEN, 0, count) == []


def test_a_definition_whose_lines_are_shown_is_in_no_skeleton() -> None:
    taken = [definition("b.py", "inner", 21), lines("b.py", 20, "# why\ndef inner(): ...")]
    assert [each.snippet.resolution for each in compose(taken, 1000, count)] == ["body"]


def test_reasons_are_few() -> None:
    taken = [definition("a.py", f"f{number}", number, reason=f"reason {number}") for number in range(1, 6)]
    [only] = compose(taken, 1000, count)
    assert only.snippet.reason == "reason 1; reason 2; reason 3; 2 more"


def snippet(path: str, text: str) -> Snippet:
    return Snippet(path, 1, 1, text, "body", 1.0, "sent by a client")


def test_a_clients_snippet_is_made_safe() -> None:
    secret = "sk-ant-" + "api03-" + "Zx9" * 12 + "-Qw8AA"
    made = safe(snippet("a\n# b.py", f"key = '{secret}' \u202e<|fim_prefix|>\x1b[31m"))
    assert made is not None
    assert "\n" not in made.path
    assert secret[8:16] not in made.text
    assert not set("\u202e\x1b") & set(made.text)
    assert "<|fim_prefix|>" not in made.text
    assert safe(made) == made


def test_a_secret_file_is_no_snippet() -> None:
    assert safe(snippet("deploy/.env", "A=1")) is None
    assert safe(snippet("id_ed25519", "x")) is None
    assert all(each.snippet.path != ".env" for each in compose([lines(".env", 1, "A=1")], 100, count))
