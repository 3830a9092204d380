"""One index, several processes: builders, readers, and some that are killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from coderdiff.context.index.index import Index

from ..indexing import afresh, everything, module, update, write

BUILDER = """
import sys
from pathlib import Path
from coderdiff.context.index import build
from coderdiff.context.index.index import Index
from coderdiff.context.files.scan import Scanner
build.BATCH_FILES, build.WRITE_CHUNKS, build.REPORT_EVERY = 4, 1, 4
root, folder, rounds = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
for _ in range(rounds):
    with Index.open(root, folder, print) as index:
        report = lambda stage, done, total: print(stage, done, flush=True)
        figures = build.refresh(index, Scanner(root), report=report)
        print("parsed", figures.new, flush=True)
"""
READER = """
import sys
from pathlib import Path
from coderdiff.context.index.index import Index
root, folder = Path(sys.argv[1]), Path(sys.argv[2])
last = 0
with Index.open(root, folder, print) as index:
    while True:
        generation = index.generation
        assert generation >= last, (generation, last)
        last = generation
        paths = index.paths()
        for path in paths:
            text = index.text(path)
            assert text and index.symbols(path).definitions, path
        for hit in index.search(["step", "base", "Thing1"], 50):
            assert hit.path.startswith("m"), hit
        for placed in index.definitions("Thing1"):
            assert placed.definition.name in index.text(placed.path)
        for used in index.references("base_1"):
            assert used.path == "m1.py"
        print(len(paths), flush=True)
"""
FILES = 60


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    write(root, {f"m{number}.py": module(number) for number in range(FILES)})
    return root


def start(code: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_two_builders_and_two_readers_at_once(root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "index"
    readers = [start(READER, root, folder) for _ in range(2)]
    builders = [start(BUILDER, root, folder, 2) for _ in range(2)]
    parsed = 0
    for builder in builders:
        out, err = builder.communicate(timeout=120)
        assert (builder.returncode, err) == (0, "")
        parsed += sum(int(line.split()[1]) for line in out.splitlines() if line.startswith("parsed"))
        assert "damaged" not in out
    assert FILES <= parsed <= 2 * FILES
    for reader in readers:
        assert reader.stdout is not None
        seen: list[int] = []
        while not seen or seen[-1] < FILES:
            line = reader.stdout.readline()
            if not line:
                break
            seen.append(int(line))
        reader.terminate()
        _, err = reader.communicate(timeout=30)
        assert err == ""
        assert seen == sorted(seen)
        assert seen[-1] == FILES
    with Index.open(root, folder) as index:
        assert update(index, root).new == 0
        assert everything(index) == afresh(root)


def test_a_builder_killed_at_any_time_leaves_an_index_that_the_next_one_completes(
    root: Path, tmp_path: Path
) -> None:
    expected = afresh(root)
    for read in (4, 24, 56):
        folder = tmp_path / f"index{read}"
        builder = start(BUILDER, root, folder, 1)
        assert builder.stdout is not None
        while builder.stdout.readline() != f"reading {read}\n":
            assert builder.poll() is None
        builder.send_signal(signal.SIGKILL)
        builder.communicate(timeout=30)
        said: list[str] = []
        with Index.open(root, folder, said.append) as index:
            before = len(index.paths())
            # What it had said to be read, but for the last batches, and at most a little more, was written.
            assert read - 8 <= before <= min(read + 16, FILES)
            everything(index)
            assert update(index, root).new == FILES - before
            assert everything(index) == expected
        assert said == []


def test_a_file_seen_by_one_builder_is_not_forgotten_by_another_that_looked_before(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from coderdiff.context.files.scan import Scanner
    from coderdiff.context.index.build import refresh

    with Index.open(root, tmp_path / "index") as slow, Index.open(root, tmp_path / "index") as quick:
        update(slow, root)
        scanner = Scanner(root)
        looked = list(scanner.walk())
        write(root, {"new.py": "class New: pass\n"})
        update(quick, root)
        monkeypatch.setattr(scanner, "walk", lambda folder="": iter(looked))
        assert refresh(slow, scanner).removed == 0
        assert [placed.path for placed in slow.definitions("New")] == ["new.py"]
        assert everything(slow) == afresh(root)
