"""Git's own files, as the git at hand writes them."""

from __future__ import annotations

import os
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderdiff.context.files.gitfolder import (
    GitFolder,
    GitSettings,
    Tracked,
    git_folder,
    index_stamp,
    read_settings,
    read_tracked,
)

from .gitting import commit, fill, git, repository

NAMES = ["a.py", "src/deep/er/b.py", "src/c d.py", "src/é.py", "x" * 150 + ".py", "-dash", "src.py", "z/last"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return repository(tmp_path / "shop", dict.fromkeys(NAMES, "x\n"))


def folder_of(top: Path) -> GitFolder:
    found = git_folder(top)
    assert found is not None
    return found


def settings_of(top: Path, home: Path, user_config: Path | None = None) -> GitSettings:
    return read_settings(folder_of(top), home, user_config or home / ".config")


def test_a_plain_clone(root: Path) -> None:
    assert git_folder(root) == GitFolder(root / ".git", root / ".git")
    assert git_folder(root / "src") is None


def test_a_linked_work_tree_shares_the_settings_and_has_its_own_index(root: Path, tmp_path: Path) -> None:
    commit(root)
    git(root, "worktree", "add", "-q", "-b", "other", str(tmp_path / "linked"))
    fill(tmp_path / "linked", {"only_there.py": ""})
    git(tmp_path / "linked", "add", "only_there.py")
    found = folder_of(tmp_path / "linked")
    assert found.own.resolve() == root / ".git" / "worktrees" / "linked"
    assert found.common.resolve() == root / ".git"
    assert "only_there.py" in read_tracked(found).entries
    assert "only_there.py" not in read_tracked(folder_of(root)).entries


def test_a_submodule_names_its_folder_relative_to_itself(root: Path, tmp_path: Path) -> None:
    commit(root)
    outer = repository(tmp_path / "outer", {"main.py": ""})
    git(outer, "submodule", "add", "-q", str(root), "libs/shop")
    found = folder_of(outer / "libs" / "shop")
    assert found.own.resolve() == found.common.resolve() == outer / ".git" / "modules" / "libs" / "shop"
    assert read_tracked(found).entries == set(NAMES)
    assert {"libs/shop", ".gitmodules"} <= read_tracked(folder_of(outer)).entries
    assert read_tracked(folder_of(outer)).folders == {"libs"}


@pytest.mark.parametrize("content", [None, "", "gitdir: nowhere\n", "something else\n", "gitdir:\n"])
def test_what_is_no_work_tree(tmp_path: Path, content: str | None) -> None:
    if content is None:
        (tmp_path / ".git").mkdir()
    else:
        (tmp_path / ".git").write_text(content)
    assert git_folder(tmp_path) is None


@pytest.mark.parametrize("version", [2, 3, 4])
def test_the_index_is_read_in_all_versions(root: Path, version: int) -> None:
    git(root, "update-index", "--add", "--index-version", str(version), "--", *NAMES)
    if version == 3:  # written where an entry has flags that older versions lack
        git(root, "update-index", "--skip-worktree", "a.py", "src/c d.py")
    data = (root / ".git" / "index").read_bytes()
    assert struct.unpack_from(">4sI", data) == (b"DIRC", version)
    tracked = read_tracked(folder_of(root))
    assert tracked.entries == set(NAMES)
    assert tracked.folders == {"src", "src/deep", "src/deep/er", "z"}


def test_flags_in_version_4_and_files_to_be_added(root: Path) -> None:
    git(root, "update-index", "--add", "--index-version", "4", "--", *NAMES[:-1])
    git(root, "update-index", "--skip-worktree", "a.py")
    git(root, "add", "-N", "z/last")
    assert read_tracked(folder_of(root)).entries == set(NAMES)


def test_hashes_of_32_bytes(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--object-format=sha256")
    fill(tmp_path, dict.fromkeys(NAMES, "x\n"))
    git(tmp_path, "add", ".")
    settings = settings_of(tmp_path, tmp_path / "home")
    assert settings.hash_bytes == 32
    assert read_tracked(folder_of(tmp_path), settings.hash_bytes).entries == set(NAMES)


def test_names_that_are_not_utf8(root: Path) -> None:
    name = os.fsdecode(b"src/\xff\xfe.py")
    (root / name).write_text("")
    git(root, "add", ".")
    assert name in read_tracked(folder_of(root)).entries


def test_without_an_index_nothing_is_tracked(root: Path) -> None:
    assert read_tracked(folder_of(root)) == Tracked()
    assert index_stamp(folder_of(root)) == (0, 0)


def test_the_stamp_changes_with_the_index(root: Path) -> None:
    git(root, "add", "a.py")
    before = index_stamp(folder_of(root))
    git(root, "add", "z/last")
    assert index_stamp(folder_of(root)) != before


@given(st.data())
def test_a_damaged_index_is_no_index_or_a_part_of_one(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    top = tmp_path_factory.getbasetemp() / "damaged"
    if not top.exists():
        repository(top, dict.fromkeys(NAMES, "x\n"))
        git(top, "add", ".")
        (top / "whole").write_bytes((top / ".git" / "index").read_bytes())
    whole = bytearray((top / "whole").read_bytes())
    for at in data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=4)):
        whole[at] = data.draw(st.integers(0, 255))
    (top / ".git" / "index").write_bytes(bytes(whole[: data.draw(st.integers(0, len(whole)))]))
    assert len(read_tracked(folder_of(top)).entries) <= len(NAMES) + 1


def test_the_users_exclude_file(root: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    fill(home, {})
    assert settings_of(root, home).excludes_file == home / ".config" / "git" / "ignore"
    assert settings_of(root, home, tmp_path / "xdg").excludes_file == tmp_path / "xdg" / "git" / "ignore"
    fill(home, {".config/git/config": "[core]\n  excludesFile = ~/one\n"})
    assert settings_of(root, home).excludes_file == home / "one"
    fill(home, {".gitconfig": '[Core] ; my own\n\texcludesfile = "~/two files"  # for all\n'})
    assert settings_of(root, home).excludes_file == home / "two files"
    git(root, "config", "core.excludesFile", "/three")
    assert settings_of(root, home).excludes_file == Path("/three")


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("[core]\nignorecase = true", True),
        ("[core]\nignorecase", True),
        ("[core] ignoreCase = Yes", True),
        ("[core]\nIGNORECASE = on ; as on the Mac", True),
        ("[core]\nignorecase =", False),
        ("[core]\nignorecase = false", False),
        ('[core "sub"]\nignorecase = true', False),
        ("[core]\n# ignorecase = true", False),
        ("[other]\nignorecase = true", False),
        ("[core]\nignorecase = tr\\\nue", True),
    ],
)
def test_settings_are_read_as_git_reads_them(root: Path, tmp_path: Path, line: str, value: bool) -> None:
    (root / ".git" / "config").write_text(f"[core]\n\trepositoryformatversion = 0\n{line}\n")
    asked = git(root, "config", "--type=bool", "--default=false", "core.ignorecase").strip()
    assert settings_of(root, tmp_path).ignore_case is value
    assert asked == str(value).lower().encode()


