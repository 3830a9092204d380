"""Where no repository and no project file tells the top, and what is too much to index unasked."""

from __future__ import annotations

from pathlib import Path

import pytest

from coderdiff.context.files.roots import find_root, refuse_everything
from coderdiff.errors import InputError

from .gitting import fill


@pytest.fixture
def home(tmp_path: Path) -> Path:
    fill(tmp_path / "home", {"work/one/a.py": "", "work/two/b.py": "", "apart/c.py": ""})
    return tmp_path / "home"


def test_else_the_folder_that_somebody_works_in(home: Path) -> None:
    work = home / "work"
    assert find_root(work / "one" / "a.py", home, around=work) == work
    assert find_root(work / "one" / "not" / "yet.py", home, around=work) == work
    (home / "link").symlink_to("work")
    assert find_root(work / "one" / "a.py", home, around=home / "link") == work
    assert find_root(work / "one" / "a.py", home) == work / "one"


def test_not_one_that_the_file_lies_beside(home: Path) -> None:
    assert find_root(home / "apart" / "c.py", home, around=home / "work") == home / "apart"


def test_a_project_in_it_comes_first(home: Path) -> None:
    (home / "work" / "one" / "go.mod").write_text("")
    assert find_root(home / "work" / "one" / "a.py", home, around=home / "work") == home / "work" / "one"


def test_never_the_home_folder_nor_what_lies_above(home: Path) -> None:
    for around in (home, home.parent, Path("/")):
        assert find_root(home / "apart" / "c.py", home, around=around) == home / "apart"


def test_everything_there_is_is_refused(home: Path) -> None:
    refuse_everything(home / "work", home)
    refuse_everything(home.parent, home)
    with pytest.raises(InputError, match="is the home folder: name a project in it, or say --everything"):
        refuse_everything(home, home)
    with pytest.raises(InputError, match="is the root of the file system"):
        refuse_everything(Path("/"), home)
