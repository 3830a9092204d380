"""What a policy makes of the canvas of one fill: it commits, revokes, edits and drafts by a look's logits.

The loop (`loop.py`) asks the network and moves the canvas on; here is decided what stands on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from coderdiff.decoding.canvas import Canvas, View
from coderdiff.decoding.choose import Chooser
from coderdiff.decoding.credit import Credit
from coderdiff.decoding.drafting import Drafting
from coderdiff.decoding.indel import Indel
from coderdiff.decoding.policies import Policy
from coderdiff.decoding.review import Review
from coderdiff.decoding.stretching import Stretching
from coderdiff.decoding.task import Task
from coderdiff.decoding.turns import Turns
from coderdiff.decoding.written import Written
from coderdiff.model.spec import ModelSpec
from coderdiff.model.tokenizer import Tokenizer

MOST_IDLE = 1000
"""Decisions of a schedule on the same scores that commit nothing, at most, before the network is asked again."""


class Deciding:
    """One fill's canvas and what is known of it.

    `canvas` is as it stands; `view` what the last decision was taken by; `draft` the tokens proposed for what is open
    at its left; `pending` bytes that stood before the cursor and are still to be spelled; `settled`: no further look is
    wanted at a canvas on which all stands; `before`: logits of the last look, where the network is shown them.
    """

    def __init__(
        self,
        spec: ModelSpec,
        tokenizer: Tokenizer,
        policy: Policy,
        task: Task,
        written: Written,
        canvas: Canvas,
    ) -> None:
        self.policy, self.canvas, self.pending = policy, canvas, task.pending
        self._size = len(canvas.tokens)
        self.draft: list[int] = []
        self.view: View | None = None
        self.before: Tensor | None = None
        self._indel = self._edits_of_blocks(spec)
        self._review = self._review_of(spec, task)
        self.settled = self._is_settled_once_full
        self._spec, self._tokenizer, self._task, self._written = spec, tokenizer, task, written
        in_blocks = spec.canvas_attention == "block"
        self._chooser = Chooser(task.sampling, self._banned(in_blocks), policy.narrowing)
        self._drafting = Drafting(policy, self._chooser, task, written)
        deletes = None if in_blocks else spec.delete_id
        self._stretching = Stretching(
            spec.expand_id,
            deletes,
            task.limits.max_tokens,
            policy.turns,
            policy.spreads,
            past_text=not spec.deletes_anywhere,
        )
        self._turns = Turns(policy.block, alone=in_blocks and spec.shifted)
        self._credit = None if policy.credit is None else Credit(policy.credit)
        self._edited = 0  # looks at a canvas that was full already
        self._fill_with_noise()

    @property
    def looks(self) -> list[list[int]]:
        """The canvases that the next look is at: the one that there is, or what reads it over."""
        if self.reviewing:
            assert self._review is not None
            return self._review.looks(self.canvas)
        return [self.canvas.tokens.tolist()]

    @property
    def reviewing(self) -> bool:
        """Whether the next look reads over what stands."""
        return self._review is not None and self._review.asking

    @property
    def answer(self) -> tuple[list[int], list[float]]:
        """The tokens that stand at the left and their log probabilities, for who does not wait for more: while a whole
        canvas is decided anew, what has read best."""
        canvas = self.canvas if self._review is None else self._review.best or self.canvas
        return canvas.standing, canvas.logs(canvas.leading)

    @property
    def given(self) -> int:
        """How many bytes of the answer stood before the cursor."""
        return len(self._task.pending) - len(self.pending)

    def held(self, causal: Tensor) -> list[float]:
        """The log probabilities of the draft's first tokens, as far as the causal reading says them too. The draft is
        done with, and the canvas behind it opened."""
        held = self._drafting.held(causal, self.draft)
        self.draft = []
        self.open(self._size)
        return held

    def open(self, size: int) -> None:
        """A canvas of so many positions, none of which stands."""
        self.canvas = Canvas.open(size, self._spec.mask_id)

    def look_at(self, logits: Tensor, twins: Tensor | None, ended: bool) -> int:
        """Decide by the canvas' logits [canvas, vocab], unless the answer has `ended`; how many commits it revoked."""
        standing = self.canvas.committed
        if self.policy.tolerance is not None:
            self.open(self._size)
        if not ended:
            self._decide(logits, twins)
        remasked = int((standing & ~self.canvas.committed).sum())
        self._stretch(standing)
        stands = self.canvas.sure if self.policy.whole_blocks else self.canvas.committed
        if self._review is not None and bool(stands.all()):
            self._settle_unless(self._review.ask(self.canvas))
        return remasked

    def read_over(self, logits: Sequence[Tensor]) -> None:
        """Open what a reading doubts, by the logits [length, vocab] of its `looks`; without doubts the canvas is done.
        What was opened may grow and shrink as often as at first."""
        assert self._review is not None
        opened = self._review.take(self.canvas, [self._chooser.allow(each) for each in logits])
        self._settle_unless(opened is not None)
        if opened is None:
            return
        self.canvas, self.view = opened, None
        self._stretching.restart()
        self._turns.restart()
        if self._credit is not None:
            self._credit.follow(None)

    def _settle_unless(self, goes_on: bool) -> None:
        """The canvas that has read best is the answer, unless the fill goes on."""
        self.settled = not goes_on
        if self.settled and self._review is not None and self._review.best is not None:
            self.canvas, self.view = self._review.best, None

    def move_on(self, gone: int) -> None:
        """The first `gone` positions have become context: open ones come in at the right, schedules and credit begin
        anew."""
        self.canvas = self.canvas.advance(gone, self._spec.mask_id)
        self._fill_with_noise()
        if not gone:
            return
        self._turns.restart()
        self._edited, self.settled, self.before = 0, self._is_settled_once_full, None
        if self._credit is not None:
            self._credit.follow(None)
        if self._indel is not None:
            self._indel.restart(self.canvas)

    def _decide(self, logits: Tensor, twins: Tensor | None) -> None:
        """Let the policy commit, revoke, edit and draft. A step of a schedule that changes nothing costs no forward."""
        full = bool(self.canvas.committed.all())
        self._edited += full
        if self._credit is not None:
            logits = self._credit.added(logits)
        before = self.canvas
        if self.policy.edits is not None and self._edited > self.policy.edits:
            self.settled = True
            return
        for _ in range(MOST_IDLE):
            self._choose(logits, twins)
            commits = int((self.canvas.committed & ~before.committed).sum())
            changed = not torch.equal(self.canvas.tokens, before.tokens) or commits > 0
            self._turns.took(commits)
            if (
                changed
                or full
                or not self.policy.free
                or self.policy.renoise is not None
                or self._indel is not None
            ):
                break
        if self.policy.edits is not None:
            self.settled |= full and not changed
        self._fill_with_noise()

    def _choose(self, logits: Tensor, twins: Tensor | None) -> None:
        """One decision of the policy on the canvas as it stands."""
        turn = self._turns.now(self.canvas)
        if self.policy.renoise is not None:
            self.before = logits = logits / self.policy.renoise.temperature(turn.step)
        allowed = self._tokenizer.allowed_first(self.pending)
        leftmost = self.canvas.leading
        if self._review is not None and bool(self._review.barred.any()):
            logits = logits.clone()
            logits[self._review.barred, self._spec.delete_id] = -torch.inf
        bound = allowed is not None and leftmost < len(self.canvas.tokens)
        plain = self._chooser.plain and not (bound or self.policy.entropy or self.policy.leads)
        plain &= self._stretching.expand_id is None  # it may be banned, which the mixing is not to know
        if leftmost < len(self.canvas.tokens) and not plain:
            logits = logits.clone()  # other canvases of this forward may share its memory
            logits[leftmost] = self._drafting.mixed(
                logits[leftmost], self.canvas.standing, allowed if bound else None
            )
        view = self._chooser.view(
            logits,
            self.canvas,
            torch.tensor(allowed) if bound else None,
            turn,
            twins,
            self._stretching.barred(self.canvas),
            entropy=self.policy.entropy,
            leads=self.policy.leads,
            tops=self.policy.renoise is not None,
            first=(lambda row: self._drafting.first(row, self.canvas.standing)) if plain else None,
        )
        view = self._with_history(view)
        if self._indel is not None:
            view, decision = self._indel.decide(view, self._chooser.allow(logits), self.canvas)
        else:
            decision = self.policy.decide(view)
        if decision.final:
            view, self.settled = view.settled(), True
        rest = self._tokenizer.advance(self.pending, int(view.best[leftmost])) if bound else b""
        before, mask_id = self.canvas, self._spec.mask_id
        self.canvas = before.apply(
            view, decision, mask_id, self._written.ends, pending=bool(rest), free=self.policy.free
        )
        if self._indel is not None:
            self.canvas = self._indel.reshape(before, self.canvas, mask_id)
        if bound and bool(self.canvas.committed[leftmost]):
            self.pending, self.canvas = rest, self.canvas.fix(leftmost)
        self.view = view
        if not rest:
            drafted = decision.draft & ~self.canvas.committed
            certain = self.canvas.tokens[: self.canvas.leading].tolist()
            room = len(self.canvas.tokens) - len(certain)
            self.draft = self._drafting.as_written_before(view.best[drafted].tolist(), certain, room)

    def _edits_of_blocks(self, spec: ModelSpec) -> Indel | None:
        """What edits blocks, where the policy does."""
        settings = self.policy.indel
        if settings is None or spec.delete_id is None or spec.insert_id is None:
            return None
        return Indel(settings, spec.delete_id, spec.insert_id, self.canvas)

    def _review_of(self, spec: ModelSpec, task: Task) -> Review | None:
        """What reads a finished canvas over, where the network was trained to and text stands behind."""
        if (
            not spec.deletes_anywhere
            or spec.delete_id is None
            or task.open_end
            or self.policy.edits is not None
        ):
            return None
        return Review(spec.mask_id, spec.delete_id, task.limits.max_tokens)

    def _banned(self, in_blocks: bool) -> Tensor:
        """Bool [vocab]: what is never written here. Blocks are deleted from and inserted into by one policy alone."""
        spec, banned = self._spec, self._task.banned
        if in_blocks and self.policy.indel is None:
            banned = banned.clone()
            banned[[id_ for id_ in (spec.delete_id, spec.insert_id) if id_ is not None]] = True
        return banned

    @property
    def _is_settled_once_full(self) -> bool:
        """Whether a canvas on which all stands is done, without another look at it."""
        return (
            self.policy.edits is None
            and self.policy.renoise is None
            and self._indel is None
            and self._review is None
        )

    def _with_history(self, view: View) -> View:
        """The view with how long its first choices have been what they are, where the policy asks for them."""
        if view.top is None:
            return view
        last = self.view if view.step else None
        same = last is not None and last.top is not None and torch.equal(last.top, view.top)
        return replace(view, unchanged=last.unchanged + 1 if last is not None and same else 0)

    def _fill_with_noise(self) -> None:
        """Random tokens for the open positions, where the network knows no mask token."""
        if self._spec.noise:
            size = (len(self.canvas.tokens),)
            drawn = torch.randint(self._spec.vocab_size, size, generator=self._chooser.generator)
            self.canvas = self.canvas.filled(drawn)

    def _stretch(self, stood: Tensor) -> None:
        """Committed expand and delete tokens change the canvas' length; `stood` is what was committed before."""
        changed = self._stretching.carry_out(self.canvas, self._spec.mask_id, stood)
        if self._review is not None:
            self._review.follow(self.canvas.committed, None if changed is None else changed[1])
        if changed is None:
            return
        self.canvas, order = changed
        self.view = self.view and self.view.at(order)
        if self._credit is not None:
            self._credit.follow(order)
