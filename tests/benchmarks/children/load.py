"""The load generator: bare HTTP/1.1 over keep-alive connections, the same bytes again and again.

Standard input: a list of [port, request (latin-1), count, connections]. Standard output: a list of
[requests a second, p50 in ms, p99 in ms]. Ends with an error at the first answer that is not 200.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from typing import cast

import orjson
import uvloop

LIMIT_S = 30.0  # a burst takes no longer


class Burst:
    """A count of requests that several connections share."""

    def __init__(self, request: bytes, count: int, done: asyncio.Future[None]) -> None:
        self.request = request
        self.left = count
        self.open = count
        self.done = done
        self.taken: list[float] = []


class Connection(asyncio.Protocol):
    """One request at a time, the next one as soon as the answer is whole."""

    def __init__(self, burst: Burst) -> None:
        self.burst = burst
        self.buffer = b""
        self.began = 0.0
        self.transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.WriteTransport", transport)  # uvloop's is no subclass
        self.send()

    def send(self) -> None:
        assert self.transport is not None
        if self.burst.left > 0:
            self.burst.left -= 1
            self.began = time.perf_counter()
            self.transport.write(self.burst.request)
        else:
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head = self.buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        at = self.buffer.find(b"content-length: ", 0, head) + 16
        if len(self.buffer) < head + 4 + int(self.buffer[at : self.buffer.find(b"\r", at)]):
            return
        burst = self.burst
        burst.taken.append(time.perf_counter() - self.began)
        burst.open -= 1
        if not self.buffer.startswith(b"HTTP/1.1 200") and not burst.done.done():
            burst.done.set_exception(RuntimeError(self.buffer[:500].decode("latin-1")))
        if burst.open == 0 and not burst.done.done():
            burst.done.set_result(None)
        self.buffer = b""
        self.send()


async def run(port: int, request: str, count: int, connections: int) -> tuple[float, float, float]:
    """Send one burst."""
    loop = asyncio.get_running_loop()
    burst = Burst(request.encode("latin-1"), count, loop.create_future())
    gc.collect()
    began = time.perf_counter()
    for _ in range(connections):
        await loop.create_connection(lambda: Connection(burst), "127.0.0.1", port)
    await asyncio.wait_for(burst.done, LIMIT_S)
    rate = count / (time.perf_counter() - began)
    taken = sorted(burst.taken)
    return rate, taken[count // 2] * 1000, taken[count * 99 // 100] * 1000


async def main() -> None:
    """Send every burst."""
    plan = orjson.loads(sys.stdin.buffer.read())
    sys.stdout.buffer.write(orjson.dumps([await run(*burst) for burst in plan]))


uvloop.run(main())
