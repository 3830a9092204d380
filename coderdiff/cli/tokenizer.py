"""`coderdiff tokenizer`: train the vocabulary on the corpus, and weigh the choices."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    import tokenizers

    from coderdiff.model.tokenizer import Tokenizer
    from coderdiff.training.bpe import BpeOptions

app = typer.Typer(help="Train the tokenizer and compare vocabularies.", no_args_is_help=True)

_MEGABYTE = 1_000_000
_HEALED_FILES = 200
_HEALED_CHARACTERS = 4_000

CorpusOption = Annotated[Path, typer.Option(help="The corpus that `coderdiff corpus build` made.")]


@app.command()
def train(
    corpus: CorpusOption = Path("corpus"),
    out: Annotated[Path, typer.Option(help="Folder that gets tokenizer.json.")] = Path(),
    vocab: Annotated[int, typer.Option(help="Tokens in all, special ones included.")] = 8192,
    crossing: Annotated[float, typer.Option(help="Share of the merges that may cross spaces.")] = 0.25,
    sample_mb: Annotated[int, typer.Option(help="Megabytes of the train split to learn from.", min=1)] = 120,
) -> None:
    """Train a tokenizer on a sample of the train split."""
    from coderdiff.training import bpe
    from coderdiff.training.corpus.shards import read_split

    options = bpe.BpeOptions(vocab_size=vocab, crossing_share=crossing)
    texts = bpe.sample(read_split(corpus, "train"), sample_mb * _MEGABYTE)
    path = out / "tokenizer.json"
    _save(bpe.train(texts, options), path)
    learned = sum(map(len, texts)) / _MEGABYTE
    Console(stderr=True).print(f"wrote {path}: {vocab} tokens, learned from {learned:.0f} MB")


@app.command()
def measure(
    corpus: CorpusOption = Path("corpus"),
    vocab: Annotated[list[int] | None, typer.Option(help="A vocabulary size; give several.")] = None,
    crossing: Annotated[list[float] | None, typer.Option(help="A share of crossing merges; several.")] = None,
    sample_mb: Annotated[int, typer.Option(help="Megabytes that each vocabulary learns from.", min=1)] = 16,
    model_mb: Annotated[int, typer.Option(help="Megabytes that each n-gram model learns from.", min=1)] = 12,
    held_out_mb: Annotated[int, typer.Option(help="Megabytes of the validation split to weigh.", min=1)] = 2,
    width: Annotated[int, typer.Option(help="Width of the network, for the cost of its head.")] = 320,
    cursors: Annotated[int, typer.Option(help="Cursors to heal for each vocabulary.", min=1)] = 2000,
) -> None:
    """Print a table of vocabularies: token length, bits per byte, cost of the head, healing of cursors."""
    from coderdiff.training import bpe
    from coderdiff.training.corpus.shards import read_split
    from coderdiff.training.vocabulary import healing_cost, text_cost

    texts = bpe.sample(read_split(corpus, "train"), sample_mb * _MEGABYTE)
    modelled = texts[: _count_up_to(texts, model_mb * _MEGABYTE)]
    held_out = bpe.sample(read_split(corpus, "validation"), held_out_mb * _MEGABYTE)
    healed = [text[:_HEALED_CHARACTERS] for text in held_out[:_HEALED_FILES]]
    table = Table(title=f"{sum(map(len, held_out)) / _MEGABYTE:.1f} MB of held-out packages")
    for heading in ("tokens", "crossing", "chars/token", "bits/byte", "head M", "head MFLOP/char"):
        table.add_column(heading, justify="right")
    for heading in ("healed exactly", "unhealed", "tokens given back", "chars given back"):
        table.add_column(heading, justify="right")
    for size in vocab or [8192, 12288, 16384]:
        for share in crossing or [0.0, 0.25]:
            tokenizer = _trained(texts, bpe.BpeOptions(vocab_size=size, crossing_share=share))
            cost = text_cost(tokenizer, modelled, held_out)
            healing = healing_cost(tokenizer, healed, cursors)
            head = size * width / _MEGABYTE
            table.add_row(
                f"{size}",
                f"{share:.0%}",
                f"{cost.characters_per_token:.2f}",
                f"{cost.bits_per_byte:.3f}",
                f"{head:.2f}",
                f"{2 * head / cost.characters_per_token:.2f}",
                f"{healing.exact:.2%}",
                f"{healing.unhealed:.2%}",
                f"{healing.tokens:.2f}",
                f"{healing.characters:.2f}",
            )
    Console().print(table)


def _trained(texts: list[str], options: BpeOptions) -> Tokenizer:
    from coderdiff.model.tokenizer import Tokenizer
    from coderdiff.training import bpe

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tokenizer.json"
        _save(bpe.train(texts, options), path)
        return Tokenizer.from_file(path)


def _save(tokenizer: tokenizers.Tokenizer, path: Path) -> None:
    """Write `tokenizer.json` whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    tokenizer.save(str(partial))
    partial.replace(path)


def _count_up_to(texts: list[str], limit: int) -> int:
    """How many of the first texts fit in `limit` characters."""
    size = 0
    for count, text in enumerate(texts):
        size += len(text)
        if size > limit:
            return max(count, 1)
    return len(texts)
