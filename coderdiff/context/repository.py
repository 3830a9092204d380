"""A repository open for completion: from a cursor in a document to the pack of snippets to show there.

    document, cursor -> gate -> view -> evidence (retrieve) -> ranking (rank) -> choice (pack) -> snippets

The one place that puts the parts of this room together. Answers are remembered by what they depend on: on one line
all keystrokes get the same pack, unless a dot, an import or a call is begun that asks for more (`asked.py`); on
another line the pack stays while it is nearly as good as the best one (`steady.py`).
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from coderdiff.context.files.scan import Scanner
from coderdiff.context.index.build import BuildFigures, refresh
from coderdiff.context.index.database import Say, silent
from coderdiff.context.index.fill import FillFigures, fill_in
from coderdiff.context.index.index import Index
from coderdiff.context.index.survey import Report, unreported
from coderdiff.context.pause import NO_COLLECTIONS
from coderdiff.context.records import FileSymbols
from coderdiff.context.retrieval.asked import MOST_CHARS, Line, line_at
from coderdiff.context.retrieval.costs import Count, Counted
from coderdiff.context.retrieval.edits import EditLog
from coderdiff.context.retrieval.evidence import Evidence
from coderdiff.context.retrieval.gate import reason_for_nothing
from coderdiff.context.retrieval.known import Shared
from coderdiff.context.retrieval.lookup import Buffer, Overlay
from coderdiff.context.retrieval.missing import extends
from coderdiff.context.retrieval.modules.find import Modules
from coderdiff.context.retrieval.pack import Key, Taken, choose
from coderdiff.context.retrieval.rank import fuse
from coderdiff.context.retrieval.related import RelatedFiles
from coderdiff.context.retrieval.resolve import Resolver
from coderdiff.context.retrieval.retrieve import Retriever
from coderdiff.context.retrieval.snippets import Costed, compose
from coderdiff.context.retrieval.steady import stays
from coderdiff.context.retrieval.view import Words, view_of
from coderdiff.context.safety.deny import denied
from coderdiff.context.syntax.chunks import cut
from coderdiff.context.syntax.document import OpenDocument, to_bytes
from coderdiff.context.syntax.languages import language_of
from coderdiff.types import Document, Snippet

MOST_OPEN = 24
"""Documents whose trees are kept; the one used least recently goes first."""


@dataclass(frozen=True, slots=True)
class Context:
    """The pack for one cursor.

    `tokens` is what each snippet costs, its heading included, as the caller counts; `quiet` says why nothing was
    looked for (the pack is then empty, or the one that stood before); None if something was.
    """

    snippets: tuple[Snippet, ...]
    tokens: tuple[int, ...]
    latency_ms: float
    quiet: str | None = None


UNTITLED = "untitled"
"""The path of a document without one: a file of the root."""

NOTHING = Context((), (), 0.0)


@dataclass(frozen=True, slots=True)
class _World:
    """What is true of other files: the index's state, and the open documents by the hash of their text."""

    generation: int
    others: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """A line of a document, whatever is written on it: its number, and the text above and below it by hash."""

    world: _World
    above: int
    below: int
    line: int


@dataclass(frozen=True, slots=True)
class _Asked:
    """All that an answer depends on. `line` is what the line asks for that is being written."""

    place: _Place
    line: Line
    budget: int
    count: Count


@dataclass(frozen=True, slots=True)
class _Gathered:
    """What may help at a place: it holds for all that is written on its line."""

    place: _Place
    retriever: Retriever
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class _Held:
    """The last answer of a document: what it was asked, whether there was an answer to its line, what was chosen."""

    asked: _Asked
    of_line: bool
    taken: Sequence[Taken]
    context: Context

    def still_true(self, asked: _Asked) -> bool:
        """Whether what was chosen then stands in the files as it did, and is counted as it was."""
        then = self.asked
        return (then.place.world, then.budget, then.count) == (asked.place.world, asked.budget, asked.count)


class _Opened:
    """A document that is being edited: its tree, its words, what was gathered last, its last pack."""

    def __init__(self, path: str, text: str) -> None:
        self.document = OpenDocument(path, text)
        self.words = Words()
        self.gathered: _Gathered | None = None
        self.held: _Held | None = None
        self.lines: tuple[str, ...] = tuple(text.split("\n"))
        self._searched: tuple[FileSymbols, FileSymbols] | None = None

    def searched(self) -> FileSymbols:
        """The document's symbols with its chunks: other documents' cursors search it."""
        symbols = self.document.symbols()
        if self._searched is None or self._searched[0] is not symbols:
            self._searched = symbols, replace(symbols, chunks=cut(self.lines))
        return self._searched[1]


