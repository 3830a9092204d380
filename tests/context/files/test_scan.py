"""What a scan finds, what it leaves out and which rule says so: against real trees and the git at hand."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coderdiff.context.files.roots import find_root
from coderdiff.context.files.scan import Found, Scanner, ScanRules, Skipped
from coderdiff.errors import InputError

from .gitting import commit, fill, git, listed, repository, speaking_lines


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    return tmp_path / "shop"


NOBODYS_HOME = Path(os.devnull)


def scanner(root: Path, max_bytes: int = 1_000_000, home: Path = NOBODYS_HOME) -> Scanner:
    """One for a user without settings of git, if no home is given."""
    return Scanner(root, ScanRules(max_bytes, home))


def found(root: Path, folder: str = "", home: Path = NOBODYS_HOME) -> list[str]:
    return [answer.path for answer in scanner(root, home=home).walk(folder) if isinstance(answer, Found)]


def skipped(root: Path, home: Path = NOBODYS_HOME) -> dict[str, str]:
    walk = scanner(root, home=home).walk()
    return {answer.path: answer.reason for answer in walk if isinstance(answer, Skipped)}


def every_entry(root: Path) -> list[str]:
    """All files and links of the tree, in folders that are left out too."""
    inside = [path for path in root.rglob("*") if path.is_symlink() or not path.is_dir()]
    return [path.relative_to(root).as_posix() for path in inside]


def assert_walk_and_check_agree(root: Path) -> None:
    """Every file is either answered by itself, or in a folder that is; `check` says the same."""
    scan = scanner(root)
    walked = {answer.path: answer for answer in scan.walk()}
    for path in every_entry(root):
        answer = scan.check(path)
        if path in walked:
            assert answer == walked[path]
            continue
        parts = path.split("/")
        above = next(at for at in ("/".join(parts[:end]) for end in range(1, len(parts))) if at in walked)
        reason = walked[above]
        assert isinstance(reason, Skipped)
        assert answer == Skipped(path, f"in {above}: {reason.reason}")


def test_a_file_with_its_size_and_time_in_a_stable_order(root: Path) -> None:
    fill(root, {"b.py": "xy", "a/z.py": "", "a/b/c.py": "", "c.py": ""})
    os.utime(root / "b.py", ns=(5, 1_234_567_891))
    assert found(root) == ["b.py", "c.py", "a/z.py", "a/b/c.py"]
    assert scanner(root).check("b.py") == Found("b.py", 2, 1_234_567_891)
    assert found(root, "a") == ["a/z.py", "a/b/c.py"]
    assert found(root, "a/b") == ["a/b/c.py"]
    assert list(scanner(root).walk("b.py")) == [Skipped("b.py", "not a folder")]


def test_an_empty_folder_and_one_that_is_none(root: Path) -> None:
    assert list(scanner(root).walk()) == []
    (root / "file").write_text("")
    for path in (root / "file", root / "missing"):
        with pytest.raises(InputError, match="is not a folder; name the folder to read"):
            Scanner(path)


def test_links_are_not_followed_out_of_the_root_or_in_it(root: Path, tmp_path: Path) -> None:
    fill(tmp_path, {"outside/secret.py": "", "outside/deep/more.py": ""})
    fill(root, {"src/a.py": ""})
    (root / "out").symlink_to(tmp_path / "outside")
    (root / "out.py").symlink_to(tmp_path / "outside" / "secret.py")
    (root / "in").symlink_to("src")
    (root / "in.py").symlink_to("src/a.py")
    (root / "loop").symlink_to(".")
    (root / "nowhere").symlink_to("missing")
    names = ["in", "in.py", "loop", "nowhere", "out", "out.py"]
    assert skipped(root) == dict.fromkeys(names, "a symbolic link")
    assert found(root) == ["src/a.py"]
    assert scanner(root).check("out/secret.py") == Skipped("out/secret.py", "in out: a symbolic link")
    assert scanner(root).check("loop/src/a.py") == Skipped("loop/src/a.py", "in loop: a symbolic link")
    assert list(scanner(root).walk("out/deep")) == [Skipped("out", "a symbolic link")]
    assert_walk_and_check_agree(root)


def test_a_root_that_is_a_link_is_the_folder_it_names(root: Path, tmp_path: Path) -> None:
    fill(root, {"src/a.py": ""})
    (tmp_path / "link").symlink_to(root)
    scan = scanner(tmp_path / "link")
    assert scan.root == root
    for path in (tmp_path / "link" / "src" / "a.py", root / "src" / "a.py", Path("src/../src/a.py")):
        assert scan.relative(path) == "src/a.py"


@pytest.mark.parametrize("path", ["..", "../elsewhere", "src/../../elsewhere", "/elsewhere"])
def test_a_path_out_of_the_root_is_refused(root: Path, path: str) -> None:
    for ask in (scanner(root).check, scanner(root).why, lambda path: list(scanner(root).walk(path))):
        with pytest.raises(InputError, match=r"is not in .*; name a file of that folder"):
            ask(path)


def test_names_that_are_not_utf8_are_shown_with_escapes(root: Path) -> None:
    fill(root, {"é.py": "", "日本/a.py": ""})
    (root / os.fsdecode(b"caf\xe9.py")).write_text("")
    (root / os.fsdecode(b"d\xff")).mkdir()
    (root / os.fsdecode(b"d\xff") / "a.py").write_text("")
    assert skipped(root) == {"caf\\xe9.py": "its name is not UTF-8", "d\\xff": "its name is not UTF-8"}
    assert found(root) == ["é.py", "日本/a.py"]
    assert scanner(root).why(os.fsdecode(b"caf\xe9.py")) == "caf\\xe9.py: left out: its name is not UTF-8"
    assert (
        scanner(root)
        .why(os.fsdecode(b"d\xff/a.py"))
        .encode()
        .startswith(b"d\\xff/a.py: left out: in d\\xff: ")
    )


def test_what_is_neither_file_nor_folder(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)  # the path of a socket must be short
    os.mkfifo("pipe.py")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        assert skipped(root) == dict.fromkeys(("pipe.py", "socket"), "not a regular file")
        assert scanner(root).why("pipe.py") == "pipe.py: left out: not a regular file"


def test_a_folder_that_goes_while_the_walk_is_on(root: Path) -> None:
    fill(root, {"a.py": "", "gone/b.py": "", "z/c.py": ""})
    walk = scanner(root).walk()
    answers = [next(walk)]
    shutil.rmtree(root / "gone")
    answers += walk
    assert answers[1] == Skipped("gone", "cannot be read (No such file or directory)")
    assert [answer.path for answer in answers] == ["a.py", "gone", "z/c.py"]
    assert scanner(root).why("gone/b.py").endswith("cannot be read (No such file or directory)")


def test_a_folder_that_may_not_be_read_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's refusal is put in its place: whoever is root may read all."""
    fill(root, {"a.py": "", "locked/b.py": "", "z/c.py": ""})
    listing = os.scandir

    def refusing(path: Path) -> object:
        if path == root / "locked":
            raise PermissionError(13, "Permission denied")
        return listing(path)

    monkeypatch.setattr(os, "scandir", refusing)
    assert skipped(root) == {"locked": "cannot be read (Permission denied)"}
    assert found(root) == ["a.py", "z/c.py"]


