"""Against a server of which nothing is known but its address and one key, nobody is accused wrongly."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mockreel import MockProvider
from mockreel_contracts import providers
from tests.conformance.running import LIFE, failed, run_unsteered


@pytest.mark.parametrize("provider", providers())
@pytest.mark.parametrize("budget", [None, Decimal(0), Decimal(60)])
def test_a_good_server_is_not_accused(provider: str, budget: Decimal | None) -> None:
    made, results = run_unsteered(MockProvider(provider), budget, LIFE)
    assert failed(results) == []
    assert budget is None or made.budget.spent <= budget
    assert any(trial.task_id for trial in made.record.trials) == (budget != 0)


@pytest.mark.parametrize("provider", providers())
def test_one_task_shows_its_states_its_result_and_its_callbacks(provider: str) -> None:
    made, results = run_unsteered(MockProvider(provider), Decimal(60), ["lifecycle", "callbacks"])
    assert len(made.record.trials) == 1
    passed = {name for name, result in results.items() if result.status == "pass"}
    assert {"state_unknown", "transition_illegal", "result_missing_on_success", "result_unfetchable"} <= passed
    assert {"wrong_end", "state_skipped", "end_not_reached"}.isdisjoint(passed)
    if made.receiver is not None:
        assert {"callback_missing", "callback_signature_wrong"} <= passed


@pytest.mark.parametrize("provider", providers())
@pytest.mark.parametrize(
    ("fault", "check"),
    [("state_upper_case", "state_unknown"), ("success_without_url", "result_missing_on_success")],
)
def test_what_can_be_known_is_found(provider: str, fault: str, check: str) -> None:
    mock = MockProvider(provider)
    mock.add_fault(fault)
    assert check in failed(run_unsteered(mock, None, ["lifecycle"])[1])
