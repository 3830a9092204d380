"""`coderdiff train`: bad wishes get one line, and a short run ends in a model that loads."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

import coderdiff as package
from coderdiff.model import loader
from coderdiff.model.tokenizer import Tokenizer
from coderdiff.training import curves
from coderdiff.training.corpus.manifest import Manifest, ShardRecord, Split, save_manifest
from coderdiff.training.corpus.shards import Document, write_split

Run = Callable[..., "object"]
TOKENIZER = Path(package.__file__).parent / "models" / "tiny" / "tokenizer.json"


def write_corpus(folder: Path, **documents: int) -> Path:
    """A corpus with so many copies of a real file in each split."""
    folder.mkdir()
    text = Path(textwrap.__file__).read_text(encoding="utf-8")
    shards: dict[Split, tuple[ShardRecord, ...]] = {
        split: write_split(
            folder,
            split,
            [Document("p", "1", f"{at}.py", text) for at in range(documents.get(split, 0))],
        )
        for split in ("train", "validation", "test")
    }
    save_manifest(folder, Manifest("1.0", "3.11.7", 0, None, (), shards))
    return folder


def test_an_unknown_preset(coderdiff, tmp_path: Path) -> None:
    outcome = coderdiff("train", "--preset", "huge", "--corpus", tmp_path)
    assert outcome.status == 2
    assert (
        outcome.err
        == "coderdiff: there is no preset 'huge': choose one of tiny, small, base, holes, infill\n"
    )


def test_a_second_stage_without_a_first(coderdiff, tmp_path: Path) -> None:
    outcome = coderdiff("train", "--preset", "holes", "--corpus", tmp_path)
    assert outcome.status == 2
    assert (
        outcome.err
        == "coderdiff: the preset holes goes on with a trained model: say which with --start-from\n"
    )


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        (
            "weight=1",
            "the objective of tiny has no number 'weight': choose one of canvas_weight, quiet, ramp, ",
        ),
        (
            "mixture=1",
            "the objective of tiny has no number 'mixture': choose one of canvas_weight, quiet, ramp, ",
        ),
        ("trailing=0.5", "'trailing=0.5' says no number for trailing: as in trailing=2\n"),
        ("ramp", "'ramp' says no number for ramp: as in ramp=0.05\n"),
    ],
)
def test_an_objective_that_there_is_not(coderdiff, tmp_path: Path, wish: str, says: str) -> None:
    outcome = coderdiff("train", "--objective", wish, "--corpus", tmp_path)
    assert outcome.status == 2
    assert outcome.err.startswith(f"coderdiff: {says}")


def test_a_missing_corpus(coderdiff, tmp_path: Path) -> None:
    outcome = coderdiff("train", "--corpus", tmp_path / "none", "--out", tmp_path / "run")
    assert outcome.status == 2
    assert outcome.err.startswith(f"coderdiff: no corpus in {tmp_path / 'none'}")
    assert outcome.err.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_two_ways_to_stop(coderdiff, tmp_path: Path) -> None:
    outcome = coderdiff("train", "--minutes", 1, "--steps", 5, "--corpus", tmp_path)
    assert outcome.status == 2
    assert outcome.err == "coderdiff: --minutes and --steps both say when to stop: give one of them\n"


def test_a_corpus_without_validation_text(coderdiff, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", train=1)
    outcome = coderdiff("train", "--corpus", corpus, "--out", tmp_path / "run")
    assert outcome.status == 2
    assert outcome.err == f"coderdiff: {corpus} has no text to use as validation: build the corpus again\n"


def test_a_missing_tokenizer_or_device(coderdiff, tmp_path: Path) -> None:
    for wish, told in (
        (("--tokenizer", tmp_path / "none.json"), "none.json"),
        (("--device", "abacus"), "abacus"),
    ):
        outcome = coderdiff("train", *wish, "--corpus", tmp_path)
        assert outcome.status == 2
        assert told in outcome.err
        assert outcome.err.count("\n") == 1


@pytest.mark.parametrize("option", ["--minutes", "--steps", "--rows", "--documents"])
def test_nothing_is_no_number(coderdiff, option: str) -> None:
    assert coderdiff("train", option, 0).status == 2


def test_a_run_ends_in_a_model_and_a_longer_one_goes_on(coderdiff, tmp_path: Path) -> None:
    corpus, out = write_corpus(tmp_path / "corpus", train=2, validation=1), tmp_path / "run"
    line = (
        "train",
        "--corpus",
        corpus,
        "--out",
        out,
        "--tokenizer",
        TOKENIZER,
        "--rows",
        1,
        "--documents",
        1,
    )
    line = (*line, "--no-compiled", "--workers", 0, "--device", "cpu", "--steps")
    first = coderdiff(*line, 1)
    assert first.status == 0, first.err
    assert first.out == ""
    assert "M weights" in first.err
    assert "validation: next" in first.err
    assert "going on" not in first.err
    checkpoint = loader.load(out / "model")
    assert checkpoint.spec.name == "tiny"
    assert not (out / "tokenizer.json").exists()
    second = coderdiff(*line, 2)
    assert second.status == 0, second.err
    assert "going on from step 1" in second.err
    assert [point["step"] for point in curves.read(out / "curves.csv")] == [1, 2]


def test_an_infilling_run_makes_a_tokenizer_of_its_own(coderdiff, tmp_path: Path) -> None:
    corpus, out = write_corpus(tmp_path / "corpus", train=1, validation=1), tmp_path / "run"
    before = TOKENIZER.read_bytes()
    line = (
        "train",
        "--preset",
        "infill",
        "--start-from",
        "tiny",
        "--corpus",
        corpus,
        "--out",
        out,
        "--rows",
        1,
    )
    line = (*line, "--no-compiled", "--workers", 0, "--device", "cpu", "--steps")
    first = coderdiff(*line, 1)
    assert first.status == 0, first.err
    assert "| validation: canvas" in first.err
    assert "length" in first.err
    spec, tokenizer = loader.load(out / "model").spec, Tokenizer.from_file(out / "tokenizer.json")
    assert spec.name == "infill"
    assert spec.context_attention == "bidirectional"
    assert (spec.expand_id, spec.delete_id) == (tokenizer.specials.expand, tokenizer.specials.delete)
    assert spec.expand_id is not None
    assert loader.load(loader.find("tiny")).spec.expand_id is None
    assert TOKENIZER.read_bytes() == before
    second = coderdiff(*line, 2, "--name", "fills")
    assert second.status == 0, second.err
    assert "going on from step 1" in second.err
    assert loader.load(out / "model").spec.name == "fills"
