"""Rate and concurrency, on the clock that is handed in."""

from __future__ import annotations

from bisect import insort
from collections import deque

NEVER_MS = 1 << 62


class RateWindow:
    """A sliding window over the last calls of one API key."""

    __slots__ = ("_calls", "_requests", "_window_ms")

    def __init__(self, requests: int, window_ms: int) -> None:
        self._requests = requests
        self._window_ms = window_ms
        self._calls: deque[int] = deque()

    def take(self, now_ms: int) -> int:
        """Count a call and return 0, or return how many milliseconds it would have to wait, uncounted."""
        while self._calls and self._calls[0] <= now_ms - self._window_ms:
            self._calls.popleft()
        if len(self._calls) < self._requests:
            self._calls.append(now_ms)
            return 0
        return self._calls[0] + self._window_ms - now_ms


class Places:
    """The unfinished tasks of one API key, by the moment each ends."""

    __slots__ = ("_ends", "_places")

    def __init__(self, places: int) -> None:
        self._places = places
        self._ends: list[int] = []

    def taken(self, now_ms: int) -> int:
        """Return how many tasks are unfinished."""
        self._purge(now_ms)
        return len(self._ends)

    def wait_ms(self, now_ms: int) -> int:
        """Return how long a new task waits for a place (NEVER_MS: until somebody cancels)."""
        self._purge(now_ms)
        if len(self._ends) < self._places:
            return 0
        end_ms = self._ends[len(self._ends) - self._places]
        return NEVER_MS if end_ms >= NEVER_MS else end_ms - now_ms

    def occupy(self, end_ms: int) -> None:
        """Count a task that ends at `end_ms`."""
        insort(self._ends, end_ms)

    def clear(self) -> None:
        """Forget every task, to count them anew."""
        self._ends.clear()

    def _purge(self, now_ms: int) -> None:
        done = 0
        while done < len(self._ends) and self._ends[done] <= now_ms:
            done += 1
        if done:
            del self._ends[:done]
