"""The one loop under every policy: cached equals plain, limits hold, cursors inside words heal."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import numpy as np
import pytest
import torch

from coderdiff.decoding.choose import Chooser
from coderdiff.decoding.copying import NOTHING, CopyModel
from coderdiff.decoding.loop import Denoising, denoise
from coderdiff.decoding.policies import Policy, policy
from coderdiff.decoding.policies.own import OWN
from coderdiff.decoding.session import Look, Scores, Session
from coderdiff.decoding.task import Denoised, Task, unwritable
from coderdiff.engine.session import CachedSession
from coderdiff.model.copy_weights import SHAPE, CopyWeights
from coderdiff.model.prompt import infill_prompt
from coderdiff.model.spec import ModelSpec
from coderdiff.model.tokenizer import Tokenizer
from coderdiff.model.transformer import Transformer
from coderdiff.types import Draft, Limits, Sampling, TokenState

from .filling import drained


def a_task(
    spec: ModelSpec,
    tokenizer: Tokenizer,
    ids: list[int],
    pending: bytes = b"",
    limits: Limits | None = None,
    sampling: Sampling | None = None,
    copying: CopyModel | None = None,
) -> Task:
    return Task(
        unread=ids,
        pending=pending,
        limits=limits or Limits(max_tokens=30),
        sampling=sampling or Sampling(),
        canvas=spec.canvas,
        banned=unwritable(spec.vocab_size, tokenizer, spec.end_id),
        began=time.perf_counter(),
        copying=copying or CopyModel(None, ids, None, spec.end_id, None),
    )


def run(
    session: Session,
    tokenizer: Tokenizer,
    chosen: Policy,
    ids: list[int],
    pending: bytes = b"",
    limits: Limits | None = None,
    sampling: Sampling | None = None,
    cancelled: Callable[[], bool] | None = None,
    copying: CopyModel | None = None,
) -> tuple[list[Draft], Denoised]:
    task = a_task(session.spec, tokenizer, ids, pending, limits, sampling, copying)
    return drained(denoise(session, tokenizer, chosen, task, cancelled))


class Scripted:
    """A session that wants to write one text: logits made by hand, the surer the nearer. Counts its forwards."""

    def __init__(self, tokenizer: Tokenizer, text: str, far: float = 0.0) -> None:
        assert tokenizer.specials.mask is not None
        assert tokenizer.specials.end is not None
        self._spec = ModelSpec(
            name="script", vocab_size=tokenizer.vocab_size, width=8, hidden=8, layers=1, heads=1, kv_heads=1,
            head_dim=8, window=512, mask_id=tokenizer.specials.mask, end_id=tokenizer.specials.end, canvas=8,
        )  # fmt: skip
        self.wanted = [*tokenizer.encode(text), self._spec.end_id]
        self.far, self.length, self.forwards = far, 0, 0
        self.read: list[int] = []

    @property
    def spec(self) -> ModelSpec:
        return self._spec

    def keep(self, length: int) -> None:
        self.length = length

    def forward(self, look: Look) -> Scores:
        start, self.length = self.length, self.length + len(look.read)
        self.forwards += 1
        self.read += look.read
        causal = [self.row(self.length - look.scored + index, 0) for index in range(look.scored)]
        looks = [
            torch.stack([self.row(start + cut - 1 + index, index) for index in range(len(tokens))])
            for tokens, cut in zip(look.canvases, look.cuts, strict=True)
        ]
        nothing = torch.zeros(0, self.spec.vocab_size)
        return Scores(torch.stack(causal) if causal else nothing, looks)

    def row(self, at: int, distance: int) -> torch.Tensor:
        """Scores of the token at place `at` of the answer (one context id was read first)."""
        row = torch.zeros(self.spec.vocab_size)
        row[self.wanted[min(at, len(self.wanted) - 1)]] = max(2.0, 20.0 - self.far * distance)
        return row


@pytest.mark.parametrize("name", OWN)
def test_cached_and_plain_sessions_write_the_same(
    network: Transformer, tokenizer: Tokenizer, source: str, plain, name
):
    for cut in (60, 155, 320):
        prompt = infill_prompt(tokenizer, source[:cut], source[cut + 20 :], 300)
        _, ours = run(CachedSession(network, 512), tokenizer, policy(name), prompt.ids, prompt.pending)
        _, theirs = run(plain, tokenizer, policy(name), plain.begin(prompt.ids), prompt.pending)
        assert ours == theirs
        assert ours.logs == pytest.approx(theirs.logs, abs=1e-3)
        assert ours.tokens == 30
        assert ours.forwards <= 30 or name == "revise"


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("temperature", [0.0, 5.0])
def test_pieces_and_checks_apart_change_no_answer(
    network: Transformer, tokenizer: Tokenizer, source: str, name: str, temperature: float
):
    """A prompt read in pieces of any size, and drafts checked in a forward of their own, now and then."""
    draw = random.Random(2)
    for cut, limits in ((155, Limits(30)), (320, Limits(7)), (60, Limits(40, stop=("e", "a")))):
        prompt = infill_prompt(tokenizer, source[:cut], source[cut + 20 :], 300)
        sampling = Sampling(temperature, seed=cut)
        session = CachedSession(network, 512)
        _, whole = run(session, tokenizer, policy(name), prompt.ids, prompt.pending, limits, sampling)
        task = a_task(network.spec, tokenizer, prompt.ids, prompt.pending, limits, sampling)
        other = CachedSession(network, 512)
        denoising = Denoising(other, tokenizer, policy(name), task)
        while (reason := denoising.finished()) is None:
            most = draw.choice((None, 1, 9, 50)) if denoising.forwards else 5
            look = denoising.ask(most, apart=draw.random() < 0.7)
            if denoising.take(other.forward(look)):
                assert denoising.show().forwards == denoising.forwards
        ours = denoising.result(reason)
        assert (ours.text, ours.reason, ours.tokens) == (whole.text, whole.reason, whole.tokens)
        assert ours.forwards > whole.forwards


@pytest.mark.parametrize("name", OWN)
def test_forwards_are_counted_and_reference_commits_one_a_step(
    plain, tokenizer: Tokenizer, source: str, name: str
):
    drafts, answer = run(plain, tokenizer, policy(name), tokenizer.encode(source[:200]))
    assert answer.forwards == plain.forwards == len(drafts)
    if name == "reference":
        assert answer.forwards == answer.tokens == 30


def test_a_draft_holds_as_far_as_the_causal_reading_agrees():
    logits = torch.tensor([[0.0, 3.0, 2.0], [4.0, 0.0, 3.5], [0.0, 5.0, 0.0]])
    chooser = Chooser(Sampling(), torch.zeros(3, dtype=torch.bool))
    assert len(chooser.check(logits, [1, 0, 1], tolerance=1.0)) == 3
    assert len(chooser.check(logits, [1, 2, 1], tolerance=1.0)) == 1
    assert len(chooser.check(logits, [1, 2, 1], tolerance=0.5)) == 3
    assert len(chooser.check(logits, [2, 0, 1], tolerance=0.5)) == 0
    assert (
        len(Chooser(Sampling(), torch.tensor([True, False, False])).check(logits, [1, 2, 1], tolerance=1.0))
        == 3
    )


@pytest.mark.parametrize("name", OWN)
def test_a_certain_network_is_followed_to_its_end(tokenizer: Tokenizer, name: str):
    text = "return [circle.area() for circle in self.circles if circle.radius > minimum]\n"
    session = Scripted(tokenizer, text)
    _, answer = run(session, tokenizer, policy(name), [0], limits=Limits(max_tokens=100))
    assert answer.text == text
    assert answer.reason == "stop"
    assert answer.tokens == len(session.wanted)
    assert answer.forwards == session.forwards
    if name != "reference":
        assert answer.tokens / answer.forwards > 3


@pytest.mark.parametrize("name", OWN)
def test_greedy_is_deterministic_and_seeds_repeat(
    network: Transformer, tokenizer: Tokenizer, source: str, name: str
):
    ids = tokenizer.encode(source[:150])

    def text(sampling: Sampling) -> str:
        return run(CachedSession(network, 512), tokenizer, policy(name), ids, sampling=sampling)[1].text

    assert text(Sampling()) == text(Sampling(seed=5))
    warm = [text(Sampling(temperature=5.0, seed=seed)) for seed in (1, 1, 2)]
    assert warm[0] == warm[1] != warm[2]


@pytest.mark.parametrize("name", OWN)
def test_stop_strings_are_cut_off(tokenizer: Tokenizer, name: str):
    _, answer = run(
        Scripted(tokenizer, "first = 1\nsecond = 2\nthird = 3\n"),
        tokenizer,
        policy(name),
        [0],
        limits=Limits(stop=("\nthird", "nd = ")),
    )
    assert (answer.text, answer.reason) == ("first = 1\nseco", "stop")


@pytest.mark.parametrize("name", OWN)
def test_token_limit_deadline_and_cancelling(tokenizer: Tokenizer, name: str):
    text = "alpha = 1\n" * 20
    _, short = run(Scripted(tokenizer, text), tokenizer, policy(name), [0], limits=Limits(max_tokens=5))
    assert (short.reason, short.tokens) == ("length", 5)
    assert text.startswith(short.text)
    drafts, late = run(
        Scripted(tokenizer, text), tokenizer, policy(name), [0], limits=Limits(deadline_ms=0.0)
    )
    assert (late.reason, late.text, drafts) == ("deadline", "", [])
    asked = iter([False, False, True])
    drafts, stopped = run(
        Scripted(tokenizer, text), tokenizer, policy(name), [0], cancelled=lambda: next(asked)
    )
    assert (stopped.reason, len(drafts)) == ("cancelled", 2)
    assert stopped.text
    assert text.startswith(stopped.text)


@pytest.mark.parametrize("name", OWN)
def test_a_cursor_inside_a_word_is_healed(network: Transformer, tokenizer: Tokenizer, source: str, name: str):
    """At every cursor: prompt and answer spell the prefix again, and the answer's bytes start behind the cursor."""
    for cut in range(200, 240):
        prompt = infill_prompt(tokenizer, source[:cut], source[cut:], 300)
        assert tokenizer.decode_bytes(prompt.ids).endswith(source[:cut].encode().removesuffix(prompt.pending))
        session = CachedSession(network, 512)
        _, answer = run(session, tokenizer, policy(name), prompt.ids, prompt.pending, Limits(max_tokens=6))
        spelled = tokenizer.decode_bytes(session._ids[len(prompt.ids) :])
        assert spelled.startswith(prompt.pending[: len(spelled)])
        behind = spelled[len(prompt.pending) :].decode(errors="ignore")
        assert answer.text.startswith(behind[: len(answer.text)])


