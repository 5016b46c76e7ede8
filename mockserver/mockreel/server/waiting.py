"""Waiting for a moment of the mock's clock, on whichever event loop serves."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from weakref import WeakSet

from mockreel.domain.clock import Clock

LOOK_S = 0.25  # how often a manual clock is looked at that its owner may move without the mock
MOST_S = 4000  # no wait takes longer than that, whatever the clock does


class Waits:
    """Everyone who waits. `moved` and `stop` may be called from any thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}
        self._stopped: WeakSet[asyncio.AbstractEventLoop] = WeakSet()

    def __len__(self) -> int:
        return len(self._waiting)

    async def until(self, due_ms: float) -> bool:
        """Return True when the clock has come to a moment, False when the server stops before that."""
        loop = asyncio.get_running_loop()
        latest_s = loop.time() + MOST_S
        woken = asyncio.Event()
        self._waiting[woken] = loop
        try:
            while loop not in self._stopped and loop.time() < latest_s:
                woken.clear()  # before the look at the clock: what moves it after that wakes
                left_s = (due_ms - self._clock.now_ms()) / 1000
                if left_s <= 0:
                    return True
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_S if self._clock.is_manual else left_s):
                        await woken.wait()
            return False
        finally:
            del self._waiting[woken]

    def moved(self) -> None:
        """Wake all, since the clock was moved."""
        for woken, loop in tuple(self._waiting.items()):
            with suppress(RuntimeError):  # a loop that is closed waits for nothing
                loop.call_soon_threadsafe(woken.set)

    def stop(self, loop: asyncio.AbstractEventLoop) -> None:
        """End every wait on a loop, those that begin later too."""
        self._stopped.add(loop)
        self.moved()
