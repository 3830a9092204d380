"""The tokenizer: what round-trips, what never becomes one token, and cursors at every position of a file."""

from __future__ import annotations

import bisect
import json
import shlex
import string
import textwrap
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tokenizers import AddedToken, decoders, models, normalizers, pre_tokenizers, trainers
from tokenizers import Tokenizer as HubTokenizer

import coderdiff
from coderdiff.errors import CheckpointError
from coderdiff.model.tokenizer import LENGTH_ROLES, ROLES, SpecialIds, Tokenizer, special_token
from coderdiff.training import bpe

SHIPPED = Path(coderdiff.__file__).parent / "models" / "tiny" / "tokenizer.json"
STANDARD_LIBRARY = Path(textwrap.__file__).parent
REAL_FILE = Path(bisect.__file__).read_text(encoding="utf-8")
ODD_FILE = (
    "\ufeff# naïve – “quotes” 日本語 🙂 e\u0301\r\n"
    "if x:\r\n\tdo(1234567, [0.5])\r\n\t    y  =  3 # tail  \r\n\r"
    " one = 'a  b'\n\n\n        deep = f'{x!r:>10}'\x0c\u2028\x00\n   "
)

anything = st.text(st.characters()) | st.lists(
    st.sampled_from(
        [
            "\r\n",
            "\n",
            "\r",
            "    ",
            "  ",
            " ",
            "\t",
            "self",
            ".",
            "(",
            "12",
            "7",
            "é",
            "🙂",
            "\ud800",
            "\udcff",
            "\x00",
        ]
    )
).map("".join)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    texts = [path.read_text(encoding="utf-8") for path in sorted(STANDARD_LIBRARY.glob("[a-m]*.py"))]
    path = tmp_path_factory.mktemp("small") / "tokenizer.json"
    bpe.train(texts, bpe.BpeOptions(vocab_size=2048)).save(str(path))
    return Tokenizer.from_file(path)


@pytest.fixture(scope="session", params=["small", "shipped"])
def tokenizer(request: pytest.FixtureRequest, small: Tokenizer) -> Tokenizer:
    return small if request.param == "small" else Tokenizer.from_file(SHIPPED)


# --- round trips ---


@given(text=anything)
@example(
    text="a\ud800b\udcff\udcc3\udca9"
)  # lone surrogates, some of them bytes that would join to a character
def test_text_round_trips(tokenizer: Tokenizer, text: str) -> None:
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == text
    assert tokenizer.encode_batch([text, "x"]) == [ids, tokenizer.encode("x")]


@given(content=st.binary())
def test_bytes_round_trip_by_surrogateescape(tokenizer: Tokenizer, content: bytes) -> None:
    ids = tokenizer.encode(content.decode("utf-8", "surrogateescape"))
    assert tokenizer.decode(ids).encode("utf-8", "surrogateescape") == content


@pytest.mark.parametrize("text", [REAL_FILE, ODD_FILE], ids=["real", "odd"])
def test_files_round_trip(tokenizer: Tokenizer, text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(text)) == text


def test_any_ids_decode(tokenizer: Tokenizer) -> None:
    assert tokenizer.decode(range(tokenizer.vocab_size))
    half = tokenizer.encode("\udcff")[:1]
    assert tokenizer.decode(half) == "\ufffd"


# --- what never becomes one token ---


def test_tokens_keep_within_their_boundaries(tokenizer: Tokenizer) -> None:
    for token in tokenizer.vocab_bytes:
        if b"\n" in token or b"\r" in token:
            assert token in (b"\n", b"\r", b"\r\n")
        if b"  " in token or b"\t" in token:
            assert not token.strip(b" \t")
        if any(byte in string.digits.encode() for byte in token):
            assert token.isdigit()
            assert len(token) <= 2
        assert len(token) <= bpe.BpeOptions().max_token_bytes


def test_line_ends_and_common_indents_are_single_tokens(tokenizer: Tokenizer) -> None:
    for text in ["\n", "\r\n", "\r", *(" " * width for width in (1, 2, 3, 4, 8, 12, 16, 20))]:
        assert len(tokenizer.encode(text)) == 1, repr(text)


@given(lines=st.lists(anything))
def test_lines_are_encoded_apart(tokenizer: Tokenizer, lines: list[str]) -> None:
    apart = [id_ for line in lines for id_ in tokenizer.encode(line + "\n")]
    assert tokenizer.encode("".join(line + "\n" for line in lines)) == apart


