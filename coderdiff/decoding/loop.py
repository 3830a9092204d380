"""The one decode loop: a generator of steps. Streaming, traces, deadlines, cancellation, tests and benchmarks read it.

Each step is one forward: read what is certain (and the draft to check) into the context, look at the canvas behind
it, let the policy decide, move the canvas on past what stands. `Denoising` is one fill between two forwards: it says
what it asks and takes what came, so that one forward may serve many fills (`engine/batch.py`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from coderdiff.decoding.canvas import Canvas, View
from coderdiff.decoding.choose import Chooser
from coderdiff.decoding.lookup import Lookup
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
    context: Sequence[int]
    """All ids of the prompt, for policies that copy drafts from it."""
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
        yield denoising.take(session.forward(denoising.ask()))
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
        self.lookup = None if policy.lookup is None else Lookup(task.context, policy.lookup)
        self.forwards = 0
        self.step_ms = 0.0
        self.ended = False
        self._asked = 0.0

    def finished(self, cancelled: Callable[[], bool] | None = None) -> FinishReason | None:
        """Why no further forward is wanted; None while there is one."""
        limits = self.task.limits
        if self.ended or self._stop_at(self._text()) is not None:
            return "stop"
        if len(self.written) >= limits.max_tokens:
            return "length"
        if cancelled is not None and cancelled():
            return "cancelled"
        elapsed = (time.perf_counter() - self.task.began) * 1000
        if limits.deadline_ms is not None and elapsed + self.step_ms > limits.deadline_ms:
            return "deadline"
        return None

    def ask(self) -> Look:
        """The next forward: read what is certain and the draft to check, and a canvas behind each prefix of it."""
        self._asked = time.perf_counter()
        cuts = [len(self.unread) + kept for kept in range(len(self.draft) + 1)]
        checks = self.policy.tolerance is not None
        canvases = [[self.mask_id] * self.size] * len(cuts) if checks else [self.canvas.tokens.tolist()]
        scored = (
            len(self.draft) + 1 if self.draft else 0
        )  # the row before the draft foretells its first token
        return Look([*self.unread, *self.draft], canvases, cuts, scored)

    def take(self, scores: Scores) -> Draft:
        """Check the draft, let the policy decide, move on; the canvas as it then stood."""
        self.forwards += 1
        standing = self.canvas.committed
        kept = 0
        if self.draft:
            assert self.policy.tolerance is not None
            kept = self.chooser.check(scores.causal[:-1], self.draft, self.policy.tolerance)
            self.session.keep(self.session.length - len(self.draft) + kept)
            self._write(self.draft[:kept])
        self.unread, self.draft = [], []
        if self.policy.tolerance is not None:
            self.canvas = Canvas.open(self.size, self.mask_id)
        if not self.ended:
            self._decide(scores.canvas[kept])
        shown = self._show(int((standing & ~self.canvas.committed).sum()))
        self._move_on()
        self.step_ms = (time.perf_counter() - self._asked) * 1000
        return shown

    def _decide(self, logits: Tensor) -> None:
        """Let the policy commit, revoke and draft."""
        allowed = self.tokenizer.allowed_first(self.pending)
        leftmost = self.canvas.leading
        bound = allowed is not None and leftmost < len(self.canvas.tokens)
        view = self.chooser.view(logits, self.canvas, torch.tensor(allowed) if bound else None)
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

    def _copy_draft(self) -> None:
        """Take what followed these tokens before for the draft, as far as that goes; the canvas' own behind it."""
        certain = self.canvas.tokens[: self.canvas.leading].tolist()
        if self.lookup is None or self.end_id in certain:
            return
        copied = self.lookup.after(certain, len(self.canvas.tokens) - len(certain))
        unfit = [at for at, id_ in enumerate(copied) if self.task.banned[id_]]
        copied = copied[: unfit[0]] if unfit else copied
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
        if self.lookup is not None:
            self.lookup.add(tokens)

    def _text(self, more: Sequence[int] = ()) -> str:
        """The answer so far as text, without the bytes that stood before the cursor."""
        content = self.tokenizer.decode_bytes([*self.written, *more])
        given = len(self.task.pending) - len(self.pending)
        return content[given:].decode("utf-8", "ignore")

    def _stop_at(self, text: str) -> int | None:
        """Where the earliest stop string begins."""
        found = [at for stop in self.task.limits.stop if stop and (at := text.find(stop)) >= 0]
        return min(found) if found else None

    def result(self, reason: FinishReason) -> Denoised:
        """The answer as far as it goes."""
        leading = [] if self.ended else self.canvas.tokens[: self.canvas.leading].tolist()
        most = self.task.limits.max_tokens
        tokens = len(self.written) + len(leading)
        self.written = [*self.written, *leading][:most]
        text = self._text()
        stop = self._stop_at(text)
        return Denoised(text if stop is None else text[:stop], reason, min(tokens, most), self.forwards)

    def _show(self, remasked: int) -> Draft:
        """The canvas for people: committed tokens, drafts, and the best guess where nothing stands yet."""
        assert self.view is not None
        view, canvas = self.view, self.canvas
        skip = max(
            0, len(self.task.pending) - len(self.pending) - len(self.tokenizer.decode_bytes(self.written))
        )
        draft = iter(self.draft)
        tokens = []
        for at, committed in enumerate(canvas.committed.tolist()):
            drafted = None if committed else next(draft, None)
            id_ = int(canvas.tokens[at]) if committed else int(view.best[at]) if drafted is None else drafted
            content = self.tokenizer.token_bytes(id_)
            content, skip = content[skip:], max(0, skip - len(content))
            state = TokenState.COMMITTED if committed else TokenState.MASKED
            if drafted is not None:
                state = TokenState.DRAFTED
            confidence = float(canvas.confidence[at]) if committed else float(view.confidence[at])
            tokens.append(DraftToken(content.decode("utf-8", "replace"), state, confidence))
            if committed and id_ == self.end_id:
                break
        leading = canvas.tokens[: canvas.leading].tolist()
        return Draft(
            settled=self._text(),
            tokens=tuple(tokens),
            text=self._text(leading),
            forwards=self.forwards,
            remasked=remasked,
            elapsed_ms=(time.perf_counter() - self.task.began) * 1000,
        )


def unwritable(vocab_size: int, tokenizer: Tokenizer, end_id: int) -> Tensor:
    """Bool [vocab]: ids that spell nothing, the end token excepted."""
    banned = torch.ones(vocab_size, dtype=torch.bool)
    banned[[id_ for id_ in range(tokenizer.vocab_size) if tokenizer.token_bytes(id_)]] = False
    banned[end_id] = False
    return banned
