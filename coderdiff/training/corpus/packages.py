"""The pinned list of packages (`packages.toml`) and fetching their wheels through pip.

The wheels asked for are always those of CPython 3.11 on x86-64 Linux, whatever machine asks, so that
everybody builds from the same bytes, and each is held to its SHA-256. Nothing is built, installed or run: pip
only downloads.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from coderdiff.errors import CorpusError
from coderdiff.training.corpus.manifest import SPLITS, Split
from coderdiff.training.corpus.parallel import Progress, silent
from coderdiff.training.corpus.sources import Source, file_sha256, open_wheel

_GLIBC = (28, 27, 26, 24, 17, 12, 5)
_TARGET = [
    "--no-deps", "--only-binary=:all:", "--python-version=3.11", "--implementation=cp",
    "--abi=cp311", "--abi=abi3", "--abi=none",
    *(f"--platform=manylinux_2_{minor}_x86_64" for minor in _GLIBC),
    *(f"--platform=manylinux{name}_x86_64" for name in ("2014", "2010", "1")),
]  # fmt: skip
_DOWNLOADS = 8


@dataclass(frozen=True, slots=True)
class Package:
    """One pinned package: exactly this version, exactly this wheel, in this split."""

    name: str
    version: str
    split: Split
    sha256: str


def pinned_packages() -> list[Package]:
    """The committed list, in its order."""
    text = resources.files(__package__).joinpath("packages.toml").read_text(encoding="utf-8")
    return parse_packages(text, "packages.toml")


def parse_packages(text: str, where: str) -> list[Package]:
    """Packages from TOML: a table for each split, `name = { version = "...", sha256 = "..." }` in it.

    Raises CorpusError on anything else, or a package listed twice.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CorpusError(f"{where} is not TOML: {error}") from error
    unknown = [split for split in tables if split not in SPLITS]
    if unknown:
        raise CorpusError(f"{where}: unknown split {unknown[0]!r}: choose among {', '.join(SPLITS)}")
    packages: list[Package] = []
    for split in SPLITS:
        for name, pin in tables.get(split, {}).items():
            if not isinstance(pin, dict) or set(pin) != {"version", "sha256"}:
                raise CorpusError(f"{where}: {name} needs exactly a version and a sha256")
            packages.append(Package(name, pin["version"], split, pin["sha256"]))
    names = [_normalised(package.name) for package in packages]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise CorpusError(f"{where}: {twice} is listed twice")
    return packages


def fetch_all(packages: Sequence[Package], cache: Path, *, progress: Progress = silent) -> list[Source]:
    """The sources of `packages`, in order; wheels that `cache` lacks are downloaded, several at a time.

    Raises CorpusError at the first package that cannot be had, is not the pinned bytes, or is not permissive.
    """
    cache.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(_DOWNLOADS) as pool:
        futures = [pool.submit(_fetch, package, cache) for package in packages]
        try:
            for done, future in enumerate(as_completed(futures), start=1):
                future.result()
                progress(done, len(packages))
        except CorpusError:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [future.result() for future in futures]


def _fetch(package: Package, cache: Path) -> Source:
    wheel = _cached(package, cache)
    if wheel is None:
        _download(package, cache)
        wheel = _cached(package, cache)
    if wheel is None:
        raise CorpusError(f"pip brought no wheel of {package.name} {package.version} into {cache}")
    found = file_sha256(wheel)
    if found != package.sha256:
        raise CorpusError(f"{wheel} is not the pinned wheel (sha256 {found}): delete it and build again")
    return open_wheel(wheel, package.split)


def _cached(package: Package, cache: Path) -> Path | None:
    for wheel in sorted(cache.glob("*.whl")):
        name, version, *_ = wheel.name.split("-")
        if _normalised(name) == _normalised(package.name) and version == package.version:
            return wheel
    return None


def _download(package: Package, cache: Path) -> None:
    wanted = f"{package.name}=={package.version}"
    command = [sys.executable, "-m", "pip", "download", "--quiet", *_TARGET, "--dest", str(cache), wanted]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or ["pip failed"]
        raise CorpusError(f"cannot download {wanted}: {lines[-1].removeprefix('ERROR: ')}")


def _normalised(name: str) -> str:
    """A project name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()
