"""Requests that come before answers were read wait outside."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

pipelining = pytest.importorskip("mockreel.server.pipelining")


class Pipe(asyncio.Transport):
    """A connection that notes whether it is read."""

    is_read = True
    written = 0

    def pause_reading(self) -> None:
        self.is_read = False

    def resume_reading(self) -> None:
        self.is_read = True

    def is_closing(self) -> bool:
        return False

    def write(self, data: Any) -> None:
        """Count it."""
        self.written += len(data)

    def close(self) -> None:
        """Do nothing."""


def test_no_more_is_read_while_requests_wait_for_their_turn() -> None:
    pipe, was_read, done = Pipe(), [], asyncio.Event()

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        was_read.append(pipe.is_read)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})
        if len(was_read) == 4:
            done.set()

    async def answered() -> None:
        config = uvicorn.Config(app, http=pipelining.Pipelined, lifespan="off")
        config.load()
        protocol = pipelining.Pipelined(config=config, server_state=ServerState(), app_state={})
        protocol.connection_made(pipe)
        protocol.data_received(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 4)
        await done.wait()

    asyncio.run(asyncio.wait_for(answered(), 10))
    assert was_read == [False, False, False, True]


def test_an_answer_that_nobody_waits_for_any_more_goes_nowhere() -> None:
    pipe, begun, done = Pipe(), [], asyncio.Event()
    protocols: list[Any] = []

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        begun.append(pipe.written)
        if len(begun) == 2:
            protocols[0].connection_lost(None)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})
        if len(begun) == 2:
            done.set()

    async def answered() -> None:
        config = uvicorn.Config(app, http=pipelining.Pipelined, lifespan="off")
        config.load()
        protocols.append(pipelining.Pipelined(config=config, server_state=ServerState(), app_state={}))
        protocols[0].connection_made(pipe)
        protocols[0].data_received(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 3)
        await done.wait()

    asyncio.run(asyncio.wait_for(answered(), 10))
    assert pipe.written == begun[1]
