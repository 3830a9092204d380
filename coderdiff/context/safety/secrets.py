"""Secrets in text: where they are, and the same text without them.

Found are tokens in their providers' published formats (`providers.py`), private keys (`keyblocks.py`), and values that
are given to a secret's name (`assignments.py`); files that hold nothing else are known by their path (`deny.py`).
Hashes of commits and files are no secrets, however random they look: they stay.
What is found is written over with crosses: the text keeps its length, its lines, its quotes and its brackets, so that
offsets stay true and code still parses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from coderdiff.context.safety.assignments import assigned_spans
from coderdiff.context.safety.deny import denied
from coderdiff.context.safety.keyblocks import key_spans
from coderdiff.context.safety.providers import token_spans

__all__ = ["SecretSpan", "denied", "redact", "secret_spans"]

_CROSSED = re.compile(r"(?!\\\r?\n)[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
"""Everything but what some reader takes for the end of a line, and the backslash that carries a string over one."""


@dataclass(frozen=True, slots=True)
class SecretSpan:
    """A secret at `text[start:end]`; `kind` is for people."""

    start: int
    end: int
    kind: str


def secret_spans(text: str) -> list[SecretSpan]:
    """Every secret of a text, in order and apart: those that touch are one, with the first one's kind."""
    found = [*token_spans(text), *assigned_spans(text)]
    found += ((start, end, "private key") for start, end in key_spans(text))
    spans: list[SecretSpan] = []
    for start, end, kind in sorted(found):
        if spans and start < spans[-1].end:
            spans[-1] = SecretSpan(spans[-1].start, max(end, spans[-1].end), spans[-1].kind)
        else:
            spans.append(SecretSpan(start, end, kind))
    return spans


def redact(text: str) -> str:
    """`text` with every secret crossed out: as long, with the same lines. Doing it twice changes nothing more."""
    while True:
        spans = secret_spans(text)
        crossed = _crossed_out(text, spans) if spans else text
        if crossed == text:
            return text
        text = crossed


def _crossed_out(text: str, spans: list[SecretSpan]) -> str:
    parts = []
    at = 0
    for span in spans:
        parts += [text[at : span.start], _CROSSED.sub("x", text[span.start : span.end])]
        at = span.end
    return "".join([*parts, text[at:]])