def test_files_over_the_limit(root: Path) -> None:
    fill(root, {"small.py": "x" * 2_000, "large.py": "x" * 2_001})
    scan = scanner(root, max_bytes=2_000)
    assert isinstance(scan.check("small.py"), Found)
    assert scan.check("large.py") == Skipped("large.py", "larger than 0.002 MB")
    assert scanner(root, 1_500_000).rules.max_bytes == 1_500_000


def test_the_first_rule_that_speaks_decides(root: Path) -> None:
    """Each file breaks a rule and all that come after it."""
    repository(root)
    fill(
        root,
        {
            ".gitignore": "*\n!.gitignore\n",
            ".coderdiffignore": "*\n!kept*\n",
            "dist.env": "x" * 3_000,
            "own.min.js": "x" * 3_000,
        },
    )
    (root / "link.env").symlink_to("dist.env")
    fill(root, {"prod.env": "x" * 3_000})
    scan = scanner(root, max_bytes=2_000)
    assert reason(scan, "link.env") == "a symbolic link"
    assert reason(scan, "prod.env") == "may hold secrets (environment file)"
    assert reason(scan, "own.min.js") == "ignored by .coderdiffignore:1"
    (root / ".coderdiffignore").write_text("")
    assert reason(scan, "own.min.js") == "ignored by git (.gitignore:1)"
    (root / ".gitignore").write_text("")
    assert reason(scan, "own.min.js") == "larger than 0.002 MB"
    (root / "own.min.js").write_text("")
    assert reason(scan, "own.min.js") == "minified, by its name"


