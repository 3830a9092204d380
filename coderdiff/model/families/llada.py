"""LLaDA 8B and 1.5 (arXiv 2502.09992, 2505.19223): a dense network trained from scratch with attention in both
directions, unshifted.

The block is Llama's in OLMo's words: RMS norms, no bias, `silu(ff_proj(x)) * up_proj(x)` into `ff_out`, as many key
heads as query heads. Its config can say much else that no published checkpoint does; that is refused. Facts from the
repository ML-GSAI/LLaDA, the published configs and modelling files, and OLMo (arXiv 2402.00838), which they come from.
"""

from __future__ import annotations

from coderdiff.errors import CheckpointError
from coderdiff.model.families.common import Family, bidirectional
from coderdiff.model.families.settings import Settings
from coderdiff.model.spec import ModelSpec, RopeSpec
from coderdiff.model.tokenizer import SpecialIds

_THETA = 10_000.0
_NORM_EPS = 1e-5

_CHOICES = {
    "block_type": "llama",
    "activation_type": "silu",
    "layer_norm_type": "rms",
}
_FLAGS = {
    "rope": True,
    "alibi": False,
    "include_bias": False,
    "attention_layer_norm": False,
    "input_emb_norm": False,
    "scale_logits": False,
    "layer_norm_with_affine": True,
    "bias_for_layer_norm": False,
}


def spec(config: Settings, name: str, ids: SpecialIds) -> ModelSpec:
    """Sizes from a LLaDA config. Raises CheckpointError for a block that is not Llama's."""
    for key, needed in _CHOICES.items():
        if config.text(key, needed) != needed:
            config.refuse(key, repr(needed))
    for key, wanted in _FLAGS.items():
        if config.flag(key, wanted) != wanted:
            config.refuse(key, str(wanted).lower())
    if config.has("clip_qkv"):
        config.refuse("clip_qkv", "null")
    if ids.mask is None or ids.end is None:
        role = "mask" if ids.mask is None else "end"
        raise CheckpointError(f"its tokenizer has no {role} token: a masked diffusion checkpoint is needed")
    width, heads = config.integer("d_model"), config.integer("n_heads")
    hidden = config.integer("mlp_hidden_size", round(config.number("mlp_ratio", 4) * width))
    alone = 1 if config.flag("multi_query_attention", False) else heads
    found = ModelSpec(
        name=name,
        # The rows of the embedding, which may be padded beyond the vocabulary.
        vocab_size=config.integer("embedding_size", config.integer("vocab_size")),
        width=width,
        hidden=hidden,
        layers=config.integer("n_layers"),
        heads=heads,
        kv_heads=config.integer("n_kv_heads", alone),
        head_dim=width // max(heads, 1),
        window=config.integer("max_sequence_length"),
        mask_id=ids.mask,
        end_id=ids.end,
        pad_id=ids.pad,
        rope=RopeSpec(config.number("rope_theta", _THETA)),
        norm_eps=config.number("rms_norm_eps", _NORM_EPS),
        qkv_bias=config.flag("include_qkv_bias", False),
        tied_head=config.flag("weight_tying", True),
    )
    return bidirectional(found, shifted=False)


def weight_names(spec: ModelSpec) -> dict[str, str | None]:
    """LLaDA's names -> `Transformer`'s."""
    root = "model.transformer."
    names: dict[str, str | None] = {
        f"{root}wte.weight": "embedding.weight",
        f"{root}ln_f.weight": "norm.weight",
    }
    if not spec.tied_head:
        names[f"{root}ff_out.weight"] = "head.weight"
    parts = {
        "attn_norm": "attention_norm",
        "ff_norm": "feed_forward_norm",
        "attn_out": "attention.o",
        "ff_proj": "feed_forward.gate",
        "up_proj": "feed_forward.up",
        "ff_out": "feed_forward.down",
    }
    for layer in range(spec.layers):
        theirs, ours = f"{root}blocks.{layer}.", f"layers.{layer}."
        names |= {f"{theirs}{part}.weight": f"{ours}{parts[part]}.weight" for part in parts}
        for part in "qkv":
            names[f"{theirs}{part}_proj.weight"] = f"{ours}attention.{part}.weight"
            if spec.qkv_bias:
                names[f"{theirs}{part}_proj.bias"] = f"{ours}attention.{part}.bias"
    return names


FAMILY = Family(
    architectures=("LLaDAModelLM",),
    model_types=("llada",),
    spec=spec,
    weight_names=weight_names,
    specials={"mask": ("<|mdm_mask|>", "<[MASK]>")},
)
