"""What looks made by a generator or chosen as a password, and what is a word, a name or a placeholder."""

from __future__ import annotations

import pytest

from coderdiff.context.safety.looks import is_password, is_placeholder, is_random, mean_run

from .planted import body

HEX = "0123456789abcdef"


@pytest.mark.parametrize("seed", range(40))
def test_generated_strings_are_random(seed: int) -> None:
    assert is_random(body(24, seed=seed), 16)
    assert is_random(body(32, HEX, seed), 16)
    assert is_random(body(40, seed=seed) + "==", 16)
    assert is_random(body(16, seed=seed) + "/" + body(23, seed=seed + 100), 16)


def test_long_secrets_are_no_placeholders() -> None:
    for length in (64, 128, 256, 512):
        assert not is_placeholder(body(length, HEX))
        assert is_random(body(length, HEX), 16)
        assert is_random(body(length), 16)
        assert is_placeholder("xy" * length)


@pytest.mark.parametrize(
    "text",
    [
        "application/x-www-form-urlencoded",
        "AUTHENTICATION_BACKENDS_SETTING",
        "getAccessTokenFromRequestHeader",
        "my_app.settings.production.secrets",
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        "projects/my-project/secrets/database-password",
        "abcdefghijklmnopqrstuvwxyz0123456789",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef",
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "your-api-key-goes-here-please",
        "${SECRETS_MANAGER_API_KEY_V2}",
        "{{ vault_api_key_a1b2c3d4e5f6 }}",
        "<your-token-1a2b3c4d5e6f7a8b>",
        r"[A-Za-z0-9_]+-[0-9a-f]{8,}",
        r"\u30a2\u30af\u30bb\u30b9\u30c8\u30fc",
        "Jeton d'accès non valide a1B2c3D4e5",
        "1234567890123456789012",
        "0" * 40,
        "short1A",
    ],
)
def test_names_tables_and_placeholders_are_not(text: str) -> None:
    assert not is_random(text, 16)


@pytest.mark.parametrize(
    "text",
    [
        "hunter2",
        "Tr0ub4dor&3",
        "S3cr3t!",
        "P@ssw0rd123",
        "correcthorse42battery",
        "qwerty!Z",
        "aB3$kL9#",
        "pa#ss7x",
    ],
)
def test_passwords(text: str) -> None:
    assert is_password(text)


@pytest.mark.parametrize(
    "text",
    [
        "password", "Password1", "changeme", "change_me_123", "your_password_here", "test", "test123", "secret",
        "my-secret", "user_password", "********", "xxxx", "...", "string", "int32", "uint256", "sha256", "utf-8",
        "text/plain", "oauth2_jwt_secret", "Enter your password", "%s", "%(password)s", "{password}", "$PASSWORD",
        "os.environ", "<password>", "None", "null", "new_password2", "", "abc", "12345678", "password-field-2",
        "[%key:common::data::password%]", r"\u5bc6\u7801",
    ],
)  # fmt: skip
def test_what_stands_for_a_password_is_none(text: str) -> None:
    assert not is_password(text)


def test_placeholders_hide_nothing_random() -> None:
    assert is_placeholder("insert-your-token-here")
    assert is_placeholder("example_api_key_2")
    assert not is_placeholder("test_" + body(20))
    assert not is_placeholder("example-" + body(32, HEX))


def test_mean_run() -> None:
    assert mean_run("aB3xY9") == 1
    assert mean_run("aBc3xY9z") == 8 / 7
    assert mean_run("HelloWorld") == 5
    assert mean_run("HTTPServer") == 5
    assert mean_run("--") == 2
