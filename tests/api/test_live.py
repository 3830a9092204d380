"""A stream and a wait end when the client leaves, whatever they are at."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import anyio
import pytest
from starlette.requests import Request
from starlette.types import Message

from coderdiff_api.live import ClientGoneError, LiveResponse, compact, until_gone


async def gone() -> Message:
    return {"type": "http.disconnect"}


async def stays() -> Message:
    await anyio.sleep_forever()
    raise AssertionError


class Sent:
    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def send(self, message: Message) -> None:
        await anyio.sleep(0)
        self.messages.append(message)


def respond(receive, parts) -> tuple[Sent, list[str]]:
    sent, ended = Sent(), []

    async def run() -> None:
        response = LiveResponse(parts(), "text/plain", ended=lambda: ended.append("ended"))
        await response({"type": "http"}, receive, sent.send)

    anyio.run(run)
    return sent, ended


async def two() -> AsyncGenerator[bytes, None]:
    yield b"one"
    yield b"two"


async def endless() -> AsyncGenerator[bytes, None]:
    yield b"one"
    await anyio.sleep_forever()


def test_a_stream_is_sent_to_its_end():
    sent, ended = respond(stays, two)
    assert b"".join(each.get("body", b"") for each in sent.messages) == b"onetwo"
    assert sent.messages[-1]["more_body"] is False
    assert ended == ["ended"]


@pytest.mark.parametrize("parts", [two, endless])
def test_who_left_before_the_first_part_ends_it_too(parts):
    sent, ended = respond(gone, parts)
    assert ended == ["ended"]
    assert all(each.get("more_body", True) for each in sent.messages), "no end is sent to nobody"


@pytest.mark.parametrize("receive", [gone, stays])
def test_a_wait_ends_with_its_work_or_with_the_client(receive):
    async def work() -> str:
        if receive is gone:
            await anyio.sleep_forever()
        return "done"

    async def run() -> str:
        return await until_gone(Request({"type": "http"}, receive), work)

    if receive is gone:
        with pytest.raises(ClientGoneError):
            anyio.run(run)
    else:
        assert anyio.run(run) == "done"


def test_what_the_work_raises_comes_as_it_is():
    async def work() -> None:
        raise KeyError("plain, not in a group")

    async def run() -> None:
        await until_gone(Request({"type": "http"}, stays), work)

    with pytest.raises(KeyError):
        anyio.run(run)


def test_json_has_no_blanks():
    assert compact({"content": "é", "a": [1, 2]}) == '{"content":"é","a":[1,2]}'.encode()
