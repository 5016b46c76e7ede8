"""Time as the client knows it; the only reader of the machine's clocks in the client."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """What a client waits on. A test hands in one that passes without anybody waiting."""

    def now(self) -> float:
        """Return the time in seconds, from any beginning; it never goes back."""

    def sleep(self, seconds: float) -> None:
        """Return when so many seconds have passed."""

    async def sleep_async(self, seconds: float) -> None:
        """Return when so many seconds have passed, and let others run until then."""


class RealClock:
    """The machine's clock."""

    def now(self) -> float:
        """Return the time in seconds."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    async def sleep_async(self, seconds: float) -> None:
        """Wait, under asyncio or trio."""
        import anyio  # what httpx2 waits with

        await anyio.sleep(seconds)


def wall_clock() -> float:
    """Return the time in Unix seconds."""
    return time.time()
