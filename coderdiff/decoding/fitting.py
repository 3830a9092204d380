"""Which policies a network can follow, by its capabilities."""

from __future__ import annotations

from coderdiff.decoding.policies import Policy
from coderdiff.errors import ConfigError
from coderdiff.model.spec import ModelSpec


def check_fits(policy: Policy, spec: ModelSpec) -> None:
    """Raises ConfigError, which says why, for a policy that the network cannot follow."""
    if (reason := _hindrance(policy, spec)) is not None:
        raise ConfigError(f"policy {policy.name} {reason}: choose another")


def _hindrance(policy: Policy, spec: ModelSpec) -> str | None:
    in_blocks = spec.canvas_attention == "block"
    open_ended = spec.context_attention == "causal" and not in_blocks and not spec.noise
    if policy.tolerance is not None and not open_ended:
        return f"reads its drafts left to right, which {spec.name} cannot"
    if spec.noise and policy.renoise is None:
        return f"is for a canvas of masks, and {spec.name}'s begins as noise"
    if policy.renoise is not None and not spec.noise:
        return f"is for a canvas of noise, and {spec.name}'s begins as masks"
    if policy.indel is not None and not (
        in_blocks and spec.delete_id is not None and spec.insert_id is not None
    ):
        return f"is for blocks that a network deletes from and inserts into, which {spec.name} does not"
    return None
