"""Settings of the server: defaults, then a TOML file, then the environment, then flags; the last word counts.

    port = 8017
    workspaces = ["~/code/shop"]

    [[tokens]]
    name = "ci"
    token = "..."
    workspaces = ["~/code/shop"]
    requests_per_minute = 600

In the environment a setting is `CODERDIFF_SERVE_` and its name in capitals; lists are separated as in PATH. Keys that
are not known are refused, wherever they stand.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import os
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from coderdiff.errors import ConfigError

ENVIRONMENT = "CODERDIFF_SERVE_"
SHORTEST_TOKEN = 16
"""Characters; shorter ones could be guessed."""


@dataclass(frozen=True)
class Token:
    """A client's secret. `workspaces` None is all of them; `requests_per_minute` None is no limit.

    The name is what a client is known by: two tokens of one name are one client's, as while it changes its secret.
    """

    token: str = field(repr=False)
    name: str = "token"
    workspaces: tuple[Path, ...] | None = None
    requests_per_minute: int | None = None


@dataclass(frozen=True)
class ServerSettings:
    """How the server listens, whom it answers, and how much it takes on.

    `hosts` and `origins` are allowed beside the server's own; `aliases` are other names for the loaded model.
    `max_waiting` counts requests that wait for the engine, `max_chars` characters of one request's text.
    `window` and `mode` are the model's, None for its own; `kv_mebibytes` bounds the memory of contexts that are kept.
    `feedback` is the file of the feedback store.
    """

    host: str = "127.0.0.1"
    port: int = 8017
    model: str | None = None
    device: str | None = None
    dtype: str | None = None
    threads: int | None = None
    window: int | None = None
    mode: str | None = None
    kv_mebibytes: int | None = None
    aliases: tuple[str, ...] = ()
    workspaces: tuple[Path, ...] = ()
    tokens: tuple[Token, ...] = ()
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    max_body_bytes: int = 8 << 20
    max_chars: int = 2_000_000
    max_tokens: int = 1024
    max_choices: int = 16
    max_waiting: int = 64
    shutdown_seconds: int = 10
    feedback: Path = field(default_factory=lambda: data_folder() / "feedback.sqlite3")
    certificate: Path | None = None
    private_key: Path | None = None

    @property
    def url(self) -> str:
        """Where the server is found."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.certificate else 'http'}://{host}:{self.port}"


def data_folder() -> Path:
    """Where the program keeps what it must not lose: `$XDG_DATA_HOME/coderdiff` or the system's like."""
    configured = os.environ.get("XDG_DATA_HOME", "")
    if Path(configured).is_absolute():
        return Path(configured) / "coderdiff"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "coderdiff"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "coderdiff"
    return Path.home() / ".local" / "share" / "coderdiff"


def server_settings(
    file: Path | None = None, environment: Mapping[str, str] | None = None, **flags: object
) -> ServerSettings:
    """The settings of all sources together; a flag that is None says nothing.

    Raises ConfigError, in one line, for a key that is not known, a value of the wrong kind or out of range, and for an
    address that others can reach without a token.
    """
    given = _given(file, environment)
    given |= _checked({key: value for key, value in flags.items() if value is not None}, "the command line")
    settings = ServerSettings(**given)
    _check(settings)
    return settings


def settings_file(flag: Path | None, environment: Mapping[str, str] | None = None) -> Path | None:
    """The file of settings: what --config says, else the environment; None for no file."""
    named = (os.environ if environment is None else environment).get(f"{ENVIRONMENT}CONFIG")
    return flag or (Path(named) if named else None)


def feedback_file(file: Path | None, environment: Mapping[str, str] | None = None) -> Path:
    """Where a server with these settings keeps its feedback, whether or not all else would let it serve.

    Raises ConfigError as `server_settings` does for what a file or the environment says.
    """
    kept: Path | None = _given(file, environment).get("feedback")
    return kept or ServerSettings().feedback


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _given(file: Path | None, environment: Mapping[str, str] | None) -> dict[str, Any]:
    """What the file says, then the environment."""
    given = {} if file is None else _checked(_read(file), str(file))
    return given | _from_environment(os.environ if environment is None else environment)


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read {file}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} is not TOML: {error}") from error


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in environment.items():
        if not name.startswith(ENVIRONMENT):
            continue
        key = name.removeprefix(ENVIRONMENT).lower()
        if key == "config":
            continue  # which file to read: whoever calls has read it
        if key == "token":
            found["tokens"] = [{"token": value}]
        elif key in _LISTS:
            found[key] = [
                part for part in value.split(os.pathsep) if part
            ]  # an empty path would be this folder
        elif key in _NUMBERS:
            if not value.strip().isdecimal():
                raise ConfigError(f"{name} must be a whole number, not {value!r}")
            found[key] = int(value)
        else:
            found[key] = value
    return _checked(found, "the environment")


