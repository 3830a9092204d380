"""One request in the engine: its prompt, the session it has for now, and the denoising between them."""

from __future__ import annotations

import time
from functools import cached_property

from coderdiff.decoding.finish import Finished, finish
from coderdiff.decoding.keeping import keep_probability, line_begun
from coderdiff.decoding.loop import Denoising
from coderdiff.decoding.syntax import guard_for
from coderdiff.engine.kinds import AnySession
from coderdiff.engine.line_ends import unfolded, unfolded_draft
from coderdiff.model.keep_weights import KeepWeights
from coderdiff.model.prompt import Prompt
from coderdiff.types import Completion, Draft, FillRequest, FinishReason


class Fill:
    """A request under way, its line ends folded; `line_end` is the document's own. `watched`: somebody wants to see the
    drafts. `cached` ids of its prompt were read before."""

    def __init__(
        self,
        request: FillRequest,
        prompt: Prompt,
        session: AnySession,
        denoising: Denoising,
        model: str,
        cached: int,
        keeping: KeepWeights | None = None,
        line_end: str = "\n",
    ) -> None:
        self.request, self.prompt, self.session, self.denoising = request, prompt, session, denoising
        self.watched = True
        self.sound = True
        """False once its session may be in disorder."""
        self.shared = False
        """Whether the prefix cache has its prompt."""
        self._model, self._cached, self._keeping = model, cached, keeping
        self._line_end = line_end

    def show(self) -> Draft:
        """The canvas of the last look for people, with the document's line ends."""
        return unfolded_draft(self.denoising.show(), self._line_end)

    def completion(self, reason: FinishReason, began: float) -> Completion:
        """The answer as far as it goes, for a caller who has waited since `began` (`time.perf_counter()`)."""
        denoised = self.denoising.result(reason)
        whole = self.denoising.complete() is not None
        finished = self._whole if whole else self._finish(denoised.text)
        confidence = None
        if self._keeping is not None and finished.text and denoised.logs:
            begun = line_begun(self.request.document.text, self.request.hole.start)
            confidence = keep_probability(self._keeping, denoised.logs, denoised.reason, begun)
        return Completion(
            text=unfolded(finished.text, self._line_end),
            finish_reason=denoised.reason,
            tokens=denoised.tokens,
            forwards=denoised.forwards,
            latency_ms=(time.perf_counter() - began) * 1000,
            model=self._model,
            policy=self.denoising.policy.name,
            withdrawn=finished.withdrawn,
            context=self.prompt.shown,
            prompt_tokens=self.prompt.rows,
            cached_tokens=self._cached,
            logs=denoised.logs,
            pieces=tuple(piece.replace(b"\n", self._line_end.encode()) for piece in denoised.pieces),
            confidence=confidence,
        )

    @cached_property
    def _whole(self) -> Finished:
        """The text of the whole answer, fit to show; many callers may wait for it."""
        return self._finish(self.denoising.result("stop").text)

    def _finish(self, middle: str) -> Finished:
        if self.request.messages:
            return Finished(middle, withdrawn=False)  # no code stands around it
        text, hole = self.request.document.text, self.request.hole
        guard = guard_for(self.request.document.path)
        return finish(text[: hole.start], middle, text[hole.end :], guard)
