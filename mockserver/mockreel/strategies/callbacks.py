"""Callbacks as a receiver gets them: some twice, some late, some never, each signed as its contract says."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any, NamedTuple

import orjson
from hypothesis import strategies as st

from mockreel.domain.callbacks.callback import Callback, Outcome, Outgoing
from mockreel.domain.clock import MANUAL_START_MS, ManualClock
from mockreel.domain.engine import Engine
from mockreel.domain.messages import Request
from mockreel.domain.settings import Settings
from mockreel.strategies.histories import History, history_of
from mockreel.strategies.subject import contract_of, models_of
from mockreel_contracts import Contract

_TAKEN = Outcome(200)
_DELAYS_S = (0, 60, 5, 300, 900)
_FATES = ((0,), *((0, late) for late in _DELAYS_S), (), (), (), *((late,) for late in _DELAYS_S[1:]), (300, 5, 0))
"""After how long a callback comes, each time that it does; the first is the simplest."""


class Delivery(NamedTuple):
    """A callback that comes in at `now` (Unix seconds), when it was also signed.

    `headers`, `body`, `now`, `path` and `query` are what `mockreel_client.parse_callback` takes. `task_id` and `state`
    (the provider's word) are what it tells, `copy` is 0 when it is the first of its event to come.
    """

    headers: dict[str, str]
    body: bytes
    now: float
    path: str
    query: str
    task_id: str
    state: str
    copy: int


def callback_sequences(
    provider: str | Contract,
    model: str | None = None,
    *,
    max_tasks: int = 3,
    secret: str = "callback-secret",  # noqa: S107 - for tests alone
    path: str = "/callback",
) -> st.SearchStrategy[list[Delivery]]:
    """Return what a receiver gets of 1 to `max_tasks` tasks, in the order in which it comes.

    Each event may come once, several times, or never, and up to 15 minutes late, and so in another order than it
    happened. What comes again is signed anew, as providers do. `secret` is the callback secret, or the API key where
    that signs. The simplest sequence is that of one success, everything once and in order.
    Raises ValueError for a provider that calls nobody back.
    """
    contract = contract_of(provider)
    if contract.callback is None:
        raise ValueError(f"{contract.provider} calls nobody back, so it has no callbacks")

    names = models_of(contract, model)

    @st.composite  # without arguments, as hypothesis would put all of a contract into words
    def sequences(draw: st.DrawFn) -> list[Delivery]:
        return _sequence(draw, contract, names, max_tasks, secret, path)

    return sequences()


def _sequence(
    draw: st.DrawFn, contract: Contract, names: list[str], max_tasks: int, secret: str, path: str
) -> list[Delivery]:
    starts_s = draw(st.lists(st.integers(0, 300), min_size=1, max_size=max_tasks))
    url = f"http://127.0.0.1:9{path}"
    histories = [
        history_of(draw, contract, names, MANUAL_START_MS + 1000 * start_s, url) for start_s in sorted(starts_s)
    ]
    stage = _Stage(contract, secret)
    told = stage.told(histories)
    most = len(contract.lifecycle.states) * len(histories)
    fates = [draw(st.sampled_from(_FATES)) for _ in range(most)]  # as many for every history, see there
    comings = [
        (callback.at_ms + 1000 * late_s, number)
        for number, (callback, fate) in enumerate(zip(told, fates, strict=False))
        for late_s in fate
    ]
    return [stage.delivered(told[number], at_ms) for at_ms, number in sorted(comings)]


class _Stage:
    """The mock's own engine, in which tasks live as their histories say."""

    def __init__(self, contract: Contract, secret: str) -> None:
        self._clock = ManualClock()
        settings = Settings(credits=None, callback_secret=secret)
        self._engine = Engine([contract], clock=self._clock, settings=settings)
        self._contract = contract
        rules = contract.callback
        is_key = rules is not None and rules.signature is not None and rules.signature.key == "api_key"
        self._key = secret if is_key else "test-key"
        self._copies: dict[str, int] = {}

    def told(self, histories: list[History]) -> list[Callback]:
        """Return the callbacks of tasks with these histories, in the order of what they tell."""
        for history in histories:
            self._clock.advance((history.steps[0].start_ms - self._clock.now_ms()) / 1000)
            self._make(history)
        outbox = self._engine.outbox
        while (due_ms := outbox.next_due_ms()) is not None:
            self._clock.advance(max(due_ms - self._clock.now_ms(), 0) / 1000)
            while (outgoing := outbox.start(self._clock.now_ms())) is not None:
                outbox.report(outgoing, _TAKEN, self._clock.now_ms())
        return sorted(outbox.records, key=lambda callback: callback.at_ms)

    def delivered(self, callback: Callback, at_ms: int) -> Delivery:
        """Return a callback that is sent at a moment."""
        outgoing = self._engine.outbox.redeliver(callback, at_ms)
        if not isinstance(outgoing, Outgoing):
            raise ValueError(f"no callback can be made: {outgoing}")
        self._engine.outbox.report(outgoing, _TAKEN, at_ms)
        copy = self._copies[callback.id] = self._copies.get(callback.id, -1) + 1
        target = outgoing.target
        word = self._contract.lifecycle.states[callback.state].wire
        headers = dict(outgoing.headers)
        return Delivery(headers, outgoing.body, at_ms / 1000, target.path, target.query, callback.task.id, word, copy)

    def _make(self, history: History) -> None:
        """Submit the request of a history, and have its task live accordingly."""
        operation = next(o for o in self._contract.by_role("submit") if history.model in o.models)
        auth = self._contract.auth
        headers = {
            auth.header.lower().encode(): f"{auth.schemes[0]} {self._key}".encode(),
            b"content-type": b"application/json",
        }
        request = Request(operation.method, operation.path, headers=headers, body=orjson.dumps(history.body))
        answer = self._engine.handle(request)
        tasks = self._engine.services[self._contract.provider].tasks
        task = next(reversed(tasks.values()), None)
        if task is None or task.body != request.body:
            raise ValueError(f"the mock makes no task of {history.body!r}: {answer.body.decode()}")
        task.course = replace(task.course, **_course(history))
        self._engine.outbox.touch(task, self._clock.now_ms())


def _course(history: History) -> dict[str, Any]:
    """Return what a course says of a task with this history and no other."""
    stays = [after.start_ms - before.start_ms for before, after in pairwise(history.steps)]
    return {
        "way": tuple(step.state for step in history.steps),
        "spans_ms": tuple((stay, stay) for stay in (*stays, 0)),
        "error": history.steps[-1].error,
        "is_stuck": False,
        "expiry": None,
    }
