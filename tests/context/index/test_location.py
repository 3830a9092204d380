from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from coderdiff.context.index import location
from coderdiff.context.index.index import Index
from coderdiff.context.index.location import default_location, has_index, index_file, remove_other_formats


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_each_root_has_a_private_folder_in_the_users_cache(tmp_path: Path, cache: Path) -> None:
    first, second = tmp_path / "a" / "shop", tmp_path / "b" / "shop"
    assert default_location(first).is_relative_to(cache)
    assert default_location(first) != default_location(second)
    assert default_location(first).name.startswith("shop-")
    first.mkdir(parents=True)
    Index.open(first).close()
    assert has_index(first)
    assert not has_index(second)
    assert default_location(first).stat().st_mode & 0o077 == 0


def test_links_to_a_root_share_its_index(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert default_location(tmp_path / "link") == default_location(tmp_path / "real")


def test_odd_names_make_plain_folders(tmp_path: Path) -> None:
    name = default_location(tmp_path / "größe und: *so*\n" / "-").name
    assert default_location(Path("/")).name.startswith("root-")
    assert name.replace("-", "").replace(".", "").replace("_", "").isalnum()


def test_a_relative_cache_folder_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    assert default_location(tmp_path).is_relative_to(tmp_path / "home")


def test_another_format_is_built_anew_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    folder = tmp_path / "index"
    Index.open(tmp_path, folder, said.append).close()
    old = index_file(folder)
    assert old.exists()
    assert said == []
    monkeypatch.setattr(location, "fingerprint", lambda: "2-other")
    Index.open(tmp_path, folder, said.append).close()
    assert not old.exists()
    assert index_file(folder).exists()
    assert len(said) == 1
    assert "built anew" in said[0]


def test_the_file_of_another_format_stays_while_somebody_has_it_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "index"
    old = index_file(folder)
    with Index.open(tmp_path, folder) as index:
        monkeypatch.setattr(location, "fingerprint", lambda: "2-other")
        remove_other_formats(folder)
        assert old.exists()
        assert index.paths() == []
    remove_other_formats(folder)
    assert not old.exists()


def test_junk_of_another_format_is_removed(tmp_path: Path) -> None:
    junk = tmp_path / "index-0-junk.db"
    junk.write_bytes(b"junk" * 1000)
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE a (b)")
    assert remove_other_formats(tmp_path) == 1
    assert not junk.exists()
    assert other.exists()
