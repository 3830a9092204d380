"""Packages of a corpus as repositories: what a completion sees of the files around the one that has the hole."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from coderdiff.context.files.scan import Scanner
from coderdiff.context.index.index import Index
from coderdiff.context.repository import Repository
from coderdiff.training.corpus.shards import Document


@contextmanager
def repositories(documents: Iterable[Document]) -> Iterator[Mapping[str, Repository]]:
    """Each package's files written to a folder and indexed, by the package's name; gone in the end."""
    packages: dict[str, list[Document]] = defaultdict(list)
    for document in documents:
        packages[document.package].append(document)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as opened:
        found = {}
        for name, files in packages.items():
            root = Path(folder) / name
            for file in files:
                path = root / file.path
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(file.text, encoding="utf-8", errors="surrogatepass", newline="")
            repository = Repository(Index.in_memory(root), Scanner(root))
            found[name] = opened.enter_context(repository)
            repository.refresh()
        yield found
