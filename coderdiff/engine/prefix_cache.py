"""Keys and values of prompts' beginnings, shared by all requests: a radix tree whose edges are blocks of tokens.

Where rows depend only on the rows before them (causal, or causal over blocks), what two prompts begin with alike has
the same keys and values, whoever computed them (RadixAttention, arXiv 2312.07104). Whole blocks only, copied in and
out, so that nothing a session does afterwards can change them. Memory is bounded; what was used least recently goes
first, leaves before what they stand on.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field

from torch import Tensor

Rows = tuple[Tensor, Tensor]
"""Keys and values of a run of rows, [layers, kv_heads, rows, head_dim] each."""

_Block = tuple[int, ...]


@dataclass(eq=False)
class _Node:
    """A block of tokens behind its parent's, and its rows; a root has neither."""

    parent: _Node | None
    block: _Block
    rows: Rows | None
    children: dict[_Block, _Node] = field(default_factory=dict)


class PrefixCache:
    """Beginnings of token sequences, in blocks of `block` tokens, in at most `most_bytes`.

    `root` says what stands before a sequence: sequences with different roots share nothing. `hit_rows` counts the
    rows ever given out, `nbytes` the memory held.
    """

    def __init__(self, block: int, most_bytes: int) -> None:
        assert block > 0
        self.block, self.most_bytes = block, most_bytes
        self.nbytes = 0
        self.hit_rows = 0
        self._roots: dict[Hashable, _Node] = {}
        self._used: OrderedDict[_Node, Hashable] = (
            OrderedDict()
        )  # least recently first; a child before its parent

    def match(self, root: Hashable, ids: Sequence[int]) -> int:
        """How many leading ids are known."""
        return self.block * len(self._path(root, ids))

    def recall(self, root: Hashable, ids: Sequence[int]) -> list[Rows]:
        """The rows of all known leading blocks, in order."""
        path = self._path(root, ids)
        self._touch(path)
        self.hit_rows += self.block * len(path)
        return [node.rows for node in path if node.rows is not None]

    def insert(self, root: Hashable, ids: Sequence[int], rows: Callable[[int, int], Rows]) -> None:
        """Know the whole blocks of `ids` from now on; `rows(start, end)` copies the rows of ids[start:end]."""
        path = self._path(root, ids)
        for start in range(self.block * len(path), len(ids) - self.block + 1, self.block):
            copied = rows(start, start + self.block)
            block = tuple(ids[start : start + self.block])
            node = _Node(
                path[-1] if path else self._roots.setdefault(root, _Node(None, (), None)), block, copied
            )
            assert node.parent is not None
            node.parent.children[block] = node
            self._used[node] = root
            self.nbytes += _size(copied)
            path.append(node)
        self._touch(path)
        self.shrink(self.most_bytes)

    def shrink(self, most_bytes: int) -> None:
        """Forget what was used least recently until at most so many bytes are held."""
        while self.nbytes > most_bytes and self._used:
            node, root = self._used.popitem(last=False)
            assert node.parent is not None
            assert node.rows is not None
            assert not node.children
            del node.parent.children[node.block]
            self.nbytes -= _size(node.rows)
            if node.parent.parent is None and not node.parent.children:
                del self._roots[root]

    def _path(self, root: Hashable, ids: Sequence[int]) -> list[_Node]:
        """The nodes of the known leading blocks."""
        node, path = self._roots.get(root), []
        for start in range(0, len(ids) - self.block + 1, self.block):
            node = node.children.get(tuple(ids[start : start + self.block])) if node else None
            if node is None:
                break
            path.append(node)
        return path

    def _touch(self, path: Sequence[_Node]) -> None:
        """Used just now; a parent after its child, so that it outlives it."""
        for node in reversed(path):
            self._used.move_to_end(node)


def _size(rows: Rows) -> int:
    return rows[0].nbytes + rows[1].nbytes
