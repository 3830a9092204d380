"""What is gathered for a cursor in a small repository, list by list, and in which order."""

from __future__ import annotations

from textwrap import dedent

from coderdiff.context.retrieval.asked import Line
from coderdiff.context.retrieval.evidence import Edit, Evidence
from coderdiff.context.retrieval.known import Shared
from coderdiff.context.retrieval.lookup import Overlay
from coderdiff.context.retrieval.modules.find import Modules
from coderdiff.context.retrieval.rank import fuse
from coderdiff.context.retrieval.resolve import Resolver
from coderdiff.context.retrieval.retrieve import Retriever
from coderdiff.context.retrieval.view import View, Words, view_of
from coderdiff.context.syntax.symbols import read_symbols

from .lookups import Sources, buffers

FILES = {
    "store.py": """\
        class Base:
            def weigh(self): ...

        class Shelf(Base):
            def put_parcel(self, weight): ...
            def take_parcel(self): ...

        def nearest_shelf(number) -> Shelf:
            return Shelf(number)

        def unrelated(): ...
    """,
    "labels.py": """\
        class Label:
            def stick_on(self): ...

        def never_used(): ...
    """,
    "beside.py": "def sweep_floor(): ...\n",
    "caller.py": """\
        from store import nearest_shelf

        def tidy(weight):
            shelf = nearest_shelf(1)
            if shelf.put_parcel(weight):
                return shelf.take_parcel()
    """,
    "deep/far.py": "def mop_ceiling(): ...\n",
}
DESK = dedent("""\
    from store import Base, nearest_shelf
    from labels import Label

    class Desk(Base):
        def weigh(self):
            return 1

    def hand_over(weight):
        shelf = nearest_shelf(3)
        CURSOR
        return weight
""")
LINE = 10


def gathered(
    desk: str = DESK, line: int = LINE, opened: dict[str, str] | None = None, edits: tuple[Edit, ...] = ()
) -> tuple[Retriever, View, Evidence]:
    symbols = read_symbols("desk.py", desk.encode())
    overlay = Overlay(Sources({**FILES, "desk.py": desk}), buffers({"desk.py": desk, **(opened or {})}))
    view = view_of("desk.py", tuple(desk.split("\n")), line, symbols, Words())
    retriever = Retriever(Resolver(overlay, Modules(overlay.paths()), "desk.py", Shared()), view)
    return retriever, view, retriever.gather(edits)


def names(found: object) -> list[str]:
    return [each.name for each in found]  # type: ignore[attr-defined]


def test_each_list_holds_what_it_says() -> None:
    _, _, evidence = gathered()
    assert names(evidence.in_play)[:3] == ["nearest_shelf", "Label", "Base"]
    assert set(names(evidence.members)) == {"put_parcel", "take_parcel"}
    assert names(evidence.imported)[0] == "stick_on"
    assert {"Shelf", "unrelated", "never_used"} <= set(names(evidence.modules))
    assert "sweep_floor" in names(evidence.beside)
    assert "mop_ceiling" not in names(evidence.beside)
    reasons = {each.chunk.path: each.reason for each in evidence.alike}
    assert reasons["caller.py"] == "uses nearest_shelf too"
    assert evidence.related[0].reason.startswith("body of nearest_shelf, imported by line 1")
    assert evidence.votes["put_parcel"] > 0
    assert "nearest_shelf" not in evidence.votes, "the file shows it already"
    assert "shelf" not in evidence.votes, "nobody defines it"
    for listed in (evidence.in_play, evidence.members, evidence.imported, evidence.modules, evidence.beside):
        assert all(each.here.path != "desk.py" and each.reason for each in listed)


def test_the_line_being_written_changes_nothing() -> None:
    _, _, first = gathered()
    for typed in ("shelf.take_parcel(", "x = Label().stick_on()", "", "x = '"):
        _, _, other = gathered(DESK.replace("CURSOR", typed))
        assert names(other.members) == names(first.members), typed
        assert names(other.imported) == names(first.imported), typed
        assert other.votes == first.votes, typed


def test_members_of_a_receiver() -> None:
    retriever, _, evidence = gathered()
    found = retriever.asked_for(Line("shelf"), evidence.votes).names
    assert set(names(found)) == {"put_parcel", "take_parcel", "weigh"}
    assert names(found)[-1] == "weigh", "the file has a word of that name already"
    assert found[0].reason == "member of shelf"
    assert names(retriever.asked_for(Line("Label()"), evidence.votes).names) == ["stick_on"]
    assert not retriever.asked_for(Line("weight"), evidence.votes).names


def test_what_is_overridden_is_related() -> None:
    _, _, evidence = gathered(line=6)
    assert evidence.related[0].reason == "Base.weigh is overridden here"
    assert evidence.related[0].chunk.text == "    def weigh(self): ..."


def test_open_files_are_searched_as_they_are_now() -> None:
    text = dedent(FILES["caller.py"]).replace("take_parcel", "take_parcel_at_once")
    _, _, evidence = gathered(opened={"caller.py": text})
    assert [each.chunk.path for each in evidence.opened] == ["caller.py"]
    assert "take_parcel_at_once" in evidence.opened[0].chunk.names
    assert all(each.chunk.path != "caller.py" for each in evidence.alike)
    assert evidence.votes["put_parcel"] > 0
    assert evidence.opened[0] in [example for example, _ in fuse(evidence).examples]


def test_the_last_edit_comes_first() -> None:
    edits = (Edit("labels.py", 1, 1, "class Label:"), Edit("store.py", 1, 2, "class Base:\n    def weigh"))
    _, _, evidence = gathered(edits=edits)
    assert [each.chunk.path for each in evidence.edited] == ["store.py", "labels.py"]
    assert evidence.edited[0].chunk.names == {"class", "Base", "def", "weigh"}


def test_a_file_that_the_index_does_not_have_is_no_trouble() -> None:
    _, view, evidence = gathered("x = \n", line=1)
    assert view.scope == ""
    assert not evidence.in_play
    assert set(names(evidence.beside)) >= {"sweep_floor", "Shelf"}
