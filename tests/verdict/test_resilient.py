"""`assert_resilient`: the battery inside a test."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from mockreel import MockProvider
from mockreel.verdict import assert_resilient
from mockreel.verdict.stage import Stage
from mockreel_contracts import load, providers
from tests.verdict.careless import creates_twice, polls_every_half_second, retries_lost_create, waits_for_ever
from tests.verdict.small import Careful, Small

PROVIDER = providers()[0]


@pytest.mark.mockreel(PROVIDER, seed=3)
def test_the_reference_client_is_resilient(mock_provider: MockProvider) -> None:
    judgement = assert_resilient(mock_provider, Careful().run)
    assert judgement.verdict == "pass"
    assert len(judgement.verdicts) >= 20
    assert len(mock_provider.journal) == 0  # each scenario has a mock of its own


def test_an_async_client_is_awaited() -> None:
    assert assert_resilient(PROVIDER, Careful().run_async, scenarios=["success", "stuck"]).verdict == "pass"


def test_a_careless_client_fails_the_test_with_what_it_did_and_how_to_see_it_again() -> None:
    with pytest.raises(AssertionError) as caught:
        assert_resilient(PROVIDER, retries_lost_create, scenarios=["success", "answer_lost"], seed=5)
    text = str(caught.value)
    assert text.startswith(f"the client is not safe with {PROVIDER}: create_retried_ambiguous; score ")
    assert "FAIL create_retried_ambiguous in scenario answer_lost" in text
    assert "what to do: Send a create again only where it certainly was not carried out" in text
    assert "credits paid for nothing: " in text
    assert "curl" not in text, "it would call the provider itself"
    assert text.endswith(f"again: assert_resilient({PROVIDER!r}, run, scenarios=['answer_lost'], seed=5)")


def test_a_client_that_hangs_is_stopped_at_the_limit_and_one_that_spins_after_many_calls() -> None:
    def spins(stage: Stage) -> None:
        client = Small(stage)
        task_id = client.task_id(client.create())
        while True:
            try:
                client.look(task_id)
            except Exception:  # noqa: S112 - as careless programs do
                continue

    for run in (waits_for_ever, spins):
        with pytest.raises(AssertionError, match=r"had to be stopped|was still polled|was asked for every"):
            assert_resilient(PROVIDER, run, scenarios=["stuck"])


def test_code_that_calls_the_providers_own_host_is_answered() -> None:
    contract = load(PROVIDER)
    submit = contract.by_role("submit")[0]
    scheme = contract.auth.schemes[0].capitalize()

    def submits(stage: Stage) -> str:
        url = contract.base_url + submit.path
        return httpx.post(url, json=stage.body, headers={contract.auth.header: f"{scheme} {stage.api_key}"}).text

    judgement = assert_resilient(PROVIDER, submits, scenarios=["success"])
    assert len(judgement.verdicts[0].play.tasks) == 1


def test_warnings_fail_when_they_are_asked_for_and_a_check_can_be_allowed() -> None:
    options: dict[str, Any] = {"scenarios": ["success"]}
    assert_resilient(PROVIDER, polls_every_half_second, **options)
    with pytest.raises(AssertionError, match="WARN poll_too_fast in scenario success"):
        assert_resilient(PROVIDER, polls_every_half_second, warnings=True, **options)
    with pytest.raises(AssertionError, match="create_duplicated"):
        assert_resilient(PROVIDER, creates_twice, **options)
    assert_resilient(PROVIDER, creates_twice, allow=["create_duplicated", "orphaned_paid_task"], **options)


def test_a_scenario_is_told_by_the_name_that_plays_it_again() -> None:
    """The scenario that is played for callbacks is a plain success: by that name nobody would be called back."""
    name = next(name for name in providers() if load(name).callback is not None)
    with pytest.raises(AssertionError) as caught:
        assert_resilient(name, creates_twice, scenarios=["callback"], receive=lambda headers, body, target: 200)
    assert "in scenario callback" in str(caught.value)
    assert "scenarios=['callback']" in str(caught.value)


def test_a_client_that_does_nothing_shows_nothing() -> None:
    with pytest.raises(AssertionError, match=r"made no task with .* nothing is shown"):
        assert_resilient(PROVIDER, lambda stage: None)


def test_a_mock_of_several_providers_is_refused() -> None:
    with MockProvider() as mock, pytest.raises(ValueError, match="name one provider of"):
        assert_resilient(mock, lambda stage: None)
