"""The one decode loop: a generator of steps. Streaming, traces, deadlines, cancellation, tests and benchmarks read it.

Each step is one forward: read what is certain (and the draft to check) into the context, look at the canvas behind
it, let the policy decide, move the canvas on past what stands. `Denoising` is one fill between two forwards: it says
what it asks and takes what came, so that one forward may serve many fills (`engine/batch.py`). Where rows are dearer
than forwards, it reads a long prompt in pieces, and checks a draft in one forward and looks behind it in the next:
the answer is the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from coderdiff.decoding.canvas import Canvas, View
from coderdiff.decoding.choose import Chooser
from coderdiff.decoding.copying import CopyModel, Ids
from coderdiff.decoding.policies import Policy
from coderdiff.decoding.session import Look, Scores, Session
from coderdiff.model.tokenizer import Tokenizer
from coderdiff.types import Draft, DraftToken, FinishReason, Limits, Sampling, TokenState


@dataclass(frozen=True)
class Task:
    """What to denoise: context ids that `session` has not read yet, bytes to spell first, when to stop."""

    unread: Sequence[int]
    pending: bytes
    limits: Limits
    sampling: Sampling
    canvas: int
    banned: Tensor
    """Bool [vocab]: ids that are never written (`unwritable`)."""
    copying: CopyModel
    """What stands in the file and in related ones: of this fill alone, for it takes the answer in."""
    began: float
    """`time.perf_counter()` of the request: deadlines count from there."""


@dataclass(frozen=True)
class Denoised:
    """The raw middle and what it took. `tokens` counts commits that stand, the end token too."""

    text: str
    reason: FinishReason
    tokens: int
    forwards: int


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
        denoising.take(session.forward(denoising.ask()))
        yield denoising.show()
    return denoising.result(reason)


class Denoising:
    """One fill: `ask` what the next forward shall look at, `take` its scores, until it is `finished`."""

    def __init__(self, session: Session, tokenizer: Tokenizer, policy: Policy, task: Task) -> None:
        self.session, self.tokenizer, self.policy, self.task = session, tokenizer, policy, task
        self.mask_id, self.end_id = session.spec.mask_id, session.spec.end_id
        self.chooser = Chooser(task.sampling, task.banned)
        self.unread = list(task.unread)  # certain, but not in the context yet
        self.draft: list[int] = []  # behind `unread`: to be read and checked
        self.written: list[int] = []  # the answer so far, left of the canvas
        self.size = min(task.canvas, policy.canvas or task.canvas)
        self.canvas = Canvas.open(self.size, self.mask_id)
        self.view: View | None = None
        self.pending = task.pending
        self.copying = task.copying
        self.forwards = 0
        self.step_ms = 0.0
        self.reading = True  # the prompt, not to its end yet
        self.ended = False
        self._asked = 0.0
        self._look = Look([], [], [], 0)
        self._between = False  # a draft was checked, and the canvas behind it is not looked at yet
        self._shown: _Shown | None = None

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
        if self.task.limits.stop and self._stop_at(self._text()) is not None:
            return "stop"
        return "length" if len(self.written) >= self.task.limits.max_tokens else None

    def late(self, deadline_ms: float | None, began: float) -> bool:
        """Whether one more forward would end behind a deadline, counted from `began` (`time.perf_counter()`)."""
        return deadline_ms is not None and (time.perf_counter() - began) * 1000 + self.step_ms > deadline_ms

    @property
    def rows(self) -> int:
        """Rows that the whole next forward has."""
        checks = self.policy.tolerance is not None
        return len(self.unread) + len(self.draft) + self.size * (len(self.draft) + 1 if checks else 1)

    def ask(self, most_read: int | None = None, apart: bool = False) -> Look:
        """The next forward: read what is certain and the draft to check, and a canvas behind each prefix of it.

        At most `most_read` certain ids are read; while more are left, nothing else is asked. `apart` checks a draft
        first, and looks at the canvas behind what holds of it in the forward after.
        """
        self._asked = time.perf_counter()
        if most_read is not None and len(self.unread) > most_read:
            self._look = Look(self.unread[:most_read], [], [], 0)
            return self._look
        read = [*self.unread, *self.draft]
        scored = (
            len(self.draft) + 1 if self.draft else 0
        )  # the row before the draft foretells its first token
        if apart and self.draft:
            self._look = Look(read, [], [], scored)
            return self._look
        cuts = [len(self.unread) + kept for kept in range(len(self.draft) + 1)]
        checks = self.policy.tolerance is not None
        canvases = [[self.mask_id] * self.size] * len(cuts) if checks else [self.canvas.tokens.tolist()]
        self._look = Look(read, canvases, cuts, scored)
        return self._look

    def take(self, scores: Scores) -> bool:
        """Check the draft, let the policy decide, move on; whether there is a new canvas to show."""
        look = self._look
        self.forwards += 1
        self.unread = self.unread[len(look.read) :]
        if not look.canvases and not look.scored:
            self.step_ms = (time.perf_counter() - self._asked) * 1000
            return False
        self.reading = False
        kept = self._check(scores.causal) if self.draft else 0
        self._between = not look.canvases
        if look.canvases:
            self._look_at(scores.canvas[kept])
        self.step_ms = (time.perf_counter() - self._asked) * 1000
        return not self._between

    def _check(self, causal: Tensor) -> int:
        """Keep of the draft what the causal reading says; how much that is."""
        assert self.policy.tolerance is not None
        logits = torch.stack([self._mixed(row, self.draft[:at]) for at, row in enumerate(causal[:-1])])
        kept = self.chooser.check(logits, self.draft, self.policy.tolerance)
        self.session.keep(self.session.length - len(self.draft) + kept)
        self._write(self.draft[:kept])
        self.draft = []
        self.canvas = Canvas.open(self.size, self.mask_id)
        return kept

    def _look_at(self, logits: Tensor) -> None:
        """Decide by the canvas' logits [canvas, vocab], keep what there is to show, and move on."""
        standing = self.canvas.committed
        if self.policy.tolerance is not None:
            self.canvas = Canvas.open(self.size, self.mask_id)
        if not self.ended:
            self._decide(logits)
        assert self.view is not None
        remasked = standing & ~self.canvas.committed
        self._shown = _Shown(
            self.canvas, self.view, remasked, tuple(self.draft), len(self.written), self.pending
        )
        self._move_on()

    def _decide(self, logits: Tensor) -> None:
        """Let the policy commit, revoke and draft."""
        allowed = self.tokenizer.allowed_first(self.pending)
        leftmost = self.canvas.leading
        bound = allowed is not None and leftmost < len(self.canvas.tokens)
        if leftmost < len(self.canvas.tokens):
            logits = logits.clone()  # other canvases of this forward may share its memory
            logits[leftmost] = self._mixed(
                logits[leftmost], self.canvas.tokens[:leftmost].tolist(), allowed if bound else None
            )
        among = torch.tensor(allowed) if bound else None
        view = self.chooser.view(logits, self.canvas, among, self.policy.entropy)
        rest = self.tokenizer.advance(self.pending, int(view.best[leftmost])) if bound else b""
        decision = self.policy.decide(view)
        self.canvas = self.canvas.apply(view, decision, self.mask_id, self.end_id, pending=bool(rest))
        if bound:
            self.pending = rest
        self.view = view
        if not rest:
            drafted = decision.draft & ~self.canvas.committed
            self.draft = view.best[drafted].tolist()
            self._copy_draft()
            if self.end_id in self.draft:
                self.draft = self.draft[: self.draft.index(self.end_id) + 1]

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
        if self.policy.lookup is None or self.end_id in certain:
            return
        copied = self.copying.follow(certain, len(self.canvas.tokens) - len(certain), self.policy.lookup)
        self.draft = copied + self.draft[len(copied) :]

    def _move_on(self) -> None:
        """What stands at the canvas' left becomes context to read; open positions come in at its right."""
        leading = self.canvas.leading
        ended = self.end_id in self.canvas.tokens[:leading].tolist()
        if self.policy.whole_blocks:
            leading = self.canvas.leading_sure
            ended = self.end_id in self.canvas.tokens[:leading].tolist()
            if leading < len(self.canvas.tokens) and not ended:
                return
        gone = self.canvas.tokens[:leading].tolist()
        self.canvas = self.canvas.advance(leading, self.mask_id)
        self._write(gone)
        self.unread += gone

    def _write(self, tokens: list[int]) -> None:
        """Add to the answer, up to the end token."""
        if self.end_id in tokens:
            self.ended = True
            tokens = tokens[: tokens.index(self.end_id) + 1]
        self.written += tokens
        self.copying.add(tokens)

    def _text(self, more: Sequence[int] = (), upto: int | None = None) -> str:
        """The answer so far (its first `upto` tokens) as text, without the bytes that stood before the cursor."""
        content = self.tokenizer.decode_bytes([*self.written[:upto], *more])
        given = len(self.task.pending) - len(self.pending)
        return content[given:].decode("utf-8", "ignore")

    def _stop_at(self, text: str) -> int | None:
        """Where the earliest stop string begins."""
        found = [at for stop in self.task.limits.stop if stop and (at := text.find(stop)) >= 0]
        return min(found) if found else None

    def result(self, reason: FinishReason) -> Denoised:
        """The answer as far as it goes; it may be asked for at any time."""
        leading = [] if self.ended else self.canvas.tokens[: self.canvas.leading].tolist()
        whole = [*self.written, *leading]
        most = self.task.limits.max_tokens
        behind = max(0, most - len(self.written))
        text = self._text(leading[:behind], upto=most)
        stop = self._stop_at(text)
        return Denoised(text if stop is None else text[:stop], reason, min(len(whole), most), self.forwards)

    def show(self) -> Draft:
        """The canvas of the last look for people: committed tokens, drafts, and the best guess where nothing stands."""
        assert self._shown is not None
        shown, view, canvas = self._shown, self._shown.view, self._shown.canvas
        settled = self.tokenizer.decode_bytes(self.written[: shown.written])
        given = len(self.task.pending) - len(shown.pending)
        skip = max(0, given - len(settled))
        draft = iter(shown.draft)
        tokens = []
        sureness = torch.where(canvas.committed, canvas.confidence, view.confidence).tolist()
        ids = torch.where(canvas.committed, canvas.tokens, view.best).tolist()
        for committed, guess, confidence in zip(canvas.committed.tolist(), ids, sureness, strict=True):
            drafted = None if committed else next(draft, None)
            id_ = guess if drafted is None else drafted
            content = self.tokenizer.token_bytes(id_)
            content, skip = content[skip:], max(0, skip - len(content))
            state = TokenState.COMMITTED if committed else TokenState.MASKED
            if drafted is not None:
                state = TokenState.DRAFTED
            tokens.append(DraftToken(content.decode("utf-8", "replace"), state, confidence))
            if committed and id_ == self.end_id:
                break
        leading = self.tokenizer.decode_bytes(canvas.tokens[: canvas.leading].tolist())
        return Draft(
            settled=settled[given:].decode("utf-8", "ignore"),
            tokens=tuple(tokens),
            text=(settled + leading)[given:].decode("utf-8", "ignore"),
            forwards=self.forwards,
            remasked=int(shown.remasked.sum()),
            elapsed_ms=(time.perf_counter() - self.task.began) * 1000,
        )


@dataclass(frozen=True)
class _Shown:
    """What `Denoising.show` needs of the last look: the canvas as it stood, and how much was written before it."""

    canvas: Canvas
    view: View
    remasked: Tensor
    draft: tuple[int, ...]
    written: int
    pending: bytes


def unwritable(vocab_size: int, tokenizer: Tokenizer, end_id: int) -> Tensor:
    """Bool [vocab]: ids that spell nothing, the end token excepted."""
    banned = torch.ones(vocab_size, dtype=torch.bool)
    banned[[id_ for id_ in range(tokenizer.vocab_size) if tokenizer.token_bytes(id_)]] = False
    banned[end_id] = False
    return banned
