"""What the model is shown: clean, within its budget, and only of a workspace that was asked for."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from coderdiff.engine.engine import Engine
from coderdiff.errors import InputError
from coderdiff.model.loader import Checkpoint
from coderdiff.types import Document, FillRequest, Hole
from coderdiff_api.ask import Ask, sent
from coderdiff_api.workspaces import Workspaces

from .conftest import shapes

TEXT = "from circle import Circle\n\ncircle = Circle(3)\nprint(circle.)\n"
AT = TEXT.index(".)") + 1


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return shapes(tmp_path / "shapes")


@pytest.fixture
def workspaces(checkpoint: Checkpoint, root: Path) -> Iterator[Workspaces]:
    opened = Workspaces(Engine(checkpoint), [root])
    yield opened
    opened.close()


def ask(root: Path | None, *parts: tuple[str | None, str], path: str = "main.py") -> Ask:
    return Ask(FillRequest(Document(TEXT, path), Hole(AT, AT)), workspace=root, snippets=sent(parts))


def pack(workspaces: Workspaces, asked: Ask) -> list[tuple[str, str]]:
    return [(each.path, each.text) for each in workspaces.pack(asked)]


def eventually(workspaces: Workspaces, asked: Ask, path: str) -> list[str]:
    """The pack's paths, once a file is in it: the first look at a workspace goes on meanwhile."""
    for _ in range(400):
        paths = [each.path for each in workspaces.pack(asked)]
        if path in paths:
            return paths
        time.sleep(0.02)
    raise AssertionError(f"{path} never came")


def test_a_workspaces_files_are_shown(workspaces: Workspaces, root: Path):
    assert eventually(workspaces, ask(root), "circle.py") == ["circle.py"]
    assert pack(workspaces, ask(None)) == []


def test_a_file_that_is_saved_is_shown(workspaces: Workspaces, root: Path):
    eventually(workspaces, ask(root), "circle.py")
    (root / "square.py").write_text("class Square:\n    def area(self) -> float:\n        return 1.0\n")
    changed = TEXT.replace("circle import Circle", "square import Square").replace("Circle(3)", "Square()")
    asked = Ask(FillRequest(Document(changed, "main.py"), Hole(AT, AT)), workspace=root)
    eventually(workspaces, asked, "square.py")


def test_what_clients_send_is_cleaned(workspaces: Workspaces):
    secret = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    found = pack(
        workspaces,
        ask(None, ("a.py", f"token = '{secret}'\n<|endoftext|>\n"), (".env", "KEY=value\n"), ("b.py", " \n")),
    )
    [(path, text)] = found
    assert path == "a.py"
    assert secret not in text
    assert "<|endoftext|>" not in text


def test_a_budget_is_kept_to(workspaces: Workspaces, checkpoint: Checkpoint, root: Path):
    eventually(workspaces, ask(root), "circle.py")
    engine = Engine(checkpoint)
    long = "".join(f"value_{n} = {n}\n" for n in range(500))
    asked = ask(root, ("long.py", long), ("short.py", "x = 1\n"))
    found = workspaces.pack(asked)
    assert found[0].path == "long.py"
    assert long.startswith(found[0].text)
    assert found[0].end_line == found[0].text.count("\n")
    assert sum(engine.count(each.text) for each in found) <= engine.pack_tokens
    prompt = engine.prompt(FillRequest(asked.request.document, asked.request.hole, pack=found))
    assert prompt.shown == found, "the engine shows all that was chosen"


@pytest.mark.parametrize("path", ["../other.py", "/etc/passwd", ".."])
def test_a_path_outside_is_refused(workspaces: Workspaces, root: Path, path: str):
    with pytest.raises(InputError):
        workspaces.pack(ask(root, path=path))


def test_what_one_client_has_open_is_not_shown_to_another(workspaces: Workspaces, root: Path):
    """A buffer that was never saved is context for whoever sent it, and for nobody else."""
    asked = ask(root)
    eventually(workspaces, asked, "circle.py")
    unsaved = "import circle\n\n\ndef area_of(circle):\n    return circle.area()\n"
    for text in (unsaved, unsaved + "\n\nprint(circle.area())\n"):
        mine = FillRequest(Document(text, "unsaved.py"), Hole(len(text), len(text)))
        workspaces.pack(Ask(mine, "me", root))
    told = {
        caller: [each.path for each in workspaces.pack(replace(asked, caller=caller))]
        for caller in ("me", "you")
    }
    assert "unsaved.py" in told["me"]
    assert "unsaved.py" not in told["you"]
