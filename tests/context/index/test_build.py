from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coderdiff.context.files.scan import Scanner
from coderdiff.context.index import build, detail, store
from coderdiff.context.index.index import Index
from coderdiff.context.records import FileSymbols

from ..indexing import FILES, README, SHAPES, SHOP, afresh, age, everything, look, module, update, write


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    write(root, FILES)
    return root


@pytest.fixture
def index(root: Path, tmp_path: Path):
    with Index.open(root, tmp_path / "index") as opened:
        yield opened


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were parsed, in order."""
    paths: list[str] = []
    read = detail.read_symbols

    def counting(path: str, content: bytes, uses: bool = True) -> FileSymbols:
        paths.append(path)
        return read(path, content, uses)

    monkeypatch.setattr(detail, "read_symbols", counting)
    return paths


def test_the_first_refresh_reads_everything_the_second_nothing(
    index: Index, root: Path, parsed: list[str]
) -> None:
    first = update(index, root)
    assert (first.changed, first.new, first.removed, first.stopped) == (3, 3, 0, False)
    assert sorted(parsed) == sorted(FILES)
    generation = index.generation
    second = update(index, root)
    assert (second.changed, second.new, second.removed) == (0, 0, 0)
    assert len(parsed) == 3
    assert index.generation == generation
    assert index.paths() == sorted(FILES)


def test_a_change_can_be_seen_and_only_it_is_parsed(index: Index, root: Path, parsed: list[str]) -> None:
    update(index, root)
    generation = index.generation
    parsed.clear()
    write(root, {"shapes.py": SHAPES.replace("Circle", "Disc")})
    assert update(index, root).new == 1
    assert parsed == ["shapes.py"]
    assert index.generation > generation
    assert index.definitions("Circle") == []
    assert [placed.path for placed in index.definitions("Disc")] == ["shapes.py"]
    assert everything(index) == afresh(root)


def test_a_touched_file_is_read_but_not_parsed_and_nothing_has_changed(
    index: Index, root: Path, parsed: list[str]
) -> None:
    update(index, root)
    generation = index.generation
    parsed.clear()
    age(root / "shapes.py", 30)
    figures = update(index, root)
    assert (figures.changed, figures.new) == (1, 0)
    assert parsed == []
    assert index.generation == generation
    assert update(index, root).changed == 0


def test_equal_contents_are_parsed_once(index: Index, root: Path, parsed: list[str]) -> None:
    write(root, {f"copy_{number}.py": SHAPES for number in range(5)})
    update(index, root)
    assert len(parsed) == 3
    assert len(index.definitions("Circle")) == 6
    assert index.defined(["Circle", "nothing"]) == {"Circle"}


def test_equal_bytes_in_another_language_are_another_content(index: Index, root: Path) -> None:
    write(root, {"a.py": "def area(): pass\n", "a.txt": "def area(): pass\n"})
    update(index, root)
    assert [placed.path for placed in index.definitions("area")] == ["a.py", "shapes.py"]


def test_renamed_and_deleted_files_leave_nothing(index: Index, root: Path, parsed: list[str]) -> None:
    update(index, root)
    parsed.clear()
    (root / "shapes.py").rename(root / "forms.py")
    shutil.rmtree(root / "app")
    figures = update(index, root)
    assert (figures.new, figures.removed) == (0, 2)
    assert parsed == []
    assert index.paths() == ["README.md", "forms.py"]
    assert index.text("shapes.py") is None
    assert index.symbols("app/shop.py") is None
    assert everything(index) == afresh(root)


def test_a_branch_switch_parses_only_unseen_contents_and_leaks_nothing(
    index: Index, root: Path, parsed: list[str]
) -> None:
    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", "-C", root, *identity, *arguments], check=True, capture_output=True)

    write(root, {f"m{number}.py": module(number) for number in range(30)})
    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-q", "-m", "one")
    git("checkout", "-q", "-b", "other")
    write(
        root,
        {"m1.py": "class OnlyOther:\n    hidden_elsewhere = 1\n", "new.py": "def brand_new_thing(): pass\n"},
    )
    (root / "m2.py").unlink()
    git("add", "-A")
    git("commit", "-q", "-m", "two")
    git("checkout", "-q", "main")

    update(index, root)
    main = everything(index)
    assert len(parsed) == 33
    parsed.clear()
    git("checkout", "-q", "other")
    assert update(index, root).new == 2
    assert sorted(parsed) == ["m1.py", "new.py"]
    assert everything(index) == afresh(root)
    assert index.search(["hidden_elsewhere"], 5) != []
    parsed.clear()
    for branch in ("main", "other", "main"):
        git("checkout", "-q", branch)
        assert update(index, root).new == 0
    assert parsed == []
    assert everything(index) == main == afresh(root)
    assert index.search(["hidden_elsewhere", "OnlyOther"], 50) == []
    assert index.search(["brand_new_thing"], 50) == []
    assert index.find_symbols("OnlyOther") == []
    assert index.references("hidden_elsewhere") == []


def test_files_left_out_for_their_content_are_told_and_not_read_again(
    index: Index, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(
        root, {"blob.py": b"x = '\0\0\0'\n" * 10, "parser.py": "# Generated by a tool, do not edit\nx = 1\n"}
    )
    first = update(index, root)
    assert index.paths() == sorted(FILES)
    assert sum(first.skipped.values()) == 2
    reads: list[Path] = []
    read = build.read_file
    monkeypatch.setattr(build, "read_file", lambda path, most: reads.append(path) or read(path, most))
    second = update(index, root)
    assert reads == []
    assert second.skipped == first.skipped


def test_secrets_and_denied_files_never_enter(index: Index, root: Path, tmp_path: Path) -> None:
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0" + "k1L2m3N4o5P6g7H8"
    write(
        root,
        {
            ".env": f"TOKEN={token}\n",
            "server.pem": f"-----BEGIN PRIVATE KEY-----\n{token}\n-----END PRIVATE KEY-----\n",
            "settings.py": f'API_TOKEN = "{token}"\n\n\ndef connect(token="{token}"):\n    pass\n',
        },
    )
    update(index, root)
    assert index.paths() == sorted([*FILES, "settings.py"])
    assert token not in repr(everything(index))
    assert index.search([token], 5) == []
    assert index.definitions("API_TOKEN")[0].definition.start_line == 1
    index.close()
    held = b"".join(path.read_bytes() for path in (tmp_path / "index").iterdir())
    assert token.encode() not in held
    assert token.lower().encode() not in held


def test_invisible_characters_hide_neither_names_nor_secrets(index: Index, root: Path) -> None:
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0" + "k1L2m3N4o5P6g7H8"
    write(root, {"evil.py": f"x = '{token[:9]}\u200b{token[9:]}'\nif a:\u202e pass\n"})
    update(index, root)
    text = index.text("evil.py")
    assert text is not None
    assert "\u202e" not in text
    assert token not in text.replace("\u200b", "")
    assert text.count("\n") == 2


def test_line_ends_and_byte_order_marks_are_folded(index: Index, root: Path) -> None:
    write(root, {"dos.py": b"\xef\xbb\xbfclass Dos:\r\n    pass\r\n", "old.py": b"class Old:\r    pass\r",
                 "latin.py": "name = 'größe'\n".encode("latin-1")})  # fmt: skip
    update(index, root)
    assert index.text("dos.py") == "class Dos:\n    pass\n"
    assert index.text("old.py") == "class Old:\n    pass\n"
    assert index.definitions("Dos")[0].definition.end_line == 2
    assert index.text("latin.py") == "name = 'größe'\n"


def test_a_file_that_changes_within_a_tick_of_the_clock_is_noticed(index: Index, root: Path) -> None:
    path = root / "fast.py"
    path.write_text("first = 1\n")
    update(index, root)
    status = path.stat()
    path.write_text("other = 1\n")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    update(index, root)
    assert index.text("fast.py") == "other = 1\n"


def test_only_the_asked_paths_are_looked_at(index: Index, root: Path, parsed: list[str]) -> None:
    update(index, root)
    parsed.clear()
    write(root, {"shapes.py": SHAPES + "\n\nclass Square: pass\n", "app/shop.py": SHOP + "\nlate = 1\n",
                 "fresh/a.py": "class Fresh: pass\n", "fresh/deep/b.py": "class Deep: pass\n"})  # fmt: skip
    figures = update(index, root, paths=["shapes.py", "fresh", "nowhere.py", "../outside.py", ""])
    assert sorted(parsed) == ["fresh/a.py", "fresh/deep/b.py", "shapes.py"]
    assert (figures.changed, figures.removed) == (3, 0)
    assert index.definitions("late") == []
    shutil.rmtree(root / "fresh")
    assert update(index, root, paths=["fresh"]).removed == 2
    update(index, root)
    assert everything(index) == afresh(root)


def test_a_file_and_a_folder_may_change_places(index: Index, root: Path) -> None:
    update(index, root)
    (root / "shapes.py").unlink()
    write(root, {"shapes.py/inner.py": "class Inner: pass\n"})
    update(index, root, paths=["shapes.py"])
    assert index.paths() == ["README.md", "app/shop.py", "shapes.py/inner.py"]
    shutil.rmtree(root / "shapes.py")
    write(root, {"shapes.py": SHAPES})
    update(index, root, paths=["shapes.py"])
    assert everything(index) == afresh(root)


def test_a_stopped_refresh_goes_on_later(
    index: Index, root: Path, parsed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(root, {f"m{number}.py": module(number) for number in range(20)})
    monkeypatch.setattr(build, "BATCH_FILES", 4)
    monkeypatch.setattr(build, "WRITE_CHUNKS", 1)
    first = look(index, root, stop=lambda: len(index.paths()) >= 8)
    assert first.stopped
    assert 8 <= len(index.paths()) < 23
    assert parsed == []
    second = update(index, root)
    assert not second.stopped
    assert first.new + second.new == len(parsed) == 23
    assert everything(index) == afresh(root)


def test_progress_is_told_up_to_the_end(index: Index, root: Path) -> None:
    write(root, {f"m{number}.py": module(number) for number in range(130)})
    told: list[tuple[str, int, int]] = []
    update(index, root, report=lambda *what: told.append(what))
    reading = [(done, total) for stage, done, total in told if stage == "reading"]
    assert reading[-1] == (133, 133)
    assert [done for done, _ in reading] == sorted(done for done, _ in reading)


def test_contents_nobody_has_are_kept_for_a_while_then_dropped(
    index: Index, root: Path, monkeypatch: pytest.MonkeyPatch, parsed: list[str]
) -> None:
    update(index, root)
    write(root, {"shapes.py": "x = 1\n"})
    update(index, root)
    write(root, {"shapes.py": SHAPES})
    assert update(index, root).new == 0

    write(root, {"shapes.py": "x = 1\n"})
    monkeypatch.setattr(store, "KEPT_SECONDS", -1.0)
    update(index, root)
    parsed.clear()
    write(root, {"shapes.py": SHAPES})
    update(index, root)
    assert parsed == ["shapes.py"]
    assert everything(index) == afresh(root)


def test_no_more_is_kept_than_is_used_and_the_oldest_goes_first(
    index: Index, root: Path, monkeypatch: pytest.MonkeyPatch, parsed: list[str]
) -> None:
    monkeypatch.setattr(store, "KEPT_BYTES", 0)
    used = len(SHAPES) + len(SHOP) + len(README)
    old = "# old\n" + "x_old = 1\n" * (used // 12)
    young = "# young\n" + "x_young = 1\n" * (used // 15)
    for content in (old, young, README):
        write(root, {"README.md": content})
        update(index, root)
    parsed.clear()
    write(root, {"README.md": young})
    update(index, root)
    assert parsed == []
    write(root, {"README.md": old})
    update(index, root)
    assert parsed == ["README.md"]
    assert everything(index) == afresh(root)


def test_many_small_saves_keep_few_segments(index: Index, root: Path) -> None:
    from coderdiff.context.index import segments

    for number in range(40):
        write(root, {"shapes.py": SHAPES + f"\nlate_{number} = {number}\n"})
        update(index, root, paths=["shapes.py"])
    assert len(index.database.ask(segments.stored)) <= 3 * segments.FACTOR
    assert index.search(["late_39"], 5) != []
    update(index, root)
    assert everything(index) == afresh(root)


CONTENTS = st.sampled_from([SHAPES, SHOP, README, "", "x = 1\n", "def broken(:\n", module(1), module(2)])
NAMES = st.sampled_from(["a.py", "b.py", "sub/a.py", "sub/c.md", "sub/deep/d.py"])
STEPS = st.lists(st.tuples(NAMES, st.none() | CONTENTS), min_size=1, max_size=6)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, min_size=1, max_size=4))
def test_any_history_ends_as_if_built_at_once(tmp_path_factory: pytest.TempPathFactory, history) -> None:
    root = tmp_path_factory.mktemp("root")
    with Index.open(root, tmp_path_factory.mktemp("index")) as index:
        for at, step in enumerate(history):
            touched = set()
            for name, content in step:
                touched.add(name)
                if content is None:
                    (root / name).unlink(missing_ok=True)
                else:
                    write(root, {name: content})
            update(index, root, **({"paths": touched} if at % 2 else {}))
        assert everything(index) == afresh(root)


def test_a_file_that_grew_or_vanished_while_it_was_looked_at_is_left_out(
    index: Index, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scanner = Scanner(root)
    found = list(scanner.walk())
    (root / "shapes.py").unlink()
    write(root, {"README.md": "x" * (scanner.rules.max_bytes + 1)})
    monkeypatch.setattr(scanner, "walk", lambda folder="": iter(found))
    figures = build.refresh(index, scanner)
    assert index.paths() == ["app/shop.py"]
    assert sum(figures.skipped.values()) == 2
    assert all(reason.startswith("cannot be read") for reason in figures.skipped)


def test_a_link_that_took_a_files_place_is_not_followed(
    index: Index, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = tmp_path / "outside.py"
    outside.write_text("zzoutside = 1\n")
    scanner = Scanner(root)
    found = list(scanner.walk())
    (root / "shapes.py").unlink()
    (root / "shapes.py").symlink_to(outside)
    monkeypatch.setattr(scanner, "walk", lambda folder="": iter(found))
    build.refresh(index, scanner)
    assert "shapes.py" not in index.paths()
    assert index.search(["zzoutside"], 5) == []
