"""What published families share: the parts of a family, the sizes in Llama's words, and Llama's weight names.

A family whose network has the same shape as another's and other capabilities takes that one's `spec` and
replaces these: `bidirectional(qwen2.spec(config, name, ids), shifted=True)`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from coderdiff.errors import CheckpointError
from coderdiff.model.families.rotary import rope_spec
from coderdiff.model.families.settings import Settings
from coderdiff.model.spec import ModelSpec
from coderdiff.model.tokenizer import SpecialIds
from coderdiff.model.weights import Place

_CANVAS = 64
"""Canvas of a fully bidirectional network: holes of published infilling benchmarks fit, and DreamOn's limit."""

SpecReader = Callable[[Settings, str, SpecialIds], ModelSpec]
"""Config, the checkpoint's name and the tokenizer's special ids -> what the model is."""


@dataclass(frozen=True)
class Family:
    """How to know a published family by its config, and how to read its config and its weights.

    `weight_names` gives their name of every weight -> its place among ours
    (`model/weights.py`). `specials` names special tokens by role (a field of `SpecialIds`) where the files do not
    say them: the first of its spellings that the tokenizer has. `token` is one whose presence in the tokenizer
    tells the family from another of the same architecture. `own_head`: the published class never ties its head,
    so one that is in the files counts whatever the config says of tying.
    """

    architectures: tuple[str, ...]
    model_types: tuple[str, ...]
    spec: SpecReader
    weight_names: Callable[[ModelSpec], Mapping[str, Place]]
    specials: Mapping[str, str | tuple[str, ...]] | None = None
    token: str | None = None
    own_head: bool = False


def causal_spec(
    config: Settings,
    name: str,
    ids: SpecialIds,
    *,
    qkv_bias: bool,
    qk_norm: bool,
    head_dim: int | None = None,
) -> ModelSpec:
    """An ordinary causal network: every row attends to the rows before it and predicts the next token.

    `head_dim` is what the family takes where its config is silent; None is width / heads. Raises
    CheckpointError for settings the network cannot follow.
    """
    _refuse_unsupported(config)
    if ids.mask is None or ids.end is None:
        role = "mask" if ids.mask is None else "end"
        raise CheckpointError(f"its tokenizer has no {role} token: a masked diffusion checkpoint is needed")
    width, heads = config.integer("hidden_size"), config.integer("num_attention_heads")
    rope = rope_spec(config)
    window = config.integer("max_position_embeddings")
    if rope.scaling == "yarn":  # published configs keep the window from before stretching
        window = max(window, int(rope.original_window * rope.factor))
    return ModelSpec(
        name=name,
        vocab_size=config.integer("vocab_size"),
        width=width,
        hidden=config.integer("intermediate_size"),
        layers=config.integer("num_hidden_layers"),
        heads=heads,
        kv_heads=config.integer("num_key_value_heads", heads),
        head_dim=config.integer("head_dim", head_dim or width // max(heads, 1)),
        window=window,
        mask_id=ids.mask,
        end_id=ids.end,
        pad_id=ids.pad,
        rope=rope,
        norm_eps=config.number("rms_norm_eps", 1e-6),
        qkv_bias=qkv_bias,
        qk_norm=qk_norm,
        tied_head=config.flag("tie_word_embeddings", False),
        context_attention="causal",
        canvas_attention="causal",
        shifted=True,
    )


def bidirectional(spec: ModelSpec, *, shifted: bool) -> ModelSpec:
    """`spec` for a network whose rows all attend to one another (LLaDA, Dream)."""
    return replace(
        spec,
        context_attention="bidirectional",
        canvas_attention="bidirectional",
        shifted=shifted,
        canvas=min(_CANVAS, spec.window),
    )


def block_causal(spec: ModelSpec, block_size: int, *, shifted: bool = False) -> ModelSpec:
    """`spec` for a network whose rows attend to their own block and all before it (BD3-LM, arXiv 2503.09573).

    Raises CheckpointError for a block without tokens.
    """
    if block_size < 1:
        raise CheckpointError(f"block_size is {block_size}: a block has at least one token")
    return replace(
        spec,
        context_attention="block",
        canvas_attention="block",
        shifted=shifted,
        canvas=block_size,
        block_size=block_size,
    )


def llama_weight_names(spec: ModelSpec) -> dict[str, str | None]:
    """The names that Llama, Qwen and kin publish -> `Transformer`'s."""
    names: dict[str, str | None] = {
        "model.embed_tokens.weight": "embedding.weight",
        "model.norm.weight": "norm.weight",
    }
    names["lm_head.weight"] = None if spec.tied_head else "head.weight"
    parts = {
        "input_layernorm": "attention_norm",
        "post_attention_layernorm": "feed_forward_norm",
        "self_attn.o_proj": "attention.o",
        "mlp.gate_proj": "feed_forward.gate",
        "mlp.up_proj": "feed_forward.up",
        "mlp.down_proj": "feed_forward.down",
    }
    if spec.qk_norm:
        parts |= {"self_attn.q_norm": "attention.q_norm", "self_attn.k_norm": "attention.k_norm"}
    for layer in range(spec.layers):
        theirs, ours = f"model.layers.{layer}.", f"layers.{layer}."
        names |= {f"{theirs}{part}.weight": f"{ours}{parts[part]}.weight" for part in parts}
        for part in "qkv":
            names[f"{theirs}self_attn.{part}_proj.weight"] = f"{ours}attention.{part}.weight"
            if spec.qkv_bias:
                names[f"{theirs}self_attn.{part}_proj.bias"] = f"{ours}attention.{part}.bias"
        # Old files keep the rotary frequencies too; they follow from the config.
        names[f"{theirs}self_attn.rotary_emb.inv_freq"] = None
    return names


def _refuse_unsupported(config: Settings) -> None:
    if config.text("hidden_act", "silu") != "silu":
        config.refuse("hidden_act", "'silu'")
    if config.has("quantization_config"):
        method = config.group("quantization_config").values.get("quant_method", "unknown")
        raise CheckpointError(
            f"its weights are quantized ({method}): coderdiff needs float32, float16 or bfloat16"
        )
    if any(kind != "full_attention" for kind in config.texts("layer_types")):
        config.refuse("layer_types", "'full_attention' in every layer")
    slides = config.flag("use_sliding_window", False) and config.has("sliding_window")
    if slides and config.integer("max_window_layers", 0) < config.integer("num_hidden_layers"):
        config.refuse("use_sliding_window", "false")
    if config.flag("mlp_bias", False):
        config.refuse("mlp_bias", "false")