def reason(scan: Scanner, path: str) -> str:
    answer = scan.check(path)
    walked = {answer.path: answer for answer in scan.walk()}
    assert isinstance(answer, Skipped)
    assert walked[path] == answer
    return answer.reason


def test_nothing_brings_back_version_control_and_files_of_secrets(root: Path) -> None:
    repository(root)
    fill(
        root,
        {
            ".coderdiffignore": "!*\n",
            ".env": "",
            "deploy.pem": "",
            ".ssh/config.py": "",
            "a.py": "",
            ".hg/a.py": "",
        },
    )
    commit(root, ".env", "deploy.pem")
    assert found(root) == [".coderdiffignore", "a.py"]
    assert skipped(root) == {
        ".git": "version control",
        ".hg": "version control",
        ".env": "may hold secrets (environment file)",
        "deploy.pem": "may hold secrets (private key)",
        ".ssh": "may hold secrets (SSH keys)",
    }


def test_the_users_own_lines_go_before_gits_and_before_names(root: Path) -> None:
    repository(root)
    fill(
        root,
        {
            ".gitignore": "*.log.py\ngen/\nnotes.md\n",
            ".coderdiffignore": "drafts/\n!vendor/\n!gen/\n!notes.md\n!big.min.js\n",
            "drafts/a.py": "",
            "vendor/lib/b.py": "",
            "vendor/lib/c.min.js": "",
            "vendor/lib/node_modules/d.js": "",
            "gen/e.py": "",
            "gen/f.log.py": "",
            "notes.md": "",
            "big.min.js": "",
            "src/.coderdiffignore": "*.tmp.py\n!drafts/\n",
            "src/a.tmp.py": "",
            "src/drafts/g.py": "",
        },
    )
    assert {answer.path: answer.wanted for answer in scanner(root).walk() if isinstance(answer, Found)} == {
        ".coderdiffignore": False,
        ".gitignore": False,
        "big.min.js": True,
        "gen/e.py": True,
        "notes.md": True,
        "src/.coderdiffignore": False,
        "src/drafts/g.py": False,
        "vendor/lib/b.py": True,
        "vendor/lib/c.min.js": True,
    }
    said = skipped(root)
    assert said["drafts"] == "ignored by .coderdiffignore:1"
    assert said["gen/f.log.py"] == "ignored by git (.gitignore:1)"
    assert said["src/a.tmp.py"] == "ignored by src/.coderdiffignore:1"
    assert said["vendor/lib/node_modules"] == "installed packages"
    assert_walk_and_check_agree(root)


