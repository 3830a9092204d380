"""Names of files and workspaces that clients send: empty ones, and such as no file can have."""

from __future__ import annotations

import pytest

from .conftest import Running
from .test_gate import DIALECTS

EDIT = (
    "<|current_file_content|>\ncurrent_file_path: {}\n<|code_to_edit|>\nx = <|cursor|>\n<|/code_to_edit|>\n"
    "<|/current_file_content|>"
)
BODY = {"model": "default", "prompt": "x = ", "max_tokens": 2, "n_predict": 2, "stream": False}


@pytest.mark.parametrize("field", ["path", "workspace"])
@pytest.mark.parametrize("path", DIALECTS)
def test_a_nul_in_a_name_is_refused_in_the_dialect(server: Running, path: str, field: str):
    answer = server.http.post(path, json=BODY | {"path": "a.py", field: "a\0b"})
    assert answer.status_code == 400
    assert f"{field} has a NUL character" in DIALECTS[path](answer.json())
    assert "\0" not in answer.text


def test_a_nul_in_the_name_of_what_is_sent_along_is_refused(server: Running):
    sent = {"input_extra": [{"filename": "a\0b", "text": "y = 1\n"}]}
    answer = server.http.post("/infill", json=BODY | sent)
    assert answer.status_code == 400
    assert "NUL character" in answer.json()["error"]["message"]
    edit = {"messages": [{"role": "user", "content": EDIT.format("a\0b")}]}
    answer = server.http.post("/v1/edit/completions", json=edit)
    assert answer.status_code == 400
    assert "NUL character" in answer.json()["error"]["message"]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("path", DIALECTS)
def test_an_empty_name_is_none(server: Running, path: str, stream: bool):
    body = BODY | {"path": "", "workspace": "", "stream": stream}
    answer = server.http.post(path, json=body)
    assert answer.status_code == 200, answer.text
    assert "error" not in answer.text


def test_a_nul_in_the_text_is_text(server: Running):
    """A client sends the buffer as it is, and may have opened a file that is no text."""
    answer = server.http.post("/v1/completions", json=BODY | {"prompt": "x = '\0'\ny = ", "suffix": "\0"})
    assert answer.status_code == 200
