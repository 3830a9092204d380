"""Special tokens for roles that a tokenizer has none for: reserved ones get their names.

The vocabulary stays as large as it was, so weights trained with the one tokenizer fit the other.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from coderdiff.errors import ConfigError
from coderdiff.model.files import read_json, replaced
from coderdiff.model.tokenizer import special_token
from coderdiff.training.bpe import RESERVED


def with_roles(tokenizer: Path, roles: Sequence[str], out: Path) -> Path:
    """A tokenizer's file with a token for each of `roles`: `tokenizer` itself if it has them, else `out`, written anew.

    Raises ConfigError where too few tokens are reserved, CheckpointError for a file that cannot be read.
    """
    content = read_json(tokenizer)
    added = content.get("added_tokens")
    tokens = added if isinstance(added, list) else []
    names = {token["content"] for token in tokens}
    wanted = [special_token(role) for role in roles if special_token(role) not in names]
    if not wanted:
        return tokenizer
    reserved = [token for token in tokens if token["content"].startswith(special_token(RESERVED)[:-2])]
    if len(reserved) < len(wanted):
        raise ConfigError(
            f"{tokenizer} has {len(reserved)} reserved tokens, {len(wanted)} are wanted as {', '.join(wanted)}: "
            "take one that `coderdiff tokenizer train` made"
        )
    for token, name in zip(reserved, wanted, strict=False):
        token["content"] = name
    out.parent.mkdir(parents=True, exist_ok=True)
    with replaced(out) as partial:
        partial.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return out
