"""Moving time tells of every change once, and looks only at the tasks that change."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockreel.domain import explain, timeline
from mockreel.domain.clock import ManualClock
from mockreel.domain.faults.effects import MoneyEffects
from mockreel.domain.scenario import Pace
from mockreel.server.courier import Courier
from mockreel.server.steering import SteeredClock
from mockreel_contracts import load, providers
from tests.calling import Caller

CONTRACTS = [load(name) for name in providers()]
MANY = 200
HOURS_S = 4 * 3600


class Steered(Caller):
    """A caller whose clock is moved as users move it."""

    def __init__(self, *contracts: Any, **settings: Any) -> None:
        super().__init__(*contracts, **settings)
        self.advance = SteeredClock(self.engine, Courier(self.engine)).advance

    def many(self, scenario: str, count: int = MANY) -> None:
        """Make many tasks."""
        for _ in range(count):
            assert self.submit(headers={"X-Mock-Scenario": scenario}).status == 200


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count the timelines that are planned, and the looks at what faults do to money."""
    counted: Counter[str] = Counter()
    plan, money = timeline.plan, MoneyEffects.__init__

    def planned(*arguments: Any, **options: Any) -> Any:
        counted["planned"] += 1
        return plan(*arguments, **options)

    def consulted(*arguments: Any, **options: Any) -> None:
        counted["money"] += 1
        money(*arguments, **options)

    monkeypatch.setattr(timeline, "plan", planned)
    monkeypatch.setattr(MoneyEffects, "__init__", consulted)
    return counted


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda c: c.provider)
@pytest.mark.parametrize("scenario", ["success", "generation_failed"])
def test_hours_plan_each_task_once_and_an_advance_after_them_none(
    contract: Any, scenario: str, done: Counter[str]
) -> None:
    caller = Steered(contract, credits=None)
    caller.many(scenario)
    done.clear()
    changes = caller.advance(HOURS_S)
    assert len({change["task_id"] for change in changes}) == MANY
    assert done == {"planned": MANY}
    for _ in range(5):
        assert caller.advance(HOURS_S) == []
    assert done == {"planned": MANY}


@pytest.mark.parametrize("scenario", ["success", "stuck"])
def test_tasks_whose_next_change_is_later_are_not_looked_at(scenario: str, done: Counter[str]) -> None:
    caller = Steered(CONTRACTS[0], credits=None)
    caller.many(scenario)
    caller.advance(0)
    done.clear()
    assert caller.advance(0) == []
    assert done == {}
    changed = {change["task_id"] for change in caller.advance(2.02)}
    assert done["planned"] == len(changed)
    assert len(changed) < MANY


def test_money_is_looked_at_only_where_a_fault_touches_it(done: Counter[str]) -> None:
    caller = Steered(CONTRACTS[0], credits=None)
    caller.many("generation_failed")
    caller.submit(headers={"X-Mock-Fault": "refund_missing", "X-Mock-Scenario": "generation_failed"})
    done.clear()
    caller.advance(HOURS_S)
    account = caller.engine.services[CONTRACTS[0].provider].sandbox(caller.key).account
    price = account.charged / (MANY + 1)
    assert (account.refunded, done["money"]) == (MANY * price, 1)


steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("submit"),
            st.sampled_from(["a", "b"]),
            st.sampled_from(["success", "generation_failed", "stuck", "stuck_queued", "instant", "slow"]),
        ),
        st.tuples(st.sampled_from(["query", "cancel"]), st.integers(0, 9), st.just("")),
        st.tuples(st.just("wait"), st.sampled_from([0.0, 0.5, 3.0, 40.0]), st.just("")),
        st.tuples(st.just("advance"), st.sampled_from([0.0, 0.001, 2.0, 30.0, 200.0, 90_000.0]), st.just("")),
        st.tuples(st.just("reset"), st.sampled_from(["a", "b", None]), st.just("")),
    ),
    max_size=30,
)


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda c: c.provider)
@given(taken=steps, limits=st.booleans(), pace=st.sampled_from([Pace.TIME, Pace.POLLS]))
def test_what_is_told_is_what_every_task_would_tell(contract: Any, taken: list[Any], limits: bool, pace: Pace) -> None:
    """Also when tasks are made, canceled, looked at and forgotten while time moves."""
    caller = Caller(contract, credits=None, limits=limits, pace=pace)
    service, clock = caller.engine.services[contract.provider], caller.clock
    after_ms = clock.now_ms()
    for what, given_, scenario in taken:
        if what == "submit":
            caller.submit(key=given_, headers={"X-Mock-Scenario": scenario})
        elif what in ("query", "cancel") and service.tasks and contract.by_role(what):
            task = list(service.tasks.values())[given_ % len(service.tasks)]
            caller.on_task(what, task.id, key=task.sandbox.key)
        elif what == "reset":
            caller.engine.reset(given_)
        elif what == "wait":
            clock.advance(given_)
        elif what == "advance":
            clock.advance(given_)
            until_ms = clock.now_ms()
            wanted = [
                (step.start_ms, task.id, step.state.wire)
                for task in service.tasks.values()
                for step in task.timeline(until_ms)
                if after_ms < step.start_ms <= until_ms
            ]
            told = explain.events(service, after_ms, until_ms)
            assert [(each["at_ms"], each["task_id"], each["state"]) for each in told] == wanted
            after_ms = until_ms


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda c: c.provider)
@pytest.mark.parametrize("role", ["query", "cancel"])
def test_a_task_that_is_moved_by_a_call_while_time_moves_is_told_of(contract: Any, role: str) -> None:
    caller = Caller(contract, pace=Pace.POLLS if role == "query" else Pace.TIME)
    if not contract.by_role(role):
        pytest.skip("this provider has no such call")
    service = caller.engine.services[contract.provider]
    caller.submit()
    before_ms = caller.clock.now_ms()
    assert explain.events(service, before_ms, before_ms) == []  # when it changes by itself is known from here on
    caller.clock.advance(0.01)
    caller.on_task(role)
    (told,) = explain.events(service, before_ms, caller.clock.now_ms())
    assert (told["task_id"], told["at_ms"]) == (caller.task_id(), before_ms + 10)


def test_a_clock_that_moves_by_itself_keeps_no_agenda() -> None:
    class Moving(ManualClock):
        is_manual = False

    caller = Caller(CONTRACTS[0])
    service = caller.engine.services[CONTRACTS[0].provider]
    service.clock = Moving()
    caller.submit()
    assert list(service.agenda.turn(1 << 60)) == []
