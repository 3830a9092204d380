"""Trains our tokenizer: byte-level BPE in two stages, written as one ordinary `tokenizer.json`.

Stage 1 learns subwords: merges stay within a word, a run of punctuation or a run of blanks. Stage 2 continues
with the rest of a line as one piece, so that its merges may cross words and spaces (`self.`, ` = None`,
`):`), after SuperBPE (arXiv 2503.13423). Three boundaries hold in both stages, so no token ever crosses them:

* a line end (`\\n`, `\\r\\n` or `\\r`) is a token of its own: a line always ends on a token;
* a run of two or more blanks, or a tab, keeps to itself: indentation never joins the code behind it. A lone
  space goes with what follows it, as in GPT-2;
* digits come at most two to a token, and with nothing else.

None of the boundaries looks to its left: text is cut the same way wherever in a line it starts, so the two
sides of a cursor can be encoded apart (see `Tokenizer.heal`).

`tokenizers` cannot go on training under other boundaries. So stage 2 trains a second BPE on text in which
every stage-1 token is one private-use character, and its merges are translated back.
"""

from __future__ import annotations

import hashlib
import heapq
import itertools
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from coderdiff.errors import ConfigError
from coderdiff.model.tokenizer import LENGTH_ROLES, ROLES, special_token
from coderdiff.training.corpus.shards import Document

# Oniguruma patterns. The order of the alternatives matters; `++` is possessive, so long lines cannot
# backtrack.
_BOUNDARIES = r"\r\n|\r|\n|[ \t]{2,}|\t|\p{N}{1,2}"
WORDS = _BOUNDARIES + r"| ?[\p{L}\p{M}_]++| ?[^ \t\r\n\p{L}\p{M}\p{N}_]++| "
LINES = _BOUNDARIES + r"|(?:[^ \t\r\n\p{N}]++| (?![ \t]))++"

RESERVED_TOKENS = 8
RESERVED = "reserved_"
# `\r` and `\n` in byte-level characters.
_CRLF = "\u010d", "\u010a"
# The first character of Unicode's private plane 15, which has room for 65,534 stage-1 tokens.
_PRIVATE = 0xF0000


@dataclass(frozen=True)
class BpeOptions:
    """How large the vocabulary is and how it is shared out.

    `vocab_size` counts everything: bytes, merges and special tokens. `crossing_share` is the share of the
    merges that stage 2 makes; 0 leaves out stage 2. No token is longer than `max_token_bytes`.
    """

    vocab_size: int = 8192
    crossing_share: float = 0.25
    max_token_bytes: int = 32

    def __post_init__(self) -> None:
        if self.vocab_size % 64 or self.vocab_size < 512:
            raise ConfigError(f"vocab_size is {self.vocab_size}: give a multiple of 64 of at least 512")
        if not 0.0 <= self.crossing_share < 1.0:
            raise ConfigError(f"crossing_share is {self.crossing_share}: give at least 0 and less than 1")
        if not 2 <= self.max_token_bytes <= 256:
            raise ConfigError(f"max_token_bytes is {self.max_token_bytes}: give a number from 2 to 256")

    @property
    def merges(self) -> int:
        """Merged tokens in all: what bytes and special tokens leave over."""
        return self.vocab_size - 256 - len(special_tokens())

    @property
    def crossing_merges(self) -> int:
        """Tokens that stage 2 adds."""
        return round(self.merges * self.crossing_share)


def special_tokens() -> list[str]:
    """The special tokens our own files carry, in id order: one a role, then the reserved ones.

    Those of the `LENGTH_ROLES` are not among them: a run that needs them names reserved ones (`special_roles.py`).
    """
    return [special_token(role) for role in ROLES if role not in LENGTH_ROLES] + [
        special_token(f"{RESERVED}{number}") for number in range(RESERVED_TOKENS)
    ]


def train(texts: Sequence[str], options: BpeOptions = BpeOptions()) -> Tokenizer:
    """Train both stages on `texts` and return the tokenizer, ready to be saved as `tokenizer.json`.

    The ids are: 256 bytes, stage-1 tokens, stage-2 tokens, special tokens. Raises `ConfigError` if the text
    is too little to fill the vocabulary.
    """
    # One merge is not learned but given: corpora have one kind of line end, the files of users all of them.
    texts = [text.replace("\r\n", "\n").replace("\r", "\n") for text in texts]
    subwords = _train_subwords(texts, options.merges - options.crossing_merges - 1, options.max_token_bytes)
    model = json.loads(subwords.to_str())["model"]
    vocab: dict[str, int] = model["vocab"]
    merges: list[tuple[str, str]] = [(left, right) for left, right in model["merges"]]
    _append([_CRLF], vocab, merges, 1, options.max_token_bytes)
    if options.crossing_merges:
        crossing = _train_crossing(texts, subwords, options)
        _append(crossing, vocab, merges, options.crossing_merges, options.max_token_bytes)
    if len(vocab) != 256 + options.merges:
        raise ConfigError(
            f"the text gives {len(vocab) - 256} merges where {options.merges} are wanted: give more text "
            "or a smaller vocab_size"
        )
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=merges))
    tokenizer.pre_tokenizer = _pre_tokenizer(LINES if options.crossing_merges else WORDS)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(
        [AddedToken(name, special=True, normalized=False) for name in special_tokens()]
    )
    return tokenizer


