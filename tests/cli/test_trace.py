from __future__ import annotations

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coderdiff.cli.trace import canvas_starts, page
from coderdiff.types import Completion, Document, FillRequest, Hole

from .conftest import ANSWER, COMMITTED, DRAFTED, DRAFTS, MASKED, Outcome, Scripted, step

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "]]>&amp;&lt;",
    "\u2028'\"\\u003c",
    "__TRACE__",
]


class Scripts(HTMLParser):
    """What a browser takes for scripts, with their attributes, and all that it would load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.loads: list[str | None] = []
        self._inside = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._inside = tag == "script"
        if self._inside:
            self.scripts.append((dict(attributes), ""))
        self.loads += [value for name, value in attributes if name in {"src", "href"}]

    def handle_endtag(self, tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            attributes, text = self.scripts[-1]
            self.scripts[-1] = attributes, text + data


def data_of(text: str) -> dict[str, object]:
    scripts = Scripts(text).scripts
    assert len(scripts) == 2, "the data and the player"
    assert scripts[0][0]["type"] == "application/json"
    return json.loads(scripts[0][1])


REQUEST = FillRequest(Document("def total(price, count):\n    return \n\nx = 1\n", "shop.py"), Hole(36, 36))


def joined(pieces: list[list[str]]) -> str:
    return "".join(text for text, _ in pieces)


def test_every_step_is_there() -> None:
    trace = data_of(page(REQUEST, DRAFTS, ANSWER))
    assert [one["forwards"] for one in trace["steps"]] == [1, 2, 3, 4]
    assert [one["remasked"] for one in trace["steps"]] == [0, 0, 1, 0]
    assert [one["ms"] for one in trace["steps"]] == [8.5, 17.0, 25.5, 34.0]
    assert trace["steps"][1]["tokens"] == [["price", 2, 0.97], [" + ", 2, 0.45], ["count", 1, 0.7]]
    assert trace["steps"][2]["tokens"][1] == [" * ", 0, 0.4]


def test_a_canvas_that_moves_on_keeps_its_positions() -> None:
    moving = [
        step(("a", COMMITTED, 1.0), ("b", MASKED, 0.1), ("c", COMMITTED, 0.9), forwards=1),
        step(("b", COMMITTED, 0.5), ("c", COMMITTED, 0.9), ("d", DRAFTED, 0.5), forwards=2, settled="a"),
        step(("e", COMMITTED, 0.5), ("", COMMITTED, 0.5), forwards=3, settled="abcd"),
        step(("e", COMMITTED, 0.5), ("", COMMITTED, 0.5), forwards=4, settled="abcd"),
        step(("?", MASKED, 0.5), forwards=5, settled="abcd\u00e9"),
    ]
    assert canvas_starts(moving) == [0, 1, 4, 4, 6]


def test_the_code_around_is_there_and_coloured() -> None:
    trace = data_of(page(REQUEST, DRAFTS, ANSWER))
    assert trace["firstLine"] == 1
    assert joined(trace["before"]) == "def total(price, count):\n    return "
    assert joined(trace["filled"]) == "price * count"
    assert joined(trace["after"]).startswith("\n\nx = 1")
    assert ["def", "keyword"] in trace["before"]
    assert ["1", "constant"] in trace["after"]


def test_nothing_comes_from_elsewhere() -> None:
    text = page(REQUEST, DRAFTS, ANSWER)
    assert Scripts(text).loads == []
    assert re.search(r"https?:|@import|url\(", text) is None
    assert "default-src 'none'" in text


@pytest.mark.parametrize("evil", HOSTILE)
def test_code_cannot_end_the_script(evil: str) -> None:
    request = FillRequest(Document(f"{evil}\n{evil}", f"{evil}.py"), Hole(0, 0))
    drafts = [step((evil, COMMITTED, 1.0), forwards=1, settled=evil)]
    text = page(request, drafts, Completion(evil, "stop", 1, 1, 1.0, evil, evil))
    trace = data_of(text)
    assert trace["text"] == evil
    assert trace["steps"][0]["tokens"][0][0] == evil
    assert trace["steps"][0]["settled"] == evil
    assert joined(trace["filled"]) == evil
    assert trace["model"] == evil


@given(st.text(), st.text())
def test_any_text_comes_back(code: str, filled: str) -> None:
    document = Document(code, "x.py")
    trace = data_of(
        page(FillRequest(document, Hole(0, 0)), [], Completion(filled, "stop", 0, 0, 0.0, "m", "p"))
    )
    assert trace["text"] == filled
    assert len(joined(trace["filled"])) == len(filled)


def test_the_option_writes_the_page(
    coderdiff: Callable[..., Outcome], scripted: Scripted, source: Path
) -> None:
    target = source.parent / "page.html"
    outcome = coderdiff("complete", f"{source}:2:12", "--trace", target, "--json")
    assert outcome.status == 0
    assert json.loads(outcome.out)["text"] == "price * count"
    assert str(target) in outcome.err
    assert len(data_of(target.read_text(encoding="utf-8"))["steps"]) == len(DRAFTS)
