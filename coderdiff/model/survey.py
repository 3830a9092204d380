"""A model by name or folder, looked at without loading it: what it is, and whether its files fit what it says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from coderdiff.errors import CheckpointError
from coderdiff.model import hub, loader
from coderdiff.model.catalogue import Known, known, spec_of
from coderdiff.model.files import about, read_json
from coderdiff.model.spec import ModelSpec
from coderdiff.model.transformer import Transformer
from coderdiff.model.weights import Stored, check_weights, weight_files

Source = Literal["shipped", "folder", "cache", "server", "published"]
"""Where the sizes are from: the package, a folder, the cache, a config fetched just now, or the table."""


@dataclass(frozen=True)
class Survey:
    """A model whose `network` has shapes alone. `stored`: what its files hold, None where there are none."""

    name: str
    source: Source
    network: Transformer
    folder: Path | None = None
    stored: Stored | None = None

    @property
    def spec(self) -> ModelSpec:
        """What the model is."""
        return self.network.spec


def survey(name: str) -> Survey:
    """Look at a shipped model, a folder or an `ORG/NAME`.

    A published one that is not in the cache is asked of the server for its config; without a network the table of
    known checkpoints serves. Raises CheckpointError for a model that is nowhere, that no family fits, or whose
    files do not fit its config.
    """
    if name in loader.shipped_models():
        return _of_folder(loader.SHIPPED / name, "shipped")
    folder = Path(name).expanduser()
    if folder.is_dir():
        return _of_folder(folder, "folder")
    if not hub.is_name(name):
        return _of_folder(loader.find(name), "folder")
    cached = hub.cached(name)
    if cached is not None:
        return _of_folder(cached, "cache")
    try:
        described = hub.fetched_description(name)
    except CheckpointError:
        entry = known(name)
        if entry is None or entry.config is None:
            raise
        return of_published(entry)
    return _of_folder(described, "server")


def of_published(entry: Known) -> Survey:
    """A checkpoint by the table alone; raises CheckpointError where its shape is not in it."""
    if entry.config is None:
        raise CheckpointError(f"the shape of {entry.name} is not in the table: it must be downloaded first")
    return Survey(entry.name, "published", loader.hollow(spec_of(entry.name, entry.config, entry.tokens)))


def local() -> Iterator[Survey]:
    """All models that are here: the shipped ones, then those in the cache.

    What cannot be loaded is passed over: a cache has all sorts. `survey` by name says why.
    """
    for name in loader.shipped_models():
        yield _of_folder(loader.SHIPPED / name, "shipped")
    for name in hub.cached_names():
        folder = hub.cached(name)
        assert folder is not None
        with suppress(CheckpointError):
            yield _of_folder(folder, "cache")


def _of_folder(folder: Path, source: Source) -> Survey:
    if (folder / loader.CONFIG_NAME).is_file() and not any(folder.glob("*.safetensors*")):
        return _without_weights(folder, source)
    described = loader.describe(folder)
    stored = check_weights(weight_files(folder), described.names, described.shapes)
    return Survey(described.spec.name, source, described.network, folder, stored)


def _without_weights(folder: Path, source: Source) -> Survey:
    """As one has it before the download: sizes need the config alone, and abilities the tokenizer too."""
    try:
        network = loader.describe(folder).network
    except CheckpointError:
        name = hub.name_of(folder)
        with about(folder / loader.CONFIG_NAME):
            spec = spec_of(name, read_json(folder / loader.CONFIG_NAME))
        network = loader.hollow(replace(spec, name=name))
    return Survey(network.spec.name, source, network, folder)
