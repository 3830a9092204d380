"""DiffusionGemma (google/diffusiongemma-26B-A4B-it) through `transformers`' own class: its abilities and its forwards.

It is no masked diffusion model, so no `ModelSpec` describes it and `loader.load` refuses it. A canvas starts as uniform
random tokens and has no mask token; a step sees the logits of the step before (self-conditioning, arXiv 2208.04202);
the context is read once, causally, into a KV cache, and a canvas of 256 attends to it and to itself in both directions.
What stands here is the network: reading a context, and scoring a canvas against it. What coderdiff lacks to serve it is
a decode loop that commits out of noise instead of masks, and a reader for its tokenizer, which is no byte-level BPE.
`transformers` is needed here alone and imported when a checkpoint is loaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from coderdiff.errors import CheckpointError
from coderdiff.model.families.settings import Settings
from coderdiff.model.files import about, one_line, read_json
from coderdiff.model.spec import Attention

ARCHITECTURE = "DiffusionGemmaForBlockDiffusion"
MODEL_TYPE = "diffusion_gemma"


@dataclass(frozen=True)
class Abilities:
    """What a checkpoint can, in the words of `ModelSpec` where it has them.

    `noise` is what a canvas holds before its tokens are settled; `self_conditioned`: a step takes the logits of the
    step before; `end_ids` are all the tokens that end a text.
    """

    name: str
    vocab_size: int
    window: int
    canvas: int
    end_ids: tuple[int, ...]
    context_attention: Attention = "causal"
    canvas_attention: Attention = "bidirectional"
    shifted: bool = False
    noise: Literal["uniform"] = "uniform"
    self_conditioned: bool = True


class DiffusionGemma:
    """The network and the context it has read. Make one with `load`."""

    def __init__(self, abilities: Abilities, network: Any) -> None:
        self.abilities = abilities
        self._network = network
        self._cache: Any = None

    @property
    def length(self) -> int:
        """How many rows of context are read."""
        return 0 if self._cache is None else int(self._cache.get_seq_length())

    def forget(self) -> None:
        """Begin a new context."""
        self._cache = None

    @torch.inference_mode()
    def read(self, ids: Tensor) -> None:
        """Read on: ids [batch, rows] behind the context. What was read keeps its keys and values."""
        read = self._network.model.encoder(input_ids=ids, past_key_values=self._cache)
        self._cache = read.past_key_values

    @torch.inference_mode()
    def denoise(self, canvas: Tensor, before: Tensor | None = None) -> Tensor:
        """Logits [batch, rows, vocab] (float32) of a canvas [batch, rows] behind the context.

        `before` are the logits of the step before; None for the first. The context stays as it is.
        """
        assert self._cache is not None, "a canvas needs a context: read one first"
        scored = self._network(
            decoder_input_ids=canvas, past_key_values=self._cache, self_conditioning_logits=before
        )
        logits: Tensor = scored.logits
        return logits

    def noise(self, rows: int, generator: torch.Generator | None = None) -> Tensor:
        """A canvas [1, rows] of uniform random tokens."""
        drawn = torch.randint(self.abilities.vocab_size, (1, rows), generator=generator)
        return drawn.to(self._network.device)


def abilities(config: Settings, name: str) -> Abilities:
    """What config.json says; raises CheckpointError for another family's config."""
    named = config.texts("architectures")
    if ARCHITECTURE not in named and (named or config.text("model_type", "") != MODEL_TYPE):
        config.refuse("architectures", ARCHITECTURE)
    text = config.group("text_config")
    ends = text.values.get("eos_token_id")
    listed = ends if isinstance(ends, list) else [ends]
    return Abilities(
        name=name,
        vocab_size=text.integer("vocab_size"),
        window=text.integer("max_position_embeddings"),
        canvas=config.integer("canvas_length", 256),
        end_ids=tuple(id_ for id_ in listed if isinstance(id_, int)),
    )


def load(
    folder: Path, device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32
) -> DiffusionGemma:
    """Load a checkpoint's folder; no code from it is run.

    Raises CheckpointError, one line that says what to do, for another family's folder, one that lacks a file or has
    a corrupt one, and where `transformers` is not installed or has no such class.
    """
    path = folder / "config.json"
    config = Settings(read_json(path))
    with about(path):
        stated = abilities(config, folder.resolve().name)
    try:
        from transformers import DiffusionGemmaForBlockDiffusion
    except ImportError as error:
        raise CheckpointError(
            "DiffusionGemma runs through transformers, which has no such class here: "
            'pip install "transformers>=5.23"'
        ) from error
    try:
        network: Any = DiffusionGemmaForBlockDiffusion.from_pretrained(
            folder, dtype=dtype, local_files_only=True
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise CheckpointError(
            f"{folder}: transformers cannot load it ({one_line(error)}): download it again"
        ) from error
    return DiffusionGemma(stated, network.to(device).eval().requires_grad_(False))
