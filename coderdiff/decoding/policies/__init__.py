"""What to commit at a step, chosen by name: `own.py` has the house's for a canvas at an open end, the others the
field's: `scheduled.py` a fixed number of steps, `confident.py` as many tokens as are sure, `revoking.py` those that
take commits back, `renoising.py` those that start from noise."""

from __future__ import annotations

import inspect
from dataclasses import replace

from coderdiff.decoding.policies.base import Makers, Policy
from coderdiff.decoding.policies.confident import CONFIDENT
from coderdiff.decoding.policies.own import OWN
from coderdiff.decoding.policies.renoising import RENOISING
from coderdiff.decoding.policies.revoking import REVOKING
from coderdiff.decoding.policies.scheduled import SCHEDULED
from coderdiff.errors import ConfigError

__all__ = ["POLICIES", "Policy", "policy"]

POLICIES: Makers = {**OWN, **SCHEDULED, **CONFIDENT, **REVOKING, **RENOISING}


_MOST = 1_000_000
"""No setting is larger: they are shares, counts of tokens or steps, temperatures and bounds in nats."""


def policy(text: str) -> Policy:
    """The policy called `name`, or `name:setting=number,setting=number` to set it by hand.

    Raises ConfigError if there is no such policy or setting.
    """
    name, _, rest = text.partition(":")
    if name not in POLICIES:
        raise ConfigError(f"there is no policy {name!r}: choose one of {', '.join(POLICIES)}")
    known = list(inspect.signature(POLICIES[name]).parameters)
    settings: dict[str, float] = {}
    for item in filter(None, rest.split(",")):
        key, _, value = item.partition("=")
        if key not in known:
            raise ConfigError(f"policy {name} has no setting {key!r}: it has {', '.join(known) or 'none'}")
        try:
            settings[key] = float(value)
        except ValueError:
            raise ConfigError(f"policy {name}: {key} must be a number, not {value!r}") from None
        if not 0 <= settings[key] <= _MOST:
            raise ConfigError(f"policy {name}: {key} is {value}: it must be from 0 to {_MOST:,}")
    return replace(POLICIES[name](**settings), name=text)
