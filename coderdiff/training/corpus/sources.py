"""Where the corpus comes from: the standard library, and wheels read as archives, never installed."""

from __future__ import annotations

import email
import hashlib
import platform
import re
import sysconfig
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from coderdiff.errors import CorpusError
from coderdiff.training.corpus.licences import permissive_licence
from coderdiff.training.corpus.manifest import Split

_NOT_LIBRARY = frozenset({"site-packages", "dist-packages", "__pycache__", "test", "tests", "idle_test"})
_METADATA = re.compile(r"[^/]+\.dist-info/METADATA")
_LARGEST_FILE = 2_000_000  # bytes; what is larger is dropped for its size, and need not be unpacked for that


@dataclass(frozen=True, slots=True)
class Source:
    """One package to read. `place` is its wheel, or the folder of the standard library (then no sha256)."""

    name: str
    version: str
    licence: str
    split: Split
    place: Path
    sha256: str | None


def standard_library(split: Split = "train") -> Source:
    """The standard library of the running interpreter."""
    folder = Path(sysconfig.get_paths()["stdlib"])
    return Source("python", platform.python_version(), "PSF-2.0", split, folder, None)


def open_wheel(wheel: Path, split: Split) -> Source:
    """The source in `wheel`, its licence read from its metadata.

    Raises CorpusError if it is no wheel, or its licence is not permissive.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            inside = next(name for name in archive.namelist() if _METADATA.fullmatch(name))
            metadata = email.message_from_bytes(archive.read(inside))
    except (OSError, zipfile.BadZipFile) as error:
        raise CorpusError(f"{wheel} cannot be read as a wheel ({error}): delete it, build again") from error
    except StopIteration:
        raise CorpusError(f"{wheel} has no METADATA: it is not a wheel") from None
    name, version = metadata["Name"], metadata["Version"]
    if not name or not version:
        raise CorpusError(f"{wheel} does not say its name and version: it is not a wheel")
    return Source(name, version, permissive_licence(metadata, name), split, wheel, file_sha256(wheel))


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def python_files(source: Source) -> Iterator[tuple[str, bytes | None]]:
    """(path, content) of the source's Python files, by path; no content where the file is too large."""
    return _folder_files(source.place) if source.place.is_dir() else _wheel_files(source.place)


def _folder_files(folder: Path) -> Iterator[tuple[str, bytes | None]]:
    for path in sorted(folder.rglob("*.py")):
        inside = path.relative_to(folder)
        if _NOT_LIBRARY.isdisjoint(inside.parts[:-1]) and path.is_file():
            yield inside.as_posix(), path.read_bytes() if path.stat().st_size <= _LARGEST_FILE else None


def _wheel_files(wheel: Path) -> Iterator[tuple[str, bytes | None]]:
    try:
        with zipfile.ZipFile(wheel) as archive:
            for entry in sorted(archive.infolist(), key=lambda entry: entry.filename):
                if entry.filename.endswith(".py") and ".dist-info/" not in entry.filename:
                    small = entry.file_size <= _LARGEST_FILE
                    yield entry.filename, archive.read(entry) if small else None
    except (OSError, zipfile.BadZipFile) as error:
        raise CorpusError(f"{wheel} cannot be read ({error}): delete it and build again") from error
