"""The local `Completer`: request -> prompt -> session -> denoise -> finish -> completion. The one place that puts the
parts together; `scheduler.py` does the same steps for many requests at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

import torch

from coderdiff.decoding.loop import Denoising
from coderdiff.decoding.policies import policy
from coderdiff.decoding.task import Task, unwritable, writable_specials
from coderdiff.engine.bidirectional import Mode
from coderdiff.engine.copy_memory import CopyMemory
from coderdiff.engine.fill import Fill
from coderdiff.engine.kinds import Kind, kind_of
from coderdiff.engine.lanes import Lanes
from coderdiff.engine.line_ends import folded
from coderdiff.engine.pace import Pace
from coderdiff.engine.stats import Counts, EngineStats
from coderdiff.engine.step import Outcome, RowBounds, explained, plan, step
from coderdiff.engine.team import Team, one_thread
from coderdiff.engine.threads import Threads, divided
from coderdiff.errors import ConfigError, EngineError, InputError
from coderdiff.model import loader
from coderdiff.model.loader import Checkpoint
from coderdiff.model.prompt import Prompt
from coderdiff.model.shortage import out_of_memory
from coderdiff.types import Completion, Draft, FillRequest, FinishReason, Limits

if TYPE_CHECKING:
    from coderdiff.model.conversation import Conversations

ANSWER_SHARE = 5
"""One part in so many of a model's window is kept for the answer and the canvas."""


