"""Everything at once, in any order: what must hold after every step, and that the same steps come out the same."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from mockreel import faults
from mockreel.domain import capsule
from mockreel.domain.callbacks.callback import Outcome, Status
from mockreel.domain.clock import MANUAL_START_MS, ManualClock
from mockreel.domain.engine import Engine
from mockreel.domain.messages import Request
from mockreel.domain.settings import Settings
from mockreel.scenarios import shipped
from mockreel_contracts import Contract, load, providers
from mockreel_contracts.callback_urls import with_callback
from tests.calling import first_body

CONTRACTS = {name: load(name) for name in providers()}
KEYS = ("key-a", "key-b")
RECEIVER = "http://127.0.0.1:9/callback"
OUTCOMES = [Outcome(200), Outcome(500), Outcome(302), Outcome(0, "refused"), Outcome(0, "no answer within 15 s")]
ERRORS = ["rate_limited", "internal_error", "maintenance", "insufficient_credits"]

Step = tuple[str, dict[str, Any]]


class Run:
    """An engine of every shipped contract. The same steps give the same `transcript`, byte for byte."""

    def __init__(self, seed: int, start_ms: int = MANUAL_START_MS) -> None:
        self.clock = ManualClock(start_ms)
        chosen = Settings(seed=seed, credits=500, scenarios=shipped(), faults=faults.shipped())
        self.engine = Engine(list(CONTRACTS.values()), clock=self.clock, settings=chosen)
        self.transcript: list[bytes] = []

    def take(self, step: Step) -> None:
        """Take a step."""
        name, given = step
        self.engine.settle()
        getattr(self, name)(**given)
        self.engine.settle()

    def submit(self, provider: str, key: str, scenario: str, fault: str, calls_back: bool) -> None:
        """Create a task."""
        contract = CONTRACTS[provider]
        operation = contract.by_role("submit")[0]
        body = first_body(contract)
        if calls_back:
            body = with_callback(operation, contract, body, RECEIVER)
        headers = {"x-mock-scenario": scenario, "content-type": "application/json"}
        if fault:
            headers["x-mock-fault"] = fault
        self._call(contract, operation.method, operation.path, key, headers, orjson.dumps(body))

    def on_task(self, provider: str, key: str, role: str, number: int) -> None:
        """Query or cancel one of all the provider's tasks, also those of another key."""
        contract = CONTRACTS[provider]
        tasks = list(self.engine.services[provider].tasks)
        operations = contract.by_role(role)  # type: ignore[arg-type]
        if not operations or not tasks:
            return
        path, query = operations[0].path, b""
        for parameter in operations[0].parameters:
            task_id = tasks[number % len(tasks)]
            if parameter.where == "path":
                path = path.replace("{" + parameter.name + "}", task_id)
            elif parameter.is_required:
                query = f"{parameter.name}={task_id}".encode()
        self._call(contract, operations[0].method, path, key, {}, b"", query)

    def advance(self, seconds: float, outcome: int) -> None:
        """Let time pass; every callback that falls due meets the same receiver."""
        until_ms = self.clock.now_ms() + round(seconds * 1000)
        outbox = self.engine.outbox
        while (due_ms := outbox.next_due_ms()) is not None and due_ms <= until_ms:
            self._move(max(due_ms - self.clock.now_ms(), 0))
            while (outgoing := outbox.start(self.clock.now_ms())) is not None:
                self.transcript.append(outgoing.body + repr(outgoing.headers).encode())
                outbox.report(outgoing, OUTCOMES[outcome], self.clock.now_ms())
        self._move(until_ms - self.clock.now_ms())

    def _move(self, span_ms: int) -> None:
        self.clock.advance(span_ms / 1000)
        for tell in self.engine.on_moved:
            tell()

    def arm(self, fault: str, options: dict[str, Any]) -> None:
        """Arm a fault."""
        self.engine.add_faults([{"fault": fault, **options}])

    def disarm(self, number: int) -> None:
        """Disarm one of the armed faults."""
        armed = list(self.engine.board)
        if armed:
            self.engine.remove_fault(armed[number % len(armed)].id)

    def reset(self, key: str | None) -> None:
        """Forget what belongs to a key, or everything."""
        self.engine.reset(key)

    def _call(
        self,
        contract: Contract,
        method: str,
        path: str,
        key: str,
        headers: dict[str, str],
        body: bytes,
        query: bytes = b"",
    ) -> None:
        sent = {**headers, contract.auth.header: f"{contract.auth.schemes[0].capitalize()} {key}"}
        encoded = {name.encode(): value.encode() for name, value in sent.items()}
        answer = self.engine.handle(Request(method, path, query, encoded, body, "http://mock.test"))
        self.transcript.append(b"%d %d " % (answer.status, answer.delay_ms) + answer.body)


