"""What each family of names takes for a secret: passwords of words, lists, short tokens."""

from __future__ import annotations

import pytest

from .planted import body
from .test_assignments import found


@pytest.mark.parametrize(
    "form",
    [
        '"PASSWORD": "{}",', "PASSWORD = '{}'\n", "DB_PASSWORD={}\n", 'ADMIN_PWD = "{}"', 'SECRET: "{}"',
        '"user": "joe",\n  "password": "{}"', 'connect(host="db", password="{}")', "passwd='{}', port=5432",
    ],
)  # fmt: skip
def test_passwords_of_words_where_nothing_else_is_meant(form: str) -> None:
    secret = "hunter" + "2-django-pw"
    assert found(form.format(secret)) == [secret]
    for word in (
        *(
            "changeme",
            "change-me-2",
            "your-password-1",
            "<password>",
            "${DB_PASSWORD}",
            "",
            "test-password1",
        ),
        *("shop-tls1", "oauth2-password", "example", "password-reset"),
    ):
        assert found(form.format(word)) == [], word


@pytest.mark.parametrize("name", ["API_KEYS", "apiKeys", "secrets"])
def test_tokens_in_lists(name: str) -> None:
    one, two = body(20), body(24)
    text = f'{name} = [\n  "{one}",\n  "first",\n  # old\n  "{two}"]\nx = "{body(30)}"\n'
    assert found(text) == sorted((one, two))
