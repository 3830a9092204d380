"""The screen lets no text pass in which `secret_spans` finds something."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from coderdiff.context.index.passages import passages_of
from coderdiff.context.index.terms import Vocabulary
from coderdiff.context.safety.screen import may_hold_secrets
from coderdiff.context.safety.secrets import secret_spans

from .planted import body, pem, planted
from .test_secrets import FORMS, PLANTED

PIECES = st.sampled_from(
    [
        *(
            "password",
            "PASSWD",
            "pwd",
            "secret",
            "token",
            "accessToken",
            "credential",
            "passphrase",
            "key",
            "apiKey",
        ),
        *(
            "api",
            "auth",
            "client",
            "signing",
            "K\u212aey",
            "\u212aey",
            "se\u017f\u017fion",
            "İ",
            "key2",
            "token_value",
        ),
        *(
            "_",
            "-",
            ".",
            " ",
            " = ",
            ": ",
            "=",
            "\n",
            '"',
            "'",
            "://",
            "@",
            "$",
            "/",
            "Bearer ",
            "basic ",
            "→",
            "é",
        ),
        *(
            "1//0",
            "$2a$10$",
            "ya29.",
            "hooks.slack.com/services/",
            "AccountKey=",
            "?sig=",
            "8Q~",
            "dp.st.",
            "SG.",
            "curl -u joe:",
            "IDENTIFIED BY '",
            "authorization",
            "token ",
            "_auth=",
            "https://",
            "pass",
            "db_pass",
            "pw",
            "psk",
            "JWT",
            '"Jwt": {',
            '"Key": "',
            "Jwt__Key",
            "passwords = ['",
            "api_keys = ['",
            "s",
            ":Key",
            "auth=('joe', '",
            "sshpass -p ",
            "mysql -p",
            "docker login -p ",
            "--set a=b,",
            "user",
            "\nvalue: ",
        ),
        *(body(8), body(20), body(40), body(32, "0123456789abcdef"), "k7#Vq2mZ!x", "12345678", "us12"),
        *(value for _, value in planted()),
    ]
)
CODE = '''def area(keys, token_count, tokenizer):
    """The key of each passage: read key by key, basic and authored."""
    for key in keys:
        yield key.AA, Q, token_count
'''


def is_screened(text: str) -> bool:
    """Whether the screen says that a text must be searched."""
    vocabulary = Vocabulary()
    passages = passages_of([text], vocabulary)
    vocabulary.learn()
    return may_hold_secrets(text, *passages.marked(vocabulary))


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_planted_secrets_are_seen_in_every_surrounding(form: str) -> None:
    for value in PLANTED:
        text = form.format(value)
        assert is_screened(text) or not secret_spans(text), text


@pytest.mark.parametrize(("kind", "value"), planted())
def test_tokens_are_seen_bare_and_between_other_words(kind: str, value: str) -> None:
    for text in (
        value,
        f"x = ({value})",
        f"a\n{value}\nb\n",
        f"→{value}←",
        f"_{value}",
        f"-{value}-",
        f"\u00e9 {value}",
    ):
        assert is_screened(text) or not secret_spans(text), (kind, text)


def test_private_keys_are_seen() -> None:
    key = pem()
    for text in (key, key[: len(key) // 2], key[len(key) // 3 :], key.replace("\n", "\\n")):
        assert is_screened(text) or not secret_spans(text)


@given(st.lists(PIECES, max_size=12).map("".join))
@example("api key: '" + body(40) + "'")
@example("write.key = '" + body(40) + "'")
@example("secret-key-base: '" + body(40) + "'")
def test_what_is_not_screened_has_no_secrets(text: str) -> None:
    assert is_screened(text) or secret_spans(text) == []


@given(
    st.lists(st.lists(PIECES, max_size=8).map("".join), max_size=4),
    st.lists(st.sampled_from(["", "    x = é\n" * 7, "def area(shape):\n" * 20]), min_size=4, max_size=4),
)
def test_secrets_are_seen_wherever_in_a_long_text_they_stand(parts: list[str], between: list[str]) -> None:
    text = "\n".join(f"{part}\n{other}" for part, other in zip(parts, between, strict=False))
    assert is_screened(text) or secret_spans(text) == []


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
@pytest.mark.parametrize("above", range(8, 21))
def test_planted_secrets_are_seen_at_every_line_of_a_passage(form: str, above: int) -> None:
    text = "→ = 1\n" * above + form.format(PLANTED[0]) + "\n" + "y = 2\n" * 20
    assert is_screened(text) or not secret_spans(text), text


def test_words_next_to_each_other_in_a_batch_are_each_marked() -> None:
    words = ["sk", "xai", "sig", "office", "PRIVATE", "kty", "atlasv1", "us12", "hvs", "dp", "pul"]
    vocabulary = Vocabulary()
    text = " ".join([*words, "\n"]).encode()
    vocabulary.lexicon.pairs_of(text, np.array([len(text)]))
    vocabulary.learn()
    assert all(vocabulary.marks.tolist())


def test_everyday_code_passes() -> None:
    assert not is_screened(CODE)
    assert not is_screened("def auth(self): return basic\n# Objects are identified by their names: 1//0.\n")
    assert not is_screened("see https://example.org and ask joe@example.org for a token = get_token()\n")
    assert not is_screened("")
