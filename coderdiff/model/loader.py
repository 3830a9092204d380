"""A model's name or folder -> its network and tokenizer; and back to disk.

A name is a shipped model's or a published one's, `ORG/NAME` (`model/hub.py`). A folder holds `config.json`,
`tokenizer.json` and safetensors weights. `config.json` is ours, `{"format": "coderdiff", "version": 1, "spec":
{...}, "notes": {...}}`, or a published family's (`model/families/`). Ours
has the weights under `Transformer`'s own names, a tied head once, and token ids nowhere: the tokenizer knows
them. No code from a folder is ever run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

import coderdiff
from coderdiff.errors import CheckpointError, ConfigError
from coderdiff.model import hub
from coderdiff.model.copy_weights import CopyWeights, read_copy_weights
from coderdiff.model.families import diffusion_gemma, probe
from coderdiff.model.families.diffusion_gemma import DiffusionGemma
from coderdiff.model.families.settings import Settings
from coderdiff.model.families.special_tokens import added_tokens, end_ids, special_tokens
from coderdiff.model.files import about, read_json, replaced
from coderdiff.model.keep_weights import KeepWeights, read_keep_weights
from coderdiff.model.placement import placement
from coderdiff.model.spec import ModelSpec
from coderdiff.model.tokenizer import SpecialIds, Tokenizer, vocabulary
from coderdiff.model.transformer import Transformer
from coderdiff.model.vocab_files import TOKENIZER_NAME, tokenizer_config, tokenizer_content
from coderdiff.model.weights import (
    WEIGHTS_NAME,
    Place,
    read_weights,
    stored_names,
    weight_files,
    write_weights,
)

CONFIG_NAME = "config.json"
GENERATION_NAME = "generation_config.json"
HEAD_NAME = "lm_head.weight"
FORMAT = "coderdiff"
VERSION = 1

DEFAULT_MODEL = "base"
LEAST_CONTEXT = 64
"""Tokens that a window must have room for beside the canvas and the pack, for the file and as many for the answer."""

SHIPPED = Path(coderdiff.__file__).parent / "models"


@dataclass(frozen=True)
class Checkpoint:
    """A model ready to run: its network is in evaluation mode, without gradients, on the device asked for.

    `model` is the network, or what runs it where `transformers` does (`families/diffusion_gemma.py`).
    `copying` None: it was never calibrated to take anything from what stands elsewhere; `keeping` None: nor to say how
    likely a completion is to be kept. `ends` are all ids that end a text by a published checkpoint's files.
    """

    spec: ModelSpec
    model: Transformer | DiffusionGemma
    tokenizer: Tokenizer
    folder: Path
    copying: CopyWeights | None = None
    keeping: KeepWeights | None = None
    ends: tuple[int, ...] = ()

    @property
    def device(self) -> torch.device:
        """Where it runs."""
        return (
            self.model.device
            if isinstance(self.model, DiffusionGemma)
            else self.model.embedding.weight.device
        )

    @property
    def network(self) -> Transformer:
        """Our own network; raises CheckpointError for a model that runs through transformers."""
        if isinstance(self.model, DiffusionGemma):
            raise CheckpointError(
                f"{self.spec.name} runs through transformers, and this needs a network of coderdiff's own: "
                "choose another model"
            )
        return self.model

    def with_window(self, window: int) -> Checkpoint:
        """The same model with another window: it may read so many positions, trained on them or not.

        Raises ConfigError for a window that its canvas and its pack leave no room in.
        """
        least = self.spec.canvas + self.spec.pack + 2 * LEAST_CONTEXT
        if window < least:
            raise ConfigError(
                f"a window of {window} is too small for {self.spec.name}: give it at least {least}"
            )
        spec = replace(self.spec, window=window)
        self.model.spec = spec
        return replace(self, spec=spec)


def shipped_models() -> list[str]:
    """The names of the models in the package."""
    return sorted(config.parent.name for config in SHIPPED.glob(f"*/{CONFIG_NAME}"))


def find(name_or_folder: str | None) -> Path:
    """The folder of a model: a shipped one by name, another by its path, a published one by `ORG/NAME`.

    None is the shipped default. A published one is downloaded unless it is in the cache. Raises CheckpointError
    if there is no such model.
    """
    shipped = shipped_models()
    name = DEFAULT_MODEL if name_or_folder is None else name_or_folder
    if name in shipped:
        return SHIPPED / name
    if name_or_folder is None:
        raise CheckpointError(f"the shipped model {name!r} is not in {SHIPPED}: reinstall, or name a folder")
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if hub.is_name(name):
        return hub.fetched(name)
    choices = ", ".join(shipped) or "none here"
    raise CheckpointError(
        f"there is no model {name!r}: give a model's folder, a published one's ORG/NAME or a shipped model ({choices})"
    )


def open_model(model: str | None, device: str | None = None, dtype: str | None = None) -> Checkpoint:
    """`load` what `find` finds, placed as people name it (`model/placement.py`)."""
    placed = placement(device, dtype)
    checkpoint = load(find(model), placed.device, placed.dtype)
    if placed.matrix_units and isinstance(checkpoint.model, Transformer):
        checkpoint.network.use_matrix_units()
    return checkpoint


def load(folder: Path, device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32) -> Checkpoint:
    """Load a checkpoint of our format or of a published family, with its weights as `dtype` on `device`.

    Raises CheckpointError, one line that says what to do, for a folder that lacks a file, a corrupt file, an
    unknown format or setting, and for config, tokenizer and weights that do not belong together.
    """
    if _is_diffusion_gemma(folder):
        return _load_diffusion_gemma(folder, device, dtype)
    described = describe(folder)
    network, tokenizer = described.network, described.tokenizer()
    weights = read_weights(
        weight_files(folder), described.names, described.shapes, device, dtype, _wide(network)
    )
    network.load_state_dict(weights, assign=True)
    network.inverse_frequencies = network.inverse_frequencies.to(device)
    return Checkpoint(
        network.spec,
        network.eval().requires_grad_(False),
        tokenizer,
        folder,
        read_copy_weights(folder),
        read_keep_weights(folder),
        _ends(folder),
    )


@dataclass(frozen=True)
class Vocabulary:
    """A checkpoint's tokenizer, not made yet: what its file says, and which of its tokens play which role.

    `roles` is None where the file is ours: then the roles are in the tokens' names.
    """

    content: Any
    path: Path
    roles: Mapping[str, str] | None = None

    def ids(self) -> tuple[SpecialIds, int]:
        """The special ids, and how many ids there are."""
        return vocabulary(self.content, self.path, self.roles)


@dataclass(frozen=True)
class Description:
    """All of a checkpoint but its weights' values: `network` has shapes alone, `names` is theirs -> their places."""

    network: Transformer
    names: Mapping[str, Place]
    vocabulary: Vocabulary

    @property
    def spec(self) -> ModelSpec:
        """What the model is."""
        return self.network.spec

    @property
    def shapes(self) -> dict[str, torch.Size]:
        """The shape of every weight by our name."""
        return {name: weight.shape for name, weight in self.network.state_dict().items()}

    def tokenizer(self) -> Tokenizer:
        """Make the tokenizer, which takes a second for a large vocabulary; raises CheckpointError."""
        return Tokenizer.from_content(self.vocabulary.content, self.vocabulary.path, self.vocabulary.roles)