def test_some_tokens_cross_spaces(tokenizer: Tokenizer) -> None:
    assert any(b" " in token.strip() for token in tokenizer.vocab_bytes)


# --- special tokens ---


def test_every_role_has_an_id_of_its_own(tokenizer: Tokenizer) -> None:
    """But for those of a canvas that changes its length: their tokens would promise what the models cannot do."""
    roles = [role for role in ROLES if role not in LENGTH_ROLES]
    ids = [getattr(tokenizer.specials, role) for role in roles]
    assert len(set(ids)) == len(roles)
    assert tokenizer.specials.expand is None
    assert tokenizer.specials.delete is None
    assert None not in ids
    assert all(tokenizer.token_bytes(id_) == b"" for id_ in ids)
    assert tokenizer.vocab_size % 64 == 0


@given(text=st.lists(st.sampled_from([*bpe.special_tokens(), " ", "\n", "mask", "<|", "|>"])).map("".join))
def test_text_that_spells_a_special_token_is_only_text(tokenizer: Tokenizer, text: str) -> None:
    ids = tokenizer.encode(text)
    assert all(tokenizer.token_bytes(id_) for id_ in ids)
    assert tokenizer.decode(ids) == text


# --- cursors ---


@pytest.mark.parametrize("text", [REAL_FILE, ODD_FILE], ids=["real", "odd"])
def test_every_cursor_position_heals(tokenizer: Tokenizer, text: str) -> None:
    whole = tokenizer.encode(text)
    exact = 0
    for cursor in range(len(text) + 1):
        prefix, rest = text[:cursor], text[cursor:]
        healed = tokenizer.heal(prefix)
        assert tokenizer.decode_bytes(healed.ids) + healed.pending == prefix.encode()
        healed.pending.decode()  # whole characters
        if not prefix or prefix.endswith("\n"):
            assert healed.pending == b""
        continuation = tokenizer.encode_after(healed.pending, rest)
        assert tokenizer.decode(healed.ids + continuation) == text
        exact += healed.ids + continuation == whole
        pending = healed.pending
        for token in continuation:
            allowed = tokenizer.allowed_first(pending)
            if allowed is None:
                break
            assert token in allowed
            pending = tokenizer.advance(pending, token)
        assert pending == b""
    assert exact >= 0.98 * (len(text) + 1)


def test_a_word_is_given_back_whole(tokenizer: Tokenizer) -> None:
    assert tokenizer.heal("def f():\n    ret").pending == b"ret"
    assert tokenizer.heal("def f():\n    ").pending == b"    "


def test_two_digits_and_line_ends_are_not_given_back(tokenizer: Tokenizer) -> None:
    for prefix in ("x[12", "x\n", "x\r\n", "\n\n"):
        assert tokenizer.heal(prefix).pending == b""
    assert tokenizer.heal("x[123").pending == b"3"
    assert tokenizer.heal("x\r").pending == b"\r"


@given(text=anything, cut=st.floats(0, 1))
def test_healing_never_breaks_text(tokenizer: Tokenizer, text: str, cut: float) -> None:
    cursor = round(cut * len(text))
    healed = tokenizer.heal(text[:cursor])
    assert tokenizer.decode(healed.ids + tokenizer.encode_after(healed.pending, text[cursor:])) == text


@given(start=st.sampled_from(REAL_FILE.splitlines() + ODD_FILE.splitlines()), size=st.integers(1, 12))
def test_allowed_first_is_every_token_that_fits(small: Tokenizer, start: str, size: int) -> None:
    pending = start.lstrip("#").encode()[:size] or b" "
    fits = [
        id_
        for id_, token in enumerate(small.vocab_bytes)
        if token and (token.startswith(pending) or pending.startswith(token))
    ]
    allowed = small.allowed_first(pending)
    assert allowed is not None
    assert allowed.tolist() == fits
    with pytest.raises(ValueError, match="read-only"):
        allowed[0] = 0


def test_nothing_pending_allows_everything(small: Tokenizer) -> None:
    assert small.allowed_first(b"") is None
    assert small.advance(b"ret", small.encode("return")[0]) == b""
    with pytest.raises(AssertionError):
        small.advance(b"ret", small.encode("x")[0])


