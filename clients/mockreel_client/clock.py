"""The only reader of the wall clock in the client."""

from __future__ import annotations

import time


def wall_clock() -> float:
    """Return the time in Unix seconds."""
    return time.time()
