"""The table of rooms in docs/architecture.md, held against every import of the code (in functions too)."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PLAN = ROOT / "docs" / "architecture.md"
PACKAGES = ("coderdiff", "lsp/coderdiff_lsp", "api/coderdiff_api")


@dataclass(frozen=True)
class Room:
    """A row of the table. Places are module names (`coderdiff.model`), exceptions parts of allowed rooms."""

    name: str
    places: tuple[str, ...]
    allowed: frozenset[str]
    exceptions: tuple[str, ...]
    torch: bool


def module_name(path: str) -> str:
    """`lsp/coderdiff_lsp/__main__.py` -> `coderdiff_lsp.__main__`."""
    parts = path.removesuffix(".py").strip("/").split("/")
    return ".".join(parts[1:] if parts[0] in {"lsp", "api"} else parts)


def read_plan(text: str) -> list[Room]:
    rows = [
        [cell.strip() for cell in row.strip("|").split("|")] for row in re.findall(r"(?m)^\|.+\|$", text)[2:]
    ]
    names = [row[0] for row in rows]
    rooms = []
    for name, where, _, may in rows:
        listed, _, excepted = may.partition("(not ")
        wanted = [word.strip() for word in re.split("[,;]", listed) if word.strip()]
        allowed = set(names) if "everything" in wanted else set(wanted) - {"nothing of ours", "no torch"}
        assert allowed <= set(names), (
            f"row {name!r} of {PLAN.name} names unknown rooms: {allowed - set(names)}"
        )
        rooms.append(
            Room(
                name,
                tuple(module_name(path) for path in re.findall("`(.+?)`", where)),
                frozenset(allowed),
                tuple(module_name(path) for path in re.findall("`(.+?)`", excepted)),
                torch="no torch" not in wanted,
            )
        )
    return rooms


ROOMS = read_plan(PLAN.read_text(encoding="utf-8"))


def within(module: str, place: str) -> bool:
    return module == place or module.startswith(place + ".")


def room_of(module: str) -> Room | None:
    """The room a module lies in: the one with the longest place that holds it."""
    holding = [(len(place), room) for room in ROOMS for place in room.places if within(module, place)]
    return max(holding, key=lambda pair: pair[0])[1] if holding else None


def imports(module: str, source: str, is_package: bool = False) -> list[tuple[int, str]]:
    """Line and full name of all that a module imports, at its top, in functions or for type checkers."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = module.split(".")
                parts = parts[: len(parts) - node.level + is_package]
                base = ".".join([*parts, base] if base else parts)
            # What is imported from a package may be a module of it.
            found += [(node.lineno, f"{base}.{alias.name}") for alias in node.names]
    return found


def complaints(module: str, source: str, is_package: bool = False) -> list[str]:
    """What a module imports against the plan."""
    room = room_of(module)
    if module == "coderdiff":
        return []
    if room is None:
        return [f"{module} lies in no room of docs/architecture.md: give it a row"]
    wrong = []
    for line, name in imports(module, source, is_package):
        said = f"{module}, line {line}, imports {name}: the room {room.name!r}"
        other = room_of(name)
        if within(name, "torch") and not room.torch:
            wrong.append(f"{said} has no torch")
        elif other is None and name.split(".")[0] in {"lsp", "api"}:
            wrong.append(f"{said} must write coderdiff_lsp or coderdiff_api")
        elif other is None or other is room:
            continue
        elif other.name not in room.allowed or any(within(name, place) for place in room.exceptions):
            may = ", ".join(sorted(room.allowed)) or "nothing of ours"
            without = f", without {', '.join(room.exceptions)}" if room.exceptions else ""
            wrong.append(f"{said} may import {may}{without}")
    return wrong


def sources() -> list[tuple[str, Path]]:
    return [
        (module_name(path.relative_to(ROOT).as_posix()).removesuffix(".__init__"), path)
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
    ]


def test_the_plan_has_all_rooms() -> None:
    assert {"vocabulary", "model", "decoding", "engine", "context", "refactor", "cli"} <= {
        r.name for r in ROOMS
    }
    assert room_of("coderdiff.errors").name == "vocabulary"  # type: ignore[union-attr]
    assert room_of("coderdiff_lsp.__main__").name == "lsp start"  # type: ignore[union-attr]


