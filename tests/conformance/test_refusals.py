"""Our own server keeps its contracts, whatever is sent to it."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from mockreel.conformance.bench import Keys
from mockreel.conformance.budget import Budget
from mockreel.report import Status
from mockreel_contracts import load, providers
from tests.conformance.bent import bench, failed, judged

PROFILES = [(provider, profile) for provider in providers() for profile in load(provider).profiles]
PROBES = ("auth", "refusals", "rules", "error_cases", "strangers", "edges")


@pytest.mark.parametrize(("provider", "profile"), PROFILES)
def test_every_refusal_of_the_mock_is_the_contracts(provider: str, profile: str) -> None:
    run = bench(provider, profile)
    results = judged(run, *PROBES)
    assert failed(results) == {}
    assert results["invalid_accepted"].looked_at > 70
    assert results["refusal_wrong"].looked_at > 100
    assert results["valid_refused"].looked_at >= 18
    assert results["task_leaked"].looked_at >= 2
    assert results["retry_after_missing"].looked_at >= 1
    assert len(run.record.exchanges) < 800


@pytest.mark.parametrize("provider", providers())
def test_requests_to_be_refused_cost_nothing(provider: str) -> None:
    run = bench(provider, budget=Budget(Decimal(0)))
    results = judged(run, *PROBES)
    assert failed(results) == {}
    assert run.budget.spent == 0
    assert {"edges", "strangers"} <= run.record.missed.keys()


@pytest.mark.parametrize("provider", providers())
def test_nobody_is_accused_without_control_and_with_one_key(provider: str) -> None:
    run = bench(provider, keys=Keys("own-key"), control=False, clock="real")
    results = judged(run, *PROBES)
    assert failed(results) == {}
    assert results["retry_after_missing"].status is Status.INCONCLUSIVE


@pytest.mark.parametrize("provider", providers())
def test_the_same_run_sends_the_same_requests(provider: str) -> None:
    runs = [bench(provider), bench(provider)]
    for run in runs:
        judged(run, *PROBES)
    first, second = ([(e.method, e.url, e.sent, e.intent) for e in run.record.exchanges] for run in runs)
    assert first == second


@pytest.mark.parametrize("provider", providers())
def test_every_body_of_a_rule_breaks_that_rule_alone(provider: str) -> None:
    run = bench(provider)
    judged(run, "rules")
    looked_at = 0
    for exchange in run.record.exchanges:
        body = json.loads(exchange.sent) if exchange.operation and exchange.operation.role == "submit" else {}
        model = run.contract.models.get(body.get("model"))
        if model is not None:
            broken = {f"{violation.pointer} {violation.keyword} " for violation in model.schema.violations(body)}
            assert len(broken) == 1
            assert exchange.intent.rule.startswith(broken.pop())
            looked_at += 1
    assert looked_at > 60
