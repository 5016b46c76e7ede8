"""A timeline is planned once and then only read: monotone, final at the end, the same from the same seed."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockreel.domain import timeline
from mockreel.domain.scenario import Pace
from mockreel.domain.timeline import Course
from mockreel_contracts import Contract, Phase, load, providers
from tests.calling import Caller

CONTRACTS = [load(name) for name in providers()]
moments = st.lists(st.integers(0, 10**9), min_size=2, max_size=20).map(sorted)
chances = st.lists(st.floats(0, 1), min_size=1, max_size=16)


def course_of(contract: Contract, phase: Phase = Phase.SUCCEEDED, *, is_stuck: bool = False) -> Course:
    way = contract.lifecycle.way(phase)
    kept = way[:-1] if is_stuck else way
    return Course(
        kept, timeline.spans(kept, {}, 1.0), "x" if phase is Phase.FAILED else None, is_stuck, None, Pace.TIME, 1, "t"
    )


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda c: c.provider)
@pytest.mark.parametrize("phase", [Phase.SUCCEEDED, Phase.FAILED])
@given(times=moments, chance=chances, delay=st.integers(0, 10**6))
def test_a_task_only_goes_forward_and_stays_at_its_end(
    contract: Contract, phase: Phase, times: list[int], chance: list[float], delay: int
) -> None:
    planned = timeline.plan(course_of(contract, phase), 0, chance, delay_ms=delay)
    order = {step.state.name: index for index, step in enumerate(planned)}
    seen = [timeline.at(planned, now) for now in times]
    positions = [(order[moment.state.name], moment.progress) for moment in seen]
    assert positions == sorted(positions)
    ended = [moment for moment in seen if moment.state.phase.is_terminal]
    assert len(set(ended)) <= 1
    assert all(moment.state.phase is phase for moment in ended)


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda c: c.provider)
@given(chance=chances)
def test_every_step_is_a_legal_transition_and_none_is_skipped(contract: Contract, chance: list[float]) -> None:
    for phase in (Phase.SUCCEEDED, Phase.FAILED):
        planned = timeline.plan(course_of(contract, phase), 0, chance)
        states = [step.state for step in planned]
        assert states[0].name == contract.lifecycle.initial
        assert all(after.name in before.next for before, after in itertools.pairwise(states))
        starts = [step.start_ms for step in planned]
        assert starts == sorted(starts)
        for step, follower in itertools.pairwise(planned):
            least, most = step.state.duration_ms
            assert least <= follower.start_ms - step.start_ms <= most


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda c: c.provider)
@given(now=st.integers(0, 10**12), chance=chances)
def test_a_stuck_task_never_ends(contract: Contract, now: int, chance: list[float]) -> None:
    planned = timeline.plan(course_of(contract, is_stuck=True), 0, chance)
    assert not timeline.at(planned, now).state.phase.is_terminal


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda c: c.provider)
@given(seed=st.integers(0, 2**32), steps=st.lists(st.integers(0, 60_000), max_size=8))
def test_the_same_seed_and_calls_give_the_same_bytes(contract: Contract, seed: int, steps: list[int]) -> None:
    def run() -> list[bytes]:
        caller = Caller(contract, seed=seed)
        answers = [caller.submit().raw, caller.submit().raw]
        for step in steps:
            caller.clock.advance(step / 1000)
            answers += [caller.query().raw, caller.submit(headers={"authorization": None}).raw]
        return answers

    assert run() == run()


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda c: c.provider)
def test_another_seed_gives_other_durations(contract: Contract) -> None:
    ends = set()
    for seed in range(5):
        caller = Caller(contract, seed=seed)
        caller.submit()
        task = caller.engine.services[contract.provider].tasks[caller.task_id()]
        ends.add(task.timeline(0)[-1].start_ms)
    assert len(ends) > 1


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda c: c.provider)
@pytest.mark.parametrize("looks", [1, 3])
def test_paced_by_polls_a_task_shows_every_state_for_so_many_looks(contract: Contract, looks: int) -> None:
    caller = Caller(contract, pace=Pace.POLLS, looks=looks)
    caller.submit()
    task = caller.engine.services[contract.provider].tasks[caller.task_id()]
    seen = []
    way = contract.lifecycle.way()
    for _ in range(looks * len(way)):
        seen.append(task.moment(caller.clock.now_ms()).state.name)
        caller.query()
    assert seen == [state.name for state in way for _ in range(looks)]


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda c: c.provider)
def test_at_instant_pace_a_task_is_done_when_it_is_made(contract: Contract) -> None:
    caller = Caller(contract, pace=Pace.INSTANT)
    caller.submit()
    task = caller.engine.services[contract.provider].tasks[caller.task_id()]
    assert task.moment(caller.clock.now_ms()).state.phase is Phase.SUCCEEDED


def test_speed_divides_the_durations_and_leaves_the_clock_alone() -> None:
    ends = []
    for speed in (1.0, 10.0):
        caller = Caller(CONTRACTS[0], speed=speed)
        caller.submit()
        task = caller.engine.services[caller.contract.provider].tasks[caller.task_id()]
        ends.append(task.timeline(0)[-1].start_ms - task.created_ms)
    assert ends[1] == pytest.approx(ends[0] / 10, abs=5)
