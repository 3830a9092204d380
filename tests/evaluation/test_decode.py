"""The decoding benchmark on a random network: yardsticks are themselves, rows add up, both commands print."""

from __future__ import annotations

import dataclasses
import json
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

from coderdiff.cli.main import main
from coderdiff.decoding.lengths import CANDIDATES
from coderdiff.engine.length_bias import read_bias
from coderdiff.evaluation import decode, length_bias
from coderdiff.evaluation.infill import InfillTask, draw_tasks
from coderdiff.model.loader import Checkpoint, find, save
from coderdiff.model.transformer import Transformer
from coderdiff.training.corpus.manifest import Manifest, ShardRecord, Split, save_manifest
from coderdiff.training.corpus.shards import Document, write_split

SOURCES = [Path(textwrap.__file__), Path(json.__file__), Path(dataclasses.__file__)]


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    return [Document(path.stem, "1", f"{path.stem}.py", path.read_text()) for path in SOURCES]


@pytest.fixture(scope="module")
def hole(
    network: Transformer, checkpoint: Checkpoint, tmp_path_factory: pytest.TempPathFactory
) -> Checkpoint:
    spec = dataclasses.replace(
        network.spec, name="hole", pack=0, context_attention="bidirectional", canvas_attention="bidirectional"
    )
    other = Transformer(spec).eval().requires_grad_(False)
    other.load_state_dict(network.state_dict())
    folder = tmp_path_factory.mktemp("hole")
    save(folder, other, find(None) / "tokenizer.json")
    return Checkpoint(spec, other, checkpoint.tokenizer, folder)


@pytest.fixture(scope="module")
def tasks(documents: list[Document]) -> list[InfillTask]:
    return [task for task in draw_tasks(documents, 2, 1) if task.kind == "rest"]


def nothing() -> None: ...


def test_yardsticks_agree_with_themselves(hole: Checkpoint, tasks: list[InfillTask]):
    policies = decode.by_policy(hole, tasks, ["low_confidence", "low_confidence:steps=4"], nothing)
    assert (policies[0].same, policies[0].way) == (1.0, "low_confidence")
    assert policies[1].tpf > policies[0].tpf
    modes = decode.by_mode(hole, tasks, "eb_sampler", nothing)
    assert [row.way for row in modes] == ["exact", "cached", "chunked", "selective", "cached, typing on"]
    assert modes[0].same == 1.0


def test_every_starting_length_is_beside_the_oracle(hole: Checkpoint, tasks: list[InfillTask]):
    rows = decode.by_length(hole, tasks[:1], "fast_dllm:threshold=0", nothing)
    assert [row.way for row in rows] == [
        *(f"start {length}" for length in decode.LENGTHS), "mean of these", "engine's own", "oracle length"
    ]  # fmt: skip
    assert rows[-1].same == 1.0
    assert all(row.forwards == 1.0 for row in rows if row.way != "engine's own")


def test_rows_are_counted_in_every_mode(hole: Checkpoint, documents: list[Document]):
    """One token a step over 32 positions: exact mode computes context and canvas 32 times."""
    rows = {row.mode: row for row in decode.row_counts(hole, documents, 1600, "low_confidence", places=1)}
    assert rows["selective"] == replace(rows["chunked"], mode="selective"), "all chunks are few enough"
    assert rows["exact"].rows == pytest.approx(32 * (1600 + 32), rel=0.01)
    assert rows["exact"].rows % 32 == 0
    assert rows["cached"].rows >= rows["exact"].rows / 32 + 31 * 34
    assert rows["cached, typing on"].rows < rows["cached"].rows
    assert rows["chunked"].chunk_rows > 0
    assert rows["chunked, typing on"].chunk_rows == 0
    for row in rows.values():
        if row.mode in {"cached", "chunked"}:
            assert row.times_fewer == pytest.approx(rows["exact"].rows / (row.rows + row.chunk_rows))


def test_rows_are_those_of_all_places(hole: Checkpoint, documents: list[Document]):
    one, two = (decode.row_counts(hole, documents, 200, "low_confidence", places=places) for places in (1, 2))
    for few, more in zip(one, two, strict=True):
        assert more.forwards == 2 * few.forwards == 64
        assert more.rows == pytest.approx(2 * few.rows, rel=0.1)
        assert more.times_fewer == pytest.approx(few.times_fewer, rel=0.1)


def test_what_a_model_cannot_follow_is_left_out(hole: Checkpoint, checkpoint: Checkpoint):
    assert decode.suited(hole.spec)[0] == decode.ONE_TOKEN
    assert "verified" not in decode.suited(hole.spec)
    assert "verified" in decode.suited(checkpoint.spec)


def test_the_length_bias_leaves_out_what_is_near_the_true_length(hole: Checkpoint, tasks: list[InfillTask]):
    measured = length_bias.confidences(hole, tasks, nothing)
    assert set(measured) <= set(CANDIDATES)
    assert all(0 < value <= 1 for value in measured.values())


def test_both_commands(
    hole: Checkpoint, documents: list[Document], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    corpus, page = tmp_path / "corpus", tmp_path / "page.md"
    corpus.mkdir()
    listed: dict[Split, tuple[ShardRecord, ...]] = {"train": (), "validation": (), "test": ()}
    for split in ("test", "validation", "train"):
        listed[split] = write_split(corpus, split, documents, 2**20)
    save_manifest(corpus, Manifest("1.0", "3.11.7", 0, None, (), listed))
    shared = ["--corpus", str(corpus), "--model", str(hole.folder), "--holes", "1", "--kind", "rest"]
    arguments = [*shared, "--policy", "fast_dllm:threshold=0.1", "--rule", "fast_dllm:threshold=0.1"]
    arguments += ["--context", "300", "--report", str(page), "--json"]
    assert main(["bench", "decode", *arguments]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [row["way"] for row in found["policies"]] == ["low_confidence", "fast_dllm:threshold=0.1"]
    assert {row["context"] for row in found["rows"]} == {300}
    text = page.read_text()
    assert "<!-- decode policies hole -->" in text
    assert "| cached | 1 |" in text
    known = [
        *shared,
        "--split",
        "train",
        "--documents",
        "1",
        "--policy",
        "low_confidence",
        "--context",
        "64",
        "--json",
    ]
    assert main(["bench", "decode", *known]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["split"], found["documents"]) == ("train", 1)
    assert main(["bench", "decode", *shared, "--kind", "word"]) == 2
    assert "there is no kind of hole 'word'" in capsys.readouterr().err
    status = main(["bench", "lengths", *shared, "--no-write", "--json"])
    said = capsys.readouterr()
    assert status in {0, 2}, "random weights need not fall with length"
    assert '"bias"' in said.out or "does not fall" in said.err
    assert read_bias(hole.folder) is None
