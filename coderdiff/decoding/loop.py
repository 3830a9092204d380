"""The one decode loop: a generator of steps. Streaming, traces, deadlines, cancellation, tests and benchmarks read it.

Each step is one forward: read what is certain (and the draft to check) into the context, look at the canvas, let the
policy decide. What happens then is the network's to say, by its capabilities:

* behind a causal context the canvas moves on past what stands;
* where contexts attend by blocks the canvas is a block, and moves on when all of it stands. A prompt that ends inside
  a block gives the first tokens of it;
* where a network has no mask token the canvas begins as noise, and what does not stand is noise anew at every step;
* between two sides the canvas stays. The fill is over when all of it stands; committed expand and delete tokens change
  its length on the way, or its length is searched for before (`lengths.py`).

`Denoising` is one fill between two forwards: it says what it asks and takes what came, so that one forward may serve
many fills (`engine/batch.py`). Where rows are dearer than forwards, it reads a long prompt in pieces, and checks a
draft in one forward and looks behind it in the next: the answer is the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from coderdiff.decoding.canvas import Canvas, View
from coderdiff.decoding.choose import Chooser
from coderdiff.decoding.copying import Ids
from coderdiff.decoding.credit import Credit
from coderdiff.decoding.fitting import check_fits
from coderdiff.decoding.indel import Indel
from coderdiff.decoding.lengths import LengthSearch
from coderdiff.decoding.policies import Policy
from coderdiff.decoding.session import Look, Scores, Session
from coderdiff.decoding.show import Shown
from coderdiff.decoding.stretching import Stretching
from coderdiff.decoding.task import Denoised, Task
from coderdiff.decoding.turns import Turns
from coderdiff.decoding.written import Written
from coderdiff.model.tokenizer import Tokenizer
from coderdiff.types import Draft, FinishReason

MOST_IDLE = 1000
"""Decisions of a schedule on the same scores that commit nothing, at most, before the network is asked again."""


def denoise(
    session: Session,
    tokenizer: Tokenizer,
    policy: Policy,
    task: Task,
    cancelled: Callable[[], bool] | None = None,
) -> Generator[Draft, None, Denoised]:
    """Fill the canvas, and further ones behind it, until the end token or a limit.

    Yields the canvas after every forward. The session has read all of the answer but its last step when this
    returns. Greedy decoding is deterministic; a temperature draws from the sampling's seed.
    """
    denoising = Denoising(session, tokenizer, policy, task)
    while (reason := denoising.finished(cancelled)) is None:
        if denoising.take(session.forward(denoising.ask())):
            yield denoising.show()
    return denoising.result(reason)


class Denoising:
    """One fill: `ask` what the next forward shall look at, `take` its scores, until it is `finished`.

    Raises ConfigError for a policy that the network cannot follow.
    """

    def __init__(self, session: Session, tokenizer: Tokenizer, policy: Policy, task: Task) -> None:
        self.session, self.tokenizer, self.policy, self.task = session, tokenizer, policy, task
        spec = session.spec
        self.sided = spec.context_attention == "bidirectional"
        self.in_blocks = spec.canvas_attention == "block"
        check_fits(policy, spec)
        self.mask_id = spec.mask_id
        own_end = () if spec.end_id == spec.delete_id else (spec.end_id,)
        deletes = None if self.in_blocks else spec.delete_id
        self.stretching = Stretching(
            spec.expand_id, deletes, task.limits.max_tokens, policy.turns, policy.spreads
        )
        self.chooser = Chooser(task.sampling, self._banned(), policy.narrowing)
        self.unread = list(task.unread)  # certain, but not in the context yet
        self.draft: list[int] = []  # behind `unread`: to be read and checked
        self.written = Written(tokenizer, tuple(dict.fromkeys((*own_end, *task.ends))), task.limits.stop)
        self.size = min(task.canvas, policy.canvas or task.canvas)
        given: list[int] = []
        if self.in_blocks:
            self.size = spec.block_size or self.size
            whole = len(self.unread) - (session.length + len(self.unread)) % self.size
            self.unread, given = self.unread[:whole], self.unread[whole:]
        elif self.sided:
            self.size = min(self.size, task.limits.max_tokens)
        self.canvas = Canvas.open(self.size, self.mask_id, given)
        self.indel = self._indel()
        self.before: Tensor | None = None  # logits of the last step, where the network is shown them
        self._fill_with_noise()
        self.turns = Turns(policy.block, alone=self.in_blocks and spec.shifted)
        self.search = LengthSearch(task.lengths, task.limits.max_tokens) if task.lengths else None
        self.view: View | None = None
        self.pending = task.pending
        self.copying = task.copying
        self.credit = None if policy.credit is None else Credit(policy.credit)
        self.edited = 0  # looks at a canvas that was full already
        self.settled = self._is_settled_once_full
        self.forwards = 0
        self.step_ms = 0.0
        self.reading = True  # the prompt, not to its end yet
        self.ended = False
        self._asked = 0.0
        self._look = Look([], [], [], 0)
        self._between = False  # a draft was checked, and the canvas behind it is not looked at yet
        self._shown: Shown | None = None

    def finished(self, cancelled: Callable[[], bool] | None = None) -> FinishReason | None:
        """Why no further forward is wanted; None while there is one."""
        if (reason := self.complete()) is not None:
            return reason
        if cancelled is not None and cancelled():
            return "cancelled"
        return "deadline" if self.late(self.task.limits.deadline_ms, self.task.began) else None

    def complete(self) -> FinishReason | None:
        """Why the answer is whole; None while it is not."""
        if self.ended:
            return "stop"
        if self._between:
            return None
        if self.task.limits.stop and self.written.stop_at(self._text()) is not None:
            return "stop"
        standing = len(self._standing()) if self.in_blocks and self.settled else 0
        return "length" if len(self.written) + standing >= self.task.limits.max_tokens else None

    def late(self, deadline_ms: float | None, began: float) -> bool:
        """Whether one more forward would end behind a deadline, counted from `began` (`time.perf_counter()`)."""
        return deadline_ms is not None and (time.perf_counter() - began) * 1000 + self.step_ms > deadline_ms

    @property
    def rows(self) -> int:
        """Rows that the whole next forward has, those of a context around the canvas not counted."""
        if self.search is not None:
            return sum(self.search.ask())
        checks = self.policy.tolerance is not None
        canvases = self.size * (len(self.draft) + 1) if checks else len(self.canvas.tokens)
        return len(self.unread) + len(self.draft) + canvases

    def ask(self, most_read: int | None = None, apart: bool = False) -> Look:
        """The next forward: read what is certain and the draft to check, and a canvas behind each prefix of it.

        At most `most_read` certain ids are read, but a block where contexts attend by blocks; while more are left,
        nothing else is asked. `apart` checks a draft first, and looks at the canvas behind what holds of it in the
        forward after.
        """
        self._asked = time.perf_counter()
        self._look = self._next(most_read, apart)
        return self._look

    def _next(self, most_read: int | None, apart: bool) -> Look:
        if self.search is not None:
            lengths = self.search.ask()
            return Look([], [[self.mask_id] * length for length in lengths], [0] * len(lengths), 0)
        if most_read is not None and self.in_blocks:
            most_read = max(1, most_read // self.size) * self.size
        if most_read is not None and len(self.unread) > most_read:
            return Look(self.unread[:most_read], [], [], 0)
        read = [*self.unread, *self.draft]
        scored = (
            len(self.draft) + 1 if self.draft else 0
        )  # the row before the draft foretells its first token
        if apart and self.draft:
            return Look(read, [], [], scored)
        cuts = [len(self.unread) + kept for kept in range(len(self.draft) + 1)]
        checks = self.policy.tolerance is not None
        canvases = [[self.mask_id] * self.size] * len(cuts) if checks else [self.canvas.tokens.tolist()]
        before = self.before if self.session.spec.self_conditioned else None
        return Look(read, canvases, cuts, scored, self.policy.twins, before)

    def take(self, scores: Scores) -> bool:
        """Check the draft, let the policy decide, move on; whether there is a new canvas to show."""
        look = self._look
        self.forwards += 1
        self.unread = self.unread[len(look.read) :]
        if not look.canvases and not look.scored:
            self.step_ms = (time.perf_counter() - self._asked) * 1000
            return False
        self.reading = False
        if self.search is not None:
            self._compare(self.search, scores)
            self._keep_shown(0)
        else:
            kept = self._check(scores.causal) if self.draft else 0
            self._between = not look.canvases
            if look.canvases:
                self._look_at(scores.canvas[kept], scores.twins)
        self.step_ms = (time.perf_counter() - self._asked) * 1000
        return not self._between

    def _check(self, causal: Tensor) -> int:
        """Keep of the draft what the causal reading says; how much that is."""
        assert self.policy.tolerance is not None
        draft, tolerance = self.draft, self.policy.tolerance
        if self.chooser.plain:
            held = self.chooser.kept(
                causal, draft, tolerance, lambda row, place: self.copying.first(row, draft[:place])
            )
        else:
            logits = torch.stack([self._mixed(row, draft[:at]) for at, row in enumerate(causal[:-1])])
            held = self.chooser.check(logits, draft, tolerance)
        kept = len(held)
        self.session.keep(self.session.length - len(self.draft) + kept)
        self._write(self.draft[:kept], held)
        self.draft = []
        self.canvas = Canvas.open(self.size, self.mask_id)
        return kept

    def _look_at(self, logits: Tensor, twins: Tensor | None) -> None:
        """Decide by the canvas' logits [canvas, vocab], keep what there is to show, and move on."""
        standing = self.canvas.committed
        if self.policy.tolerance is not None:
            self.canvas = Canvas.open(self.size, self.mask_id)
        if not self.ended:
            self._decide(logits, twins)
        remasked = int((standing & ~self.canvas.committed).sum())
        self._stretch(standing)
        self._keep_shown(remasked)
        self._move_on()

    def _keep_shown(self, remasked: int) -> None:
        drafted = tuple(self.draft)
        self._shown = Shown(self.canvas, self.view, drafted, remasked, len(self.written), self._given)

    def _compare(self, search: LengthSearch, scores: Scores) -> None:
        """Take the confidences of canvases of several lengths, and open the canvas once the best is found."""
        search.take([float(logits.softmax(-1).amax(-1).mean()) for logits in scores.canvas])
        if search.found is not None:
            self.canvas, self.search = Canvas.open(search.found, self.mask_id), None

    def _decide(self, logits: Tensor, twins: Tensor | None) -> None:
        """Let the policy commit, revoke, edit and draft. A step of a schedule that changes nothing costs no forward."""
        full = bool(self.canvas.committed.all())
        self.edited += full
        if self.credit is not None:
            logits = self.credit.added(logits)
        before = self.canvas
        if self.policy.edits is not None and self.edited > self.policy.edits:
            self.settled = True
            return
        for _ in range(MOST_IDLE):
            self._choose(logits, twins)
            commits = int((self.canvas.committed & ~before.committed).sum())
            changed = not torch.equal(self.canvas.tokens, before.tokens) or commits > 0
            self.turns.took(commits)
            if (
                changed
                or full
                or not self.policy.free
                or self.policy.renoise is not None
                or self.indel is not None
            ):
                break
        if self.policy.edits is not None:
            self.settled |= full and not changed
        self._fill_with_noise()

    def _choose(self, logits: Tensor, twins: Tensor | None) -> None:
        """One decision of the policy on the canvas as it stands."""
        turn = self.turns.now(self.canvas)
        if self.policy.renoise is not None:
            self.before = logits = logits / self.policy.renoise.temperature(turn.step)
        allowed = self.tokenizer.allowed_first(self.pending)
        leftmost = self.canvas.leading
        bound = allowed is not None and leftmost < len(self.canvas.tokens)
        plain = self.chooser.plain and not (bound or self.policy.entropy or self.policy.leads)
        plain &= self.stretching.expand_id is None  # it may be banned, which the mixing is not to know
        if leftmost < len(self.canvas.tokens) and not plain:
            logits = logits.clone()  # other canvases of this forward may share its memory
            logits[leftmost] = self._mixed(logits[leftmost], self._standing(), allowed if bound else None)
        view = self.chooser.view(
            logits,
            self.canvas,
            torch.tensor(allowed) if bound else None,
            turn,
            twins,
            self.stretching.barred(self.canvas),
            entropy=self.policy.entropy,
            leads=self.policy.leads,
            tops=self.policy.renoise is not None,
            first=(lambda row: self.copying.first(row, self._standing())) if plain else None,
        )
        view = self._with_history(view)
        if self.indel is not None:
            view, decision = self.indel.decide(view, self.chooser.allow(logits), self.canvas)
        else:
            decision = self.policy.decide(view)
        if decision.final:
            view, self.settled = view.settled(), True
        rest = self.tokenizer.advance(self.pending, int(view.best[leftmost])) if bound else b""
        before = self.canvas
        self.canvas = before.apply(
            view, decision, self.mask_id, self.written.ends, pending=bool(rest), free=self.policy.free
        )
        if self.indel is not None:
            self.canvas = self.indel.reshape(before, self.canvas, self.mask_id)
        if bound and bool(self.canvas.committed[leftmost]):
            self.pending, self.canvas = rest, self.canvas.fix(leftmost)
        self.view = view
        if not rest:
            drafted = decision.draft & ~self.canvas.committed
            self.draft = view.best[drafted].tolist()
            self._copy_draft()
            self._cut_draft()

    def _indel(self) -> Indel | None:
        """What edits blocks, where the policy does."""
        spec, settings = self.session.spec, self.policy.indel
        if settings is None or spec.delete_id is None or spec.insert_id is None:
            return None
        return Indel(settings, spec.delete_id, spec.insert_id, self.canvas)

    def _banned(self) -> Tensor:
        """Bool [vocab]: what is never written here. Blocks are deleted from and inserted into by one policy alone."""
        spec, banned = self.session.spec, self.task.banned
        if self.in_blocks and self.policy.indel is None:
            banned = banned.clone()
            banned[[id_ for id_ in (spec.delete_id, spec.insert_id) if id_ is not None]] = True
        return banned

    def _with_history(self, view: View) -> View:
        """The view with how long its first choices have been what they are, where the policy asks for them."""
        if view.top is None:
            return view
        last = self.view if view.step else None
        same = last is not None and last.top is not None and torch.equal(last.top, view.top)
        return replace(view, unchanged=last.unchanged + 1 if last is not None and same else 0)

    def _fill_with_noise(self) -> None:
        """Random tokens for the open positions, where the network knows no mask token."""
        spec = self.session.spec
        if spec.noise:
            size = (len(self.canvas.tokens),)
            drawn = torch.randint(spec.vocab_size, size, generator=self.chooser.generator)
            self.canvas = self.canvas.filled(drawn)

    @property
    def _is_settled_once_full(self) -> bool:
        """Whether a canvas on which all stands is done, without another look at it."""
        return self.policy.edits is None and self.policy.renoise is None and self.indel is None

    def _mixed(self, logits: Tensor, more: Sequence[int], allowed: Ids | None = None) -> Tensor:
        """Logits [vocab] of the token behind the answer and `more`, with what followed there before mixed in."""
        logits = logits.masked_fill(self.task.banned, -torch.inf)
        if allowed is not None:
            may = torch.tensor(allowed)
            logits = torch.full_like(logits, -torch.inf).index_copy(0, may, logits[may])
        return self.copying.mix(logits, more, allowed)

    def _copy_draft(self) -> None:
        """Take what followed these tokens before for the draft, as far as that goes; the canvas' own behind it."""
        certain = self.canvas.tokens[: self.canvas.leading].tolist()
        if self.policy.lookup is None or self.written.says_end(certain):
            return
        copied = self.copying.follow(certain, len(self.canvas.tokens) - len(certain), self.policy.lookup)
        self.draft = copied + self.draft[len(copied) :]

    def _cut_draft(self) -> None:
        """Nothing is drafted behind an end. Where the draft goes on as the text behind the hole does, the canvas says
        whether the hole ends there: it knows ends better than the reading from the left."""
        self.draft = self.written.to_end(self.draft)
        here = (at for at, token in enumerate(self.draft) if self.copying.is_behind(token))
        self.draft = self.draft[: next(here, None)]

    def _stretch(self, stood: Tensor) -> None:
        """Committed expand and delete tokens change the canvas' length; `stood` is what was committed before."""
        changed = self.stretching.carry_out(self.canvas, self.mask_id, stood)
        if changed is None:
            return
        self.canvas, order = changed
        self.view = self.view and self.view.at(order)
        if self.credit is not None:
            self.credit.follow(order)

    def _move_on(self) -> None:
        """What stands at the canvas' left becomes context to read; open positions come in at its right."""
        stays = self.sided or self.in_blocks or self.policy.whole_blocks
        leading = self.canvas.leading_sure if self.policy.whole_blocks else self.canvas.leading
        ended = self.written.says_end(self.canvas.tokens[self.canvas.given_count : leading].tolist())
        full = leading == len(self.canvas.tokens)
        if (stays and not full and not ended) or not self.settled:
            return
        gone, given = self.canvas.tokens[:leading].tolist(), self.canvas.given_count
        self._write(gone[given:], self._standing_logs(leading))
        if self.sided:
            self.ended |= not self.task.open_end or len(self.written) < self.task.limits.max_tokens
            return
        self.canvas = self.canvas.advance(leading, self.mask_id)
        self._fill_with_noise()
        self.unread += gone
        self._begin_canvas(leading)

    def _begin_canvas(self, gone: int) -> None:
        """Positions have gone at the left: schedules and credit begin anew."""
        if gone:
            self.turns.restart()
            self.edited, self.settled, self.before = 0, self._is_settled_once_full, None
            if self.credit is not None:
                self.credit.follow(None)
            if self.indel is not None:
                self.indel.restart(self.canvas)

    def _write(self, tokens: list[int], logs: Sequence[float]) -> None:
        """Add to the answer, up to the end token; `logs` are the tokens' log probabilities."""
        self.ended |= self.written.says_end(tokens)
        self.copying.add(self.written.add(tokens, logs))

    def _standing(self) -> list[int]:
        """The tokens that stand at the canvas' left, without those given."""
        standing: list[int] = self.canvas.tokens[self.canvas.given_count : self.canvas.leading].tolist()
        return standing

    def _standing_logs(self, leading: int) -> list[float]:
        """The log probabilities of the canvas' first `leading` tokens when they were committed, without those given."""
        logs: list[float] = self.canvas.confidence[self.canvas.given_count : leading].log().tolist()
        return logs

    @property
    def _given(self) -> int:
        """How many bytes of the answer stood before the cursor."""
        return len(self.task.pending) - len(self.pending)

    def _text(self, more: Sequence[int] = (), upto: int | None = None) -> str:
        return self.written.text(self._given, more, upto)

    def result(self, reason: FinishReason) -> Denoised:
        """The answer as far as it goes; it may be asked for at any time."""
        leading = [] if self.ended else self._standing()
        most = self.task.limits.max_tokens
        text = self._text(leading[: max(0, most - len(self.written))], upto=most)
        stop = self.written.stop_at(text)
        logs = (*self.written.logs, *(self._standing_logs(self.canvas.leading) if leading else ()))[:most]
        return Denoised(text if stop is None else text[:stop], reason, logs, self.forwards)

    def show(self) -> Draft:
        """The canvas of the last look for people."""
        assert self._shown is not None
        elapsed_ms = (time.perf_counter() - self.task.began) * 1000
        return self._shown.draft(self.written, self.tokenizer, self.forwards, elapsed_ms)