def test_environments_and_output_beside_build_files(root: Path) -> None:
    fill(
        root,
        {
            "my-env/pyvenv.cfg": "",
            "my-env/lib/a.py": "",
            "web/package.json": "{}",
            "web/dist/a.js": "",
            "app/dist/a.py": "",
            "vendor/x/a.go": "",
            "src/vendor/models.py": "",
        },
    )
    assert skipped(root) == {
        "my-env": "installed packages (a Python environment)",
        "web/dist": "build output (beside package.json)",
        "vendor": "vendored",
    }
    assert found(root) == ["app/dist/a.py", "src/vendor/models.py", "web/package.json"]
    assert_walk_and_check_agree(root)


def test_without_a_repository_ignore_files_hold_all_the_same(root: Path) -> None:
    fill(
        root,
        {
            ".gitignore": "*.tmp.py\n",
            "a.tmp.py": "",
            "b.py": "",
            "sub/.gitignore": "!a.tmp.py\n",
            "sub/a.tmp.py": "",
        },
    )
    assert found(root) == [".gitignore", "b.py", "sub/.gitignore", "sub/a.tmp.py"]
    assert skipped(root) == {"a.tmp.py": "ignored by git (.gitignore:1)"}


def test_what_git_tracks_is_not_ignored(root: Path) -> None:
    repository(
        root, {".gitignore": "*.gen.py\nout/\nnew/\n", "a.gen.py": "", "out/deep/b.py": "", "new/c.py": ""}
    )
    commit(root, ".gitignore", "a.gen.py", "out/deep/b.py")
    fill(root, {"b.gen.py": "", "out/d.py": "", "out/deep/e.py": "", "out/other/f.py": ""})
    assert found(root) == [".gitignore", "a.gen.py", "out/deep/b.py"]
    assert skipped(root) == {
        ".git": "version control",
        "b.gen.py": "ignored by git (.gitignore:1)",
        "new": "ignored by git (.gitignore:3)",
        "out/d.py": "ignored by git (.gitignore:2)",
        "out/deep/e.py": "ignored by git (.gitignore:2)",
        "out/other": "ignored by git (.gitignore:2)",
    }
    assert_walk_and_check_agree(root)


def test_tracked_build_output_is_somebodys_source(root: Path) -> None:
    repository(root, {"setup.py": "", "build/tools.py": "", "sub/setup.py": "", "sub/build/made.py": ""})
    commit(root, "setup.py", "build/tools.py")
    assert found(root) == ["setup.py", "build/tools.py", "sub/setup.py"]


def test_the_users_and_the_repositorys_exclude_files(root: Path, home: Path) -> None:
    repository(root, dict.fromkeys(("a.one.py", "a.two.py", "a.three.py", "b.py"), ""))
    fill(home, {".gitconfig": "[core]\n  excludesFile = ~/mine\n", "mine": "*.one.py\n*.two.py\n"})
    fill(root, {".git/info/exclude": "*.three.py\n!a.two.py\n"})
    said = skipped(root, home)
    assert said["a.one.py"] == f"ignored by git ({home}/mine:1)"
    assert said["a.three.py"] == "ignored by git (.git/info/exclude:1)"
    assert set(found(root, home=home)) == listed(root, home) == {"a.two.py", "b.py"}


def test_a_root_inside_a_work_tree(root: Path, tmp_path: Path) -> None:
    repository(
        tmp_path / "mono",
        {
            ".gitignore": "*.tmp.py\n/packages/one/src/local.py\n",
            "packages/.gitignore": "gen/\n!one/gen/\n/one/x.py\n",
            "packages/one/.gitignore": "/y.py\n",
            **dict.fromkeys(
                (f"packages/one/{name}.py" for name in ("a", "x", "y", "a.tmp", "src/local", "gen/b")), ""
            ),
            "packages/one/src/gen/c.py": "",
        },
    )
    commit(tmp_path / "mono", "packages/one/x.py")
    one = tmp_path / "mono" / "packages" / "one"
    assert set(found(one)) == listed(one) == {".gitignore", "a.py", "x.py", "gen/b.py"}
    said = skipped(one)
    assert said["a.tmp.py"] == "ignored by git (../../.gitignore:1)"
    assert said["src/local.py"] == "ignored by git (../../.gitignore:2)"
    assert said["src/gen"] == "ignored by git (../.gitignore:1)"
    assert said["y.py"] == "ignored by git (.gitignore:1)"
    assert_walk_and_check_agree(one)


