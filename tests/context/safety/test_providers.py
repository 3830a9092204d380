"""Tokens in their published formats: each is found whole, in all surroundings; what only resembles one is not."""

from __future__ import annotations

import pytest

from coderdiff.context.safety.providers import token_spans

from .planted import body, planted, web_token

SURROUNDINGS = (
    "{}",
    'key = "{}"\n',
    "KEY={}\n",
    "curl -H 'X: {}' https://example.org\n",
    "https://x:{}@example.org/a.git\n",
    "# was {}, now revoked\n",
    '{{"a": "{}", "b": 1}}',
    "[{}]",
    "é{}é\n",
)


def found(text: str) -> list[str]:
    return sorted({text[start:end] for start, end, _ in token_spans(text)})


@pytest.mark.parametrize("surroundings", SURROUNDINGS)
def test_every_format_is_found_whole_in_all_surroundings(surroundings: str) -> None:
    missed = []
    for kind, value in planted():
        text = surroundings.format(value)
        covered = bytearray(len(text))
        for start, end, _ in token_spans(text):
            covered[start:end] = b"\1" * (end - start)
        at = text.index(value)
        if not all(covered[at : at + len(value)]) and "é" not in text:
            missed.append((kind, value))
    assert not missed


def test_webhooks_and_storage_keys_lose_their_secret_part() -> None:
    hook = body(44, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/")
    assert found(f"https://ho{'oks'}.slack.com/services/{hook}") == [hook]
    secret = body(68)
    assert found(f"https://discord.com/api/webh{'ooks'}/1234567890123/{secret}") == [secret]
    key = body(86) + "=="
    assert found(f"AccountName=a;Account{'Key'}={key};EndpointSuffix=b") == [key]
    sign = body(43) + "%3D"
    assert found(f"https://a.blob.core.windows.net/c?sv=2022&si{'g'}={sign}") == [sign]


@pytest.mark.parametrize(
    "text",
    [
        "sk-toggleable__content sk-estimator-doc-link",
        "hf_hub_download(repo_id, filename)",
        "npm_config_registry_url_for_packages_of_mine",
        "self.secret_key_manager_with_a_long_name_indeed",
        "glpat-" + "x" * 20,
        "ghp_" + "*" * 36,
        "whsec_...",
        "AKIA",
        "class AKIALIKE_NAME_OF_CONSTANT: pass",
        "eyJ is how a JSON web token begins",
        "monkey-0123456789abcdef0123456789abcdef0123",
        "integrity sha512-" + body(86) + "==",
        "pypi-packages-of-this-company-in-a-very-long-name-indeed-it-is-so-long",
        "https://hooks.slack.com/services/",
    ],
)
def test_what_only_begins_like_a_token_is_none(text: str) -> None:
    assert found(text) == []


def test_a_token_behind_a_name_with_signs_is_found() -> None:
    token = "gh" + "p_" + body(36)
    assert found(f"my_app-token_{token}") == [token]
    assert f"glpat-{token}" in found(f"glpat-{token}")


@pytest.mark.parametrize("length", [8, 12, 20, 30])
def test_a_token_that_the_end_cuts_off_is_found(length: int) -> None:
    for token in (
        "gh" + "p_" + body(36),
        "sk" + "-ant-api03-" + body(93),
        web_token(),
        "AK" + "IA" + body(16),
    ):
        text = (
            'client = Client("'
            + token[: token.index("_") + 1 if "_" in token[:5] else 4]
            + token[4 : 4 + length]
        )
        assert [text[start:] for start, end, _ in token_spans(text) if end == len(text)], text


def test_words_at_the_end_are_no_tokens() -> None:
    for text in ("import hf_hubdownload", "x = npm_package", "sk-learning", "eyJson", "ya29.something"):
        assert found(text) == []


def test_the_inside_of_a_token_is_not_searched_again() -> None:
    text = ("sk" + "-ant-") * 3_000
    assert len(list(token_spans(text))) <= len(text) / 900
