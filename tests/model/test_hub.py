"""Checkpoints by name: out of a cache laid out as the hub's client lays it out, and from a server of its few calls."""

from __future__ import annotations

import http.server
import json
import shutil
import threading
from collections.abc import Iterator
from hashlib import sha1
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import torch
from huggingface_hub import constants

from coderdiff.errors import CheckpointError
from coderdiff.model import hub, loader
from coderdiff.model.hub import cached, cached_names, fetched, fetched_description, is_name, name_of

from .checkpoints import write

NAME = "Some-org/Tiny_Dream-0.1"
COMMIT = "c0ffee" + "0" * 34


def in_cache(cache: Path, name: str, kind: str) -> Path:
    """A snapshot as downloads leave it: blobs by content, links to them, and the branch's commit."""
    repository = cache / f"models--{name.replace('/', '--')}"
    plain = repository / "plain"
    write(plain, kind)
    snapshot = repository / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    (repository / "blobs").mkdir()
    for path in plain.iterdir():
        blob = repository / "blobs" / sha1(path.read_bytes()).hexdigest()
        path.rename(blob)
        (snapshot / path.name).symlink_to(Path("../../blobs") / blob.name)
    plain.rmdir()
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMIT)
    return snapshot


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a network call")

    monkeypatch.setattr("socket.socket.connect", refuse)


def test_names() -> None:
    assert is_name(NAME)
    assert not any(is_name(text) for text in ("tiny", "/a/b", "a/b/c", "../b", "a/", "./b", "~/b", "a b/c"))


