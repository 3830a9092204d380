from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest

from coderdiff.context.index import workers
from coderdiff.context.index.intake import Batch, Raw, hash_of, take_in
from coderdiff.context.index.postings import EMPTY, combine

from ..indexing import module


def raws(count: int) -> list[Raw]:
    files = [(f"m{number}.py", module(number).encode()) for number in range(count)]
    return [Raw(path, hash_of(path, content), content) for path, content in files]


def batches(files: Sequence[Raw], size: int = 3) -> Iterator[Sequence[Raw]]:
    return (files[start : start + size] for start in range(0, len(files), size))


def crashed(file: Raw) -> Batch:
    return Batch({file.path: workers.CRASHED}, [], EMPTY)


def read_all(groups: Iterable[Sequence[Raw]], jobs: int) -> Iterator[Batch]:
    return workers.read_all(groups, jobs, take_in, crashed)


def hashes(results: Sequence[Batch]) -> list[bytes]:
    return [taken.hash for batch in results for taken in batch.taken]


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other processes from the first file on."""
    monkeypatch.setattr(workers, "INLINE_BYTES", 0)


def test_processes_give_what_one_process_gives_in_order(at_once: None) -> None:
    files = raws(10)
    alone = list(read_all(batches(files), 1))
    together = list(read_all(batches(files), 2))
    assert hashes(together) == hashes(alone) == [file.hash for file in files]
    for mine, theirs in zip(alone, together, strict=True):
        assert mine.taken == theirs.taken
        assert combine([mine.segment]).terms == combine([theirs.segment]).terms


def test_few_files_start_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_pool", lambda jobs: pytest.fail("a process was started"))
    assert len(hashes(list(read_all(batches(raws(9)), 4)))) == 9
    assert list(read_all(iter(()), 4)) == []


def test_batches_are_drawn_only_as_they_are_needed(at_once: None) -> None:
    drawn = []

    def counted() -> Iterator[Sequence[Raw]]:
        for batch in batches(raws(60)):
            drawn.append(batch)
            yield batch

    reading = read_all(counted(), 2)
    next(reading)
    assert len(drawn) <= 6
    reading.close()
    assert len(drawn) <= 6


def crash_on_four(files: Sequence[Raw]) -> Batch:
    """Stands in for a parser that crashes: this one ends its process."""
    if any(file.path == "m4.py" for file in files):
        os._exit(1)
    return take_in(files)


def test_a_file_that_kills_its_worker_is_left_out_and_the_rest_is_read(
    at_once: None,
) -> None:
    results = list(workers.read_all(batches(raws(9)), 2, crash_on_four, crashed))
    assert {path: reason for batch in results for path, reason in batch.skipped.items()} == {
        "m4.py": workers.CRASHED
    }
    assert sorted(hashes(results)) == sorted(file.hash for file in raws(9) if file.path != "m4.py")


ENDLESS = """
import itertools, sys
sys.path.insert(0, sys.argv[1])
from coderdiff.context.index import workers
from coderdiff.context.index.intake import Raw, hash_of, take_in
if __name__ == "__main__":
    workers.INLINE_BYTES = 0
    endless = ([Raw("a.py", hash_of("a.py", b"x"), b"x = %d" % number)] for number in itertools.count())
    for number, batch in enumerate(workers.read_all(endless, 2, take_in, lambda raw: None)):
        if number == 3:
            import multiprocessing
            print(*[child.pid for child in multiprocessing.active_children()], flush=True)
"""


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks at /proc")
def test_workers_end_with_a_process_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "endless.py"
    script.write_text(ENDLESS)
    process = subprocess.Popen([sys.executable, script, Path.cwd()], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    pids = [int(pid) for pid in process.stdout.readline().split()]
    assert len(pids) == 2
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    for _ in range(200):
        if not any(is_running(pid) for pid in pids):
            return
        time.sleep(0.05)
    pytest.fail("a worker outlived its parent")


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
