"""Checks of the lifecycle: a good server passes, and each kind of bad one is caught for what it is."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from mockreel import MockProvider
from mockreel.conformance.coverage import coverage
from mockreel.domain import document
from mockreel.report import Status
from mockreel_contracts import load, providers
from tests.conformance.running import LIFE, PROFILES, failed, run

STATES = [
    "state_unknown",
    "first_state_wrong",
    "transition_illegal",
    "state_skipped",
    "terminal_changes",
    "wrong_end",
    "end_not_reached",
    "timestamps_stale",
    "result_missing_on_success",
    "result_before_success",
    "error_missing_on_failure",
    "error_without_failure",
    "result_unfetchable",
]


@pytest.mark.parametrize(("provider", "profile"), PROFILES)
def test_the_mock_keeps_the_lifecycle_of_every_profile(provider: str, profile: str) -> None:
    _, results = run(MockProvider(provider, profile=profile), ["lifecycle"])
    assert failed(results) == []
    assert {name for name in STATES if results[name].status is not Status.PASS} == set()


@pytest.mark.parametrize("provider", providers())
@pytest.mark.parametrize(
    ("fault", "check"),
    [
        ("state_goes_back", "transition_illegal"),
        ("state_skipped", "state_skipped"),
        ("state_unknown_between", "state_unknown"),
        ("state_upper_case", "state_unknown"),
        ("success_without_url", "result_missing_on_success"),
        ("success_with_empty_result", "result_missing_on_success"),
        ("task_fails", "wrong_end"),
        ("task_stuck", "end_not_reached"),
        ("result_missing", "result_unfetchable"),
        ("result_truncated", "result_unfetchable"),
    ],
)
def test_a_server_with_a_fault_is_caught_for_it(provider: str, fault: str, check: str) -> None:
    mock = MockProvider(provider)
    mock.add_fault(fault)
    _, results = run(mock, ["lifecycle"])
    assert check in failed(results)


@pytest.mark.parametrize("provider", providers())
def test_every_operation_state_transition_and_callback_is_reached(provider: str) -> None:
    made, results = run(MockProvider(provider), LIFE)
    assert failed(results) == []
    missed = {each.name: each.missed for each in coverage(made.record)}
    assert [missed[name] for name in ("operations", "states", "transitions", "callbacks")] == [()] * 4
    assert made.record.missed == {}


@pytest.mark.parametrize("provider", providers())
def test_a_task_that_is_done_at_once_did_not_begin_in_the_first_state(provider: str) -> None:
    assert "first_state_wrong" in failed(run(MockProvider(provider, pace="instant"), ["lifecycle"])[1])


@pytest.mark.parametrize("provider", providers())
@pytest.mark.parametrize(
    ("field", "made", "check"),
    [
        ("results", lambda look: document._results(look), "result_before_success"),
        ("results", lambda _: None, "result_missing_on_success"),
        ("error", lambda _: None, "error_missing_on_failure"),
        ("error", lambda look: _failure(look), "error_without_failure"),
    ],
)
def test_what_comes_at_the_wrong_end_is_found(
    provider: str, field: str, made: Any, check: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(document._TASK, field, made)  # type: ignore[arg-type]
    assert check in failed(run(MockProvider(provider), ["lifecycle"])[1])


def _failure(look: Any) -> Any:
    return document._task_error(look.contract, look.contract.lifecycle.failure)


TIMED = [p for p in providers() if any("completed_ms" in o.answer for o in load(p).by_role("query"))]


@pytest.mark.parametrize("provider", TIMED)
@pytest.mark.parametrize(("off_ms", "check"), [(-(10**8), "timestamps_disordered"), (10**7, "timestamps_stale")])
def test_times_that_are_not_those_of_the_events_are_found(
    provider: str, off_ms: int, check: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        document._TASK,  # type: ignore[arg-type]
        "completed_ms",
        lambda look: look.ended_ms and look.ended_ms + off_ms,
    )
    assert check in failed(run(MockProvider(provider), ["lifecycle"])[1])


@pytest.mark.parametrize("provider", TIMED)
def test_an_end_that_moves_is_found(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = count()
    monkeypatch.setitem(
        document._TASK,  # type: ignore[arg-type]
        "completed_ms",
        lambda look: look.ended_ms and look.ended_ms + 1000 * next(ticks),
    )
    assert "terminal_changes" in failed(run(MockProvider(provider), ["lifecycle"])[1])


@pytest.mark.parametrize("provider", providers())
def test_looks_that_change_what_they_look_at_are_found(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = count()
    for field in ("credits", "progress", "updated_ms"):
        monkeypatch.setitem(document._TASK, field, lambda _: next(ticks))  # type: ignore[arg-type]
    assert "query_not_idempotent" in failed(run(MockProvider(provider), ["lifecycle"])[1])


@pytest.mark.parametrize(
    "provider", [p for p in providers() if any("progress" in o.answer for o in load(p).by_role("query"))]
)
def test_progress_that_falls_is_found(provider: str) -> None:
    mock = MockProvider(provider)
    mock.add_fault("progress_falls")
    assert failed(run(mock, ["lifecycle"])[1]) == ["progress_falls"]
