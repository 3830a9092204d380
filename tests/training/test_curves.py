"""The record of a run: what is written is read, lines can be taken back, and a picture comes of it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest

from coderdiff.training import curves
from coderdiff.training.curves import Point

POINTS = [
    Point(20, 0.5, 1000, 333.3, 0.5, 7.25, None),
    Point(40, 1.0, 2000, 321.0, 1.0, 6.5, 7.0, 6.75, 7.5, 6.875),
    Point(60, 1.5, 3000, 0.0, 0.05, None, None, 6.25, 7.0, 6.5),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "curves.csv"
    for point in POINTS:
        curves.append(path, point)
    return path


def test_what_is_written_is_read(path: Path) -> None:
    assert curves.read(path) == [asdict(point) for point in POINTS]
    assert path.read_text().count("step,") == 1, "one heading"


def test_forget_drops_what_comes_after(path: Path) -> None:
    curves.forget(path, 40)
    assert curves.read(path) == [asdict(point) for point in POINTS[:2]]
    curves.append(path, POINTS[2])
    assert curves.read(path) == [asdict(point) for point in POINTS]
    curves.forget(path, 0)
    assert curves.read(path) == []


def test_forget_needs_no_file(tmp_path: Path) -> None:
    curves.forget(tmp_path / "none.csv", 5)
    assert list(tmp_path.iterdir()) == []


def test_a_picture_of_all_lines_and_of_none(path: Path, tmp_path: Path) -> None:
    pictures = []
    for step in (60, 0):
        curves.forget(path, step)
        curves.draw(path, tmp_path / "curves.png")
        pictures.append((tmp_path / "curves.png").read_bytes())
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)
    assert len(pictures[0]) > len(pictures[1])
