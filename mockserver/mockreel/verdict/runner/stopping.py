"""How a run is told to end before its time."""

from __future__ import annotations

from typing import Protocol


class Stop(Protocol):
    """Says whether to stop, such as a threading.Event."""

    def is_set(self) -> bool:
        """Whether to stop."""


class Flag:
    """A stop that a signal may set whatever it interrupts: an Event has a lock, which may be held just then.

    Where `other` says so, it is set, too.
    """

    def __init__(self, other: Stop | None = None) -> None:
        self._other = other
        self._is_set = False

    def set(self) -> None:
        """Have it stop."""
        self._is_set = True

    def is_set(self) -> bool:
        """Whether to stop."""
        return self._is_set or (self._other is not None and self._other.is_set())
