"""A completer with the repository in sight."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from coderdiff.context.completer import WithContext
from coderdiff.context.files.scan import Scanner
from coderdiff.context.index.index import Index
from coderdiff.context.repository import Repository
from coderdiff.types import Completion, Document, Draft, FillRequest, Hole, Limits, Snippet, complete

from .indexing import FILES, write

SHOP = FILES["app/shop.py"]
AT = SHOP.index("total_area([circle])")


@dataclass
class Remembering:
    """Answers at once and remembers what it was asked."""

    pack_tokens: int = 200
    chats: bool = True
    model: str = "remembering"
    asked: list[FillRequest] = field(default_factory=list)

    def count(self, text: str) -> int:
        return len(text.split()) + 1

    def fill(
        self, request: FillRequest, cancelled: Callable[[], bool] | None = None
    ) -> Generator[Draft, None, Completion]:
        self.asked.append(request)
        yield Draft("", (), "", 1, 0, 1.0)
        return Completion("x", "stop", 1, 1, 5.0, self.model, "none", context=request.pack)


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Repository]:
    write(tmp_path, FILES)
    with Repository(Index.in_memory(tmp_path), Scanner(tmp_path)) as opened:
        opened.refresh()
        yield opened


def request(start: int = AT, end: int = AT, **more: object) -> FillRequest:
    return FillRequest(Document(SHOP, "app/shop.py"), Hole(start, end), **more)  # type: ignore[arg-type]


def test_a_request_gets_the_pack_for_its_hole(repository: Repository) -> None:
    inner = Remembering()
    completion = complete(WithContext(inner, repository), request())
    assert "shapes.py" in {each.path for each in inner.asked[0].pack}
    assert completion.context == inner.asked[0].pack
    assert completion.latency_ms > 5.0


def test_what_stands_in_the_hole_has_no_say(repository: Repository) -> None:
    line_end = SHOP.index("\n", AT)
    filled = WithContext(Remembering(), repository).context(request(AT, line_end))
    repository.forget()
    emptied = FillRequest(Document(SHOP[:AT] + SHOP[line_end:], "app/shop.py"), Hole(AT, AT))
    assert WithContext(Remembering(), repository).context(emptied).snippets == filled.snippets


def test_a_pack_of_the_clients_own_is_kept(repository: Repository) -> None:
    inner = Remembering()
    own = (Snippet("a.py", 1, 1, "x", "body", 1.0, "sent"),)
    complete(WithContext(inner, repository), request(pack=own))
    assert inner.asked[0].pack == own


def test_a_request_gets_the_files_it_may_repeat_unless_it_brings_its_own(repository: Repository) -> None:
    inner = Remembering()
    own = (Document("x = 1\n", "mine.py"),)
    complete(WithContext(inner, repository), request())
    complete(WithContext(inner, repository), request(related=own))
    assert "shapes.py" in {each.path for each in inner.asked[0].related}
    assert inner.asked[1].related == own


def test_gathering_counts_against_the_deadline(repository: Repository) -> None:
    inner = Remembering()
    complete(WithContext(inner, repository), request(limits=Limits(deadline_ms=1000.0)))
    left = inner.asked[0].limits.deadline_ms
    assert left is not None
    assert 0 < left < 1000.0
    complete(WithContext(inner, repository), request(Hole(0, 0).start, 0, limits=Limits(deadline_ms=0.0)))
    assert inner.asked[1].limits.deadline_ms == 0.0


def test_a_model_that_is_shown_no_snippets_gets_none(repository: Repository) -> None:
    inner = Remembering(pack_tokens=0)
    complete(WithContext(inner, repository), request())
    assert inner.asked[0].pack == ()


def test_what_else_is_open_counts(repository: Repository) -> None:
    changed = Document(FILES["shapes.py"].replace("total_area", "sum_of_areas"), "shapes.py")
    wrapped = WithContext(Remembering(), repository, lambda: [changed])
    text = SHOP.replace("total_area([circle]) * ", "")
    found = wrapped.context(FillRequest(Document(text, "app/shop.py"), Hole(AT, AT)))
    assert any("sum_of_areas" in each.text for each in found.snippets)
    assert (wrapped.model, wrapped.count("a b")) == ("remembering", 3)