# --- training in two stages ---


def test_encoding_is_subwords_first_then_crossing_merges(tmp_path: Path) -> None:
    """The finished file does what the two stages did, by a plain reading of the merges in order."""
    options = bpe.BpeOptions(vocab_size=1024, crossing_share=0.4)
    trained = bpe.train([REAL_FILE, Path(shlex.__file__).read_text(encoding="utf-8")], options)
    trained.save(str(tmp_path / "tokenizer.json"))
    tokenizer = Tokenizer.from_file(tmp_path / "tokenizer.json")
    merges = json.loads(trained.to_str())["model"]["merges"]
    vocab = trained.get_vocab()
    assert len(merges) == options.merges
    assert trained.pre_tokenizer is not None
    for line in (REAL_FILE + ODD_FILE).splitlines():
        for piece, _ in trained.pre_tokenizer.pre_tokenize_str(line):
            tokens = list(piece)
            for left, right in merges:  # the first stage's merges stand first
                at = 0
                while at + 1 < len(tokens):
                    if tokens[at : at + 2] == [left, right]:
                        tokens[at : at + 2] = [left + right]
                    at += 1
            ids = [vocab[token] for token in tokens]
            assert tokenizer.encode(tokenizer.decode(ids)) == ids


# --- published files ---


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file as published ones are: normaliser, post-processing, special and plain added tokens."""
    hub = HubTokenizer(models.BPE())
    hub.normalizer = normalizers.NFC()
    hub.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    hub.decoder = decoders.ByteLevel()
    hub.train_from_iterator(
        [REAL_FILE],
        trainers.BpeTrainer(
            vocab_size=500, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
        ),
    )
    hub.add_special_tokens([AddedToken("<|endoftext|>"), AddedToken("<|mask|>")])
    hub.add_tokens([AddedToken("<|fim_middle|>"), AddedToken(" " * 24, normalized=False)])
    path = tmp_path_factory.mktemp("published") / "tokenizer.json"
    hub.save(str(path))
    return path


def test_a_published_file_is_wrapped(published: Path) -> None:
    roles = {"mask": "<|mask|>", "end": "<|endoftext|>", "middle": "<|fim_middle|>"}
    tokenizer = Tokenizer.from_file(published, roles)
    hub = HubTokenizer.from_file(str(published))
    assert tokenizer.specials == SpecialIds(**{role: hub.token_to_id(token) for role, token in roles.items()})
    assert tokenizer.encode(REAL_FILE) == hub.encode(REAL_FILE).ids
    spelled = "<|mask|><|fim_middle|> e\u0301" + " " * 24
    ids = tokenizer.encode(spelled)
    assert tokenizer.decode(ids) == spelled
    assert hub.token_to_id(" " * 24) in ids
    assert not {tokenizer.specials.mask, tokenizer.specials.middle} & set(ids)
    for cursor, _ in enumerate(REAL_FILE[:600]):
        healed = tokenizer.heal(REAL_FILE[:cursor])
        assert tokenizer.decode_bytes(healed.ids) + healed.pending == REAL_FILE[:cursor].encode()


def test_our_names_are_looked_for_by_default(published: Path) -> None:
    specials = Tokenizer.from_file(published).specials
    assert special_token("mask") == "<|mask|>"
    assert specials.mask is not None
    assert specials.pad is None


@pytest.mark.parametrize(
    ("roles", "says"),
    [
        ({"hole": "<|mask|>"}, "no special token role 'hole'"),
        ({"mask": "<|MASK|>"}, "has no token '<|MASK|>'"),
    ],
)
def test_wrong_roles_are_refused(published: Path, roles: dict[str, str], says: str) -> None:
    with pytest.raises(CheckpointError, match=says.replace("|", r"\|")):
        Tokenizer.from_file(published, roles)


@pytest.mark.parametrize(
    "content", ["", "{}", "[1]", '{"model": {"type": "Unigram"}, "pre_tokenizer": null, "added_tokens": []}']
)
def test_files_that_cannot_be_used_are_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "tokenizer.json"
    with pytest.raises(CheckpointError, match=r"tokenizer\.json"):
        Tokenizer.from_file(path)
    path.write_text(content)
    with pytest.raises(CheckpointError, match=r"tokenizer\.json") as caught:
        Tokenizer.from_file(path)
    assert "\n" not in str(caught.value)
