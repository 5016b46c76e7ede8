"""The only reader of the wall clock."""

from __future__ import annotations

import time

from mockreel.domain.clock import ClockError


class RealClock:
    """Unix milliseconds that never go back, also when the machine's clock is set back."""

    __slots__ = ("_offset_s",)
    is_manual = False

    def __init__(self) -> None:
        self._offset_s = time.time() - time.monotonic()

    def now_ms(self) -> int:
        """Return the time."""
        return int((time.monotonic() + self._offset_s) * 1000)

    def advance(self, seconds: float) -> None:
        """Refuse: raises ClockError."""
        raise ClockError(f'a real clock cannot be moved by {seconds:g} s; choose the clock "manual"')
