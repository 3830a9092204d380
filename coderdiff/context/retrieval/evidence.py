"""What was found for a cursor, in lists: definitions and lines of code, and why each may help.

Each list is in its own order of merit and says nothing of the others; `rank.py` weighs them against each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from coderdiff.context.retrieval.lexical import Chunk
from coderdiff.context.retrieval.lookup import Here


@dataclass(frozen=True, slots=True)
class Edit:
    """Lines that were changed lately, as they are now; 1-based and inclusive."""

    path: str
    start_line: int
    end_line: int
    text: str


class Found(NamedTuple):
    """A definition that may be needed, and why in a few words. A tuple, since a cursor has a thousand of them."""

    here: Here
    reason: str

    @property
    def name(self) -> str:
        """Its name, without scope."""
        return self.here.definition.name


class Example(NamedTuple):
    """Lines of another file that show how it is done, and why these."""

    chunk: Chunk
    reason: str


class Answer(NamedTuple):
    """What answers a line that asks for something itself: names that may stand there, and signatures that it needs."""

    names: Sequence[Found] = ()
    needed: Sequence[Found] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found for one cursor, each list best first.

    receiver  members of what stands before the dot that is being written, or names of the module that is imported from
    needed    what an open call calls, the fields of an open literal
    missing   what the class around has yet to write of its bases, where a member of it is to be written
    in_play   definitions that this file imports or extends, those used near the cursor first
    members   members of what the lines around the cursor have in hand: variables, `self`, modules
    imported  members of the classes that the file imports
    modules   what else the imported modules define
    beside    top-level definitions of files in the same folder, its tests left out
    alike     lines of other files like those around the cursor
    opened    such lines of files that are open in the editor
    related   what the enclosing function overrides, and bodies of what is called next to the cursor
    edited    lines that were changed lately
    votes     names used by `alike` and `opened`, by how much these speak for them
    """

    receiver: Sequence[Found] = ()
    needed: Sequence[Found] = ()
    missing: Sequence[Found] = ()
    in_play: Sequence[Found] = ()
    members: Sequence[Found] = ()
    imported: Sequence[Found] = ()
    modules: Sequence[Found] = ()
    beside: Sequence[Found] = ()
    alike: Sequence[Example] = ()
    opened: Sequence[Example] = ()
    related: Sequence[Example] = ()
    edited: Sequence[Example] = ()
    votes: Mapping[str, float] = field(default_factory=dict)
