"""DiffusionGemma (google/diffusiongemma-26B-A4B-it) through `transformers`' own class: what it can, and its forwards.

It is no masked diffusion model. A canvas starts as uniform random tokens and has no mask token; a step sees the logits
of the step before (self-conditioning, arXiv 2208.04202); the context is read once, causally, into a KV cache, and a
canvas of 256 attends to it and to itself in both directions. `decoding/policies/renoising.py` has its loop,
`engine/noise.py` its session. `transformers` is needed here alone and imported when a checkpoint is loaded.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from coderdiff.errors import CheckpointError
from coderdiff.model.families.settings import Settings
from coderdiff.model.families.special_tokens import end_ids
from coderdiff.model.files import one_line
from coderdiff.model.shortage import out_of_memory
from coderdiff.model.spec import ModelSpec
from coderdiff.model.tokenizer import SpecialIds

ARCHITECTURE = "DiffusionGemmaForBlockDiffusion"
MODEL_TYPE = "diffusion_gemma"
SPECIALS = {"bos": "<bos>", "end": "<eos>", "pad": "<pad>"}
"""Gemma's special tokens, where the checkpoint's files do not say them."""

_CANVAS = 256

Cache = Any
"""`transformers`' cache of a context."""


def is_config(config: Settings) -> bool:
    """Whether a config.json is this family's."""
    named = config.texts("architectures")
    return ARCHITECTURE in named or (not named and config.text("model_type", "") == MODEL_TYPE)


def spec(config: Settings, name: str, ids: SpecialIds) -> ModelSpec:
    """What config.json and the tokenizer say. Raises CheckpointError for one that lacks something."""
    text = config.group("text_config")
    ends = end_ids(text, config)
    if not ends:
        text.refuse("eos_token_id", "the id of a token that ends a text")
    heads = text.integer("num_attention_heads")
    return ModelSpec(
        name=name,
        vocab_size=text.integer("vocab_size"),
        width=text.integer("hidden_size"),
        hidden=text.integer("intermediate_size"),
        layers=text.integer("num_hidden_layers"),
        heads=heads,
        kv_heads=text.integer("num_key_value_heads", heads),
        head_dim=text.integer("head_dim"),
        window=text.integer("max_position_embeddings"),
        mask_id=ends[0]
        if ids.pad is None
        else ids.pad,  # any id will do: the canvas shows noise in its place
        end_id=ends[0],
        pad_id=ids.pad,
        qk_norm=True,
        context_attention="causal",
        canvas_attention="bidirectional",
        canvas=config.integer("canvas_length", _CANVAS),
        default_policy="renoise",
        noise=True,
        self_conditioned=True,
    )


class DiffusionGemma:
    """The network. Contexts are the caller's: each is a cache that `read` makes and adds to."""

    def __init__(self, spec: ModelSpec, network: Any) -> None:
        self.spec = spec
        self._network = network

    @property
    def device(self) -> torch.device:
        """Where it runs."""
        device: torch.device = self._network.device
        return device

    @property
    def value_bytes(self) -> int:
        """What a number of a cache takes."""
        size: int = self._network.dtype.itemsize
        return size

    @torch.inference_mode()
    def read(self, ids: Tensor, cache: Cache | None = None) -> Cache:
        """Read ids [batch, rows] behind a context, None: a new one. What was read keeps its keys and values."""
        return self._network.model.encoder(
            input_ids=ids.to(self.device), past_key_values=cache
        ).past_key_values

    @torch.inference_mode()
    def denoise(self, cache: Cache, canvas: Tensor, before: Tensor | None = None) -> Tensor:
        """Logits [batch, rows, vocab] (float32) of a canvas [batch, rows] behind a context, which stays as it is.

        `before` are the logits that the step before was decided on, [batch, rows, vocab]; None for the first.
        """
        if before is not None:
            before = before.to(self.device, self._network.dtype)
        scored = self._network(
            decoder_input_ids=canvas.to(self.device), past_key_values=cache, self_conditioning_logits=before
        )
        logits: Tensor = scored.logits
        return logits


def load(folder: Path, stated: ModelSpec, device: torch.device | str, dtype: torch.dtype) -> DiffusionGemma:
    """Load the weights of a checkpoint's folder; no code from it is run.

    Raises CheckpointError, one line that says what to do, for a folder that lacks a file or has a corrupt one, and
    where `transformers` is not installed or has no such class. Running out of memory stays what it is.
    """
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
        if out_of_memory(error):
            raise
        raise CheckpointError(
            f"{folder}: transformers cannot load it ({one_line(error)}): download it again"
        ) from error
    return DiffusionGemma(stated, network.to(device).eval().requires_grad_(False))
