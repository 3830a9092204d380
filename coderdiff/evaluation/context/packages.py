"""The pinned packages of this benchmark (`packages.toml`), fetched as the corpus fetches its own, unpacked as trees."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, get_args

from coderdiff.errors import InputError
from coderdiff.evaluation.context.tree import Tree
from coderdiff.training.corpus.packages import Package
from coderdiff.training.corpus.sources import Source, python_files

BenchSplit = Literal["tuning", "report"]
SPLITS: tuple[BenchSplit, ...] = get_args(BenchSplit)


def pinned_packages(split: str, only: Sequence[str] = ()) -> list[Package]:
    """The packages of a split by name, or those of them named in `only`.

    Raises InputError for a split or a name that is not in the list.
    """
    if split not in SPLITS:
        raise InputError(f"no split {split!r}: choose among {', '.join(SPLITS)}")
    text = resources.files(__package__).joinpath("packages.toml").read_text(encoding="utf-8")
    pins = tomllib.loads(text)[split]
    unknown = [name for name in only if name not in pins]
    if unknown:
        raise InputError(f"no package {unknown[0]!r} in {split}: choose among {', '.join(pins)}")
    # The corpus's own word for what is never trained on here: this benchmark trains nothing.
    return [
        Package(name, pin["version"], "test", pin["sha256"])
        for name, pin in sorted(pins.items())
        if not only or name in only
    ]


@contextmanager
def unpacked(source: Source) -> Iterator[Tree]:
    """The Python files of a wheel in a folder that is gone afterwards, with nothing beside them.

    Line ends are "\\n" and the encoding is UTF-8; files that are not, or larger than the corpus reads, stay out.
    """
    texts = {path: text for path, content in python_files(source) if (text := _decoded(content)) is not None}
    with TemporaryDirectory(prefix="coderdiff-bench-") as folder:
        yield Tree.write(source.name, Path(folder), texts)


def _decoded(content: bytes | None) -> str | None:
    if content is None:
        return None
    try:
        return content.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError:
        return None
