"""A model's name or folder -> its network and tokenizer; and back to disk.

A folder holds `config.json`, `tokenizer.json` and safetensors weights. `config.json` is ours, `{"format":
"coderdiff", "version": 1, "spec": {...}, "notes": {...}}`, or a published family's (`model/families/`). Ours
has the weights under `Transformer`'s own names, a tied head once, and token ids nowhere: the tokenizer knows
them. No code from a folder is ever run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

import coderdiff
from coderdiff.errors import CheckpointError
from coderdiff.model.families import probe
from coderdiff.model.families.settings import Settings
from coderdiff.model.families.special_tokens import special_tokens
from coderdiff.model.files import about, existing, read_json, replaced
from coderdiff.model.spec import ModelSpec
from coderdiff.model.tokenizer import Tokenizer
from coderdiff.model.transformer import Transformer
from coderdiff.model.weights import WEIGHTS_NAME, read_weights, weight_files, write_weights

CONFIG_NAME = "config.json"
TOKENIZER_NAME = "tokenizer.json"
TOKENIZER_CONFIG_NAME = "tokenizer_config.json"
FORMAT = "coderdiff"
VERSION = 1

DEFAULT_MODEL = "tiny"
SHIPPED = Path(coderdiff.__file__).parent / "models"


@dataclass(frozen=True)
class Checkpoint:
    """A model ready to run: its network is in evaluation mode, without gradients, on the device asked for."""

    spec: ModelSpec
    network: Transformer
    tokenizer: Tokenizer
    folder: Path


def find(name_or_folder: str | None) -> Path:
    """The folder of a model: a shipped one by name, any other by its path; None is the shipped default.

    Raises CheckpointError if there is neither.
    """
    shipped = sorted(config.parent.name for config in SHIPPED.glob(f"*/{CONFIG_NAME}"))
    name = DEFAULT_MODEL if name_or_folder is None else name_or_folder
    if name in shipped:
        return SHIPPED / name
    if name_or_folder is None:
        raise CheckpointError(f"the shipped model {name!r} is not in {SHIPPED}: reinstall, or name a folder")
    folder = Path(name).expanduser()
    if not folder.is_dir():
        choices = ", ".join(shipped) or "none here"
        raise CheckpointError(
            f"there is no model {name!r}: give a model's folder or a shipped model ({choices})"
        )
    return folder


def load(folder: Path, device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32) -> Checkpoint:
    """Load a checkpoint of our format or of a published family, with its weights as `dtype` on `device`.

    Raises CheckpointError, one line that says what to do, for a folder that lacks a file, a corrupt file, an
    unknown format or setting, and for config, tokenizer and weights that do not belong together.
    """
    if not folder.is_dir():
        raise CheckpointError(f"there is no folder {folder}: give the folder of a model")
    config = read_json(folder / CONFIG_NAME)
    spec, tokenizer, names = (_read_ours if "format" in config else _read_published)(folder, config)
    with _Hollow():
        network = Transformer(spec)
    shapes = {name: weight.shape for name, weight in network.state_dict().items()}
    names = names or {name: name for name in shapes}
    weights = read_weights(weight_files(folder), names, shapes, device, dtype)
    network.load_state_dict(weights, assign=True)
    network.inverse_frequencies = network.inverse_frequencies.to(device)
    return Checkpoint(spec, network.eval().requires_grad_(False), tokenizer, folder)


def save(
    folder: Path,
    network: Transformer,
    tokenizer: Path,
    notes: Mapping[str, Any] | None = None,
    dtype: torch.dtype | None = None,
) -> None:
    """Write a network and a copy of its tokenizer's file as a checkpoint of our format; the folder is made.

    `notes` (fit for JSON: data, steps, scores) are for people and are not read back; `dtype` is what the
    weights are stored as. Each file is replaced whole, the config last.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = tokenizer.read_bytes()
    with replaced(folder / TOKENIZER_NAME) as partial:
        partial.write_bytes(content)
    write_weights(folder / WEIGHTS_NAME, network.state_dict(), dtype)
    config = {"format": FORMAT, "version": VERSION, "spec": network.spec.to_dict()}
    if notes is not None:
        config["notes"] = dict(notes)
    with replaced(folder / CONFIG_NAME) as partial:
        partial.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


class _Hollow(TorchFunctionMode):
    """Within it, new weights are shapes alone (on the meta device): theirs come from a file.

    `torch.device("meta")` would do that to all new tensors, and import an algebra system to draw and count
    there: a second or more of every start.
    """

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        if getattr(func, "__module__", None) == torch.nn.init.__name__:
            return args[0] if args else kwargs["tensor"]
        if func in {torch.empty, torch.ones}:
            kwargs["device"] = "meta"
        return func(*args, **kwargs)


_Parts = tuple[ModelSpec, Tokenizer, dict[str, str | None]]
"""What a config and a tokenizer say; no weight names where they are the network's own."""


def _read_ours(folder: Path, config: Mapping[str, object]) -> _Parts:
    with about(folder / CONFIG_NAME):
        if (config["format"], config.get("version")) != (FORMAT, VERSION):
            found = f"format {config['format']!r} version {config.get('version')!r}"
            raise CheckpointError(f"{found} is not known: this coderdiff reads {FORMAT!r} version {VERSION}")
        for key in config:
            if key not in {"format", "version", "spec", "notes"}:
                raise CheckpointError(f"unknown setting {key!r}")
    tokenizer = Tokenizer.from_file(existing(folder / TOKENIZER_NAME))
    ids = tokenizer.specials
    if ids.mask is None or ids.end is None:
        raise CheckpointError(
            f"{folder / TOKENIZER_NAME} has no mask or end token: it belongs to another model"
        )
    with about(folder / CONFIG_NAME):
        spec = ModelSpec.from_dict(
            Settings(config).group("spec").values, ids.mask, ids.end, ids.expand, ids.delete
        )
    if spec.vocab_size != tokenizer.vocab_size:
        raise _different_vocabularies(folder, spec, tokenizer)
    return spec, tokenizer, {}


def _read_published(folder: Path, config: Mapping[str, object]) -> _Parts:
    settings = Settings(config)
    with about(folder / CONFIG_NAME):
        family = probe(settings)
    path = existing(folder / TOKENIZER_NAME)
    named = folder / TOKENIZER_CONFIG_NAME
    tokenizer_config = Settings(read_json(named) if named.is_file() else {})
    roles = special_tokens(settings, tokenizer_config, Settings(read_json(path)))
    tokenizer = Tokenizer.from_file(path, roles | dict(family.specials or {}))
    with about(folder / CONFIG_NAME):
        spec = family.spec(settings, folder.resolve().name, tokenizer.specials)
    # A published embedding is often padded with rows that no token has; a token without a row is an error.
    if tokenizer.vocab_size > spec.vocab_size:
        raise _different_vocabularies(folder, spec, tokenizer)
    return spec, tokenizer, family.weight_names(spec)


def _different_vocabularies(folder: Path, spec: ModelSpec, tokenizer: Tokenizer) -> CheckpointError:
    return CheckpointError(
        f"{folder}: the network has {spec.vocab_size} tokens, the tokenizer {tokenizer.vocab_size}: "
        "take both from the same model"
    )
