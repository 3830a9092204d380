"""From a cursor to a pack: what is shown, what never is, and how long it stays the same."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coderdiff.context.answer import Context
from coderdiff.context.files.scan import Scanner
from coderdiff.context.index.index import Index
from coderdiff.context.repository import Repository
from coderdiff.errors import InputError
from coderdiff.types import Document

from .indexing import write

STORE = '''"""Where parcels are kept."""


class Shelf:
    """A numbered place."""

    def __init__(self, number: int) -> None:
        self.number = number

    def put_parcel(self, weight: float) -> bool:
        """Whether it fits."""
        return weight < self.number

    def take_parcel(self) -> float:
        return 1.0


def nearest_shelf(number: int) -> Shelf:
    return Shelf(number)
'''
DESK = '''"""Hand parcels over the desk."""

from store import Shelf, nearest_shelf


def hand_over(weight):
    shelf = nearest_shelf(3)
{indent}
    return weight


def other(weight):
    return weight
'''.replace("{indent}", "    ")
CALLER = """from store import nearest_shelf


def tidy_up():
    shelf = nearest_shelf(1)
    if shelf.put_parcel(2.0):
        return shelf.take_parcel()
"""
FILES = {"store.py": STORE, "desk.py": DESK, "caller.py": CALLER, "README.md": "# Parcels\n"}


def count(text: str) -> int:
    """Lexemes."""
    return len(re.findall(r"\w+|[^\w\s]", text))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "parcels"
    write(folder, FILES)
    return folder


@pytest.fixture
def repository(root: Path) -> Iterator[Repository]:
    with Repository(Index.in_memory(root), Scanner(root)) as opened:
        opened.refresh()
        yield opened


def at(text: str, line: int, typed: str = "") -> tuple[Document, int]:
    """The desk with something typed at the end of a line (1-based), and the cursor behind it."""
    lines = text.split("\n")
    lines[line - 1] += typed
    return Document("\n".join(lines), "desk.py"), sum(len(each) + 1 for each in lines[:line]) - 1


def ask(
    repository: Repository, typed: str = "", line: int = 8, budget: int = 300, **others: object
) -> Context:
    return repository.context(*at(DESK, line, typed), budget, count, **others)  # type: ignore[arg-type]


def shown(context: Context) -> str:
    return "\n".join(f"{snippet.path}\n{snippet.text}" for snippet in context.snippets)


def test_what_the_line_may_need_is_shown(repository: Repository) -> None:
    context = ask(repository)
    assert "put_parcel" in shown(context)
    assert "take_parcel" in shown(context)
    assert context.quiet is None
    assert all(snippet.path != "desk.py" for snippet in context.snippets)
    assert all(snippet.reason and snippet.score > 0 for snippet in context.snippets)


def test_costs_are_the_whole_snippets_and_within_the_budget(repository: Repository) -> None:
    for budget in (0, 5, 20, 40, 80, 160, 1000):
        context = ask(repository, budget=budget)
        repository.forget()
        costs = [count(f"# {snippet.path}\n{snippet.text}\n") for snippet in context.snippets]
        assert list(context.tokens) == costs
        assert sum(costs) <= budget


def test_the_collector_stands_still_while_a_pack_is_made(repository: Repository) -> None:
    running: list[bool] = []

    def watching(text: str) -> int:
        running.append(gc.isenabled())
        return count(text)

    repository.context(*at(DESK, 8), 300, watching)
    assert running
    assert not any(running)


def test_every_keystroke_of_a_line_gets_the_same_pack(repository: Repository) -> None:
    first = ask(repository)
    for typed in ("f", "fit", "fits", "fits ", "fits = ", "fits = sh", "fits = shelf"):
        assert ask(repository, typed).snippets == first.snippets


def test_a_receiver_that_is_written_asks_for_its_members(repository: Repository) -> None:
    members = ask(repository, "shelf.", budget=60)
    assert "put_parcel" in shown(members)
    assert ask(repository, "shelf.pu", budget=60).snippets == members.snippets


def test_the_pack_does_not_depend_on_what_was_asked_before(repository: Repository) -> None:
    fresh = ask(repository, budget=80)
    repository.forget()
    ask(repository, line=12, budget=80)
    repository.forget()
    assert ask(repository, budget=80).snippets == fresh.snippets


def test_nothing_is_looked_for_in_a_comment_and_the_pack_stays(repository: Repository) -> None:
    assert ask(repository, "# put").quiet == "in a comment"
    assert ask(repository, "# put").snippets == ()
    standing = ask(repository)
    commented = ask(repository, "# put")
    assert commented.snippets == standing.snippets
    document, cursor = at(DESK, 1, "x")
    told = repository.context(document, cursor - 6, 300, count)
    assert (told.quiet, told.snippets) == ("in a string", standing.snippets)


def test_open_documents_stand_for_their_files(repository: Repository) -> None:
    changed = Document(STORE.replace("put_parcel", "shove_parcel"), "store.py")
    assert "shove_parcel" in shown(ask(repository, opened=[changed]))
    assert "put_parcel" in shown(ask(repository))


def test_a_new_file_that_is_only_open_counts(repository: Repository, root: Path) -> None:
    text = DESK.replace("from store import Shelf, nearest_shelf", "from attic import Shelf, nearest_shelf")
    opened = [Document(STORE.replace("put_parcel", "hoist_parcel"), str(root / "attic.py"))]
    context = repository.context(*at(text, 8), 300, count, opened=opened)
    assert "hoist_parcel" in shown(context)


def test_saved_changes_are_seen_after_a_refresh(repository: Repository, root: Path) -> None:
    ask(repository)
    write(root, {"store.py": STORE.replace("put_parcel", "drop_parcel"), "caller.py": ""})
    repository.refresh()
    assert "drop_parcel" in shown(ask(repository))
    assert "put_parcel" not in shown(ask(repository))


def test_an_edit_elsewhere_is_shown(repository: Repository) -> None:
    lines = "\n".join(f"value_{number} = {number}" for number in range(60))
    before, after = (
        Document(lines, "far.py"),
        Document(lines.replace("value_30 = 30", "brand_new = 1"), "far.py"),
    )
    repository.context(before, 0, 300, count)
    repository.context(after, 0, 300, count)
    context = ask(repository, opened=[after])
    assert any("brand_new" in each.text and each.reason == "changed lately" for each in context.snippets)


def test_line_ends_do_not_matter(repository: Repository) -> None:
    plain = ask(repository)
    repository.forget()
    document, cursor = at(DESK, 8)
    folded = document.text.replace("\n", "\r\n")
    context = repository.context(Document(folded, "desk.py"), cursor + 7, 300, count)
    assert context.snippets == plain.snippets


def test_secrets_and_forgeries_of_open_files_are_not_shown(repository: Repository) -> None:
    secret = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    text = STORE.replace("return weight < self.number", f'return "{secret}" < "\u202ex<|endoftext|>"')
    lines = text.replace("put_parcel", "put_parcel_now")
    context = ask(repository, opened=[Document(text, "store.py")], budget=2000)
    edited = ask(repository, opened=[Document(lines, "store.py")], budget=2000)
    for each in (context, edited):
        assert "put_parcel" in shown(each)
        assert secret[4:12] not in shown(each)
        assert "\u202e" not in shown(each)
        assert "<|endoftext|>" not in shown(each)


def test_files_that_may_hold_secrets_ask_for_nothing_and_show_nothing(repository: Repository) -> None:
    context = repository.context(Document("TOKEN=1\n", ".env"), 0, 300, count)
    assert context.snippets == ()
    assert context.quiet is not None
    assert "secrets" in context.quiet
    env = Document("hand_over shelf nearest_shelf put_parcel", ".env")
    assert all(each.path != ".env" for each in ask(repository, opened=[env]).snippets)


def test_documents_outside_are_refused(repository: Repository) -> None:
    with pytest.raises(InputError, match="is not in"):
        repository.context(Document("", "../other.py"), 0, 300, count)


def test_a_document_without_a_path_and_an_unknown_language(repository: Repository) -> None:
    context = repository.context(Document("call nearest_shelf and put_parcel\n"), 5, 300, count)
    assert all(each.path in FILES for each in context.snippets)


@pytest.fixture(scope="module")
def samples() -> Iterator[Repository]:
    root = Path(__file__).parent / "syntax" / "samples"
    with Repository(Index.in_memory(root), Scanner(root)) as opened:
        opened.refresh()
        yield opened


@settings(max_examples=40)
@given(text=st.text(alphabet="def self.shlf()=\n\t \"'#{é", max_size=60), line=st.integers(1, 14))
def test_any_text_gets_an_answer(samples: Repository, text: str, line: int) -> None:
    document, cursor = at(DESK, line, text)
    context = samples.context(document, cursor, 100, count)
    assert sum(context.tokens) <= 100


def test_code_of_an_open_document_is_an_example(repository: Repository) -> None:
    """Its buffer is searched, not what the index has of it."""
    other = CALLER.replace("2.0", "heavy_parcel_weight")
    found = ask(repository, opened=[Document(other, "caller.py")])
    assert "shelf.put_parcel(heavy_parcel_weight)" in shown(found)
    assert "shelf.put_parcel(2.0)" not in shown(found)


def test_settings_that_change_are_followed(tmp_path: Path) -> None:
    files = {
        "tsconfig.json": '{"compilerOptions": {"paths": {"@parts/*": ["./one/*"]}}}',
        "one/shelf.ts": "export function putParcel(weight: number): void {}\n",
        "two/shelf.ts": "export function takeParcel(weight: number): void {}\n",
        "desk.ts": "",
    }
    write(tmp_path / "shop", files)
    text = """import * as shelf from "@parts/shelf";

function go() {
    shelf.putParcel(1);
    shelf.takeParcel(2);

}
"""
    with Repository.open(tmp_path / "shop", tmp_path / "index") as repository:
        for folder in ("one", "two"):
            write(repository.root, {"tsconfig.json": files["tsconfig.json"].replace("one", folder)})
            repository.refresh()
            found = repository.context(Document(text, "desk.ts"), text.index("\n\n}") + 1, 300, count)
            called = {each.path for each in found.snippets if "called on line" in each.reason}
            assert called == {f"{folder}/shelf.ts"}
