"""The control API's stream of what happens: calls and deliveries as server-sent events."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import suppress

import orjson
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from mockreel.domain.engine import Engine
from mockreel.domain.export import Record
from mockreel.domain.journal import fingerprint
from mockreel.server.waiting import Waits

KEPT = 1000  # records that wait for a slow listener; older ones are left out


class Listener:
    """What one listener has not read yet."""

    def __init__(self, key: str | None) -> None:
        self._wanted = fingerprint(key) if key else None
        self._loop = asyncio.get_running_loop()
        self._come = asyncio.Event()
        self._records: deque[Record] = deque(maxlen=KEPT)

    def hear(self, record: Record) -> None:
        """Take in a record, from any thread."""
        if self._wanted in (None, record.key):
            self._records.append(record)
            with suppress(RuntimeError):  # the loop is closed: nobody listens any more
                self._loop.call_soon_threadsafe(self._come.set)

    async def events(self, waits: Waits) -> AsyncIterator[bytes]:
        """Give each record as an event, until the server stops."""
        stopping = asyncio.ensure_future(waits.until(float("inf")))
        try:
            while not stopping.done():
                self._come.clear()
                while self._records:
                    record = self._records.popleft()
                    shown = record.as_json()
                    yield b"id: %d\nevent: %s\ndata: " % (record.seq, shown["kind"].encode()) + orjson.dumps(shown)
                    yield b"\n\n"
                coming = asyncio.ensure_future(self._come.wait())
                await asyncio.wait({coming, stopping}, return_when=asyncio.FIRST_COMPLETED)
                coming.cancel()
        finally:
            stopping.cancel()


class Listening(StreamingResponse):
    """The answer to one listener, who hears from before it begins until it ends, however it ends."""

    def __init__(self, engine: Engine, waits: Waits, key: str | None) -> None:
        self._heard_by = engine.journal.on_add
        self._listener = Listener(key)
        headers = {"cache-control": "no-store"}
        super().__init__(self._listener.events(waits), media_type="text/event-stream", headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events."""
        self._heard_by.append(self._listener.hear)
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._heard_by.remove(self._listener.hear)


def add(app: FastAPI, engine: Engine, waits: Waits) -> None:
    """Add the endpoint."""

    @app.get(
        "/_mock/events",
        summary="Calls and deliveries as they come, as server-sent events",
        response_class=StreamingResponse,
    )
    async def events(key: str | None = None) -> Listening:
        return Listening(engine, waits, key)
