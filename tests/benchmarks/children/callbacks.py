"""Delivers the callbacks of many tasks, and as many posts by a bare loop of the same HTTP client; prints the rates."""

from __future__ import annotations

import asyncio
import gc
import json
import resource
import sys
import time
from pathlib import Path

import aiohttp
import uvloop

sys.path.insert(0, str(Path(__file__).parents[3]))

from mockreel.domain.callbacks.callback import Status
from mockreel.domain.engine import Engine
from mockreel.domain.messages import Request
from mockreel.domain.settings import Settings
from mockreel.server.courier import Courier
from mockreel.server.run import GC_THRESHOLD
from mockreel_contracts import load
from mockreel_contracts.examples import examples_of

CONCURRENCY = 64
PATIENCE_S = 50


class Jumping:
    """A clock that goes by itself as far as the courier knows, and is moved by hand."""

    is_manual = False

    def __init__(self) -> None:
        self.ms = 1_767_225_600_000

    def now_ms(self) -> int:
        """Return the time."""
        return self.ms

    def advance(self, seconds: float) -> None:
        """Move on."""
        self.ms += round(seconds * 1000)


def ours(provider: str, field: str, url: str, count: int) -> tuple[float, float, int]:
    """Return the deliveries a second, the growth of memory in MB, and how many arrived."""
    contract = load(provider)
    clock = Jumping()
    engine = Engine([contract], clock=clock, settings=Settings(credits=None))
    courier = Courier(engine)
    submit = contract.by_role("submit")[0]
    example = next(e for e in examples_of(provider) if e.operation == submit.id)
    body = json.dumps({**example.body, field: url}).encode()
    headers = {b"authorization": b"Bearer k", b"content-type": b"application/json"}
    request = Request(submit.method, submit.path, b"", headers, body)
    for _ in range(count):
        engine.handle(request)
    events = len([s for s in contract.lifecycle.way() if contract.callback and s.name in contract.callback.events])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    clock.advance(3600)
    courier.wake()
    records = engine.outbox.records
    while (arrived := records.counts[Status.DELIVERED] + records.dropped) < events * count:
        if time.perf_counter() - began > PATIENCE_S:
            break
        time.sleep(0.02)
    took = time.perf_counter() - began
    courier.stop()
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return arrived / took, grown, arrived


async def bare(url: str, count: int, body: bytes) -> float:
    """Return the posts a second of a loop that does nothing else."""
    left = iter(range(count))
    headers = {"Content-Type": "application/json", "X-A": "1", "X-B": "2"}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def post() -> None:
            for _ in left:
                async with session.post(url, data=body, headers=headers) as response:
                    await response.read()

        began = time.perf_counter()
        await asyncio.gather(*(post() for _ in range(CONCURRENCY)))
        return count / (time.perf_counter() - began)


gc.freeze()
gc.set_threshold(*GC_THRESHOLD)  # as `serve` sets it
given = json.load(sys.stdin)
found: dict[str, list[float]] = {"ours": [], "bare": [], "grown_mb": [], "arrived": []}
for _ in range(given["rounds"]):
    found["bare"].append(uvloop.run(bare(given["url"], given["count"] // 2, b"x" * 600)))
    rate, grown, arrived = ours(given["provider"], given["field"], given["url"], given["count"])
    found["ours"].append(rate)
    found["grown_mb"].append(grown)
    found["arrived"].append(arrived)
sys.stdout.write(json.dumps(found))
