"""Which tokens of a published checkpoint play which role: its config says by id, its tokenizer's by name."""

from __future__ import annotations

from collections.abc import Mapping

from coderdiff.model.families.settings import Settings

# Our role -> their word for it, in `eos_token_id` (config.json) and `eos_token` (tokenizer_config.json).
_WORDS = {"mask": "mask", "end": "eos", "pad": "pad", "delete": "delete", "insert": "split"}


def special_tokens(
    config: Settings,
    tokenizer_config: Settings,
    tokenizer: Settings,
    spellings: Mapping[str, str | tuple[str, ...]] | None = None,
) -> dict[str, str]:
    """Role (a field of `SpecialIds`) -> token, for the roles that the files name a token for.

    The arguments are config.json, tokenizer_config.json (empty if there is none), tokenizer.json and a family's
    own spellings. An id in config.json goes first: it is what the network was trained with. The spellings go
    last, and only those that tokenizer.json has.

    What opens a text is the tokenizer's own business: many configs name the token that ends documents for it, which no
    text was ever trained behind. So the family's spelling goes first there, then the tokenizer's `bos_token`, unless it
    says that it adds none.
    """
    contents = _special_contents(tokenizer)
    present = set(contents.values())
    roles = {}
    for role, spelled in (spellings or {}).items():
        found = [token for token in ((spelled,) if isinstance(spelled, str) else spelled) if token in present]
        if found:
            roles[role] = found[0]
    for role, word in _WORDS.items():
        id_ = _first(config.values.get(f"{word}_token_id"))
        token = contents.get(id_) if isinstance(id_, int) else None
        token = token or _content(tokenizer_config.values.get(f"{word}_token"))
        if token is not None:
            roles[role] = token
    opens = _content(tokenizer_config.values.get("bos_token"))
    if opens is not None and tokenizer_config.values.get("add_bos_token") is not False:
        roles.setdefault("bos", opens)
    return roles


def end_ids(*configs: Settings) -> tuple[int, ...]:
    """The ids that end a text by any of these files (config.json, a part of it, generation_config.json), each once.

    What generates heeds all of them: an instruct model ends its turns by another token than documents end by.
    """
    ends: dict[int, None] = {}
    for config in configs:
        stated = config.values.get("eos_token_id")
        ends |= dict.fromkeys(
            id_ for id_ in (stated if isinstance(stated, list) else [stated]) if isinstance(id_, int)
        )
    return tuple(ends)


def added_tokens(tokenizer: Settings) -> frozenset[str]:
    """The tokens that tokenizer.json adds to its vocabulary."""
    return frozenset(_special_contents(tokenizer).values())


def _special_contents(tokenizer: Settings) -> dict[int, str]:
    """Id -> content of the tokens that tokenizer.json adds to its vocabulary."""
    added = tokenizer.values.get("added_tokens")
    tokens = [token for token in added if isinstance(token, dict)] if isinstance(added, list) else []
    return {token["id"]: token["content"] for token in tokens if "id" in token and "content" in token}


def _first(ids: object) -> object:
    """An id; the first one where several end a text."""
    return (ids[0] if ids else None) if isinstance(ids, list) else ids


def _content(token: object) -> str | None:
    """A token's text; older files wrap it in an object."""
    if isinstance(token, Mapping):
        token = token.get("content")
    return token if isinstance(token, str) else None
