"""How a model is served, by its capabilities alone: what it reads, which session reads it, how long its canvas is.

causal context          `bos | pack | suffix | prefix`, a canvas behind it that moves on
both directions         the document with a hole; the canvas' length by expand and delete tokens, or by a search
block by block          the suffix first, a canvas that is the next block
out of noise            the suffix first, a canvas behind a causal context that is noise at first
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from coderdiff.decoding.lengths import DREAM_CODER_BIAS, Lengths
from coderdiff.decoding.session import Look, Scores
from coderdiff.engine.batch import forward
from coderdiff.engine.bidirectional import BidirectionalSession, Mode
from coderdiff.engine.block import BlockSession
from coderdiff.engine.chunks import ChunkMemory
from coderdiff.engine.lanes import ONE_LANE, Lanes
from coderdiff.engine.length_bias import read_bias
from coderdiff.engine.noise import NoiseSession
from coderdiff.engine.plain_pool import PlainPool, Pool
from coderdiff.engine.session import CachedSession
from coderdiff.engine.session_pool import SessionPool
from coderdiff.errors import CheckpointError, ConfigError
from coderdiff.model.families.diffusion_gemma import DiffusionGemma
from coderdiff.model.hole_prompt import document_prompt, suffix_first_prompt
from coderdiff.model.loader import Checkpoint
from coderdiff.model.prompt import Prompt, infill_prompt
from coderdiff.model.spec import ModelSpec
from coderdiff.model.transformer import Transformer
from coderdiff.types import FillRequest

FIELD_POLICY = "fast_dllm:threshold=0.9"
"""For a checkpoint that names no policy of its own."""

ANSWER_POLICY = "fast_dllm:threshold=0.9,block=32"
"""Where a whole answer's canvas is open at once: decided in any order, its far end says first that nothing more comes.
LLaDA and Fast-dLLM take blocks of 32."""

START = 32
"""Canvas to begin with where expand and delete tokens change its length."""

AnySession = CachedSession | BidirectionalSession | BlockSession | NoiseSession

Asked = Sequence[tuple[Any, Look]]
"""Sessions of one kind, and what each asks of the next forward."""


class Kind(Protocol):
    """One model's way of being served."""

    @property
    def policy(self) -> str:
        """The policy of a request that names none."""
        ...

    @property
    def canvas(self) -> int:
        """The canvas of a fill, at most or to begin with."""
        ...

    @property
    def answer_policy(self) -> str:
        """`policy` where nothing stands behind the answer."""
        ...

    def answer_canvas(self, max_tokens: int) -> int:
        """The canvas of an answer that nothing stands behind."""
        ...

    @property
    def lengths(self) -> Lengths | None:
        """How to look for a better one; None where nothing is to be looked for."""
        ...

    @property
    def room(self) -> int:
        """Rows of the window that the canvas needs besides the answer's own."""
        ...

    @property
    def ends(self) -> tuple[int, ...]:
        """Ids that end an answer besides the network's end token."""
        ...

    def prompt(self, request: FillRequest, budget: int) -> Prompt:
        """What the network reads for a request, in at most `budget` rows."""
        ...

    def pool(self, kv_bytes: int | None) -> Pool:
        """The contexts of all requests, in bounded memory."""
        ...

    def evaluate(self, asked: Asked, lanes: Lanes = ONE_LANE) -> list[Scores]:
        """What each session gets, in their order; in one forward, of so many lanes, where the network can."""
        ...


class _OwnNetwork:
    """Kinds whose network is ours: one forward serves all."""

    ends: tuple[int, ...] = ()

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._network = checkpoint.network

    def evaluate(self, asked: Asked, lanes: Lanes = ONE_LANE) -> list[Scores]:
        """One forward of the rows of all."""
        return forward(self._network, [session.part(look) for session, look in asked], lanes)


