from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import watchfiles

from coderdiff.context.files.scan import Scanner
from coderdiff.context.index import watch
from coderdiff.context.index.build import BuildFigures
from coderdiff.context.index.index import Index
from coderdiff.context.index.watch import Watcher
from coderdiff.errors import InputError

from ..indexing import FILES, SHAPES, afresh, everything, module, write

PATIENCE = 20.0


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    write(root, FILES)
    return root


@pytest.fixture
def index(root: Path, tmp_path: Path) -> Iterator[Index]:
    with Index.open(root, tmp_path / "index") as opened:
        yield opened


@pytest.fixture
def reports() -> list[BuildFigures]:
    return []


@pytest.fixture
def watching(index: Index, root: Path, reports: list[BuildFigures]) -> Iterator[Watcher]:
    watcher = Watcher(index, Scanner(root), report=reports.append)
    assert watcher.start(PATIENCE)
    reports.clear()
    yield watcher
    watcher.stop()


def until(condition: Callable[[], bool]) -> None:
    """Wait for what has to come."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.005)


def save(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_it_begins_with_everything(watching: Watcher, index: Index, root: Path) -> None:
    until(lambda: index.totals().detailed == index.totals().files)
    assert everything(index) == afresh(root)


def test_saved_new_renamed_and_deleted_files_are_seen(watching: Watcher, index: Index, root: Path) -> None:
    save(root / "shapes.py", SHAPES + "\n\nclass Square: pass\n")
    until(lambda: index.definitions("Square") != [])
    save(root / "new.py", "class New: pass\n")
    until(lambda: index.definitions("New") != [])
    (root / "new.py").rename(root / "app" / "moved.py")
    until(lambda: [placed.path for placed in index.definitions("New")] == ["app/moved.py"])
    (root / "app" / "moved.py").unlink()
    until(lambda: index.definitions("New") == [])
    until(lambda: index.totals().detailed == index.totals().files)
    assert everything(index) == afresh(root)


def test_a_file_put_in_place_by_a_rename_is_seen(
    watching: Watcher, index: Index, root: Path, tmp_path: Path
) -> None:
    """As careful editors save."""
    save(tmp_path / "temporary", SHAPES + "\n\nclass Square: pass\n")
    (tmp_path / "temporary").replace(root / "shapes.py")
    until(lambda: index.definitions("Square") != [])


def test_whole_folders_come_and_go(watching: Watcher, index: Index, root: Path, tmp_path: Path) -> None:
    save(tmp_path / "made" / "deep" / "a.py", "class Deep: pass\n")
    (tmp_path / "made").rename(root / "made")
    until(lambda: [placed.path for placed in index.definitions("Deep")] == ["made/deep/a.py"])
    (root / "made").rename(root / "named")
    until(lambda: [placed.path for placed in index.definitions("Deep")] == ["named/deep/a.py"])
    save(root / "named" / "deep" / "b.py", "class Late: pass\n")
    until(lambda: index.definitions("Late") != [])
    shutil.rmtree(root / "named")
    until(lambda: index.paths() == sorted(FILES))


def test_the_scanners_rules_hold(
    watching: Watcher, index: Index, root: Path, reports: list[BuildFigures]
) -> None:
    (root / ".git").mkdir()
    for name in (".env", "node_modules/a.js", ".git/config", "logo.png"):
        save(root / name, "class Hidden: pass\n")
    save(root / "last.py", "class Last: pass\n")
    until(lambda: index.definitions("Last") != [])
    assert index.paths() == sorted([*FILES, "last.py"])
    assert sum(figures.changed for figures in reports) == 1


def test_a_new_rule_of_an_ignore_file_takes_files_out_and_back(
    watching: Watcher, index: Index, root: Path
) -> None:
    save(root / ".coderdiffignore", "app/\n")
    until(lambda: "app/shop.py" not in index.paths())
    (root / ".coderdiffignore").unlink()
    until(lambda: "app/shop.py" in index.paths())


def test_a_burst_is_one_refresh(
    watching: Watcher, index: Index, root: Path, reports: list[BuildFigures]
) -> None:
    lock = root / ".git" / "index.lock"
    save(lock, "")
    for number in range(120):
        save(root / f"m{number}.py", module(number))
    (root / "shapes.py").unlink()
    time.sleep(0.3)
    assert reports == []
    lock.unlink()
    until(
        lambda: len(index.paths()) == 122 and reports != []
    )  # a report comes a moment after what it tells of
    assert len(reports) == 1
    assert (reports[0].changed, reports[0].removed) == (120, 1)


def test_a_burst_without_git_is_few_refreshes(
    watching: Watcher, index: Index, root: Path, reports: list[BuildFigures]
) -> None:
    for number in range(300):
        save(root / f"m{number}.py", module(number))
    until(lambda: len(index.paths()) == 303)
    assert len(reports) <= 30
    until(lambda: index.totals().detailed == index.totals().files)
    assert everything(index) == afresh(root)


def test_what_comes_between_the_first_look_and_the_first_change_is_not_missed(
    index: Index, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refresh = watch.refresh
    first = threading.Event()

    def slow(*arguments: object, **options: object) -> BuildFigures:
        figures = refresh(*arguments, **options)  # type: ignore[arg-type]
        if not first.is_set():
            save(root / "between.py", "class Between: pass\n")
            first.set()
        return figures

    monkeypatch.setattr(watch, "refresh", slow)
    watcher = Watcher(index, Scanner(root))
    watcher.start()
    until(lambda: index.definitions("Between") != [])
    watcher.stop()


def test_polling_sees_the_same(index: Index, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(watch, "POLL_SHARE", 1.0)
    monkeypatch.setattr(watchfiles, "watch", lambda *_, **__: pytest.fail("asked the system"))
    watcher = Watcher(index, Scanner(root), poll=True)
    assert watcher.start(PATIENCE)
    save(root / "new.py", "class New: pass\n")
    until(lambda: index.definitions("New") != [])
    (root / "new.py").unlink()
    until(lambda: index.definitions("New") == [])
    watcher.stop()


def test_where_the_system_cannot_tell_it_polls_and_says_so(
    index: Index, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> Iterator[set[tuple[object, str]]]:
        raise OSError("OS file watch limit reached")

    monkeypatch.setattr(watchfiles, "watch", refuse)
    monkeypatch.setattr(watch, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(watch, "POLL_SHARE", 1.0)
    said: list[str] = []
    watcher = Watcher(index, Scanner(root), say=said.append)
    assert watcher.start(PATIENCE)
    save(root / "new.py", "class New: pass\n")
    until(lambda: index.definitions("New") != [])
    watcher.stop()
    assert len(said) == 1
    assert "watch limit" in said[0]


def test_a_refresh_that_fails_is_said_and_the_next_one_comes(
    index: Index, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    refresh = watch.refresh

    def failing(*arguments: object, **options: object) -> BuildFigures:
        if not said:
            raise InputError("locked")
        return refresh(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(watch, "refresh", failing)
    watcher = Watcher(index, Scanner(root), say=said.append)
    assert watcher.start(PATIENCE)
    save(root / "new.py", "class New: pass\n")
    until(lambda: index.definitions("New") != [])
    watcher.stop()
    assert said == ["locked"]
