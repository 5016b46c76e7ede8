"""Servers that listen, or do not, as the armed faults have it; whoever changes that returns when they have followed."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, Protocol

MOST_S = 1.0  # that a change waits for a server: it looks again by itself


class Follower(Protocol):
    """A running server."""

    @property
    def is_behind(self) -> bool:
        """Whether it listens though it is not to, or the other way round."""
        ...

    def follow(self) -> Coroutine[Any, Any, None]:
        """Listen, or stop listening. Runs on the server's own loop."""
        ...


class Followers:
    """Every running server of a mock. `settle` may be called from any thread, but not under the engine's lock."""

    def __init__(self) -> None:
        self._loops: dict[Follower, asyncio.AbstractEventLoop] = {}

    def join(self, server: Follower) -> None:
        """A server has begun to run, on the running loop."""
        self._loops[server] = asyncio.get_running_loop()

    def leave(self, server: Follower) -> None:
        """A server is about to end."""
        self._loops.pop(server, None)

    def settle(self) -> None:
        """Return when every server has followed; on the loop of one of them, which cannot wait, use `settled`."""
        if _running() in self._loops.values():
            return
        for under_way in self._start():
            with suppress(Exception):
                under_way.result(MOST_S)

    async def settled(self) -> None:
        """Like `settle`, on any loop."""
        for under_way in self._start():
            with suppress(Exception):
                await asyncio.wait_for(asyncio.wrap_future(under_way), MOST_S)

    def _start(self) -> list[Future[None]]:
        started = []
        for server, loop in tuple(self._loops.items()):
            if server.is_behind:
                work = server.follow()
                try:
                    started.append(asyncio.run_coroutine_threadsafe(work, loop))
                except RuntimeError:  # the loop has just been closed
                    work.close()
        return started


def _running() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
