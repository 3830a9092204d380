"""The benchmark of snippet memory counts what is computed."""

from __future__ import annotations

from coderdiff.evaluation.memory import CASES, measure
from coderdiff.model.loader import Checkpoint
from coderdiff.training.corpus.shards import Document

SHAPES = "class Circle:\n    def area(self, scale):\n        return scale\n\n\ndef outline(shape):\n    return shape\n"
USES = (
    "from shapes import Circle, outline\n\n\ndef report(name):\n    return outline(Circle().area(name))\n" * 6
)


def test_each_state_computes_less(checkpoint: Checkpoint) -> None:
    documents = [
        Document("package", "1", path, text)
        for path, text in (
            ("shapes.py", SHAPES * 4),
            ("uses.py", USES),
            ("more.py", USES),
            ("again.py", SHAPES),
        )
    ]
    done: list[int] = []
    rows = measure(checkpoint, documents, 3, 0, lambda: done.append(1))
    assert [row.case for row in rows] == list(CASES)
    assert len(done) == 4
    fresh, known, typed = rows
    assert fresh.snippet_rows > 0
    assert known.snippet_rows == typed.snippet_rows == 0
    assert fresh.document_rows == known.document_rows > typed.document_rows > 0
