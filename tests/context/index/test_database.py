from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coderdiff.context.index import database
from coderdiff.context.index.database import Database
from coderdiff.context.index.index import Index
from coderdiff.context.index.location import index_file
from coderdiff.errors import InputError

from ..indexing import FILES, SHAPES, afresh, everything, module, update, write


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    write(root, FILES | {f"m{number}.py": module(number) for number in range(12)})
    return root


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def index(root: Path, folder: Path, said: list[str]) -> Iterator[Index]:
    with Index.open(root, folder, said.append) as opened:
        update(opened, root)
        yield opened


def damage(path: Path, start: int = 0, data: bytes = b"\xa5" * 100_000) -> None:
    with path.open("r+b") as file:
        file.seek(start)
        file.write(data)


def test_a_file_that_is_no_database_is_replaced(root: Path, folder: Path, said: list[str]) -> None:
    folder.mkdir()
    index_file(folder).write_bytes(b"not a database, " * 1000)
    with Index.open(root, folder, said.append) as index:
        assert index.paths() == []
        update(index, root)
        assert everything(index) == afresh(root)
    assert said == ["the index was damaged and is built anew"]


def test_damage_that_is_met_while_reading_gives_an_empty_index_which_fills_again(
    index: Index, root: Path, folder: Path, said: list[str]
) -> None:
    index.close()
    damage(index_file(folder), 4096)
    generation = 0
    for question in (index.paths, lambda: index.text("shapes.py"), lambda: index.search(["area"])):
        question()
    assert said == ["the index was damaged and is built anew"]
    update(index, root)
    assert everything(index) == afresh(root)
    assert index.generation > generation


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(0, 40),
    st.integers(0, 4095),
    st.binary(min_size=1, max_size=5000),
    st.booleans(),
)
def test_whatever_bytes_are_damaged_the_index_is_whole_after_a_refresh_or_two(
    root: Path, tmp_path_factory: pytest.TempPathFactory, page: int, offset: int, data: bytes, cut: bool
) -> None:
    """Damage inside a blob that zlib's checksum guards, or in a page that SQLite can tell is wrong."""
    folder = tmp_path_factory.mktemp("index")
    said: list[str] = []
    with Index.open(root, folder, said.append) as index:
        update(index, root)
    path = index_file(folder)
    at = min(page * 4096 + offset, path.stat().st_size - 1)
    if cut:
        os.truncate(path, at)
    else:
        damage(path, at, data)
    with Index.open(root, folder, said.append) as index:
        for _ in range(3):
            update(index, root)
            everything(index)
        index.references("area")
        if said:
            update(index, root)
            assert everything(index) == afresh(root)
        assert all("damaged" in line for line in said)


@pytest.mark.parametrize("path", ["", "shop\0.py", b"shapes.py"])
def test_a_path_that_no_file_can_have_is_damage(
    index: Index, root: Path, folder: Path, said: list[str], path: str | bytes
) -> None:
    with contextlib.closing(sqlite3.connect(index_file(folder))) as connection, connection:
        connection.execute("UPDATE files SET path = ? WHERE path = 'shapes.py'", (path,))
    update(index, root)
    assert said == ["the index was damaged and is built anew"]
    assert everything(index) == afresh(root)


def test_an_emptied_file_is_begun_anew_by_those_who_have_it_open(
    index: Index, root: Path, folder: Path
) -> None:
    os.truncate(index_file(folder), 0)
    index.definitions("Circle")
    update(index, root)
    assert everything(index) == afresh(root)


def test_a_deleted_cache_comes_back(index: Index, root: Path, folder: Path) -> None:
    before = everything(index)
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    update(index, root)
    assert everything(index) == before
    assert index_file(folder).exists()


def test_a_cache_replaced_by_another_process_is_taken_up_and_nothing_old_is_kept(
    index: Index, root: Path, folder: Path
) -> None:
    everything(index)
    for path in folder.iterdir():
        path.unlink()
    write(root, {"shapes.py": SHAPES.replace("Circle", "Disc"), "a0.py": "class Early: pass\n"})
    with Index.open(root, folder) as other:
        update(other, root)
    assert update(index, root).new == 0
    assert everything(index) == afresh(root)


