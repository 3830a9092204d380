"""The local `Completer`: request -> prompt -> session -> denoise -> finish -> completion. The one place that puts the
parts together."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch

from coderdiff.decoding.finish import finish
from coderdiff.decoding.loop import Task, denoise, unwritable, writable_specials
from coderdiff.decoding.policies import policy
from coderdiff.decoding.session import Session
from coderdiff.decoding.syntax import guard_for
from coderdiff.engine.bidirectional import Mode
from coderdiff.engine.copy_memory import CopyMemory
from coderdiff.engine.kinds import Kind, kind_of
from coderdiff.engine.out_of_memory import memory_for
from coderdiff.errors import ConfigError, InputError
from coderdiff.model import loader
from coderdiff.model.loader import Checkpoint
from coderdiff.model.prompt import Prompt
from coderdiff.types import Completion, Draft, FillRequest, Limits

MOST_SESSIONS = 4
"""Contexts kept between requests: a few files edited by turns."""

ANSWER_SHARE = 5
"""One part in so many of a model's window is kept for the answer and the canvas."""


class Engine:
    """One model on one device, one request at a time a session. Implements `types.Completer`."""

    def __init__(self, checkpoint: Checkpoint, mode: Mode | None = None, length: int | None = None) -> None:
        """`mode` and `length` are for models whose context is on both sides of the canvas (`kinds.py`)."""
        self._checkpoint = checkpoint
        self._kind: Kind[Any] = kind_of(checkpoint, mode, length)
        self._idle: list[Session] = []  # most recently used last
        spec = checkpoint.spec
        self._copies = CopyMemory(checkpoint.tokenizer, spec.end_id, checkpoint.copying)
        self._banned = unwritable(spec.vocab_size, checkpoint.tokenizer, *writable_specials(spec))

    @staticmethod
    def open(
        model: str | None = None,
        device: str | None = None,
        threads: int | None = None,
        mode: Mode | None = None,
        length: int | None = None,
    ) -> Engine:
        """Load a shipped model by name, or one from a folder; None is the default model.

        `device` None takes a GPU where there is one; `threads` None is torch's choice. Raises CheckpointError for a
        folder that is missing or corrupt, ConfigError for a device that is not there or a mode of no use to the model.
        """
        if threads is not None:
            torch.set_num_threads(threads)
        name = device or ("cuda" if torch.cuda.is_available() else "cpu")
        try:
            torch.empty(1, device=name).item()
        except (RuntimeError, AssertionError, NotImplementedError):
            raise ConfigError(f"there is no device {name!r} here: use cpu") from None
        dtype = torch.bfloat16 if name.startswith("cuda") else torch.float32
        with memory_for(f"the model {model or loader.DEFAULT_MODEL}"):
            checkpoint = loader.load(loader.find(model), device=name, dtype=dtype)
        return Engine(checkpoint, mode, length)

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
    def pack_tokens(self) -> int:
        """Most tokens of snippets that the model is shown; 0 if it was trained without."""
        return self._checkpoint.spec.pack

    def count(self, text: str) -> int:
        """How many tokens a snippet's text takes, its mark included."""
        return len(self._checkpoint.tokenizer.encode(text)) + 1

    def prompt(self, request: FillRequest) -> Prompt:
        """What the network reads for a request; raises InputError for a hole outside the document."""
        text, hole = request.document.text, request.hole
        if not 0 <= hole.start <= hole.end <= len(text):
            raise InputError(
                f"the hole {hole.start}-{hole.end} is outside the document, which has {len(text)} characters"
            )
        window = self._checkpoint.spec.window
        # Always the same share for the answer: another token limit must not move what is cached.
        budget = window - window // ANSWER_SHARE
        return self._kind.prompt(request, budget)

    def fill(
        self, request: FillRequest, cancelled: Callable[[], bool] | None = None
    ) -> Generator[Draft, None, Completion]:
        """Yield a draft a denoising step; return the completion (see `types.Completer`)."""
        began = time.perf_counter()
        chosen = policy(request.policy or self._kind.policy)
        prompt = self.prompt(request)
        with memory_for("this request"), self._session(prompt) as session:
            task = Task(
                unread=self._kind.begin(session, prompt),
                pending=prompt.pending,
                limits=self._limits(request, prompt),
                sampling=request.sampling,
                canvas=self._kind.canvas,
                banned=self._banned,
                copying=self._copies.open(request.document, request.hole, request.related),
                began=began,
                lengths=self._kind.lengths,
            )
            denoised = yield from denoise(session, self._checkpoint.tokenizer, chosen, task, cancelled)
        text, hole = request.document.text, request.hole
        guard = guard_for(request.document.path)
        finished = finish(text[: hole.start], denoised.text, text[hole.end :], guard)
        return Completion(
            text=finished.text,
            finish_reason=denoised.reason,
            tokens=denoised.tokens,
            forwards=denoised.forwards,
            latency_ms=(time.perf_counter() - began) * 1000,
            model=self.model,
            policy=chosen.name,
            withdrawn=finished.withdrawn,
            context=prompt.shown,
        )

    @contextmanager
    def _session(self, prompt: Prompt) -> Iterator[Session]:
        """The idle session that knows most of the prompt, for this request alone until it is done."""
        shares = [(self._kind.shared(session, prompt), session) for session in self._idle]
        shared, best = max(shares, key=lambda share: share[0], default=(0, None))
        if best is not None and shared > len(prompt.ids) // 2:
            session = best
        elif len(self._idle) < MOST_SESSIONS:
            session = self._kind.session()
        else:
            session = self._idle[0]
        if session in self._idle:
            self._idle.remove(session)
        failed = False
        try:
            yield session
        except RuntimeError:
            failed = True  # what it knows may be half written
            raise
        finally:
            if not failed:
                self._idle.append(session)
                del self._idle[:-MOST_SESSIONS]

    def _limits(self, request: FillRequest, prompt: Prompt) -> Limits:
        """The request's limits, cut to what the window still holds."""
        spec = self._checkpoint.spec
        room = spec.window - prompt.rows - self._kind.room
        return replace(request.limits, max_tokens=min(request.limits.max_tokens, room))