class Machine(RuleBasedStateMachine):
    """Random submits, queries, cancels, advances, faults and resets over all providers."""

    @initialize(seed=st.integers(0, 10_000))
    def start(self, seed: int) -> None:
        """Begin."""
        self.seed = seed
        self.run = Run(seed)
        self.steps: list[Step] = []
        self.ended: dict[tuple[str, str], str] = {}

    def _take(self, name: str, **given: Any) -> None:
        self.steps.append((name, given))
        self.run.take(self.steps[-1])

    @rule(
        provider=st.sampled_from(list(CONTRACTS)),
        key=st.sampled_from(KEYS),
        scenario=st.sampled_from(sorted(shipped())),
        fault=st.sampled_from(["", *(name for name in faults.shipped() if name != "callback_slow")]),
        calls_back=st.booleans(),
    )
    def submit(self, **given: Any) -> None:
        """Create a task, with a scenario and perhaps a fault."""
        self._take("submit", **given)

    @rule(
        provider=st.sampled_from(list(CONTRACTS)),
        key=st.sampled_from(KEYS),
        role=st.sampled_from(["query", "query", "cancel"]),
        number=st.integers(0, 50),
    )
    def on_task(self, **given: Any) -> None:
        """Query or cancel."""
        self._take("on_task", **given)

    @rule(seconds=st.sampled_from([0, 0.001, 1, 30, 200, 4000]), outcome=st.integers(0, len(OUTCOMES) - 1))
    def advance(self, **given: Any) -> None:
        """Let time pass."""
        self._take("advance", **given)

    @rule(
        fault=st.sampled_from(
            ["error", "refund_missing", "charged_twice", "callback_duplicated", "network_reset_after"]
        ),
        key=st.sampled_from([None, *KEYS]),
        times=st.sampled_from([None, 1, 3]),
        probability=st.sampled_from([1.0, 0.5]),
        case=st.sampled_from(ERRORS),
    )
    def arm(self, fault: str, key: str | None, times: int | None, probability: float, case: str) -> None:
        """Arm a fault."""
        options = {"key": key, "times": times, "probability": probability}
        self._take("arm", fault=fault, options={**options, "case": case} if fault == "error" else options)

    @rule(number=st.integers(0, 10))
    def disarm(self, number: int) -> None:
        """Disarm a fault."""
        self._take("disarm", number=number)

    @rule(key=st.sampled_from([None, *KEYS]))
    def reset(self, key: str | None) -> None:
        """Reset one key or all."""
        others = self._of_others(key)
        self._take("reset", key=key)
        assert self._of_others(key) == others
        gone = {place for place in self.ended if place[1] not in self.run.engine.services[place[0]].tasks}
        for place in gone:
            del self.ended[place]

    def _of_others(self, key: str | None) -> list[str]:
        """Return what the keys that are not reset have."""
        return [
            f"{name} {other} {sandbox.account.balance} {[task.id for task in sandbox.tasks]}"
            for name, service in self.run.engine.services.items()
            for other, sandbox in service.sandboxes.items()
            if key is not None and other != key
        ]

    @invariant()
    def the_ledger_adds_up(self) -> None:
        """Balance = granted - charged + refunded, and never negative."""
        self.run.engine.settle()
        for service in self.run.engine.services.values():
            for sandbox in service.sandboxes.values():
                account = sandbox.account
                assert account.balance == account.granted - account.charged + account.refunded >= 0

    @invariant()
    def what_has_ended_stays_so(self) -> None:
        """A terminal state absorbs."""
        now_ms = self.run.clock.now_ms()
        for name, service in self.run.engine.services.items():
            for task in service.tasks.values():
                state = task.moment(now_ms).state
                before = self.ended.get((name, task.id))
                assert before in (None, state.name)
                if state.phase.is_terminal:
                    self.ended[name, task.id] = state.name

    @invariant()
    def every_task_belongs_to_one_key(self) -> None:
        """Sandboxes share nothing."""
        for service in self.run.engine.services.values():
            owned = [task.id for sandbox in service.sandboxes.values() for task in sandbox.tasks]
            assert sorted(owned) == sorted(service.tasks)

    @invariant()
    def callbacks_are_accounted_for(self) -> None:
        """Counts are those of what is listed, and nothing is tried more often than its contract says."""
        known = list(self.run.engine.outbox.records)
        for status, count in self.run.engine.outbox.records.counts.items():
            assert count == sum(callback.status is status for callback in known)
        for callback in known:
            assert callback.tried <= max(callback.event.attempts, 0) or callback.status is Status.REFUSED

    def teardown(self) -> None:
        """The same steps come out the same, byte for byte."""
        if not hasattr(self, "run"):
            return
        again = Run(self.seed)
        for step in self.steps:
            again.take(step)
        assert again.transcript == self.run.transcript
        self._replay_capsule()

    def _replay_capsule(self) -> None:
        """The calls and advances since the last full reset come out the same with what the capsule has set up."""
        ends = [number for number, step in enumerate(self.steps, 1) if step == ("reset", {"key": None})]
        first = Run(self.seed)
        for step in self.steps[: max(ends, default=0)]:
            first.take(step)
        again = Run(self.seed, first.clock.now_ms())
        again.engine.follow(capsule.unpack(self.run.engine.capsule())["steps"])
        for step in self.steps[max(ends, default=0) :]:
            if step[0] in ("submit", "on_task", "advance"):
                again.take(step)
        assert again.transcript == self.run.transcript[len(first.transcript) :]
        assert again.engine.capsule() == self.run.engine.capsule()


TestMachine = Machine.TestCase
TestMachine.settings = settings(
    max_examples=40, stateful_step_count=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
