"""`--trace FILE.html`: one self-contained page that replays a fill, step by step.

The page is `trace.html` with the steps put in as JSON. Its script builds every node from text, never from
markup, and the JSON has no "<" of its own, so nothing that the code says can end the script or become part of
the page.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import resources

from rich.style import Style
from rich.syntax import SyntaxTheme
from rich.text import Text

from coderdiff.cli.window import around, printable
from coderdiff.types import Completion, Draft, DraftToken, FillRequest, TokenState

_SLOT = "__TRACE__"
_CLASSES = {  # pygments' kinds of token, most specific first, and the page's class for them
    ("Keyword", "Constant"): "constant",
    ("Keyword",): "keyword",
    ("Operator", "Word"): "keyword",
    ("Name", "Function"): "name",
    ("Name", "Class"): "name",
    ("Name", "Decorator"): "name",
    ("Name", "Builtin"): "builtin",
    ("Literal", "String"): "string",
    ("Literal", "Number"): "constant",
    ("Comment",): "comment",
}


class _ClassTheme(SyntaxTheme):
    """A theme whose styles carry a class name and no colour: the page has one for light and one for dark."""

    def get_style_for_token(self, token_type: tuple[str, ...]) -> Style:
        kind = tuple(token_type)
        for prefix, name in _CLASSES.items():
            if kind[: len(prefix)] == prefix:
                return Style(meta={"class": name})
        return Style.null()

    def get_background_style(self) -> Style:
        return Style.null()


def page(request: FillRequest, drafts: Sequence[Draft], completion: Completion) -> str:
    """The page, as text: the drafts in order, then the answer in its place."""
    window = around(request.document, request.hole, _ClassTheme(), completion.text, above=8, below=8)
    trace = {
        "path": printable(request.document.path or "untitled"),
        "firstLine": window.first_line,
        "before": _pieces(window.before),
        "filled": _pieces(window.filled),
        "after": _pieces(window.after),
        "steps": [_step(draft, at) for draft, at in zip(drafts, canvas_starts(drafts), strict=True)],
        "text": completion.text,
        "finishReason": completion.finish_reason,
        "withdrawn": completion.withdrawn,
        "tokens": completion.tokens,
        "forwards": completion.forwards,
        "tpf": round(completion.tpf, 2),
        "ms": round(completion.latency_ms, 2),
        "model": completion.model,
        "policy": completion.policy,
    }
    template = resources.files("coderdiff.cli").joinpath("trace.html").read_text(encoding="utf-8")
    data = json.dumps(trace, separators=(",", ":")).replace("<", "\\u003c").replace(">", "\\u003e")
    return template.replace(_SLOT, data.replace("&", "\\u0026"))


def canvas_starts(drafts: Sequence[Draft]) -> list[int]:
    """For each draft, how many tokens of the completion stand before its canvas.

    A canvas moves on as its left end is settled: by as many tokens as spell what `settled` gained. Where no
    such run is found (a character split between tokens), the committed run is taken to have moved.
    """
    starts: list[int] = []
    for number, draft in enumerate(drafts):
        starts.append(starts[-1] + _moved(drafts[number - 1], draft) if number else 0)
    return starts


def _moved(previous: Draft, draft: Draft) -> int:
    reached, leading = previous.settled, 0
    for count, token in enumerate(previous.tokens):
        if reached == draft.settled:
            return count
        reached += token.text
        if leading == count and token.state is TokenState.COMMITTED:
            leading += 1
    return len(previous.tokens) if reached == draft.settled else leading


def _step(draft: Draft, start: int) -> dict[str, object]:
    return {
        "start": start,
        "settled": printable(draft.settled),
        "tokens": [_token(token) for token in draft.tokens],
        "forwards": draft.forwards,
        "remasked": draft.remasked,
        "ms": round(draft.elapsed_ms, 2),
    }


def _token(token: DraftToken) -> list[object]:
    return [printable(token.text), _STATES[token.state], round(token.confidence, 4)]


_STATES = {TokenState.MASKED: 0, TokenState.DRAFTED: 1, TokenState.COMMITTED: 2}


def _pieces(text: Text) -> list[list[str]]:
    """The text cut where its class changes: `[[characters, class or ""], ...]`."""
    classes = [""] * len(text.plain)
    for span in text.spans:
        name = span.style.meta.get("class", "") if isinstance(span.style, Style) else ""
        if name:
            classes[span.start : span.end] = [name] * (min(span.end, len(classes)) - span.start)
    pieces: list[list[str]] = []
    for character, name in zip(text.plain, classes, strict=True):
        if pieces and pieces[-1][1] == name:
            pieces[-1][0] += character
        else:
            pieces.append([character, name])
    return pieces
