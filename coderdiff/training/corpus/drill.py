"""A made-up corpus in which every line follows from the others.

A model trained here on real code is unsure of most holes, so what decoding itself loses (a wrong length, keys and
values that were kept too long) hides among what the model does not know. These classes say everything several times:
what a hole needs stands beside it, and within an hour of one core a small model fills nearly half of them word for
word, in classes that it has never seen (docs/benchmarks.md).

    class BrightParcel:
        \"\"\"A bright parcel: its weight, sender_name.\"\"\"

        def __init__(self, weight, sender_name):
            self.weight = weight
            self.sender_name = sender_name

        def values(self):
            return [self.weight, self.sender_name]
        ...
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

from coderdiff.errors import CorpusError
from coderdiff.training.corpus.manifest import (
    SPLITS,
    Manifest,
    ShardRecord,
    SourceRecord,
    Split,
    save_manifest,
)
from coderdiff.training.corpus.shards import Document, write_split

NAME = "drill"
LICENCE = "Apache-2.0"

MOST_FIELDS = 8
MOST_CLASSES = 2

_QUALITIES = (
    "active", "bright", "broad", "calm", "cheap", "clean", "close", "cold", "common", "deep", "early", "easy",
    "empty", "fast", "final", "firm", "flat", "free", "fresh", "full", "global", "good", "great", "heavy",
    "hidden", "high", "hot", "large", "late", "light", "local", "long", "loose", "low", "main", "narrow", "new",
    "old", "open", "plain", "public", "quick", "quiet", "rare", "raw", "real", "rich", "safe", "secret",
    "sharp", "short", "simple", "slow", "small", "soft", "solid", "spare", "stable", "strong", "thin", "tight",
    "tiny", "total", "true", "warm", "weak", "whole", "wide", "wild",
)  # fmt: skip
_THINGS = (
    "account", "address", "agent", "amount", "angle", "answer", "area", "author", "batch", "block", "border",
    "bottom", "box", "branch", "buffer", "button", "cache", "call", "card", "cell", "center", "channel",
    "charge", "child", "choice", "city", "client", "clock", "code", "color", "column", "command", "comment",
    "copy", "corner", "cost", "count", "country", "cursor", "date", "day", "degree", "depth", "device", "digit",
    "distance", "door", "draft", "driver", "duration", "edge", "element", "end", "entry", "error", "event",
    "factor", "field", "figure", "file", "filter", "folder", "font", "frame", "group", "guest", "handle",
    "head", "height", "hour", "image", "index", "item", "job", "key", "label", "layer", "leaf", "length",
    "letter", "level", "limit", "line", "link", "list", "lock", "margin", "mark", "mask", "matrix", "member",
    "message", "method", "minute", "mode", "model", "module", "month", "mouse", "name", "node", "note",
    "number", "object", "offset", "option", "order", "owner", "page", "pair", "parcel", "parent", "part",
    "path", "pattern", "period", "person", "phase", "phone", "pixel", "place", "plan", "point", "port", "price",
    "process", "product", "profile", "query", "queue", "radius", "range", "rate", "ratio", "reader", "reason",
    "record", "region", "report", "request", "result", "role", "room", "root", "round", "row", "rule", "sample",
    "scale", "schema", "score", "screen", "second", "section", "seed", "sender", "sequence", "server",
    "session", "shape", "sheet", "side", "signal", "size", "slot", "source", "space", "speed", "stage", "start",
    "state", "step", "stock", "store", "stream", "street", "string", "style", "sum", "table", "tag", "target",
    "task", "team", "text", "thread", "ticket", "time", "title", "token", "tool", "topic", "total", "track",
    "tree", "type", "unit", "user", "value", "vector", "version", "view", "wall", "weight", "width", "window",
    "word", "worker", "year", "zone",
)  # fmt: skip


def make_drill(out: Path, documents: int, held_out: int, seed: int) -> Manifest:
    """Write a corpus of so many documents to learn from, and `held_out` each to validate and to test by; no class is in
    two of them. Raises CorpusError for a folder that cannot be made, or that has something in it."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        taken = any(out.iterdir())
    except OSError as error:
        raise CorpusError(f"cannot make the folder {out}: {error}") from error
    if taken:
        raise CorpusError(f"{out} is not empty: choose another folder with --out, or remove it")
    rng = random.Random(seed)
    known: set[str] = set()
    sizes: dict[Split, int] = {"train": documents, "validation": held_out, "test": held_out}
    shards: dict[Split, tuple[ShardRecord, ...]] = {}
    sources = []
    for split in SPLITS:
        made = [Document(NAME, "1", f"{split}/{at}.py", _file(rng, known)) for at in range(sizes[split])]
        shards[split] = write_split(out, split, made)
        size = sum(len(document.text.encode()) for document in made)
        sources.append(SourceRecord(NAME, "1", LICENCE, split, None, None, len(made), size, {}))
    python = ".".join(map(str, sys.version_info[:3]))
    manifest = Manifest(version("coderdiff"), python, seed, None, tuple(sources), shards)
    save_manifest(out, manifest)
    return manifest


def _file(rng: random.Random, known: set[str]) -> str:
    """A file of one class or more, none of them known."""
    return "\n\n".join("\n".join(_class(rng, known)) + "\n" for _ in range(rng.randint(1, MOST_CLASSES)))


def _class(rng: random.Random, known: set[str]) -> Iterator[str]:
    """The lines of a class that is not known yet."""
    while True:
        words = [rng.choice(_QUALITIES), rng.choice(_THINGS), rng.choice(_THINGS)][: rng.randint(2, 3)]
        name = "".join(map(str.capitalize, words))
        if name not in known:
            break
    known.add(name)
    fields = _fields(rng)
    of_self = ", ".join(f"self.{field}" for field in fields)
    yield f"class {name}:"
    yield f'    """A {" ".join(words)}: its {", ".join(fields)}."""'
    yield ""
    yield f"    def __init__(self, {', '.join(fields)}):"
    yield from (f"        self.{field} = {field}" for field in fields)
    yield ""
    yield "    def values(self):"
    yield f"        return [{of_self}]"
    yield ""
    yield "    def clear(self):"
    yield from (f"        self.{field} = None" for field in fields)
    yield ""
    yield "    def copy(self):"
    yield f"        return {name}({of_self})"


def _fields(rng: random.Random) -> Sequence[str]:
    """Different names of one word or two."""
    fields: dict[str, None] = {}
    size = rng.randint(2, MOST_FIELDS)
    while len(fields) < size:
        fields["_".join(rng.sample(_THINGS, rng.choice((1, 1, 2))))] = None
    return list(fields)
