"""Building an index, measured in a process of its own: speed on one core, peak memory, and a second start.

    python -m coderdiff.evaluation.context.cold ROOT LOCATION

opens and refreshes the index of ROOT in the folder LOCATION once and prints one JSON object.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from coderdiff.context.repository import Repository
from coderdiff.errors import InputError


@dataclass(frozen=True, slots=True)
class IndexFigures:
    """Files of the index, files a second that one process makes ready to be asked about, the process's peak memory in
    MB, and seconds from opening the index in a new process to knowing that it is up to date. Trees are read later."""

    files: int
    files_per_second: float
    peak_mb: float
    second_start_s: float


def measure(root: Path, location: Path) -> IndexFigures:
    """Build the index of a folder from nothing in `location`, then start again on it.

    Raises InputError if the process that does it fails.
    """
    first = _start(root, location)
    second = _start(root, location)
    return IndexFigures(
        files=int(first["files"]),
        files_per_second=first["files"] / first["seconds"],
        peak_mb=first["peak_mb"],
        second_start_s=second["seconds"],
    )


def _start(root: Path, location: Path) -> dict[str, float]:
    command = [sys.executable, "-m", __name__, str(root), str(location)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise InputError(f"indexing {root} failed in a process of its own: {lines[-1]}")
    found: dict[str, float] = json.loads(done.stdout)
    return found


def refresh_once(root: Path, location: Path) -> dict[str, float]:
    """Open and refresh an index in this process, as one process does it: files, seconds, peak memory in MB."""
    began = time.perf_counter()
    with Repository.open(root, location) as repository:
        repository.refresh(jobs=1)
        seconds = time.perf_counter() - began
        return {"files": repository.index.totals().files, "seconds": seconds, "peak_mb": peak_memory_mb()}


def peak_memory_mb() -> float:
    """Most memory that this program has held, in MB.

    Linux's rusage of a process starts from the size of the one that forked it, so the kernel's own mark for the
    program is read there.
    """
    status = Path("/proc/self/status")
    if status.exists():
        mark = next(line for line in status.read_text(encoding="utf-8").splitlines() if "VmHWM" in line)
        return int(mark.split()[1]) * 1024 / 1e6
    import resource  # not everywhere: Windows has none

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


if __name__ == "__main__":
    print(json.dumps(refresh_once(Path(sys.argv[1]), Path(sys.argv[2]))))
