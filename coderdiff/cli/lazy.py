"""Commands that load when they are called, so that `coderdiff --help` starts fast and imports no torch."""

from __future__ import annotations

import importlib
from typing import Any

import typer
from typer.core import TyperCommand

from coderdiff.errors import ConfigError

_TRAINING_ONLY = {"matplotlib", "zstandard"}


class LazyCommand(TyperCommand):
    """A name and a line of help that stand for `attribute` of `module`: a Typer app or a plain function."""

    def __init__(self, name: str, summary: str, module: str, attribute: str) -> None:
        super().__init__(name, help=summary, callback=None)
        self._module = module
        self._attribute = attribute

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Load the real command and let it parse the arguments: what runs afterwards is that command's.

        Raises ConfigError when the command needs packages that only `coderdiff[train]` brings.
        """
        try:
            target = getattr(importlib.import_module(self._module), self._attribute)
        except ModuleNotFoundError as error:
            missing = (error.name or "").partition(".")[0]
            if missing not in _TRAINING_ONLY:
                raise
            raise ConfigError(
                f"{self.name} needs {missing}, which is not installed; try: pip install 'coderdiff[train]'"
            ) from error
        if isinstance(target, typer.Typer):
            command: Any = typer.main.get_group(target)
        else:
            alone = typer.Typer(add_completion=False)
            alone.command(name=self.name)(target)
            command = typer.main.get_command(alone)
        command.name = self.name
        return command.make_context(info_name, args, parent=parent, **extra)