def test_a_root_in_an_ignored_folder_is_read(tmp_path: Path) -> None:
    repository(
        tmp_path / "mono",
        {".gitignore": "scratch/\n*.tmp.py\n", "scratch/one/a.py": "", "scratch/one/b.tmp.py": ""},
    )
    assert found(tmp_path / "mono") == [".gitignore"]
    assert found(tmp_path / "mono" / "scratch" / "one") == ["a.py"]


def test_submodules_follow_their_own_rules(root: Path, tmp_path: Path) -> None:
    library = repository(tmp_path / "library", {".gitignore": "*.tmp.py\n", "lib.py": ""})
    commit(library)
    repository(root, {".gitignore": "*.gen.py\nlibs/\n", "main.py": ""})
    git(root, "submodule", "add", "-q", "-f", str(library), "libs/one")
    commit(root, ".gitignore", "main.py")
    fill(root, {"libs/one/a.tmp.py": "", "libs/one/b.gen.py": "", "libs/two.py": ""})
    assert found(root) == [
        ".gitignore",
        ".gitmodules",
        "main.py",
        "libs/one/.gitignore",
        "libs/one/b.gen.py",
        "libs/one/lib.py",
    ]
    assert skipped(root)["libs/one/a.tmp.py"] == "ignored by git (libs/one/.gitignore:1)"
    assert skipped(root)["libs/two.py"] == "ignored by git (.gitignore:2)"
    assert skipped(root)["libs/one/.git"] == "version control"
    assert_walk_and_check_agree(root)
    assert found(root / "libs" / "one") == [".gitignore", "b.gen.py", "lib.py"]


def test_another_repository_in_the_tree(root: Path) -> None:
    repository(root, {".gitignore": "*.gen.py\n", "a.py": ""})
    repository(root / "other", {".gitignore": "*.py\n!a.gen.py\n", "a.gen.py": "", "b.py": ""})
    fill(root, {"half/.git": "something else\n", "half/c.py": "", "half/d.gen.py": ""})
    assert found(root) == [".gitignore", "a.py", "half/c.py", "other/.gitignore", "other/a.gen.py"]
    assert skipped(root)["half/d.gen.py"] == "ignored by git (.gitignore:1)"
    assert_walk_and_check_agree(root)


def test_a_second_work_tree_of_the_repository_is_left_out(root: Path, tmp_path: Path) -> None:
    repository(root, {"a.py": ""})
    commit(root)
    git(root, "worktree", "add", "-q", "-b", "inner", "trees/inner")
    git(root, "worktree", "add", "-q", "-b", "apart", str(tmp_path / "apart"))
    fill(root, {".git/info/exclude": "*.tmp.py\n"})
    fill(tmp_path / "apart", {"b.tmp.py": ""})
    assert found(root) == ["a.py"]
    assert skipped(root)["trees/inner"] == "another work tree of this repository"
    assert found(tmp_path / "apart") == ["a.py"]
    assert skipped(tmp_path / "apart")["b.tmp.py"] == "ignored by git (.git/info/exclude:1)"
    assert find_root(tmp_path / "apart" / "a.py", tmp_path / "home") == tmp_path / "apart"
    assert found(root / "trees" / "inner") == ["a.py"]


