"""A repository open for completion: from a cursor in a document to the pack of snippets to show there.

    document, cursor -> gate -> view -> evidence (retrieve) -> ranking (rank) -> choice (pack) -> snippets

The one place that puts the parts of this room together. Answers are remembered by what they depend on: on one line
all keystrokes get the same pack, unless a dot, an import or a call is begun that asks for more (`asked.py`); on
another line the pack stays while it is nearly as good as the best one (`steady.py`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from coderdiff.context.answer import NOTHING, Asked, Context, Gathered, Held, Place, World
from coderdiff.context.files.scan import Scanner
from coderdiff.context.index.build import BuildFigures, refresh
from coderdiff.context.index.database import Say, silent
from coderdiff.context.index.fill import FillFigures, fill_in
from coderdiff.context.index.index import Index
from coderdiff.context.index.survey import Report, unreported
from coderdiff.context.opened import OpenDocuments, Opened
from coderdiff.context.pause import NO_COLLECTIONS
from coderdiff.context.retrieval.asked import MOST_CHARS, line_at
from coderdiff.context.retrieval.costs import Count, Counted
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
from coderdiff.context.retrieval.view import view_of
from coderdiff.context.safety.deny import denied
from coderdiff.context.syntax.document import to_bytes
from coderdiff.context.syntax.languages import language_of
from coderdiff.types import Document

UNTITLED = "untitled"
"""The path of a document without one: a file of the root."""


class Repository:
    """One repository's index and the documents that are open in it. Any thread may ask; one is answered at a time."""

    def __init__(self, index: Index, scanner: Scanner) -> None:
        self.index = index
        self.scanner = scanner
        self._opened = OpenDocuments()
        self._related = RelatedFiles(index)
        self._paths: list[str] | None = None
        self._modules = Modules(())
        self._modules_of: int | None = None
        self._shared: tuple[tuple[World, str], Shared] | None = None
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
            self._opened = OpenDocuments()
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
        world = World(
            self.index.generation, tuple(sorted((other, hash(its)) for other, its in others.items()))
        )
        place = Place(
            world,
            hash(text[:line_start]),
            hash(text[line_end:]) if line_end >= 0 else 0,
            before.count("\n") + 1,
        )
        language = language_of(path)
        line = line_at(
            before, text[len(before) : len(before) + MOST_CHARS], language.name if language else None
        )
        asked = Asked(place, line, budget, count)
        entry = self._opened.at(path, text)
        held = entry.held
        if held is not None and held.asked == asked:
            return held.context
        self._opened.update(path, text)
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

    def _retrieved(self, path: str, entry: Opened, asked: Asked, others: dict[str, str]) -> Context:
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
        entry.held = Held(asked, is_answered, taken, context)
        return context

    def _gathered(self, path: str, entry: Opened, place: Place, others: dict[str, str]) -> Gathered:
        """All that may help on a line: gathered once, for whatever is written there."""
        if entry.gathered is None or entry.gathered.place != place:
            buffers = {other: self._opened.buffer(other, text) for other, text in others.items()}
            symbols = entry.document.symbols()
            buffers[path] = Buffer(entry.document.text, symbols)
            overlay = Overlay(self.index, buffers)
            modules = self._modules_now(overlay, place.world)
            resolver = Resolver(overlay, modules, path, self._shared_for(path, place.world))
            retriever = Retriever(resolver, view_of(path, entry.lines, place.line, symbols, entry.words))
            evidence = retriever.gather(self._opened.edits_elsewhere(path))
            entry.gathered = Gathered(place, retriever, evidence)
        return entry.gathered

    def _relative(self, document: Document) -> str:
        return self.scanner.relative(Path(document.path or UNTITLED))

    def _modules_now(self, overlay: Overlay, world: World) -> Modules:
        """Where modules are; made anew only when files came or went, or settings say something else."""
        if self._modules_of != world.generation or set(overlay.buffers) - set(self._paths or ()):
            paths = overlay.paths()
            if paths != self._paths or self._modules.outdated():
                self._paths, self._modules = paths, Modules(paths, self.index.text, self.root.name)
            self._modules_of = world.generation
        return self._modules

    def _shared_for(self, path: str, world: World) -> Shared:
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
