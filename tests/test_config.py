"""Settings: where they come from, in which order, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from coderdiff.config import ENVIRONMENT, ServerSettings, Token, is_loopback, server_settings
from coderdiff.errors import ConfigError

LONG = "0123456789abcdef"


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "serve.toml"
    file.write_text(text)
    return file


def test_the_last_word_counts(tmp_path: Path):
    file = written(tmp_path, 'port = 1\nthreads = 1\nmodel = "a"\n')
    environment = {f"{ENVIRONMENT}PORT": "2", f"{ENVIRONMENT}MODEL": "b", "HOME": "/"}
    settings = server_settings(file, environment, model="c", device=None)
    assert (settings.threads, settings.port, settings.model) == (1, 2, "c")
    assert settings.device is None
    assert server_settings(None, {}) == ServerSettings()


def test_a_file_has_all_kinds(tmp_path: Path):
    (tmp_path / "shop").mkdir()
    file = written(
        tmp_path,
        f"""
        workspaces = ["{tmp_path}/shop"]
        aliases = ["mercury-coder"]
        feedback = "~/feedback.sqlite3"
        [[tokens]]
        token = "{LONG}"
        name = "ci"
        workspaces = ["{tmp_path}"]
        requests_per_minute = 60
        """,
    )
    settings = server_settings(file, {})
    assert settings.workspaces == (tmp_path / "shop",)
    assert settings.aliases == ("mercury-coder",)
    assert settings.feedback == Path("~/feedback.sqlite3").expanduser()
    assert settings.tokens == (Token(LONG, "ci", (tmp_path,), 60),)
    assert LONG not in repr(settings)


def test_the_environment_has_lists_as_in_path(tmp_path: Path):
    environment = {f"{ENVIRONMENT}WORKSPACES": f"{tmp_path}:{tmp_path.parent}", f"{ENVIRONMENT}TOKEN": LONG,
                   f"{ENVIRONMENT}CONFIG": "elsewhere.toml"}  # fmt: skip
    settings = server_settings(None, environment)
    assert settings.workspaces == (tmp_path, tmp_path.parent)
    assert [each.token for each in settings.tokens] == [LONG]


@pytest.mark.parametrize("separators", ["", ":", "::"])
def test_an_empty_list_is_empty(tmp_path: Path, separators: str):
    file = written(tmp_path, f'workspaces = ["{tmp_path}"]\naliases = ["a"]\n')
    environment = {f"{ENVIRONMENT}{name}": separators for name in ("WORKSPACES", "ALIASES", "HOSTS")}
    settings = server_settings(file, environment)
    assert (settings.workspaces, settings.aliases, settings.hosts) == ((), (), ())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prot = 1", "unknown setting 'prot'; known are aliases, "),
        ('port = "x"', "port must be a whole number"),
        ("port = true", "port must be a whole number"),
        ("port = 70000", "at most 65535"),
        ("threads = 0", "above 0"),
        ("model = 3", "model must be text"),
        ("workspaces = 'x'", "must be a list of texts"),
        ("workspaces = ['/no/such/folder']", "is not a folder"),
        ("tokens = ['x']", "list of tables"),
        ("[[tokens]]\ntoken = 'short'", "16 ASCII characters"),
        ("[[tokens]]\ntoken = 'ein-schlüssel-ist-länger'", "16 ASCII characters"),
        (f"[[tokens]]\ntoken = '{LONG}'\nroots = []", "unknown setting 'roots'"),
        (f"[[tokens]]\ntoken = '{LONG}'\n[[tokens]]\ntoken = '{LONG}'", "same token"),
        ("host = '0.0.0.0'", "give a token"),
        ("certificate = 'a.pem'", "both certificate and private_key"),
        ("port = ", "is not TOML"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, text: str, said: str):
    with pytest.raises(ConfigError) as raised:
        server_settings(written(tmp_path, text), {})
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)
    assert LONG not in str(raised.value)


@pytest.mark.parametrize(("name", "value"), [("PORTT", "1"), ("PORT", "many"), ("TOKEN", "short")])
def test_the_environment_is_held_to_the_same(name: str, value: str):
    with pytest.raises(ConfigError):
        server_settings(None, {ENVIRONMENT + name: value})


def test_a_file_that_is_missing_is_said(tmp_path: Path):
    with pytest.raises(ConfigError, match="cannot read"):
        server_settings(tmp_path / "none.toml", {})


@pytest.mark.parametrize(
    ("host", "only_here"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True),
     ("0.0.0.0", False), ("192.168.1.2", False), ("::", False), ("box.example", False)],
)  # fmt: skip
def test_loopback(host: str, only_here: bool):
    assert is_loopback(host) is only_here
    if not only_here:
        with pytest.raises(ConfigError, match="give a token"):
            server_settings(None, {}, host=host)
        assert server_settings(None, {}, host=host, tokens=[{"token": LONG}]).host == host


def test_the_url_can_be_opened():
    assert ServerSettings().url == "http://127.0.0.1:8017"
    assert (
        ServerSettings(host="::1", certificate=Path("c"), private_key=Path("k")).url == "https://[::1]:8017"
    )


def test_tokens_without_a_name_are_clients_of_their_own():
    """Or they would share a queue, what each has open, and each other's completions."""
    settings = server_settings(None, {}, tokens=[{"token": LONG}, {"token": LONG + "x"}])
    assert [each.name for each in settings.tokens] == ["token 1", "token 2"]
