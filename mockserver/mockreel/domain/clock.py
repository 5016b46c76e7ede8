"""Time is handed in. One clock rules tasks, limits, signatures and expiry."""

from __future__ import annotations

from typing import Protocol

MANUAL_START_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z


class ClockError(ValueError):
    """A clock was asked for what it cannot do."""


class Clock(Protocol):
    """Unix milliseconds that never go back. `is_manual` clocks move only when they are told to."""

    @property
    def is_manual(self) -> bool:
        """Whether `advance` moves this clock."""
        ...

    def now_ms(self) -> int:
        """Return the time."""
        ...

    def advance(self, seconds: float) -> None:
        """Move a manual clock on. Raises ClockError for any other clock, and for a step that is not 0 or more."""
        ...


class ManualClock:
    """A clock that moves only when told to. Not for a server that real clients time out against."""

    __slots__ = ("_now_ms",)
    is_manual = True

    def __init__(self, start_ms: int = MANUAL_START_MS) -> None:
        self._now_ms = start_ms

    def now_ms(self) -> int:
        """Return the time."""
        return self._now_ms

    def advance(self, seconds: float) -> None:
        """Move on. Raises ClockError for a negative or endless step."""
        if not 0 <= seconds < 1e11:
            raise ClockError(f"a clock advances by 0 or more seconds, got {seconds!r}")
        self._now_ms += round(seconds * 1000)