class CausalKind(_OwnNetwork):
    """A canvas behind a causal context."""

    lengths = None

    def __init__(self, checkpoint: Checkpoint) -> None:
        super().__init__(checkpoint)
        specials = checkpoint.tokenizer.specials
        missing = [role for role in ("bos", "suffix", "prefix") if getattr(specials, role) is None]
        if missing:
            raise CheckpointError(
                f"{checkpoint.spec.name} has no token for {', '.join(missing)}: it was not trained on our prompts"
            )
        self._checkpoint = checkpoint
        spec = checkpoint.spec
        self.policy = self.answer_policy = spec.default_policy
        self.canvas = self.room = spec.canvas

    def answer_canvas(self, max_tokens: int) -> int:  # noqa: ARG002
        """Any canvas moves on."""
        return self.canvas

    def prompt(self, request: FillRequest, budget: int) -> Prompt:
        """`bos | pack | suffix | prefix`."""
        prefix, suffix = _sides(request)
        spec = self._checkpoint.spec
        return infill_prompt(self._checkpoint.tokenizer, prefix, suffix, budget, request.pack, spec.pack)

    def pool(self, kv_bytes: int | None) -> Pool:
        """Sessions that share snippets and the beginnings of prompts."""
        return SessionPool(self._checkpoint.network, self._checkpoint.spec.window, kv_bytes)


class HoleKind(_OwnNetwork):
    """A hole between two sides. `length` fixes the canvas to begin with; None leaves it to the model."""

    room = 0

    def __init__(self, checkpoint: Checkpoint, mode: Mode, length: int | None) -> None:
        super().__init__(checkpoint)
        self._checkpoint, self._mode = checkpoint, mode
        self._chunks = ChunkMemory(checkpoint.network)
        spec = checkpoint.spec
        self.policy, self.answer_policy = _named(spec), ANSWER_POLICY
        self.canvas = length or min(START, spec.canvas)
        self.lengths: Lengths | None = None
        if length is None and spec.expand_id is None:
            self.lengths = Lengths(read_bias(checkpoint.folder) or DREAM_CODER_BIAS)

    def answer_canvas(self, max_tokens: int) -> int:
        """All of it at once, as LLaDA (arXiv 2502.09992) does: an end token says where it ends."""
        return max_tokens

    def prompt(self, request: FillRequest, budget: int) -> Prompt:
        """The document as it stands."""
        spec = self._checkpoint.spec
        end = spec.end_id if spec.closed else None
        return document_prompt(self._checkpoint.tokenizer, *_sides(request), budget, end)

    def pool(self, kv_bytes: int | None) -> Pool:
        """Sessions that share the model's chunks."""

        def make() -> BidirectionalSession:
            return BidirectionalSession(self._checkpoint.network, self._mode, chunks=self._chunks)

        def begin(session: BidirectionalSession, prompt: Prompt) -> list[int]:
            session.begin(prompt.ids, prompt.behind)
            return []

        def shared(session: BidirectionalSession, prompt: Prompt) -> int:
            return session.shared(prompt.ids, prompt.behind)

        return PlainPool(self._checkpoint.spec, _value_bytes(self._network), kv_bytes, make, shared, begin)


class BlockKind(_OwnNetwork):
    """A canvas that is the next block."""

    lengths = None

    def __init__(self, checkpoint: Checkpoint) -> None:
        super().__init__(checkpoint)
        assert checkpoint.spec.block_size is not None
        self._checkpoint = checkpoint
        self.policy = self.answer_policy = _named(checkpoint.spec)
        self.canvas = checkpoint.spec.block_size
        self.room = 2 * self.canvas  # of the last block of the prompt and of the answer
        self.ends = checkpoint.ends

    def answer_canvas(self, max_tokens: int) -> int:  # noqa: ARG002
        """Block by block."""
        return self.canvas

    def prompt(self, request: FillRequest, budget: int) -> Prompt:
        """The suffix first."""
        return suffix_first_prompt(self._checkpoint.tokenizer, *_sides(request), budget)

    def pool(self, kv_bytes: int | None) -> Pool:
        """Sessions that know whole blocks."""
        network, window = self._checkpoint.network, self._checkpoint.spec.window

        def make() -> BlockSession:
            return BlockSession(network, window)

        def begin(session: BlockSession, prompt: Prompt) -> list[int]:
            return session.begin(prompt.ids)

        def shared(session: BlockSession, prompt: Prompt) -> int:
            return session.shared(prompt.ids)

        return PlainPool(network.spec, _value_bytes(network), kv_bytes, make, shared, begin)


