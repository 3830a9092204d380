"""Keys and values of snippets, kept by content: a pack of known snippets costs no forward.

A snippet is read on its own behind the first token (`model/pack.py`), so its keys and values depend on its ids and the
weights alone. They are exact: a test compares them with reading afresh. Memory is bounded; what was used least
recently goes first. With a folder they outlive the process, under a name that says the weights and the ids.
"""

from __future__ import annotations

import hashlib
import os
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import safetensors
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from coderdiff.engine.kv_cache import KvCache
from coderdiff.model.files import replaced
from coderdiff.model.pack import pack_mask, pack_positions
from coderdiff.model.transformer import Transformer

MOST_BYTES = 64 * 2**20
"""Of memory. A row of the shipped model takes 8 KiB."""

MOST_DISK_BYTES = 512 * 2**20

_Rows = tuple[Tensor, Tensor]
"""Keys and values, [layers, kv_heads, rows, head_dim] each."""


class SnippetMemory:
    """One network's snippets. `rows_encoded` counts the rows ever computed."""

    def __init__(
        self,
        network: Transformer,
        most_bytes: int = MOST_BYTES,
        folder: Path | None = None,
        most_disk_bytes: int = MOST_DISK_BYTES,
    ) -> None:
        """`folder` keeps what is encoded on disk as well; None keeps nothing."""
        self._network = network
        self._most_bytes, self._most_disk_bytes = most_bytes, most_disk_bytes
        self._folder = folder
        self._weights = _fingerprint(network) if folder is not None else ""
        self._known: OrderedDict[tuple[int, ...], _Rows] = OrderedDict()  # least recently used first
        self.nbytes = 0
        self.rows_encoded = 0

    def recall(self, first: int, pack: Sequence[tuple[int, ...]]) -> list[_Rows]:
        """The rows of the first token and of each snippet behind it; what is not known is read in one forward."""
        wanted = [(first,), *((first, *snippet) for snippet in pack)]
        unknown = [ids for ids in dict.fromkeys(wanted) if ids not in self._known and not self._load(ids)]
        found = {ids: self._known[ids] for ids in wanted if ids not in unknown}
        if unknown:
            found |= self._encode(first, [ids[1:] for ids in unknown if len(ids) > 1])
        for ids in wanted:
            self._keep(ids, found[ids])
        self._forget()
        return [found[ids] for ids in wanted]

    @torch.inference_mode()
    def _encode(self, first: int, snippets: Sequence[tuple[int, ...]]) -> dict[tuple[int, ...], _Rows]:
        """Read snippets in one forward, none seeing another."""
        lengths = [len(snippet) for snippet in snippets]
        weights = self._network.embedding.weight
        cache = KvCache(self._network.spec, 1 + sum(lengths), weights.device, self._network.kept_type)
        ids = torch.tensor(
            [[first, *(id_ for snippet in snippets for id_ in snippet)]], device=weights.device
        )
        positions = torch.tensor([[0, *pack_positions(lengths)]], device=weights.device)
        self._network(ids, positions, cache.attend(pack_mask(lengths)))
        self.rows_encoded += ids.shape[1]
        rows: dict[tuple[int, ...], _Rows] = {(first,): cache.rows(0, 1)}
        at = 1
        for snippet, length in zip(snippets, lengths, strict=True):
            rows[first, *snippet] = cache.rows(at, at + length)
            at += length
        if self._folder is not None:
            for ids_, (keys, values) in rows.items():
                self._save(ids_, keys, values)
        return rows

    def _keep(self, ids: tuple[int, ...], rows: _Rows) -> None:
        if ids not in self._known:
            self.nbytes += _size(rows)
        self._known[ids] = rows
        self._known.move_to_end(ids)

    def _forget(self) -> None:
        while self.nbytes > self._most_bytes and self._known:
            self.nbytes -= _size(self._known.popitem(last=False)[1])

    def _path(self, folder: Path, ids: tuple[int, ...]) -> Path:
        name = hashlib.blake2b(
            f"{self._weights} {self._network.kept_type} {ids}".encode(), digest_size=20
        ).hexdigest()
        return folder / f"{name}.safetensors"

    def _load(self, ids: tuple[int, ...]) -> bool:
        """Whether the folder has these rows; if so they are known now. A damaged file is as good as none."""
        if self._folder is None:
            return False
        path = self._path(self._folder, ids)
        try:
            rows = load_file(path)
            self._keep(ids, (rows["keys"], rows["values"]))
            os.utime(path)  # used last
        except (OSError, KeyError, safetensors.SafetensorError):
            return False
        return True

    def _save(self, ids: tuple[int, ...], keys: Tensor, values: Tensor) -> None:
        """A full disk or a folder that cannot be written costs the next process time, nothing else."""
        assert self._folder is not None
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with replaced(self._path(self._folder, ids)) as partial:
                save_file({"keys": keys.contiguous(), "values": values.contiguous()}, partial)
            self._forget_files(self._folder)
        except OSError:
            return

    def _forget_files(self, folder: Path) -> None:
        files = sorted(
            (file.stat().st_mtime_ns, file.stat().st_size, file) for file in folder.glob("*.safetensors")
        )
        over = sum(size for _, size, _ in files) - self._most_disk_bytes
        for _, size, file in files:
            if over <= 0:
                return
            file.unlink(missing_ok=True)
            over -= size


def _size(rows: _Rows) -> int:
    return rows[0].nbytes + rows[1].nbytes


def _fingerprint(network: Transformer) -> str:
    """Says the weights and the sizes: rows of one network are never taken for another's."""
    digest = hashlib.blake2b(repr(network.spec).encode(), digest_size=16)
    for weight in network.state_dict().values():
        digest.update(weight.detach().cpu().contiguous().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
