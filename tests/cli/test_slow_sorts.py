"""What numpy is told not to use, by the CPU that /proc/cpuinfo tells of."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from coderdiff.cli.slow_sorts import UNUSED, avoid_slow_sorts


def _cpuinfo(folder: Path, vendor: str, family: str, flags: str) -> Path:
    path = folder / "cpuinfo"
    one = f"processor\t: 0\nvendor_id\t: {vendor}\ncpu family\t: {family}\nflags\t\t: {flags}\n\n"
    path.write_text(one + "processor\t: 1\nvendor_id\t: Other\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("vendor", "family", "flags", "is_spared"),
    [
        ("AuthenticAMD", "25", "fpu avx2 avx512f", True),
        ("AuthenticAMD", "25", "fpu avx2", False),
        ("AuthenticAMD", "26", "fpu avx2 avx512f", False),
        ("GenuineIntel", "25", "fpu avx2 avx512f", False),
    ],
    ids=["zen 4", "zen 3", "zen 5", "intel"],
)
def test_only_zen_4_is_spared(tmp_path: Path, vendor: str, family: str, flags: str, is_spared: bool) -> None:
    environment: dict[str, str] = {}
    avoid_slow_sorts(environment, _cpuinfo(tmp_path, vendor, family, flags))
    assert (UNUSED in environment) == is_spared


def test_what_is_set_stays(tmp_path: Path) -> None:
    environment = {UNUSED: ""}
    avoid_slow_sorts(environment, _cpuinfo(tmp_path, "AuthenticAMD", "25", "avx512f"))
    assert environment == {UNUSED: ""}


def test_where_nothing_is_known_nothing_is_set(tmp_path: Path) -> None:
    environment: dict[str, str] = {}
    avoid_slow_sorts(environment, tmp_path / "none")
    (tmp_path / "odd").write_bytes(b"\xff\x00no colon\n")
    avoid_slow_sorts(environment, tmp_path / "odd")
    assert not environment


def test_numpy_takes_it_and_the_entry_sets_it_before_numpy_comes(tmp_path: Path) -> None:
    """The entry's module imports no numpy; numpy imports with the features off."""
    cpuinfo = _cpuinfo(tmp_path, "AuthenticAMD", "25", "avx512f")
    code = (
        "import os, sys; from pathlib import Path; import coderdiff.cli.main; assert 'numpy' not in sys.modules\n"
        "from coderdiff.cli.slow_sorts import avoid_slow_sorts\n"
        f"avoid_slow_sorts(os.environ, Path({str(cpuinfo)!r})); import numpy; print(numpy.sort([2, 1]))"
    )
    environment = {name: value for name, value in os.environ.items() if name != UNUSED}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout == "[1 2]\n", done.stderr
    assert not done.stderr
