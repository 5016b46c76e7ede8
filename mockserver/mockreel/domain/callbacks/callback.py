"""One callback, its attempts, and what a sender is given to send."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from mockreel.domain.callbacks.targets import Target
from mockreel.domain.callbacks.twist import Twist
from mockreel.domain.journal import fingerprint
from mockreel.domain.masking import masked_url
from mockreel_contracts.callback import CallbackEvent, CallbackRules

if TYPE_CHECKING:
    from mockreel.domain.service import Service
    from mockreel.domain.task import Task

KEPT_ATTEMPTS = 100


def shown(url: str) -> str:
    """Return a URL as it can be logged: in printable ASCII, without its secrets."""
    return masked_url(url).encode("unicode_escape").decode("ascii")


class Status(StrEnum):
    """How a callback stands. The last three are final, and only `delivered` is good."""

    SENDING = "sending"
    RETRYING = "retrying"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    REFUSED = "refused"
    LOST = "lost"


class Outcome(NamedTuple):
    """What came of an attempt: an HTTP status, or 0 and the problem."""

    status: int
    problem: str = ""
    latency_ms: int = 0
    body: bytes = b""

    @property
    def is_taken(self) -> bool:
        """Whether the receiver has taken the callback."""
        return not self.problem and 200 <= self.status < 300


class Attempt(NamedTuple):
    """One sending of a callback."""

    at_ms: int
    outcome: Outcome
    is_by_hand: bool


class Outgoing(NamedTuple):
    """An attempt that is due: what a sender needs, and nothing else. Times are milliseconds."""

    callback: Callback
    stream: Stream
    target: Target
    headers: tuple[tuple[str, str], ...]
    body: bytes
    timeout_ms: int
    dribble_ms: int
    is_by_hand: bool
    has_place: bool
    """Whether it occupies a place of its receiver's lane."""


class Stream:
    """The callbacks of one task, in their order. `index` counts the steps of its timeline that have been told.

    `callback` is the one on its way, `pending` are those to be sent before the timeline goes on, `planned` is the next
    (index, state, when) of it. `ticket` is the number of the stream's place in the queue of what is due; 0 when it has
    none.
    """

    __slots__ = (
        "callback",
        "faults",
        "index",
        "is_last",
        "is_queued",
        "is_stale_told",
        "origin",
        "pending",
        "planned",
        "rules",
        "service",
        "target",
        "task",
        "ticket",
        "twist",
    )

    def __init__(
        self, service: Service, rules: CallbackRules, task: Task, target: Target, origin: str, twist: Twist
    ) -> None:
        self.service = service
        self.rules = rules
        self.task = task
        self.target = target
        self.origin = origin
        self.twist = twist
        self.faults: tuple[str, ...] = ()  # by name
        self.index = 0
        self.ticket = 0
        self.callback: Callback | None = None
        self.pending: tuple[Callback, ...] = ()
        self.planned: tuple[int, str, int] | None = None
        self.is_last = False
        self.is_queued = False  # waits in its receiver's lane
        self.is_stale_told = False


class Callback:
    """One event of a task on its way to a receiver. `at_ms` is the moment it tells of, `tried` counts its attempts."""

    __slots__ = (
        "at_ms",
        "attempts",
        "event",
        "id",
        "message",
        "note",
        "service",
        "state",
        "status",
        "stream",
        "task",
        "tried",
        "url",
    )

    def __init__(
        self, callback_id: str, stream: Stream, event: CallbackEvent, state: str, at_ms: int, note: str
    ) -> None:
        self.id = callback_id
        self.stream = stream
        self.service = stream.service
        self.task = stream.task
        self.url = stream.target.url
        self.event = event
        self.state = state
        self.at_ms = at_ms
        self.tried = 0
        self.attempts: tuple[Attempt, ...] = ()
        self.status = Status.SENDING
        self.message = callback_id  # copies share it
        self.note = note

    def __repr__(self) -> str:
        return f"<Callback {self}>"

    def __str__(self) -> str:
        return f"{self.id} of task {self.task.id} to {shown(self.url)} is {self.status.value}, {self.note}"

    def as_json(self) -> dict[str, Any]:
        """Return the callback as the control API shows it."""
        return {
            "id": self.id,
            "provider": self.service.contract.provider,
            "task_id": self.task.id,
            "key": fingerprint(self.task.sandbox.key),
            "url": shown(self.url),
            "state": self.state,
            "at_ms": self.at_ms,
            "status": self.status.value,
            "note": self.note,
            "faults": self.stream.faults,
            "attempts": [
                {
                    "at_ms": attempt.at_ms,
                    "status": attempt.outcome.status,
                    "problem": attempt.outcome.problem,
                    "latency_ms": attempt.outcome.latency_ms,
                    "is_by_hand": attempt.is_by_hand,
                }
                for attempt in self.attempts
            ],
        }
