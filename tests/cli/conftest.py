"""A completer that plays back hand-made drafts: for rendering, shapes and errors, which need no model."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from coderdiff.cli import options
from coderdiff.cli.main import main
from coderdiff.types import Completion, Draft, DraftToken, FillRequest, TokenState

MASKED, DRAFTED, COMMITTED = TokenState.MASKED, TokenState.DRAFTED, TokenState.COMMITTED


def step(
    *tokens: tuple[str, TokenState, float], forwards: int, remasked: int = 0, settled: str = ""
) -> Draft:
    drafted = tuple(DraftToken(*token) for token in tokens)
    text = settled
    for token in drafted:
        if token.state is not COMMITTED:
            break
        text += token.text
    return Draft(settled, drafted, text, forwards, remasked, forwards * 8.5)


# A fill that changes its mind: the operator is committed, revoked and committed anew.
DRAFTS = (
    step(("price", MASKED, 0.6), (" * ", MASKED, 0.4), ("count", MASKED, 0.3), forwards=1),
    step(("price", COMMITTED, 0.97), (" + ", COMMITTED, 0.45), ("count", DRAFTED, 0.7), forwards=2),
    step(
        ("price", COMMITTED, 0.97), (" * ", MASKED, 0.4), ("count", COMMITTED, 0.88), forwards=3, remasked=1
    ),
    step(("price", COMMITTED, 0.97), (" * ", COMMITTED, 0.6), ("count", COMMITTED, 0.91), forwards=4),
)
ANSWER = Completion("price * count", "stop", 4, 4, 38.0, "scripted", "revise")


@dataclass
class Scripted:
    """Plays `drafts`, then returns `answer`. Remembers its requests and whether one was cancelled."""

    drafts: tuple[Draft, ...] = DRAFTS
    answer: Completion = ANSWER
    error: Exception | None = None
    model: str = "scripted"
    pack_tokens: int = 0
    chats: bool = False
    requests: list[FillRequest] = field(default_factory=list)
    cancelled: threading.Event = field(default_factory=threading.Event)

    def count(self, text: str) -> int:
        """Words."""
        return len(text.split())

    def fill(
        self, request: FillRequest, cancelled: Callable[[], bool] | None = None
    ) -> Generator[Draft, None, Completion]:
        self.requests.append(request)
        if self.error is not None:
            raise self.error
        for draft in self.drafts:
            if cancelled is not None and cancelled():
                self.cancelled.set()
                return replace(self.answer, text=draft.text, finish_reason="cancelled")
            yield draft
        return replace(self.answer, policy=request.policy or self.answer.policy)


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Scripted:
    """The completer that the command line opens in this test, in place of an engine."""
    completer = Scripted()
    monkeypatch.setattr(options, "open_completer", lambda *_: completer)
    return completer


@dataclass(frozen=True)
class Outcome:
    status: int
    out: str
    err: str


@pytest.fixture
def coderdiff(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Runs one command line as the console entry does."""

    def call(*arguments: object) -> Outcome:
        status = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Outcome(status, captured.out, captured.err)

    return call


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A small file with a hole at 2:12."""
    path = tmp_path / "shop.py"
    path.write_text("def f(price, count):\n    return \n")
    return path