def test_a_folder_that_cannot_be_made_means_memory_and_one_line(
    root: Path, tmp_path: Path, said: list[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    with Index.open(root, tmp_path / "file" / "index", said.append) as index:
        update(index, root)
        update(index, root)
        assert everything(index) == afresh(root)
        assert index.database.path is None
    assert len(said) == 1
    assert "kept in memory" in said[0]


def test_a_folder_in_which_no_file_can_be_made_means_memory(
    root: Path, folder: Path, said: list[str]
) -> None:
    """As in a write-protected one; whoever is root may write there too, but not where a folder stands."""
    folder.mkdir()
    if os.geteuid() == 0:
        index_file(folder).mkdir()
    else:
        folder.chmod(0o500)
    with Index.open(root, folder, said.append) as index:
        update(index, root)
        assert everything(index) == afresh(root)
        assert index.database.path is None
    assert len(said) == 1


def test_an_index_in_memory_answers_many_threads(root: Path) -> None:
    with Index.in_memory(root) as index:
        update(index, root)
        answers: list[int] = []

        def ask() -> None:
            for _ in range(20):
                answers.append(len(index.definitions("area")) + len(index.search(["area"])[:1]))

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        write(root, {"shapes.py": SHAPES + "\nlate = 1\n"})
        update(index, root)
        for thread in threads:
            thread.join()
        assert answers == [2] * 80


def limit_pages(monkeypatch: pytest.MonkeyPatch, pages: int) -> None:
    """A disk that is full once the file has so many pages."""
    connect = database._connect

    def limited(path: Path) -> sqlite3.Connection:
        connection = connect(path)
        connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    monkeypatch.setattr(database, "_connect", limited)


@pytest.mark.parametrize("share", [0.0, 0.5, 0.8, 0.95, 2.0])
def test_a_full_disk_means_memory_with_all_there_was(
    root: Path, tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    with Index.open(root, tmp_path / "whole") as index:
        update(index, root)
    pages = index_file(tmp_path / "whole").stat().st_size // 4096
    folder = tmp_path / "index"
    limit_pages(monkeypatch, max(1, int(share * pages)))
    with Index.open(root, folder, said.append) as index:
        for number in range(2):
            update(index, root)
            write(root, {f"more_{number}.py": module(100 + number)})
        update(index, root)
        assert everything(index) == afresh(root)
        assert (index.database.path is None) == (share < 1)
    assert len(said) == (share < 1)
    monkeypatch.undo()
    with Index.open(root, folder) as index:
        update(index, root)
        assert everything(index) == afresh(root)


def test_an_index_too_large_for_memory_is_built_anew_there(
    index: Index, root: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "MOST_BYTES_MOVED", 0)
    index.close()
    limit_pages(monkeypatch, 1)
    write(root, {f"n{number}.py": module(50 + number) for number in range(30)})
    update(index, root)
    assert index.database.path is None
    assert everything(index) == afresh(root)
    assert len(said) == 1
    assert "built anew, in memory" in said[0]


FILL = """
import resource, sys
from pathlib import Path
from coderdiff.context.index.build import refresh
from coderdiff.context.index.index import Index
from coderdiff.context.files.scan import Scanner
root, folder, limit = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
with Index.open(root, folder, print) as index:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    refresh(index, Scanner(root))
    print(len(index.paths()), len(index.definitions("area")), len(index.search(["area"])) > 0)
"""


@pytest.mark.parametrize("kilobytes", [20, 60, 80])
def test_a_limit_on_file_sizes_is_as_a_full_disk(root: Path, folder: Path, kilobytes: int) -> None:
    arguments = [sys.executable, "-c", FILL, root, folder, str(kilobytes * 1024)]
    outcome = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stderr
    line, answer = outcome.stdout.splitlines()
    assert "kept in memory" in line
    assert answer == "15 1 True"
    with Index.open(root, folder) as index:
        update(index, root)
        assert everything(index) == afresh(root)


def test_a_file_locked_for_too_long_is_an_error_in_one_line(
    index: Index, root: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    index.close()
    other = sqlite3.connect(index_file(folder), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    write(root, {"shapes.py": SHAPES + "\nlate = 1\n"})
    with pytest.raises(InputError, match="locked by another process"):
        update(index, root)
    assert index.text("shapes.py") == SHAPES
    other.rollback()
    other.close()
    update(index, root)
    assert everything(index) == afresh(root)


def test_a_failure_inside_a_change_leaves_nothing_of_it(folder: Path) -> None:
    store = Database(folder / "a.db", lambda line: None)

    def work(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE meta SET value = 7 WHERE key = 'generation'")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.change(work)
    assert store.ask(lambda connection: connection.execute("SELECT value FROM meta").fetchone()[0]) != 7
    store.close()


class Interrupting(sqlite3.Connection):
    """Lets the first `BEGIN` happen, and raises what Ctrl-C raises right behind it: Python looks at signals there."""

    armed = False

    def execute(self, sql: str, *more: object) -> sqlite3.Cursor:
        done = super().execute(sql, *more)  # type: ignore[arg-type]
        if Interrupting.armed and sql.startswith("BEGIN"):
            Interrupting.armed = False
            raise KeyboardInterrupt
        return done


@pytest.mark.parametrize("way", ["ask", "change"])
def test_an_interrupt_at_its_beginning_leaves_no_transaction_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """Whoever writes next would wait for it for half a minute."""
    connect = sqlite3.connect
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    monkeypatch.setattr(
        sqlite3, "connect", lambda *given, **more: connect(*given, factory=Interrupting, **more)
    )
    opened = Database(tmp_path / "index.sqlite3", lambda _line: None)
    Interrupting.armed = True
    with pytest.raises(KeyboardInterrupt):
        getattr(opened, way)(lambda connection: connection.execute("SELECT 1").fetchone())
    monkeypatch.undo()
    other = Database(tmp_path / "index.sqlite3", lambda _line: None)
    assert not opened._idle[-1].in_transaction
    assert other.change(lambda connection: connection.execute("SELECT 1").fetchone()) == (1,)
    assert opened.change(lambda connection: connection.execute("SELECT 2").fetchone()) == (2,)
    other.close()
    opened.close()
