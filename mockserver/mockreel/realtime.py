"""The only reader of the wall clock."""

from __future__ import annotations

import time


class RealClock:
    """Unix milliseconds that never go back, also when the machine's clock is set back."""

    __slots__ = ("_offset_s",)

    def __init__(self) -> None:
        self._offset_s = time.time() - time.monotonic()

    def now_ms(self) -> int:
        """Return the time."""
        return int((time.monotonic() + self._offset_s) * 1000)
