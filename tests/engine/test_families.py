"""Every published family is served: a tiny checkpoint in its own format, from its folder to a completion."""

from __future__ import annotations

from pathlib import Path

import pytest

from coderdiff.engine.engine import Engine
from coderdiff.types import Document, FillRequest, Hole, Limits, complete

from tests.model import checkpoints, moe_checkpoints  # isort: skip

TEXT = "def f(a, b):\n    return \n\n\nprint(f(1, 2))\n"


@pytest.mark.parametrize("kind", [*checkpoints.KINDS, *moe_checkpoints.KINDS])
def test_from_a_folder_to_a_completion(kind: str, tmp_path: Path) -> None:
    maker = checkpoints if kind in checkpoints.KINDS else moe_checkpoints
    folder = tmp_path / "tiny"
    maker.write(folder, kind)
    engine = Engine.open(str(folder), device="cpu")
    spec = engine.checkpoint.spec
    at = TEXT.index("return ") + 7
    for policy in (None, "low_confidence"):
        request = FillRequest(Document(TEXT), Hole(at, at), Limits(max_tokens=8), policy=policy)
        answer = complete(engine, request)
        assert answer.finish_reason in {"stop", "length"}
        assert answer.forwards > 0
        assert answer.tokens <= 8
        assert answer.policy == (policy or engine.policy)
    assert spec.context_attention in {"bidirectional", "block"}