def describe(folder: Path) -> Description:
    """What a folder's config and tokenizer say, without its weights; raises CheckpointError as `load` does."""
    if not folder.is_dir():
        raise CheckpointError(f"there is no folder {folder}: give the folder of a model")
    config = read_json(folder / CONFIG_NAME)
    if diffusion_gemma.is_config(Settings(config)):
        raise CheckpointError(
            f"{folder}: DiffusionGemma runs through transformers, which alone knows its shapes"
        )
    spec, read, names = (_read_ours if "format" in config else _read_published)(folder, config)
    network = hollow(spec)
    return Description(network, names or {name: name for name in network.state_dict()}, read)


def hollow(spec: ModelSpec) -> Transformer:
    """A network whose weights have shapes and no values: it takes no memory, whatever its size."""
    with _Hollow():
        return Transformer(spec)


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
    write_weights(folder / WEIGHTS_NAME, network.state_dict(), dtype, _wide(network))
    config = {"format": FORMAT, "version": VERSION, "spec": network.spec.to_dict()}
    if notes is not None:
        config["notes"] = dict(notes)
    with replaced(folder / CONFIG_NAME) as partial:
        partial.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def _wide(network: Transformer) -> set[str]:
    """What stays in float32 whatever the weights are: buffers are numbers that no product averages out."""
    return {name for name, _ in network.named_buffers()}


