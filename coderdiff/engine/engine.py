"""The local `Completer`: request -> prompt -> session -> denoise -> finish -> completion. The one place that puts the
parts together."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace

import torch

from coderdiff.decoding.finish import finish
from coderdiff.decoding.loop import Task, denoise, unwritable
from coderdiff.decoding.policies import policy
from coderdiff.decoding.syntax import guard_for
from coderdiff.engine.session import CachedSession
from coderdiff.engine.snippet_memory import SnippetMemory
from coderdiff.errors import CheckpointError, ConfigError, InputError
from coderdiff.model import loader
from coderdiff.model.loader import Checkpoint
from coderdiff.model.prompt import Prompt, infill_prompt
from coderdiff.types import Completion, Draft, FillRequest, Limits

MOST_SESSIONS = 4
"""Contexts kept between requests: a few files edited by turns."""

ANSWER_SHARE = 5
"""One part in so many of a model's window is kept for the answer and the canvas."""


class Engine:
    """One model on one device, one request at a time a session. Implements `types.Completer`."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        _check(checkpoint)
        self._checkpoint = checkpoint
        self._idle: list[CachedSession] = []  # most recently used last
        self._snippets = SnippetMemory(checkpoint.network)
        spec = checkpoint.spec
        self._banned = unwritable(spec.vocab_size, checkpoint.tokenizer, spec.end_id)

    @staticmethod
    def open(model: str | None = None, device: str | None = None, threads: int | None = None) -> Engine:
        """Load a shipped model by name, or one from a folder; None is the default model.

        `device` None takes a GPU where there is one; `threads` None is torch's choice. Raises CheckpointError for a
        folder that is missing or corrupt, ConfigError for a device that is not there.
        """
        if threads is not None:
            torch.set_num_threads(threads)
        name = device or ("cuda" if torch.cuda.is_available() else "cpu")
        try:
            torch.empty(1, device=name).item()
        except (RuntimeError, AssertionError, NotImplementedError):
            raise ConfigError(f"there is no device {name!r} here: use cpu") from None
        dtype = torch.bfloat16 if name.startswith("cuda") else torch.float32
        return Engine(loader.load(loader.find(model), device=name, dtype=dtype))

    @property
    def model(self) -> str:
        """Name of the model that answers."""
        return self._checkpoint.spec.name

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
        return infill_prompt(
            self._checkpoint.tokenizer,
            text[: hole.start],
            text[hole.end :],
            budget,
            request.pack,
            self._checkpoint.spec.pack,
        )

    def fill(
        self, request: FillRequest, cancelled: Callable[[], bool] | None = None
    ) -> Generator[Draft, None, Completion]:
        """Yield a draft a denoising step; return the completion (see `types.Completer`)."""
        began = time.perf_counter()
        chosen = policy(request.policy or self._checkpoint.spec.default_policy)
        prompt = self.prompt(request)
        with self._session(prompt) as session:
            unread = session.begin(prompt.ids, prompt.pack)
            task = Task(
                unread=unread,
                pending=prompt.pending,
                limits=self._limits(request, prompt),
                sampling=request.sampling,
                canvas=self._checkpoint.spec.canvas,
                banned=self._banned,
                context=[*(id_ for snippet in prompt.pack for id_ in snippet), *prompt.ids],
                began=began,
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
            prompt_tokens=prompt.rows,
            cached_tokens=len(prompt.ids) - len(unread),
        )

    @contextmanager
    def _session(self, prompt: Prompt) -> Iterator[CachedSession]:
        """The idle session that knows most of the prompt, for this request alone until it is done."""
        shares = [(session.shared(prompt.ids, prompt.pack), session) for session in self._idle]
        shared, best = max(shares, key=lambda share: share[0], default=(0, None))
        if best is not None and shared > len(prompt.ids) // 2:
            session = best
        elif len(self._idle) < MOST_SESSIONS:
            session = CachedSession(self._checkpoint.network, self._checkpoint.spec.window, self._snippets)
        else:
            session = self._idle[0]
        if session in self._idle:
            self._idle.remove(session)
        try:
            yield session
        finally:
            self._idle.append(session)
            del self._idle[:-MOST_SESSIONS]

    def _limits(self, request: FillRequest, prompt: Prompt) -> Limits:
        """The request's limits, cut to what the window still holds."""
        spec = self._checkpoint.spec
        room = spec.window - prompt.rows - spec.canvas
        return replace(request.limits, max_tokens=min(request.limits.max_tokens, room))


def _check(checkpoint: Checkpoint) -> None:
    """Raise CheckpointError for a model that this engine cannot serve: better at once than with wrong text."""
    spec, specials = checkpoint.spec, checkpoint.tokenizer.specials
    if spec.context_attention != "causal" or spec.canvas_attention != "bidirectional" or spec.shifted:
        raise CheckpointError(
            f"{spec.name} has {spec.context_attention} context and a {spec.canvas_attention} canvas"
            f"{', shifted' * spec.shifted}: only causal context with a bidirectional canvas, unshifted, is served"
        )
    missing = [role for role in ("bos", "suffix", "prefix") if getattr(specials, role) is None]
    if missing:
        raise CheckpointError(
            f"{spec.name} has no token for {', '.join(missing)}: it was not trained on our prompts"
        )