class NoiseKind:
    """A canvas of noise behind a causal context, by a model that `transformers` runs: one request at a time."""

    lengths = None

    def __init__(self, checkpoint: Checkpoint, model: DiffusionGemma) -> None:
        self._checkpoint, self._model = checkpoint, model
        self.policy = self.answer_policy = checkpoint.spec.default_policy
        self.canvas = self.room = checkpoint.spec.canvas
        self.ends = checkpoint.ends

    def answer_canvas(self, max_tokens: int) -> int:  # noqa: ARG002
        """Canvas by canvas."""
        return self.canvas

    def prompt(self, request: FillRequest, budget: int) -> Prompt:
        """The suffix first."""
        return suffix_first_prompt(self._checkpoint.tokenizer, *_sides(request), budget)

    def pool(self, kv_bytes: int | None) -> Pool:
        """Sessions that keep what they have read."""

        def begin(session: NoiseSession, prompt: Prompt) -> list[int]:
            return session.begin(prompt.ids)

        def shared(session: NoiseSession, prompt: Prompt) -> int:
            return session.shared(prompt.ids)

        model = self._model
        return PlainPool(model.spec, model.value_bytes, kv_bytes, lambda: NoiseSession(model), shared, begin)

    def evaluate(self, asked: Asked, lanes: Lanes = ONE_LANE) -> list[Scores]:
        """Each by itself."""
        return lanes.run([lambda: [session.forward(look) for session, look in asked]])[0]


AnyKind = CausalKind | HoleKind | BlockKind | NoiseKind


def _value_bytes(network: Transformer) -> int:
    return network.embedding.weight.element_size()


def kind_of(checkpoint: Checkpoint, mode: Mode | None = None, length: int | None = None) -> AnyKind:
    """The way to serve a model. `mode` None is cached where contexts are bidirectional; elsewhere all is exact.

    Raises CheckpointError for capabilities that no session has, ConfigError for a mode or length of no use to them.
    """
    spec = checkpoint.spec
    kinds = (spec.context_attention, spec.canvas_attention)
    if length is not None and not 0 < length <= spec.window // 2:
        raise ConfigError(f"the canvas length is {length}: it must be from 1 to {spec.window // 2}")
    if isinstance(checkpoint.model, DiffusionGemma) and mode in {None, "exact"} and length is None:
        return NoiseKind(checkpoint, checkpoint.model)
    if kinds == ("bidirectional", "bidirectional"):
        return HoleKind(checkpoint, mode or "cached", length)
    if mode not in {None, "exact"} or length is not None:
        asked = f"mode {mode!r}" if length is None else "canvas length"
        raise ConfigError(f"{spec.name} has {kinds[0]} context, which is exact: it takes no {asked}")
    if kinds == ("block", "block"):
        return BlockKind(checkpoint)
    if kinds == ("causal", "bidirectional") and not spec.shifted:
        return CausalKind(checkpoint)
    raise CheckpointError(
        f"{spec.name} has {kinds[0]} context and a {kinds[1]} canvas{', shifted' * spec.shifted}: only context in "
        "both directions, by blocks, or causal with a bidirectional canvas, unshifted, is served"
    )


def _named(spec: ModelSpec) -> str:
    """The policy that a checkpoint names, if that is not just our own models' default."""
    return FIELD_POLICY if spec.default_policy == ModelSpec.default_policy else spec.default_policy


def _sides(request: FillRequest) -> tuple[str, str]:
    text, hole = request.document.text, request.hole
    return text[: hole.start], text[hole.end :]
