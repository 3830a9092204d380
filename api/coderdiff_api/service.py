"""What all dialects share: the loaded model, its limits, and the one way to run an ask."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from anyio import to_thread
from starlette.requests import Request

from coderdiff.config import ServerSettings
from coderdiff.types import Completion, Document, FillRequest, Hole, Limits, Message, Sampling, Snippet
from coderdiff_api.ask import Ask, Caller, Context
from coderdiff_api.errors import ApiError, Dialect
from coderdiff_api.feedback import FeedbackStore
from coderdiff_api.live import until_gone
from coderdiff_api.metrics import Metrics
from coderdiff_api.runner import Runner
from coderdiff_api.sharing import Answers, Sharing

DEFAULT_TOKENS = 128
MOST_STOPS = 16
COLDEST = 0.01
"""Below this temperature sampling is greedy in all but name, and logits divided by it overflow."""
HOTTEST = 100.0
"""Above this temperature all tokens are as good as equal, and what is divided by a huge one is no number."""
VARIED = 0.6
"""The temperature of further answers, if a request says none."""


@dataclass(frozen=True)
class Parts:
    """What whoever starts the server puts in."""

    runner: Runner
    context: Context | None = None
    device: str = "cpu"


@dataclass(frozen=True)
class Wish:
    """What a dialect makes of a request body, before it is checked. None is the default.

    `holes` are places in `text`; with several, each is filled on its own. `count` asks for so many answers to each.
    `messages` are a conversation: then the text is empty. `unaided` shows no other file of the workspace.
    An empty `path` or `workspace` is none.
    """

    text: str
    holes: tuple[Hole, ...]
    model: str | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    deadline_ms: float | None = None
    line_ms: float | None = None
    temperature: float | None = None
    seed: int | None = None
    policy: str | None = None
    path: str | None = None
    workspace: str | None = None
    snippets: tuple[Snippet, ...] = ()
    count: int = 1
    unaided: bool = False
    messages: tuple[Message, ...] = ()


class Service:
    """One server's state. It has no runner while the model loads."""

    def __init__(self, settings: ServerSettings, feedback: FeedbackStore) -> None:
        self.settings = settings
        self.feedback = feedback
        self.metrics = Metrics()
        self._parts: Parts | None = None
        self._sharing: Sharing | None = None

    def start(self, parts: Parts) -> None:
        """The model is there: answer from now on."""
        self._parts = parts
        self._sharing = Sharing(parts.runner, parts.context, self.metrics)
        self.metrics.watch(parts.runner)

    async def wind_down(self, seconds: float) -> None:
        """The server is about to stop: whatever runs is answered within `seconds`, the rest is refused."""
        if self._sharing is not None:
            await self._sharing.wind_down(seconds)

    def stop(self) -> None:
        """Finish what runs, and give everything back. Blocks."""
        if self._parts is not None:
            self._parts.runner.close()
            if self._parts.context is not None:
                self._parts.context.close()
        self.feedback.close()

    @property
    def ready(self) -> bool:
        """Whether the model is loaded."""
        return self._parts is not None

    @property
    def model(self) -> str:
        """The loaded model's name. Raises ApiError (503) while it loads."""
        return self._loaded().runner.model

    @property
    def chats(self) -> bool:
        """Whether the loaded model answers conversations. Raises ApiError (503) while it loads."""
        return self._loaded().runner.chats

    @property
    def device(self) -> str:
        """Where the model runs. Raises ApiError (503) while it loads."""
        return self._loaded().device

    def check_model(self, name: str | None) -> None:
        """Raise ApiError for a model that is not the loaded one."""
        loaded = self.model
        known = {"", "default", loaded, *self.settings.aliases}
        if name is not None and name.removesuffix(":latest") not in known:
            raise ApiError(
                404,
                f"the model {name[:80]!r} is not loaded here: ask for {loaded!r} or 'default', or serve with "
                "--alias to give the loaded one that name",
                "model_not_found",
                "model",
            )

    def asks(self, wish: Wish, caller: Caller) -> list[Ask]:
        """A checked wish as asks: the answers to the first hole, then to the next. Raises ApiError."""
        self.check_model(wish.model)
        wish = _with_names(wish)
        self._check_size(wish)
        workspace = self._workspace(wish, caller)
        limits = Limits(
            min(wish.max_tokens or DEFAULT_TOKENS, self.settings.max_tokens), wish.stop, wish.deadline_ms
        )
        document = Document(wish.text, wish.path)
        return [
            Ask(
                FillRequest(
                    document,
                    hole,
                    limits,
                    sampling,
                    wish.policy,
                    messages=wish.messages,
                ),
                caller.name,
                workspace,
                wish.snippets,
                wish.line_ms,
            )
            for hole in wish.holes
            for sampling in _samplings(wish)
        ]

    async def begin(self, request: Request, asks: list[Ask]) -> Answers:
        """Run asks; returns with the first draft. Close what is returned. Raises ApiError, ClientGoneError."""
        return await until_gone(request, lambda: self._begin(asks))

    async def complete(self, request: Request, asks: list[Ask]) -> list[Completion]:
        """Run asks to their end, or until the client leaves. Raises ApiError, ClientGoneError."""
        return await self.collect(request, await self.begin(request, asks))

    async def collect(self, request: Request, answers: Answers) -> list[Completion]:
        """Read what was begun to its end; close it. Raises ApiError, ClientGoneError."""
        try:
            return await until_gone(request, answers.completions)
        finally:
            answers.close()

    def check_count(self, asks: Sequence[Ask]) -> None:
        """Raises ApiError if one request asks for too many answers."""
        if len(asks) > self.settings.max_choices:
            raise ApiError(
                400,
                f"{len(asks)} answers in one request: at most {self.settings.max_choices}",
                "unusable",
                "n",
            )

    async def _begin(self, asks: list[Ask]) -> Answers:
        self._loaded()
        assert self._sharing is not None
        self.check_count(asks)
        answers = self._sharing.begin(asks)
        try:
            await answers.begun()
        except BaseException:
            answers.close()
            raise
        return answers

    async def remember(
        self, id_: str, dialect: Dialect, completions: Sequence[Completion], caller: Caller
    ) -> None:
        """Note for `coderdiff stats` what was sent, and to whom."""
        await to_thread.run_sync(self.feedback.completed, id_, dialect.value, completions, caller.name)

    def _loaded(self) -> Parts:
        if self._parts is None:
            raise ApiError(
                503, "the model is still being loaded; try again in a second", "loading", retry_after=1
            )
        return self._parts

    def _check_size(self, wish: Wish) -> None:
        size = len(wish.text) + sum(len(each.text) for each in wish.snippets)
        size += sum(len(each.content) for each in wish.messages)
        if size > self.settings.max_chars:
            raise ApiError(
                400,
                f"the request has {size} characters of text, at most {self.settings.max_chars} are read: send what "
                "stands around the cursor, or the latest turns",
                "context_length_exceeded",
                "messages" if wish.messages else "prompt",
            )
        if len(wish.stop) > MOST_STOPS:
            raise ApiError(400, f"at most {MOST_STOPS} stop strings", "unusable", "stop")
        ends = 0
        for hole in wish.holes:
            if not ends <= hole.start <= hole.end <= len(wish.text):
                raise ApiError(
                    400,
                    f"the hole {hole.start}-{hole.end} is outside the text ({len(wish.text)} characters), or not "
                    "behind the hole before it",
                    "unusable",
                    "holes",
                )
            ends = hole.end

    def _workspace(self, wish: Wish, caller: Caller) -> Path | None:
        """The workspace that a wish names, or the only one, if it says which file it is about."""
        known = caller.workspaces if self._loaded().context is not None else ()
        if wish.unaided:
            return None
        if wish.workspace is None:
            alone = wish.path is not None and len(known) == 1 and _inside(wish.path, known[0])
            return known[0] if alone else None
        found = [each for each in known if wish.workspace in {each.name, str(each)}]
        if len(found) != 1:
            names = ", ".join(repr(str(each)) for each in known) or "none"
            raise ApiError(
                404,
                f"there is no workspace {wish.workspace[:80]!r} for you; there is {names}",
                "workspace_not_found",
                "workspace",
            )
        if wish.path is None:
            raise ApiError(400, "workspace needs path: which of its files this is", "unusable", "path")
        return found[0]