def test_git_letters_of_both_sizes(root: Path) -> None:
    repository(root, {".gitignore": "*.TMP.py\nSUB/\n", "a.tmp.py": "", "sub/b.py": ""})
    git(root, "config", "core.ignoreCase", "false")
    assert found(root) == [".gitignore", "a.tmp.py", "sub/b.py"]
    git(root, "config", "core.ignoreCase", "true")
    assert found(root) == [".gitignore"]


def test_a_scanner_sees_changed_rules_at_once(root: Path) -> None:
    repository(root, {"a.py": "", ".gitignore": "b.py\n", "b.py": ""})
    scan = scanner(root)
    assert isinstance(scan.check("a.py"), Found)
    (root / ".gitignore").write_text("a.py\nb.py\n")
    assert scan.check("a.py") == Skipped("a.py", "ignored by git (.gitignore:1)")
    git(root, "add", "-f", "b.py")
    assert isinstance(scan.check("b.py"), Found)
    fill(root, {".git/info/exclude": "c.py\n", "c.py": ""})
    assert scan.check("c.py") == Skipped("c.py", "ignored by git (.git/info/exclude:1)")


def test_an_ignore_file_that_is_a_link_is_not_read(root: Path, tmp_path: Path) -> None:
    repository(root, {"a.py": ""})
    fill(tmp_path, {"elsewhere": "*.py\n"})
    (root / ".gitignore").symlink_to(tmp_path / "elsewhere")
    (root / ".coderdiffignore").symlink_to(tmp_path / "elsewhere")
    assert found(root) == ["a.py"]


PATTERNS = st.sampled_from(
    [
        "*.py",
        "a.py",
        "/a.py",
        "a/",
        "/a/",
        "b",
        "!a.py",
        "!b",
        "!a/",
        "a/*",
        "!a/b.py",
        "**/b.py",
        "a/**",
        "!*/",
        "*",
        "c?.py",
        "a/b/",
    ]
)
IGNORE_FILES = st.lists(PATTERNS, max_size=4).map(lambda lines: "".join(f"{line}\n" for line in lines))
FOLDERS = st.sampled_from(["", "a/", "b/", "a/b/", "a/a/", "c/"])
TREES = st.fixed_dictionaries(
    {
        "files": st.sets(
            st.builds("{}{}.py".format, FOLDERS, st.sampled_from(["a", "b", "c", "cd"])),
            min_size=3,
            max_size=14,
        ),
        "ignore": st.dictionaries(FOLDERS, IGNORE_FILES, max_size=3),
        "own": st.dictionaries(FOLDERS, IGNORE_FILES, max_size=2),
        "tracked": st.integers(0, 3),
    }
)


def plant(root: Path, tree: Mapping[str, object]) -> None:
    files, ignore, tracked = tree["files"], tree["ignore"], tree["tracked"]
    assert isinstance(files, set)
    assert isinstance(ignore, dict)
    assert isinstance(tracked, int)
    shutil.rmtree(root, ignore_errors=True)
    repository(root, dict.fromkeys(sorted(files), ""))
    if tracked:
        git(root, "add", "-f", "--", *sorted(files)[:tracked])
    fill(root, {f"{folder}.gitignore": text for folder, text in ignore.items()})


@settings(max_examples=40)
@given(TREES)
def test_git_lists_the_same_files(
    tmp_path_factory: pytest.TempPathFactory, tree: Mapping[str, object]
) -> None:
    root = tmp_path_factory.getbasetemp() / "listed" / "shop"
    plant(root, tree)
    assert set(found(root)) == listed(root)
    for inner in ("a", "a/b"):
        line = speaking_lines(root, [inner])[inner] if (root / inner).is_dir() else None
        if (root / inner).is_dir() and (line is None or line[2]):
            assert set(found(root / inner)) == listed(root / inner)