class Repository:
    """One repository's index and the documents that are open in it. Any thread may ask; one is answered at a time."""

    def __init__(self, index: Index, scanner: Scanner) -> None:
        self.index = index
        self.scanner = scanner
        self._opened: OrderedDict[str, _Opened] = OrderedDict()  # used last at the end
        self._edits = EditLog()
        self._related = RelatedFiles(index)
        self._paths: list[str] | None = None
        self._modules = Modules(())
        self._modules_of: int | None = None
        self._shared: tuple[tuple[_World, str], Shared] | None = None
        self._costs: Counted | None = None
        self._lock = threading.Lock()

    @staticmethod
    def open(root: Path, location: Path | None = None, say: Say = silent) -> Repository:
        """Open the index of a folder, which may be empty: `refresh` brings it up to date.

        `location` and `say` are `Index.open`'s.

        Raises InputError if the root is not a folder.
        """
        scanner = Scanner(root)
        return Repository(Index.open(scanner.root, location, say), scanner)

    @property
    def root(self) -> Path:
        """The top folder, links resolved."""
        return self.scanner.root

    def refresh(
        self,
        jobs: int = 1,
        report: Report = unreported,
        stop: Callable[[], bool] = lambda: False,
    ) -> BuildFigures:
        """Make the index say what is on disk (`build.refresh`): parses nothing, and packs can be asked for."""
        return refresh(self.index, self.scanner, jobs=jobs, report=report, stop=stop)

    def fill_in(
        self,
        jobs: int = 1,
        report: Report = unreported,
        stop: Callable[[], bool] = lambda: False,
    ) -> FillFigures:
        """Read the trees that no question has asked for yet (`fill.fill_in`), so that later packs need not wait."""
        return fill_in(self.index, jobs=jobs, report=report, stop=stop)

    def context(
        self,
        document: Document,
        offset: int,
        budget: int,
        count: Count,
        *,
        opened: Sequence[Document] = (),
    ) -> Context:
        """The pack for a cursor: at most `budget` tokens as `count` has them (of a whole snippet's text).

        `document.path` is absolute or relative to the root; it need not be on disk, and its text counts, not the
        disk's. `opened` are other documents open in the editor, likewise.

        Raises InputError for a document outside of the root.
        """
        began = time.perf_counter()
        with self._lock, NO_COLLECTIONS:
            answer = self._context(document, offset, budget, count, opened)
        return replace(answer, latency_ms=(time.perf_counter() - began) * 1000)

    def related(
        self, document: Document, offset: int, *, opened: Sequence[Document] = ()
    ) -> tuple[Document, ...]:
        """Whole files like the surroundings of a cursor, to repeat from (`retrieval/related.py`); arguments and errors
        are those of `context`. None for a document that no snippets are shown for."""
        path = self._relative(document)
        if denied(path):
            return ()
        before = _one_line_end(document.text[:offset])
        others = {self._relative(each): _one_line_end(each.text) for each in opened}
        others = {other: text for other, text in others.items() if other != path and not denied(other)}
        with self._lock:
            lines = _one_line_end(document.text).split("\n")
            return self._related.of(path, lines, before.count("\n") + 1, others)

    def forget(self) -> None:
        """Forget the open documents, their packs and edits, and what was found out for them; the index stays."""
        with self._lock:
            self._opened.clear()
            self._edits = EditLog()
            self._shared = None

    def close(self) -> None:
        """Close the index."""
        self.index.close()

    def __enter__(self) -> Repository:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _context(
        self,
        document: Document,
        offset: int,
        budget: int,
        count: Count,
        opened: Sequence[Document],
    ) -> Context:
        path = self._relative(document)
        if budget <= 0:
            return replace(NOTHING, quiet="the model is shown no snippets")
        if reason := denied(path):
            return replace(NOTHING, quiet=reason)
        text, before = _one_line_end(document.text), _one_line_end(document.text[:offset])
        line_start = before.rfind("\n") + 1
        line_end = text.find("\n", len(before))
        others = {self._relative(each): _one_line_end(each.text) for each in opened}
        others = {other: its for other, its in others.items() if other != path and not denied(other)}
        world = _World(
            self.index.generation, tuple(sorted((other, hash(its)) for other, its in others.items()))
        )
        place = _Place(
            world,
            hash(text[:line_start]),
            hash(text[line_end:]) if line_end >= 0 else 0,
            before.count("\n") + 1,
        )
        language = language_of(path)
        line = line_at(
            before, text[len(before) : len(before) + MOST_CHARS], language.name if language else None
        )
        asked = _Asked(place, line, budget, count)
        entry = self._entry(path, text)
        held = entry.held
        if held is not None and held.asked == asked:
            return held.context
        self._update(path, entry, text)
        quiet = reason_for_nothing(
            before[line_start:],
            entry.document.tree,
            len(to_bytes(before)),
            lambda: extends(entry.document.symbols(), entry.lines, place.line),
        )
        if quiet is not None:
            return replace(
                held.context if held is not None and held.still_true(asked) else NOTHING, quiet=quiet
            )
        return self._retrieved(path, entry, asked, others)

    def _retrieved(self, path: str, entry: _Opened, asked: _Asked, others: dict[str, str]) -> Context:
        """The pack for what is asked now, chosen anew unless the one that stands is as good."""
        gathered = self._gathered(path, entry, asked.place, others)
        evidence, held = gathered.evidence, entry.held
        answer = gathered.retriever.asked_for(asked.line, evidence.votes)
        is_answered = bool(answer.names or answer.needed)
        same_place = held is not None and held.still_true(asked) and held.asked.place == asked.place
        if held is not None and same_place and not is_answered and not held.of_line:
            return held.context
        ranking = fuse(replace(evidence, receiver=answer.names, needed=answer.needed))
        keys: frozenset[Key] = (
            frozenset(each.step.key for each in held.taken) if held is not None else frozenset()
        )
        costs = self._costs_by(asked.count)
        taken: Sequence[Taken] = choose(ranking, asked.budget, costs.parts, keys)
        if held is not None and held.still_true(asked) and stays(held.taken, taken, ranking):
            taken, context = held.taken, replace(held.context, quiet=None)
        else:
            context = _as_context(compose(taken, asked.budget, costs.wholes.__getitem__))
        entry.held = _Held(asked, is_answered, taken, context)
        return context

    def _gathered(self, path: str, entry: _Opened, place: _Place, others: dict[str, str]) -> _Gathered:
        """All that may help on a line: gathered once, for whatever is written there."""
        if entry.gathered is None or entry.gathered.place != place:
            buffers = {other: self._buffer(other, text) for other, text in others.items()}
            symbols = entry.document.symbols()
            buffers[path] = Buffer(entry.document.text, symbols)
            overlay = Overlay(self.index, buffers)
            modules = self._modules_now(overlay, place.world)
            resolver = Resolver(overlay, modules, path, self._shared_for(path, place.world))
            retriever = Retriever(resolver, view_of(path, entry.lines, place.line, symbols, entry.words))
            edits = self._edits.elsewhere(path, {other: each.lines for other, each in self._opened.items()})
            entry.gathered = _Gathered(place, retriever, retriever.gather(edits))
        return entry.gathered

    def _relative(self, document: Document) -> str:
        return self.scanner.relative(Path(document.path or UNTITLED))

    def _entry(self, path: str, text: str) -> _Opened:
        """The open document of a path, opened with this text if it is new."""
        entry = self._opened.get(path)
        if entry is None:
            entry = self._opened[path] = _Opened(path, text)
            while len(self._opened) > MOST_OPEN:
                self._opened.popitem(last=False)
        self._opened.move_to_end(path)
        return entry

    def _update(self, path: str, entry: _Opened, text: str) -> None:
        """Take over a document's text, and note what was changed."""
        if text == entry.document.text:
            return
        lines = tuple(text.split("\n"))
        self._edits.note(path, entry.lines, lines)
        entry.lines = lines
        entry.document.update(text)

    def _buffer(self, path: str, text: str) -> Buffer:
        """Another open document, its symbols kept up with it."""
        entry = self._entry(path, text)
        self._update(path, entry, text)
        return Buffer(text, entry.searched())

    def _modules_now(self, overlay: Overlay, world: _World) -> Modules:
        """Where modules are; made anew only when files came or went, or settings say something else."""
        if self._modules_of != world.generation or set(overlay.buffers) - set(self._paths or ()):
            paths = overlay.paths()
            if paths != self._paths or self._modules.outdated():
                self._paths, self._modules = paths, Modules(paths, self.index.text, self.root.name)
            self._modules_of = world.generation
        return self._modules

    def _shared_for(self, path: str, world: _World) -> Shared:
        """What was found out about other files; it holds while these stay as they are."""
        if self._shared is None or self._shared[0] != (world, path):
            self._shared = (world, path), Shared()
        return self._shared[1]

    def _costs_by(self, count: Count) -> Counted:
        if self._costs is None or self._costs.count != count:
            self._costs = Counted(count)
        return self._costs


def _as_context(costed: Sequence[Costed]) -> Context:
    return Context(tuple(each.snippet for each in costed), tuple(each.tokens for each in costed), 0.0)


def _one_line_end(text: str) -> str:
    """The text with "\\n" for every line end, as the index has it: lines keep their numbers."""
    return text.replace("\r\n", "\n") if "\r\n" in text else text
