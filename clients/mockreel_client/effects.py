"""What a flow asks of the shell that runs it, and what it gets in return.

A flow is a generator: it yields one of these, and is sent what came of it. It does no I/O and reads no clock itself.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from mockreel_client.task import Task

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Send:
    """Send a request and read the whole answer. Gives a Received or a Lost."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class Received:
    """An answer. The names of its headers are in lower case. `cut` is why the body stopped short, if it did."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cut: str = ""


@dataclass(frozen=True, slots=True)
class Lost:
    """No whole answer came. `is_sent` is False where it is certain that nobody has seen the request."""

    why: str
    is_sent: bool


class Sink(Protocol):
    """Where the bytes of a file go."""

    @property
    def size(self) -> int:
        """How many bytes there are."""

    def begin(self, at: int) -> None:
        """Forget everything from byte `at` on; what is written next goes there."""

    def write(self, data: bytes) -> None:
        """Add bytes."""

    def problem(self, content_type: str) -> str:
        """Return what is wrong with the whole file, '' for nothing."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """Read a file and write it to `sink` from the byte on that `begin` tells by the status and headers (None: no file).

    Gives a Received without a body when all has come, the connection broke or `timeout_s` were over (`cut`), or a Lost
    where not even the headers came.
    """

    url: str
    headers: Mapping[str, str]
    sink: Sink
    timeout_s: float
    begin: Callable[[int, Mapping[str, str]], int | None]


@dataclass(frozen=True, slots=True)
class Pause:
    """Let time pass."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Now:
    """Gives the time, in seconds on a clock that never goes back."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Tell whoever watches that a task has changed."""

    task: Task


Effect = Send | Fetch | Pause | Now | Seen
Flow = Generator[Effect, Any, Result]