@settings(max_examples=40)
@given(TREES)
def test_walk_and_check_agree_on_every_file(
    tmp_path_factory: pytest.TempPathFactory, tree: Mapping[str, object]
) -> None:
    root = tmp_path_factory.getbasetemp() / "agreeing" / "shop"
    plant(root, tree)
    own = tree["own"]
    assert isinstance(own, dict)
    fill(root, {f"{folder}.coderdiffignore": text for folder, text in own.items()})
    assert_walk_and_check_agree(root)
    whole = list(scanner(root).walk())
    for folder in ("a", "b", "a/b"):
        below = [answer for answer in whole if answer.path == folder or answer.path.startswith(f"{folder}/")]
        if below and below[0].path != folder:
            assert list(scanner(root).walk(folder)) == below


def test_why(root: Path) -> None:
    fill(
        root,
        {
            "a.py": "x = 1\n",
            "made.py": "# Generated by a tool, do not edit this file\n",
            "blob.py": "\0\0",
            ".coderdiffignore": "!made.py\n!vendor/\n!blob.py\n",
            "node_modules/x/index.js": "",
            "vendor/b.go": "",
        },
    )
    why = scanner(root).why
    assert why("a.py") == "a.py: read"
    assert why(str(root / "a.py")) == "a.py: read"
    assert why("vendor/b.go") == "vendor/b.go: read, as .coderdiffignore asks"
    assert why("made.py") == "made.py: read, as .coderdiffignore asks"
    assert why("blob.py") == "blob.py: left out: binary (NUL bytes)"
    assert (
        why("node_modules/x/index.js")
        == "node_modules/x/index.js: left out: in node_modules: installed packages"
    )
    assert why("missing.py") == "missing.py: left out: cannot be read (No such file or directory)"
    assert why("a.py/b") == "a.py/b: left out: in a.py: not a folder"
    (root / ".coderdiffignore").unlink()
    assert why("made.py") == "made.py: left out: generated (line 1 says so)"


def test_a_folder_is_no_file(root: Path) -> None:
    fill(root, {"src/a.py": ""})
    assert scanner(root).check("src") == Skipped("src", "a folder")
    assert scanner(root).why("src") == "src: a folder that is looked into; name a file in it"
    for path in (".", str(root), "src/.."):
        with pytest.raises(InputError, match=r"is the whole of .*; name a file in it"):
            scanner(root).why(path)


def test_the_project_is_the_nearest_work_tree(root: Path, home: Path) -> None:
    repository(root, {"packages/one/pyproject.toml": "", "packages/one/src/a.py": ""})
    assert find_root(root / "packages" / "one" / "src" / "a.py", home) == root
    assert find_root(root / "packages" / "not" / "yet.py", home) == root
    assert find_root(root, home) == root
    (root / "link").symlink_to("packages/one/src")
    assert find_root(root / "link" / "a.py", home) == root


def test_a_link_belongs_to_the_project_that_it_is_in(root: Path, home: Path) -> None:
    repository(root, {"a.py": ""})
    fill(home, {"elsewhere/package.json": "", "elsewhere/b.py": ""})
    (root / "b.py").symlink_to(home / "elsewhere" / "b.py")
    assert find_root(root / "b.py", home) == root


def test_else_the_nearest_folder_with_a_mark_else_the_folder(root: Path, home: Path) -> None:
    fill(root, {"go.mod": "", "web/package.json": "", "web/src/a.js": "", "cmd/main.go": ""})
    assert find_root(root / "web" / "src" / "a.js", home) == root / "web"
    assert find_root(root / "cmd", home) == root
    (root / "go.mod").unlink()
    assert find_root(root / "cmd" / "main.go", home) == root / "cmd"


def test_a_home_folder_is_nobodys_project_unless_it_is_meant(tmp_path: Path) -> None:
    home = repository(tmp_path / "home", {"package.json": "", "notes/a.py": ""})
    assert find_root(home / "notes" / "a.py", home) == home / "notes"
    assert find_root(home, home) == home
    assert [answer.path for answer in Scanner(home / "notes", ScanRules(home=home)).walk()] == ["a.py"]
