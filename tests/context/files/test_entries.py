"""One name looked up says the same as the listing of its folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from coderdiff.context.files.entries import look_up, names_in, printable, unreadable


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.py").write_text("x")
    (tmp_path / "sub").mkdir()
    (tmp_path / "link").symlink_to("a.py")
    (tmp_path / "link_to_sub").symlink_to("sub")
    (tmp_path / "broken").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / os.fsdecode(b"\xff.py")).write_text("")
    (tmp_path / "é.py").write_text("")
    return tmp_path


def test_a_name_looked_up_is_as_its_folder_lists_it(folder: Path) -> None:
    with os.scandir(folder) as listing:
        entries = list(listing)
    assert len(entries) == 8
    for entry in entries:
        named = look_up(folder / entry.name)
        assert named.name == entry.name
        assert named.is_symlink() == entry.is_symlink()
        assert named.is_dir() == entry.is_dir(follow_symlinks=False)
        assert named.is_file() == entry.is_file(follow_symlinks=False)
        assert named.stat().st_size == entry.stat(follow_symlinks=False).st_size
        assert unreadable(named) == unreadable(entry)


def test_what_cannot_be_read(folder: Path) -> None:
    assert {name: unreadable(look_up(folder / name)) for name in sorted(names_in(folder))} == {
        "a.py": None,
        "sub": None,
        "é.py": None,
        "link": "a symbolic link",
        "link_to_sub": "a symbolic link",
        "broken": "a symbolic link",
        "pipe": "not a regular file",
        "\udcff.py": "its name is not UTF-8",
    }


def test_what_is_not_there(folder: Path) -> None:
    with pytest.raises(FileNotFoundError):
        look_up(folder / "missing")
    assert names_in(folder / "missing") == []
    assert names_in(folder / "a.py") == []


def test_paths_for_people() -> None:
    assert printable("src/é.py") == "src/é.py"
    assert printable(os.fsdecode(b"src/\xe9\xff.py")) == "src/\\xe9\\xff.py"
