"""Checks of the lifecycle: a good server passes, and each kind of bad one is caught for what it is."""

from __future__ import annotations

import pytest

from mockreel import MockProvider
from mockreel.report import Status
from mockreel_contracts import providers
from tests.conformance.running import PROFILES, failed, run

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
