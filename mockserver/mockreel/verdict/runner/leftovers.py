"""Processes that a client leaves behind: found by a mark in their environment, or as orphans that come to us.

Where there is no /proc (macOS, Windows), only the process group of the command is ended.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

MARK = "MOCKREEL_RUN"
_PROC = Path("/proc")
_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
_ROUNDS = 50  # a process that forks faster than it is found is given up


def marked(mark: str) -> list[int]:
    """Return the processes that were started with this mark in their environment, and those that they started."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for place in _processes():
        with contextlib.suppress(OSError):  # it has ended, or is another user's
            if wanted in (place / "environ").read_bytes().split(b"\0"):
                found.append(int(place.name))
    return found


def sweep(mark: str) -> None:
    """Kill every process with a mark."""
    for _ in range(_ROUNDS):
        found = [pid for pid in marked(mark) if pid != os.getpid()]
        if not found:
            break
        for pid in found:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)


@contextlib.contextmanager
def adopting() -> Iterator[None]:
    """Have every orphan below this process come to it, and kill at the end those that came meanwhile.

    This catches a process that emptied its environment and left its session. Only for a process that is ours alone.
    """
    if not sys.platform.startswith("linux"):
        yield
        return
    before = children()
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        for _ in range(_ROUNDS):
            orphans = children() - before
            if not orphans:
                break
            for pid in orphans:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
                with contextlib.suppress(OSError):
                    os.waitpid(pid, 0)
        libc.prctl(_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def children() -> set[int]:
    """Return the processes whose parent is this one."""
    own, found = os.getpid(), set()
    for place in _processes():
        with contextlib.suppress(OSError, ValueError, IndexError):
            if int((place / "stat").read_text().rpartition(")")[2].split()[1]) == own:
                found.add(int(place.name))
    return found


def _processes() -> Iterator[Path]:
    if _PROC.is_dir():
        yield from (place for place in _PROC.iterdir() if place.name.isdecimal())
