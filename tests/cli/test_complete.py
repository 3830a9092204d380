from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path

import pytest

from coderdiff.types import Completion, Hole, Limits, Sampling, Snippet

from .conftest import ANSWER, Outcome, Scripted

Command = Callable[..., Outcome]


class TestOutput:
    def test_a_pipe_gets_the_text_alone(self, coderdiff: Command, scripted: Scripted, source: Path) -> None:
        assert coderdiff("complete", f"{source}:2:12") == Outcome(0, "price * count\n", "")

    def test_json_is_one_object(self, coderdiff: Command, scripted: Scripted, source: Path) -> None:
        outcome = coderdiff("complete", f"{source}:2:12", "--json", "--policy", "verified")
        assert outcome.out.count("\n") == 1
        assert json.loads(outcome.out) == {
            "text": "price * count",
            "finish_reason": "stop",
            "withdrawn": False,
            "tokens": 4,
            "forwards": 4,
            "latency_ms": 38.0,
            "model": "scripted",
            "policy": "verified",
            "confidence": None,
            "context": [],
        }

    def test_json_says_how_likely_it_is_kept(
        self, coderdiff: Command, scripted: Scripted, source: Path
    ) -> None:
        scripted.answer = replace(ANSWER, confidence=0.61803)
        assert json.loads(coderdiff("complete", f"{source}:2:12", "--json").out)["confidence"] == 0.618

    def test_json_shows_the_context(self, coderdiff: Command, scripted: Scripted, source: Path) -> None:
        scripted.answer = replace(ANSWER, context=(Snippet("a.py", 1, 2, "x", "body", 0.5, "import"),))
        [snippet] = json.loads(coderdiff("complete", f"{source}:2:12", "--json").out)["context"]
        assert snippet == {
            "path": "a.py", "start_line": 1, "end_line": 2, "text": "x",
            "resolution": "body", "score": 0.5, "reason": "import",
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("answer", "why"),
        [
            (replace(ANSWER, text=""), "offers nothing"),
            (replace(ANSWER, text="", withdrawn=True), "completion was withdrawn"),
            (replace(ANSWER, text="", finish_reason="deadline"), "deadline"),
        ],
    )
    def test_an_empty_answer_is_said_in_words(
        self, coderdiff: Command, scripted: Scripted, source: Path, answer: Completion, why: str
    ) -> None:
        scripted.answer = answer
        outcome = coderdiff("complete", f"{source}:2:12", "--json")
        assert outcome.status == 0
        assert json.loads(outcome.out)["text"] == ""
        assert outcome.err.count("\n") == 1
        assert why in outcome.err

    def test_a_terminal_shows_the_code_in_its_place(
        self, coderdiff: Command, scripted: Scripted, source: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        monkeypatch.setenv("TERM", "xterm-256color")
        monkeypatch.setenv("NO_COLOR", "1")
        monkeypatch.setenv("COLUMNS", "100")
        outcome = coderdiff("complete", f"{source}:2:12", "--pace", "1")
        lines = outcome.out.splitlines()
        assert lines[-1].endswith(
            "4 tokens in 4 forwards (1.0 a forward), 38 ms · scripted · revise · stop\x1b[0m"
        )
        assert "return" in lines[-2]
        assert "price * count" in lines[-2]
        assert "░" in outcome.out
        assert "\x1b[38" not in outcome.out, "NO_COLOR is set"
        assert "\x1b[36" not in outcome.out, "NO_COLOR is set"


class TestRequest:
    def test_every_option_arrives(self, coderdiff: Command, scripted: Scripted, source: Path) -> None:
        coderdiff(
            "complete", f"{source}:2:12", "--policy", "entropy", "--max-tokens", 7, "--deadline-ms", 90,
            "--seed", 3, "--temperature", 0.5, "--stop", "\n\n", "--stop", "def ",
        )  # fmt: skip
        [request] = scripted.requests
        assert request.limits == Limits(7, ("\n\n", "def "), 90.0)
        assert request.sampling == Sampling(0.5, 3)
        assert request.policy == "entropy"
        assert request.document.path == str(source)

    def test_defaults_are_the_vocabulary_s(
        self, coderdiff: Command, scripted: Scripted, source: Path
    ) -> None:
        coderdiff("complete", f"{source}:2:12")
        [request] = scripted.requests
        assert (request.limits, request.sampling, request.policy) == (Limits(), Sampling(), None)

    @pytest.mark.parametrize(
        ("place", "hole"), [(":2", Hole(32, 32)), (":1:1", Hole(0, 0)), (":1:5-1:8", Hole(4, 7))]
    )
    def test_places(
        self, coderdiff: Command, scripted: Scripted, source: Path, place: str, hole: Hole
    ) -> None:
        coderdiff("complete", f"{source}{place}")
        assert scripted.requests[0].hole == hole

    def test_the_model_sees_plain_line_ends(
        self, coderdiff: Command, scripted: Scripted, source: Path
    ) -> None:
        source.write_bytes(b"\xef\xbb\xbfif x:\r\n\ty\r\n")
        coderdiff("complete", f"{source}:2:3")
        [request] = scripted.requests
        assert request.document.text == "if x:\n\ty\n"
        assert request.hole == Hole(8, 8)


class TestWrite:
    def test_the_file_stays_without_it(self, coderdiff: Command, scripted: Scripted, source: Path) -> None:
        before = source.read_bytes()
        coderdiff("complete", f"{source}:2:12")
        coderdiff("complete", f"{source}:2:12", "--json")
        assert source.read_bytes() == before
        assert list(source.parent.iterdir()) == [source]

    @pytest.mark.parametrize(
        "change",
        [
            (b"if x:\r\n\ty = \r\n", "2:6", b"if x:\r\n\ty = 1\r\n\tz = \xc3\xa9\r\n"),
            (b"\xef\xbb\xbfy = \n", "1:5", b"\xef\xbb\xbfy = 1\n\tz = \xc3\xa9\n"),
            (b"# \xe9t\xe9\ny = \n", "2:5", b"# \xe9t\xe9\ny = 1\n\tz = \xe9\n"),
            (b"a\rb\ny = OLD!\r", "3:5-3:8", b"a\rb\ny = 1\r\tz = \xc3\xa9!\r"),
        ],
    )
    def test_bytes_around_it_stay(
        self, coderdiff: Command, scripted: Scripted, source: Path, change: tuple[bytes, str, bytes]
    ) -> None:
        stored, place, expected = change
        source.write_bytes(stored)
        source.chmod(0o750)
        scripted.answer = replace(ANSWER, text="1\n\tz = é")
        outcome = coderdiff("complete", f"{source}:{place}", "--write", "--json")
        assert outcome.status == 0
        assert json.loads(outcome.out)["text"] == "1\n\tz = é"
        assert source.read_bytes() == expected
        if os.name == "posix":
            assert stat.S_IMODE(source.stat().st_mode) == 0o750

    def test_an_empty_answer_never_deletes_the_selection(
        self, coderdiff: Command, scripted: Scripted, source: Path
    ) -> None:
        before = source.read_bytes()
        scripted.answer = replace(ANSWER, text="", withdrawn=True)
        coderdiff("complete", f"{source}:1:1-2:3", "--write")
        assert source.read_bytes() == before

    def test_a_file_that_was_edited_meanwhile_is_left_alone(
        self, coderdiff: Command, scripted: Scripted, source: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fill = scripted.fill

        def slow_fill(*arguments: object) -> object:
            source.write_text("edited by someone\n")
            return fill(*arguments)

        monkeypatch.setattr(scripted, "fill", slow_fill)
        outcome = coderdiff("complete", f"{source}:2:12", "--write")
        assert outcome.status == 2
        assert "changed on disk" in outcome.err
        assert source.read_text() == "edited by someone\n"


class TestRefusals:
    """Each is one line on stderr, status 2, before a model is opened."""

    @pytest.mark.parametrize(
        ("stored", "place", "message"),
        [
            (None, "1:1", "no such file"),
            (b"x\0y", "1:1", "binary file"),
            (b"x = 1\n", "9:1", "line 9 is out of range: a.py has 1 line"),
            (b"x = 1\n", "1:9", "column 9 is out of range: line 1 of a.py has 5 characters"),
            (b"x = 1\n", "0:1", "line 0 is out of range"),
            (b"x = 1\n", "1:0", "column 0 is out of range"),
            (b"x = 1\n", "here", "cannot read"),
            (b"x = 1\n", "1:3-1:1", "ends before it starts"),
            (b"x" * 10_000_001, "1:1", "too large"),
        ],
    )
    def test_input(
        self, outcome_at: Callable[..., Outcome], stored: bytes | None, place: str, message: str
    ) -> None:
        outcome = outcome_at(stored, place)
        assert (outcome.status, outcome.out) == (2, "")
        assert outcome.err.startswith("coderdiff: ")
        assert outcome.err.count("\n") == 1
        assert message in outcome.err

    @pytest.fixture
    def outcome_at(
        self, coderdiff: Command, scripted: Scripted, tmp_path: Path
    ) -> Generator[Callable[[bytes | None, str], Outcome], None, None]:
        """Completes at a place in a.py, which holds the bytes given or is not there."""

        def call(stored: bytes | None, place: str) -> Outcome:
            path = tmp_path / "a.py"
            if stored is not None:
                path.write_bytes(stored)
            return coderdiff("complete", f"{path}:{place}", "--json")

        yield call
        assert scripted.requests == []

    def test_folder(self, coderdiff: Command, scripted: Scripted, tmp_path: Path) -> None:
        outcome = coderdiff("complete", f"{tmp_path}:1:1")
        assert outcome.status == 2
        assert "is a folder" in outcome.err

    def test_a_trace_never_replaces_a_source_file(
        self, coderdiff: Command, scripted: Scripted, source: Path
    ) -> None:
        before = source.read_bytes()
        outcome = coderdiff("complete", f"{source}:2:12", "--trace", source)
        assert outcome.status == 2
        assert ".html" in outcome.err
        assert source.read_bytes() == before

    def test_a_trace_nowhere(self, coderdiff: Command, scripted: Scripted, source: Path) -> None:
        outcome = coderdiff("complete", f"{source}:2:12", "--trace", source.parent / "no" / "page.html")
        assert outcome.status == 2
        assert "no such folder" in outcome.err
        assert scripted.requests == []
