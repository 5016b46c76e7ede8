"""The battery is data: every check of the list exists, has its scenarios, and stands in the docs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mockreel.verdict import BY_ID, CHECKS, acts_for, acts_of, battery, explain
from mockreel_contracts import load, providers

ROOT = Path(__file__).parents[2]
WANTED = """
create_retried_ambiguous create_duplicated orphaned_paid_task retried_non_retryable gave_up_on_retryable
retry_after_ignored no_backoff retry_storm poll_too_fast poll_unbounded polled_after_terminal terminal_missed
unknown_state_fatal stuck_without_deadline envelope_code_ignored failure_reported_as_success
success_without_url_accepted result_not_downloaded_before_expiry truncated_result_accepted malformed_body_crash
contract_violation_in_request auth_header_wrong secret_leaked signature_unverified stale_accepted
duplicate_not_deduped out_of_order_regression callback_slow_or_non_2xx callback_lost_without_fallback
polled_after_callback
"""


@pytest.mark.parametrize("name", WANTED.split())
def test_every_check_exists_is_in_the_battery_and_in_the_docs(name: str) -> None:
    check = BY_ID[name]
    assert (ROOT / "mockserver/mockreel/verdict/checks" / f"{name}.py").is_file()
    assert acts_of(name)
    assert f"\n## {name}\n" in (ROOT / "docs/reference/client-checks.md").read_text("utf-8")
    assert all((check.title, check.why, check.known_from, check.hint, check.needs))
    text = explain(name)
    assert all(words in text for words in (name, check.why, check.known_from, check.hint, acts_of(name)[0].name))


def test_no_check_is_there_that_nobody_asked_for() -> None:
    assert [check.id for check in CHECKS] == WANTED.split()


@pytest.mark.parametrize("provider", providers())
def test_a_default_run_has_at_least_twenty_scenarios(provider: str) -> None:
    contract = load(provider)
    acts = acts_for(contract)
    assert len(acts) >= 20
    assert not any(act.callbacks for act in acts)
    assert all(act.story(contract).name == act.scenario for act in battery())
    assert len(acts_for(contract, callbacks=True)) > len(acts) or contract.callback is None


def test_entries_have_names_of_their_own_and_limits() -> None:
    names = [act.name for act in battery()]
    assert len(set(names)) == len(names)
    assert all(act.limit_s >= 600 for act in battery())


def test_a_scenario_and_an_error_case_of_ones_own_can_be_played() -> None:
    contract = load(providers()[0])
    assert [act.name for act in acts_for(contract, names=["late_failure", "internal_error"])] == [
        "late_failure",
        "internal_error",
    ]


def test_a_scenario_that_is_not_known_is_refused_with_the_near_one() -> None:
    with pytest.raises(ValueError, match="no scenario 'stuk'; did you mean stuck"):
        acts_for(load(providers()[0]), names=["stuk"])


def test_a_check_that_is_not_known_is_refused_with_the_near_one() -> None:
    with pytest.raises(ValueError, match="no check 'secret_leak'; did you mean secret_leaked"):
        explain("secret_leak")


def test_a_provider_without_an_error_is_not_played_what_is_made_of_it() -> None:
    contract = load(providers()[0])
    errors = {name: case for name, case in contract.errors.items() if name != "maintenance" and str(case.code) != "455"}
    without = {act.name for act in acts_for(contract)} - {
        act.name for act in acts_for(replace(contract, errors=errors))
    }
    assert without == {"maintenance", "maintenance_while_polling", "html_error_at_first"}
