from __future__ import annotations

import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path

import pytest

import coderdiff as package
from coderdiff.cli import main as entry
from coderdiff.cli.lazy import LazyCommand
from coderdiff.errors import CheckpointError

from .conftest import Outcome, Scripted

Command = Callable[..., Outcome]

COMMANDS = {
    "complete",
    "demo",
    "index",
    "context",
    "symbols",
    "models",
    "corpus",
    "tokenizer",
    "train",
    "eval",
    "bench",
}


def test_version(coderdiff: Command) -> None:
    outcome = coderdiff("--version")
    assert (outcome.status, outcome.out) == (0, f"coderdiff {package.__version__}\n")


def test_help_names_every_command(coderdiff: Command) -> None:
    outcome = coderdiff("--help")
    assert outcome.status == 0
    assert set(outcome.out.split()) >= COMMANDS


def test_help_loads_no_heavy_library() -> None:
    """In a process of its own: this one has them all."""
    heavy = {"torch", "numpy", "tokenizers", "transformers", "tree_sitter", "safetensors", "matplotlib"}
    code = (
        "import sys; from coderdiff.cli.main import main; status = main(['--help']); "
        f"print('loaded', sorted(set(sys.modules) & {heavy!r})); sys.exit(status)"
    )
    outcome = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "loaded []" in outcome.stdout


@pytest.mark.parametrize(
    "arguments",
    [["nonsense"], ["--nonsense"], ["complete"], ["complete", "a", "b"],
     ["complete", "a.py:1:1", "--max-tokens", "0"], ["complete", "a.py:1:1", "--temperature", "-1"],
     ["complete", "a.py:1:1", "--seed", "x"]],
)  # fmt: skip
def test_bad_usage_is_status_2(coderdiff: Command, arguments: list[str]) -> None:
    outcome = coderdiff(*arguments)
    assert outcome.status == 2
    assert outcome.out == ""
    assert "Traceback" not in outcome.err


def test_an_error_is_one_line(coderdiff: Command, scripted: Scripted, source: Path) -> None:
    scripted.error = CheckpointError("models/tiny: two\nlines")
    outcome = coderdiff("complete", f"{source}:1:1")
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err == "coderdiff: models/tiny: two lines\n"


def test_an_interrupt_is_status_130(coderdiff: Command, scripted: Scripted, source: Path) -> None:
    scripted.error = KeyboardInterrupt()
    outcome = coderdiff("complete", f"{source}:1:1")
    assert outcome.status == 130
    assert "Traceback" not in outcome.err


class TestLaziness:
    """What stands behind a name is loaded when the name is called."""

    @pytest.fixture
    def module(self, monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
        module = types.ModuleType("some_command")
        monkeypatch.setitem(sys.modules, "some_command", module)
        monkeypatch.setattr(entry, "_COMMANDS", [LazyCommand("some", "Do something.", "some_command", "run")])
        return module

    def test_a_function_is_a_command(self, module: types.ModuleType, coderdiff: Command) -> None:
        def run(number: int, twice: bool = False) -> None:
            """Print a number."""
            print(number * 2 if twice else number)

        module.run = run
        assert coderdiff("some", 21, "--twice").out == "42\n"
        assert "coderdiff some" in coderdiff("some", "--help").out

    def test_an_app_of_one_command_is_still_a_group(
        self, module: types.ModuleType, coderdiff: Command
    ) -> None:
        module.run = entry.typer.Typer()
        module.run.command()(only)
        assert coderdiff("some", "only").out == "only\n"
        assert coderdiff("some").status == 2

    @pytest.mark.parametrize("library", ["zstandard", "matplotlib"])
    def test_a_training_library_that_is_missing_gets_a_hint(
        self, library: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, coderdiff: Command
    ) -> None:
        (tmp_path / "needs_extras.py").write_text(f"import {library}.inner\n")
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.setitem(sys.modules, library, None)
        monkeypatch.setattr(entry, "_COMMANDS", [LazyCommand("some", "Do something.", "needs_extras", "run")])
        outcome = coderdiff("some")
        sys.modules.pop("needs_extras", None)
        assert outcome.status == 2
        assert outcome.err.count("\n") == 1
        assert library in outcome.err
        assert "pip install 'coderdiff[train]'" in outcome.err


def only() -> None:
    print("only")
