"""The whole way from sources to a corpus folder.

    read -> filter -> drop near duplicates -> cap tests and packages -> decontaminate -> shuffle -> write

Every step counts what it leaves out, by source and reason, for the manifest.
"""

from __future__ import annotations

import platform
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from coderdiff import __version__
from coderdiff.errors import CorpusError
from coderdiff.training.corpus.balance import cap_packages, cap_tests, shuffled, size
from coderdiff.training.corpus.decontamination import MAX_HITS, HeldOutIndex, run_hashes
from coderdiff.training.corpus.dedupe import remove_near_duplicates
from coderdiff.training.corpus.filters import decode, reason_to_drop
from coderdiff.training.corpus.manifest import (
    MANIFEST_NAME,
    SPLITS,
    DecontaminationRecord,
    Manifest,
    SourceRecord,
    Split,
    save_manifest,
)
from coderdiff.training.corpus.parallel import mapped
from coderdiff.training.corpus.shards import Document, write_split
from coderdiff.training.corpus.sources import Source, python_files

Report = Callable[[str, int, int], None]
"""Called with (stage, done, total)."""

Splits = dict[Split, list[Document]]


def unreported(stage: str, done: int, total: int) -> None:
    """The report that nobody reads."""


@dataclass(frozen=True, slots=True)
class BuildSettings:
    """How to build: the order's `seed`, the caps of balance.py, and the number of processes."""

    seed: int = 0
    test_share: float = 0.25
    package_share: float = 0.08
    jobs: int = 1


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the filters left of one source."""

    documents: list[Document]
    dropped: Counter[str]


class _Drops:
    """Files left out, counted by package and reason."""

    def __init__(self) -> None:
        self.of: dict[str, Counter[str]] = {}

    def add(self, reason: str, documents: Iterable[Document]) -> None:
        for document in documents:
            self.of.setdefault(document.package, Counter())[reason] += 1

    def add_difference(self, reason: str, before: Sequence[Document], after: Sequence[Document]) -> None:
        stay = {(document.package, document.path) for document in after}
        self.add(reason, (d for d in before if (d.package, d.path) not in stay))


def build_corpus(
    sources: Sequence[Source],
    out: Path,
    *,
    index: HeldOutIndex | None,
    settings: BuildSettings,
    report: Report = unreported,
) -> Manifest:
    """Build the corpus of `sources` in `out`, replacing a corpus that is there; its manifest.

    `index` None leaves decontamination out. The new corpus is written beside `out` and moved in at the end.
    Raises CorpusError if `out` holds other things than a corpus, two sources share a name, or one cannot be
    read.
    """
    _check_folder(out)
    names = [source.name for source in sources]
    if len(set(names)) != len(names):
        raise CorpusError("two sources have the same name: list every package once")
    drops = _Drops()
    splits = _read_all(sources, drops, settings, report)
    splits = _without_duplicates(splits, drops, settings, report)
    splits = _balanced(splits, drops, settings)
    record: DecontaminationRecord | None = None
    if index is not None:
        splits, record = _decontaminated(splits, index, drops, settings, report)

    partial_out = out.with_name(out.name + ".partial")
    shutil.rmtree(partial_out, ignore_errors=True)
    partial_out.mkdir(parents=True)
    shards = {}
    for done, split in enumerate(SPLITS):
        report("writing shards", done, len(SPLITS))
        shards[split] = write_split(partial_out, split, shuffled(splits[split], settings.seed))
    report("writing shards", len(SPLITS), len(SPLITS))
    manifest = Manifest(
        tool_version=__version__,
        python_version=platform.python_version(),
        seed=settings.seed,
        decontamination=record,
        sources=_records(sources, splits, drops),
        shards=shards,
    )
    save_manifest(partial_out, manifest)
    _replace(out, partial_out)
    return manifest


def _read(source: Source) -> _Reading:
    documents, dropped = [], Counter[str]()
    for path, data in python_files(source):
        text = decode(data) if data is not None else None
        if data is None:
            reason: str | None = "too large"
        elif text is None:
            reason = "not UTF-8 text"
        else:
            reason = reason_to_drop(path, text)
        if reason is not None or text is None:
            dropped[str(reason)] += 1
        else:
            documents.append(Document(source.name, source.version, path, text))
    return _Reading(documents, dropped)


def _read_all(sources: Sequence[Source], drops: _Drops, settings: BuildSettings, report: Report) -> Splits:
    splits: Splits = {split: [] for split in SPLITS}
    progress = partial(report, "reading and filtering")
    readings = mapped(_read, sources, jobs=settings.jobs, chunk=1, progress=progress)
    for source, reading in zip(sources, readings, strict=True):
        splits[source.split] += reading.documents
        drops.of[source.name] = reading.dropped
    return splits


def _without_duplicates(splits: Splits, drops: _Drops, settings: BuildSettings, report: Report) -> Splits:
    progress = partial(report, "finding near duplicates")
    kept, duplicates = remove_near_duplicates(splits, jobs=settings.jobs, progress=progress)
    drops.add("near duplicate", (d.document for d in duplicates if d.split == d.kept_split))
    drops.add("resembles a held-out file", (d.document for d in duplicates if d.split != d.kept_split))
    return kept


def _balanced(splits: Splits, drops: _Drops, settings: BuildSettings) -> Splits:
    balanced: Splits = {}
    for split, documents in splits.items():
        thinned = cap_tests(documents, settings.test_share, settings.seed)
        drops.add_difference("over the cap on tests", documents, thinned)
        balanced[split] = thinned
    before = balanced["train"]
    balanced["train"] = cap_packages(before, settings.package_share, settings.seed)
    drops.add_difference("over the cap on packages", before, balanced["train"])
    return balanced


def _decontaminated(
    splits: Splits, index: HeldOutIndex, drops: _Drops, settings: BuildSettings, report: Report
) -> tuple[Splits, DecontaminationRecord]:
    entries = [(split, document) for split in SPLITS for document in splits[split]]
    progress = partial(report, "decontaminating")
    hashes = mapped(run_hashes, [d.text for _, d in entries], jobs=settings.jobs, progress=progress)
    clean: Splits = {split: [] for split in SPLITS}
    left_out: list[Document] = []
    for (split, document), of_document in zip(entries, hashes, strict=True):
        if index.hits(of_document) > MAX_HITS:
            left_out.append(document)
        else:
            clean[split].append(document)
    drops.add("shares runs with a benchmark", left_out)
    return clean, DecontaminationRecord(len(index), MAX_HITS, len(left_out))


def _records(sources: Sequence[Source], splits: Splits, drops: _Drops) -> tuple[SourceRecord, ...]:
    files, sizes = Counter[str](), Counter[str]()
    for documents in splits.values():
        for document in documents:
            files[document.package] += 1
            sizes[document.package] += size(document)
    return tuple(
        SourceRecord(
            name=source.name,
            version=source.version,
            licence=source.licence,
            split=source.split,
            archive=source.place.name if source.sha256 is not None else None,
            sha256=source.sha256,
            files=files[source.name],
            bytes=sizes[source.name],
            dropped=dict(sorted(drops.of[source.name].items())),
        )
        for source in sources
    )


def _check_folder(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise CorpusError(f"{out} is a file: name a folder for the corpus")
    if out.is_dir() and any(out.iterdir()) and not (out / MANIFEST_NAME).exists():
        raise CorpusError(f"{out} holds something that is not a corpus: name an empty or a new folder")


def _replace(out: Path, new: Path) -> None:
    """Move the files of `new` into `out`, the manifest last, so that a half-done move shows as no corpus."""
    out.mkdir(parents=True, exist_ok=True)
    (out / MANIFEST_NAME).unlink(missing_ok=True)
    for old in out.glob("*.jsonl.zst"):
        old.unlink()
    for path in sorted(new.iterdir(), key=lambda path: path.name == MANIFEST_NAME):
        path.replace(out / path.name)
    new.rmdir()
