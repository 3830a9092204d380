"""Samples spell pieces of their document, laid out as the serving prompt lays them out."""

from __future__ import annotations

import random

import pytest

from coderdiff.model.prompt import infill_prompt
from coderdiff.model.tokenizer import Tokenizer
from coderdiff.training.objective import MIXTURE
from coderdiff.training.samples import Sample, Sampler

FOREIGN = "größe = 'µm 🙂'\ndef f(größe):\n    if größe:\n        print('日本語', größe)\n    return 1\n" * 20


def parts(tokenizer: Tokenizer, sample: Sample) -> tuple[bytes, bytes, bytes]:
    """The bytes of suffix, prefix and middle; asserts that the marks are where they belong, and only there."""
    ids, marks = sample.ids, tokenizer.specials
    assert ids[:2] == [marks.bos, marks.suffix]
    assert ids[sample.text_at - 1] == marks.prefix
    assert (ids[-1] == marks.end) == sample.ended
    suffix, prefix = ids[2 : sample.text_at - 1], ids[sample.text_at : sample.hole_at]
    middle = ids[sample.hole_at : len(ids) - sample.ended]
    assert all(tokenizer.token_bytes(id_) for id_ in (*suffix, *prefix, *middle))
    return (tokenizer.decode_bytes(suffix), tokenizer.decode_bytes(prefix), tokenizer.decode_bytes(middle))


UNWRITTEN_ENDS = (b"", b"\n")


@pytest.mark.parametrize("size", [64, 200, 512])
def test_a_sample_spells_a_piece_of_its_document(
    tokenizer: Tokenizer, texts: tuple[str, ...], size: int
) -> None:
    rng = random.Random(size)
    for text in (texts[0], texts[1], FOREIGN):
        content = text.encode()
        sampler = Sampler(tokenizer, [text])
        for _ in range(40):
            sample = sampler.draw(size, MIXTURE, rng)
            assert len(sample.ids) <= size
            suffix, prefix, middle = parts(tokenizer, sample)
            assert middle or sample.ended
            assert prefix + middle in content, "prefix and middle are one piece of the text"
            if sample.ended and suffix not in UNWRITTEN_ENDS:
                goes_on = prefix + middle + suffix in content
                assert goes_on or suffix.removeprefix(b"\n\n\n") in content, "or a later definition follows"
            if not sample.ended:
                assert not suffix, "where text is cut, nothing is known of what follows"


def test_some_holes_have_next_to_nothing_behind_them(tokenizer: Tokenizer, texts: tuple[str, ...]) -> None:
    """Nothing, a line end, or the next definition, and some of them next to nothing before; all of these end."""
    rng, sampler = random.Random(1), Sampler(tokenizer, texts)
    drawn = [sampler.draw(256, (("rest", 1.0),), rng) for _ in range(400)]
    assert all(sample.ended for sample in drawn)
    behind = [parts(tokenizer, sample)[0] for sample in drawn]
    assert 20 < behind.count(b"\n") < 60
    assert 40 < behind.count(b"") < 110, (
        "some of which stand at the end of their text, or were to have no suffix"
    )
    assert sum(suffix.startswith((b"\n\n\ndef ", b"\n\n\nclass ", b"\n\n\n@")) for suffix in behind) > 15
    assert sum(len(sample.ids) < 120 for sample in drawn) > 2


def test_a_middle_that_is_all_of_the_rest_ends(tokenizer: Tokenizer) -> None:
    text = "def f(a):\n    return a\n"
    rng = random.Random(0)
    sampler = Sampler(tokenizer, [text])
    assert all(sampler.draw(200, MIXTURE, rng).ended for _ in range(50)), "this short a text is never cut"


def test_serving_reads_the_same_ids(tokenizer: Tokenizer, texts: tuple[str, ...]) -> None:
    """Where the windows hold the whole document, some cursor makes the very same prompt, and asks for the middle."""
    text = texts[1][:500] + FOREIGN[:150]
    sampler = Sampler(tokenizer, [text])
    rng = random.Random(0)
    pending = 0
    for _ in range(60):
        sample = sampler.draw(8192, MIXTURE, rng)
        suffix, prefix, middle = (part.decode() for part in parts(tokenizer, sample))
        for given in range(len(middle) + 1):
            start = len(prefix) + given
            prompt = infill_prompt(tokenizer, (prefix + middle)[:start], suffix, 8000)
            if prompt.ids == sample.ids[: sample.hole_at] and prompt.pending == middle[:given].encode():
                break
        else:
            pytest.fail(f"no cursor makes this prompt: {prefix[-40:]!r} | {middle!r}")
        allowed = tokenizer.allowed_first(prompt.pending)
        assert allowed is None or sample.ids[sample.hole_at] in allowed
        pending += allowed is not None
    assert pending >= 15, "many of the cursors are inside a token"


def test_longer_texts_are_drawn_more_often(tokenizer: Tokenizer) -> None:
    sampler = Sampler(tokenizer, ["a = 1\n" * 10, "b = 2\n" * 90])
    rng = random.Random(0)
    spelled = [tokenizer.decode(sampler.draw(64, MIXTURE, rng).ids) for _ in range(300)]
    assert sum("b" in text for text in spelled) == pytest.approx(270, abs=25)


def test_the_same_seed_draws_the_same_samples(sampler: Sampler) -> None:
    first, second = (
        [sampler.draw(128, MIXTURE, rng) for _ in range(20)] for rng in (random.Random(1), random.Random(1))
    )
    assert first == second
