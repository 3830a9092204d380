"""What the published families with experts share: which layers have them, and the names of their weights."""

from __future__ import annotations

from collections.abc import Sequence

from coderdiff.errors import CheckpointError
from coderdiff.model.families.common import llama_weight_names
from coderdiff.model.spec import ModelSpec
from coderdiff.model.weights import Piece, Place

_FEED_FORWARD = {"gate": "gate_proj", "up": "up_proj", "down": "down_proj"}


def dense_layers(sparse: Sequence[bool]) -> int:
    """How many layers come before the first with experts; `sparse` says of each layer whether it has them.

    Raises CheckpointError for a dense layer behind one with experts, or where there is none with experts.
    """
    dense = sparse.index(True) if True in sparse else len(sparse)
    if dense == len(sparse) or not all(sparse[dense:]):
        raise CheckpointError("dense layers stand among those with experts: coderdiff needs them first")
    return dense


def moe_weight_names(spec: ModelSpec, shared: str | None = None) -> dict[str, Place]:
    """The names that OLMoE, Qwen3-MoE and kin publish -> their places: one matrix of theirs is a piece of ours.

    `shared` is the name of the shared expert within a layer; None: there is none.
    """
    experts = spec.experts
    assert experts is not None
    sparse = range(experts.dense_layers, spec.layers)
    dense_names = tuple(f"layers.{layer}.feed_forward." for layer in sparse)
    names: dict[str, Place] = {
        name: place
        for name, place in llama_weight_names(spec).items()
        if not isinstance(place, str) or not place.startswith(dense_names)
    }
    for layer in sparse:
        theirs, ours = f"model.layers.{layer}.", f"layers.{layer}.feed_forward."
        names[f"{theirs}mlp.gate.weight"] = f"{ours}router"
        if experts.corrected:
            names[f"{theirs}mlp.gate.expert_bias"] = f"{ours}correction"
        for number in range(experts.count):
            expert = f"{theirs}mlp.experts.{number}"
            names[f"{expert}.gate_proj.weight"] = Piece(f"{ours}gate_up", number, part=0, parts=2)
            names[f"{expert}.up_proj.weight"] = Piece(f"{ours}gate_up", number, part=1, parts=2)
            names[f"{expert}.down_proj.weight"] = Piece(f"{ours}down", number)
        if shared is not None:
            for part, name in _FEED_FORWARD.items():
                names[f"{theirs}{shared}.{name}.weight"] = f"{ours}shared.{part}.weight"
    return names
