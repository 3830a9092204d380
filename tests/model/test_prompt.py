"""Prompts: within their budget, true to the document, and steady while one types."""

from __future__ import annotations

import textwrap
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import coderdiff
from coderdiff.model.pack import snippet_ids
from coderdiff.model.prompt import infill_prompt
from coderdiff.model.tokenizer import Tokenizer
from coderdiff.types import Snippet

SOURCE = Path(textwrap.__file__).read_text(encoding="utf-8")
FOREIGN = "größe = 'µm 🙂'\r\n\tif größe:\n        print('日本語')\n" * 5


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(Path(coderdiff.__file__).parent / "models" / "tiny" / "tokenizer.json")


def parts(tokenizer: Tokenizer, ids: list[int]) -> tuple[list[int], list[int], list[int]]:
    """The ids of pack, suffix and prefix between their marks."""
    marks = tokenizer.specials
    assert ids[0] == marks.bos
    assert [ids.count(mark or -1) for mark in (marks.bos, marks.suffix, marks.prefix)] == [1, 1, 1]
    suffix, prefix = ids.index(marks.suffix or -1), ids.index(marks.prefix or -1)
    return ids[1:suffix], ids[suffix + 1 : prefix], ids[prefix + 1 :]


def snippet(path: str, text: str) -> Snippet:
    return Snippet(path, 1, text.count("\n") + 1, text, "body", 1.0, "test")


pieces = st.text(max_size=80) | st.integers(0, len(SOURCE)).map(lambda at: SOURCE[at : at + 3000])
budgets = st.integers(24, 600)


@given(prefix=pieces, suffix=pieces, budget=budgets)
def test_the_prompt_holds_the_text_around_the_hole(
    tokenizer: Tokenizer, prefix: str, suffix: str, budget: int
) -> None:
    prompt = infill_prompt(tokenizer, prefix, suffix, budget)
    assert len(prompt.ids) <= budget
    pack, behind, before = parts(tokenizer, prompt.ids)
    assert pack == []
    written = [text.encode("utf-8", "surrogatepass") for text in (prefix, suffix)]
    assert written[0].endswith(tokenizer.decode_bytes(before) + prompt.pending)
    assert written[1].startswith(tokenizer.decode_bytes(behind))


@settings(max_examples=30)
@given(at=st.integers(0, len(FOREIGN)))
def test_a_document_that_fits_is_all_there(tokenizer: Tokenizer, at: int) -> None:
    prompt = infill_prompt(tokenizer, FOREIGN[:at], FOREIGN[at:], 2000)
    _, behind, before = parts(tokenizer, prompt.ids)
    assert tokenizer.decode_bytes(before) + prompt.pending == FOREIGN[:at].encode()
    assert tokenizer.decode_bytes(behind) == FOREIGN[at:].encode()


def test_windows_are_well_used_and_cut_at_lines(tokenizer: Tokenizer) -> None:
    half = SOURCE.index("    def _split(self")
    prompt = infill_prompt(tokenizer, SOURCE[:half], SOURCE[half:], 400)
    _, behind, before = parts(tokenizer, prompt.ids)
    assert len(prompt.ids) >= 250
    assert 50 <= len(behind) <= 100
    assert tokenizer.decode(behind).endswith("\n")
    assert "\n" + tokenizer.decode(before) in SOURCE


def test_a_short_prefix_leaves_its_room_to_the_suffix(tokenizer: Tokenizer) -> None:
    _, behind, before = parts(tokenizer, infill_prompt(tokenizer, "import re\n", SOURCE, 400).ids)
    assert len(before) < 10
    assert len(behind) >= 350


@pytest.mark.parametrize("suffix", ["", SOURCE[3000:]], ids=["at the end", "in the middle"])
def test_typing_leaves_the_prompt_in_place(tokenizer: Tokenizer, suffix: str) -> None:
    """At nine of ten keystrokes, and here at far more, only the last few ids change."""
    prompts = [infill_prompt(tokenizer, SOURCE[:at], suffix, 300).ids for at in range(3000)]
    steady = 0
    for before, after in pairwise(prompts):
        shared = next((at for at, pair in enumerate(zip(before, after)) if pair[0] != pair[1]), len(before))  # noqa: B905
        steady += len(after) - shared <= 8
    assert steady / (len(prompts) - 1) >= 0.95


def test_snippets_are_whole_and_in_order_each_behind_its_mark(tokenizer: Tokenizer) -> None:
    pack = [snippet("a.py", "def a():\n    return 1"), snippet("b/größe.py", "def b():\n    return '🙂'")]
    prompt = infill_prompt(tokenizer, SOURCE[:200], SOURCE[200:400], 600, pack)
    assert prompt.shown == tuple(pack)
    assert all(ids[0] == tokenizer.specials.snippet for ids in prompt.pack)
    assert [tokenizer.decode(ids[1:]) for ids in prompt.pack] == [
        "# a.py\ndef a():\n    return 1\n",
        "# b/größe.py\ndef b():\n    return '🙂'\n",
    ]
    assert prompt.rows == len(prompt.ids) + sum(map(len, prompt.pack))
    without = infill_prompt(tokenizer, SOURCE[:200], SOURCE[200:400], 600)
    assert prompt.ids == without.ids, "the document is laid out the same where there is room"


@settings(max_examples=30)
@given(
    sizes=st.lists(st.integers(1, 40), max_size=6),
    budget=st.integers(60, 400),
    most=st.none() | st.integers(0, 200),
)
def test_a_pack_keeps_to_its_budget(
    tokenizer: Tokenizer, sizes: list[int], budget: int, most: int | None
) -> None:
    pack = [snippet(f"{at}.py", "x = 1\n" * size) for at, size in enumerate(sizes)]
    prompt = infill_prompt(tokenizer, SOURCE[:3000], SOURCE[3000:], budget, pack, most)
    room = budget // 2 if most is None else min(most, budget // 2)
    assert prompt.rows <= budget
    assert sum(map(len, prompt.pack)) <= room
    left = room
    for one in pack:
        size = len(snippet_ids(tokenizer, one.path, one.text))
        assert (one in prompt.shown) == (size <= left), "what fits is shown, and nothing else"
        left -= size if one in prompt.shown else 0
    assert len(prompt.shown) == len(prompt.pack)
    assert prompt.ids


def test_a_growing_prefix_takes_room_from_the_suffix_in_strides(tokenizer: Tokenizer) -> None:
    text, at = SOURCE[:6000], 400
    prompts = [infill_prompt(tokenizer, text[:end], text[at:], 500) for end in range(at, at + 900)]
    changes = sum(before.ids[:40] != after.ids[:40] for before, after in pairwise(prompts))
    suffixes = [prompt.ids.index(tokenizer.specials.prefix) for prompt in prompts]
    assert changes == 0, "the suffix stays in place at its start"
    assert sum(a != b for a, b in pairwise(suffixes)) <= 9


def test_of_a_line_that_is_far_too_long_only_the_end_is_read(tokenizer: Tokenizer) -> None:
    """A minified file, a word of a megabyte: what cannot be in the window is not encoded."""
    encoded: list[int] = []

    class Watched(Tokenizer):
        def encode(self, text: str) -> list[int]:
            encoded.append(len(text))
            return super().encode(text)

    watched = Watched.__new__(Watched)
    watched.__dict__ = tokenizer.__dict__
    line = "".join(f"f({number});" for number in range(50_000))
    prompt = infill_prompt(watched, line, line, 200)
    assert max(encoded) < 10_000
    assert prompt.rows <= 200
    read = tokenizer.decode(prompt.ids)
    assert "f(49998);f(4999" in read