def new_id() -> str:
    """A name for a completion, by which feedback finds it."""
    return f"cmpl-{secrets.token_hex(12)}"


def _with_names(wish: Wish) -> Wish:
    """A wish whose names can be names; empty ones are left out. Raises ApiError for one that no file can have."""
    names = [("path", wish.path), ("workspace", wish.workspace)]
    names += [("the path of a snippet", each.path) for each in wish.snippets]
    wrong = next((field for field, name in names if name is not None and "\0" in name), None)
    if wrong is not None:
        raise ApiError(
            400,
            f"{wrong} has a NUL character (U+0000), which no name of a file can have",
            "unusable",
            wrong if wrong in {"path", "workspace"} else None,
        )
    return replace(wish, path=wish.path or None, workspace=wish.workspace or None)


def _samplings(wish: Wish) -> list[Sampling]:
    """How each answer to a hole is chosen.

    Greedy ones have one seed: they are the same whatever it is, and computed once. Whoever asks for several and says no
    temperature wants several: the first is greedy, the others vary.
    """
    first = secrets.randbits(31) if wish.seed is None else wish.seed
    if wish.temperature is None:
        temperatures = [0.0] + [VARIED] * (wish.count - 1)
    else:
        temperatures = [min(wish.temperature, HOTTEST) if wish.temperature >= COLDEST else 0.0] * wish.count
    return [
        Sampling(temperature, (first + number) % (1 << 63) if temperature else 0)
        for number, temperature in enumerate(temperatures)
    ]


def _inside(path: str, workspace: Path) -> bool:
    return not Path(path).is_absolute() or Path(path).is_relative_to(workspace)
