"""Private keys: whole blocks, blocks in string literals, cut-off blocks, and code that only talks about them."""

from __future__ import annotations

import ast
import json

import pytest

from coderdiff.context.safety.keyblocks import key_spans
from coderdiff.context.safety.secrets import redact

from .planted import body, pem

BLOCK = pem()
ROWS = BLOCK.split("\n")[1:-1]


def leaks(text: str, block: str = BLOCK) -> list[str]:
    """The rows of the key that are still in a redacted text."""
    cleaned = redact(text)
    assert len(cleaned) == len(text)
    assert [len(line) for line in cleaned.splitlines()] == [len(line) for line in text.splitlines()]
    return [row for row in block.split("\n")[1:-1] if row[-20:] in cleaned]


@pytest.mark.parametrize(
    "name", ["RSA PRIVATE", "PRIVATE", "EC PRIVATE", "OPENSSH PRIVATE", "ENCRYPTED PRIVATE", "DSA PRIVATE"]
)
def test_a_block_loses_its_body_and_keeps_its_marks(name: str) -> None:
    block = pem(name)
    cleaned = redact(f"before\n{block}\nafter\n")
    assert not leaks(block, block)
    assert f"BEGIN {name} KEY" in cleaned
    assert cleaned.startswith("before\n")
    assert cleaned.endswith("\nafter\n")


def test_pgp_and_putty_blocks() -> None:
    dashes = "-" * 5
    rows = "\n".join(ROWS)
    name = "PGP PRIVATE KEY BLOCK"
    pgp = f"{dashes}BEGIN {name}{dashes}\nVersion: GnuPG v2\n\n{rows}\n=aB3d\n{dashes}END {name}{dashes}"
    assert not leaks(pgp)
    assert "aB3d" not in redact(pgp)
    assert "Version: GnuPG v2" in redact(pgp)
    assert not leaks(f"Private-Lines: {len(ROWS)}\n{rows}\nPrivate-MAC: 12\n")


def test_blocks_with_headers_indentation_quotes_and_comments() -> None:
    head, *rows, tail = BLOCK.split("\n")
    joined = [head, "Proc-Type: 4,ENCRYPTED", "DEK-Info: DES-EDE3-CBC,4D6A", "", *rows, tail]
    assert not leaks("\n".join(joined))
    assert not leaks("\r\n".join([head, *rows, tail]))
    for before in ("    ", "# ", "// ", " * ", "> ", "-- ", "|  "):
        assert not leaks("\n".join(before + line for line in BLOCK.split("\n"))), before


def test_blocks_in_literals_still_parse() -> None:
    lines = BLOCK.split("\n")
    sources = [
        f'KEY = """{BLOCK}"""\n',
        f"KEY = {BLOCK!r}\n",
        f"KEY = {BLOCK.encode()!r}\n",
        "KEY = (\n" + "".join(f"    {line + chr(10)!r}\n" for line in lines) + ")\n",
        "KEY = " + " + \\\n      ".join(f'"{line}\\n"' for line in lines) + "\n",
        f"KEY = {json.dumps({'private_key': BLOCK})}\n",
        'KEY = "' + "\\\n".join(lines) + '"\n',
    ]
    for source in sources:
        assert not leaks(source), source
        ast.parse(redact(source))


def test_a_block_in_one_line() -> None:
    assert not leaks(BLOCK.replace("\n", " "))
    assert not leaks(json.dumps(json.dumps({"key": BLOCK})))


@pytest.mark.parametrize("rows", range(1, len(ROWS) + 1))
def test_a_block_cut_off_at_its_end(rows: int) -> None:
    text = "\n".join(BLOCK.split("\n")[: rows + 1])
    assert not leaks(text)
    assert not leaks(text[:-7])
    assert ROWS[rows - 1][:5] not in redact(text[: -len(ROWS[rows - 1]) + 5])


@pytest.mark.parametrize("rows", range(1, len(ROWS) + 1))
def test_a_block_cut_off_at_its_beginning(rows: int) -> None:
    text = "\n".join(BLOCK.split("\n")[-rows - 1 :])
    assert not leaks(text + "\nrest\n")
    assert not leaks(text[3:] + "\n")


def test_code_that_talks_about_marks_is_left_alone() -> None:
    dashes = "-" * 5
    text = f'''
if data.startswith("{dashes}BEGIN RSA PRIVATE KEY{dashes}"):
    return load_pem_private_key_with_a_long_name(data)
END = b"{dashes}END RSA PRIVATE KEY{dashes}"
PEM = "{dashes}BEGIN PRIVATE KEY{dashes}"
SOME_LONG_CONSTANT_NAME_THAT_FOLLOWS = 3
'''
    assert redact(text) == text


@pytest.mark.parametrize("name", ["CERTIFICATE", "PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE REQUEST"])
def test_public_blocks_are_left_alone(name: str) -> None:
    text = "\n".join([f"-----BEGIN {name}-----", *ROWS, f"-----END {name}-----"])
    assert list(key_spans(text)) == []


def test_a_crossed_out_row_does_not_hide_the_rows_behind_it() -> None:
    lines = BLOCK.split("\n")
    lines[2] = "x" * 64
    assert not leaks("\n".join(lines))


def test_json_web_keys_lose_their_private_numbers() -> None:
    key = {"kty": "RSA", "n": body(342), "e": "AQAB", "d": body(342, seed=1), "p": body(171, seed=2)}
    cleaned = json.loads(redact(json.dumps(key, indent=2)))
    assert cleaned["n"] == key["n"]
    assert set(cleaned["d"]) == set(cleaned["p"]) == {"x"}
