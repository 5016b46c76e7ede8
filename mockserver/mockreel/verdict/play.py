"""One scenario, played by one client: all that a check may look at. Plain values; nothing here does I/O."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import wraps
from typing import Any, Literal, TypeVar

from mockreel.domain.journal import Delivery, Entry
from mockreel.domain.scenario import Scenario
from mockreel_contracts import Contract, Phase

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Claim:
    """What a client said of itself at its end.

    `result` is read from its exit status, or from what else the run was told to look at; `unknown` where it was stopped
    before it could say. `output` is what it printed (in-process: the text of what it raised), `took_s` seconds of the
    wall clock. `file` is what it left as its result, where the run was told where to look, or None.
    """

    result: Literal["success", "failure", "unknown"]
    output: str = ""
    exit_code: int | None = None
    signal: int | None = None
    was_stopped: bool = False
    took_s: float = 0.0
    file: bytes | None = None


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """The truth about a task that the client made. Times are Unix milliseconds of the mock's clock.

    `ended_ms` is None while it runs; `expires_ms` is when its result cannot be fetched any more; `results` are the
    whole files that its URLs serve, by path. `states` are those that it has entered so far: when, its name on the wire,
    and what it means.
    """

    id: str
    created_ms: int
    ended_ms: int | None
    phase: Phase
    state: str
    price: Decimal
    charged: Decimal
    expires_ms: int | None
    callback_url: str
    results: tuple[tuple[str, bytes], ...] = ()
    states: tuple[tuple[int, str, Phase], ...] = ()


@dataclass(frozen=True, slots=True)
class Play:
    """A scenario as it was played.

    `entries` is the journal of the mock, oldest first: calls and deliveries of callbacks. `key` is the API key that the
    client was given and `secrets` are texts that must show up nowhere. Durations of the contract were divided by
    `speed`: a wait of W seconds that the journal shows stands for W * speed. Times are Unix milliseconds of the mock's
    clock; `deadline_s` is the time of the wall clock after which the client was stopped. With `is_manual` the mock's
    clock stood still while anything was answered.
    """

    scenario: Scenario
    contract: Contract
    entries: tuple[Entry | Delivery, ...]
    tasks: tuple[TaskFacts, ...]
    claim: Claim
    key: str
    secrets: tuple[str, ...] = ()
    callback_secret: str | None = None
    takes_callbacks: bool = False
    speed: float = 1.0
    started_ms: int = 0
    ended_ms: int = 0
    is_manual: bool = False
    deadline_s: float | None = None
    origin: str = "http://127.0.0.1"
    dropped: int = 0
    """Entries that the journal had to forget: with any, what did not happen cannot be known."""
    memo: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What `once` has read from it."""

    @property
    def calls(self) -> tuple[Entry, ...]:
        """The calls of the client, without the deliveries to it."""
        return tuple(entry for entry in self.entries if isinstance(entry, Entry))

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """The deliveries of callbacks to the client."""
        return tuple(entry for entry in self.entries if isinstance(entry, Delivery))


def once(read: Callable[[Play], T]) -> Callable[[Play], T]:
    """Have a play read only once: its checks ask the same of it for each of thousands of tasks."""

    @wraps(read)
    def kept(play: Play) -> T:
        if read.__qualname__ not in play.memo:
            play.memo[read.__qualname__] = read(play)
        found: T = play.memo[read.__qualname__]
        return found

    return kept
