"""Rows that are written many at once, against those that were given."""

from __future__ import annotations

from pathlib import Path

import pytest

from coderdiff.context.index import store
from coderdiff.context.index.index import Index
from coderdiff.context.index.intake import Taken
from coderdiff.context.index.postings import EMPTY


@pytest.mark.parametrize("count", [0, 1, 127, 128, 129, 300])
def test_every_name_of_a_content_is_defined_by_it(tmp_path: Path, count: int) -> None:
    names = tuple(sorted(f"name{number}" for number in range(count)))
    with Index.in_memory(tmp_path) as index:
        taken = [Taken(b"hash", 1, 1, names), Taken(b"other", 1, 1, names[:3])]
        ids = index.database.change(lambda connection: store.put_contents(connection, taken, EMPTY))
        assert ids is not None
        rows = index.database.ask(
            lambda connection: connection.execute("SELECT name, content FROM defined").fetchall()
        )
    expected = [(name, ids[b"hash"]) for name in names] + [(name, ids[b"other"]) for name in names[:3]]
    assert sorted(rows) == sorted(expected)
