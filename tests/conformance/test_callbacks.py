"""Checks of callbacks: that they come, say what queries say, are signed, and are repeated as the contract says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mockreel import MockProvider
from mockreel_contracts import Contract, load, providers
from mockreel_contracts.callback import CallbackEvent, CallbackRules
from tests.conformance.running import PROFILES, failed, run

CALLING = [name for name in providers() if load(name).callback is not None]


def rules(provider: str) -> CallbackRules:
    found = load(provider).callback
    assert found is not None
    return found


def with_events(provider: str, events: dict[str, CallbackEvent]) -> Contract:
    return replace(load(provider), callback=replace(rules(provider), events=events))


@pytest.mark.parametrize(("provider", "profile"), [each for each in PROFILES if each[0] in CALLING])
def test_the_mock_calls_back_as_every_profile_says(provider: str, profile: str) -> None:
    _, results = run(MockProvider(provider, profile=profile), ["callbacks"])
    assert failed(results) == []
    checked = {name for name, result in results.items() if result.layer == "callbacks" and result.looked_at}
    assert {"callback_missing", "callback_signature_wrong", "callback_differs_from_query"} <= checked


@pytest.mark.parametrize("provider", CALLING)
@pytest.mark.parametrize(
    ("fault", "check"),
    [
        ("callback_lost", "callback_missing"),
        ("callback_unsigned", "callback_unsigned"),
        ("callback_wrong_key", "callback_signature_wrong"),
        ("callback_expired", "callback_signature_wrong"),
        ("callback_malformed", "callback_breaks_schema"),
        ("callback_unknown_state", "callback_breaks_schema"),
        ("callback_early", "callback_differs_from_query"),
    ],
)
def test_callbacks_with_a_fault_have_one_cause(provider: str, fault: str, check: str) -> None:
    mock = MockProvider(provider)
    mock.add_fault(fault)
    found = failed(run(mock, ["callbacks"])[1])
    assert check in found
    if fault != "callback_early":
        assert found == [check]


@pytest.mark.parametrize("provider", CALLING)
def test_a_callback_that_is_sent_again_though_it_was_taken_is_found(provider: str) -> None:
    mock = MockProvider(provider)
    mock.add_fault("callback_duplicated")
    assert "callback_repeated_though_taken" in failed(run(mock, ["callbacks"])[1])


@pytest.mark.parametrize("provider", CALLING)
def test_callbacks_after_one_another_in_the_wrong_order_are_found(provider: str) -> None:
    mock = MockProvider(provider)
    mock.add_fault("callback_stale")
    assert "callback_out_of_order" in failed(run(mock, ["callbacks"])[1])


@pytest.mark.parametrize("provider", CALLING)
def test_a_callback_that_is_not_repeated_is_found(provider: str) -> None:
    events = {
        name: replace(event, retries_ms=(*event.retries_ms, 40_000)) for name, event in rules(provider).events.items()
    }
    found = failed(run(MockProvider(provider), ["callbacks"], contract=with_events(provider, events))[1])
    assert found == ["callback_not_repeated"]


@pytest.mark.parametrize(
    "provider", [name for name in CALLING if any(e.retries_ms for e in rules(name).events.values())]
)
def test_repeats_that_come_too_soon_and_too_often_are_found(provider: str) -> None:
    later = {
        name: replace(event, retries_ms=tuple(2 * wait for wait in event.retries_ms))
        for name, event in rules(provider).events.items()
    }
    _, results = run(MockProvider(provider), ["callbacks"], contract=with_events(provider, later))
    assert failed(results) == ["callback_not_repeated"]
    assert "is repeated after 10 s; the contract says 20 s" in results["callback_not_repeated"].message
    none = {name: replace(event, retries_ms=()) for name, event in rules(provider).events.items()}
    assert failed(run(MockProvider(provider), ["callbacks"], contract=with_events(provider, none))[1]) == [
        "callback_uncalled_for"
    ]


@pytest.mark.parametrize("provider", CALLING)
def test_a_callback_of_which_the_contract_says_nothing_is_found(provider: str) -> None:
    events = dict(list(rules(provider).events.items())[1:])
    found = failed(run(MockProvider(provider), ["callbacks"], contract=with_events(provider, events))[1])
    assert "callback_uncalled_for" in found


@pytest.mark.parametrize("provider", CALLING)
def test_callbacks_are_not_judged_by_a_secret_that_nobody_knows(provider: str) -> None:
    from mockreel.conformance import judging

    made, _ = run(MockProvider(provider), ["callbacks"])
    made.record.secrets.clear()
    results = {result.id: result for result in judging.judge(made.record)}
    assert results["callback_signature_wrong"].status == results["callback_unsigned"].status == "inconclusive"
