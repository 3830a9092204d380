"""Line ends as the model knows them: it was trained on "\\n" alone, and files of Windows have "\\r\\n".

A request is folded before anything looks at it, and what is answered is unfolded to the line end that most lines of the
document have. A byte order mark that a client left in its text goes the same way.
"""

from __future__ import annotations

from dataclasses import replace

from coderdiff.types import Document, Draft, FillRequest, Hole

_BOM = "\ufeff"


def folded(request: FillRequest) -> tuple[FillRequest, str]:
    """The request with "\\n" for every "\\r\\n" and no byte order mark, and the document's own line end."""
    text, hole = request.document.text, request.hole
    inside = 0 <= hole.start <= hole.end <= len(text)
    if not inside or ("\r\n" not in text and not text.startswith(_BOM)):
        return request, "\n"
    pairs = text.count("\r\n")
    limits = replace(request.limits, stop=tuple(map(_fold, request.limits.stop)))
    document = Document(_fold(text.removeprefix(_BOM)), request.document.path)
    place = Hole(_moved(text, hole.start), _moved(text, hole.end))
    own = "\r\n" if 2 * pairs > text.count("\n") else "\n"
    return replace(request, document=document, hole=place, limits=limits), own


def unfolded(text: str, line_end: str) -> str:
    """An answer's text with the document's line ends."""
    return text if line_end == "\n" else text.replace("\n", line_end)


def unfolded_draft(draft: Draft, line_end: str) -> Draft:
    """A draft with the document's line ends."""
    if line_end == "\n":
        return draft
    tokens = tuple(replace(token, text=unfolded(token.text, line_end)) for token in draft.tokens)
    settled, text = (unfolded(part, line_end) for part in (draft.settled, draft.text))
    return replace(draft, settled=settled, text=text, tokens=tokens)


def _fold(text: str) -> str:
    return text.replace("\r\n", "\n")


def _moved(text: str, at: int) -> int:
    """Where a place of the text is in the folded one; within a line end: before it."""
    before = text[: at - 1] if text[at - 1 : at + 1] == "\r\n" and at else text[:at]
    return len(_fold(before.removeprefix(_BOM)))
