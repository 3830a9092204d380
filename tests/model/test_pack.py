"""Where snippets stand in a prompt, and whom they see."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from coderdiff.model.pack import document_shift, pack_mask, pack_positions

LENGTHS = st.lists(st.integers(1, 12), max_size=5)


def test_a_pack_of_two() -> None:
    assert pack_positions([2, 3]) == [1, 2, 1, 2, 3]
    assert document_shift([2, 3]) == 3
    assert pack_mask([2, 1]).int().tolist() == [[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [1, 0, 0, 1]]


def test_no_pack_moves_nothing() -> None:
    assert pack_positions([]) == []
    assert document_shift([]) == 0
    assert pack_mask([]).tolist() == [[True]]


@given(LENGTHS)
def test_a_row_sees_the_first_token_and_its_own_snippet_up_to_itself(lengths: list[int]) -> None:
    owners = [-1, *(number for number, length in enumerate(lengths) for _ in range(length))]
    rows = len(owners)
    literal = torch.tensor(
        [
            [key <= query and owners[key] in {-1, owners[query]} for key in range(rows)]
            for query in range(rows)
        ]
    )
    assert torch.equal(pack_mask(lengths), literal)


@given(LENGTHS)
def test_positions_begin_anew_with_each_snippet_and_stay_before_the_document(lengths: list[int]) -> None:
    positions = pack_positions(lengths)
    assert len(positions) == sum(lengths)
    assert all(1 <= position <= document_shift(lengths) for position in positions)
    assert positions.count(1) == len(lengths)
