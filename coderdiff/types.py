"""The vocabulary: what is asked (`FillRequest`), what is seen on the way (`Draft`), what is answered (`Completion`).

Everything here is a frozen value. Offsets are in characters of `Document.text`; milliseconds are floats.
Protocols (LSP, HTTP) convert to these once, at their own edge.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal, Protocol

FinishReason = Literal["stop", "length", "deadline", "cancelled"]
Resolution = Literal["name", "signature", "body"]
Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True)
class Document:
    """One file as its editor shows it. `path` is for people and for choosing the grammar; it is not read."""

    text: str
    path: str | None = None


@dataclass(frozen=True)
class Hole:
    """The place to fill: `document.text[start:end]` is what the completion replaces; a cursor has start == end."""

    start: int
    end: int


@dataclass(frozen=True)
class Limits:
    """When to stop: tokens of completion, strings that end it (kept out of the text), a deadline from the call on."""

    max_tokens: int = 128
    stop: tuple[str, ...] = ()
    deadline_ms: float | None = None


@dataclass(frozen=True)
class Sampling:
    """How to choose tokens. Temperature 0 is greedy and deterministic; otherwise `seed` makes it repeatable."""

    temperature: float = 0.0
    seed: int = 0


@dataclass(frozen=True)
class Snippet:
    """Context from elsewhere in the repository; lines are 1-based and inclusive."""

    path: str
    start_line: int
    end_line: int
    text: str
    resolution: Resolution
    score: float
    reason: str


@dataclass(frozen=True)
class Message:
    """One turn of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True)
class FillRequest:
    """Fill one hole. `pack` is the snippets to show the model, in prompt order; `policy` None is the model's own.

    `related` are whole files of the repository that the model is not shown, but whose wording it may repeat.
    `messages` ask for the next turn of a conversation instead: the document is empty.
    """

    document: Document
    hole: Hole
    limits: Limits = field(default_factory=Limits)
    sampling: Sampling = field(default_factory=Sampling)
    policy: str | None = None
    pack: tuple[Snippet, ...] = ()
    related: tuple[Document, ...] = ()
    messages: tuple[Message, ...] = ()


NOWHERE = Hole(0, 0)
"""The hole of a request that has no document."""


class TokenState(Enum):
    """A canvas position: not known yet, proposed but not checked, or committed."""

    MASKED = "masked"
    DRAFTED = "drafted"
    COMMITTED = "committed"


@dataclass(frozen=True)
class DraftToken:
    """One canvas position as it stands. A masked one carries the model's best guess so far; confidence in [0, 1]."""

    text: str
    state: TokenState
    confidence: float


@dataclass(frozen=True)
class Draft:
    """The canvas after one denoising step.

    `settled` is the text of the blocks before this canvas, `tokens` the canvas; `remasked` counts the commits this
    step revoked. `text` is what could be shown now: settled text and the canvas' leading committed run.
    """

    settled: str
    tokens: tuple[DraftToken, ...]
    text: str
    forwards: int
    remasked: int
    elapsed_ms: float


@dataclass(frozen=True)
class Completion:
    """The answer: text for the hole and what it cost.

    `tokens` counts committed tokens with the end token, `forwards` network evaluations, `latency_ms` request to
    answer. `prompt_tokens` counts what the network read for it, `cached_tokens` those of them that it had read before.
    `logs` are the log probabilities of the committed tokens, `pieces` the bytes that each wrote, before the text was
    made fit to show. `confidence` in [0, 1] is how likely the text is to be kept as it is; None for an empty one, and
    for a model that was not calibrated.
    An empty text is an honest answer: the model had nothing, or the syntax guard withdrew it.
    """

    text: str
    finish_reason: FinishReason
    tokens: int
    forwards: int
    latency_ms: float
    model: str
    policy: str
    withdrawn: bool = False
    context: tuple[Snippet, ...] = ()
    prompt_tokens: int = 0
    cached_tokens: int = 0
    logs: tuple[float, ...] = field(default=(), compare=False)  # rounding depends on what else is in a batch
    confidence: float | None = field(default=None, compare=False)
    pieces: tuple[bytes, ...] = field(default=(), compare=False)

    @property
    def tpf(self) -> float:
        """Tokens committed per forward; 0 when nothing ran."""
        return self.tokens / self.forwards if self.forwards else 0.0


class Completer(Protocol):
    """Whatever fills holes: the local engine, or one over HTTP."""

    @property
    def model(self) -> str:
        """Name of the model that answers."""
        ...

    @property
    def pack_tokens(self) -> int:
        """Most tokens of snippets that the model is shown; 0 for one that is shown none."""
        ...

    @property
    def chats(self) -> bool:
        """Whether it answers `messages`: an instruct model does, a base model raises InputError."""
        ...

    def count(self, text: str) -> int:
        """Tokens that a snippet with this text takes."""
        ...

    def fill(
        self, request: FillRequest, cancelled: Callable[[], bool] | None = None
    ) -> Generator[Draft, None, Completion]:
        """Yield a draft a denoising step; return the completion.

        `cancelled` is asked between steps: once true, the best draft so far comes back as reason "cancelled".
        Raises InputError for a hole outside the document, and for messages that the model cannot be asked.
        """
        ...


def last(steps: Generator[Draft, None, Completion]) -> Completion:
    """Run a fill to its end and return only the answer."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            answer: Completion = done.value
            return answer


def complete(
    completer: Completer, request: FillRequest, cancelled: Callable[[], bool] | None = None
) -> Completion:
    """Fill the hole and return only the answer."""
    return last(completer.fill(request, cancelled))
