"""What `logprobs` tells of an answer's tokens."""

from __future__ import annotations

import pytest

from coderdiff.types import Completion
from coderdiff_api.dialects.confidences import logprobs_object, spelling


def done(text: str, pieces: list[bytes], logs: list[float]) -> Completion:
    return Completion(
        text, "stop", len(logs), 1, 1.0, "random", "verified", pieces=tuple(pieces), logs=tuple(logs)
    )


@pytest.mark.parametrize(
    ("text", "pieces", "told"),
    [
        ("ab", [b"a", b"b", b""], [("a", -1.0), ("b", -2.0)]),
        (
            "a’b’",
            [b"a", b"\xe2\x80", b"\x99", b"b\xe2", b"\x80\x99"],
            [("a", -1.0), ("’", -5.0), ("b’", -9.0)],
        ),
        ("a", [b"a", b"\xe2\x80"], [("a", -1.0)]),
        ("ab", [b"a\xe2", b"b"], [("ab", -3.0)]),
        ("abc", [b"ab", b"cd", b"e"], [("ab", -1.0), ("c", -2.0)]),
        ("abX", [b"ab", b"cd"], [("ab", -1.0), ("X", None)]),
        ("", [b"a"], []),
    ],
)
def test_tokens_spell_the_text_and_those_of_one_character_are_told_together(
    text: str, pieces: list[bytes], told: list[tuple[str, float | None]]
):
    logs = [-1.0, -2.0, -3.0, -4.0, -5.0][: len(pieces)]
    assert spelling(done(text, pieces, logs)) == told


def test_no_logarithm_is_infinite():
    told = logprobs_object([("a", float("-inf")), ("b", None)], 0, with_top=True)
    assert told["token_logprobs"] == [pytest.approx(-20.7233), None]
    assert told["top_logprobs"] == [{"a": pytest.approx(-20.7233)}, {}]
