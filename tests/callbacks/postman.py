"""A sender without sockets: it asks the outbox what is due, on the manual clock, and tells it what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import orjson

from mockreel import faults
from mockreel.domain.callbacks.callback import Callback, Outcome, Outgoing
from mockreel.domain.clock import ManualClock
from mockreel.domain.engine import Engine
from mockreel.domain.settings import Settings
from mockreel.scenarios import shipped
from tests.callbacks.subjects import Subject
from tests.calling import Caller

URL = "http://127.0.0.1:9/hook"
TAKEN = Outcome(200)
OUTCOMES = (
    Outcome(200),
    Outcome(204),
    Outcome(302),
    Outcome(404),
    Outcome(500),
    Outcome(0, "no answer within 15 s"),
    Outcome(0, "refused"),
    Outcome(0, "reset"),
)
MOST_STEPS = 5000


class _HandMoved(ManualClock):
    is_manual = False


class Freewheeling(Caller):
    """A caller of an engine that takes its clock for a real one: receivers get several attempts at once."""

    def __init__(self, subject: Subject, *, key: str = "test-key", **settings: Any) -> None:
        self.clock = _HandMoved()
        chosen = Settings(seed=7, scenarios=shipped(), faults=faults.shipped(), **settings)
        self.engine = Engine([subject.contract], clock=self.clock, settings=chosen)
        self.contract = subject.contract
        self.key = key


class Sent(NamedTuple):
    """An attempt as the postman made it."""

    at_ms: int
    callback: str
    task: str
    state: str
    headers: dict[str, str]
    body: bytes


Answers = Callable[[Outgoing], Outcome]


class Postman:
    """Carries the callbacks of an engine. `sent` are the attempts in their order, `under_way` those not reported."""

    def __init__(self, caller: Caller, answers: Answers = lambda _outgoing: TAKEN) -> None:
        self.caller = caller
        self.outbox = caller.engine.outbox
        self.answers = answers
        self.sent: list[Sent] = []
        self.under_way: list[Outgoing] = []

    @property
    def now_ms(self) -> int:
        return self.caller.clock.now_ms()

    def take(self) -> list[Outgoing]:
        """Start everything that is due now, and report nothing yet."""
        started = list(iter(lambda: self.outbox.start(self.now_ms), None))
        for outgoing in started:
            callback = outgoing.callback
            self.sent.append(
                Sent(self.now_ms, callback.id, callback.task.id, callback.state, dict(outgoing.headers), outgoing.body)
            )
        self.under_way += started
        return started

    def report(self, index: int = 0) -> None:
        """Report one of the attempts that are under way."""
        outgoing = self.under_way.pop(index % len(self.under_way))
        self.outbox.report(outgoing, self.answers(outgoing), self.now_ms)

    def deliver(self) -> None:
        """Send and report until nothing more is due now."""
        for _ in range(MOST_STEPS):
            self.take()
            if not self.under_way:
                return
            while self.under_way:
                self.report()
        raise AssertionError("something is due for ever")

    def run(self, seconds: float) -> None:
        """Let time go by; everything that falls due is sent at its moment."""
        until_ms = self.now_ms + round(seconds * 1000)
        for _ in range(MOST_STEPS):
            self.deliver()
            due_ms = self.outbox.next_due_ms()
            if due_ms is None or due_ms > until_ms:
                self.caller.clock.advance((until_ms - self.now_ms) / 1000)
                return
            self.caller.clock.advance((due_ms - self.now_ms) / 1000)
        raise AssertionError("something is due for ever")


def in_turn(outcomes: Sequence[Outcome]) -> Answers:
    """Answer with one outcome after the other, again and again."""

    def endless() -> Iterator[Outcome]:
        while True:
            yield from outcomes

    source = endless()
    return lambda _outgoing: next(source)


def told(subject: Subject, postman: Postman) -> dict[str, list[str]]:
    """Return the states that each task's receiver was told of, retries left out."""
    found: dict[str, dict[str, str]] = {}
    for sent in postman.sent:
        found.setdefault(sent.task, {})[sent.callback] = sent.state
    return {task: list(states.values()) for task, states in found.items()}


def planned(subject: Subject, caller: Caller) -> dict[str, list[str]]:
    """Return the states that each task has come to and that the contract says are told."""
    rules = subject.contract.callback
    assert rules is not None
    now_ms = caller.clock.now_ms()
    found = {
        task.id: [
            step.state.name
            for step in task.timeline(now_ms)
            if step.start_ms <= now_ms and step.state.name in rules.events
        ]
        for task in caller.engine.services[subject.name].tasks.values()
    }
    return {task: states for task, states in found.items() if states}


def said(subject: Subject, sent: Sent) -> tuple[Any, Any]:
    """Return the task and the state that a body tells of, read as the contract tells receivers to."""
    rules = subject.contract.callback
    assert rules is not None
    document = {"body": orjson.loads(sent.body), "headers": {name.lower(): v for name, v in sent.headers.items()}}
    return rules.reads["task_id"](document), rules.reads["state"](document)


def summary(callback: Callback) -> dict[str, Any]:
    """Return how a callback stands, in short."""
    return {
        "state": callback.state,
        "status": callback.status.value,
        "attempts": [attempt.outcome.status for attempt in callback.attempts],
    }