def test_every_import_is_in_the_plan() -> None:
    assert len(sources()) > 20
    wrong = [
        complaint
        for module, path in sources()
        for complaint in complaints(module, path.read_text(encoding="utf-8"), path.name == "__init__.py")
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("coderdiff.types", "from coderdiff.model.spec import ModelSpec"),
        ("coderdiff.types", "from coderdiff.model import spec"),
        ("coderdiff.errors", "import torch"),
        ("coderdiff.model.prompt", "from coderdiff.decoding import canvas"),
        ("coderdiff.model.prompt", "def late():\n    import coderdiff.engine.engine"),
        ("coderdiff.model.prompt", "from ..engine import engine"),
        ("coderdiff.model.prompt", "from .. import engine"),
        ("coderdiff.model", "from ..engine import engine"),
        ("coderdiff.decoding.loop", "from coderdiff.model.families import probe"),
        ("coderdiff.decoding.loop", "from coderdiff.model import families"),
        ("coderdiff.decoding.loop", "from coderdiff.model import loader"),
        ("coderdiff.decoding.loop", "from coderdiff.model.loader import load"),
        ("coderdiff.context.files.scan", "from torch.nn import functional"),
        ("coderdiff.context.files.scan", "if TYPE_CHECKING:\n    import torch"),
        ("coderdiff.context.files.scan", "from coderdiff.model.tokenizer import Tokenizer"),
        (
            "coderdiff.refactor.plan",
            "def f():\n    try:\n        import torch.nn\n    except ImportError:\n        ...",
        ),
        ("coderdiff.engine.engine", "from coderdiff.training import presets"),
        ("coderdiff.training.trainer", "from coderdiff.evaluation import infill"),
        ("coderdiff.evaluation.infill", "from coderdiff.cli.main import run"),
        ("coderdiff_lsp.server", "from coderdiff.engine.engine import Engine"),
        ("coderdiff_lsp.server", "from coderdiff_api.app import app"),
        ("coderdiff_lsp.__main__", "from coderdiff.model.loader import load"),
        ("coderdiff_api.app", "from api.coderdiff_api import app"),
        ("coderdiff.novelty.thing", ""),
    ],
)
def test_what_is_not_in_the_plan_is_found(module: str, source: str) -> None:
    [complaint] = complaints(module, source, is_package=module == "coderdiff.model")
    assert module in complaint


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("coderdiff.types", "import enum\nfrom dataclasses import field"),
        (
            "coderdiff.model.loader",
            "from coderdiff import __version__\nfrom coderdiff.errors import CheckpointError",
        ),
        (
            "coderdiff.model.loader",
            "import coderdiff\nimport torch\nfrom . import families\nfrom .spec import RopeSpec",
        ),
        (
            "coderdiff.decoding.loop",
            "from coderdiff.model.spec import ModelSpec\nfrom coderdiff.model import prompt",
        ),
        ("coderdiff.evaluation.infill", "from coderdiff.training.holes import HoleDrawer"),
        (
            "coderdiff.cli.complete",
            "import coderdiff.engine.engine, coderdiff.model.loader, coderdiff_lsp.server",
        ),
        ("coderdiff.context.files.scan", "import torchlike"),
        (
            "coderdiff_lsp.__main__",
            "from coderdiff_lsp import server\nfrom coderdiff.engine.engine import Engine",
        ),
    ],
)
def test_what_is_in_the_plan_passes(module: str, source: str) -> None:
    assert not complaints(module, source)


@pytest.mark.parametrize("folder", ["lsp", "api"])
def test_no_package_is_called_lsp_or_api(folder: str) -> None:
    assert not (ROOT / folder / "__init__.py").exists(), (
        f"{folder}/__init__.py would shadow other people's packages"
    )


def test_every_package_is_typed() -> None:
    assert [package for package in PACKAGES if not (ROOT / package / "py.typed").is_file()] == []


def test_every_public_module_has_a_docstring() -> None:
    without = [
        module
        for module, path in sources()
        if (not path.stem.startswith("_") or path.stem in {"__init__", "__main__"})
        and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert without == []