def test_drafts_show_the_canvas(tokenizer: Tokenizer):
    drafts, answer = run(
        Scripted(tokenizer, "x = compute(a, b)\n", far=3.0), tokenizer, policy("verified"), [0]
    )
    assert drafts[-1].forwards == answer.forwards
    assert any(token.state is TokenState.DRAFTED for draft in drafts for token in draft.tokens)
    for draft in drafts:
        assert answer.text.startswith(draft.text)
        assert draft.text.startswith(draft.settled)
        assert all(0 <= token.confidence <= 1 for token in draft.tokens)


REPEATED = "total = sum(circle.area() for circle in self.circles)\n"


@pytest.mark.parametrize("wrong_after", [0, 5, 12])
def test_a_copied_draft_saves_forwards_and_changes_nothing(tokenizer: Tokenizer, wrong_after: int):
    """The canvas is too unsure to draft. Where the copied text goes on otherwise, the check stops it."""
    wanted = tokenizer.encode(REPEATED)
    seen = [*wanted[: wrong_after or None], *tokenizer.encode("other = 1\n") * bool(wrong_after)]

    def answer(name: str) -> Denoised:
        script = Scripted(tokenizer, REPEATED, far=12.0)
        copying = CopyModel(None, [*seen, NOTHING, 0], None, script.spec.end_id, None)
        return run(script, tokenizer, policy(name), [0], copying=copying)[1]

    plain, copied = answer("verified:least=0.9,lookup=0"), answer("verified:least=0.9")
    assert plain.text == copied.text == REPEATED
    assert plain.tokens == copied.tokens
    if wrong_after:
        assert copied.forwards <= plain.forwards
    else:
        assert copied.forwards <= plain.forwards / 2


@pytest.mark.parametrize("name", OWN)
def test_what_followed_before_counts_by_its_weight(tokenizer: Tokenizer, name: str):
    """The network would write one thing; where the file has the same beginning it said another."""
    given = tokenizer.encode("return self.width")
    said, wanted = tokenizer.encode(" * self.height\n"), " + 1\n"
    near = [*given, *said, NOTHING, *given]

    def answer(weight: float) -> str:
        script = Scripted(tokenizer, wanted, far=1.0)
        weights = CopyWeights(np.full(SHAPE, weight), np.zeros(SHAPE))
        copying = CopyModel(weights, near, None, script.spec.end_id, None)
        return run(script, tokenizer, policy(name), [0], copying=copying, limits=Limits(max_tokens=1))[1].text

    assert wanted.startswith(answer(0.01))
    assert tokenizer.decode(said).startswith(answer(0.999))