@pytest.mark.parametrize("kind", ["dream", "open-dcoder"])
def test_what_is_cached_loads_without_a_network_call(
    tmp_path: Path, no_network: None, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    snapshot = in_cache(tmp_path, NAME, kind)
    assert cached(NAME, tmp_path) == fetched(NAME, tmp_path) == snapshot
    assert list(cached_names(tmp_path)) == [NAME]
    monkeypatch.setattr(hub, "cache_folder", lambda: tmp_path)
    checkpoint = loader.open_model(NAME, "cpu", "bf16")
    assert checkpoint.spec.name == NAME
    assert {weight.dtype for weight in checkpoint.network.parameters()} == {torch.bfloat16}


@pytest.mark.parametrize(
    "lost",
    ["config.json", "model-00002-of-00002.safetensors", "merges.txt", "model.safetensors.index.json"],
)
def test_a_snapshot_that_lacks_a_file_is_not_whole(tmp_path: Path, lost: str) -> None:
    snapshot = in_cache(tmp_path, NAME, "dream")
    (snapshot / lost).resolve().unlink()
    assert cached(NAME, tmp_path) is None
    assert list(cached_names(tmp_path)) == []


def test_an_empty_cache(tmp_path: Path) -> None:
    assert cached(NAME, tmp_path / "none") is None
    assert list(cached_names(tmp_path / "none")) == []


def test_offline_it_says_so(tmp_path: Path, no_network: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(CheckpointError, match="HF_HUB_OFFLINE") as caught:
        fetched(NAME, tmp_path)
    assert NAME in str(caught.value)


def test_names_of_folders(tmp_path: Path) -> None:
    assert name_of(tmp_path / "models--a--b-c" / "snapshots" / "1f") == "a/b-c"
    assert name_of(tmp_path / "mine") == "mine"


class Hub(http.server.BaseHTTPRequestHandler):
    """The calls that a download makes: what the branch is, which files there are, and the files."""

    server: Server

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.server.asked.append(path)
        if path == f"/api/models/{NAME}/revision/main":
            self._send(json.dumps({"id": NAME, "modelId": NAME, "sha": COMMIT, "siblings": []}).encode())
        elif path == f"/api/models/{NAME}/tree/{COMMIT}":
            listed = [
                {"type": "file", "path": name, "size": len(content), "oid": sha1(content).hexdigest()}
                for name, content in self.server.files.items()
            ]
            self._send(json.dumps(listed).encode())
        elif path.startswith(f"/{NAME}/resolve/{COMMIT}/"):
            self._send(self.server.files[path.rpartition("/")[2]])
        else:
            self.send_response(401 if path.startswith("/api/models/Closed/") else 404)
            gated = path.startswith("/api/models/Gated/")
            self.send_header("X-Error-Code", "GatedRepo" if gated else "RepoNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()

    do_HEAD = do_GET  # noqa: N815

    def _send(self, content: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", f'"{sha1(content).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


class Server(http.server.ThreadingHTTPServer):
    """A hub with one repository of `files`."""

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), Hub)
        self.files, self.asked = files, list[str]()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    write(tmp_path / "published", "dream")
    files = {path.name: path.read_bytes() for path in (tmp_path / "published").iterdir()}
    files |= {
        "modeling_dream.py": b"raise SystemExit",
        "pytorch_model.bin": b"pickle",
        "README.md": b"# Dream",
    }
    with Server(files) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def test_a_download_brings_what_is_loaded_and_nothing_else(
    tmp_path: Path, server: Server, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = fetched(NAME, tmp_path / "cache", server.url)
    assert {path.name for path in folder.iterdir()} == set(server.files) - {
        "modeling_dream.py", "pytorch_model.bin", "README.md",
    }  # fmt: skip
    assert all((folder / path.name).read_bytes() == server.files[path.name] for path in folder.iterdir())
    assert loader.load(folder).spec.name == NAME
    assert capfd.readouterr().out == "", "progress goes to stderr"
    asked = len(server.asked)
    assert fetched(NAME, tmp_path / "cache", server.url) == folder
    assert len(server.asked) == asked, "the second time nothing is asked"


def test_a_download_that_was_cut_off_goes_on(tmp_path: Path, server: Server) -> None:
    folder = fetched(NAME, tmp_path / "cache", server.url)
    lost = folder / "model-00002-of-00002.safetensors"
    lost.resolve().unlink()
    lost.unlink()
    server.asked.clear()
    assert fetched(NAME, tmp_path / "cache", server.url) == folder
    assert lost.read_bytes() == server.files[lost.name]
    got = {path.rpartition("/")[2] for path in server.asked if "/resolve/" in path}
    assert got == {lost.name}


def test_a_description_comes_without_weights_and_they_can_follow(tmp_path: Path, server: Server) -> None:
    folder = fetched_description(NAME, tmp_path / "cache", server.url)
    assert {path.name for path in folder.iterdir()} == {
        "config.json", "tokenizer_config.json", "vocab.json", "merges.txt", "added_tokens.json",
    }  # fmt: skip
    assert cached(NAME, tmp_path / "cache") is None
    assert loader.describe(folder).spec.name == NAME
    assert fetched(NAME, tmp_path / "cache", server.url) == folder
    assert loader.load(folder).spec == loader.describe(folder).spec


def test_a_repository_without_safetensors(tmp_path: Path, server: Server) -> None:
    for name in [name for name in server.files if "safetensors" in name]:
        del server.files[name]
    with pytest.raises(CheckpointError, match="safetensors"):
        fetched(NAME, tmp_path / "cache", server.url)


@pytest.mark.parametrize(
    ("name", "named"),
    [("No/Such", "there is no checkpoint No/Such"), ("Closed/One", "HF_TOKEN"), ("Gated/One", "terms")],
)
def test_a_repository_that_cannot_be_had_is_one_line(
    tmp_path: Path, server: Server, name: str, named: str
) -> None:
    with pytest.raises(CheckpointError, match=named) as caught:
        fetched(name, tmp_path / "cache", server.url)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_network_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with pytest.raises(CheckpointError, match="cannot download No/Net") as caught:
        fetched("No/Net", tmp_path, "http://127.0.0.1:9")
    assert "check the network" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_goes_before_a_published_name(
    tmp_path: Path, no_network: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(Path("org/name"), "sdar")
    assert loader.find("org/name") == Path("org/name")
    shutil.rmtree("org")
    monkeypatch.setattr(hub, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(CheckpointError, match="org/name"):
        loader.find("org/name")
