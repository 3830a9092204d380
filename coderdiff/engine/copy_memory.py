"""Texts as a `CopyModel` reads them: whole files as tokens, far beyond the window, kept between requests.

Files are tokenized line by line, and lines are remembered: a keystroke costs the line it is on. With the shipped
tokenizer, whose tokens never cross a line end, that gives the very tokens of the whole text.
"""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Sequence
from functools import partial

from coderdiff.decoding.copying import NOTHING, CopyModel, Occurrences
from coderdiff.decoding.words import KnownWords
from coderdiff.model.copy_weights import CopyWeights
from coderdiff.model.tokenizer import Tokenizer
from coderdiff.types import Document, Hole, Snippet

MOST_LINES = 100_000
"""Lines remembered; then all are forgotten."""

MOST_SETS = 8
"""Sets of related files that are kept ready."""

MOST_NEAR_CHARS = 200_000
"""Of a file as much is read before the hole, and behind it."""


class CopyMemory:
    """One model's lines and related files. Not for several threads at once."""

    def __init__(self, tokenizer: Tokenizer, end_id: int, weights: CopyWeights | None) -> None:
        self._tokenizer, self._end_id, self._weights = tokenizer, end_id, weights
        self._lines: dict[str, array[int]] = {}  # 4 bytes a token, a list takes 40
        self._sets: OrderedDict[tuple[Document, ...], Occurrences] = OrderedDict()  # used last at the end

    def open(
        self, document: Document, hole: Hole, related: Sequence[Document], pack: Sequence[Snippet] = ()
    ) -> CopyModel:
        """The copy model of one fill. `related` are files that may say the same, `pack` is what the network is shown,
        whose words count too; a model without weights of its own gets nothing from them."""
        text = document.text
        prefix = text[max(0, hole.start - MOST_NEAR_CHARS) : hole.start]
        suffix = text[hole.end : hole.end + MOST_NEAR_CHARS]
        line = prefix.rfind("\n") + 1
        # The half-written word at the cursor is spelled by the answer, as in the prompt.
        healed = self._tokenizer.heal(prefix[line:])
        near = [*self._encode(suffix), NOTHING, *self._encode(prefix[:line]), *healed.ids]
        far = self._far(tuple(related)) if related and self._weights is not None else None
        words = None
        if self._weights is not None and self._weights.words is not None:
            spell = partial(self._spelled, healed.pending)
            others = [*(each.text for each in related), *(each.text for each in pack)]
            words = KnownWords.of(prefix, suffix, others, spell)
        return CopyModel(self._weights, near, far, self._end_id, self._begins(suffix), words)

    def _spelled(self, pending: bytes, rest: str, behind: str) -> list[int]:
        """The tokens of the rest of a word behind the cursor, as far as they begin within it."""
        left = len(pending) + len(rest.encode("utf-8", "surrogatepass"))
        spelled: list[int] = []
        for id_ in self._tokenizer.encode_after(pending, rest + behind):
            if left <= 0:
                break
            spelled.append(id_)
            left -= len(self._tokenizer.token_bytes(id_))
        return spelled

    def _encode(self, text: str) -> list[int]:
        """The tokens of whole lines."""
        lines = [line + "\n" for line in text.split("\n")]
        lines[-1] = lines[-1][:-1]
        new = list({line for line in lines if line not in self._lines})
        if len(self._lines) + len(new) > MOST_LINES:
            self._lines.clear()
            new = list(set(lines))
        for line, ids in zip(new, self._tokenizer.encode_batch(new), strict=True):
            self._lines[line] = array("I", ids)
        return [id_ for line in lines for id_ in self._lines[line]]

    def _far(self, related: tuple[Document, ...]) -> Occurrences:
        known = self._sets.get(related)
        if known is None:
            ids: list[int] = []
            for document in related:
                ids += [NOTHING, *self._encode(document.text)]
            known = self._sets[related] = Occurrences(ids)
            while len(self._sets) > MOST_SETS:
                self._sets.popitem(last=False)
        self._sets.move_to_end(related)
        return known

    def _begins(self, suffix: str) -> _Behind | None:
        return _Behind(self._tokenizer, suffix[:64].encode("utf-8", "surrogatepass")) if suffix else None


class _Behind:
    """Whether a token is how the text behind the hole begins: that text, or like it a line end."""

    def __init__(self, tokenizer: Tokenizer, behind: bytes) -> None:
        self._tokenizer, self._behind = tokenizer, behind
        self._line_end = behind[:1] in {b"\n", b"\r"}

    def __call__(self, token: int) -> bool:
        content = self._tokenizer.token_bytes(token)
        if self._line_end:
            return content[:1] in {b"\n", b"\r"}
        return bool(content) and self._behind.startswith(content)
