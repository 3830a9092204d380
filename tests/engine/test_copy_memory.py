"""Whole files as tokens: line by line they are the text's own, and a fill finds in them what a plain search finds."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from coderdiff.decoding.copying import NOTHING, SHORTEST
from coderdiff.engine.copy_memory import MOST_SETS, CopyMemory
from coderdiff.engine.engine import Engine
from coderdiff.model.copy_weights import SHAPE, WORDS_SHAPE, CopyWeights
from coderdiff.model.loader import Checkpoint
from coderdiff.model.tokenizer import Tokenizer
from coderdiff.types import Document, FillRequest, Hole, Limits, Snippet, complete

SURE = CopyWeights(np.full(SHAPE, 0.99), np.full(SHAPE, 0.99))


def memory(tokenizer: Tokenizer, weights: CopyWeights | None = SURE) -> CopyMemory:
    assert tokenizer.specials.end is not None
    return CopyMemory(tokenizer, tokenizer.specials.end, weights)


@settings(max_examples=60)
@given(st.text(alphabet="ab_ (){}=:.\t\n\r é\u2028", max_size=120))
def test_lines_have_the_tokens_of_the_whole_text(tokenizer: Tokenizer, text: str) -> None:
    known = memory(tokenizer)
    known.open(Document(text), Hole(0, 0), ())
    lines = [line + "\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    by_line = [id_ for line in lines for id_ in known._lines.get(line, [])]
    assert by_line == tokenizer.encode(text)


def test_the_file_is_searched_on_both_sides_of_the_hole(tokenizer: Tokenizer, source: str) -> None:
    at = source.index("    def grow")
    text = source[:at] + "    def area(self) -> "
    model = memory(tokenizer).open(Document(text + "\n" + source[at:]), Hole(len(text), len(text)), ())
    # The half-written end of the line is spelled again: the last token is healed.
    assert "(self) -> float".startswith(tokenizer.decode(model.follow((), 1, SHORTEST)))
    near = model.near(())
    assert near is not None
    assert near.run >= SHORTEST


def test_related_files_count_only_for_a_model_that_was_fitted(tokenizer: Tokenizer, source: str) -> None:
    document, hole = Document("def total_area("), Hole(15, 15)
    related = (Document(source, "shapes.py"),)
    fitted = memory(tokenizer).open(document, hole, related).far(())
    assert fitted is not None
    assert "(circles: ".startswith(tokenizer.decode(fitted.tokens.tolist()))
    assert memory(tokenizer, None).open(document, hole, related).far(()) is None


def test_nothing_is_copied_across_two_files(tokenizer: Tokenizer) -> None:
    document, hole = Document("a = b\n"), Hole(6, 6)
    related = (Document("a = b\n", "one.py"), Document("x = y\n", "two.py"))
    model = memory(tokenizer).open(document, hole, related)
    assert model.far(()) is None
    assert NOTHING not in model.follow((), 9, SHORTEST)


def test_a_half_written_word_is_spelled_as_the_words_in_sight_are(tokenizer: Tokenizer) -> None:
    """From the healed end of the prefix on, its first token included: these are the tokens that may be written."""
    weights = CopyWeights(np.zeros(SHAPE), np.zeros(SHAPE), np.ones(WORDS_SHAPE))
    document, hole = Document("x = math.perim\ny = perimeter(1)\n"), Hole(14, 14)
    related = (Document("perimeters = 1\nimperimeter = 2\n", "more.py"),)
    model = memory(tokenizer, weights).open(document, hole, related)
    pending = tokenizer.heal("x = math.perim").pending
    answer: list[int] = []
    while (known := model.word(answer)) is not None:
        answer.append(int(known.tokens[known.counts.argmax()]))
        assert known.words <= 2
    assert tokenizer.decode(answer).startswith(pending.decode() + "eter")
    assert memory(tokenizer, SURE).open(document, hole, related).word(()) is None, "weights without words"


def test_few_sets_of_files_are_kept(tokenizer: Tokenizer) -> None:
    known = memory(tokenizer)
    for number in range(MOST_SETS + 5):
        known.open(Document("x"), Hole(1, 1), (Document(f"x = {number}\n", "a.py"),))
    assert len(known._sets) == MOST_SETS


def test_an_engine_repeats_what_a_related_file_says(checkpoint: Checkpoint) -> None:
    """Random weights say nothing; only where the words come from is left to decide."""
    fitted = Checkpoint(checkpoint.spec, checkpoint.network, checkpoint.tokenizer, checkpoint.folder, SURE)
    text = "def total_area(circles: list[Circle]) -> float:\n    return sum("
    whole = text + "circle.area() for circle in circles)\n"
    request = FillRequest(
        Document(text, "sums.py"),
        Hole(len(text), len(text)),
        Limits(max_tokens=5),
        policy="reference",
        related=(Document(whole, "other.py"),),
    )
    assert whole.startswith(text + complete(Engine(fitted), request).text[:8])


def test_words_of_the_pack_count_too(tokenizer: Tokenizer) -> None:
    weights = CopyWeights(np.zeros(SHAPE), np.zeros(SHAPE), np.ones(WORDS_SHAPE))
    document, hole = Document("x = circle.circumf"), Hole(18, 18)
    pack = (Snippet("shapes.py", 1, 1, "def circumference(self): ...", "signature", 1.0, "a member"),)
    assert memory(tokenizer, weights).open(document, hole, ()).word(()) is None
    assert memory(tokenizer, weights).open(document, hole, (), pack).word(()) is not None
