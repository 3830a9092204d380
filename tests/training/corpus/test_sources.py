"""Sources: the pinned list, licences, and reading wheels as archives."""

from __future__ import annotations

import email
from collections.abc import Callable
from pathlib import Path

import pytest

from coderdiff.errors import CorpusError
from coderdiff.training.corpus.licences import is_permissive, permissive_licence
from coderdiff.training.corpus.packages import Package, fetch_all, parse_packages, pinned_packages
from coderdiff.training.corpus.sources import file_sha256, open_wheel, python_files, standard_library


def licence_of(fields: str) -> str:
    return permissive_licence(email.message_from_string(f"Name: p\nVersion: 1\n{fields}\n"), "p")


@pytest.mark.parametrize(
    ("fields", "licence"),
    [
        ("License-Expression: MIT", "MIT"),
        ("License-Expression: Apache-2.0 OR GPL-2.0-or-later", "Apache-2.0 OR GPL-2.0-or-later"),
        ("License-Expression: BSD-3-Clause AND (MIT OR Zlib)", "BSD-3-Clause AND (MIT OR Zlib)"),
        ("License: whatever\nClassifier: License :: OSI Approved :: MIT License", "MIT"),
        ("Classifier: License :: OSI Approved\nLicense: BSD", "BSD"),
        ("License: Apache License, Version 2.0", "Apache-2.0"),
        ("License: Apache 2.0 License", "Apache-2.0"),
        ("License: BSD 3-Clause License", "BSD-3-Clause"),
    ],
)
def test_permissive_licences_are_recognised(fields: str, licence: str) -> None:
    assert licence_of(fields) == licence


@pytest.mark.parametrize(
    "fields",
    [
        "License-Expression: GPL-3.0-or-later",
        "License-Expression: MIT AND LGPL-2.1-only",
        "Classifier: License :: OSI Approved :: MIT License\n"
        "Classifier: License :: OSI Approved :: GNU General Public License (GPL)",
        "Classifier: License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)",
        "License: Proprietary",
        "Classifier: Programming Language :: Python",
    ],
)
def test_other_licences_are_refused(fields: str) -> None:
    with pytest.raises(CorpusError, match="licence"):
        licence_of(fields)


def test_the_committed_list_is_sound() -> None:
    packages = pinned_packages()
    splits = {
        split: [p.name for p in packages if p.split == split] for split in ("train", "validation", "test")
    }
    assert len(packages) >= 60
    assert len(splits["validation"]) >= 5
    assert len(splits["test"]) >= 8
    assert all(len(package.sha256) == 64 for package in packages)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[dev]\n", "unknown split 'dev'"),
        ('[train]\na = { version = "1" }\n', "a needs exactly a version and a sha256"),
        ('[train]\na = "1"\n', "a needs exactly"),
        (
            '[train]\nA_b = {version="1",sha256=""}\n[test]\na-B = {version="2",sha256=""}\n',
            "a-b is listed twice",
        ),
        ("[train\n", "is not TOML"),
    ],
)
def test_a_bad_list_is_refused(text: str, message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        parse_packages(text, "list.toml")


def test_a_wheel_is_read_as_an_archive(make_wheel: Callable[..., Path]) -> None:
    wheel = make_wheel("tiny", {"tiny/b.py": "b = 1\n", "tiny/a.py": "a = 1\n", "tiny/data.json": "{}"})
    source = open_wheel(wheel, "test")
    assert (source.name, source.version, source.licence, source.split) == ("tiny", "1.0", "MIT", "test")
    assert source.sha256 == file_sha256(wheel)
    assert list(python_files(source)) == [("tiny/a.py", b"a = 1\n"), ("tiny/b.py", b"b = 1\n")]


def test_very_large_files_are_not_unpacked(make_wheel: Callable[..., Path]) -> None:
    wheel = make_wheel("tiny", {"tiny/a.py": "x = 1\n" * 500_000})
    assert list(python_files(open_wheel(wheel, "train"))) == [("tiny/a.py", None)]


def test_what_is_no_wheel_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken-1.0-py3-none-any.whl"
    broken.write_bytes(b"not a zip file")
    with pytest.raises(CorpusError, match="cannot be read as a wheel"):
        open_wheel(broken, "train")


def test_cached_wheels_are_held_to_their_hash(tmp_path: Path, make_wheel: Callable[..., Path]) -> None:
    wheel = make_wheel("tiny", {"tiny/a.py": "a = 1\n"})
    pinned = Package("Tiny", "1.0", "train", file_sha256(wheel))
    assert [source.place for source in fetch_all([pinned], tmp_path)] == [wheel]
    with pytest.raises(CorpusError, match="not the pinned wheel"):
        fetch_all([Package("Tiny", "1.0", "train", "0" * 64)], tmp_path)


def test_the_standard_library_leaves_out_tests_and_installed_packages() -> None:
    paths = [path for path, _ in python_files(standard_library())]
    assert {"textwrap.py", "asyncio/tasks.py", "json/decoder.py"} <= set(paths)
    assert not [path for path in paths if path.startswith(("test/", "site-packages/"))]
    assert paths == sorted(paths, key=lambda path: path.split("/"))


def test_or_needs_one_permissive_side_and_and_needs_both() -> None:
    assert is_permissive("MIT OR GPL-3.0-only")
    assert not is_permissive("MIT AND GPL-3.0-only")
    assert not is_permissive("")
