"""The loop between two sides and in blocks, with text: what is kept changes nothing, limits hold, words are healed."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence

import pytest
import torch

from coderdiff.decoding.copying import CopyModel
from coderdiff.decoding.lengths import LengthBias, Lengths
from coderdiff.decoding.loop import Denoising, denoise
from coderdiff.decoding.policies import POLICIES, policy
from coderdiff.decoding.session import Look, Scores, Session
from coderdiff.decoding.task import Denoised, Task, unwritable, writable_specials
from coderdiff.engine.batch import forward
from coderdiff.engine.bidirectional import BidirectionalSession
from coderdiff.model.hole_prompt import document_prompt
from coderdiff.model.spec import ModelSpec
from coderdiff.model.tokenizer import Tokenizer
from coderdiff.model.transformer import Transformer
from coderdiff.types import Draft, Limits, Sampling, TokenState

from .filling import drained

FIELD = [name for name in POLICIES if name not in {"verified", "renoise", "joint_threshold_indel"}]


@pytest.fixture(scope="session", params=[False, True], ids=["unshifted", "shifted"])
def hole(network: Transformer, request: pytest.FixtureRequest) -> Transformer:
    spec = dataclasses.replace(
        network.spec,
        context_attention="bidirectional",
        canvas_attention="bidirectional",
        shifted=request.param,
        expand_id=11,
        delete_id=12,
    )
    other = Transformer(spec).eval().requires_grad_(False)
    other.load_state_dict(network.state_dict())
    return other


def task(spec: ModelSpec, tokenizer: Tokenizer, pending: bytes = b"", **settings: object) -> Task:
    asked = {"limits": Limits(max_tokens=20), "sampling": Sampling(), "canvas": 9, "lengths": None} | settings
    banned = unwritable(spec.vocab_size, tokenizer, *writable_specials(spec))
    return Task(
        [],
        pending,
        banned=banned,
        copying=CopyModel(None, [], None, spec.end_id, None),
        began=time.perf_counter(),
        **asked,
    )  # type: ignore[arg-type]


def run(
    session: Session,
    tokenizer: Tokenizer,
    name: str,
    asked: Task,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[list[Draft], Denoised]:
    return drained(denoise(session, tokenizer, policy(name), asked, cancelled))


@pytest.mark.parametrize("name", FIELD)
def test_exact_and_plain_sessions_write_the_same(
    hole: Transformer, tokenizer: Tokenizer, source: str, plain_hole: Callable[..., Session], name: str
):
    """Expand and delete are ordinary tokens of this network, so it uses them now and then. The literal session gives
    no masked twins: `wino` judges by what it sees there."""
    chosen = name if name != "wino" else "saber"
    for cut in (60, 155, 231):
        prompt = document_prompt(tokenizer, source[:cut], source[cut + 20 :], 300)
        session = BidirectionalSession(hole, "exact")
        session.begin(prompt.ids, prompt.behind)
        plain = plain_hole(hole)
        plain.begin(prompt.ids, prompt.behind)  # type: ignore[attr-defined]
        asked = task(hole.spec, tokenizer, prompt.pending)
        drafts, ours = run(session, tokenizer, chosen, asked)
        assert ours == run(plain, tokenizer, chosen, asked)[1]
        assert ours.reason == "stop"
        assert ours.forwards == len(drafts)
        assert 0 < ours.tokens <= 20


@pytest.mark.parametrize("name", ["low_confidence", "fast_dllm", "entropy", "joint_threshold"])
def test_a_cursor_inside_a_word_is_healed(hole: Transformer, tokenizer: Tokenizer, source: str, name: str):
    for cut in range(200, 216):
        prompt = document_prompt(tokenizer, source[:cut], source[cut:], 300)
        session = BidirectionalSession(hole, "exact")
        session.begin(prompt.ids, prompt.behind)
        denoising = Denoising(session, tokenizer, policy(name), task(hole.spec, tokenizer, prompt.pending))
        while denoising.finished() is None:
            denoising.take(session.forward(denoising.ask()))
        spelled = tokenizer.decode_bytes(denoising.written.tokens)
        assert spelled.startswith(prompt.pending[: len(spelled)])


def test_many_fills_in_one_forward_write_what_each_writes_alone(
    hole: Transformer, tokenizer: Tokenizer, source: str
):
    """Unequal contexts, canvases, policies, one with a search for its length; a forward serves whoever is not done."""

    def fills() -> list[tuple[BidirectionalSession, Denoising]]:
        made = []
        names = ("low_confidence", "fast_dllm:threshold=0.2", "eb_sampler:bound=2", "wino", "dreamon")
        for at, name in enumerate(names):
            cut = 40 + 31 * at
            prompt = document_prompt(tokenizer, source[:cut], source[cut:], 300)
            session = BidirectionalSession(hole, "cached" if at % 2 else "exact")
            session.begin(prompt.ids, prompt.behind)
            lengths = Lengths(LengthBias(0.3, 1.0, 0.1, 0.1, 0.1), (2, 5, 9)) if at == 2 else None
            asked = task(hole.spec, tokenizer, prompt.pending, canvas=4 + 2 * at, lengths=lengths)
            made.append((session, Denoising(session, tokenizer, policy(name), asked)))
        return made

    alone = fills()
    for session, denoising in alone:
        while denoising.finished() is None:
            denoising.take(session.forward(denoising.ask()))
    together = fills()
    while running := [(s, d) for s, d in together if d.finished() is None]:
        scores = forward(hole, [session.part(denoising.ask()) for session, denoising in running])
        for (_, denoising), own in zip(running, scores, strict=True):
            denoising.take(own)
    assert [d.result("stop") for _, d in together] == [d.result("stop") for _, d in alone]


class Scripted:
    """A hole between two sides whose network wants one text: it says expand where two tokens are lacking behind a
    position, and delete where none is left. Counts its forwards."""

    def __init__(self, tokenizer: Tokenizer, text: str, expands: bool = True) -> None:
        mask, end = tokenizer.specials.mask, tokenizer.specials.end
        assert mask is not None
        assert end is not None
        assert tokenizer.specials.bos is not None
        assert tokenizer.specials.pad is not None
        self.expand, self.delete = (
            tokenizer.specials.bos,
            tokenizer.specials.pad,
        )  # spell nothing, stand nowhere here
        self._spec = ModelSpec(
            name="script", vocab_size=tokenizer.vocab_size, width=8, hidden=8, layers=1, heads=1, kv_heads=1,
            head_dim=8, window=512, mask_id=mask, end_id=end, context_attention="bidirectional",
            canvas_attention="bidirectional", expand_id=self.expand if expands else None,
            delete_id=self.delete if expands else None,
        )  # fmt: skip
        self.wanted = tokenizer.encode(text)
        self.forwards = 0

    @property
    def spec(self) -> ModelSpec:
        return self._spec

    @property
    def length(self) -> int:
        return 0

    def keep(self, length: int) -> None:
        assert length == 0

    def forward(self, look: Look) -> Scores:
        self.forwards += 1
        return Scores(torch.zeros(0, self.spec.vocab_size), [self.rows(canvas) for canvas in look.canvases])

    def rows(self, canvas: Sequence[int]) -> torch.Tensor:
        """Every mask but the last stands for one token; the last for all that are left, or for none."""
        logits = torch.zeros(len(canvas), self.spec.vocab_size)
        lacking = len(self.wanted) - len(canvas)
        masks = [at for at, id_ in enumerate(canvas) if id_ == self.spec.mask_id]
        for at in range(len(canvas)):
            token = self.wanted[at] if at < len(self.wanted) else self.delete
            if lacking > 0 and masks and at == masks[-1]:
                token = self.expand
            logits[at, token] = 20.0 if self.spec.expand_id else max(1.0, 20.0 - abs(lacking))
        return logits


@pytest.mark.parametrize("start", [1, 4, 8, 16, 32])
@pytest.mark.parametrize("name", ["dreamon", "fast_dllm", "threshold", "low_confidence"])
def test_a_network_that_expands_and_deletes_finds_its_length(tokenizer: Tokenizer, name: str, start: int):
    text = "total = sum(circle.area() for circle in circles)\n"
    session = Scripted(tokenizer, text)
    asked = task(session.spec, tokenizer, canvas=start, limits=Limits(max_tokens=40))
    drafts, answer = run(session, tokenizer, name, asked)
    assert (answer.text, answer.reason) == (text, "stop")
    assert answer.tokens == len(session.wanted)
    assert answer.forwards == session.forwards == len(drafts)
    for draft in drafts:
        assert text.startswith(draft.text)
        assert all(token.state is not TokenState.DRAFTED for token in draft.tokens)


class Undecided(Scripted):
    """Wants a position more than it has, and one less once it has it."""

    def rows(self, canvas: Sequence[int]) -> torch.Tensor:
        logits = super().rows(canvas)
        masks = [at for at, id_ in enumerate(canvas) if id_ == self.spec.mask_id]
        if masks:
            logits[masks[-1]] = 0.0
            logits[masks[-1], self.delete if len(canvas) > len(self.wanted) else self.expand] = 30.0
        return logits


def test_a_network_that_cannot_make_up_its_mind_is_made_to(tokenizer: Tokenizer):
    session = Undecided(tokenizer, "return math.pi * self.radius**2\n")
    asked = task(session.spec, tokenizer, canvas=len(session.wanted), limits=Limits(max_tokens=64))
    _, answer = run(session, tokenizer, "low_confidence", asked)
    assert answer.reason == "stop"
    assert answer.forwards < 3 * len(session.wanted)


def test_a_length_is_searched_for_where_the_network_has_no_tokens_for_it(tokenizer: Tokenizer):
    text = "return math.pi * self.radius**2\n"
    session = Scripted(tokenizer, text, expands=False)
    flat = LengthBias(0.0, 1.0, 0.0, 1.0, 1.0)
    asked = task(session.spec, tokenizer, lengths=Lengths(flat), limits=Limits(max_tokens=64))
    drafts, answer = run(session, tokenizer, "fast_dllm", asked)
    assert answer.text == text
    assert drafts[0].tokens, "an open canvas is shown while the length is not known"


def test_limits_of_a_hole(tokenizer: Tokenizer):
    text = "alpha = 1\n" * 6
    session = Scripted(tokenizer, text)
    _, short = run(session, tokenizer, "dreamon", task(session.spec, tokenizer, limits=Limits(max_tokens=5)))
    assert short.tokens <= 5
    late = task(session.spec, tokenizer, limits=Limits(deadline_ms=0.0))
    assert run(session, tokenizer, "dreamon", late)[1].reason == "deadline"
    asked = iter([False, False, True])
    drafts, stopped = run(session, tokenizer, "dreamon", task(session.spec, tokenizer), lambda: next(asked))
    assert (stopped.reason, len(drafts)) == ("cancelled", 2)
    cut = task(session.spec, tokenizer, limits=Limits(max_tokens=40, stop=("pha = 1\nal",)))
    assert run(session, tokenizer, "fast_dllm", cut)[1].text == "al"


class ScriptedBlocks:
    """A context by blocks whose network wants to write one text and then end."""

    def __init__(self, tokenizer: Tokenizer, text: str, context: int) -> None:
        mask, end = tokenizer.specials.mask, tokenizer.specials.end
        assert mask is not None
        assert end is not None
        self._spec = ModelSpec(
            name="script", vocab_size=tokenizer.vocab_size, width=8, hidden=8, layers=1, heads=1, kv_heads=1,
            head_dim=8, window=512, mask_id=mask, end_id=end, context_attention="block", canvas_attention="block",
            block_size=8,
        )  # fmt: skip
        self.wanted, self.context = [*tokenizer.encode(text), end], context
        self.length = 0

    @property
    def spec(self) -> ModelSpec:
        return self._spec

    def keep(self, length: int) -> None:
        self.length = length

    def forward(self, look: Look) -> Scores:
        self.length += len(look.read)
        assert self.length % 8 == 0, "only whole blocks are read"
        (canvas,) = look.canvases
        assert len(canvas) == 8
        logits = torch.zeros(8, self.spec.vocab_size)
        for at in range(8):
            place = min(max(0, self.length + at - self.context), len(self.wanted) - 1)
            logits[at, self.wanted[place]] = 20.0
        return Scores(torch.zeros(0, self.spec.vocab_size), [logits])


@pytest.mark.parametrize("context", [3, 8, 13])
@pytest.mark.parametrize("name", ["low_confidence_dynamic", "sequential", "fast_dllm", "entropy"])
def test_blocks_go_on_until_the_end_token(tokenizer: Tokenizer, name: str, context: int):
    """The prompt's last tokens are the first of the first block, and no part of the answer."""
    text = "return [circle.area() for circle in self.circles if circle.radius > minimum]\n"
    session = ScriptedBlocks(tokenizer, text, context)
    asked = dataclasses.replace(
        task(session.spec, tokenizer, limits=Limits(max_tokens=60)),
        unread=tokenizer.encode("x = 1\n" * 9)[:context],
    )
    drafts, answer = run(session, tokenizer, name, asked)
    assert (answer.text, answer.reason, answer.tokens) == (text, "stop", len(session.wanted))
    for draft in drafts:
        assert text.startswith(draft.text)
    session = ScriptedBlocks(tokenizer, text, context)
    short = dataclasses.replace(asked, limits=Limits(max_tokens=6))
    assert run(session, tokenizer, name, short)[1].tokens == 6