class Engine:
    """One model on one device. Implements `types.Completer`, a request at a time; a `Scheduler` over it serves many.

    `kv_bytes` bounds the memory of contexts (`SessionPool`), None: half of what a GPU has free, elsewhere what the pool
    takes by itself; `mode` and `length` are for models whose context is on both sides of the canvas (`kinds.py`);
    `threads` are those of a CPU (`threads.py`), None: one forward at a time, with torch's own.
    """

    @one_thread()
    def __init__(
        self,
        checkpoint: Checkpoint,
        kv_bytes: int | None = None,
        mode: Mode | None = None,
        length: int | None = None,
        threads: Threads | None = None,
    ) -> None:
        self._threads = threads
        self._lanes = Lanes() if threads is None else Lanes(threads.lanes, Team(threads.alone))
        self._kind: Kind = kind_of(checkpoint, mode, length)
        self._checkpoint = checkpoint
        spec = checkpoint.spec
        self._copies = CopyMemory(checkpoint.tokenizer, spec.end_id, checkpoint.copying)
        self.pool = self._kind.pool(_kv_bytes(checkpoint.device) if kv_bytes is None else kv_bytes)
        self.counts = Counts()
        self._pace = Pace()
        self._banned = unwritable(
            spec.vocab_size, checkpoint.tokenizer, *writable_specials(spec), *self._kind.ends
        )

    @staticmethod
    def open(
        model: str | None = None,
        device: str | None = None,
        threads: int | None = None,
        dtype: str | None = None,
        kv_bytes: int | None = None,
        mode: Mode | None = None,
        length: int | None = None,
        window: int | None = None,
        beside_others: bool = False,
    ) -> Engine:
        """Load a shipped model by name, or one from a folder; None is the default model.

        `device` and `dtype` are as people name them (`model/placement.py`); `threads` are those that it may use on a
        CPU, None: as many as torch has, or fewer where the process has work `beside_others` (`threads.py`); `window`
        None is what the model was trained with. Raises CheckpointError for a folder that is missing or corrupt,
        ConfigError for a device or dtype that cannot be had, a mode of no use to the model or a window that is too
        small, EngineError where there is too little memory.
        """
        try:
            with one_thread():
                checkpoint = loader.open_model(model, device, dtype)
        except (MemoryError, RuntimeError) as error:
            if not out_of_memory(error):
                raise
            raise EngineError(
                f"{model or loader.DEFAULT_MODEL} does not fit into memory: try --dtype bfloat16 or another --device; "
                "`coderdiff models plan` says what it takes"
            ) from error
        if threads is None:
            chosen = divided(checkpoint.spec, torch.get_num_threads(), beside_others)
        else:
            chosen = divided(checkpoint.spec, threads)
        windowed = checkpoint if window is None else checkpoint.with_window(window)
        if checkpoint.device.type != "cpu":
            torch.set_num_threads(chosen.alone)  # for what is decided on the CPU
            return Engine(windowed, kv_bytes, mode, length)
        return Engine(windowed, kv_bytes, mode, length, chosen)

    @property
    def model(self) -> str:
        """Name of the model that answers."""
        return self._checkpoint.spec.name

    @property
    def policy(self) -> str:
        """The policy of a request that names none."""
        return self._kind.policy

    @property
    def checkpoint(self) -> Checkpoint:
        """The model itself, for benchmarks."""
        return self._checkpoint

    @property
    def threads(self) -> Threads | None:
        """What it makes of a CPU's threads; None: one forward at a time, with torch's own."""
        return self._threads

    @property
    def pack_tokens(self) -> int:
        """Most tokens of snippets that the model is shown; 0 if it was trained without."""
        return self._checkpoint.spec.pack

    @property
    def chats(self) -> bool:
        """Whether the checkpoint is an instruct one: it has a chat template. Raises CheckpointError."""
        return self._conversations is not None

    @cached_property
    def _conversations(self) -> Conversations | None:
        from coderdiff.model.conversation import conversations  # template engines take time to import

        return conversations(self._checkpoint.folder, self._checkpoint.tokenizer)

    def count(self, text: str) -> int:
        """How many tokens a snippet's text takes, its mark included."""
        return len(self._checkpoint.tokenizer.encode(text)) + 1

    def prompt(self, request: FillRequest) -> Prompt:
        """What the network reads for a request; raises InputError for a hole outside the document, and for messages
        that the model cannot be asked."""
        text, hole = request.document.text, request.hole
        if not 0 <= hole.start <= hole.end <= len(text):
            raise InputError(
                f"the hole {hole.start}-{hole.end} is outside the document, which has {len(text)} characters"
            )
        window = self._checkpoint.spec.window
        # Always the same share for the answer: another token limit must not move what is cached.
        budget = window - window // ANSWER_SHARE
        if request.messages:
            if self._conversations is None:
                raise InputError(
                    f"{self.model} is a base model: a conversation needs an instruct checkpoint, with a chat template"
                )
            return self._conversations.prompt(request.messages, budget)
        return self._kind.prompt(request, budget)

    def fill(
        self, request: FillRequest, cancelled: Callable[[], bool] | None = None
    ) -> Generator[Draft, None, Completion]:
        """Yield a draft a denoising step; return the completion (see `types.Completer`)."""
        began = time.perf_counter()
        fill = self.start(request, began)
        try:
            while (reason := fill.denoising.finished(cancelled)) is None:
                [outcome] = self.step([fill], _ALONE)
                if outcome.error is not None:
                    raise outcome.error
                if outcome.shown:
                    yield fill.show()
            return self.finish(fill, reason, began)
        finally:
            self.release(fill)

    def start(self, request: FillRequest, began: float) -> Fill:
        """A request under way, with a session of its own until it is released.

        If memory is short, what nobody uses is freed first. Raises InputError for a hole outside the document,
        ConfigError for a policy that is unknown or that the model cannot follow, EngineError where memory is still
        short.
        """
        try:
            return self._start(request, began)
        except Exception as error:
            if not out_of_memory(error):
                raise
        self.pool.forget()
        try:
            return self._start(request, began)
        except Exception as error:
            raise explained(error) from error

    def _start(self, request: FillRequest, began: float) -> Fill:
        with self.counts.phase("prompt"):
            request, line_end = folded(request)
            own = self._kind.answer_policy if request.messages else self.policy
            chosen = policy(request.policy or own)
            prompt = self.prompt(request)
            known = self.pool.reused_rows
            self._lanes.use_team()  # snippets and chunks that are read on their own are read here
            session, unread = self.pool.take(prompt)
            self.counts.read_rows += len(unread)
            task = Task(
                unread=unread,
                pending=prompt.pending,
                limits=self._limits(request, prompt),
                sampling=request.sampling,
                canvas=self._kind.canvas,
                banned=self._banned,
                copying=self._copies.open(request.document, request.hole, request.related, request.pack),
                began=began,
                lengths=self._kind.lengths,
                ends=self._kind.ends,
            )
            if request.messages:
                task = self._answering(task)
            try:
                denoising = Denoising(session, self._checkpoint.tokenizer, chosen, task)
            except ConfigError:
                self.pool.give_back(session)
                raise
            denoising.expect(self._pace.at_best_ms(denoising.rows))
            # Between two sides nothing is read apart from the canvas: what is known is what the pool says.
            cached = len(prompt.ids) - len(unread) if unread else self.pool.reused_rows - known
            keeping = self._checkpoint.keeping
            return Fill(request, prompt, session, denoising, self.model, cached, keeping, line_end)

    def step(self, fills: Sequence[Fill], bounds: RowBounds) -> list[Outcome]:
        """One forward for fills under way; those that it had no room for are left out."""
        evaluate = partial(self._kind.evaluate, lanes=self._lanes)
        began, before = time.perf_counter(), self.counts.rows
        outcomes = step(evaluate, plan(fills, bounds, self._lanes.count), self.counts, self.pool.forget)
        self._pace.took((time.perf_counter() - began) * 1000, self.counts.rows - before)
        for outcome in outcomes:
            fill = outcome.fill
            if outcome.error is None and not fill.shared and not fill.denoising.reading:
                self.pool.share(fill.session, fill.prompt)
                fill.shared = True
        return outcomes

    def finish(self, fill: Fill, reason: FinishReason, began: float) -> Completion:
        """The answer of a fill as far as it goes; see `Fill.completion`."""
        with self.counts.phase("finish"):
            completion = fill.completion(reason, began)
        self.counts.answers[reason] += 1
        self.counts.tokens += completion.tokens
        return completion

    def unstarted(self, request: FillRequest, reason: FinishReason, began: float) -> Completion:
        """The answer to a request that had to end before it was started."""
        self.counts.answers[reason] += 1
        waited = (time.perf_counter() - began) * 1000
        named = request.policy or self.policy
        return Completion("", reason, 0, 0, waited, self.model, named)

    def release(self, fill: Fill) -> None:
        """The fill is over: its session is free for the next."""
        self.pool.give_back(fill.session, fill.sound)

    def stats(self, queued: int = 0) -> EngineStats:
        """Figures so far, and the state now."""
        counts, pool = self.counts, self.pool
        answers = counts.answers
        return EngineStats(
            queued=queued,
            active=pool.in_use,
            idle_sessions=pool.idle,
            kv_bytes=pool.nbytes,
            prefix_bytes=pool.prefix_bytes,
            snippet_bytes=pool.snippet_bytes,
            completed=answers["stop"] + answers["length"],
            late=answers["deadline"],
            cancelled=answers["cancelled"],
            failed=answers["failed"],
            refused=answers["refused"],
            joined=answers["joined"],
            forwards=counts.forwards,
            rows=counts.rows,
            tokens=counts.tokens,
            batch_sizes=dict(counts.batch_sizes),
            read_rows=counts.read_rows,
            reused_rows=pool.reused_rows,
            prefix_hit_rows=pool.prefix_hit_rows,
            seconds=dict(counts.seconds),
        )

    def _answering(self, task: Task) -> Task:
        """The task of a turn in a conversation: it may end as the template ends one."""
        assert self._conversations is not None
        end = self._conversations.end
        banned = self._banned.clone()
        banned[[] if end is None else [end]] = False
        ends = (*task.ends, *(() if end is None else (end,)))
        canvas = self._kind.answer_canvas(task.limits.max_tokens)
        return replace(task, canvas=canvas, lengths=None, banned=banned, ends=ends, open_end=True)

    def _limits(self, request: FillRequest, prompt: Prompt) -> Limits:
        """The request's limits, cut to what the window still holds."""
        spec = self._checkpoint.spec
        room = spec.window - prompt.rows - self._kind.room
        return replace(request.limits, max_tokens=min(request.limits.max_tokens, room))


def _kv_bytes(device: torch.device) -> int | None:
    return torch.cuda.mem_get_info(device)[0] // 2 if device.type == "cuda" else None


_ALONE = RowBounds(most=2048, joint=2**31)
"""Nobody else waits: everything in one forward, but of a long prompt a part: a forward's memory grows with its rows."""
