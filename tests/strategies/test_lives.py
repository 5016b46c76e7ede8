"""Histories, callbacks, fault schedules and error answers are those of the contracts."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import orjson
import pytest
from hypothesis import Phase as Phases
from hypothesis import find, given, settings
from hypothesis import strategies as st

from mockreel import faults
from mockreel.domain.messages import Request
from mockreel.domain.timeline import at
from mockreel.provider import MockProvider
from mockreel.strategies import (
    Delivery,
    ErrorAnswer,
    History,
    callback_sequences,
    error_answers,
    fault_schedules,
    task_histories,
)
from mockreel.strategies.subject import contract_of
from mockreel_client import parse_callback
from mockreel_contracts import Phase, providers

CALLERS = [name for name in providers() if contract_of(name).callback is not None]
QUIET = settings(max_examples=500, phases=[Phases.generate, Phases.shrink])  # explaining takes most of the time


@pytest.mark.parametrize("provider", providers())
def test_histories_go_the_ways_of_the_lifecycle_and_every_end_is_reached(provider: str) -> None:
    contract = contract_of(provider)
    lifecycle = contract.lifecycle
    ends = set()

    @settings(max_examples=150)
    @given(task_histories(provider))
    def check(history: History) -> None:
        steps = history.steps
        assert steps[0].state.name == lifecycle.initial
        assert [step.state.phase.is_terminal for step in steps] == [False] * (len(steps) - 1) + [True]
        for before, after in pairwise(steps):
            is_expiry = after.state.phase is Phase.EXPIRED
            assert is_expiry or after.state.name in before.state.next
            least, most = contract.models[history.model].duration_ms.get(before.state.name, before.state.duration_ms)
            stay_ms = after.start_ms - before.start_ms
            assert is_expiry or (stay_ms >= least and stay_ms <= most) or after.error is not None
            assert stay_ms <= most or is_expiry
        assert (steps[-1].error is None) == (history.end.phase is Phase.SUCCEEDED)
        assert steps[-1].error is None or steps[-1].error in contract.errors
        assert at(steps, steps[-1].start_ms).state is history.end
        ends.add(history.end.name)

    check()
    assert ends == {state.name for state in lifecycle.states.values() if state.phase.is_terminal}


@pytest.mark.slow
@pytest.mark.parametrize("provider", CALLERS)
def test_every_callback_of_a_sequence_verifies_and_tells_what_it_says(provider: str) -> None:
    lengths = []

    @given(callback_sequences(provider, secret="s3cret", path="/hook?from=mock"))
    def check(sequence: list[Delivery]) -> None:
        for one in sequence:
            event = parse_callback(
                one.headers, one.body, "s3cret", provider=provider, now=one.now, path=one.path, query=one.query
            )
            assert event.is_verified
            assert (event.task_id, event.state) == (one.task_id, one.state)
        assert [one.now for one in sequence] == sorted(one.now for one in sequence)
        lengths.append(len(sequence))

    check()
    assert len(lengths) >= 100
    assert sum(lengths) > len(lengths)


@pytest.mark.slow
@pytest.mark.parametrize("provider", CALLERS)
def test_sequences_have_copies_losses_and_another_order(provider: str) -> None:
    once = find(callback_sequences(provider, max_tasks=1), lambda sequence: bool(sequence), settings=QUIET)
    assert len({one.task_id for one in once}) == 1
    assert [one.copy for one in once] == [0] * len(once)
    contract = contract_of(provider)
    assert contract.callback is not None
    told = [s.wire for s in contract.lifecycle.way() if s.name in contract.callback.events]
    assert [one.state for one in once] == told
    twice = find(
        callback_sequences(provider, max_tasks=1), lambda sequence: any(one.copy for one in sequence), settings=QUIET
    )
    assert len(twice) == len(told) + 1
    assert find(callback_sequences(provider, max_tasks=1), lambda sequence: not sequence, settings=QUIET) == []
    several = find(
        callback_sequences(provider, max_tasks=2), lambda s: len({one.task_id for one in s}) == 2, settings=QUIET
    )
    assert len(several) == 2 * len(told)
    if len(told) > 1:  # the end is told before what came before it
        find(
            callback_sequences(provider, max_tasks=1),
            lambda s: any((a.task_id, a.state, b.state) == (b.task_id, told[-1], told[0]) for a, b in pairwise(s)),
            settings=QUIET,
        )


def test_who_calls_nobody_back_has_no_sequences() -> None:
    with pytest.raises(ValueError, match="gateway calls nobody back"):
        callback_sequences("gateway")


@pytest.mark.parametrize("served", [[name] for name in providers()] + [list(providers())], ids="+".join)
def test_every_schedule_can_be_armed_and_every_fault_is_in_one(served: list[str]) -> None:
    mock = MockProvider(*served)

    def check_kinds(kinds: tuple[str, ...], examples: int) -> None:
        @settings(max_examples=examples)
        @given(fault_schedules(*served, kinds=kinds))
        def check(schedule: list[dict[str, Any]]) -> None:
            mock.remove_faults()
            assert [rule.kind.name for rule in mock.add_faults(schedule)] == [options["fault"] for options in schedule]
            named.update(options["fault"] for options in schedule)

        check()

    named: set[str] = set()
    check_kinds((), 100)
    for name in faults.shipped():
        check_kinds((name,), 4)
    assert named == set(faults.shipped())


def test_schedules_keep_to_the_faults_that_are_asked_for() -> None:
    found = find(fault_schedules("kie", kinds=("error", "answer_lost")), lambda s: len(s) == 2, settings=QUIET)
    assert {options["fault"] for options in found} <= {"error", "answer_lost"}
    with pytest.raises(ValueError, match="no fault is called 'eror'"):
        fault_schedules("kie", kinds=("eror",))
    with pytest.raises(ValueError, match="name a provider"):
        fault_schedules()


def test_one_fault_may_be_named_without_a_list() -> None:
    found = find(fault_schedules("kie", kinds="answer_lost"), lambda schedule: len(schedule) == 1, settings=QUIET)
    assert [options["fault"] for options in found] == ["answer_lost"]


@pytest.mark.parametrize("provider", providers())
def test_error_answers_are_those_of_the_server(provider: str) -> None:
    """Of cases that come at a query, which the key `mock-CASE` asks the server for."""
    contract = contract_of(provider)
    mock = MockProvider(provider)
    operation = contract.by_role("query")[0]
    path = re.sub(r"\{.*\}", "t-1", operation.path)
    seen = set()

    cases = [case.id for case in contract.errors.values() if "query" in case.stages]

    @settings(max_examples=8 * len(cases))
    @given(st.sampled_from(cases).flatmap(lambda case: error_answers(provider, case, stage="query")))
    def check(answer: ErrorAnswer) -> None:
        key = f"{contract.auth.schemes[0]} mock-{answer.case.id}".encode()
        real = mock.handle(Request(operation.method, path, headers={contract.auth.header.lower().encode(): key}))
        assert answer.status == real.status
        own, theirs = orjson.loads(answer.body), orjson.loads(real.body)
        assert list(own) == list(theirs)
        document = {"status": answer.status, "body": own}
        assert contract.error_reads.code(document) == contract.error_reads.code({**document, "body": theirs})
        seen.add(answer.case.id)

    check()
    assert seen == set(cases)


def test_error_answers_can_be_of_one_case() -> None:
    answer = find(error_answers("vidu", "429"), lambda _: True, settings=QUIET)
    assert answer.case.like == "rate_limited"
    assert answer.status == 429
    assert answer.headers["retry-after"] == "1"
    with pytest.raises(ValueError, match="vidu has no error case 'nope'"):
        error_answers("vidu", "nope")
