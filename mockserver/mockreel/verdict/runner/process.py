"""One run of a command: its output within bounds, its time limited, and nothing of it left at the end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from mockreel.realtime import RealClock
from mockreel.verdict.runner import leftovers
from mockreel.verdict.runner.stopping import Stop
from mockreel.verdict.runner.wording import UsageError

KEPT = 64 * 1024  # bytes of the output: one half from its beginning, one from its end
GRACE_S = 2.0  # between the signal that asks and the one that kills
_STEP_S = 0.1
_PIECE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended. `exit_code` is None where a signal ended it; `was_stopped`: by us, its time being up."""

    exit_code: int | None
    signal: int | None
    was_stopped: bool
    took_s: float
    output: str


class Process:
    """A command that runs in a session of its own, without input. Raises UsageError where it cannot be started."""

    def __init__(self, words: Sequence[str], environment: Mapping[str, str], mark: str) -> None:
        self._mark = mark
        self._clock = RealClock()
        self._started_ms = self._clock.now_ms()
        try:
            self._child = subprocess.Popen(  # noqa: S603 - the user's own command
                list(words),
                env={**environment, leftovers.MARK: mark},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise UsageError(_unstartable(words, error)) from None
        self._output = _Output(self._child.stdout)

    @property
    def has_ended(self) -> bool:
        """Whether the command itself has ended."""
        return self._child.poll() is not None

    def wait(self, timeout_s: float, stop: Stop) -> bool:
        """Wait for the end of the command, for `timeout_s` or until `stop` is set; return whether it came."""
        until_ms = self._clock.now_ms() + timeout_s * 1000
        while not stop.is_set():
            left_s = (until_ms - self._clock.now_ms()) / 1000
            try:
                self._child.wait(max(min(left_s, _STEP_S), 0))
            except subprocess.TimeoutExpired:
                if left_s <= 0:
                    break
            else:
                return True
        return self.has_ended

    def end(self) -> Ended:
        """End whatever runs still, and say how the command ended."""
        took_s = (self._clock.now_ms() - self._started_ms) / 1000
        was_stopped = not self.has_ended
        if was_stopped:
            self._signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(GRACE_S)
        self._kill()
        code = self._child.wait()
        return Ended(
            exit_code=code if code >= 0 else None,
            signal=-code if code < 0 else None,
            was_stopped=was_stopped,
            took_s=took_s,
            output=self._output.close(),
        )

    def _kill(self) -> None:
        """Kill the group, and what left it."""
        self._signal(signal.SIGKILL)
        self._child.wait()
        leftovers.sweep(self._mark)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, number)


class _Output:
    """What a pipe gives, read to its end in a thread so that its writer is never held up; the middle is dropped."""

    def __init__(self, pipe: IO[bytes] | None) -> None:
        self._pipe = pipe
        self._head = bytearray()
        self._tail: deque[bytes] = deque()
        self._tail_size = self._dropped = 0
        self._thread = threading.Thread(target=self._read, name="mockreel-output", daemon=True)
        self._thread.start()

    def close(self) -> str:
        """Return what was kept, as text, when nobody writes any more."""
        self._thread.join(GRACE_S)
        tail = b"".join(tuple(self._tail))
        dropped = self._dropped + max(len(tail) - KEPT // 2, 0)
        between = f"\n[{dropped} bytes left out]\n".encode() if dropped else b""
        text = bytes(self._head) + between + tail[-(KEPT // 2) :]
        if self._pipe is not None and not self._thread.is_alive():
            self._pipe.close()
        return text.decode("utf-8", "replace")

    def _read(self) -> None:
        while self._pipe is not None:
            try:
                piece = os.read(self._pipe.fileno(), _PIECE)
            except (OSError, ValueError):
                return
            if not piece:
                return
            room = KEPT // 2 - len(self._head)
            self._head += piece[:room] if room > 0 else b""
            rest = piece[room:] if room > 0 else piece
            if rest:
                self._tail.append(rest)
                self._tail_size += len(rest)
            while self._tail and self._tail_size - len(self._tail[0]) >= KEPT // 2:
                gone = len(self._tail.popleft())
                self._tail_size -= gone
                self._dropped += gone


def _unstartable(words: Sequence[str], error: Exception) -> str:
    name = words[0] if words else ""
    advice = "say the command after --, as in: mockreel verify client -- python my_client.py"
    if " " in name and len(words) == 1:
        advice = f"a line for a shell is given as: -- sh -c {name!r}"
    elif isinstance(error, FileNotFoundError):
        advice = "is it installed, on the PATH, and spelled so? A file of this folder is ./NAME"
    elif isinstance(error, PermissionError):
        advice = f"is it executable? chmod +x {name}"
    why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"the command {name!r} cannot be started: {why}; {advice}"
