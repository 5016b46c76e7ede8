"""Calls of the reference client on a clock that nobody waits for, sync and async alike."""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import Any

import httpx2

from mockreel_client import AsyncClient, Client

KEY = "sk-4711-not-a-real-key"
BODIES: dict[str, dict[str, Any]] = {
    "kie": {
        "model": "hailuo/2-3-image-to-video-standard",
        "input": {"prompt": "A boat", "image_url": "https://example.com/boat.webp"},
    },
    "vidu": {"model": "viduq1", "images": ["https://example.com/boat.png"], "prompt": "A boat"},
    "gateway": {"model": "viduq3p-720p", "prompt": "A boat", "duration": 5},
}


class FreeClock:
    """A clock on which sleeping only adds. `slept` are the sleeps, in seconds."""

    def __init__(self) -> None:
        self.time_s = 1000.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time_s

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.slept.append(seconds)
        self.time_s += seconds

    async def sleep_async(self, seconds: float) -> None:
        self.sleep(seconds)


@lru_cache(maxsize=1)
def sync_http() -> httpx2.Client:
    """Return one client for all tests: making one costs more than a call."""
    return httpx2.Client()


@lru_cache(maxsize=1)
def async_http() -> httpx2.AsyncClient:
    """Return one client for all tests; the calls never reach its connections, so it belongs to no event loop."""
    return httpx2.AsyncClient()


def call(
    kind: str,
    provider: str,
    method: str,
    *arguments: Any,
    clock: FreeClock | None = None,
    options: dict[str, Any] | None = None,
    **keywords: Any,
) -> Any:
    """Call a method of a Client (`kind` "sync") or of an AsyncClient ("async") and return what it returns."""
    given: dict[str, Any] = {"api_key": KEY, "clock": clock or FreeClock(), "chance": lambda: 0.5, **(options or {})}
    if kind == "sync":
        with Client(provider, **{"http_client": sync_http(), **given}) as client:
            return getattr(client, method)(*arguments, **keywords)

    async def main() -> Any:
        async with AsyncClient(provider, **{"http_client": async_http(), **given}) as client:
            return await getattr(client, method)(*arguments, **keywords)

    return asyncio.run(main())
