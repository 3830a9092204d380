"""What a corpus was made of: every source, its licence, what was kept of it and why the rest was left out.

The manifest is written last, so that a folder without one is an unfinished corpus.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

from coderdiff.errors import CorpusError

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)

MANIFEST_NAME = "manifest.json"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """One package (or the standard library): `files` and `bytes` are what is in the shards.

    `archive` and `sha256` name the wheel it was read from; the standard library has neither. `dropped` counts
    the files left out by reason.
    """

    name: str
    version: str
    licence: str
    split: Split
    archive: str | None
    sha256: str | None
    files: int
    bytes: int
    dropped: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ShardRecord:
    """One shard: how many documents it must yield, and its compressed size in bytes."""

    name: str
    documents: int
    bytes: int


@dataclass(frozen=True, slots=True)
class DecontaminationRecord:
    """How the corpus was kept apart from benchmarks: runs known, runs a file may share, files left out."""

    runs: int
    limit: int
    files_left_out: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything needed to know, and to make again, what is in a corpus folder."""

    tool_version: str
    python_version: str
    seed: int
    decontamination: DecontaminationRecord | None
    sources: tuple[SourceRecord, ...]
    shards: Mapping[Split, tuple[ShardRecord, ...]]

    def totals(self) -> dict[Split, tuple[int, int, int]]:
        """(packages, files, bytes of text) of every split."""
        of: dict[Split, list[SourceRecord]] = {split: [] for split in SPLITS}
        for source in self.sources:
            of[source.split].append(source)
        return {k: (len(v), sum(s.files for s in v), sum(s.bytes for s in v)) for k, v in of.items()}

    def dropped(self) -> dict[str, int]:
        """Files left out by reason, over all sources, most frequent first."""
        counts: dict[str, int] = {}
        for source in self.sources:
            for reason, count in source.dropped.items():
                counts[reason] = counts.get(reason, 0) + count
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def save_manifest(folder: Path, manifest: Manifest) -> None:
    """Write `manifest` into `folder`, atomically."""
    keys = ("packages", "files", "bytes")
    totals = {split: dict(zip(keys, values, strict=True)) for split, values in manifest.totals().items()}
    content = {"format": FORMAT, "totals": totals, "dropped": manifest.dropped(), **asdict(manifest)}
    partial = folder / (MANIFEST_NAME + ".partial")
    partial.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    partial.replace(folder / MANIFEST_NAME)


def load_manifest(folder: str | Path) -> Manifest:
    """The manifest of the corpus in `folder`. Raises CorpusError if there is none or it cannot be read."""
    path = Path(folder) / MANIFEST_NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        advice = f"make one with `coderdiff corpus build --out {folder}`"
        raise CorpusError(f"no corpus in {folder}: {advice}") from None
    except (OSError, ValueError) as error:
        raise CorpusError(f"{path} cannot be read ({error}): build the corpus again") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise CorpusError(f"{path} is not of format {FORMAT}: build the corpus again with this version")
    try:
        decontamination = content["decontamination"]
        return Manifest(
            tool_version=content["tool_version"],
            python_version=content["python_version"],
            seed=content["seed"],
            decontamination=DecontaminationRecord(**decontamination) if decontamination is not None else None,
            sources=tuple(SourceRecord(**source) for source in content["sources"]),
            shards={split: tuple(ShardRecord(**s) for s in content["shards"][split]) for split in SPLITS},
        )
    except (KeyError, TypeError) as error:
        raise CorpusError(f"{path} lacks or misnames a field ({error}): build the corpus again") from error