def sample(documents: Iterable[Document], limit_bytes: int) -> list[str]:
    """Up to `limit_bytes` of text: the documents whose hashed name is smallest.

    So the sample is spread evenly over the corpus and the same whatever the order of the documents. Holds no
    more than the sample in memory.
    """
    kept: list[tuple[int, int, str]] = []
    size = 0
    for number, document in enumerate(documents):
        name = f"{document.package}/{document.path}"
        digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        # Negated, so that the heap's root is the largest hash: the next to give way.
        heapq.heappush(kept, (-int.from_bytes(digest), number, document.text))
        size += len(document.text)
        while size > limit_bytes and len(kept) > 1:
            size -= len(heapq.heappop(kept)[2])
    return [text for _, _, text in sorted(kept, reverse=True)]


def _pre_tokenizer(pattern: str) -> pre_tokenizers.PreTokenizer:
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )


def _train_subwords(texts: Sequence[str], merges: int, max_token_bytes: int) -> Tokenizer:
    """Stage 1: an ordinary byte-level BPE with `merges` merges within words."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = _pre_tokenizer(WORDS)
    trainer = trainers.BpeTrainer(
        vocab_size=256 + merges,
        min_frequency=2,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        max_token_length=max_token_bytes,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def _train_crossing(texts: Sequence[str], subwords: Tokenizer, options: BpeOptions) -> list[tuple[str, str]]:
    """Stage 2: merges of stage-1 tokens over the pieces of `LINES`, as pairs of byte-level strings."""
    subwords.pre_tokenizer = _pre_tokenizer(LINES)  # the pieces that the finished tokenizer will see
    pieces = list(_counted(texts))
    encodings = subwords.encode_batch_fast([piece for piece, _ in pieces], add_special_tokens=False)
    private = (
        (chr(_PRIVATE + ids[0]) if len(ids) == 1 else "".join(chr(_PRIVATE + i) for i in ids), count)
        for ids, count in zip((e.ids for e in encodings), (count for _, count in pieces), strict=True)
    )
    names = {id_: name for name, id_ in subwords.get_vocab(with_added_tokens=False).items()}
    tokenizer = Tokenizer(models.BPE())
    trainer = trainers.BpeTrainer(
        # Twice the merges wanted: those that come out too long are left out by `_append`.
        vocab_size=len(names) + 2 * options.crossing_merges,
        min_frequency=2,
        initial_alphabet=[],
        max_token_length=options.max_token_bytes,
        show_progress=False,
    )
    lines = itertools.chain.from_iterable(itertools.repeat(line, count) for line, count in private)
    tokenizer.train_from_iterator(lines, trainer)

    def spelled(token: str) -> str:
        return "".join(names[ord(char) - _PRIVATE] for char in token)

    found = json.loads(tokenizer.to_str())["model"]["merges"]
    return [(spelled(left), spelled(right)) for left, right in found]


def _counted(texts: Iterable[str]) -> Iterator[tuple[str, int]]:
    """The distinct pieces of `LINES` that stage 2 can merge, with how often each occurs."""
    split = pre_tokenizers.Split(Regex(LINES), "isolated")
    lines = Counter(itertools.chain.from_iterable(text.split("\n") for text in texts))
    pieces: Counter[str] = Counter()
    for line, count in lines.items():
        for piece, _ in split.pre_tokenize_str(line):
            pieces[piece] += count
    return ((piece, count) for piece, count in pieces.items() if len(piece) > 1)


def _append(
    crossing: Iterable[tuple[str, str]],
    vocab: dict[str, int],
    merges: list[tuple[str, str]],
    wanted: int,
    max_token_bytes: int,
) -> None:
    """Add stage-2 merges to `vocab` and `merges` until `wanted` tokens are new.

    Left out are merges that spell too long a token, those that spell a token there already is (a second way
    to it would let stage-1 merges run after stage-2 ones), and those that build on a merge left out.
    """
    size = len(vocab) + wanted
    for left, right in crossing:
        if len(vocab) == size:
            return
        token = left + right
        if len(token) <= max_token_bytes and token not in vocab and left in vocab and right in vocab:
            vocab[token] = len(vocab)
            merges.append((left, right))
