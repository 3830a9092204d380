"""The whole way, from wheels made here to a corpus on disk, and the commands around it."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from coderdiff.cli.corpus import app
from coderdiff.errors import CorpusError
from coderdiff.training.corpus.build import BuildSettings, build_corpus
from coderdiff.training.corpus.decontamination import HeldOutIndex, run_hashes
from coderdiff.training.corpus.manifest import Split, load_manifest
from coderdiff.training.corpus.shards import read_split
from coderdiff.training.corpus.sources import Source, open_wheel

SETTINGS = BuildSettings(package_share=1.0)


def program(seed: int, functions: int = 12) -> str:
    """Made-up code that parses, unlike that of any other seed."""
    draw = random.Random(seed)

    def name() -> str:
        return "".join(draw.choices("abcdefghijklmnop", k=7))

    def function() -> str:
        body = f"    {name()} = {name()}({name()})\n    return {name()}.{name()}\n"
        return f"def {name()}({name()}, {name()}):\n{body}"

    return "\n\n".join(function() for _ in range(functions))


PACKAGES: Mapping[str, tuple[Split, Mapping[str, str | bytes]]] = {
    "app": (
        "train",
        {
            "app/core.py": program(1).replace("\n", "\r\n"),
            "app/marked.py": b"\xef\xbb\xbf" + program(2).encode(),
            "app/benchmark.py": program(3),
            "app/latin.py": b"# caf\xe9\n" + program(4).encode(),
            "app/broken.py": program(5) + "def (:\n",
            "app/_vendor/toolkit/api.py": program(20),
            "app/copied.py": program(20) + "\n\nEXTRA = 1\n",
            "app/tests/test_core.py": program(6),
            "app/tests/test_more.py": program(7, functions=100),
            "app/__init__.py": "",
        },
    ),
    "sample": ("validation", {"sample/core.py": program(10)}),
    "toolkit": ("test", {"toolkit/api.py": program(20), "toolkit/benchmark.py": program(21)}),
}
LEFT_OUT = {
    "shares runs with a benchmark": 2,
    "does not parse": 1,
    "not UTF-8 text": 1,
    "over the cap on tests": 1,
    "resembles a held-out file": 1,
    "too small": 1,
    "vendored": 1,
}


@pytest.fixture
def sources(make_wheel: Callable[..., Path]) -> list[Source]:
    return [open_wheel(make_wheel(name, files), split) for name, (split, files) in PACKAGES.items()]


@pytest.fixture
def index() -> HeldOutIndex:
    return HeldOutIndex(np.unique(np.concatenate([run_hashes(program(3)), run_hashes(program(21))])))


def test_the_whole_way(tmp_path: Path, sources: list[Source], index: HeldOutIndex) -> None:
    out = tmp_path / "corpus"
    stages: list[str] = []
    manifest = build_corpus(
        sources, out, index=index, settings=SETTINGS, report=lambda stage, done, total: stages.append(stage)
    )
    found = {split: {d.path: d for d in read_split(out, split)} for split in PACKAGES_BY_SPLIT}
    assert {split: set(documents) for split, documents in found.items()} == PACKAGES_BY_SPLIT
    assert found["train"]["app/core.py"].text == program(1)  # line ends
    assert found["train"]["app/marked.py"].text == program(2)  # byte-order mark
    assert found["train"]["app/core.py"].version == "1.0"

    assert manifest == load_manifest(out)
    assert manifest.dropped() == LEFT_OUT
    assert manifest.decontamination is not None
    assert manifest.decontamination.files_left_out == 2
    (app_record,) = (source for source in manifest.sources if source.name == "app")
    assert (app_record.licence, app_record.split, app_record.files) == ("MIT", "train", 3)
    assert app_record.archive == "app-1.0-py3-none-any.whl"
    assert app_record.sha256 == sources[0].sha256
    assert app_record.bytes == sum(len(d.text.encode()) for d in found["train"].values())
    assert json.loads((out / "manifest.json").read_text())["totals"]["test"]["files"] == 1
    expected = ["reading and filtering", "finding near duplicates", "decontaminating", "writing shards"]
    assert list(dict.fromkeys(stages)) == expected
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == ["corpus"]


PACKAGES_BY_SPLIT = {
    "train": {"app/core.py", "app/marked.py", "app/tests/test_core.py"},
    "validation": {"sample/core.py"},
    "test": {"toolkit/api.py"},
}


def test_the_same_on_any_number_of_processes_and_again(
    tmp_path: Path, sources: list[Source], index: HeldOutIndex
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    build_corpus(sources, one, index=index, settings=SETTINGS)
    build_corpus(sources, two, index=index, settings=replace(SETTINGS, jobs=2))
    contents = [{path.name: path.read_bytes() for path in folder.iterdir()} for folder in (one, two)]
    assert contents[0] == contents[1]
    build_corpus(sources[:2], one, index=None, settings=SETTINGS)  # replaces what was there
    assert load_manifest(one).decontamination is None
    assert not (one / "test-000.jsonl.zst").exists()


def test_other_peoples_folders_are_left_alone(tmp_path: Path, sources: list[Source]) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(CorpusError, match="not a corpus"):
        build_corpus(sources, tmp_path, index=None, settings=SETTINGS)
    with pytest.raises(CorpusError, match="is a file"):
        build_corpus(sources, tmp_path / "thesis.txt", index=None, settings=SETTINGS)
    with pytest.raises(CorpusError, match="same name"):
        build_corpus([*sources, sources[0]], tmp_path / "out", index=None, settings=SETTINGS)


def test_a_licence_that_is_not_permissive_stops_the_build(make_wheel: Callable[..., Path]) -> None:
    wheel = make_wheel("copyleft", {"copyleft/a.py": program(1)}, licence="GPL-3.0-only")
    with pytest.raises(CorpusError, match=r"copyleft is not under a permissive licence \(GPL-3\.0-only\)"):
        open_wheel(wheel, "train")


def test_show_prints_every_source(tmp_path: Path, sources: list[Source]) -> None:
    out = tmp_path / "corpus"
    build_corpus(sources, out, index=None, settings=SETTINGS)
    shown = CliRunner().invoke(app, ["show", "--out", str(out)], env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    assert all(name in shown.stdout for name in (*PACKAGES, "MIT", "NOT checked against benchmarks"))


@pytest.mark.parametrize("options", [[], ["--no-decontamination", "--decontamination", "index"]])
def test_going_without_decontamination_must_be_said(tmp_path: Path, options: list[str]) -> None:
    result = CliRunner().invoke(app, ["build", "--out", str(tmp_path / "corpus"), *options])
    assert isinstance(result.exception, CorpusError)
    assert "--no-decontamination" in str(result.exception)
    assert not (tmp_path / "corpus").exists()
