"""`coderdiff corpus drill`: what it writes can be trained on and measured with."""

from __future__ import annotations

from pathlib import Path

from coderdiff.training.corpus.shards import read_split


def test_a_drill(coderdiff, tmp_path: Path) -> None:
    outcome = coderdiff("corpus", "drill", "--out", tmp_path / "drill", "--documents", 8, "--held-out", 2)
    assert (outcome.status, outcome.err) == (0, "")
    assert "train" in outcome.out
    assert [len(list(read_split(tmp_path / "drill", split))) for split in ("train", "test")] == [8, 2]


def test_a_drill_takes_no_folder_that_is_in_use(coderdiff, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for out, says in (
        (tmp_path, f"{tmp_path} is not empty: "),
        (tmp_path / "file" / "x", "cannot make the folder "),
    ):
        outcome = coderdiff("corpus", "drill", "--out", out)
        assert outcome.status == 2
        assert outcome.err.startswith(f"coderdiff: {says}")
        assert outcome.err.count("\n") == 1
    assert (tmp_path / "file").read_text() == "mine"