VALUES = st.lists(
    st.sampled_from(['"', "\\\\", '\\"', "a", " ", "é", "'", "=", ";", "#", "a\\\n"]), max_size=8
).map("".join)


@given(VALUES)
def test_values_are_quoted_as_git_quotes_them(tmp_path_factory: pytest.TempPathFactory, value: str) -> None:
    top = tmp_path_factory.getbasetemp() / "quoting"
    if not top.exists():
        repository(top)
    (top / ".git" / "config").write_text(f"[core]\n\texcludesFile = /{value}\n")
    try:
        said = git(top, "config", "core.excludesFile").removesuffix(b"\n").decode()
    except subprocess.CalledProcessError:
        return  # a quote is not closed: git takes the file for broken
    assert str(settings_of(top, top / "home").excludes_file) == str(Path(said))


def test_included_files_count_where_they_are_included(root: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    fill(
        home,
        {
            ".gitconfig": "[core]\n  excludesFile = ~/first\n[include]\n  path = more/config\n  path = missing\n",
            "more/config": "[include]\n  path = deeper\n",
            "more/deeper": "[core]\n  excludesFile = ~/second\n",
        },
    )
    assert settings_of(root, home).excludes_file == home / "second"
    fill(home, {".gitconfig": "[include]\n  path = more/config\n[core]\n  excludesFile = ~/first\n"})
    assert settings_of(root, home).excludes_file == home / "first"


def test_files_that_include_each_other_end(root: Path, tmp_path: Path) -> None:
    text = "[core]\n  excludesFile = ~/one\n[include]\n  path = .gitconfig\n"
    fill(tmp_path, {".gitconfig": text})
    assert settings_of(root, tmp_path).excludes_file == tmp_path / "one"


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("gitdir:{root}/", True),
        ("gitdir:{root}/.git", True),
        ("gitdir:shop/", True),
        ("gitdir:**/shop/**", True),
        ("gitdir:~/", False),
        ("gitdir:~/../", False),
        ("gitdir:SHOP/", False),
        ("gitdir/i:SHOP/", True),
        ("gitdir:./../shop/", False),
        ("gitdir:sho?/", True),
        ("gitdir:other/", False),
        ("onbranch:main", False),
        ("gitdir:{root}", False),
    ],
)
def test_conditional_includes_ask_for_the_git_folder(
    root: Path, tmp_path: Path, condition: str, holds: bool
) -> None:
    home = tmp_path / "home"
    asked = condition.format(root=root)
    fill(
        home,
        {".gitconfig": f'[includeIf "{asked}"]\n  path = there\n', "there": "[core]\n  excludesFile = /x\n"},
    )
    assert (settings_of(root, home).excludes_file == Path("/x")) is holds
    said = git(root, "config", "--default=none", "core.excludesFile", home=home).strip() == b"/x"
    assert said is holds or condition.startswith("onbranch")