class _Hollow(TorchFunctionMode):
    """Within it, new weights are shapes alone (on the meta device): their values come from a file, if at all.

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


_Parts = tuple[ModelSpec, Vocabulary, Mapping[str, Place]]
"""What a config and a tokenizer say; no weight names where they are the network's own."""


def _read_ours(folder: Path, config: Mapping[str, object]) -> _Parts:
    with about(folder / CONFIG_NAME):
        if (config["format"], config.get("version")) != (FORMAT, VERSION):
            found = f"format {config['format']!r} version {config.get('version')!r}"
            raise CheckpointError(f"{found} is not known: this coderdiff reads {FORMAT!r} version {VERSION}")
        for key in config:
            if key not in {"format", "version", "spec", "notes"}:
                raise CheckpointError(f"unknown setting {key!r}")
    read = Vocabulary(read_json(folder / TOKENIZER_NAME), folder / TOKENIZER_NAME)
    ids, size = read.ids()
    if ids.mask is None or ids.end is None:
        raise CheckpointError(
            f"{folder / TOKENIZER_NAME} has no mask or end token: it belongs to another model"
        )
    with about(folder / CONFIG_NAME):
        spec = ModelSpec.from_dict(
            Settings(config).group("spec").values, ids.mask, ids.end, ids.expand, ids.delete
        )
    if spec.vocab_size != size:
        raise _different_vocabularies(folder, spec, size)
    return spec, read, {}


def _read_published(folder: Path, config: Mapping[str, object]) -> _Parts:
    settings = Settings(config)
    content, path = tokenizer_content(folder)
    with about(folder / CONFIG_NAME):
        family = probe(settings, added_tokens(Settings(content)))
    roles = special_tokens(settings, Settings(tokenizer_config(folder)), Settings(content), family.specials)
    read = Vocabulary(content, path, roles)
    ids, size = read.ids()
    with about(folder / CONFIG_NAME):
        spec = family.spec(settings, hub.name_of(folder), ids)
    if family.own_head and spec.tied_head:
        spec = replace(spec, tied_head=not _has_head(folder))
    # A published embedding is often padded with rows that no token has; a token without a row is an error.
    if size > spec.vocab_size:
        raise _different_vocabularies(folder, spec, size)
    return spec, read, family.weight_names(spec)


def _is_diffusion_gemma(folder: Path) -> bool:
    path = folder / CONFIG_NAME
    return path.is_file() and diffusion_gemma.is_config(Settings(read_json(path)))


def _load_diffusion_gemma(folder: Path, device: torch.device | str, dtype: torch.dtype) -> Checkpoint:
    config = Settings(read_json(folder / CONFIG_NAME))
    content, path = tokenizer_content(folder)
    roles = special_tokens(
        config, Settings(tokenizer_config(folder)), Settings(content), diffusion_gemma.SPECIALS
    )
    tokenizer = Tokenizer.from_content(content, path, roles)
    with about(folder / CONFIG_NAME):
        spec = diffusion_gemma.spec(config, hub.name_of(folder), tokenizer.specials)
    if tokenizer.vocab_size > spec.vocab_size:
        raise _different_vocabularies(folder, spec, tokenizer.vocab_size)
    model = diffusion_gemma.load(folder, spec, device, dtype)
    return Checkpoint(spec, model, tokenizer, folder, ends=_ends(folder))


def _ends(folder: Path) -> tuple[int, ...]:
    """The ids that end a text by config.json, its `text_config` and generation_config.json; none by files of ours."""
    config = Settings(read_json(folder / CONFIG_NAME))
    found = [config]
    if config.has("text_config"):
        found.insert(0, config.group("text_config"))
    generation = folder / GENERATION_NAME
    if generation.is_file():
        found.append(Settings(read_json(generation)))
    return end_ids(*found)


def _has_head(folder: Path) -> bool:
    """Whether the files have a head of their own; taken for granted where the weights are not there yet."""
    try:
        return HEAD_NAME in stored_names(folder)
    except CheckpointError:
        return True


def _different_vocabularies(folder: Path, spec: ModelSpec, size: int) -> CheckpointError:
    return CheckpointError(
        f"{folder}: the network has {spec.vocab_size} tokens, the tokenizer {size}: "
        "take both from the same model"
    )
