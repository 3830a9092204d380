"""Tiny wheels, made on the spot."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest


@pytest.fixture
def make_wheel(tmp_path: Path) -> Callable[..., Path]:
    """Makes the wheel of a package, version 1.0, in the test's folder, and returns its path."""

    def make(name: str, files: Mapping[str, str | bytes], licence: str = "MIT") -> Path:
        wheel = tmp_path / f"{name}-1.0-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, content in files.items():
                archive.writestr(path, content)
            metadata = f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\nLicense-Expression: {licence}\n"
            archive.writestr(f"{name}-1.0.dist-info/METADATA", metadata)
        return wheel

    return make
