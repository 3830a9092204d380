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

from torch import Tensor

from coderdiff.decoding.canvas import Canvas
from coderdiff.decoding.deciding import Deciding
from coderdiff.decoding.fitting import check_fits
from coderdiff.decoding.lengths import LengthSearch
from coderdiff.decoding.policies import Policy
from coderdiff.decoding.session import Look, Scores, Session
from coderdiff.decoding.show import Shown
from coderdiff.decoding.task import Denoised, Task
from coderdiff.decoding.written import Written
from coderdiff.model.tokenizer import Tokenizer
from coderdiff.types import Draft, FinishReason


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
        own_end = () if spec.end_id == spec.delete_id else (spec.end_id,)
        self.unread = list(task.unread)  # certain, but not in the context yet; a draft is read behind it
        self.written = Written(tokenizer, tuple(dict.fromkeys((*own_end, *task.ends))), task.limits.stop)
        self.size = min(task.canvas, policy.canvas or task.canvas)
        given: list[int] = []
        if self.in_blocks:
            self.size = spec.block_size or self.size
            whole = len(self.unread) - (session.length + len(self.unread)) % self.size
            self.unread, given = self.unread[:whole], self.unread[whole:]
        elif self.sided:
            self.size = min(self.size, task.limits.max_tokens)
        opened = Canvas.open(self.size, spec.mask_id, given)
        self.deciding = Deciding(spec, tokenizer, policy, task, self.written, opened)
        self.search = LengthSearch(task.lengths, task.limits.max_tokens) if task.lengths else None
        self.forwards = 0
        self.step_ms = 0.0
        self.reading = True  # the prompt, not to its end yet
        self.ended = False
        self._asked = 0.0
        self._look = Look([], [], [], 0)
        self._between = False  # a draft was checked, and the canvas behind it is not looked at yet
        self._shown: Shown | None = None

    @property
    def canvas(self) -> Canvas:
        """The canvas as it stands."""
        return self.deciding.canvas

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
        standing = len(self.canvas.standing) if self.in_blocks and self.deciding.settled else 0
        return "length" if len(self.written) + standing >= self.task.limits.max_tokens else None

    def expect(self, ms: float) -> None:
        """What there is to look at first takes at least so long: what is known before there was a forward."""
        self.step_ms = ms

    def late(self, deadline_ms: float | None, began: float) -> bool:
        """Whether one more forward would end behind a deadline, counted from `began` (`time.perf_counter()`)."""
        return deadline_ms is not None and (time.perf_counter() - began) * 1000 + self.step_ms > deadline_ms

    @property
    def rows(self) -> int:
        """Rows that the whole next forward has, those of a context around the canvas not counted."""
        if self.search is not None:
            return sum(self.search.ask())
        checks = self.policy.tolerance is not None
        drafted = len(self.deciding.draft)
        canvases = self.size * (drafted + 1) if checks else sum(map(len, self.deciding.looks))
        return len(self.unread) + drafted + canvases

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
        mask_id = self.session.spec.mask_id
        if self.search is not None:
            lengths = self.search.ask()
            return Look([], [[mask_id] * length for length in lengths], [0] * len(lengths), 0)
        if most_read is not None and self.in_blocks:
            most_read = max(1, most_read // self.size) * self.size
        if most_read is not None and len(self.unread) > most_read:
            return Look(self.unread[:most_read], [], [], 0)
        draft = self.deciding.draft
        read = [*self.unread, *draft]
        scored = len(draft) + 1 if draft else 0  # the row before the draft foretells its first token
        if apart and draft:
            return Look(read, [], [], scored)
        if self.deciding.reviewing:
            looks = self.deciding.looks
            return Look([], looks, [0] * len(looks), 0)
        cuts = [len(self.unread) + kept for kept in range(len(draft) + 1)]
        checks = self.policy.tolerance is not None
        canvases = [[mask_id] * self.size] * len(cuts) if checks else self.deciding.looks
        before = self.deciding.before if self.session.spec.self_conditioned else None
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
        elif self.deciding.reviewing:
            self.deciding.read_over(scores.canvas)
            self._keep_shown(0)
            self._move_on()
        else:
            kept = self._check(scores.causal) if self.deciding.draft else 0
            self._between = not look.canvases
            if look.canvases:
                self._look_at(scores.canvas[kept], scores.twins)
        self.step_ms = (time.perf_counter() - self._asked) * 1000
        return not self._between

    def _check(self, causal: Tensor) -> int:
        """Keep of the draft what the causal reading says; how much that is."""
        draft = self.deciding.draft
        held = self.deciding.held(causal)
        kept = len(held)
        self.session.keep(self.session.length - len(draft) + kept)
        self._write(draft[:kept], held)
        return kept

    def _look_at(self, logits: Tensor, twins: Tensor | None) -> None:
        """Decide by the canvas' logits [canvas, vocab], keep what there is to show, and move on."""
        self._keep_shown(self.deciding.look_at(logits, twins, self.ended))
        self._move_on()

    def _keep_shown(self, remasked: int) -> None:
        deciding = self.deciding
        self._shown = Shown(
            deciding.canvas,
            deciding.view,
            tuple(deciding.draft),
            remasked,
            len(self.written),
            deciding.given,
        )

    def _compare(self, search: LengthSearch, scores: Scores) -> None:
        """Take the confidences of canvases of several lengths, and open the canvas once the best is found."""
        search.take([float(logits.softmax(-1).amax(-1).mean()) for logits in scores.canvas])
        if search.found is not None:
            self.deciding.open(search.found)
            self.search = None

    def _move_on(self) -> None:
        """What stands at the canvas' left becomes context to read; open positions come in at its right."""
        stays = self.sided or self.in_blocks or self.policy.whole_blocks
        leading = self.canvas.leading_sure if self.policy.whole_blocks else self.canvas.leading
        ended = self.written.says_end(self.canvas.tokens[self.canvas.given_count : leading].tolist())
        full = leading == len(self.canvas.tokens)
        if (stays and not full and not ended) or not self.deciding.settled:
            return
        gone, given = self.canvas.tokens[:leading].tolist(), self.canvas.given_count
        self._write(gone[given:], self.canvas.logs(leading))
        if self.sided:
            self.ended |= not self.task.open_end or len(self.written) < self.task.limits.max_tokens
            return
        self.unread += gone
        self.deciding.move_on(leading)

    def _write(self, tokens: list[int], logs: Sequence[float]) -> None:
        """Add to the answer, up to the end token; `logs` are the tokens' log probabilities."""
        self.ended |= self.written.says_end(tokens)
        self.task.copying.add(self.written.add(tokens, logs))

    def _text(self, more: Sequence[int] = (), upto: int | None = None) -> str:
        return self.written.text(self.deciding.given, more, upto)

    def result(self, reason: FinishReason) -> Denoised:
        """The answer as far as it goes; it may be asked for at any time."""
        leading, open_logs = ([], []) if self.ended else self.deciding.answer
        most = self.task.limits.max_tokens
        more = leading[: max(0, most - len(self.written))]
        text = self._text(more, upto=most)
        pieces = self.written.pieces(self.deciding.given, more, most)
        stop = self.written.stop_at(text)
        logs = (*self.written.logs, *open_logs)[:most]
        return Denoised(text if stop is None else text[:stop], reason, logs, self.forwards, pieces)

    def show(self) -> Draft:
        """The canvas of the last look for people."""
        assert self._shown is not None
        elapsed_ms = (time.perf_counter() - self.task.began) * 1000
        return self._shown.draft(self.written, self.tokenizer, self.forwards, elapsed_ms)
