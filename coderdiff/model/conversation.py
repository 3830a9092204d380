"""A conversation -> the ids that an instruct checkpoint was tuned on.

Only what the template itself spells becomes a special token. While it is rendered, every character of a message that
special tokens are spelled with is replaced by a stand-in, a private one that occurs nowhere else: so no message can
spell one, not even half of one that the template's text completes. The rendered text is divided at the special tokens
left in it, the characters are put back, and the texts between are encoded as any text is.

A template that looks for such a spelling in a message (a thought that ends with a special token, say) finds none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from coderdiff.errors import CheckpointError, InputError, TooLongError
from coderdiff.model.chat import ChatTemplate, chat_template
from coderdiff.model.prompt import Prompt
from coderdiff.model.tokenizer import Tokenizer
from coderdiff.types import Message

_PRIVATE = range(0xF0000, 0xFFFFE)
"""Unicode's first supplementary private use area: no text has a meaning there that a template could ask for."""


@dataclass(frozen=True)
class Conversations:
    """How one checkpoint is talked to. `end` is the special token that the template ends the assistant's turns with,
    None if it does not."""

    template: ChatTemplate
    tokenizer: Tokenizer
    end: int | None

    def prompt(self, messages: Sequence[Message], budget: int) -> Prompt:
        """What is read before the assistant's next turn, in at most `budget` rows.

        Raises TooLongError for messages that are too long, InputError for those that the template refuses,
        CheckpointError for a template that is broken.
        """
        ids = conversation_ids(self.template, self.tokenizer, messages)
        if len(ids) > budget:
            raise TooLongError(
                f"the conversation takes {len(ids)} tokens, and the model reads at most {budget} before its answer: "
                "leave out earlier turns"
            )
        if not ids:
            raise CheckpointError("the chat template makes nothing of these messages: use another checkpoint")
        return Prompt(ids, b"")


def conversations(folder: Path, tokenizer: Tokenizer) -> Conversations | None:
    """How the checkpoint of a folder is talked to; None for a base model. Raises CheckpointError."""
    template = chat_template(folder)
    return None if template is None else Conversations(template, tokenizer, turn_end(template, tokenizer))


def conversation_ids(
    template: ChatTemplate, tokenizer: Tokenizer, messages: Sequence[Message], *, answer: bool = True
) -> list[int]:
    """The ids of a conversation; with `answer` they end where the assistant's next turn begins. Raises what
    `ChatTemplate.render` raises."""
    guarded, characters = _guarded(template, tokenizer, messages)
    ids: list[int] = []
    for part in tokenizer.divide(template.render(guarded, answer=answer)):
        ids += [part] if isinstance(part, int) else tokenizer.encode(part.translate(characters))
    return ids


def turn_end(template: ChatTemplate, tokenizer: Tokenizer) -> int | None:
    """The first special token that the template puts behind what the assistant says; None if there is none."""
    said = chr(_PRIVATE[-1])
    try:
        text = template.render([Message("user", "?"), Message("assistant", said)], answer=False)
    except InputError:
        return None
    parts = tokenizer.divide(text[text.rfind(said) + 1 :]) if said in text else []
    return next((part for part in parts if isinstance(part, int)), None)


def _guarded(
    template: ChatTemplate, tokenizer: Tokenizer, messages: Sequence[Message]
) -> tuple[list[Message], dict[int, str]]:
    """The messages with stand-ins, and stand-in -> character. Blanks stay: templates trim."""
    spelling = {char for mark in tokenizer.marks for char in mark.text if not char.isspace()}
    taken = spelling.union(template.source, *(message.content for message in messages))
    free = (chr(code) for code in _PRIVATE if chr(code) not in taken)
    stand_ins = dict(zip(sorted(spelling), free, strict=False))
    if len(stand_ins) < len(spelling):
        raise InputError("the messages use too many private characters: leave some out")
    table = str.maketrans(stand_ins)
    guarded = [replace(message, content=message.content.translate(table)) for message in messages]
    return guarded, {ord(stand_in): char for char, stand_in in stand_ins.items()}