_LISTS = {"aliases", "workspaces", "hosts", "origins"}
_PATHS = {"feedback", "certificate", "private_key"}
_NUMBERS = {"port", "threads", "window", "kv_mebibytes", "max_body_bytes", "max_chars", "max_tokens", "max_choices",
            "max_waiting", "shutdown_seconds"}  # fmt: skip


def _checked(given: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Values as `ServerSettings` has them, each of its kind."""
    _refuse_unknown(given, {each.name for each in dataclasses.fields(ServerSettings)}, where)
    return {key: _value(key, value, where) for key, value in given.items()}


def _value(key: str, value: Any, where: str) -> Any:
    if key == "tokens":
        if not isinstance(value, list | tuple) or not all(isinstance(each, dict) for each in value):
            raise ConfigError(f"{where}: tokens must be a list of tables, as in [[tokens]]")
        return tuple(_token(each, f"token {at}", where) for at, each in enumerate(value, 1))
    if key in _NUMBERS:
        return _number(key, value, where)
    if key in _LISTS:
        return _texts(key, value, where, paths=key == "workspaces")
    if key in _PATHS and isinstance(value, Path | str):
        return Path(value).expanduser()
    if isinstance(value, str):
        return value
    raise ConfigError(f"{where}: {key} must be text, not {value!r}")


def _token(given: Mapping[str, Any], unnamed: str, where: str) -> Token:
    """A client's entry, called `unnamed` if it says no name; its secret is in no message."""
    _refuse_unknown(given, {each.name for each in dataclasses.fields(Token)}, f"{where}, [[tokens]]")
    secret = given.get("token")
    if (
        not isinstance(secret, str)
        or len(secret) < SHORTEST_TOKEN
        or not (secret.isascii() and secret.isprintable())
    ):
        raise ConfigError(f"{where}: a token must be {SHORTEST_TOKEN} ASCII characters or more")
    name = given.get("name", unnamed)
    if not isinstance(name, str):
        raise ConfigError(f"{where}: a token's name must be text")
    workspaces, rate = given.get("workspaces"), given.get("requests_per_minute")
    return Token(
        secret,
        name,
        None if workspaces is None else _texts("workspaces", workspaces, where, paths=True),
        None if rate is None else _number("requests_per_minute", rate, where),
    )


def _refuse_unknown(given: Mapping[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(set(given) - known)
    if unknown:
        raise ConfigError(f"{where}: unknown setting {unknown[0]!r}; known are {', '.join(sorted(known))}")


def _number(key: str, value: Any, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < (0 if key == "port" else 1):
        raise ConfigError(f"{where}: {key} must be a whole number above 0, not {value!r}")
    return value


def _texts(key: str, value: Any, where: str, *, paths: bool) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(each, str | Path) for each in value):
        raise ConfigError(f"{where}: {key} must be a list of texts, not {value!r}")
    return tuple(Path(each).expanduser().absolute() if paths else str(each) for each in value)


def _check(settings: ServerSettings) -> None:
    if settings.port > 65535:
        raise ConfigError(f"port must be at most 65535, not {settings.port}")
    if not is_loopback(settings.host) and not settings.tokens:
        raise ConfigError(
            f"others can reach {settings.host}: give a token (--token, or [[tokens]] in the file), "
            "or serve on 127.0.0.1"
        )
    if (settings.certificate is None) != (settings.private_key is None):
        raise ConfigError("TLS needs both certificate and private_key")
    if len({each.token for each in settings.tokens}) != len(settings.tokens):
        raise ConfigError("two clients have the same token: give each its own")
    missing = [path for path in settings.workspaces if not path.is_dir()]
    if missing:
        raise ConfigError(f"the workspace {missing[0]} is not a folder")
